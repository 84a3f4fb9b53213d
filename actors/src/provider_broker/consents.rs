//! How the broker remembers consents. Whether they may be used is the operator's setting and the caller's question.

use super::approved_request::ApprovedRequest;
use super::messages::{
    ForgetConsents, ForgetConsentsReply, RecallConsent, RecallConsentReply, RememberConsent,
    RememberConsentReply,
};
use super::rules::BrokerRules;
use crate::domain::consent::Consent;
use crate::domain::scope::ScopeRequest;

impl BrokerRules {
    /// The request as approved, if the user who is signed in has agreed to all of it before.
    pub fn recall_consent(&self, message: RecallConsent) -> RecallConsentReply {
        let RecallConsent {
            request,
            client,
            session,
            default_scopes,
        } = message;
        let Some(signed_in) = self.signed_in(&session)? else {
            return Ok(None);
        };
        if request.client != client.id {
            return Ok(None);
        }
        let user = signed_in.user;
        let scopes = ScopeRequest {
            client: &client.scopes,
            asked: request.asked.as_ref(),
            user: &user.identity.scopes,
            default: &default_scopes,
        }
        .effective();
        let receiver = request.redirect_uri.receiver();
        let consent = self
            .store
            .consents
            .find_consent(&user.identity.key, &client.id, receiver)?;
        let is_covered = consent
            .is_some_and(|consent| consent.covers(&client, &request.redirect_uri, &scopes, self.now()));
        Ok(is_covered.then(|| ApprovedRequest::new(request, Some(user))))
    }

    /// Remembers what a user agreed to, in place of what the same user agreed to before.
    pub fn remember_consent(&self, message: RememberConsent) -> RememberConsentReply {
        let now = self.now();
        self.store.consents.put_consent(&Consent {
            user: message.user,
            receiver: message.redirect_uri.receiver().to_owned(),
            scopes: message.scopes,
            client_fingerprint: message.client.consent_fingerprint(),
            client: message.client.id,
            given_at: now,
            expires_at: now + self.settings.consent_lifetime,
        })
    }

    /// Takes consents back.
    pub fn forget_consents(&self, message: &ForgetConsents) -> ForgetConsentsReply {
        self.store
            .consents
            .delete_consents(&message.user, &message.client)
    }
}
