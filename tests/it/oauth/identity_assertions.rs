//! Enterprise-managed authorization: an identity provider that the operator trusts says for whom a client acts (ID-JAG), and the
//! client gets a token without a browser. The provider signs what a test says.

mod bound;
mod kinds;
mod refusals;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actor::oauth::Settings;
use mxcp_actors::domain::audit_event::OperationStatus;
use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::identity_assertions::IdentityAssertionsHandle;
use mxcp_actors::identity_assertions::actor::IdentityAssertionChecker;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::providers::oidc::identity_assertions::{
    IdentityAssertions, KeySource, TrustedIssuerSettings,
};
use mxcp_actors::provider_broker::providers::oidc::settings::OidcSettings;
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;
use mxcp_actors::provider_broker::user_mapping::UserMapping;
use serde_json::{Value, json};
use url::Url;

use super::client::{Fields, call};
use super::server::{Answer, DEMO_CLIENT, DEMO_SECRET, ISSUER, MACHINE, RESOURCE, START, Server, scopes_of};
use crate::oidc::fake::signing::{Lie, Signer};
use crate::oidc::fake::{Canned, FakeOidc};
use crate::server::PATIENCE;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Believes what this provider says.
pub(super) fn trusting(issuer: &TrustedIssuerSettings, clock: &Arc<dyn Clock>) -> IdentityAssertionsHandle {
    let named = BTreeSet::from(["127.0.0.1".to_owned()]);
    let http = OutboundClient::new(OutboundSettings {
        time_limit: PATIENCE,
        ..OutboundSettings::new(named)
    });
    let assertions = IdentityAssertions::new(vec![issuer.clone()], &http.unwrap(), clock);
    IdentityAssertionChecker::launch(assertions, UserMapping::default(), PATIENCE)
}

/// This provider, found by its discovery document.
fn discovered(provider: &FakeOidc) -> TrustedIssuerSettings {
    let config_url = Url::parse(&format!("{}/.well-known/openid-configuration", provider.url())).unwrap();
    let nobody = ClientCredentials {
        client_id: String::new(),
        client_secret: Secret::new(""),
    };
    let provider = OidcSettings {
        user_scopes: scopes_of("mcp:read mcp:write"),
        ..OidcSettings::discovered("acme", config_url, nobody)
    };
    TrustedIssuerSettings {
        provider,
        keys: KeySource::Discovery,
    }
}

/// A provider, and a server that trusts it, with a replica.
struct House {
    provider: FakeOidc,
    server: Server,
    replica: Server,
}

impl House {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: fn(&mut Settings)) -> Self {
        let provider = FakeOidc::start(START.seconds());
        provider.script().signer.header = json!({ "alg": "EdDSA", "kid": "one", "typ": "oauth-id-jag+jwt" });
        let [server, replica] = Server::two_trusting(&discovered(&provider), change).await;
        Self {
            provider,
            server,
            replica,
        }
    }

    /// Good claims.
    fn claims(&self) -> Value {
        let now = self.server.clock.now().seconds();
        json!({
            "iss": self.provider.url(), "sub": "U019488227", "aud": ISSUER, "client_id": MACHINE.0, "resource": RESOURCE,
            "jti": "1", "iat": now, "exp": now + 300, "scope": "mcp:read", "email": "ada@acme.example",
            "email_verified": true, "preferred_username": "ada", "name": "Ada Lovelace", "groups": ["hr"],
        })
    }

    fn and(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[name] = value;
        claims
    }

    /// What a client sends.
    fn request(&self, claims: &Value) -> Fields {
        let assertion = self.provider.script().signer.sign(claims);
        Fields::from(&[
            ("grant_type", GRANT_TYPE),
            ("client_id", MACHINE.0),
            ("client_secret", MACHINE.1),
            ("assertion", &assertion),
        ])
    }

    async fn bring(&self, claims: &Value) -> Answer {
        self.request(claims).to_token(&self.server).await
    }

    async fn assert_refused(&self, claims: &Value, error: &str) {
        let answer = self.bring(claims).await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (400, error),
            "{claims}: {}",
            answer.body
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[actix_web::test]
async fn an_assertion_becomes_a_token_of_its_user_without_a_browser() {
    let house = House::new().await;
    let answer = house.bring(&house.claims()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.text("access_token");
    assert_eq!(
        answer.json(),
        json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "mcp:read" })
    );
    assert_eq!(call(&house.server, &token).await.body, "U019488227");
    let events = house.server.events();
    let issued = events.last().unwrap();
    assert_eq!(
        (issued.operation_name.as_str(), issued.operation_status),
        ("token_issued", OperationStatus::Success)
    );
    assert_eq!(issued.client_id.as_deref(), Some(MACHINE.0));
    assert_eq!(issued.user.user_id.as_deref(), Some("U019488227"));
    assert_eq!(issued.user.user_name.as_deref(), Some("ada"));
    assert_eq!(issued.user.user_provider.as_deref(), Some("acme"));
    assert_eq!(issued.input_data["grant_type"], GRANT_TYPE);
    let credentials = house
        .request(&house.claims())
        .without("grant_type")
        .without("assertion");
    let about = credentials.and("token", &token);
    assert_eq!(
        about.post(&house.server, "/introspect").await.text("username"),
        "ada"
    );
    assert_eq!(about.post(&house.server, "/revoke").await.status, 200);
    assert_eq!(call(&house.server, &token).await.status, 401);
}

