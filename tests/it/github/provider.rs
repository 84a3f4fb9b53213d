//! The provider against the fake, without a server: what is sent, what is learnt, and what each kind of failure means.

use std::time::Duration;

use mxcp_actors::domain::opaque_token::LoginState;
use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::randomness::SeededRandomness;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::{UserIdentity, UserKey};
use mxcp_actors::provider_broker::provider::{
    OutsideProvider, ProviderError, UpstreamGrant, UpstreamRequest, UpstreamSecrets,
};
use mxcp_actors::provider_broker::providers::github::GithubProvider;
use url::Url;

use super::fake::state::{Addresses, Canned};
use super::fake::{CLIENT_SECRET, FakeGithub, Quirks};
use super::{NOW, at_github, callback, fake, provider};
use crate::server::PATIENCE;

fn secrets() -> UpstreamSecrets {
    UpstreamSecrets {
        verifier: CodeVerifier::from_bits(&[7; 32]),
        nonce: Secret::new("nonce"),
        redirect_uri: callback(),
    }
}

async fn code(github: &GithubProvider) -> Secret {
    let state = LoginState::generate(&SeededRandomness::new(1)).unwrap();
    let challenge = secrets().verifier.challenge();
    let request = UpstreamRequest {
        state: &state,
        redirect_uri: &callback(),
        challenge: &challenge,
        nonce: &Secret::new("nonce"),
    };
    let departure = github.authorization_url(&request).await.unwrap();
    let back: Url = at_github(&departure, "allow").await;
    let pairs: Vec<_> = back.query_pairs().collect();
    assert_eq!(pairs[1], ("state".into(), state.expose().into()));
    Secret::new(pairs[0].1.as_ref())
}

async fn grant(github: &GithubProvider) -> Result<UpstreamGrant, ProviderError> {
    github.exchange_code(&code(github).await, &secrets()).await
}

pub(super) async fn user(github: &GithubProvider) -> Result<UserIdentity, ProviderError> {
    let grant = grant(github).await?;
    github.read_user(&grant, &secrets()).await
}

fn patient(fake: &FakeGithub) -> GithubProvider {
    provider(fake, CLIENT_SECRET, PATIENCE)
}

#[actix_web::test]
async fn a_user_is_read_with_the_verified_primary_address_alone() {
    let fake = fake(Quirks::default());
    let found = user(&patient(&fake)).await.unwrap();
    assert_eq!(
        (found.key.issuer.as_str(), found.key.subject.as_str()),
        (fake.url(), "583231")
    );
    assert_eq!(
        (found.username.as_deref(), found.name.as_deref()),
        (Some("octocat"), Some("The Octocat"))
    );
    assert_eq!(found.email.unwrap().as_str(), "octocat@example.com");
    assert_eq!(found.capabilities.into_iter().collect::<Vec<_>>(), ["person"]);
    assert_eq!(
        (found.provider.as_str(), found.scopes.to_string().as_str()),
        ("github", "mcp:read")
    );
    let seen = fake.state().seen.clone();
    assert!(
        seen.iter().all(|seen| seen.user_agent.starts_with("mxcp-actor/")),
        "{seen:?}"
    );
}

#[actix_web::test]
async fn a_user_without_name_and_without_a_good_address_is_a_user() {
    for addresses in [Addresses::Unverified, Addresses::Empty] {
        let fake = fake(Quirks {
            is_anonymous: true,
            addresses,
            ..Quirks::default()
        });
        let found = user(&patient(&fake)).await.unwrap();
        assert_eq!((found.name, found.email), (None, None), "{addresses:?}");
    }
    let hidden = Quirks {
        emails_answer: Some(Canned::Status(403)),
        ..Quirks::default()
    };
    assert_eq!(user(&patient(&fake(hidden))).await.unwrap().email, None);
}

