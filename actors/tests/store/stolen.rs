//! What a thief of the database finds: nothing that could be presented anywhere.

use std::fs;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mxcp_actors::client_registry::{
    ClientRegistrySettings, ClientRules, ConfiguredClients, RegisterClient, StoredClients,
};
use mxcp_actors::domain::browser_session::BrowserSession;
use mxcp_actors::domain::clock::{Clock, Timestamp};
use mxcp_actors::domain::interaction::{Interaction, InteractionStage};
use mxcp_actors::domain::key_ring::{DigestPurpose, KeyRing};
use mxcp_actors::domain::opaque_token::{BrowserSessionToken, InteractionToken, LoginState};
use mxcp_actors::domain::pending_login::{LoginPurpose, PendingLogin};
use mxcp_actors::domain::randomness::Randomness;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::sealing::{Sealed, SealingContext};
use mxcp_actors::domain::secret::{Secret, SecretDigest};
use mxcp_actors::domain::upstream_tokens::UpstreamTokens;
use mxcp_actors::store::Store;
use serde_json::json;

use crate::server::{Place, Server, keys, new_key, output_of, user_key};

const UPSTREAM_ACCESS: &str = "gho_canary_upstream_access_token_16C7e42F292c69";
const UPSTREAM_REFRESH: &str = "ghr_canary_upstream_refresh_token_1B4a2e77838347";
const UPSTREAM_VERIFIER: &str = "canary-verifier-that-went-to-the-identity-provider";

/// Does everything that leaves a trace in the store, and gives back every secret that was involved.
fn secrets_of_a_busy_day(server: &Server) -> Vec<Secret> {
    let upstream_tokens = || UpstreamTokens {
        access_token: Secret::new(UPSTREAM_ACCESS),
        refresh_token: Some(Secret::new(UPSTREAM_REFRESH)),
        expires_at: None,
        scopes: ScopeSet::empty(),
    };
    let exchanged = server.log_in(Some(upstream_tokens()));
    let pair = server.exchange(exchanged.secret()).unwrap();
    server.call(pair.access_token.secret()).unwrap();
    let waiting = server.log_in(Some(upstream_tokens()));
    let mut secrets = vec![
        Secret::new(UPSTREAM_ACCESS),
        Secret::new(UPSTREAM_REFRESH),
        Secret::new(UPSTREAM_VERIFIER),
        exchanged.secret().clone(),
        waiting.secret().clone(),
        pair.access_token.secret().clone(),
        pair.refresh_token.unwrap().secret().clone(),
    ];
    secrets.push(register(server));
    secrets.extend(browser_secrets(server));
    secrets
}

fn register(server: &Server) -> Secret {
    let rules = ClientRules {
        settings: Arc::new(ClientRegistrySettings::with_scopes(
            ScopeSet::parse("mcp:read").unwrap(),
        )),
        configured: Arc::new(ConfiguredClients::new()),
        clock: Arc::<dyn Clock>::clone(&server.clock),
        randomness: Arc::<dyn Randomness>::clone(&server.randomness),
        keys: Arc::<KeyRing>::clone(&server.opened.keys),
        repository: Arc::<dyn Store>::clone(&server.opened.store),
        stored: StoredClients::default(),
    };
    let metadata = json!({ "client_name": "Registered", "redirect_uris": ["https://app.example.com/cb"] });
    let metadata = metadata.as_object().unwrap().clone();
    let response = rules.register(RegisterClient { metadata }).unwrap().into_json();
    Secret::new(response["client_secret"].as_str().unwrap())
}

fn browser_secrets(server: &Server) -> Vec<Secret> {
    let (store, keys, randomness) = (
        &server.opened.store,
        &server.opened.keys,
        server.randomness.as_ref(),
    );
    let (created_at, expires_at) = (server.clock.now(), Timestamp::MAX);
    let state = LoginState::generate(randomness).unwrap();
    let interaction = InteractionToken::generate(randomness).unwrap();
    let session = BrowserSessionToken::generate(randomness).unwrap();
    let browser = keys.digest(DigestPurpose::Browser, session.secret());
    let context = SealingContext {
        purpose: "upstream secrets",
        owner: "the login",
    };
    let login = PendingLogin {
        state: state.digest(keys),
        browser,
        provider: "github".to_owned(),
        purpose: LoginPurpose::SignIn,
        upstream_secrets: keys
            .seal(randomness, context, UPSTREAM_VERIFIER.as_bytes())
            .unwrap(),
        created_at,
        expires_at,
    };
    assert!(store.insert_pending_login(&login).unwrap());
    let page = Interaction {
        id: interaction.digest(keys),
        browser,
        purpose: LoginPurpose::SignIn,
        stage: InteractionStage::LogIn,
        created_at,
        expires_at,
    };
    assert!(store.insert_interaction(&page).unwrap());
    let browser_session = BrowserSession {
        id: session.digest(keys),
        user: user_key(),
        created_at,
        expires_at,
    };
    assert!(store.insert_browser_session(&browser_session).unwrap());
    [state.secret(), interaction.secret(), session.secret()]
        .map(Clone::clone)
        .to_vec()
}

