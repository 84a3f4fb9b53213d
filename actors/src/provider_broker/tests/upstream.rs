//! Refreshing and revoking a grant's upstream tokens.

use std::rc::Rc;
use std::time::Duration;

use actix::System;

use super::fake::{FakeProvider, GATE, NAME, fake, unavailable, upstream_tokens, user_key};
use crate::domain::grant::{GrantEnd, GrantId};
use crate::domain::randomness::SeededRandomness;
use crate::domain::sealing::Sealed;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::provider_broker::errors::UpstreamError;
use crate::provider_broker::messages::{
    DiscardUpstreamTokens, RefreshUpstreamTokens, RefreshUpstreamTokensReply, ReleaseUpstreamTokens,
    RevokeUpstreamTokens, RevokeUpstreamTokensReply,
};
use crate::provider_broker::provider::OutsideProvider;
use crate::provider_broker::releases::{ReleaseStatus, Released};
use crate::store::GrantRepository;
use crate::store::conformance::fixtures;
use crate::system::tests::house::{House, START, all, house_with, keys, settings, until};
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

/// A grant of this user that holds the tokens of this number.
fn grant_of(house: &House, number: u64, user: &str) -> GrantId {
    let mut grant = fixtures::grant(number, user, START);
    grant.user.identity.provider = NAME.to_owned();
    grant.upstream_tokens = Some(sealed(&upstream_tokens(u32::try_from(number).unwrap()), grant.id));
    assert!(house.store.insert_grant(&grant).unwrap());
    grant.id
}

fn end(house: &House, grant: GrantId) {
    let reason = GrantEnd::RevokedByClient;
    assert!(house.store.end_grant(grant, START, reason).unwrap());
}

fn ended_grant_of(house: &House, number: u64, user: &str) -> GrantId {
    let grant = grant_of(house, number, user);
    end(house, grant);
    grant
}

fn tokens_of(house: &House, grant: GrantId) -> Option<Sealed> {
    house.store.find_grant(grant).unwrap().unwrap().upstream_tokens
}

async fn let_go(house: &House, grant: GrantId) -> RevokeUpstreamTokensReply {
    let message = RevokeUpstreamTokens { grant };
    house.actors().broker.ask(message).await.unwrap()
}

#[test]
fn the_provider_has_its_tokens_back_when_the_last_grant_of_their_user_has_ended() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let (first, last) = (grant_of(&house, 1, "alice"), grant_of(&house, 2, "alice"));
        grant_of(&house, 3, "bob");
        assert_eq!(let_go(&house, first).await, Ok(Released::Forgotten));
        assert!(tokens_of(&house, first).is_some(), "it lives");
        end(&house, first);
        assert_eq!(let_go(&house, first).await, Ok(Released::Forgotten));
        assert_eq!(tokens_of(&house, first), None);
        assert!(
            provider.revoked.borrow().is_empty(),
            "the other one lives by the same login"
        );
        end(&house, last);
        assert_eq!(let_go(&house, last).await, Ok(Released::GivenBack));
        assert_eq!(let_go(&house, last).await, Ok(Released::Forgotten), "once");
        assert_eq!(tokens_of(&house, last), None);
        assert_eq!(*provider.revoked.borrow(), ["access 2"]);
    });
}

#[test]
fn tokens_that_no_grant_holds_go_back_unless_their_user_has_a_grant() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let releases = house.actors().releases.clone().unwrap();
        grant_of(&house, 1, "alice");
        for (user, number) in [("alice", 5), ("bob", 6)] {
            let message = DiscardUpstreamTokens {
                user: fixtures::user_key(user),
                tokens: upstream_tokens(number),
            };
            assert_eq!(house.actors().broker.ask(message).await, Ok(()));
        }
        releases.finish(Duration::from_secs(10)).await;
        assert_eq!(*provider.revoked.borrow(), ["access 6"]);
        let expected = ReleaseStatus {
            revoked: 1,
            forgotten: 1,
            ..ReleaseStatus::default()
        };
        assert_eq!(releases.status(), expected);
    });
}

