//! Logins at an OpenID provider that does what a test says: what is sent, what is learnt, what is not believed.

mod attacks;
#[path = "../../fakes/oidc/mod.rs"]
pub(crate) mod fake;
mod honest;
mod outages;
mod two_clients;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::clock::{FixedClock, Timestamp};
use mxcp_actors::domain::opaque_token::LoginState;
use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::randomness::SeededRandomness;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::{UserIdentity, UserKey};
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::provider::{
    OutsideProvider, ProviderError, UpstreamGrant, UpstreamRequest, UpstreamSecrets,
};
use mxcp_actors::provider_broker::providers::oidc::OidcProvider;
use mxcp_actors::provider_broker::providers::oidc::settings::{Dialect, OidcSettings};
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;
use url::Url;

use self::fake::{CLIENT_ID, CLIENT_SECRET, FakeOidc};
use crate::server::PATIENCE;

const NOW: i64 = 1_800_000_000;
const CALLBACK: &str = "http://localhost:8000/oidc/callback";

/// A provider and this server's side of it.
struct House {
    fake: FakeOidc,
    provider: OidcProvider,
    clock: Arc<FixedClock>,
}

fn house() -> House {
    house_with(PATIENCE, |settings| settings)
}

fn house_with(patience: Duration, change: impl FnOnce(OidcSettings) -> OidcSettings) -> House {
    let fake = FakeOidc::start(NOW);
    let config_url = format!("{}/.well-known/openid-configuration", fake.url());
    let settings = OidcSettings {
        name: "acme".to_owned(),
        other_config_url: None,
        config_url: Url::parse(&config_url).unwrap(),
        auth_url: None,
        token_url: None,
        userinfo_url: None,
        client: ClientCredentials {
            client_id: CLIENT_ID.to_owned(),
            client_secret: Secret::new(CLIENT_SECRET),
        },
        scopes: vec!["openid".to_owned(), "profile".to_owned()],
        callback_path: "/oidc/callback".to_owned(),
        audience: None,
        extra_authorize_params: Vec::new(),
        claim_mappings: ClaimMappings::default(),
        user_scopes: ScopeSet::parse("mcp:read").unwrap(),
        dialect: Dialect::default(),
    };
    let named = BTreeSet::from(["127.0.0.1".to_owned()]);
    let http = OutboundClient::new(OutboundSettings {
        time_limit: patience,
        ..OutboundSettings::new(named)
    });
    let clock = Arc::new(FixedClock::at(Timestamp::from_seconds(NOW)));
    let provider = OidcProvider::new(change(settings), http.unwrap(), Arc::<FixedClock>::clone(&clock));
    House {
        fake,
        provider,
        clock,
    }
}

fn secrets() -> UpstreamSecrets {
    UpstreamSecrets {
        verifier: CodeVerifier::from_bits(&[7; 32]),
        nonce: Secret::new("the nonce"),
        redirect_uri: CALLBACK.to_owned(),
    }
}

impl House {
    async fn departure(&self) -> Result<Url, ProviderError> {
        let state = LoginState::generate(&SeededRandomness::new(1)).unwrap();
        let request = UpstreamRequest {
            state: &state,
            redirect_uri: CALLBACK,
            challenge: &secrets().verifier.challenge(),
            nonce: &secrets().nonce,
        };
        let url = self.provider.authorization_url(&request).await?;
        Ok(Url::parse(&url).unwrap())
    }

    async fn grant(&self) -> Result<UpstreamGrant, ProviderError> {
        self.provider
            .exchange_code(&Secret::new("the code"), &secrets())
            .await
    }

    async fn user(&self) -> Result<UserIdentity, ProviderError> {
        let grant = self.grant().await?;
        self.provider.read_user(&grant, &secrets()).await
    }

    fn key(&self, subject: &str) -> UserKey {
        UserKey {
            issuer: self.fake.url().to_owned(),
            subject: subject.to_owned(),
        }
    }
}
