//! Values to store. Each is made from a name, so that a test says only what it is about.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::domain::authorization_code::{AuthorizationCode, CodeBinding};
use crate::domain::client::{Client, ClientCredential, ClientId, ClientOrigin, GrantType, SecretPlace};
use crate::domain::clock::Timestamp;
use crate::domain::dpop::KeyThumbprint;
use crate::domain::grant::{Grant, GrantId, GrantState};
use crate::domain::key_ring::KeyId;
use crate::domain::pkce::CodeVerifier;
use crate::domain::randomness::SeededRandomness;
use crate::domain::redirect_uri::{RedirectTrust, RedirectUri};
use crate::domain::resource::ResourceIndicator;
use crate::domain::scope::ScopeSet;
use crate::domain::sealing::Sealed;
use crate::domain::secret::{Secret, SecretDigest};
use crate::domain::token::{AccessTokenRecord, RefreshTokenRecord, RefreshTokenState};
use crate::domain::user::{UserAccount, UserIdentity, UserKey, VerifiedEmail};
use crate::store::Store;
use crate::store::clients::ClientUse;
use crate::store::tokens::{DirectIssue, Redemption, RedemptionOutcome, Rotation};

/// How long a registration lasts after its use.
pub(crate) const USED_CLIENT_LIFETIME: Duration = Duration::from_hours(24 * 90);

/// Calls at once in tests of races.
pub(crate) const CROWD: usize = 100;

/// That many seconds after the epoch, with microseconds, so that a store that drops them is found out.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microseconds(seconds * 1_000_000 + 123_456)
}

pub(crate) fn digest(name: &str) -> SecretDigest {
    SecretDigest::plain(&Secret::new(name))
}

pub(crate) fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

pub(crate) fn resource() -> ResourceIndicator {
    ResourceIndicator::parse("https://api.example.com/mcp").unwrap()
}

pub(crate) fn client_id(name: &str) -> ClientId {
    ClientId::parse(name).unwrap()
}

/// The thumbprint of a key.
pub(crate) fn thumbprint(name: &str) -> KeyThumbprint {
    let bytes = URL_SAFE_NO_PAD.encode(digest(name).as_bytes());
    KeyThumbprint::parse(&bytes).unwrap()
}

pub(crate) fn grant_id(number: u64) -> GrantId {
    GrantId::generate(&SeededRandomness::new(number)).unwrap()
}

pub(crate) fn user_key(name: &str) -> UserKey {
    UserKey {
        issuer: "https://issuer.example".to_owned(),
        subject: name.to_owned(),
    }
}

pub(crate) fn redirect_uri() -> RedirectUri {
    RedirectUri::parse("http://127.0.0.1:33418/cb", RedirectTrust::SelfRegistered).unwrap()
}

pub(crate) fn identity(name: &str) -> UserIdentity {
    let mut identity = UserIdentity::bare(user_key(name), "github");
    identity.username = Some(name.to_owned());
    identity.email = VerifiedEmail::from_claims("someone@example.com", true);
    identity.groups = BTreeSet::from(["quoted \"group\"".to_owned(), "größe".to_owned()]);
    identity.scopes = scopes("mcp:read mcp:write");
    identity
        .profile
        .insert("nested".to_owned(), serde_json::json!({ "list": [1, null, "x"] }));
    identity
}

pub(crate) fn client(name: &str, created_at: Timestamp) -> Client {
    Client {
        id: client_id(name),
        origin: ClientOrigin::Registered,
        name: Some("Größe \u{1f469}".to_owned()),
        credential: ClientCredential::Secret {
            place: SecretPlace::Body,
            digest: digest("client secret"),
        },
        redirect_uris: vec![redirect_uri()],
        grant_types: GrantType::ALL.into(),
        scopes: scopes("mcp:read"),
        created_at,
        last_used_at: None,
        expires_at: Some(created_at + Duration::from_hours(1)),
        metadata: Map::from_iter([("client_uri".to_owned(), Value::from("https://app.example.com"))]),
    }
}

pub(crate) fn grant(number: u64, user: &str, created_at: Timestamp) -> Grant {
    let account = UserAccount {
        identity: identity(user),
        created_at,
        last_login_at: created_at,
    };
    Grant {
        id: grant_id(number),
        client: client_id("client"),
        user: account,
        scopes: scopes("mcp:read mcp:write"),
        resource: resource(),
        upstream_tokens: Some(Sealed::from_bytes(vec![1, 2, 0, 255])),
        created_at,
        expires_at: None,
        state: GrantState::Pending,
    }
}

