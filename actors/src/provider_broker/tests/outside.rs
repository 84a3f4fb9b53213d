//! Logging in at an outside provider: consent first, one callback per login, in the same browser.

use std::rc::Rc;
use std::time::Duration;

use actix::System;

use super::begin_sign_in;
use super::fake::{FakeProvider, GATE, GOOD_CODE, ISSUER, NAME, PUBLIC_URL, fake, unavailable};
use crate::domain::pending_login::{CallbackRefusal, LoginPurpose};
use crate::domain::secret::Secret;
use crate::provider_broker::errors::{CompleteLoginError, LogInError};
use crate::provider_broker::messages::{
    BeginLogin, CompleteLogin, CompleteLoginReply, CompletedLogin, FindBrowserSession, Page, ProviderAnswer,
    SignInStart,
};
use crate::provider_broker::provider::{OutsideProvider, ProviderError};
use crate::system::LoginSettings;
use crate::system::tests::house::{Browser, House, PATIENCE, all, house_with, settings, until};

async fn outside() -> (Rc<House>, Rc<FakeProvider>) {
    outside_within(PATIENCE).await
}

/// The same with another deadline for every actor.
async fn outside_within(deadline: Duration) -> (Rc<House>, Rc<FakeProvider>) {
    let provider = fake();
    let login = LoginSettings::Outside(Rc::<FakeProvider>::clone(&provider) as Rc<dyn OutsideProvider>);
    let mut settings = settings(login);
    settings.deadline = deadline;
    (Rc::new(house_with(settings).await), provider)
}

/// A browser that was sent to the provider, and the state that comes back with it.
async fn depart(house: &House) -> (Browser, Secret) {
    let mut browser = Browser::default();
    let begun = house.begin(&mut browser).await;
    assert_eq!(begun.page, Page::Consent { user: None });
    let approved = house.approve(&browser).await;
    assert!(approved.user().is_none());
    let message = BeginLogin {
        approved,
        browser: browser.cookie.clone(),
        public_url: PUBLIC_URL.to_owned(),
    };
    let departure = house.actors().broker.ask(message).await.unwrap().unwrap();
    assert!(departure.new_browser.is_none());
    let state = state_of(&departure.url);
    (browser, state)
}

fn state_of(url: &str) -> Secret {
    let (_, state) = url.split_once("state=").unwrap();
    Secret::new(state)
}

fn code(code: &str) -> ProviderAnswer {
    ProviderAnswer::Code {
        code: Secret::new(code),
        issuer: Some(ISSUER.to_owned()),
    }
}

fn callback(browser: &Browser, state: &Secret, answer: ProviderAnswer) -> CompleteLogin {
    CompleteLogin {
        provider: NAME.to_owned(),
        state: state.clone(),
        browser: browser.cookie.clone(),
        session: browser.session.clone(),
        answer,
    }
}

async fn complete(house: &House, message: CompleteLogin) -> CompleteLoginReply {
    house.actors().broker.ask(message).await.unwrap()
}

#[test]
fn a_user_agrees_leaves_and_comes_back_with_upstream_tokens() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let (browser, state) = depart(&house).await;
        let CompletedLogin {
            purpose,
            user,
            upstream_tokens,
            session,
        } = complete(&house, callback(&browser, &state, code(GOOD_CODE)))
            .await
            .unwrap();
        assert_eq!(purpose, LoginPurpose::Authorize(Box::new(house.request())));
        assert_eq!(
            (
                user.identity.key.subject.as_str(),
                upstream_tokens.access_token.expose()
            ),
            ("42", "access 1")
        );
        let session = session.token.secret().clone();
        let signed_in = house
            .actors()
            .broker
            .ask(FindBrowserSession { session })
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(signed_in.user, user);
        assert!(provider.revoked.borrow().is_empty());
    });
}

#[test]
fn a_callback_counts_once() {
    System::new().block_on(async {
        let (house, _provider) = outside().await;
        let (browser, state) = depart(&house).await;
        let call = |_| {
            let house = Rc::clone(&house);
            let message = callback(&browser, &state, code(GOOD_CODE));
            tokio::task::spawn_local(async move { complete(&house, message).await })
        };
        let answers = all((0..20).map(call).collect()).await;
        let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(done.len(), 1);
        for refusal in refused {
            assert_eq!(refusal.unwrap_err(), CompleteLoginError::Unknown);
        }
    });
}

#[test]
fn a_captured_upstream_address_does_not_log_a_victim_in() {
    System::new().block_on(async {
        let (house, _provider) = outside().await;
        let (attacker, state) = depart(&house).await;
        let (victim, _) = depart(&house).await;
        let refused = complete(&house, callback(&victim, &state, code(GOOD_CODE))).await;
        assert_eq!(
            refused.unwrap_err(),
            CompleteLoginError::Refused {
                refusal: CallbackRefusal::OtherBrowser,
                attempt: house.request().attempt,
            }
        );
        let used_up = complete(&house, callback(&attacker, &state, code(GOOD_CODE))).await;
        assert_eq!(used_up.unwrap_err(), CompleteLoginError::Unknown);
    });
}

