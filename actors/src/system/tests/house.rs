//! All actors over a memory store, with a clock that stands still, and a browser and a client that use them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::auth_code_store::messages::ConsumeCodeReply;
use crate::auth_code_store::{ConsumeCode, SaveCode};
use crate::client_registry::ClientRegistrySettings;
use crate::domain::authorization_code::CodeBinding;
use crate::domain::authorization_request::AuthorizationRequest;
use crate::domain::client::{Client, ClientConfiguration, ClientId};
use crate::domain::clock::{FixedClock, Timestamp};
use crate::domain::key_ring::{KeyRing, MasterKey};
use crate::domain::login_attempt::AttemptId;
use crate::domain::opaque_token::{AuthorizationCodeValue, RefreshToken};
use crate::domain::password::{PasswordCost, PasswordHasher};
use crate::domain::pending_login::LoginPurpose;
use crate::domain::pkce::CodeVerifier;
use crate::domain::randomness::SeededRandomness;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::Secret;
use crate::domain::token::{AccessTokenText, TokenPair};
use crate::domain::user::{UserAccount, VerifiedEmail};
use crate::error::CallError;
use crate::provider_broker::ApprovedRequest;
use crate::provider_broker::errors::{InteractionError, LogInError};
use crate::provider_broker::messages::{
    BeginAuthorization, BegunInteraction, DecideConsent, DecidedConsent, Decision, LogInWithPassword,
    LoggedIn,
};
use crate::provider_broker::settings::{LocalProviderSettings, LocalUser};
use crate::replica_bus::ReplicaBus;
use crate::store::conformance::fixtures;
use crate::store::{MemoryStore, Store};
use crate::system::{
    Actors, ActorsSettings, LoginSettings, RunningActors, StartError, Surroundings, SweptTotals,
};
use crate::token_store::messages::{IssueTokensReply, RotateRefreshTokenReply};
use crate::token_store::verified_tokens::Verification;
use crate::token_store::{IssueTokens, OpenGrant, RotateRefreshToken, VerifyToken};

pub(crate) const START: Timestamp = Timestamp::from_seconds(1_700_000_000);
/// Longer than any of these tests needs; reached only when one fails.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const CLIENT: &str = "mcp-test-client";
pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";

const CHEAP: PasswordCost = PasswordCost {
    memory_kibibytes: 16,
    iterations: 1,
    parallelism: 1,
};

pub(crate) struct House {
    actors: Actors,
    running: RefCell<Option<RunningActors>>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) client: Client,
}

/// The demo's user, and one more.
pub(crate) fn local() -> LocalProviderSettings {
    let users = vec![user("testuser", "testpass"), user("alice", "wonderland")];
    LocalProviderSettings {
        cost: CHEAP,
        ..LocalProviderSettings::new("https://mcp.example.com", users)
    }
}

/// The same, with passwords that take a while to check.
pub(crate) fn slow() -> LocalProviderSettings {
    let cost = PasswordCost {
        memory_kibibytes: 8_192,
        iterations: 4,
        parallelism: 1,
    };
    LocalProviderSettings {
        cost,
        users: vec![user_at(cost, "testuser", "testpass")],
        ..local()
    }
}

fn user(name: &str, password: &str) -> LocalUser {
    user_at(CHEAP, name, password)
}

fn user_at(cost: PasswordCost, name: &str, password: &str) -> LocalUser {
    let randomness = SeededRandomness::new(name.len() as u64);
    let hasher = PasswordHasher::new(cost, &randomness).unwrap();
    LocalUser {
        username: name.to_owned(),
        password_hash: hasher.hash(&randomness, &Secret::new(password)).unwrap(),
        name: Some("Test User".to_owned()),
        email: VerifiedEmail::from_claims("testuser@example.com", true),
        role: None,
        permissions: BTreeSet::new(),
        groups: BTreeSet::new(),
        scopes: fixtures::scopes("mcp:read mcp:write"),
    }
}

pub(crate) fn settings(login: LoginSettings) -> ActorsSettings {
    let mut settings = ActorsSettings::new(
        ClientRegistrySettings::with_scopes(fixtures::scopes("mcp:read")),
        login,
    );
    let client = client(&[CALLBACK]);
    settings.configured_clients.insert(client.id.clone(), client);
    settings.deadline = PATIENCE;
    settings.sweep_interval = Duration::from_hours(1);
    settings
}