#[actix_web::test]
async fn tokens_that_expire_come_with_a_refresh_token_that_works_once() {
    let fake = fake(Quirks {
        expiring: true,
        ..Quirks::default()
    });
    let github = patient(&fake);
    let tokens = grant(&github).await.unwrap().tokens;
    assert_eq!(tokens.expires_at, Some(NOW + Duration::from_hours(8)));
    let old = tokens.refresh_token.unwrap();
    let octocat = UserKey {
        issuer: fake.url().to_owned(),
        subject: "583231".to_owned(),
    };
    let renewed = github.refresh(&old, &octocat).await.unwrap();
    assert!(!renewed.refresh_token.as_ref().unwrap().is_same_as(&old));
    let refused = github.refresh(&old, &octocat).await.unwrap_err();
    assert!(matches!(&refused, ProviderError::Refused { code, .. } if code == "bad_refresh_token"));
    assert!(!refused.is_temporary());
    github.revoke(&renewed).await.unwrap();
    github.revoke(&renewed).await.unwrap();
    assert!(fake.state().given_back.contains(renewed.access_token.expose()));
}

#[actix_web::test]
async fn a_code_is_good_once_and_with_its_own_secrets() {
    let fake = fake(Quirks::default());
    let github = patient(&fake);
    let used = code(&github).await;
    github.exchange_code(&used, &secrets()).await.unwrap();
    let again = github.exchange_code(&used, &secrets()).await.unwrap_err();
    assert_eq!(again.code(), "access_denied");
    let mut others = secrets();
    others.verifier = CodeVerifier::from_bits(&[8; 32]);
    let refused = github
        .exchange_code(&code(&github).await, &others)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "access_denied");
}

#[actix_web::test]
async fn what_is_wrong_with_this_server_is_nobodys_refusal() {
    let fake = fake(Quirks::default());
    let stranger = provider(&fake, "wrong", PATIENCE);
    let refused = grant(&stranger).await.unwrap_err();
    assert!(
        matches!(&refused, ProviderError::Misconfigured { code, .. } if code == "incorrect_client_credentials")
    );
    assert!(refused.is_temporary() && refused.code() == "server_error");
    let mut elsewhere = secrets();
    elsewhere.redirect_uri.push('/');
    let github = patient(&fake);
    let refused = github
        .exchange_code(&code(&github).await, &elsewhere)
        .await
        .unwrap_err();
    assert!(matches!(&refused, ProviderError::Misconfigured { code, .. } if code == "redirect_uri_mismatch"));
}

#[actix_web::test]
async fn an_answer_that_says_nothing_about_the_user_ends_nobodys_login() {
    for (answer, code) in [
        (Canned::Status(500), "temporarily_unavailable"),
        (Canned::Status(503), "temporarily_unavailable"),
        (Canned::Status(429), "temporarily_unavailable"),
        (Canned::RateLimited, "temporarily_unavailable"),
        (Canned::Silence, "temporarily_unavailable"),
        (Canned::Huge, "temporarily_unavailable"),
        (Canned::Garbage, "server_error"),
        (Canned::Redirect, "server_error"),
    ] {
        let at_token = Quirks {
            token_answer: Some(answer),
            ..Quirks::default()
        };
        let at_user = Quirks {
            user_answer: Some(answer),
            ..Quirks::default()
        };
        for quirks in [at_token, at_user] {
            let fake = fake(quirks);
            let patience = match answer {
                Canned::Silence => Duration::from_millis(300),
                _ => PATIENCE,
            };
            let error = user(&provider(&fake, CLIENT_SECRET, patience)).await.unwrap_err();
            assert_eq!(error.code(), code, "{answer:?}: {error}");
            assert!(error.is_temporary(), "{answer:?}");
        }
    }
}

#[actix_web::test]
async fn a_token_that_was_taken_back_is_a_refusal() {
    let fake = fake(Quirks::default());
    let github = patient(&fake);
    let grant = grant(&github).await.unwrap();
    fake.state().revoke_everything();
    let refused = github.read_user(&grant, &secrets()).await.unwrap_err();
    assert_eq!(refused.code(), "access_denied");
}