#[test]
fn a_callback_of_another_provider_or_too_late_or_without_issuer_is_refused() {
    System::new().block_on(async {
        let (house, _provider) = outside().await;
        let refused = |reply: CompleteLoginReply| match reply.unwrap_err() {
            CompleteLoginError::Refused { refusal, .. } => refusal,
            other => panic!("{other}"),
        };
        let (browser, state) = depart(&house).await;
        let mut elsewhere = callback(&browser, &state, code(GOOD_CODE));
        elsewhere.provider = "github".to_owned();
        assert_eq!(
            refused(complete(&house, elsewhere).await),
            CallbackRefusal::OtherProvider
        );
        for issuer in [None, Some("https://evil.example".to_owned())] {
            let (browser, state) = depart(&house).await;
            let answer = ProviderAnswer::Code {
                code: Secret::new(GOOD_CODE),
                issuer,
            };
            assert_eq!(
                refused(complete(&house, callback(&browser, &state, answer)).await),
                CallbackRefusal::OtherProvider
            );
        }
        let (browser, state) = depart(&house).await;
        house.clock.advance(Duration::from_mins(10));
        assert_eq!(
            refused(complete(&house, callback(&browser, &state, code(GOOD_CODE))).await),
            CallbackRefusal::Expired
        );
    });
}

#[test]
fn what_the_provider_says_through_the_browser_is_not_repeated() {
    System::new().block_on(async {
        let (house, _provider) = outside().await;
        for (sent, told) in [
            ("access_denied", "access_denied"),
            ("<script>alert(1)</script>", "server_error"),
            ("made_up", "server_error"),
        ] {
            let (browser, state) = depart(&house).await;
            let answer = ProviderAnswer::Error {
                error: sent.to_owned(),
            };
            let refused = complete(&house, callback(&browser, &state, answer)).await;
            let purpose = Box::new(LoginPurpose::Authorize(Box::new(house.request())));
            let denied = CompleteLoginError::Denied { purpose, error: told };
            assert_eq!(refused.unwrap_err(), denied);
        }
    });
}

#[test]
fn a_failing_provider_is_told_apart_and_does_not_end_logins_of_somebody_unknown() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let (browser, state) = depart(&house).await;
        let refused = complete(&house, callback(&browser, &state, code("stale code"))).await;
        assert!(matches!(
            refused,
            Err(CompleteLoginError::Provider {
                error: ProviderError::Refused { .. },
                ..
            })
        ));
        *provider.user_error.borrow_mut() = Some(unavailable());
        let (browser, state) = depart(&house).await;
        let failed = complete(&house, callback(&browser, &state, code(GOOD_CODE))).await;
        let Err(CompleteLoginError::Provider { error, .. }) = failed else {
            panic!("{failed:?}");
        };
        assert_eq!(
            (error.code(), error.is_temporary()),
            ("temporarily_unavailable", true)
        );
        let releases = house.actors().releases.clone().unwrap();
        releases.finish(PATIENCE).await;
        assert!(
            provider.revoked.borrow().is_empty(),
            "nobody knows whether their user has another login"
        );
    });
}

#[test]
fn a_provider_may_take_longer_than_a_store() {
    System::new().block_on(async {
        let (house, _provider) = outside_within(Duration::ZERO).await;
        let (browser, state) = depart(&house).await;
        let completed = complete(&house, callback(&browser, &state, code(GOOD_CODE))).await;
        assert!(completed.is_ok(), "{completed:?}");
    });
}

#[test]
fn a_login_whose_browser_has_left_leaves_no_tokens_behind() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let (browser, state) = depart(&house).await;
        let shut = provider.user_gate.acquire_many(GATE).await.unwrap();
        let message = callback(&browser, &state, code(GOOD_CODE));
        let waiting = {
            let house = Rc::clone(&house);
            tokio::task::spawn_local(async move { complete(&house, message).await })
        };
        until("at the provider", || provider.readings.get() == 1).await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        drop(shut);
        until("revoked", || *provider.revoked.borrow() == ["access 1"]).await;
    });
}

#[test]
fn signing_in_goes_straight_to_the_provider_and_passwords_are_refused() {
    System::new().block_on(async {
        let (house, _provider) = outside().await;
        let SignInStart::Provider(departure) = begin_sign_in(&house).await else {
            panic!("users log in at the provider");
        };
        let mut browser = Browser {
            cookie: departure.new_browser.map(|token| token.secret().clone()),
            ..Browser::default()
        };
        let message = callback(&browser, &state_of(&departure.url), code(GOOD_CODE));
        let completed = complete(&house, message).await.unwrap();
        assert_eq!(completed.purpose, LoginPurpose::SignIn);
        house.begin(&mut browser).await;
        let refused = house.log_in(&mut browser, "testuser", "testpass").await;
        assert_eq!(refused.unwrap_err(), LogInError::NoPasswords);
    });
}
