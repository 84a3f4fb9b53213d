//! Stopping answers everyone.

use std::rc::Rc;

use actix::System;
use tempfile::TempDir;

use super::house::{Browser, PATIENCE, all, house_with, local, settings, slow};
use crate::client_registry::FindClient;
use crate::domain::opaque_token::AccessToken;
use crate::error::CallError;
use crate::sql_executor::actor::{SqlExecutorSettings, WriteOffRule};
use crate::sql_executor::admission::AdmissionLimits;
use crate::sql_executor::engine::generation::{Generation, InstanceSettings};
use crate::store::conformance::fixtures;
use crate::system::LoginSettings;
use crate::token_store::VerifyToken;

#[test]
fn stopping_answers_who_is_under_way_and_refuses_who_comes_later() {
    System::new().block_on(async {
        let house = Rc::new(house_with(settings(LoginSettings::Local(slow()))).await);
        let mut browser = Browser::default();
        house.begin(&mut browser).await;
        let log_in = |_| {
            let (house, browser) = (Rc::clone(&house), browser.clone());
            tokio::task::spawn_local(async move { house.try_log_in(&browser, "testuser", "testpass").await })
        };
        // No more than the throttle lets one user try at once.
        let under_way: Vec<_> = (0..10).map(log_in).collect();
        let begun = async {
            while house.actors().broker.status().depth == 0 {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, begun).await.is_ok());
        house.stop().await;
        for answer in all(under_way).await {
            match answer {
                Ok(logged_in) => assert!(logged_in.is_ok(), "{logged_in:?}"),
                Err(error) => assert_eq!(error, CallError::Stopped),
            }
        }
        assert_eq!(house.actors().broker.status().depth, 0);
        let again = house.try_log_in(&browser, "testuser", "testpass").await;
        assert!(matches!(again, Err(CallError::Stopped)), "{again:?}");
        let id = house.client.id.clone();
        let found = house.actors().clients.ask(FindClient { id }).await;
        assert_eq!(found, Err(CallError::Stopped));
        let message = VerifyToken {
            token: AccessToken::from_bits(&[1; 32]).secret().clone(),
            resource: fixtures::resource(),
            purpose: crate::token_store::VerifyPurpose::Call { key: None },
        };
        let verified = house.actors().tokens.verify(message).await;
        assert_eq!(verified, Err(CallError::Stopped));
    });
}

#[test]
fn a_server_with_a_database_starts_and_stops_its_workers() {
    System::new().block_on(async {
        let folder = TempDir::new().unwrap();
        let generation =
            Generation::open(&folder.path().join("data.duckdb"), &InstanceSettings::default()).unwrap();
        let executor = SqlExecutorSettings {
            workers: 1,
            admission: AdmissionLimits {
                max_waiting: 1,
                max_waiting_per_share: 1,
                max_running_per_share: 1,
            },
            write_off: WriteOffRule {
                grace: PATIENCE,
                most_stand_ins: 1,
                burdens_caller: true,
            },
            deadline: PATIENCE,
        };
        let mut settings = settings(LoginSettings::Local(local()));
        settings.sql = Some((generation, executor));
        let house = house_with(settings).await;
        let names: Vec<_> = house.actors().status().iter().map(|status| status.name).collect();
        assert_eq!(
            names,
            [
                "client_registry",
                "auth_code_store",
                "token_store",
                "provider_broker",
                "session_registry",
                "sql_executor"
            ]
        );
        house.stop().await;
    });
}
