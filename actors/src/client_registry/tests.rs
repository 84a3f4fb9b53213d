//! Registering, finding and authenticating clients, through the messages.

mod flood;
mod refusals;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::messages::{AuthenticateClientError, ClientRefusal, PresentedCredentials, RegisterClientError};
use super::*;
use crate::domain::client::{ClientConfiguration, ClientOrigin, RegistrationResponse};
use crate::domain::clock::{Clock, FixedClock, Timestamp};
use crate::domain::key_ring::{KeyRing, MasterKey};
use crate::domain::randomness::SeededRandomness;
use crate::domain::secret::Secret;
use crate::store::conformance::fixtures::direct_to;
use crate::store::{ClientRepository, MemoryStore, TokenRepository};

struct Registry {
    rules: ClientRules,
    clock: Arc<FixedClock>,
    store: Arc<MemoryStore>,
}

fn registry() -> Registry {
    registry_with(|_| {})
}

fn registry_with(change: impl FnOnce(&mut ClientRegistrySettings)) -> Registry {
    let mut settings = ClientRegistrySettings::with_scopes(ScopeSet::parse("mxcp:access").unwrap());
    change(&mut settings);
    let clock = Arc::new(FixedClock::at(Timestamp::from_seconds(1_640_995_200)));
    let (store, randomness) = (Arc::new(MemoryStore::new()), SeededRandomness::new(1));
    let keys = KeyRing::new(&MasterKey::generate(&randomness).unwrap(), &[]).unwrap();
    let configuration = ClientConfiguration {
        id: "mcp-test-client".to_owned(),
        secret: Some(Secret::new("mcp-test-secret")),
        keys: None,
        name: "Test".to_owned(),
        redirect_uris: Vec::new(),
        grant_types: Vec::new(),
        scopes: Vec::new(),
    };
    let configured = Client::from_configuration(&configuration, &keys, clock.now()).unwrap();
    let rules = ClientRules {
        settings: Arc::new(settings),
        configured: Arc::new(HashMap::from([(configured.id.clone(), configured)])),
        clock: Arc::<FixedClock>::clone(&clock),
        randomness: Arc::new(randomness),
        keys: Arc::new(keys),
        repository: Arc::<MemoryStore>::clone(&store),
        stored: StoredClients::default(),
    };
    Registry { rules, clock, store }
}

impl Registry {
    fn register(&self, metadata: &Value) -> Result<Value, RegisterClientError> {
        let metadata = metadata.as_object().unwrap().clone();
        self.rules
            .register(RegisterClient { metadata })
            .map(RegistrationResponse::into_json)
    }

    fn register_with_method(&self, method: &str) -> Value {
        self.register(&json!({
            "redirect_uris": ["https://app.example.com/cb"], "token_endpoint_auth_method": method,
        }))
        .unwrap()
    }

    fn find(&self, id: &str) -> Option<Client> {
        self.rules
            .find(&FindClient {
                id: ClientId::parse(id).unwrap(),
            })
            .unwrap()
    }

    /// Issues a token to this client. Each needs a number of its own.
    fn issue_to(&self, id: &str, number: u64) {
        assert!(
            self.store
                .issue_directly(&direct_to(id, number, self.clock.now()))
                .unwrap()
        );
    }

    fn authenticate(&self, credentials: PresentedCredentials) -> Result<Client, AuthenticateClientError> {
        self.rules.authenticate(&AuthenticateClient { credentials })
    }

    fn refusal(&self, credentials: PresentedCredentials) -> ClientRefusal {
        match self.authenticate(credentials).unwrap_err() {
            AuthenticateClientError::Refused(refusal) => refusal,
            AuthenticateClientError::Store(error) => panic!("{error}"),
        }
    }
}

fn nothing(id: &str) -> PresentedCredentials {
    PresentedCredentials::Nothing {
        id: ClientId::parse(id).unwrap(),
    }
}

fn header(id: &str, secret: &str) -> PresentedCredentials {
    PresentedCredentials::Header {
        id: ClientId::parse(id).unwrap(),
        secret: Secret::new(secret),
    }
}

fn body(id: &str, secret: &str) -> PresentedCredentials {
    PresentedCredentials::Body {
        id: ClientId::parse(id).unwrap(),
        secret: Secret::new(secret),
    }
}

fn text<'a>(response: &'a Value, member: &str) -> &'a str {
    response
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{member} in {response}"))
}

#[test]
fn the_guides_registration_is_answered_as_the_guide_shows() {
    let response = registry()
        .register(&json!({
            "client_name": "My Application",
            "redirect_uris": ["https://myapp.example.com/oauth/callback"],
            "grant_types": ["authorization_code"],
            "scope": "mxcp:access"
        }))
        .unwrap();
    for (member, value) in [
        ("client_id_issued_at", json!(1_640_995_200)),
        ("client_secret_expires_at", json!(0)),
        (
            "redirect_uris",
            json!(["https://myapp.example.com/oauth/callback"]),
        ),
        ("grant_types", json!(["authorization_code"])),
        ("scope", json!("mxcp:access")),
        ("client_name", json!("My Application")),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("response_types", json!(["code"])),
    ] {
        assert_eq!(response.get(member), Some(&value), "{member}");
    }
    assert!(text(&response, "client_secret").starts_with("mcp_secret_"));
    assert_eq!(text(&response, "client_id").len(), 36);
}

