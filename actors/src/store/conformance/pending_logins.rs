//! Promises about pending logins.

use super::fixtures::{all_at_once, at, client_id, digest, redirect_uri, resource, scopes, thumbprint};
use super::interactions::interaction_of;
use crate::domain::authorization_request::AuthorizationRequest;
use crate::domain::login_attempt::AttemptId;
use crate::domain::pending_login::{LoginPurpose, PendingLogin};
use crate::domain::pkce::CodeVerifier;
use crate::domain::sealing::Sealed;
use crate::store::Store;

fn login(state: &str, purpose: LoginPurpose) -> PendingLogin {
    PendingLogin {
        state: digest(state),
        browser: digest("browser"),
        provider: "github".to_owned(),
        purpose,
        upstream_secrets: Sealed::from_bytes(vec![0, 255, 7]),
        created_at: at(0),
        expires_at: at(600),
    }
}

/// A login at the provider that this client began, for ten minutes.
pub(super) fn pending_login_of(client: &str) -> PendingLogin {
    login(client, interaction_of(client).purpose)
}

pub(crate) fn a_pending_login_is_taken_once(store: &impl Store) {
    let request = AuthorizationRequest {
        client: client_id("client"),
        redirect_uri: redirect_uri(),
        challenge: CodeVerifier::from_bits(&[1; 32]).challenge(),
        resource: resource(),
        asked: Some(scopes("mcp:read")),
        state: Some("ünïcode & \"quotes\"".to_owned()),
        attempt: AttemptId::parse("7K2M-9QXD-0A4T").ok(),
        bound_to: Some(thumbprint("key")),
    };
    let without = AuthorizationRequest {
        asked: None,
        state: None,
        attempt: None,
        bound_to: None,
        ..request.clone()
    };
    let purposes = [
        LoginPurpose::Authorize(Box::new(request)),
        LoginPurpose::Authorize(Box::new(without)),
        LoginPurpose::SignIn,
    ];
    for purpose in purposes {
        let stored = login("state", purpose);
        assert!(store.insert_pending_login(&stored).unwrap());
        assert!(!store.insert_pending_login(&stored).unwrap());
        assert_eq!(store.take_pending_login(&digest("other")).unwrap(), None);
        assert_eq!(store.take_pending_login(&digest("state")).unwrap(), Some(stored));
        assert_eq!(store.take_pending_login(&digest("state")).unwrap(), None);
    }
}

pub(crate) fn a_hundred_callbacks_complete_one_login(store: &impl Store) {
    store
        .insert_pending_login(&login("state", LoginPurpose::SignIn))
        .unwrap();
    let outcomes = all_at_once(|_| store.take_pending_login(&digest("state")).unwrap());
    assert_eq!(outcomes.iter().flatten().count(), 1);
}

pub(crate) fn ended_pending_logins_are_deleted(store: &impl Store) {
    for state in ["one", "two"] {
        store
            .insert_pending_login(&login(state, LoginPurpose::SignIn))
            .unwrap();
    }
    assert_eq!(store.delete_expired_pending_logins(at(599), 9).unwrap(), 0);
    assert_eq!(store.delete_expired_pending_logins(at(600), 1).unwrap(), 1);
    assert_eq!(store.delete_expired_pending_logins(at(600), 9).unwrap(), 1);
}
