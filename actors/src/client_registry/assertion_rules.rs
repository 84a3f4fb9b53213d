//! How the registry treats clients that sign assertions: whose keys must have made the signature, and what it proves. Reading
//! keys is not done here.

use std::sync::Arc;

use super::key_sets::{KeyAddress, KeySetRefusal};
use super::messages::{
    AssertedClient, AssertionRefusal, AuthenticateByAssertion, AuthenticateByAssertionError,
    AuthenticateByAssertionReply, ClientRefusal,
};
use super::rules::ClientRules;
use crate::domain::client::{
    ASSERTION_ALGORITHMS, AssertionProblem, Client, ClientCredential, ClientId, ClientKeys, ExpectedAssertion,
};
use crate::jose::{JwkSet, JwsError, UnverifiedJws, object};

/// The client that an assertion is said to be from.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) client: Client,
    pub(super) keys: ClaimedKeys,
}

/// Where the keys are that must have made the signature.
#[derive(Clone, Debug)]
pub(super) enum ClaimedKeys {
    /// Here.
    Known(Arc<JwkSet>),
    /// At an address where they may be read.
    Published(KeyAddress),
}

impl ClientRules {
    /// Whom the assertion names, if that is a client with keys. Nothing of it is verified yet.
    pub(super) fn claimed(
        &self,
        request: &AuthenticateByAssertion,
    ) -> Result<Claimed, AuthenticateByAssertionError> {
        let jws = UnverifiedJws::parse(request.assertion.expose(), &ASSERTION_ALGORITHMS);
        let jws = jws.map_err(AuthenticateByAssertionError::Unreadable)?;
        let named = || ClientId::parse(&jws.claimed("sub")?).ok();
        let id = request.client.clone().or_else(named);
        let refused = |reason: AssertionRefusal| AuthenticateByAssertionError::Refused {
            client: id.clone(),
            reason,
        };
        let known = id.as_ref().ok_or_else(|| refused(AssertionRefusal::Nobody))?;
        let client = self.look_up(known)?;
        let client = client.ok_or_else(|| refused(ClientRefusal::Unknown.into()))?;
        let keys = self.keys_of(&client).map_err(refused)?;
        Ok(Claimed { client, keys })
    }

    /// The keys that must have made the signatures of a client.
    pub(super) fn keys_of(&self, client: &Client) -> Result<ClaimedKeys, AssertionRefusal> {
        let ClientCredential::Keys(keys) = &client.credential else {
            let registered = client.credential.method();
            return Err(ClientRefusal::WrongMethod { registered }.into());
        };
        if client.is_expired(self.clock.now()) {
            return Err(ClientRefusal::Lapsed.into());
        }
        match keys {
            ClientKeys::Inline(set) => {
                let keys = JwkSet::parse(set.to_string().as_bytes()).map_err(KeySetRefusal::from)?;
                Ok(ClaimedKeys::Known(Arc::new(keys)))
            }
            ClientKeys::Address(address) => {
                let policy = self.settings.documents.as_ref();
                let address = KeyAddress::admit(address, client.origin, policy)?;
                Ok(ClaimedKeys::Published(address))
            }
        }
    }

    /// Whether one of these keys made the assertion, and whether it is what it must be; `None` if it is by a key that is not
    /// among these, so that newer ones may have it.
    pub(super) fn prove(
        &self,
        client: Client,
        keys: &JwkSet,
        request: &AuthenticateByAssertion,
    ) -> Option<AuthenticateByAssertionReply> {
        let algorithms = client.assertion_algorithms();
        let refused = |reason: JwsError| AuthenticateByAssertionError::Refused {
            client: Some(client.id.clone()),
            reason: AssertionRefusal::Signature(reason),
        };
        let jws = match UnverifiedJws::parse(request.assertion.expose(), &algorithms) {
            Ok(jws) => jws,
            Err(reason) => return Some(Err(refused(reason))),
        };
        match jws.verify(keys) {
            Err(JwsError::UnknownKey) => None,
            Err(reason) => Some(Err(refused(reason))),
            Ok(payload) => Some(self.accept(client, payload, request)),
        }
    }

    fn accept(
        &self,
        client: Client,
        payload: &[u8],
        request: &AuthenticateByAssertion,
    ) -> AuthenticateByAssertionReply {
        let now = self.clock.now();
        let expected = ExpectedAssertion {
            client: &client.id,
            audiences: &request.audiences,
            now,
        };
        let claims = object::read(payload).ok_or(AssertionProblem::NoClaims);
        let checked = claims.and_then(|claims| expected.check(&claims));
        let single_use = checked.map_err(|problem| AuthenticateByAssertionError::Wrong {
            client: client.id.clone(),
            problem,
        })?;
        Ok(AssertedClient { client, single_use })
    }
}

/// The answer where no key that can be had made the signature.
pub(super) fn unknown_key(client: ClientId) -> AuthenticateByAssertionError {
    AuthenticateByAssertionError::Refused {
        client: Some(client),
        reason: AssertionRefusal::Signature(JwsError::UnknownKey),
    }
}

/// The answer where the keys cannot be had.
pub(super) fn no_keys(client: ClientId, reason: KeySetRefusal) -> AuthenticateByAssertionError {
    match reason.retry_after() {
        Some(retry_after) => AuthenticateByAssertionError::Keys {
            client,
            reason,
            retry_after,
        },
        None => AuthenticateByAssertionError::Refused {
            client: Some(client),
            reason: reason.into(),
        },
    }
}
