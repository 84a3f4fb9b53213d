//! Clients giving tokens back (RFC 7009).

use super::*;
use crate::domain::grant::{GrantEnd, GrantState};
use crate::domain::token::AccessTokenRefusal;
use crate::token_store::messages::Revocation;

fn give_back(replica: &Replica, text: &str, client: &str) -> Revocation {
    let message = RevokeToken {
        token: Secret::new(text),
        client: fixtures::client_id(client),
    };
    replica.rules.revoke_token(&message).unwrap()
}

#[test]
fn an_access_token_goes_alone() {
    let replica = replica();
    let (grant, pair) = replica.log_in();
    assert_eq!(
        give_back(&replica, pair.access_token.expose(), "client"),
        Revocation::AccessToken(grant)
    );
    assert_eq!(
        give_back(&replica, pair.access_token.expose(), "client"),
        Revocation::Nothing
    );
    let refused = replica.verify(&pair.access_token).unwrap_err();
    assert_eq!(refused, VerifyTokenError::Refused(AccessTokenRefusal::Revoked));
    assert!(replica.refresh(refresh_token(&pair)).is_ok());
}

#[test]
fn a_refresh_token_takes_the_login_along() {
    let replica = replica();
    let (grant, pair) = replica.log_in();
    assert_eq!(
        give_back(&replica, refresh_token(&pair).expose(), "client"),
        Revocation::Grant(grant)
    );
    assert_eq!(
        give_back(&replica, refresh_token(&pair).expose(), "client"),
        Revocation::Nothing
    );
    assert!(is_refused(&replica.verify(&pair.access_token)));
    let ended = GrantState::Ended {
        at: START,
        reason: GrantEnd::RevokedByClient,
    };
    assert_eq!(replica.grant(grant).state, ended);
}

#[test]
fn other_clients_tokens_and_nonsense_are_left_alone() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    for text in [
        pair.access_token.expose(),
        refresh_token(&pair).expose(),
        "nonsense",
        "",
    ] {
        let (client, expected) = match text.starts_with("mcp_") {
            true => ("stranger", Revocation::NotOfClient),
            false => ("client", Revocation::Nothing),
        };
        assert_eq!(give_back(&replica, text, client), expected, "{text}");
    }
    assert!(replica.verify(&pair.access_token).is_ok());
    assert!(replica.refresh(refresh_token(&pair)).is_ok());
}

#[test]
fn signing_out_everywhere_ends_every_login_of_the_user_and_hands_them_over_once() {
    let replica = replica();
    let (first, first_pair) = replica.log_in();
    let (second, second_pair) = replica.log_in();
    let sign_out = |user: &str| {
        let message = RevokeGrantsOfUser {
            user: fixtures::user_key(user),
            client: None,
            reason: GrantEnd::RevokedByUser,
        };
        replica.rules.revoke_grants_of_user(&message).unwrap()
    };
    assert_eq!(sign_out("bob"), []);
    assert!(replica.verify(&first_pair.access_token).is_ok());
    let mut ended: Vec<_> = sign_out("alice").iter().map(|grant| grant.id).collect();
    ended.sort_unstable();
    let mut expected = [first, second];
    expected.sort_unstable();
    assert_eq!(ended, expected);
    assert_eq!(sign_out("alice"), []);
    assert!(is_refused(&replica.verify(&first_pair.access_token)));
    assert!(is_refused(&replica.verify(&second_pair.access_token)));
}

#[test]
fn a_user_sees_what_clients_hold_and_takes_it_back_from_one_of_them() {
    let replica = replica();
    let (pending, (grant, pair)) = (replica.open_grant(None), replica.log_in());
    let list = |user: &str| {
        let user = fixtures::user_key(user);
        let listed = replica.rules.list_grants_of_user(&ListGrantsOfUser { user });
        let ids = listed.unwrap().into_iter().map(|used| used.grant.id);
        ids.collect::<Vec<_>>()
    };
    assert_ne!(pending, grant);
    assert_eq!(list("alice"), [grant], "nobody holds anything of a pending grant");
    assert_eq!(list("bob"), []);
    let take_back = |client: &str| {
        let message = RevokeGrantsOfUser {
            user: fixtures::user_key("alice"),
            client: Some(fixtures::client_id(client)),
            reason: GrantEnd::RevokedByUser,
        };
        replica.rules.revoke_grants_of_user(&message).unwrap().len()
    };
    assert_eq!(take_back("stranger"), 0);
    assert!(replica.verify(&pair.access_token).is_ok());
    assert_eq!(take_back("client"), 2, "the pending grant as well");
    assert!(is_refused(&replica.verify(&pair.access_token)));
    assert_eq!(list("alice"), []);
}
