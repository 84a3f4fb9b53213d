//! Passwords: right, wrong, too many, and all at once.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use actix::System;

use crate::domain::throttle::Allowance;
use crate::error::CallError;
use crate::provider_broker::errors::LogInError;
use crate::provider_broker::settings::{LocalProviderSettings, ThrottleSettings};
use crate::system::LoginSettings;
use crate::system::tests::house::{Browser, House, all, house_with, local, settings};

const PAUSE: Duration = Duration::from_secs(30);

fn throttled(per_user: u32, per_network: u32) -> LocalProviderSettings {
    let allowance = |burst| Allowance { burst, pause: PAUSE };
    LocalProviderSettings {
        throttle: ThrottleSettings {
            per_user: allowance(per_user),
            per_network: allowance(per_network),
        },
        ..local()
    }
}

async fn at_login(login: LocalProviderSettings) -> (Rc<House>, Browser) {
    let house = house_with(settings(LoginSettings::Local(login))).await;
    let mut browser = Browser::default();
    house.begin(&mut browser).await;
    (Rc::new(house), browser)
}

async fn fail(house: &House, browser: &mut Browser, username: &str, password: &str) -> LogInError {
    house.log_in(browser, username, password).await.unwrap_err()
}

#[test]
fn a_wrong_password_leaves_the_page_to_try_again() {
    System::new().block_on(async {
        let (house, mut browser) = at_login(local()).await;
        let wrong = fail(&house, &mut browser, "testuser", "wrong").await;
        let unknown = fail(&house, &mut browser, "nobody", "testpass").await;
        assert_eq!(wrong, LogInError::WrongCredentials);
        assert_eq!(unknown, wrong, "nobody learns which names exist");
        let others = fail(&house, &mut browser, "testuser", "wonderland").await;
        assert_eq!(others, LogInError::WrongCredentials);
        assert!(house.log_in(&mut browser, "testuser", "testpass").await.is_ok());
    });
}

#[test]
fn guessing_is_throttled_by_name_for_names_that_exist_and_others_alike() {
    System::new().block_on(async {
        let (house, mut browser) = at_login(throttled(3, 100)).await;
        for name in ["testuser", "nobody"] {
            for _ in 0..3 {
                let wrong = fail(&house, &mut browser, name, "wrong").await;
                assert_eq!(wrong, LogInError::WrongCredentials);
            }
            let refused = fail(&house, &mut browser, name, "testpass").await;
            assert_eq!(refused, LogInError::Throttled { retry_after: PAUSE });
        }
        assert!(house.log_in(&mut browser, "alice", "wonderland").await.is_ok());
        house.clock.advance(PAUSE);
        assert!(house.log_in(&mut browser, "testuser", "testpass").await.is_ok());
    });
}

#[test]
fn guessing_is_throttled_by_network_whatever_the_names() {
    System::new().block_on(async {
        let (house, mut browser) = at_login(throttled(100, 4)).await;
        for number in 0..4 {
            fail(&house, &mut browser, &format!("user {number}"), "wrong").await;
        }
        let refused = fail(&house, &mut browser, "testuser", "testpass").await;
        assert_eq!(refused, LogInError::Throttled { retry_after: PAUSE });
    });
}

#[test]
fn guesses_that_come_at_once_count_each() {
    System::new().block_on(async {
        let (house, browser) = at_login(throttled(5, 100)).await;
        let guess = |number: u32| {
            let (house, browser) = (Rc::clone(&house), browser.clone());
            tokio::task::spawn_local(async move {
                let password = format!("guess {number}");
                house.try_log_in(&browser, "testuser", &password).await.unwrap()
            })
        };
        let answers = all((0..40).map(guess).collect()).await;
        let checked = answers
            .iter()
            .filter(|answer| matches!(answer, Err(LogInError::WrongCredentials)));
        assert_eq!(checked.count(), 5);
    });
}

#[test]
fn right_passwords_are_never_throttled() {
    System::new().block_on(async {
        let (house, mut browser) = at_login(throttled(1, 1)).await;
        for _ in 0..20 {
            assert!(house.log_in(&mut browser, "testuser", "testpass").await.is_ok());
        }
    });
}

#[test]
fn a_thousand_logins_at_once_are_bounded_and_cost_nobody_else_anything() {
    System::new().block_on(async {
        let login = LocalProviderSettings {
            checks_at_once: NonZeroU32::MIN,
            checks_waiting: 8,
            ..throttled(10_000, 10_000)
        };
        let (house, browser) = at_login(login).await;
        let pair = house.tokens().await;
        let attempt = |_| {
            let (house, browser) = (Rc::clone(&house), browser.clone());
            tokio::task::spawn_local(async move { house.try_log_in(&browser, "testuser", "wrong").await })
        };
        let logins: Vec<_> = (0..1_000).map(attempt).collect();
        tokio::task::yield_now().await;
        for _ in 0..10 {
            house.clock.advance(Duration::from_secs(1));
            assert!(house.verify(&pair.access_token).await.unwrap().is_ok());
        }
        let answers = all(logins).await;
        let busy = answers
            .iter()
            .filter(|answer| matches!(answer, Err(CallError::Busy { .. })))
            .count();
        let wrong = answers
            .iter()
            .filter(|answer| matches!(answer, Ok(Err(LogInError::WrongCredentials))))
            .count();
        assert_eq!(busy + wrong, 1_000);
        assert!(busy >= 488, "the handle admits 512 at once: {busy}");
        assert!(wrong >= 9, "those with a place were answered: {wrong}");
    });
}
