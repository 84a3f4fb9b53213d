//! What is over is forgotten, without anybody asking.

use std::time::Duration;

use actix::System;

use super::house::{Browser, PATIENCE, house, house_with, local, settings};
use crate::domain::opaque_token::InteractionToken;
use crate::store::InteractionRepository;
use crate::system::{LoginSettings, SweptTotals, sweep};

#[test]
fn one_sweep_forgets_what_is_over_at_every_actor() {
    System::new().block_on(async {
        let house = house().await;
        let code = house.code().await;
        house.redeem(&code).await.unwrap();
        let never_redeemed = house.code().await;
        assert_eq!(sweep(house.actors()).await, SweptTotals::default());
        house.clock.advance(Duration::from_mins(10));
        let swept = sweep(house.actors()).await;
        assert_eq!(swept.ended_grants, 1, "that of the code which nobody exchanged");
        assert_eq!(swept.logins.interactions, 2);
        assert_eq!(swept.logins.browser_sessions, 0);
        house.clock.advance(Duration::from_hours(24 * 3));
        let swept = sweep(house.actors()).await;
        assert_eq!((swept.codes, swept.tokens, swept.deleted_grants), (2, 1, 1));
        assert_eq!(swept.logins.browser_sessions, 2);
        assert_eq!(swept.failures, 0);
        assert!(house.consume(&never_redeemed).await.is_err());
    });
}

#[test]
fn sweeping_goes_on_by_itself() {
    System::new().block_on(async {
        let mut settings = settings(LoginSettings::Local(local()));
        settings.sweep_interval = Duration::ZERO;
        let house = house_with(settings).await;
        let mut browser = Browser::default();
        house.begin(&mut browser).await;
        let page = InteractionToken::parse(browser.page().expose()).unwrap();
        let id = page.digest(&super::house::keys());
        for _ in 0..2 {
            assert!(house.store.find_interaction(&id).unwrap().is_some());
            tokio::task::yield_now().await;
        }
        house.clock.advance(Duration::from_mins(10));
        let forgotten = async {
            while house.store.find_interaction(&id).unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, forgotten).await.is_ok());
        let counted = async {
            while house.swept().logins.interactions == 0 {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, counted).await.is_ok());
        let swept = house.swept();
        assert!(swept.by_kind().contains(&("interactions", 1)), "{swept:?}");
        assert_eq!(swept.failures, 0);
        house.stop().await;
    });
}
