//! How the client registry answers its messages, but for documents. Plain functions; the store decides races.

use std::sync::Arc;

use super::messages::{
    AuthenticateClient, AuthenticateClientError, AuthenticateClientReply, ClientRefusal, FindClient,
    FindClientReply, PresentedCredentials, RegisterClient, RegisterClientError, RegisterClientReply,
    SweepClients, SweepClientsReply,
};
use super::{ClientRegistrySettings, ConfiguredClients, StoredClients};
use crate::domain::client::{
    AuthenticationMethod, Client, ClientCredential, ClientId, ClientMetadata, ClientOrigin,
    MetadataDocumentUrl, RegistrationResponse, SecretPlace,
};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::key_ring::{DigestPurpose, KeyRing};
use crate::domain::opaque_token::ClientSecret;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};
use crate::domain::secret::{Secret, SecretDigest};
use crate::store::clients::ClientInsertion;
use crate::store::{ClientRepository, StoreError};

/// Everything that the rules need. Cheap to clone, so that each message can be answered on a thread of its own.
#[derive(Clone)]
pub struct ClientRules {
    /// What the operator set.
    pub settings: Arc<ClientRegistrySettings>,
    /// The clients of the configuration.
    pub configured: Arc<ConfiguredClients>,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers and secrets come from.
    pub randomness: Arc<dyn Randomness>,
    /// What secrets are digested with.
    pub keys: Arc<KeyRing>,
    /// Where clients are kept that are not configured.
    pub repository: Arc<dyn ClientRepository>,
    /// How many were stored since the start.
    pub stored: StoredClients,
}

impl ClientRules {
    /// Registers a client. A public client that asks for exactly what another one has gets that one's identifier,
    /// since the two could not be told apart anyway.
    pub fn register(&self, message: RegisterClient) -> RegisterClientReply {
        let metadata = ClientMetadata::validate(message.metadata, &self.settings.metadata)?;
        let now = self.clock.now();
        let fingerprint = metadata.fingerprint();
        let requested_redirect_uris = metadata.redirect_uris.clone();
        let (client, secret) = self.new_client(metadata, now)?;
        let is_public = client.credential == ClientCredential::Public;
        let client = match self
            .repository
            .insert_client(&client, is_public.then_some(&fingerprint), now)?
        {
            ClientInsertion::Inserted => {
                self.delete_surplus()?;
                client
            }
            ClientInsertion::EqualExists(existing) => {
                let lapses_at = now + self.settings.unused_lifetime;
                if !self.repository.prolong_client(&existing.id, lapses_at)? {
                    // It was deleted in this very moment; another attempt will register a new one.
                    return Err(StoreError::Busy {
                        operation: "share client",
                    }
                    .into());
                }
                *existing
            }
            ClientInsertion::IdTaken => return Err(RegisterClientError::Store(id_taken())),
        };
        Ok(RegistrationResponse::new(
            &client,
            &requested_redirect_uris,
            secret,
        ))
    }

    /// After a client was stored: forgets the oldest unused ones if there may be too many.
    pub(super) fn delete_surplus(&self) -> Result<(), StoreError> {
        let most = self.settings.most_unused_clients.max(1);
        if self.stored.one_more(most) {
            self.repository
                .delete_unused_clients_beyond(most, self.clock.now())?;
        }
        Ok(())
    }

    /// The client with this identifier, unless its registration has lapsed.
    pub fn find(&self, message: &FindClient) -> FindClientReply {
        let client = self.look_up(&message.id)?;
        Ok(client.filter(|client| !client.is_expired(self.clock.now())))
    }

    /// The client, if it presented what it is registered for. Whoever is refused has cost one question to the store, and one
    /// comparison if there was a secret, so that the time of the refusal does not tell which clients exist. A configured
    /// client that proves who it is costs no question. Nothing is written: who merely authenticates has not used the registration.
    pub fn authenticate(&self, message: &AuthenticateClient) -> AuthenticateClientReply {
        let id = message.credentials.id();
        match self.judge(self.look_up(id)?, &message.credentials) {
            Ok(client) => Ok(client),
            Err(refusal) => {
                if !self.may_be_stored(id) {
                    self.repository.find_client(id)?;
                }
                Err(AuthenticateClientError::Refused(refusal))
            }
        }
    }

    fn judge(
        &self,
        client: Option<Client>,
        credentials: &PresentedCredentials,
    ) -> Result<Client, ClientRefusal> {
        let presented = credentials.secret();
        let stored = match client.as_ref().map(|client| &client.credential) {
            Some(ClientCredential::Secret { digest, .. }) => Some(digest),
            Some(ClientCredential::Public | ClientCredential::Keys(_)) | None => None,
        };
        let is_secret_right = presented.is_some_and(|(_, secret)| self.is_secret_right(secret, stored));
        let client = client.ok_or(ClientRefusal::Unknown)?;
        let place = presented.map(|(place, _)| place);
        check_method(&client.credential, place, is_secret_right)?;
        match client.is_expired(self.clock.now()) {
            true => Err(ClientRefusal::Lapsed),
            false => Ok(client),
        }
    }

