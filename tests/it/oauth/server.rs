//! The server under test: every route of the authorization server, and a protected resource that says who called.

use std::future::Future;
use std::num::NonZeroU32;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse};
use mxcp_actor::config::{BaseUrl, Http, PublicUrl, RateLimits};
use mxcp_actor::http::extract::bearer;
use mxcp_actor::http::oauth::{cors, routes};
use mxcp_actor::oauth::{AuditSink, LoginKind, Parts, Services, Settings};
use mxcp_actors::client_registry::ClientRegistrySettings;
use mxcp_actors::domain::audit_event::AuditRecord;
use mxcp_actors::domain::client::{AuthenticationMethod, DocumentPolicy};
use mxcp_actors::domain::clock::{Clock, FixedClock, Timestamp};
use mxcp_actors::domain::key_ring::{KeyRing, MasterKey};
use mxcp_actors::domain::password::{PasswordCost, PasswordHasher};
use mxcp_actors::domain::randomness::{Randomness, SeededRandomness};
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::service_account::ServiceAccounts;
use mxcp_actors::domain::user::VerifiedEmail;
use mxcp_actors::identity_assertions::IdentityAssertionsHandle;
use mxcp_actors::jose::SigningAlgorithm;
use mxcp_actors::provider_broker::provider::OutsideProvider;
use mxcp_actors::provider_broker::providers::oidc::identity_assertions::TrustedIssuerSettings;
use mxcp_actors::provider_broker::settings::{LocalProviderSettings, LocalUser};
use mxcp_actors::replica_bus::ReplicaBus;
use mxcp_actors::store::diesel::StoreLimits;
use mxcp_actors::store::open::{KeySettings, StoreSettings, open};
use mxcp_actors::store::{MemoryStore, Store};
use mxcp_actors::system::{ActorsSettings, LoginSettings, RunningActors, Surroundings};
use mxcp_actors::token_store::AccessTokenFormat;
use serde_json::Value;

use super::configured::configured_clients;
use super::identity_assertions;
use crate::server::PATIENCE;

pub(super) const ISSUER: &str = "http://localhost:8000";
pub(super) const RESOURCE: &str = "http://localhost:8000/mcp";
/// The demo client of the guides.
pub(super) const DEMO_CLIENT: &str = "mcp-test-client";
pub(super) const DEMO_SECRET: &str = "mcp-test-secret";
pub(super) const DEMO_REDIRECT: &str = "http://localhost:3000/callback";
pub(super) const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// A client without a secret.
pub(super) const PUBLIC_CLIENT: &str = "public-app";
pub(super) const PUBLIC_REDIRECT: &str = "https://app.example/callback";
pub(super) const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The limits of a store on a machine that does much else.
const PATIENT: StoreLimits = StoreLimits {
    connections: NonZeroU32::MIN.saturating_add(7),
    pool_wait: PATIENCE,
    lock_wait: PATIENCE,
    statement_time: PATIENCE,
};

/// A client that calls in its own name, where the settings give it a service account.
pub(super) const MACHINE: (&str, &str) = ("nightly report", "machine:secret");

/// Clients whose names and secrets look different in a header.
pub(super) const SPACED_CLIENT: (&str, &str) = ("spaced app", "two words");
pub(super) const PLUS_CLIENT: (&str, &str) = ("plus-app", "a+b/c=");

/// Access tokens as signed texts.
pub(super) const SIGNED: AccessTokenFormat = AccessTokenFormat::Signed {
    algorithm: SigningAlgorithm::EdDsa,
    key_lifetime: Duration::from_hours(24 * 30),
};

type Answering = Pin<Box<dyn Future<Output = Answer>>>;

/// A running server.
pub(super) struct Server {
    call: Box<dyn Fn(TestRequest) -> Answering>,
    pub(super) clock: Arc<FixedClock>,
    audit: Arc<Recorder>,
    services: Data<Services>,
    running: RunningActors,
}

/// Where logins are kept, and what a server that is started anew finds there.
#[derive(Clone)]
struct Kept {
    store: Arc<dyn Store>,
    keys: Arc<KeyRing>,
    clock: Arc<FixedClock>,
    randomness: Arc<dyn Randomness>,
}

