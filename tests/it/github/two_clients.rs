//! Two clients of one user at a provider that takes one token back for all of them: what ends one does not end the other.

use serde_json::Value;

use super::fake::{FakeGithub, Quirks};
use super::{at_github, fake, project, revoke, tokens};
use crate::login::{Browser, refresh};
use crate::server::Server;

/// Tokens are about to end from the beginning, so that each refresh of a client asks the provider.
fn strict() -> FakeGithub {
    fake(Quirks {
        expiring: true,
        first_lifetime: Some(50),
        gives_up_everything: true,
        ..Quirks::default()
    })
}

/// The other client's refresh reaches the provider, and is answered.
async fn goes_on(server: &Server, fake: &FakeGithub, tokens: &Value) -> Value {
    let before = fake.state().count("POST /login/oauth/access_token");
    let answer = refresh(server, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    assert_eq!(
        fake.state().count("POST /login/oauth/access_token"),
        before + 1,
        "the provider was asked"
    );
    answer.json()
}

#[actix_web::test]
async fn a_client_that_gives_its_token_back_leaves_the_users_other_client_at_work() {
    let fake = strict();
    let server = project(&fake).start();
    let (first, other) = (tokens(&server).await, tokens(&server).await);
    revoke(&server, first["refresh_token"].as_str().unwrap()).await;
    let other = goes_on(&server, &fake, &other).await;
    revoke(&server, other["refresh_token"].as_str().unwrap()).await;
    server.stop();
    let state = fake.state();
    assert_eq!(state.given_back.len(), 1, "the last one's alone");
    assert!(state.live.is_empty());
}

#[actix_web::test]
async fn a_sign_in_to_our_own_page_leaves_the_users_client_at_work() {
    let fake = strict();
    let server = project(&fake).start();
    let client = tokens(&server).await;
    let mut browser = Browser::new(&server);
    let departure = browser.walk("GET", "/login", String::new()).await;
    let back = at_github(departure.header("location").unwrap(), "allow").await;
    let back = format!("{}?{}", back.path(), back.query().unwrap());
    let home = browser.walk("GET", &back, String::new()).await;
    assert!(String::from_utf8_lossy(&home.body).contains("octocat"));
    goes_on(&server, &fake, &client).await;
    server.stop();
    assert!(fake.state().given_back.is_empty());
}
