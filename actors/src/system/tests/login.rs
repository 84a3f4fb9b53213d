//! From a login to a verified token, and what must not work on the way.

use std::rc::Rc;

use actix::System;

use super::house::{House, all, house};
use crate::auth_code_store::messages::ConsumeCodeError;
use crate::client_registry::messages::PresentedCredentials;
use crate::client_registry::{AuthenticateClient, FindClient};
use crate::domain::authorization_code::CodeRefusal;
use crate::domain::client::ClientId;
use crate::domain::grant::GrantEnd;
use crate::domain::secret::Secret;
use crate::domain::token::AccessTokenRefusal;
use crate::store::conformance::fixtures;
use crate::system::tests::house::CLIENT;
use crate::token_store::messages::{IssueTokensError, RotateRefreshTokenError, VerifyTokenError};
use crate::token_store::{IssueTokens, RevokeGrant, RevokeToken};

fn run<F: Future<Output = ()>>(test: impl FnOnce(Rc<House>) -> F) {
    System::new().block_on(async {
        let house = Rc::new(house().await);
        test(house).await;
    });
}

#[test]
fn the_demos_user_logs_in_and_calls_with_the_token() {
    run(|house| async move {
        let id = ClientId::parse(CLIENT).unwrap();
        let client = house
            .actors()
            .clients
            .ask(FindClient { id: id.clone() })
            .await
            .unwrap()
            .unwrap();
        assert_eq!(client, Some(house.client.clone()));
        let code = house.code().await;
        let secret = Secret::new("mcp-test-secret");
        let credentials = PresentedCredentials::Body { id, secret };
        let authenticated = house
            .actors()
            .clients
            .ask(AuthenticateClient { credentials })
            .await;
        assert_eq!(authenticated.unwrap().unwrap().id, house.client.id);
        let pair = house.redeem(&code).await.unwrap();
        let principal = house.verify(&pair.access_token).await.unwrap().unwrap();
        assert_eq!(principal.user.identity.key.subject, "testuser");
        assert_eq!(principal.user.identity.provider, "local");
        assert_eq!(principal.scopes, fixtures::scopes("mcp:read mcp:write"));
        assert_eq!(principal.client, house.client.id);
    });
}

#[test]
fn verifying_again_sends_no_message() {
    run(|house| async move {
        let pair = house.tokens().await;
        house.verify(&pair.access_token).await.unwrap().unwrap();
        let before = house.actors().tokens.status().asked;
        for _ in 0..100 {
            house.verify(&pair.access_token).await.unwrap().unwrap();
        }
        assert_eq!(house.actors().tokens.status().asked, before);
        let foreign = Secret::new("gho_0123456789");
        let resource = fixtures::resource();
        let message = crate::token_store::VerifyToken {
            token: foreign,
            resource,
            purpose: crate::token_store::VerifyPurpose::Call { key: None },
        };
        let refused = house.actors().tokens.verify(message).await.unwrap();
        assert_eq!(refused, Err(VerifyTokenError::Unknown));
        assert_eq!(
            house.actors().tokens.status().asked,
            before,
            "what cannot be ours is refused without asking"
        );
    });
}

#[test]
fn a_code_that_comes_again_ends_what_was_issued_from_it() {
    run(|house| async move {
        let code = house.code().await;
        let pair = house.redeem(&code).await.unwrap();
        let principal = house.verify(&pair.access_token).await.unwrap().unwrap();
        let refused = house.consume(&code).await.unwrap_err();
        let ConsumeCodeError::Refused {
            refusal: CodeRefusal::AlreadyConsumed { grant },
            ..
        } = refused
        else {
            panic!("{refused}");
        };
        assert_eq!(Some(grant), principal.grant);
        let reason = GrantEnd::CodeReplayed;
        let ended = house.actors().tokens.ask(RevokeGrant { grant, reason }).await;
        assert_eq!(ended, Ok(Ok(true)));
        assert_eq!(
            house.verify(&pair.access_token).await,
            Ok(Err(VerifyTokenError::Refused(AccessTokenRefusal::GrantEnded(
                reason
            )))),
            "although it was verified a moment ago"
        );
    });
}

#[test]
fn of_a_hundred_redemptions_at_once_one_succeeds_and_its_tokens_are_ended() {
    run(|house| async move {
        let code = house.code().await;
        let mut verified = Vec::new();
        for _ in 0..100 {
            verified.push(house.consume(&code).await.unwrap());
        }
        let redeem = |code| {
            let house = Rc::clone(&house);
            let message = IssueTokens {
                code,
                with_refresh_token: true,
                key: None,
                issuer: "https://api.example.com".to_owned(),
            };
            tokio::task::spawn_local(async move { house.actors().tokens.ask(message).await.unwrap() })
        };
        let outcomes = all(verified.into_iter().map(redeem).collect()).await;
        let (issued, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((issued.len(), refused.len()), (1, 99));
        for refusal in refused {
            assert!(matches!(refusal, Err(IssueTokensError::CodeReplayed { .. })));
        }
        let pair = issued.into_iter().next().unwrap().unwrap();
        let refused = house.verify(&pair.access_token).await.unwrap();
        let ended = AccessTokenRefusal::GrantEnded(GrantEnd::CodeReplayed);
        assert_eq!(refused, Err(VerifyTokenError::Refused(ended)));
    });
}

#[test]
fn parallel_refreshes_get_the_same_working_pair() {
    run(|house| async move {
        let pair = house.tokens().await;
        let refresh = |_| {
            let (house, token) = (Rc::clone(&house), pair.refresh_token.clone().unwrap());
            tokio::task::spawn_local(async move { house.refresh(&token).await.unwrap() })
        };
        let pairs = all((0..50).map(refresh).collect()).await;
        for other in &pairs {
            assert_eq!(other.access_token.expose(), pairs[0].access_token.expose());
            assert!(house.verify(&other.access_token).await.unwrap().is_ok());
        }
    });
}

#[test]
fn a_stolen_refresh_token_ends_the_login_at_once_everywhere_in_this_process() {
    run(|house| async move {
        let first = house.tokens().await;
        let stolen = first.refresh_token.clone().unwrap();
        let second = house.refresh(&stolen).await.unwrap();
        house.verify(&second.access_token).await.unwrap().unwrap();
        house.clock.advance(std::time::Duration::from_secs(31));
        house.verify(&second.access_token).await.unwrap().unwrap();
        let refused = house.refresh(&stolen).await.unwrap_err();
        assert!(matches!(refused, RotateRefreshTokenError::Reused { .. }));
        let ended = AccessTokenRefusal::GrantEnded(GrantEnd::RefreshTokenReused);
        assert_eq!(
            house.verify(&second.access_token).await,
            Ok(Err(VerifyTokenError::Refused(ended)))
        );
    });
}

#[test]
fn a_token_that_was_given_back_is_refused_although_it_was_just_verified() {
    run(|house| async move {
        let pair = house.tokens().await;
        house.verify(&pair.access_token).await.unwrap().unwrap();
        let message = RevokeToken {
            token: pair.access_token.secret().clone(),
            client: house.client.id.clone(),
        };
        house.actors().tokens.ask(message).await.unwrap().unwrap();
        assert_eq!(
            house.verify(&pair.access_token).await,
            Ok(Err(VerifyTokenError::Refused(AccessTokenRefusal::Revoked)))
        );
    });
}