impl Kept {
    fn in_memory() -> Self {
        let master = MasterKey::generate(&SeededRandomness::new(1)).unwrap();
        Self {
            store: Arc::new(MemoryStore::new()),
            keys: Arc::new(KeyRing::new(&master, &[]).unwrap()),
            clock: Arc::new(FixedClock::at(START)),
            randomness: Arc::new(SeededRandomness::new(7)),
        }
    }

    fn in_file(path: &Path, now: Timestamp) -> Self {
        let clock = FixedClock::at(now);
        // A server that is started anew makes other tokens than before.
        let randomness = SeededRandomness::new(now.seconds().unsigned_abs());
        let settings = StoreSettings::Sqlite {
            path: path.to_owned(),
            keys: KeySettings::default(),
        };
        let opened = open(&settings, PATIENT, &clock, &randomness).unwrap();
        Self {
            store: Arc::clone(&opened.store),
            keys: Arc::clone(&opened.keys),
            clock: Arc::new(clock),
            randomness: Arc::new(randomness),
        }
    }
}

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// Keeps audit records.
#[derive(Default)]
struct Recorder(Mutex<Vec<AuditRecord>>);

impl AuditSink for Recorder {
    fn record(&self, record: AuditRecord) {
        self.0.lock().unwrap().push(record);
    }
}

impl Answer {
    /// The one header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name);
        let value = values.next().map(|value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }

    pub(super) fn json(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{}",
            self.body
        );
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }

    /// The text of a member of a JSON body.
    pub(super) fn text(&self, member: &str) -> String {
        let body = self.json();
        body[member]
            .as_str()
            .unwrap_or_else(|| panic!("{member} in {body}"))
            .to_owned()
    }
}

