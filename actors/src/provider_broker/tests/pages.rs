//! Login and consent pages: who may answer them, when, and how often.

use std::rc::Rc;
use std::time::Duration;

use actix::System;

use super::begin_sign_in;
use super::fake::PUBLIC_URL;
use crate::domain::interaction::InteractionRefusal;
use crate::domain::opaque_token::InteractionToken;
use crate::domain::pending_login::LoginPurpose;
use crate::domain::secret::Secret;
use crate::provider_broker::errors::{BeginError, CompleteLoginError, InteractionError, LogInError};
use crate::provider_broker::messages::{
    BeginLogin, BegunInteraction, CompleteLogin, DecidedConsent, Decision, FindInteraction, InteractionView,
    Page, ProviderAnswer, SignInStart,
};
use crate::system::tests::house::{Browser, House, all, house};

async fn find(house: &House, browser: &Browser) -> Result<InteractionView, InteractionError> {
    let message = FindInteraction {
        interaction: browser.page(),
        browser: browser.cookie.clone(),
        session: browser.session.clone(),
    };
    house.actors().broker.ask(message).await.unwrap()
}

fn refused<T>(answer: Result<T, InteractionError>) -> InteractionRefusal {
    match answer {
        Err(InteractionError::Refused(refusal)) => refusal,
        Err(InteractionError::Store(error)) => panic!("{error}"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[test]
fn a_local_user_logs_in_first_and_is_asked_then() {
    System::new().block_on(async {
        let house = house().await;
        let mut browser = Browser::default();
        let begun = house.begin(&mut browser).await;
        assert_eq!(begun.page, Page::LogIn);
        assert!(begun.new_browser.is_some());
        let early = house.decide(&browser, Decision::Approve).await;
        assert_eq!(refused(early), InteractionRefusal::OtherStage);
        house.log_in(&mut browser, "testuser", "testpass").await.unwrap();
        let view = find(&house, &browser).await.unwrap();
        assert_eq!(view.purpose, LoginPurpose::Authorize(Box::new(house.request())));
        let Page::Consent { user: Some(user) } = view.page else {
            panic!("{:?}", view.page);
        };
        assert_eq!(user.identity.key.subject, "testuser");
        let (request, approver) = house.approve(&browser).await.into_parts();
        assert_eq!(request, house.request());
        assert_eq!(approver, Some(user));
    });
}

#[test]
fn denying_gives_the_request_back_to_be_answered() {
    System::new().block_on(async {
        let house = house().await;
        let mut browser = Browser::default();
        house.begin(&mut browser).await;
        house.log_in(&mut browser, "testuser", "testpass").await.unwrap();
        let denied = house.decide(&browser, Decision::Deny).await.unwrap();
        assert!(matches!(denied, DecidedConsent::Denied(request) if *request == house.request()));
        let again = house.decide(&browser, Decision::Approve).await;
        assert!(matches!(
            refused(again),
            InteractionRefusal::AlreadyDecided { is_denied: true, .. }
        ));
    });
}

#[test]
fn a_page_decides_once_and_a_second_click_can_be_led_on() {
    System::new().block_on(async {
        let house = Rc::new(house().await);
        let mut browser = Browser::default();
        house.begin(&mut browser).await;
        house.log_in(&mut browser, "testuser", "testpass").await.unwrap();
        let click = |_| {
            let (house, browser) = (Rc::clone(&house), browser.clone());
            tokio::task::spawn_local(async move { house.decide(&browser, Decision::Approve).await })
        };
        let answers = all((0..50).map(click).collect()).await;
        let (decided, late): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((decided.len(), late.len()), (1, 49));
        let purpose = Box::new(LoginPurpose::Authorize(Box::new(house.request())));
        for answer in late {
            let (purpose, is_denied) = (purpose.clone(), false);
            assert_eq!(
                refused(answer),
                InteractionRefusal::AlreadyDecided { purpose, is_denied }
            );
        }
        let begun = house.begin(&mut browser).await;
        assert!(
            matches!(begun.page, Page::Consent { user: Some(_) }),
            "who is signed in need not type the password again"
        );
        house.approve(&browser).await;
    });
}

#[test]
fn a_double_click_on_the_login_form_logs_in_twice_and_goes_on_once() {
    System::new().block_on(async {
        let house = Rc::new(house().await);
        let mut browser = Browser::default();
        house.begin(&mut browser).await;
        let click = |_| {
            let (house, browser) = (Rc::clone(&house), browser.clone());
            tokio::task::spawn_local(async move { house.try_log_in(&browser, "testuser", "testpass").await })
        };
        for answer in all((0..2).map(click).collect()).await {
            let session = answer.unwrap().unwrap().session;
            browser.session = Some(session.token.secret().clone());
        }
        house.approve(&browser).await;
    });
}

#[test]
fn who_planted_the_browsers_cookie_cannot_approve_in_the_users_name() {
    System::new().block_on(async {
        let house = house().await;
        let mut attacker = Browser::default();
        house.begin(&mut attacker).await;
        // The victim's browser was given the attacker's cookie and page.
        let mut victim = attacker.clone();
        house.log_in(&mut victim, "testuser", "testpass").await.unwrap();
        assert_eq!(find(&house, &attacker).await.unwrap().page, Page::LogIn);
        let approved = house.decide(&attacker, Decision::Approve).await;
        assert_eq!(refused(approved), InteractionRefusal::OtherStage);
        let mut own = Browser::default();
        house.begin(&mut own).await;
        house.log_in(&mut own, "alice", "wonderland").await.unwrap();
        attacker.session = own.session;
        let approved = house.decide(&attacker, Decision::Approve).await;
        assert_eq!(refused(approved), InteractionRefusal::OtherStage);
        house.approve(&victim).await;
    });
}

#[test]
fn a_page_works_in_its_own_browser_only() {
    System::new().block_on(async {
        let house = house().await;
        let (mut attacker, mut victim) = (Browser::default(), Browser::default());
        house.begin(&mut attacker).await;
        house.begin(&mut victim).await;
        let attempt = house.request().attempt;
        for cookie in [
            victim.cookie.clone(),
            None,
            Some(Secret::new("mcp_browser_planted")),
        ] {
            let mut tricked = Browser {
                cookie,
                page: attacker.page.clone(),
                session: None,
            };
            assert_eq!(
                refused(find(&house, &tricked).await),
                InteractionRefusal::OtherBrowser { attempt }
            );
            let logged_in = house.log_in(&mut tricked, "testuser", "testpass").await;
            assert_eq!(
                logged_in.unwrap_err(),
                LogInError::Refused(InteractionRefusal::OtherBrowser { attempt })
            );
            let decided = house.decide(&tricked, Decision::Approve).await;
            assert_eq!(refused(decided), InteractionRefusal::OtherBrowser { attempt });
        }
    });
}

#[test]
fn pages_in_several_tabs_do_not_disturb_each_other() {
    System::new().block_on(async {
        let house = house().await;
        let mut first = Browser::default();
        house.begin(&mut first).await;
        let mut second = first.clone();
        let begun = house.begin(&mut second).await;
        assert!(begun.new_browser.is_none(), "the browser is known");
        for tab in [&mut second, &mut first] {
            house.log_in(tab, "testuser", "testpass").await.unwrap();
            house.approve(tab).await;
        }
    });
}

#[test]
fn a_page_is_forgotten_after_ten_minutes_and_an_invented_one_was_never_there() {
    System::new().block_on(async {
        let house = house().await;
        let mut browser = Browser::default();
        house.begin(&mut browser).await;
        house
            .clock
            .advance(Duration::from_mins(10).saturating_sub(Duration::from_micros(1)));
        assert!(find(&house, &browser).await.is_ok());
        house.clock.advance(Duration::from_micros(1));
        assert_eq!(refused(find(&house, &browser).await), InteractionRefusal::Unknown);
        for invented in [
            InteractionToken::from_bits(&[9; 32]).secret().clone(),
            Secret::new("' OR 1=1"),
        ] {
            browser.page = Some(invented);
            assert_eq!(refused(find(&house, &browser).await), InteractionRefusal::Unknown);
        }
    });
}

#[test]
fn a_browser_signs_in_for_itself_without_a_client() {
    System::new().block_on(async {
        let house = house().await;
        let SignInStart::LogIn(
            begun @ BegunInteraction {
                page: Page::LogIn, ..
            },
        ) = begin_sign_in(&house).await
        else {
            panic!("users log in here");
        };
        let mut browser = Browser::default();
        browser.keep(&begun);
        let logged_in = house.log_in(&mut browser, "testuser", "testpass").await.unwrap();
        assert_eq!(logged_in.purpose, LoginPurpose::SignIn);
        let (purpose, is_denied) = (Box::new(LoginPurpose::SignIn), false);
        assert_eq!(
            refused(find(&house, &browser).await),
            InteractionRefusal::AlreadyDecided { purpose, is_denied }
        );
    });
}

#[test]
fn users_of_this_server_are_sent_to_no_provider() {
    System::new().block_on(async {
        let house = house().await;
        let mut browser = Browser::default();
        house.begin(&mut browser).await;
        house.log_in(&mut browser, "testuser", "testpass").await.unwrap();
        let begin = BeginLogin {
            approved: house.approve(&browser).await,
            browser: browser.cookie.clone(),
            public_url: PUBLIC_URL.to_owned(),
        };
        let refused = house.actors().broker.ask(begin).await.unwrap();
        assert_eq!(refused.unwrap_err(), BeginError::NoOutsideProvider);
        let complete = CompleteLogin {
            provider: "github".to_owned(),
            state: Secret::new("state"),
            browser: browser.cookie,
            session: None,
            answer: ProviderAnswer::Error {
                error: "access_denied".to_owned(),
            },
        };
        let refused = house.actors().broker.ask(complete).await.unwrap();
        assert_eq!(refused.unwrap_err(), CompleteLoginError::Unknown);
    });
}
