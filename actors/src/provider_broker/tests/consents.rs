//! Remembered consents: for the same user, client, receiver and scopes, and not for one thing more.

use std::time::Duration;

use actix::System;

use crate::domain::client::{Client, ClientId};
use crate::domain::scope::ScopeSet;
use crate::domain::user::UserKey;
use crate::provider_broker::messages::{ForgetConsents, RecallConsent, RememberConsent};
use crate::store::conformance::fixtures;
use crate::system::tests::house::{Browser, CALLBACK, CLIENT, House, client, house};

/// A browser that is signed in, and its user.
async fn signed_in(house: &House, username: &str, password: &str) -> (Browser, UserKey) {
    let mut browser = Browser::default();
    house.begin(&mut browser).await;
    let logged_in = house.log_in(&mut browser, username, password).await.unwrap();
    (browser, logged_in.user.identity.key)
}

async fn remember(house: &House, user: &UserKey, scopes: &str) {
    let message = RememberConsent {
        user: user.clone(),
        client: Box::new(house.client.clone()),
        redirect_uri: house.request().redirect_uri,
        scopes: fixtures::scopes(scopes),
    };
    house.actors().broker.ask(message).await.unwrap().unwrap();
}

async fn is_recalled(house: &House, browser: &Browser, client: &Client, asked: Option<&str>) -> bool {
    let mut request = house.request();
    request.asked = asked.map(fixtures::scopes);
    let message = RecallConsent {
        request: request.clone(),
        client: Box::new(client.clone()),
        session: browser.session.clone().unwrap(),
        default_scopes: ScopeSet::parse("mcp:read mcp:write").unwrap(),
    };
    let recalled = house.actors().broker.ask(message).await.unwrap().unwrap();
    if let Some(approved) = &recalled {
        assert_eq!(approved.request(), &request);
        assert!(approved.user().is_some());
    }
    recalled.is_some()
}

#[test]
fn what_was_agreed_to_is_not_asked_again() {
    System::new().block_on(async {
        let house = house().await;
        let (browser, user) = signed_in(&house, "testuser", "testpass").await;
        let client = house.client.clone();
        assert!(!is_recalled(&house, &browser, &client, Some("mcp:read")).await);
        remember(&house, &user, "mcp:read mcp:write").await;
        for asked in [Some("mcp:read"), Some("mcp:read mcp:write"), None] {
            assert!(is_recalled(&house, &browser, &client, asked).await, "{asked:?}");
        }
    });
}

#[test]
fn anything_more_is_asked_about() {
    System::new().block_on(async {
        let house = house().await;
        let (browser, user) = signed_in(&house, "testuser", "testpass").await;
        let client = house.client.clone();
        remember(&house, &user, "mcp:read").await;
        assert!(is_recalled(&house, &browser, &client, Some("mcp:read")).await);
        assert!(!is_recalled(&house, &browser, &client, Some("mcp:read mcp:write")).await);
        assert!(
            !is_recalled(&house, &browser, &client, None).await,
            "the default set is more"
        );
        let (alices, _) = signed_in(&house, "alice", "wonderland").await;
        assert!(!is_recalled(&house, &alices, &client, Some("mcp:read")).await);
        house.clock.advance(Duration::from_hours(24 * 30));
        let (browser, _) = signed_in(&house, "testuser", "testpass").await;
        assert!(!is_recalled(&house, &browser, &client, Some("mcp:read")).await);
    });
}

#[test]
fn a_client_with_other_redirect_uris_is_asked_about_again() {
    System::new().block_on(async {
        let house = house().await;
        let (browser, user) = signed_in(&house, "testuser", "testpass").await;
        remember(&house, &user, "mcp:read").await;
        let changed = client(&[CALLBACK, "https://evil.example/callback"]);
        assert!(!is_recalled(&house, &browser, &changed, Some("mcp:read")).await);
        let mut other = house.client.clone();
        other.id = ClientId::parse("other").unwrap();
        assert!(!is_recalled(&house, &browser, &other, Some("mcp:read")).await);
    });
}

#[test]
fn a_consent_can_be_taken_back() {
    System::new().block_on(async {
        let house = house().await;
        let (browser, user) = signed_in(&house, "testuser", "testpass").await;
        remember(&house, &user, "mcp:read").await;
        let message = ForgetConsents {
            user,
            client: ClientId::parse(CLIENT).unwrap(),
        };
        assert_eq!(house.actors().broker.ask(message).await, Ok(Ok(1)));
        let client = house.client.clone();
        assert!(!is_recalled(&house, &browser, &client, Some("mcp:read")).await);
    });
}