impl Server {
    /// Users with passwords, on `http://localhost:8000`.
    pub(super) async fn local() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub(super) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(Kept::in_memory(), local_users(), change).await
    }

    /// Two replicas on one store, where clients may be described by documents and publish keys on this machine.
    pub(super) async fn replicas() -> [Self; 2] {
        let (one, documents) = (Kept::in_memory(), |settings: &mut Settings| {
            settings.metadata_documents = true;
        });
        let other = Kept {
            randomness: Arc::new(SeededRandomness::new(8)),
            ..one.clone()
        };
        [
            Self::start(one, local_users(), documents).await,
            Self::start(other, local_users(), documents).await,
        ]
    }

    /// Two replicas on one store that sign access tokens. They tell each other nothing.
    pub(super) async fn signing_replicas() -> [Self; 2] {
        let (one, signing) = (Kept::in_memory(), |settings: &mut Settings| {
            settings.access_token_format = SIGNED;
        });
        let other = Kept {
            randomness: Arc::new(SeededRandomness::new(8)),
            ..one.clone()
        };
        [
            Self::start(one, local_users(), signing).await,
            Self::start(other, local_users(), signing).await,
        ]
    }

    /// Users with passwords, whose logins are kept in an SQLite file. The clock stands at `now`.
    pub(super) async fn kept_in(path: &Path, now: Timestamp) -> Self {
        Self::with_kept_in(path, now, |_| {}).await
    }

    /// The same with other settings.
    pub(super) async fn with_kept_in(
        path: &Path,
        now: Timestamp,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        Self::start(Kept::in_file(path, now), local_users(), change).await
    }

    /// Its use cases.
    pub(super) fn services(&self) -> &Services {
        &self.services
    }

    /// The same for clients that documents on this machine describe.
    pub(super) async fn with_documents_kept_in(path: &Path, now: Timestamp) -> Self {
        Self::with_kept_in(path, now, |settings| settings.metadata_documents = true).await
    }

    /// Stops it. A file can be opened again then.
    pub(super) async fn stop(self) {
        self.running.stop().await;
    }

    /// Logins at an outside provider.
    pub(super) async fn outside(provider: Rc<dyn OutsideProvider>) -> Self {
        Self::outside_on(Kept::in_memory(), provider).await
    }

    /// Two servers that share keys and a store, and nothing else. They tell each other nothing.
    pub(super) async fn two_outside(provider: Rc<dyn OutsideProvider>) -> [Self; 2] {
        let kept = Kept::in_memory();
        let one = Self::outside_on(kept.clone(), Rc::clone(&provider)).await;
        [one, Self::outside_on(kept, provider).await]
    }

    async fn outside_on(kept: Kept, provider: Rc<dyn OutsideProvider>) -> Self {
        let login = LoginKind::Provider {
            name: provider.name().to_owned(),
            callback_path: "/github/callback".to_owned(),
            scopes: scopes_of("user:email"),
        };
        let provider = LoginSettings::Outside(provider);
        Self::start(kept, provider, |settings| settings.login = login).await
    }

    /// Two servers on one store with users with passwords, and a provider that is trusted to say for whom clients act.
    pub(super) async fn two_trusting(issuer: &TrustedIssuerSettings, change: fn(&mut Settings)) -> [Self; 2] {
        let kept = Kept::in_memory();
        let clock = Arc::<FixedClock>::clone(&kept.clock) as Arc<dyn Clock>;
        let checker = || Some(identity_assertions::trusting(issuer, &clock));
        let one = Self::start_with(kept.clone(), local_users(), change, checker()).await;
        [
            one,
            Self::start_with(kept, local_users(), change, checker()).await,
        ]
    }

    async fn start(kept: Kept, login: LoginSettings, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_with(kept, login, change, None).await
    }

    async fn start_with(
        kept: Kept,
        login: LoginSettings,
        change: impl FnOnce(&mut Settings),
        identity_assertions: Option<IdentityAssertionsHandle>,
    ) -> Self {
        let Kept {
            store,
            keys,
            clock,
            randomness,
        } = kept;
        let mut settings = settings();
        change(&mut settings);
        let mut registry = ClientRegistrySettings::with_scopes(settings.default_scopes.clone());
        registry.documents = settings.metadata_documents.then(|| DocumentPolicy {
            allows_loopback: true,
            ..DocumentPolicy::default()
        });
        registry.metadata.allows_loopback_keys = settings.metadata_documents;
        let mut actors = ActorsSettings::new(registry, login);
        actors.deadline = PATIENCE;
        actors.configured_clients = configured_clients(&keys);
        actors.tokens.access_token_format = settings.access_token_format;
        let surroundings = Surroundings {
            store,
            keys,
            clock: Arc::<FixedClock>::clone(&clock) as Arc<dyn Clock>,
            randomness: Arc::clone(&randomness),
            bus: ReplicaBus::alone(),
        };
        let running = RunningActors::start(actors, surroundings).await.unwrap();
        let audit = Arc::new(Recorder::default());
        let parts = Parts {
            actors: running.actors.clone(),
            clock: Arc::<FixedClock>::clone(&clock) as Arc<dyn Clock>,
            randomness,
            audit: Arc::<Recorder>::clone(&audit) as Arc<dyn AuditSink>,
            identity_assertions,
            settings,
        };
        let services = Data::new(Services::new(parts).unwrap());
        Self {
            call: serve(services.clone()).await,
            services,
            clock,
            audit,
            running,
        }
    }

    /// Sends a request to `localhost:8000`.
    pub(super) async fn call(&self, request: TestRequest) -> Answer {
        self.call_at("localhost:8000", request).await
    }

    /// Sends a request to another host.
    pub(super) async fn call_at(&self, host: &str, request: TestRequest) -> Answer {
        (self.call)(request.insert_header(("Host", host))).await
    }

    pub(super) async fn get(&self, uri: &str) -> Answer {
        self.call(TestRequest::get().uri(uri)).await
    }

    /// Posts a form as a client does.
    pub(super) async fn post(&self, uri: &str, form: &[(&str, &str)]) -> Answer {
        self.call(TestRequest::post().uri(uri).set_form(form)).await
    }

    /// The events so far, without their time and identifier.
    pub(super) fn events(&self) -> Vec<AuditRecord> {
        self.audit.0.lock().unwrap().clone()
    }

    /// The names of the events so far.
    pub(super) fn event_names(&self) -> Vec<String> {
        self.events()
            .into_iter()
            .map(|record| record.operation_name)
            .collect()
    }
}