#[actix_web::test]
async fn an_assertion_counts_once_on_all_replicas() {
    let house = House::new().await;
    assert_eq!(house.bring(&house.claims()).await.status, 200);
    let elsewhere = house.request(&house.claims()).to_token(&house.replica).await;
    assert_eq!(elsewhere.text("error"), "invalid_grant");
    house.assert_refused(&house.claims(), "invalid_grant").await;
    house
        .assert_refused(&house.and("scope", json!("mcp:write")), "invalid_grant")
        .await;
    assert_eq!(house.bring(&house.and("jti", json!("2"))).await.status, 200);
}

#[actix_web::test]
async fn scopes_never_widen() {
    let house = House::new().await;
    for (number, (asserted, asked, granted)) in [
        (json!("mcp:read mcp:write"), None, Some("mcp:read mcp:write")),
        (json!("mcp:read mcp:write"), Some("mcp:read"), Some("mcp:read")),
        (json!("mcp:read mxcp:admin"), None, Some("mcp:read")),
        (json!("mcp:read"), Some("mcp:read mcp:write"), Some("mcp:read")),
        (json!("mcp:read"), Some("mcp:write"), None),
        (json!("mxcp:admin"), None, None),
        (json!("mxcp:admin"), Some("mcp:read"), None),
    ]
    .into_iter()
    .enumerate()
    {
        let mut claims = house.and("scope", asserted.clone());
        claims["jti"] = json!(format!("scopes {number}"));
        let request = house.request(&claims);
        let request = match asked {
            Some(asked) => request.and("scope", asked),
            None => request,
        };
        let answer = request.to_token(&house.server).await;
        match granted {
            Some(granted) => assert_eq!(answer.text("scope"), granted, "{asserted} {asked:?}"),
            None => assert_eq!(answer.text("error"), "invalid_scope", "{asserted} {asked:?}"),
        }
    }
    let mut unsaid = house.and("jti", json!("unsaid"));
    unsaid.as_object_mut().unwrap().remove("scope");
    assert_eq!(house.bring(&unsaid).await.text("scope"), "mcp:read mcp:write");
    let elsewhere = house
        .request(&house.claims())
        .and("resource", "http://localhost:8000/other");
    assert_eq!(
        elsewhere.to_token(&house.server).await.text("error"),
        "invalid_target"
    );
}

#[actix_web::test]
async fn only_clients_that_may_bring_assertions_where_a_provider_is_trusted() {
    let house = House::new().await;
    let other = house.request(&house.and("client_id", json!(DEMO_CLIENT)));
    let other = other
        .with("client_id", DEMO_CLIENT)
        .with("client_secret", DEMO_SECRET);
    let refused = other.to_token(&house.server).await;
    assert_eq!(
        (refused.status, refused.text("error").as_str()),
        (400, "unauthorized_client")
    );
    let wrong = house.request(&house.claims()).with("client_secret", "guessed");
    assert_eq!(
        wrong.to_token(&house.server).await.text("error"),
        "invalid_client"
    );
    let distrusting = Server::local().await;
    let answer = house.request(&house.claims()).to_token(&distrusting).await;
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (400, "unsupported_grant_type")
    );
    let metadata = distrusting
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(metadata.get("authorization_grant_profiles_supported"), None);
}

#[actix_web::test]
async fn the_metadata_says_that_assertions_are_taken() {
    let house = House::new().await;
    let metadata = house
        .server
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(
        metadata["grant_types_supported"],
        json!(["authorization_code", "refresh_token", GRANT_TYPE])
    );
    assert_eq!(
        metadata["authorization_grant_profiles_supported"],
        json!(["urn:ietf:params:oauth:grant-profile:id-jag"])
    );
}

#[actix_web::test]
async fn a_provider_that_is_down_is_no_refusal_and_a_new_key_is_found() {
    let house = House::new().await;
    house
        .provider
        .script()
        .instead
        .insert("/keys", Canned::Status(503));
    let answer = house.bring(&house.claims()).await;
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (503, "temporarily_unavailable")
    );
    assert!(answer.header("retry-after").is_some());
    house.provider.script().instead.clear();
    assert_eq!(
        house.bring(&house.claims()).await.status,
        200,
        "the same assertion"
    );
    {
        let mut script = house.provider.script();
        let mut signer = Signer::ed25519("two", 2);
        signer.header["typ"] = json!("oauth-id-jag+jwt");
        script.keys = vec![signer.public()];
        script.signer = signer;
    }
    house.server.clock.advance(Duration::from_secs(10));
    assert_eq!(house.bring(&house.and("jti", json!("2"))).await.status, 200);
}
