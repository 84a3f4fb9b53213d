//! The whole program with two clients of one user, at a provider whose refresh tokens are good for one use and that ends all
//! of a user's tokens with one: as Keycloak, Google and Auth0 do.

use serde_json::{Value, json};

use super::fake::{CLIENT_ID, CLIENT_SECRET, FakeOidc, Ledger};
use crate::github::revoke;
use crate::login::{self, Browser, PUBLIC};
use crate::server::{Answer, Project, Server, now};

/// Tokens are about to end from the beginning, so that each refresh of a client asks the provider.
fn strict() -> FakeOidc {
    let fake = FakeOidc::start(now());
    {
        let mut script = fake.script();
        script.ledger = Some(Ledger::default());
        script.tokens["expires_in"] = json!(50);
    }
    fake
}

fn project(fake: &FakeOidc) -> Project {
    Project::new().user_config(&format!(
        "mxcp: 1\ntransport: {{ http: {{ base_url: '{PUBLIC}' }} }}\n\
         projects: {{ test: {{ profiles: {{ dev: {{ auth: {{ provider: oidc,\n  \
         oidc: {{ client_id: '{CLIENT_ID}', client_secret: '{CLIENT_SECRET}',\n    \
         config_url: '{}/.well-known/openid-configuration', scope: 'openid profile' }},\n  \
         clients: [{{ client_id: {}, client_secret: {}, name: Test, redirect_uris: ['{}'],\n    \
         grant_types: [authorization_code, refresh_token], scopes: ['mcp:read'] }}] }} }} }} }} }}\n",
        fake.url(),
        login::CLIENT,
        login::CLIENT_SECRET,
        login::REDIRECT,
    ))
}

/// The browser comes back from the provider that it was sent to.
async fn come_back(fake: &FakeOidc, browser: &mut Browser<'_>, departure: &Answer) -> Answer {
    let departure = departure
        .header("location")
        .unwrap_or_else(|| panic!("{departure:?}"));
    let departure = url::Url::parse(departure).unwrap();
    let value = |name: &str| {
        let found = departure.query_pairs().find(|(known, _)| known == name);
        found.unwrap().1.into_owned()
    };
    fake.script().claims["nonce"] = json!(value("nonce"));
    let back = login::query(&[("code", "the code"), ("state", &value("state"))]);
    browser
        .walk("GET", &format!("/oidc/callback?{back}"), String::new())
        .await
}

async fn tokens(server: &Server, fake: &FakeOidc) -> Value {
    let mut browser = Browser::new(server);
    let consent = browser.begin(None).await;
    let departure = browser.submit(&consent, &[]).await;
    let back = come_back(fake, &mut browser, &departure).await;
    login::tokens(server, &login::code_of(&back)).await
}

/// The client's refresh reaches the provider, and is answered there and here.
async fn goes_on(server: &Server, fake: &FakeOidc, tokens: &Value) -> Value {
    let before = fake.script().count("/token");
    let answer = login::refresh(server, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    assert_eq!(
        fake.script().count("/token"),
        before + 1,
        "the provider was asked"
    );
    answer.json()
}

async fn sign_in(server: &Server, fake: &FakeOidc) {
    let mut browser = Browser::new(server);
    let departure = browser.walk("GET", "/login", String::new()).await;
    let home = come_back(fake, &mut browser, &departure).await;
    assert!(String::from_utf8_lossy(&home.body).contains("ada"), "{home:?}");
}

fn given_back(fake: &FakeOidc) -> Vec<String> {
    fake.script().ledger.as_ref().unwrap().given_back.clone()
}

#[actix_web::test]
async fn the_provider_ends_all_of_a_user_when_the_last_client_has_ended() {
    let fake = strict();
    let server = project(&fake).start();
    let (first, other) = (tokens(&server, &fake).await, tokens(&server, &fake).await);
    revoke(&server, first["refresh_token"].as_str().unwrap()).await;
    let other = goes_on(&server, &fake, &other).await;
    revoke(&server, other["refresh_token"].as_str().unwrap()).await;
    server.stop();
    assert_eq!(given_back(&fake), ["refresh_token-3"], "what the last one had");
    assert!(fake.script().ledger.as_ref().unwrap().live.is_empty());
}

#[actix_web::test]
async fn a_sign_in_to_our_own_page_ends_no_client_and_leaves_nothing_behind_without_one() {
    let fake = strict();
    let server = project(&fake).start();
    let client = tokens(&server, &fake).await;
    sign_in(&server, &fake).await;
    let client = goes_on(&server, &fake, &client).await;
    goes_on(&server, &fake, &client).await;
    server.stop();
    assert_eq!(given_back(&fake), Vec::<String>::new());

    let fake = strict();
    let server = project(&fake).start();
    sign_in(&server, &fake).await;
    server.stop();
    assert_eq!(given_back(&fake), ["refresh_token-1"]);
}