    /// Deletes registrations that have lapsed.
    pub fn sweep(&self, message: SweepClients) -> SweepClientsReply {
        self.repository
            .delete_expired_clients(self.clock.now(), message.most)
    }

    /// How many clients there are besides the configured ones.
    pub fn count(&self) -> Result<u64, StoreError> {
        self.repository.count_clients()
    }

    /// The client, lapsed or not. One that a document describes is there only as long as the operator accepts the document.
    pub(super) fn look_up(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        match self.configured.get(id) {
            Some(client) => Ok(Some(client.clone())),
            None if self.may_be_stored(id) => {
                let found = self.repository.find_client(id)?;
                Ok(found.map(|client| self.with_allowed_scopes(client)))
            }
            None => Ok(None),
        }
    }

    /// Whether the store is asked for this client, and nobody else knows of it.
    fn may_be_stored(&self, id: &ClientId) -> bool {
        let is_refused_document = || MetadataDocumentUrl::is_meant_by(id) && self.admitted(id).is_err();
        !self.configured.contains_key(id) && !is_refused_document()
    }

    /// The client as it stands today: what one that described itself may ask for is what the operator allows now. It registered
    /// with the scopes that it was told of first, and is told of others when it calls what needs them.
    pub(super) fn with_allowed_scopes(&self, client: Client) -> Client {
        Client {
            scopes: self.settings.metadata.allowed_scopes.clone(),
            ..client
        }
    }

    fn new_client(
        &self,
        metadata: ClientMetadata,
        now: Timestamp,
    ) -> Result<(Client, Option<Secret>), RandomnessUnavailable> {
        let place = self.secret_place(metadata.authentication);
        let secret = place
            .map(|_| ClientSecret::generate(self.randomness.as_ref()))
            .transpose()?;
        let credential = match (place, &secret, metadata.keys) {
            (Some(place), Some(secret), _) => ClientCredential::Secret {
                place,
                digest: secret.digest(&self.keys),
            },
            (_, _, Some(keys)) => ClientCredential::Keys(keys),
            (_, _, None) => ClientCredential::Public,
        };
        let client = Client {
            id: ClientId::generate(self.randomness.as_ref())?,
            origin: ClientOrigin::Registered,
            name: metadata.name,
            credential,
            redirect_uris: metadata.redirect_uris,
            grant_types: metadata.grant_types,
            scopes: metadata.scopes,
            created_at: now,
            last_used_at: None,
            expires_at: Some(now + self.settings.unused_lifetime),
            metadata: metadata.members,
        };
        Ok((client, secret.map(|secret| secret.secret().clone())))
    }

    /// Where a new client may put its secret; `None` if it gets none. A client that names no method gets a secret
    /// if secrets are offered, as RFC 7591 has it.
    fn secret_place(&self, method: Option<AuthenticationMethod>) -> Option<SecretPlace> {
        let is_secret = |method: &AuthenticationMethod| {
            matches!(
                method,
                AuthenticationMethod::ClientSecretBasic | AuthenticationMethod::ClientSecretPost
            )
        };
        match method {
            Some(AuthenticationMethod::ClientSecretBasic) => Some(SecretPlace::Header),
            Some(AuthenticationMethod::ClientSecretPost) => Some(SecretPlace::Body),
            Some(AuthenticationMethod::None | AuthenticationMethod::PrivateKeyJwt) => None,
            None => {
                let offers_secrets = self
                    .settings
                    .metadata
                    .authentication_methods
                    .iter()
                    .any(is_secret);
                offers_secrets.then_some(SecretPlace::HeaderOrBody)
            }
        }
    }

    /// Compares in any case, also for a client that does not exist or has no secret: with a digest that no text has.
    fn is_secret_right(&self, secret: &Secret, stored: Option<&SecretDigest>) -> bool {
        const NOBODYS: SecretDigest = SecretDigest::from_bytes([0; SecretDigest::LENGTH]);
        self.keys
            .matches(DigestPurpose::ClientSecret, secret, stored.unwrap_or(&NOBODYS))
    }
}

/// Whether the client authenticated by its method, and successfully.
fn check_method(
    credential: &ClientCredential,
    presented: Option<SecretPlace>,
    is_secret_right: bool,
) -> Result<(), ClientRefusal> {
    let is_method_right = match (credential, presented) {
        (ClientCredential::Public, None) => return Ok(()),
        (ClientCredential::Secret { place, .. }, Some(presented)) => {
            *place == SecretPlace::HeaderOrBody || *place == presented
        }
        (ClientCredential::Public | ClientCredential::Keys(_), _)
        | (ClientCredential::Secret { .. }, None) => false,
    };
    if !is_method_right {
        return Err(ClientRefusal::WrongMethod {
            registered: credential.method(),
        });
    }
    if is_secret_right {
        Ok(())
    } else {
        Err(ClientRefusal::WrongSecret)
    }
}

fn id_taken() -> StoreError {
    StoreError::Inconsistent {
        operation: "insert client",
        reason: "a freshly drawn client identifier is already there".to_owned(),
    }
}