#[test]
fn unknown_metadata_is_echoed_and_the_scope_is_the_one_that_was_granted() {
    let response = registry()
        .register(&json!({
            "redirect_uris": ["http://127.0.0.1:3000/cb"], "token_endpoint_auth_method": "none",
            "application_type": "native", "x_vendor": { "a": [1, 2] }, "scope": "mcp:admin mxcp:access",
            "client_id": "chosen by the client", "client_secret": "chosen by the client",
        }))
        .unwrap();
    assert_eq!(text(&response, "application_type"), "native");
    assert_eq!(response["x_vendor"], json!({ "a": [1, 2] }));
    assert_eq!(text(&response, "scope"), "mxcp:access");
    assert_eq!(text(&response, "token_endpoint_auth_method"), "none");
    assert_ne!(text(&response, "client_id"), "chosen by the client");
    assert_eq!(
        (
            response.get("client_secret"),
            response.get("client_secret_expires_at")
        ),
        (None, None)
    );
}

#[test]
fn the_secret_is_shown_once_and_stored_as_a_digest_only() {
    let registry = registry();
    let metadata = json!({ "redirect_uris": ["https://app.example.com/cb"] });
    let message = RegisterClient {
        metadata: metadata.as_object().unwrap().clone(),
    };
    let response = registry.rules.register(message).unwrap();
    let printed = format!("{response:?}");
    let answer = response.into_json();
    let secret = text(&answer, "client_secret");
    assert!(!printed.contains(secret));
    let stored = registry.find(text(&answer, "client_id")).unwrap();
    assert!(!format!("{stored:?}").contains(secret));
    assert!(registry.authenticate(header(stored.id.as_str(), secret)).is_ok());
}

#[test]
fn what_cannot_be_registered_is_not_stored() {
    let registry = registry();
    let refused = registry
        .register(&json!({ "redirect_uris": ["javascript:alert(1)"] }))
        .unwrap_err();
    assert!(
        matches!(&refused, RegisterClientError::Metadata(error) if error.code() == "invalid_redirect_uri")
    );
    let jwt = json!({ "redirect_uris": ["https://a/cb"], "token_endpoint_auth_method": "tls_client_auth" });
    let refused = registry.register(&jwt).unwrap_err().to_string();
    assert_eq!(
        refused,
        "token_endpoint_auth_method: is not supported; accepted is none, client_secret_basic, client_secret_post, private_key_jwt"
    );
    assert_eq!(registry.store.count_clients(), Ok(0));
}

#[test]
fn equal_public_registrations_share_a_client_and_confidential_ones_do_not() {
    let registry = registry();
    let register = |port: u16, method: &str| {
        let uri = format!("http://127.0.0.1:{port}/cb");
        registry
            .register(&json!({ "redirect_uris": [uri], "token_endpoint_auth_method": method }))
            .unwrap()
    };
    let (first, second) = (register(1111, "none"), register(2222, "none"));
    assert_eq!(first["client_id"], second["client_id"]);
    assert_eq!(
        second["redirect_uris"],
        json!(["http://127.0.0.1:2222/cb"]),
        "each reads back what it sent"
    );
    assert_ne!(
        register(1111, "client_secret_post")["client_id"],
        register(1111, "client_secret_post")["client_id"]
    );
    assert_eq!(registry.store.count_clients(), Ok(3));
}

#[test]
fn an_equal_registration_keeps_the_shared_client_from_lapsing() {
    let registry = registry();
    let day = registry.rules.settings.unused_lifetime;
    let first = registry.register_with_method("none");
    registry.clock.advance(day.saturating_sub(Duration::from_secs(1)));
    assert_eq!(
        registry.register_with_method("none")["client_id"],
        first["client_id"]
    );
    registry.clock.advance(day.saturating_sub(Duration::from_secs(1)));
    assert!(registry.find(text(&first, "client_id")).is_some());
}

#[test]
fn a_flood_of_registrations_is_bounded_and_real_clients_still_register() {
    let registry = registry_with(|settings| settings.most_unused_clients = 50);
    let real = registry.register_with_method("none");
    registry.issue_to(text(&real, "client_id"), 1);
    for number in 0..200 {
        registry.clock.advance(Duration::from_millis(1));
        registry
            .register(&json!({ "redirect_uris": [format!("https://flood.example/{number}")] }))
            .unwrap();
    }
    assert_eq!(registry.store.count_clients(), Ok(51));
    assert!(registry.find(text(&real, "client_id")).is_some());
    let late = registry
        .register(&json!({ "redirect_uris": ["https://late.example/cb"] }))
        .unwrap();
    assert!(registry.find(text(&late, "client_id")).is_some());
}