async fn serve(services: Data<Services>) -> Box<dyn Fn(TestRequest) -> Answering> {
    let app = App::new().configure(|config| routes(config, &services)).service(
        web::resource("/mcp")
            .wrap(cors::any_origin())
            .route(web::post().to(protected)),
    );
    let app = Rc::new(init_service(app).await);
    Box::new(move |request| {
        let app = Rc::clone(&app);
        Box::pin(async move {
            let response = call_service(app.as_ref(), request.to_request()).await;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = read_body(response).await;
            Answer {
                status,
                headers,
                body: String::from_utf8(body.to_vec()).unwrap(),
            }
        })
    })
}

/// A resource that says who called.
async fn protected(request: HttpRequest, services: Data<Services>) -> HttpResponse {
    match bearer::authenticate(&request, &services).await {
        Ok(principal) => HttpResponse::Ok().body(principal.user.identity.key.subject.clone()),
        Err(response) => response,
    }
}

const CHEAP: PasswordCost = PasswordCost {
    memory_kibibytes: 8,
    iterations: 1,
    parallelism: 1,
};

fn local_users() -> LoginSettings {
    LoginSettings::Local(LocalProviderSettings {
        cost: CHEAP,
        ..LocalProviderSettings::new(ISSUER, vec![test_user(), limited_user()])
    })
}

/// `testuser` with the password `testpass`, who may have every scope.
fn test_user() -> LocalUser {
    user(
        "testuser",
        "testpass",
        "mxcp:access mxcp:admin mcp:read mcp:write",
    )
}

/// A user who may only read.
fn limited_user() -> LocalUser {
    user("limited", "limitedpass", "mcp:read")
}

fn user(name: &str, password: &str, scopes: &str) -> LocalUser {
    let randomness = SeededRandomness::new(3);
    let hasher = PasswordHasher::new(CHEAP, &randomness).unwrap();
    LocalUser {
        username: name.to_owned(),
        password_hash: hasher.hash(&randomness, &Secret::new(password)).unwrap(),
        name: Some("Test <User>".to_owned()),
        email: VerifiedEmail::from_claims("testuser@example.com", true),
        role: None,
        permissions: [].into(),
        groups: [].into(),
        scopes: scopes_of(scopes),
    }
}

pub(super) fn scopes_of(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

/// What the operator set, unless a test says otherwise.
fn settings() -> Settings {
    Settings {
        server_name: "Notes & Co".to_owned(),
        public_url: public_url(ISSUER),
        trusted_proxies: None,
        login: LoginKind::Password,
        default_scopes: scopes_of("mxcp:access"),
        required_scopes: ScopeSet::empty(),
        endpoint_scopes: ScopeSet::empty(),
        scopes_supported: scopes_of("mxcp:access mxcp:admin mcp:read mcp:write"),
        authentication_methods: vec![
            AuthenticationMethod::None,
            AuthenticationMethod::ClientSecretBasic,
            AuthenticationMethod::ClientSecretPost,
            AuthenticationMethod::PrivateKeyJwt,
        ],
        service_accounts: ServiceAccounts::new("notes"),
        grant_profiles: Vec::new(),
        metadata_documents: false,
        remember_consents: true,
        open_introspection: false,
        access_token_format: AccessTokenFormat::Opaque,
        rate_limits: RateLimits::default(),
    }
}

/// The rule of a server with this `base_url`.
pub(super) fn public_url(base_url: &str) -> PublicUrl {
    let http = Http {
        base_url: Some(BaseUrl::parse(base_url).unwrap()),
        ..listener("localhost")
    };
    PublicUrl::new(&http, [])
}

/// The HTTP settings of a listener and nothing else.
pub(super) fn listener(host: &str) -> Http {
    Http {
        host: host.to_owned(),
        port: 8000,
        scheme: None,
        base_url: None,
        trusted_proxies: None,
        allowed_hosts: Vec::new(),
        stateless: false,
        rate_limits: RateLimits::default(),
        max_connections: 10,
        request_timeout: Duration::from_secs(1),
        tls: None,
    }
}
