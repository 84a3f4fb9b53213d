//! Refreshing and revoking a grant's upstream tokens.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::System;

use super::fake::{FakeProvider, GATE, NAME, fake, unavailable, upstream_tokens, user_key};
use crate::domain::grant::GrantId;
use crate::domain::randomness::SeededRandomness;
use crate::domain::sealing::Sealed;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::provider_broker::errors::UpstreamError;
use crate::provider_broker::messages::{
    RefreshUpstreamTokens, RefreshUpstreamTokensReply, ReleaseUpstreamTokens, RevokeUpstreamTokens,
};
use crate::provider_broker::provider::OutsideProvider;
use crate::provider_broker::releases::ReleaseStatus;
use crate::store::conformance::fixtures;
use crate::store::{GrantRepository, MemoryStore};
use crate::system::tests::house::{House, all, house_with, keys, settings, until};
use crate::system::{LoginSettings, sweep};

async fn outside() -> (Rc<House>, Rc<FakeProvider>) {
    let provider = fake();
    let login = LoginSettings::Outside(Rc::<FakeProvider>::clone(&provider) as Rc<dyn OutsideProvider>);
    (Rc::new(house_with(settings(login)).await), provider)
}

fn sealed(tokens: &UpstreamTokens, grant: GrantId) -> Sealed {
    tokens.seal(&keys(), &SeededRandomness::new(3), grant).unwrap()
}

fn refresh_message(tokens: &UpstreamTokens, provider: &str) -> RefreshUpstreamTokens {
    let grant = fixtures::grant_id(1);
    RefreshUpstreamTokens {
        provider: provider.to_owned(),
        grant,
        user: user_key(),
        tokens: sealed(tokens, grant),
    }
}

async fn refresh(house: &House, message: RefreshUpstreamTokens) -> RefreshUpstreamTokensReply {
    house.actors().broker.ask(message).await.unwrap()
}

#[test]
fn calls_for_one_grant_are_one_call_to_the_provider() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        provider.gate.forget_permits(tokio::sync::Semaphore::MAX_PERMITS);
        let call = |_| {
            let house = Rc::clone(&house);
            let message = refresh_message(&upstream_tokens(1), NAME);
            tokio::task::spawn_local(async move { refresh(&house, message).await })
        };
        let calls: Vec<_> = (0..20).map(call).collect();
        until("asked", || house.actors().broker.status().depth == 20).await;
        until("refreshed", || provider.refreshed.get() == 1).await;
        provider.gate.add_permits(1);
        for answer in all(calls).await {
            let refreshed = answer.unwrap();
            assert_eq!(refreshed.tokens.access_token.expose(), "access 2");
            let opened = UpstreamTokens::unseal(&refreshed.sealed, &keys(), fixtures::grant_id(1)).unwrap();
            assert_eq!(opened.refresh_token.unwrap().expose(), "refresh 2");
        }
        assert_eq!(provider.refreshed.get(), 1);
    });
}

#[test]
fn a_provider_that_does_not_rotate_leaves_the_refresh_token() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        provider.rotates.set(false);
        let refreshed = refresh(&house, refresh_message(&upstream_tokens(1), NAME))
            .await
            .unwrap();
        assert_eq!(refreshed.tokens.refresh_token.unwrap().expose(), "refresh 1");
    });
}

#[test]
fn failures_say_whether_the_grant_has_ended() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        *provider.refresh_error.borrow_mut() = Some(unavailable());
        let failed = refresh(&house, refresh_message(&upstream_tokens(1), NAME)).await;
        assert!(matches!(failed, Err(UpstreamError::Provider(error)) if error.is_temporary()));
        let mut without = upstream_tokens(1);
        without.refresh_token = None;
        let failed = refresh(&house, refresh_message(&without, NAME)).await;
        assert_eq!(failed.unwrap_err(), UpstreamError::NoRefreshToken);
        let failed = refresh(&house, refresh_message(&upstream_tokens(1), "github")).await;
        assert!(matches!(failed, Err(UpstreamError::UnknownProvider { .. })));
        let mut swapped = refresh_message(&upstream_tokens(1), NAME);
        swapped.grant = fixtures::grant_id(2);
        let failed = refresh(&house, swapped).await;
        assert!(matches!(failed, Err(UpstreamError::Unseal(_))), "{failed:?}");
    });
}

