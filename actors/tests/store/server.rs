//! A server as far as it stands on its store: the rules of clients, codes and tokens, over a store that was opened as
//! the server opens it.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::auth_code_store::messages::ConsumeCodeError;
use mxcp_actors::auth_code_store::{AuthCodeStoreSettings, CodeRules, ConsumeCode, SaveCode};
use mxcp_actors::domain::authorization_code::{CodeBinding, CodeRefusal};
use mxcp_actors::domain::client::ClientId;
use mxcp_actors::domain::clock::{Clock, FixedClock, Timestamp};
use mxcp_actors::domain::key_ring::{KeyRing, MasterKey};
use mxcp_actors::domain::opaque_token::AuthorizationCodeValue;
use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::randomness::{Randomness, SystemRandomness};
use mxcp_actors::domain::redirect_uri::{RedirectTrust, RedirectUri};
use mxcp_actors::domain::resource::ResourceIndicator;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::token::TokenPair;
use mxcp_actors::domain::upstream_tokens::UpstreamTokens;
use mxcp_actors::domain::user::{UserIdentity, UserKey};
use mxcp_actors::store::Store;
use mxcp_actors::store::diesel::StoreLimits;
use mxcp_actors::store::open::{KeySettings, OpenStore, OpenStoreError, StoreSettings, open};
use mxcp_actors::token_store::messages::{IssueTokensError, VerifyTokenReply};
use mxcp_actors::token_store::{
    AccessTokenFormat, IssueTokens, OpenGrant, SigningKeys, TokenRules, TokenStoreSettings, VerifyToken,
};
use tempfile::TempDir;

use crate::postgres_cluster;

pub(crate) const START: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// The limits of a store on a machine that does much else.
pub(crate) const PATIENT: StoreLimits = StoreLimits {
    connections: NonZeroU32::MIN.saturating_add(7),
    pool_wait: PATIENCE,
    lock_wait: PATIENCE,
    statement_time: PATIENCE,
};
const PATIENCE: Duration = Duration::from_mins(1);

/// What the client keeps while its user logs in.
const VERIFIER: [u8; 32] = [7; 32];

/// Where a test keeps its database.
pub(crate) enum Place {
    Sqlite(TempDir),
    Postgresql(String),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) fn postgresql() -> Self {
        Self::Postgresql(postgres_cluster::new_database())
    }

    pub(crate) fn settings(&self, keys: KeySettings) -> StoreSettings {
        match self {
            Self::Sqlite(_) => StoreSettings::Sqlite {
                path: self.file(),
                keys,
            },
            Self::Postgresql(url) => StoreSettings::Postgresql {
                url: Secret::new(url),
                keys,
            },
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("oauth.db"),
            Self::Postgresql(_) => panic!("PostgreSQL has no file"),
        }
    }

    pub(crate) fn open(&self, keys: KeySettings) -> Result<Server, OpenStoreError> {
        Server::open(&self.settings(keys))
    }
}

/// Runs one of PostgreSQL's programs, such as `pg_dump`, and gives back what it wrote.
pub(crate) fn output_of(program: &str, arguments: &[&str]) -> Vec<u8> {
    let path = postgres_cluster::programs().join(program);
    let run = Command::new(path).args(arguments).output().unwrap();
    let complaint = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{program}: {complaint}");
    run.stdout
}

/// Keys whose current one is this.
pub(crate) fn keys(current: &Secret) -> KeySettings {
    KeySettings {
        current: Some(current.clone()),
        previous: Vec::new(),
    }
}

/// The text of a new key.
pub(crate) fn new_key() -> Secret {
    MasterKey::generate(&SystemRandomness::new()).unwrap().to_text()
}

/// Everything that stands on the store.
pub(crate) struct Server {
    pub(crate) opened: OpenStore,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) clock: Arc<dyn Clock>,
    codes: CodeRules,
    tokens: TokenRules,
}