pub(crate) fn keys() -> KeyRing {
    KeyRing::new(&MasterKey::generate(&SeededRandomness::new(99)).unwrap(), &[]).unwrap()
}

/// The demo's client, with these redirect URIs.
pub(crate) fn client(redirect_uris: &[&str]) -> Client {
    let configuration = ClientConfiguration {
        id: CLIENT.to_owned(),
        secret: Some(Secret::new("mcp-test-secret")),
        keys: None,
        name: "Test client".to_owned(),
        redirect_uris: redirect_uris.iter().map(ToString::to_string).collect(),
        grant_types: Vec::new(),
        scopes: vec!["mcp:read".to_owned(), "mcp:write".to_owned()],
    };
    Client::from_configuration(&configuration, &keys(), START).unwrap()
}

pub(crate) async fn house() -> House {
    house_with(settings(LoginSettings::Local(local()))).await
}

pub(crate) async fn house_with(settings: ActorsSettings) -> House {
    let store = Arc::new(MemoryStore::new());
    let clock = Arc::new(FixedClock::at(START));
    let running = start(settings, Arc::<MemoryStore>::clone(&store), &clock)
        .await
        .unwrap();
    House {
        actors: running.actors.clone(),
        running: RefCell::new(Some(running)),
        clock,
        store,
        client: client(&[CALLBACK]),
    }
}

pub(crate) async fn start(
    settings: ActorsSettings,
    store: Arc<dyn Store>,
    clock: &Arc<FixedClock>,
) -> Result<RunningActors, StartError> {
    let surroundings = Surroundings {
        store,
        keys: Arc::new(keys()),
        clock: Arc::<FixedClock>::clone(clock),
        randomness: Arc::new(SeededRandomness::new(7)),
        bus: ReplicaBus::alone(),
    };
    RunningActors::start(settings, surroundings).await
}

/// What a browser sends along.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookie: Option<Secret>,
    pub(crate) session: Option<Secret>,
    pub(crate) page: Option<Secret>,
}

impl Browser {
    /// Keeps what an answer set.
    pub(crate) fn keep(&mut self, begun: &BegunInteraction) {
        if let Some(cookie) = &begun.new_browser {
            self.cookie = Some(cookie.secret().clone());
        }
        self.page = Some(begun.token.secret().clone());
    }

    pub(crate) fn page(&self) -> Secret {
        self.page.clone().unwrap()
    }
}

pub(crate) fn verifier() -> CodeVerifier {
    CodeVerifier::from_bits(&[7; 32])
}

impl House {
    pub(crate) fn actors(&self) -> &Actors {
        &self.actors
    }

    /// What the sweeper has found so far.
    pub(crate) fn swept(&self) -> SweptTotals {
        let running = self.running.borrow();
        running.as_ref().unwrap().sweep_monitor().totals()
    }

    pub(crate) async fn stop(&self) {
        let running = self.running.take().unwrap();
        running.stop().await;
    }

    pub(crate) fn request(&self) -> AuthorizationRequest {
        AuthorizationRequest {
            client: self.client.id.clone(),
            redirect_uri: self.client.choose_redirect_uri(Some(CALLBACK)).unwrap(),
            challenge: verifier().challenge(),
            resource: fixtures::resource(),
            asked: Some(fixtures::scopes("mcp:read mcp:write")),
            state: Some("client state".to_owned()),
            attempt: AttemptId::parse("7K2M-9QXD-0A4T").ok(),
            bound_to: None,
        }
    }

    pub(crate) async fn begin(&self, browser: &mut Browser) -> BegunInteraction {
        let message = BeginAuthorization {
            request: self.request(),
            browser: browser.cookie.clone(),
            session: browser.session.clone(),
        };
        let begun = self.actors().broker.ask(message).await.unwrap().unwrap();
        browser.keep(&begun);
        begun
    }

    pub(crate) async fn log_in(
        &self,
        browser: &mut Browser,
        username: &str,
        password: &str,
    ) -> Result<LoggedIn, LogInError> {
        let logged_in = self.try_log_in(browser, username, password).await.unwrap();
        if let Ok(logged_in) = &logged_in {
            browser.session = Some(logged_in.session.token.secret().clone());
        }
        logged_in
    }