#[test]
fn the_provider_is_told_that_tokens_are_not_needed_any_more() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let grant = fixtures::grant_id(1);
        let message = RevokeUpstreamTokens {
            provider: NAME.to_owned(),
            grant,
            tokens: sealed(&upstream_tokens(1), grant),
        };
        assert_eq!(house.actors().broker.ask(message).await, Ok(Ok(())));
        assert_eq!(*provider.revoked.borrow(), ["access 1"]);
    });
}

fn release_message(grant: GrantId) -> ReleaseUpstreamTokens {
    ReleaseUpstreamTokens {
        provider: NAME.to_owned(),
        grant,
        tokens: sealed(&upstream_tokens(1), grant),
    }
}

#[test]
fn who_ends_a_login_does_not_wait_for_the_provider_and_the_stop_does() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let releases = house.actors().releases.clone().unwrap();
        let shut = provider.revoke_gate.acquire_many(GATE).await.unwrap();
        let message = release_message(fixtures::grant_id(1));
        assert_eq!(house.actors().broker.ask(message).await, Ok(()));
        until("told", || *provider.revoked.borrow() == ["access 1"]).await;
        assert_eq!(releases.status().pending, 1);
        drop(shut);
        releases.finish(Duration::from_secs(10)).await;
        let expected = ReleaseStatus {
            revoked: 1,
            ..ReleaseStatus::default()
        };
        assert_eq!(releases.status(), expected);
    });
}

#[test]
fn a_provider_that_hangs_is_asked_a_few_times_at_once_and_further_tokens_are_counted() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let releases = house.actors().releases.clone().unwrap();
        let _shut = provider.revoke_gate.acquire_many(GATE).await.unwrap();
        for _ in 0..515 {
            let message = release_message(fixtures::grant_id(1));
            assert_eq!(house.actors().broker.ask(message).await, Ok(()));
        }
        let status = releases.status();
        assert_eq!((status.pending, status.dropped), (512, 3));
        until("four were told", || provider.revoked.borrow().len() == 4).await;
        releases.finish(Duration::ZERO).await;
        assert_eq!(releases.status().dropped, 515, "the stop does not wait for ever");
        assert_eq!(provider.revoked.borrow().len(), 4);
    });
}

#[test]
fn tokens_that_were_not_given_back_are_counted() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let releases = house.actors().releases.clone().unwrap();
        *provider.revoke_error.borrow_mut() = Some(unavailable());
        let unreadable = ReleaseUpstreamTokens {
            grant: fixtures::grant_id(2),
            ..release_message(fixtures::grant_id(1))
        };
        for message in [release_message(fixtures::grant_id(1)), unreadable] {
            assert_eq!(house.actors().broker.ask(message).await, Ok(()));
        }
        releases.finish(Duration::from_secs(10)).await;
        assert_eq!(releases.status().failed, 2);
        assert_eq!(
            provider.revoked.borrow().len(),
            1,
            "who cannot be read is not asked about"
        );
    });
}

#[test]
fn a_sweep_revokes_the_upstream_tokens_of_the_grants_that_it_ends() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let store: &Arc<MemoryStore> = &house.store;
        let mut grant = fixtures::grant(1, "alice", crate::system::tests::house::START);
        grant.user.identity.provider = NAME.to_owned();
        grant.upstream_tokens = Some(sealed(&upstream_tokens(1), grant.id));
        assert!(store.insert_grant(&grant).unwrap());
        house.clock.advance(Duration::from_mins(6));
        assert_eq!(sweep(house.actors()).await.ended_grants, 1);
        assert_eq!(*provider.revoked.borrow(), ["access 1"]);
    });
}