impl Server {
    pub(crate) fn open(settings: &StoreSettings) -> Result<Self, OpenStoreError> {
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(START));
        let randomness: Arc<dyn Randomness> = Arc::new(SystemRandomness::new());
        let opened = open(settings, PATIENT, clock.as_ref(), randomness.as_ref())?;
        let store = || Arc::<dyn Store>::clone(&opened.store);
        let codes = CodeRules {
            settings: AuthCodeStoreSettings::default(),
            clock: Arc::<dyn Clock>::clone(&clock),
            randomness: Arc::<dyn Randomness>::clone(&randomness),
            keys: Arc::<KeyRing>::clone(&opened.keys),
            repository: store(),
        };
        let tokens = TokenRules {
            settings: TokenStoreSettings::default(),
            clock: Arc::<dyn Clock>::clone(&clock),
            randomness: Arc::<dyn Randomness>::clone(&randomness),
            keys: Arc::<KeyRing>::clone(&opened.keys),
            signing_keys: Arc::new(SigningKeys::new(
                AccessTokenFormat::Opaque,
                store(),
                Arc::<KeyRing>::clone(&opened.keys),
                Arc::<dyn Clock>::clone(&clock),
                Arc::<dyn Randomness>::clone(&randomness),
            )),
            grants: store(),
            tokens: store(),
            identifiers: store(),
        };
        Ok(Self {
            opened,
            randomness,
            clock,
            codes,
            tokens,
        })
    }

    /// A user who logged in and is on the way back to the client with a code.
    pub(crate) fn log_in(&self, upstream_tokens: Option<UpstreamTokens>) -> AuthorizationCodeValue {
        let mut identity = UserIdentity::bare(user_key(), "github");
        identity.name = Some("Alice Example".to_owned());
        let user = self
            .opened
            .store
            .record_login(&identity, self.clock.now())
            .unwrap();
        let scopes = ScopeSet::parse("mcp:read").unwrap();
        let grant = self.tokens.open_grant(OpenGrant {
            client: client_id(),
            user,
            scopes: scopes.clone(),
            resource: resource(),
            upstream_tokens,
        });
        let binding = CodeBinding {
            grant: grant.unwrap(),
            client: client_id(),
            redirect_uri: redirect_uri(),
            challenge: CodeVerifier::from_bits(&VERIFIER).challenge(),
            resource: resource(),
            scopes,
            bound_to: None,
        };
        self.codes.save(SaveCode { binding }).unwrap()
    }

    /// The client's request at the token endpoint. Nothing if the code was exchanged before.
    pub(crate) fn exchange(&self, code: &Secret) -> Option<TokenPair> {
        let consume = ConsumeCode {
            code: code.clone(),
            client: client_id(),
            redirect_uri: None,
            verifier: CodeVerifier::from_bits(&VERIFIER),
            resource: None,
            key: None,
        };
        let verified = match self.codes.consume(&consume) {
            Err(ConsumeCodeError::Refused {
                refusal: CodeRefusal::AlreadyConsumed { .. },
                ..
            }) => return None,
            result => result.unwrap(),
        };
        let issue = IssueTokens {
            code: verified,
            with_refresh_token: true,
            key: None,
            issuer: "https://api.example.com".to_owned(),
        };
        match self.tokens.issue(&issue) {
            Err(IssueTokensError::CodeReplayed { .. }) => None,
            result => Some(result.unwrap()),
        }
    }

    /// A call with a token.
    pub(crate) fn call(&self, token: &Secret) -> VerifyTokenReply {
        self.tokens.verify(&VerifyToken {
            token: token.clone(),
            resource: resource(),
            purpose: mxcp_actors::token_store::VerifyPurpose::Call { key: None },
        })
    }
}

pub(crate) fn user_key() -> UserKey {
    UserKey {
        issuer: "https://github.com".to_owned(),
        subject: "4711".to_owned(),
    }
}

pub(crate) fn client_id() -> ClientId {
    ClientId::parse("the client").unwrap()
}

pub(crate) fn resource() -> ResourceIndicator {
    ResourceIndicator::parse("https://api.example.com/mcp").unwrap()
}

pub(crate) fn redirect_uri() -> RedirectUri {
    RedirectUri::parse("https://app.example.com/cb", RedirectTrust::SelfRegistered).unwrap()
}