/// The client logs in again while the revocation waits for those before it.
#[test]
fn a_grant_that_came_while_tokens_waited_for_their_turn_keeps_them_from_the_provider() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let releases = house.actors().releases.clone().unwrap();
        let shut = provider.revoke_gate.acquire_many(GATE).await.unwrap();
        for (number, user) in (1..).zip(["a", "b", "c", "d", "alice"]) {
            let grant = ended_grant_of(&house, number, user);
            house
                .actors()
                .broker
                .ask(ReleaseUpstreamTokens { grant })
                .await
                .unwrap();
        }
        until("four were told", || provider.revoked.borrow().len() == 4).await;
        grant_of(&house, 6, "alice");
        drop(shut);
        releases.finish(Duration::from_secs(10)).await;
        assert!(!provider.revoked.borrow().contains(&"access 5".to_owned()));
        assert_eq!((releases.status().revoked, releases.status().forgotten), (4, 1));
    });
}

#[test]
fn who_ends_a_login_does_not_wait_for_the_provider_and_the_stop_does() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let releases = house.actors().releases.clone().unwrap();
        let shut = provider.revoke_gate.acquire_many(GATE).await.unwrap();
        let grant = ended_grant_of(&house, 1, "alice");
        assert_eq!(
            house.actors().broker.ask(ReleaseUpstreamTokens { grant }).await,
            Ok(())
        );
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
        for number in 0..515 {
            let grant = ended_grant_of(&house, number, &format!("user {number}"));
            assert_eq!(
                house.actors().broker.ask(ReleaseUpstreamTokens { grant }).await,
                Ok(())
            );
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
        let mut unreadable = fixtures::grant(2, "bob", START);
        unreadable.upstream_tokens = Some(sealed(&upstream_tokens(2), fixtures::grant_id(9)));
        assert!(house.store.insert_grant(&unreadable).unwrap());
        end(&house, unreadable.id);
        for grant in [ended_grant_of(&house, 1, "alice"), unreadable.id] {
            assert_eq!(
                house.actors().broker.ask(ReleaseUpstreamTokens { grant }).await,
                Ok(())
            );
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
fn a_sweep_gives_back_what_nobody_else_lives_by() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let overdue = [
            grant_of(&house, 1, "alice"),
            grant_of(&house, 2, "bob"),
            grant_of(&house, 3, "bob"),
        ];
        house.clock.advance(Duration::from_mins(6));
        let mut young = fixtures::grant(4, "alice", START + Duration::from_mins(5));
        young.upstream_tokens = Some(sealed(&upstream_tokens(4), young.id));
        assert!(house.store.insert_grant(&young).unwrap());
        assert_eq!(sweep(house.actors()).await.ended_grants, 3);
        let mut told = provider.revoked.borrow().clone();
        told.sort();
        assert_eq!(told, ["access 2", "access 3"], "both of bob's have ended");
        assert!(overdue.iter().all(|grant| tokens_of(&house, *grant).is_none()));
        assert!(tokens_of(&house, young.id).is_some());
    });
}

/// What nobody was told of is forgotten all the same.
#[test]
fn a_sweep_forgets_the_tokens_that_a_provider_is_not_told_of() {
    System::new().block_on(async {
        let (house, provider) = outside().await;
        let overdue = [1, 2, 3].map(|number| grant_of(&house, number, "alice"));
        *provider.revoke_error.borrow_mut() = Some(unavailable());
        house.clock.advance(Duration::from_mins(6));
        assert_eq!(sweep(house.actors()).await.ended_grants, 3);
        assert_eq!(provider.revoked.borrow().len(), 1);
        assert!(overdue.iter().all(|grant| tokens_of(&house, *grant).is_none()));
    });
}
