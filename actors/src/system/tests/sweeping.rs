//! What is over is forgotten, without anybody asking.

use std::rc::Rc;
use std::time::Duration;

use actix::System;

use super::house::{Browser, House, PATIENCE, START, house, house_with, local, settings, until};
use crate::domain::client::ClientId;
use crate::domain::opaque_token::InteractionToken;
use crate::domain::user::{UserAccount, UserIdentity};
use crate::provider_broker::provider::{OutsideProvider, ProviderError};
use crate::provider_broker::tests::fake::{self, FakeProvider, GATE, fake, unavailable};
use crate::store::InteractionRepository;
use crate::store::conformance::fixtures;
use crate::system::{LoginSettings, SweptTotals, sweep};
use crate::token_store::OpenGrant;

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

/// A house that sweeps at this interval, and its provider.
async fn outside(sweep_interval: Duration) -> (House, Rc<FakeProvider>) {
    let provider = fake();
    let login = LoginSettings::Outside(Rc::<FakeProvider>::clone(&provider) as Rc<dyn OutsideProvider>);
    let mut settings = settings(login);
    settings.sweep_interval = sweep_interval;
    (house_with(settings).await, provider)
}

/// Logins whose code nobody exchanged in time.
async fn never_redeemed(house: &House, count: u32) {
    for number in 0..count {
        let user = UserAccount {
            identity: UserIdentity::bare(fixtures::user_key("42"), fake::NAME),
            created_at: START,
            last_login_at: START,
        };
        let grant = OpenGrant {
            client: ClientId::parse("some-client").unwrap(),
            user,
            scopes: fixtures::scopes("mcp:read"),
            resource: fixtures::resource(),
            upstream_tokens: Some(fake::upstream_tokens(number)),
        };
        house.actors().tokens.ask(grant).await.unwrap().unwrap();
    }
    house.clock.advance(Duration::from_mins(10));
}

#[test]
fn a_provider_that_is_down_is_asked_once_in_a_sweep_and_one_that_says_no_each_time() {
    System::new().block_on(async {
        let refused = ProviderError::Refused {
            provider: fake::NAME.to_owned(),
            code: "invalid_token".to_owned(),
        };
        for (error, asked) in [(unavailable(), 1), (refused, 3)] {
            let (house, provider) = outside(Duration::from_hours(1)).await;
            never_redeemed(&house, 3).await;
            *provider.revoke_error.borrow_mut() = Some(error.clone());
            let swept = sweep(house.actors()).await;
            assert_eq!((swept.ended_grants, swept.failures), (3, 0));
            assert_eq!(provider.revoked.borrow().len(), asked, "{error}");
        }
    });
}

#[test]
fn a_provider_that_does_not_answer_does_not_keep_the_server_from_stopping() {
    System::new().block_on(async {
        let (house, provider) = outside(Duration::ZERO).await;
        let shut = provider.revoke_gate.acquire_many(GATE).await.unwrap();
        never_redeemed(&house, 3).await;
        until("told the provider", || !provider.revoked.borrow().is_empty()).await;
        let stopped = tokio::time::timeout(PATIENCE, house.stop()).await;
        assert!(stopped.is_ok(), "it waits for the provider");
        assert_eq!(provider.revoked.borrow().len(), 1);
        drop(shut);
    });
}