pub(crate) fn code(name: &str, grant: GrantId, issued_at: Timestamp) -> AuthorizationCode {
    let binding = CodeBinding {
        grant,
        client: client_id("client"),
        redirect_uri: redirect_uri(),
        challenge: CodeVerifier::from_bits(&[7; 32]).challenge(),
        resource: resource(),
        scopes: scopes("mcp:read"),
        bound_to: None,
    };
    AuthorizationCode::issue(digest(name), binding, issued_at, Duration::from_secs(30))
}

pub(crate) fn access_token(
    name: &str,
    pair: Option<&str>,
    grant: GrantId,
    issued_at: Timestamp,
) -> AccessTokenRecord {
    AccessTokenRecord {
        digest: digest(name),
        grant,
        refresh_token: pair.map(digest),
        scopes: scopes("mcp:read"),
        resource: resource(),
        bound_to: None,
        issued_at,
        expires_at: issued_at + Duration::from_hours(1),
        first_used_at: None,
        revoked_at: None,
    }
}

pub(crate) fn refresh_token(name: &str, grant: GrantId, issued_at: Timestamp) -> RefreshTokenRecord {
    RefreshTokenRecord {
        digest: digest(name),
        grant,
        client: client_id("client"),
        scopes: scopes("mcp:read"),
        resource: resource(),
        bound_to: None,
        issued_at,
        expires_at: issued_at + Duration::from_hours(24),
        pair_first_used_at: None,
        state: RefreshTokenState::Unused,
    }
}

pub(crate) fn redemption(code: &str, pair: (&str, &str), grant: GrantId, at: Timestamp) -> Redemption {
    Redemption {
        code: digest(code),
        at,
        access_token: access_token(pair.0, Some(pair.1), grant, at),
        refresh_token: Some(refresh_token(pair.1, grant, at)),
        client_use: client_use("client", at),
    }
}

pub(crate) fn rotation(presented: &str, pair: (&str, &str), grant: GrantId, at: Timestamp) -> Rotation {
    Rotation {
        presented: digest(presented),
        at,
        key: KeyId::from_bytes([9; 8]),
        access_token: access_token(pair.0, Some(pair.1), grant, at),
        refresh_token: refresh_token(pair.1, grant, at),
        client_use: client_use("client", at),
    }
}

/// Tokens for this client.
pub(crate) fn client_use(client: &str, at: Timestamp) -> ClientUse {
    ClientUse {
        client: client_id(client),
        at,
        lifetime: USED_CLIENT_LIFETIME,
    }
}

/// A grant of `user`, and its one token.
pub(crate) fn direct(number: u64, user: &str, seconds: i64) -> DirectIssue {
    let token = access_token(&format!("direct {number}"), None, grant_id(number), at(seconds));
    DirectIssue {
        grant: Grant {
            upstream_tokens: None,
            expires_at: Some(token.expires_at),
            state: GrantState::Active { since: at(seconds) },
            ..grant(number, user, at(seconds))
        },
        access_token: token,
        most: 3,
        client_use: client_use("client", at(seconds)),
    }
}

/// A token for this client, in its own name.
pub(crate) fn direct_to(client: &str, number: u64, moment: Timestamp) -> DirectIssue {
    let mut issue = direct(number, "machine", moment.seconds());
    issue.grant.client = client_id(client);
    issue.client_use = client_use(client, moment);
    issue
}

/// Stores a code of grant `number`, and the grant before it unless it is there, since a code refers to its grant.
pub(crate) fn store_code(
    store: &impl Store,
    name: &str,
    number: u64,
    issued_at: Timestamp,
) -> AuthorizationCode {
    store.insert_grant(&grant(number, "alice", issued_at)).unwrap();
    let code = code(name, grant_id(number), issued_at);
    assert!(store.insert_code(&code).unwrap());
    code
}

/// Stores grant `number` with the tokens `pair`, as an exchange of a code leaves it.
pub(crate) fn store_active_grant(
    store: &impl Store,
    number: u64,
    pair: (&str, &str),
    now: Timestamp,
) -> GrantId {
    let id = grant_id(number);
    let code_name = format!("code of {number}");
    store_code(store, &code_name, number, now);
    let outcome = store.redeem_code(&redemption(&code_name, pair, id, now)).unwrap();
    assert_eq!(outcome, RedemptionOutcome::Redeemed);
    id
}

/// Runs `attempt` on [`CROWD`] threads that start together, and gives back what each of them got.
pub(crate) fn all_at_once<T: Send>(attempt: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(CROWD);
    thread::scope(|scope| {
        let run = |number| {
            let (start, attempt) = (&start, &attempt);
            scope.spawn(move || {
                start.wait();
                attempt(number)
            })
        };
        let threads: Vec<_> = (0..CROWD).map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// How often `wanted` is among `outcomes`.
pub(crate) fn count<T: PartialEq>(outcomes: &[T], wanted: &T) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}
