//! Signed-in browsers.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::System;

use crate::domain::secret::Secret;
use crate::domain::user::UserKey;
use crate::provider_broker::messages::{
    EndBrowserSession, EndBrowserSessionsOfUser, FindBrowserSession, Page, SignedIn,
};
use crate::store::MemoryStore;
use crate::system::LoginSettings;
use crate::system::tests::house::{Browser, House, house, local, settings, start};

async fn signed_in(house: &House) -> Browser {
    let mut browser = Browser::default();
    house.begin(&mut browser).await;
    house.log_in(&mut browser, "testuser", "testpass").await.unwrap();
    browser
}

async fn find(house: &House, session: &Secret) -> Option<SignedIn> {
    let session = session.clone();
    house
        .actors()
        .broker
        .ask(FindBrowserSession { session })
        .await
        .unwrap()
        .unwrap()
}

fn testuser() -> UserKey {
    UserKey {
        issuer: "https://mcp.example.com".to_owned(),
        subject: "testuser".to_owned(),
    }
}

#[test]
fn a_session_is_renewed_at_each_login_and_the_earlier_one_ends() {
    System::new().block_on(async {
        let house = house().await;
        let mut browser = signed_in(&house).await;
        let first = browser.session.clone().unwrap();
        assert_eq!(find(&house, &first).await.unwrap().user.identity.key, testuser());
        house.begin(&mut browser).await;
        house.log_in(&mut browser, "testuser", "testpass").await.unwrap();
        let second = browser.session.clone().unwrap();
        assert!(!first.is_same_as(&second), "no value can be planted");
        assert_eq!(find(&house, &first).await, None);
        assert!(find(&house, &second).await.is_some());
    });
}

#[test]
fn a_session_ends_with_its_time_or_its_users_word() {
    System::new().block_on(async {
        let house = house().await;
        let (one, two, three) = (
            signed_in(&house).await.session.unwrap(),
            signed_in(&house).await.session.unwrap(),
            signed_in(&house).await.session.unwrap(),
        );
        let end = |session: &Secret| {
            let session = session.clone();
            house.actors().broker.ask(EndBrowserSession { session })
        };
        assert_eq!(end(&one).await, Ok(Ok(Some(testuser()))));
        assert_eq!(end(&one).await, Ok(Ok(None)));
        assert_eq!(find(&house, &one).await, None);
        house.clock.advance(Duration::from_hours(12));
        assert_eq!(find(&house, &two).await, None);
        let four = signed_in(&house).await.session.unwrap();
        let message = EndBrowserSessionsOfUser { user: testuser() };
        assert_eq!(house.actors().broker.ask(message).await, Ok(Ok(3)));
        assert_eq!(find(&house, &four).await, None);
        assert_eq!(find(&house, &three).await, None);
    });
}

#[test]
fn a_session_without_time_left_asks_for_the_password_again() {
    System::new().block_on(async {
        let house = house().await;
        let mut browser = signed_in(&house).await;
        let begun = house.begin(&mut browser).await;
        assert!(matches!(begun.page, Page::Consent { user: Some(_) }));
        house.clock.advance(Duration::from_hours(12));
        let begun = house.begin(&mut browser).await;
        assert_eq!(begun.page, Page::LogIn);
    });
}

#[test]
fn who_left_the_configuration_is_signed_in_no_more() {
    System::new().block_on(async {
        let house = Rc::new(house().await);
        let session = signed_in(&house).await.session.unwrap();
        house.stop().await;
        let mut login = local();
        login.users.retain(|user| user.username != "testuser");
        let store = Arc::<MemoryStore>::clone(&house.store);
        let settings = settings(LoginSettings::Local(login));
        let restarted = start(settings, store, &house.clock).await.unwrap();
        let found = restarted.actors.broker.ask(FindBrowserSession { session }).await;
        assert_eq!(found, Ok(Ok(None)));
        restarted.stop().await;
    });
}