/// The ways in which a secret could hide in a dump: as it is, without what is the same in all of its kind, as the bytes
/// that its digits stand for, and each of these in hexadecimal digits and in base64.
fn spellings(secret: &Secret) -> Vec<Vec<u8>> {
    let text = secret.expose();
    let body = text.rsplit('_').next().unwrap();
    let digits: Vec<_> = body.as_bytes().chunks_exact(2).take(32).collect();
    let byte = |digits: &&[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    let bits: Option<Vec<u8>> = digits.iter().map(byte).collect();
    let plain = [
        Some(text.as_bytes().to_vec()),
        Some(body.as_bytes().to_vec()),
        bits,
    ];
    plain
        .into_iter()
        .flatten()
        .flat_map(|bytes| {
            let hexadecimal = hexadecimal(&bytes);
            let base64 = [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)];
            let base64 = base64.map(|text| text.trim_end_matches('=').as_bytes().to_vec());
            [vec![bytes, hexadecimal], base64.to_vec()].concat()
        })
        .collect()
}

fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}

fn contains(dump: &[u8], needle: &[u8]) -> bool {
    dump.windows(needle.len()).any(|window| window == needle)
}

fn assert_nothing_usable(dump: &[u8], secrets: &[Secret], key: &Secret) {
    for landmark in ["Alice Example", "the client", "Registered"] {
        assert!(
            contains(dump, landmark.as_bytes()),
            "the dump is no dump: it lacks {landmark}"
        );
    }
    for secret in secrets.iter().chain([key]) {
        for spelling in spellings(secret) {
            assert!(!contains(dump, &spelling), "{}", secret.expose());
        }
    }
}

#[test]
fn an_sqlite_file_holds_no_usable_secret() {
    let (place, key) = (Place::sqlite(), new_key());
    let server = place.open(keys(&key)).unwrap();
    let secrets = secrets_of_a_busy_day(&server);
    let files = || -> Vec<u8> {
        let folder = fs::read_dir(place.file().parent().unwrap()).unwrap();
        folder
            .flat_map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect()
    };
    assert_nothing_usable(&files(), &secrets, &key);
    drop(server);
    assert_nothing_usable(&files(), &secrets, &key);
}

#[test]
fn a_postgresql_dump_holds_no_usable_secret() {
    let (place, key) = (Place::postgresql(), new_key());
    let server = place.open(keys(&key)).unwrap();
    let secrets = secrets_of_a_busy_day(&server);
    let Place::Postgresql(url) = &place else {
        unreachable!()
    };
    assert_nothing_usable(&output_of("pg_dump", &["--dbname", url]), &secrets, &key);
}

#[test]
fn what_was_deleted_is_overwritten() {
    const LANDMARK: &str = "a provider that is long gone";
    let (place, key) = (Place::sqlite(), new_key());
    let login = PendingLogin {
        state: SecretDigest::plain(&key),
        browser: SecretDigest::plain(&key),
        provider: LANDMARK.to_owned(),
        purpose: LoginPurpose::SignIn,
        upstream_secrets: Sealed::from_bytes(vec![1; 64]),
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::MAX,
    };
    let server = place.open(keys(&key)).unwrap();
    assert!(server.opened.store.insert_pending_login(&login).unwrap());
    drop(server);
    assert!(contains(&fs::read(place.file()).unwrap(), LANDMARK.as_bytes()));
    let server = place.open(keys(&key)).unwrap();
    assert_eq!(
        server.opened.store.take_pending_login(&login.state).unwrap(),
        Some(login)
    );
    drop(server);
    assert!(!contains(&fs::read(place.file()).unwrap(), LANDMARK.as_bytes()));
}

#[test]
fn the_search_would_find_a_secret() {
    let token = Secret::new(format!("mcp_{}1234abcd", "0123456789abcdef".repeat(4)));
    let bits = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef].repeat(4);
    let hidden = [
        token.expose().as_bytes().to_vec(),
        bits.clone(),
        STANDARD.encode(&bits).into_bytes(),
        token
            .expose()
            .bytes()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .collect(),
    ];
    for hidden in hidden {
        let dump = [b"before ".to_vec(), hidden, b" after".to_vec()].concat();
        assert!(spellings(&token).iter().any(|spelling| contains(&dump, spelling)));
    }
}
