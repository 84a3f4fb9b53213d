//! Promises about interactions.

use super::fixtures::{
    all_at_once, at, client_id, count, digest, redirect_uri, resource, scopes, thumbprint, user_key,
};
use crate::domain::authorization_request::AuthorizationRequest;
use crate::domain::interaction::{Interaction, InteractionStage};
use crate::domain::login_attempt::AttemptId;
use crate::domain::pending_login::LoginPurpose;
use crate::domain::pkce::CodeVerifier;
use crate::store::Store;

const LOG_IN: InteractionStage = InteractionStage::LogIn;

fn interaction(name: &str, stage: InteractionStage) -> Interaction {
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
    Interaction {
        id: digest(name),
        browser: digest("browser"),
        purpose: LoginPurpose::Authorize(Box::new(request)),
        stage,
        created_at: at(0),
        expires_at: at(600),
    }
}

/// A page of a login that this client began, for ten minutes.
pub(super) fn interaction_of(client: &str) -> Interaction {
    let mut interaction = interaction(client, LOG_IN);
    if let LoginPurpose::Authorize(request) = &mut interaction.purpose {
        request.client = client_id(client);
    }
    interaction
}

fn consent_of(user: Option<&str>) -> InteractionStage {
    InteractionStage::Consent {
        user: user.map(user_key),
    }
}

pub(crate) fn interactions_come_back_as_they_were(store: &impl Store) {
    let sign_in = Interaction {
        purpose: LoginPurpose::SignIn,
        ..interaction("sign in", LOG_IN)
    };
    for stored in [
        sign_in,
        interaction("log in", LOG_IN),
        interaction("nobody", consent_of(None)),
        interaction("alice", consent_of(Some("alice"))),
        interaction("decided", InteractionStage::Decided),
        interaction("denied", InteractionStage::Denied),
    ] {
        assert!(store.insert_interaction(&stored).unwrap());
        assert!(!store.insert_interaction(&stored).unwrap());
        assert_eq!(store.find_interaction(&stored.id).unwrap(), Some(stored));
    }
    assert_eq!(store.find_interaction(&digest("other")).unwrap(), None);
}

pub(crate) fn an_interaction_moves_on_from_the_expected_stage_only(store: &impl Store) {
    let stored = interaction("page", LOG_IN);
    store.insert_interaction(&stored).unwrap();
    let [alice, bob, nobody] = [Some("alice"), Some("bob"), None].map(consent_of);
    let advance = |expected, next| store.advance_interaction(&stored.id, expected, next).unwrap();
    assert!(!advance(&alice, &InteractionStage::Decided));
    assert!(advance(&LOG_IN, &alice));
    assert!(!advance(&LOG_IN, &bob));
    for other in [&bob, &nobody] {
        assert!(!advance(other, &InteractionStage::Decided));
    }
    let found = store.find_interaction(&stored.id).unwrap().unwrap();
    assert_eq!(found.stage, alice);
    assert!(advance(&alice, &InteractionStage::Decided));
    assert!(
        !store
            .advance_interaction(&digest("other"), &LOG_IN, &alice)
            .unwrap()
    );
}

pub(crate) fn a_hundred_answers_decide_once(store: &impl Store) {
    let stage = consent_of(Some("alice"));
    store
        .insert_interaction(&interaction("page", stage.clone()))
        .unwrap();
    let outcomes = all_at_once(|_| {
        store
            .advance_interaction(&digest("page"), &stage, &InteractionStage::Decided)
            .unwrap()
    });
    assert_eq!(count(&outcomes, &true), 1);
}

pub(crate) fn ended_interactions_are_deleted(store: &impl Store) {
    for name in ["one", "two"] {
        store.insert_interaction(&interaction(name, LOG_IN)).unwrap();
    }
    assert_eq!(store.delete_expired_interactions(at(599), 9).unwrap(), 0);
    assert_eq!(store.delete_expired_interactions(at(600), 1).unwrap(), 1);
    assert_eq!(store.delete_expired_interactions(at(600), 9).unwrap(), 1);
}