#[test]
fn the_registered_method_is_enforced_exactly() {
    let registry = registry();
    let register = |method: &str| {
        let response = registry.register_with_method(method);
        let secret = response
            .get("client_secret")
            .and_then(Value::as_str)
            .unwrap_or("made up")
            .to_owned();
        (text(&response, "client_id").to_owned(), secret)
    };
    let wrong_method = |method: AuthenticationMethod| ClientRefusal::WrongMethod { registered: method };
    let (id, secret) = register("client_secret_basic");
    assert!(registry.authenticate(header(&id, &secret)).is_ok());
    assert_eq!(
        registry.refusal(body(&id, &secret)),
        wrong_method(AuthenticationMethod::ClientSecretBasic)
    );
    assert_eq!(
        registry.refusal(nothing(&id)),
        wrong_method(AuthenticationMethod::ClientSecretBasic)
    );
    let (id, secret) = register("client_secret_post");
    assert!(registry.authenticate(body(&id, &secret)).is_ok());
    assert_eq!(
        registry.refusal(header(&id, &secret)),
        wrong_method(AuthenticationMethod::ClientSecretPost)
    );
    let (id, secret) = register("none");
    assert!(registry.authenticate(nothing(&id)).is_ok());
    assert_eq!(
        registry.refusal(body(&id, &secret)),
        wrong_method(AuthenticationMethod::None)
    );
}

#[test]
fn who_named_no_method_and_who_is_configured_may_use_either_place() {
    let registry = registry();
    let response = registry
        .register(&json!({ "redirect_uris": ["https://app.example.com/cb"] }))
        .unwrap();
    for (id, secret) in [
        (text(&response, "client_id"), text(&response, "client_secret")),
        ("mcp-test-client", "mcp-test-secret"),
    ] {
        assert!(registry.authenticate(header(id, secret)).is_ok());
        assert!(registry.authenticate(body(id, secret)).is_ok());
        assert!(registry.authenticate(nothing(id)).is_err());
    }
}

#[test]
fn unknown_clients_and_wrong_secrets_look_alike() {
    let registry = registry();
    let (id, secret) = ("mcp-test-client", "mcp-test-secret");
    assert_eq!(
        registry.refusal(header(id, "mcp-test-secre")),
        ClientRefusal::WrongSecret
    );
    assert_eq!(registry.refusal(header("nobody", secret)), ClientRefusal::Unknown);
    let message = |credentials| registry.authenticate(credentials).unwrap_err().to_string();
    assert_eq!(message(header(id, "wrong")), message(header("nobody", secret)));
    assert_eq!(message(nothing(id)), message(nothing("nobody")));
}

#[test]
fn a_client_cannot_authenticate_with_anothers_secret() {
    let registry = registry();
    let (one, two) = (
        registry.register_with_method("client_secret_post"),
        registry.register_with_method("client_secret_post"),
    );
    let mixed = body(text(&one, "client_id"), text(&two, "client_secret"));
    assert_eq!(registry.refusal(mixed), ClientRefusal::WrongSecret);
}

#[test]
fn unused_registrations_lapse_and_used_ones_live_on() {
    let registry = registry();
    let settings = &registry.rules.settings;
    let (unused, used) = (
        registry.register_with_method("client_secret_post"),
        registry.register_with_method("client_secret_post"),
    );
    let credentials = |response: &Value| body(text(response, "client_id"), text(response, "client_secret"));
    let authenticate = |response: &Value| registry.authenticate(credentials(response));
    assert!(
        authenticate(&unused).is_ok(),
        "who authenticates has not used anything yet"
    );
    registry.issue_to(text(&used, "client_id"), 1);
    registry.clock.advance(settings.unused_lifetime);
    assert_eq!(registry.find(text(&unused, "client_id")), None);
    assert_eq!(registry.refusal(credentials(&unused)), ClientRefusal::Lapsed);
    assert!(authenticate(&used).is_ok());
    assert_eq!(registry.rules.sweep(SweepClients { most: 10 }), Ok(1));
    assert_eq!(registry.refusal(credentials(&unused)), ClientRefusal::Unknown);
}

#[test]
fn a_client_that_only_authenticates_is_pushed_out_like_any_other() {
    let registry = registry_with(|settings| settings.most_unused_clients = 50);
    let mut first = String::new();
    for number in 0..200 {
        registry.clock.advance(Duration::from_millis(1));
        let client = registry
            .register(&json!({
                "redirect_uris": [format!("https://flood.example/{number}")], "token_endpoint_auth_method": "none",
            }))
            .unwrap();
        let id = text(&client, "client_id");
        registry.authenticate(nothing(id)).unwrap();
        if first.is_empty() {
            id.clone_into(&mut first);
        }
    }
    assert_eq!(registry.store.count_clients(), Ok(50));
    assert_eq!(registry.refusal(nothing(&first)), ClientRefusal::Unknown);
}

#[test]
fn configured_clients_win_over_registered_ones_and_never_lapse() {
    let registry = registry();
    registry.clock.advance(Duration::from_hours(24 * 365 * 10));
    let client = registry.find("mcp-test-client").unwrap();
    assert_eq!(client.origin, ClientOrigin::Configured);
    assert_eq!(registry.store.count_clients(), Ok(0));
}