    pub(crate) async fn try_log_in(
        &self,
        browser: &Browser,
        username: &str,
        password: &str,
    ) -> Result<Result<LoggedIn, LogInError>, CallError> {
        let message = LogInWithPassword {
            interaction: browser.page(),
            browser: browser.cookie.clone(),
            session: browser.session.clone(),
            username: username.to_owned(),
            password: Secret::new(password),
            network: IpAddr::from([192, 0, 2, 1]),
        };
        self.actors().broker.ask(message).await
    }

    pub(crate) async fn decide(
        &self,
        browser: &Browser,
        decision: Decision,
    ) -> Result<DecidedConsent, InteractionError> {
        let message = DecideConsent {
            interaction: browser.page(),
            browser: browser.cookie.clone(),
            session: browser.session.clone(),
            decision,
        };
        self.actors().broker.ask(message).await.unwrap()
    }

    pub(crate) async fn approve(&self, browser: &Browser) -> ApprovedRequest {
        match self.decide(browser, Decision::Approve).await.unwrap() {
            DecidedConsent::Approved(approved) => approved,
            DecidedConsent::Denied(_) => panic!("the user approved"),
        }
    }

    /// What the callback of a finished login does.
    pub(crate) async fn mint_code(
        &self,
        request: AuthorizationRequest,
        user: UserAccount,
    ) -> AuthorizationCodeValue {
        let scopes = request.asked.unwrap_or_else(ScopeSet::empty);
        let grant = OpenGrant {
            client: request.client.clone(),
            user,
            scopes: scopes.clone(),
            resource: request.resource.clone(),
            upstream_tokens: None,
        };
        let binding = CodeBinding {
            grant: self.actors().tokens.ask(grant).await.unwrap().unwrap(),
            client: request.client,
            redirect_uri: request.redirect_uri,
            challenge: request.challenge,
            resource: request.resource,
            scopes,
            bound_to: request.bound_to,
        };
        self.actors()
            .codes
            .ask(SaveCode { binding })
            .await
            .unwrap()
            .unwrap()
    }

    /// A whole login of the demo's user, up to the code.
    pub(crate) async fn code(&self) -> AuthorizationCodeValue {
        let mut browser = Browser::default();
        self.begin(&mut browser).await;
        let logged_in = self.log_in(&mut browser, "testuser", "testpass").await.unwrap();
        assert!(matches!(logged_in.purpose, LoginPurpose::Authorize(_)));
        let (request, user) = self.approve(&browser).await.into_parts();
        self.mint_code(request, user.unwrap()).await
    }

    pub(crate) async fn consume(&self, code: &AuthorizationCodeValue) -> ConsumeCodeReply {
        let message = ConsumeCode {
            code: code.secret().clone(),
            client: ClientId::parse(CLIENT).unwrap(),
            redirect_uri: Some(CALLBACK.to_owned()),
            verifier: verifier(),
            resource: None,
            key: None,
        };
        self.actors().codes.ask(message).await.unwrap()
    }

    pub(crate) async fn redeem(&self, code: &AuthorizationCodeValue) -> IssueTokensReply {
        let message = IssueTokens {
            code: self.consume(code).await.unwrap(),
            with_refresh_token: true,
            key: None,
            issuer: "https://api.example.com".to_owned(),
        };
        self.actors().tokens.ask(message).await.unwrap()
    }

    pub(crate) async fn tokens(&self) -> TokenPair {
        self.redeem(&self.code().await).await.unwrap()
    }

    pub(crate) async fn verify(&self, token: &AccessTokenText) -> Verification {
        let message = VerifyToken {
            token: token.secret().clone(),
            resource: fixtures::resource(),
            purpose: crate::token_store::VerifyPurpose::Call { key: None },
        };
        self.actors().tokens.verify(message).await
    }

    pub(crate) async fn refresh(&self, token: &RefreshToken) -> RotateRefreshTokenReply {
        let message = RotateRefreshToken {
            token: token.secret().clone(),
            client: ClientId::parse(CLIENT).unwrap(),
            scopes: None,
            allowed: fixtures::scopes("mcp:read mcp:write"),
            resource: None,
            key: None,
            issuer: "https://api.example.com".to_owned(),
        };
        self.actors().tokens.ask(message).await.unwrap()
    }
}

/// Waits, without blocking the arbiter, until it is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, waiting).await.is_ok(),
        "never {what}"
    );
}

/// All of them, in order.
pub(crate) async fn all<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}
