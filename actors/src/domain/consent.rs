//! A user's remembered agreement that a client may act for them.
//!
//! It holds for one client, one receiver and the scopes that were shown. A client that changes its redirect URIs or
//! its name afterwards is asked about again. Whether a remembered consent may be used at all is the operator's setting.

use super::client::{Client, ClientId};
use super::clock::Timestamp;
use super::redirect_uri::RedirectUri;
use super::scope::ScopeSet;
use super::user::UserKey;

/// An agreement, unique per user, client and receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who agreed.
    pub user: UserKey,
    /// To which client.
    pub client: ClientId,
    /// The host or scheme that the consent page showed.
    pub receiver: String,
    /// The scopes that the consent page showed.
    pub scopes: ScopeSet,
    /// What the client was: its redirect URIs and its name.
    pub client_fingerprint: [u8; 32],
    /// When.
    pub given_at: Timestamp,
    /// When it must be asked for again.
    pub expires_at: Timestamp,
}

impl Consent {
    /// Whether this request was already agreed to.
    #[must_use]
    pub fn covers(
        &self,
        client: &Client,
        redirect_uri: &RedirectUri,
        scopes: &ScopeSet,
        now: Timestamp,
    ) -> bool {
        self.client == client.id
            && self.receiver == redirect_uri.receiver()
            && scopes.is_subset_of(&self.scopes)
            && self.client_fingerprint == client.consent_fingerprint()
            && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client::ClientConfiguration;
    use crate::domain::key_ring::{KeyRing, MasterKey};
    use crate::domain::randomness::SeededRandomness;

    const GIVEN: Timestamp = Timestamp::from_seconds(0);
    const LATER: Timestamp = Timestamp::from_seconds(100);

    fn client(redirect_uris: &[&str]) -> Client {
        let keys = KeyRing::new(&MasterKey::generate(&SeededRandomness::new(1)).unwrap(), &[]).unwrap();
        let configuration = ClientConfiguration {
            id: "app".to_owned(),
            secret: None,
            keys: None,
            name: "App".to_owned(),
            redirect_uris: redirect_uris.iter().map(ToString::to_string).collect(),
            grant_types: Vec::new(),
            scopes: Vec::new(),
        };
        Client::from_configuration(&configuration, &keys, GIVEN).unwrap()
    }

    fn scopes(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    fn consent(client: &Client) -> Consent {
        Consent {
            user: UserKey {
                issuer: "i".to_owned(),
                subject: "s".to_owned(),
            },
            client: client.id.clone(),
            receiver: "a.example".to_owned(),
            scopes: scopes("mcp:read mcp:write"),
            client_fingerprint: client.consent_fingerprint(),
            given_at: GIVEN,
            expires_at: LATER,
        }
    }

    #[test]
    fn what_was_agreed_to_need_not_be_asked_again() {
        let client = client(&["https://a.example/cb", "https://a.example/other"]);
        let other_path = client
            .choose_redirect_uri(Some("https://a.example/other"))
            .unwrap();
        assert!(consent(&client).covers(&client, &other_path, &scopes("mcp:read"), GIVEN));
    }

    #[test]
    fn more_scopes_another_host_changed_redirects_and_old_age_are_asked_about() {
        let client_then = client(&["https://a.example/cb", "https://b.example/cb"]);
        let [host_a, host_b] = ["https://a.example/cb", "https://b.example/cb"]
            .map(|uri| client_then.choose_redirect_uri(Some(uri)).unwrap());
        let (consent, read) = (consent(&client_then), scopes("mcp:read"));
        assert!(!consent.covers(&client_then, &host_a, &scopes("mcp:read mcp:admin"), GIVEN));
        assert!(!consent.covers(&client_then, &host_b, &read, GIVEN));
        assert!(!consent.covers(&client_then, &host_a, &read, LATER));
        let renamed = Client {
            name: Some("Another App".to_owned()),
            ..client_then
        };
        assert!(!consent.covers(&renamed, &host_a, &read, GIVEN));
        let client_now = client(&["https://a.example/cb", "https://evil.example/cb"]);
        assert!(!consent.covers(&client_now, &host_a, &read, GIVEN));
    }
}
