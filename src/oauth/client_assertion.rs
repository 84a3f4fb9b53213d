//! Clients that sign who they are: `private_key_jwt` (RFC 7523 section 2.2, OpenID Connect Core 1.0 section 9).
//!
//! Must not live here: what an assertion must say, and whose keys must have signed it (those are the core crate's).

use mxcp_actors::client_registry::AuthenticateByAssertion;
use mxcp_actors::client_registry::messages::{AssertedClient, AuthenticateByAssertionError};
use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{ASSERTION_TYPE, Client, ClientId};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::token_store::RememberUse;

use super::audit::Entry;
use super::client_authentication::ClientAuthenticationError;
use super::parameters::Parameters;
use super::{Addresses, Caller, Services, Unavailable};

/// The longest assertion that is read, in bytes.
const LONGEST_ASSERTION: usize = 8 * 1024;

/// What a request says with an assertion.
pub(super) struct PresentedAssertion {
    /// `client_id`, which may be left out.
    pub(super) client: Option<ClientId>,
    /// `client_assertion`
    pub(super) assertion: Secret,
}

/// Whether the request is meant to authenticate with an assertion.
pub(super) fn is_presented(form: &Parameters) -> bool {
    form.contains("client_assertion") || form.contains("client_assertion_type")
}

/// Reads the assertion of a request that names this client, or none.
pub(super) fn presented(
    form: &Parameters,
    client: Option<ClientId>,
) -> Result<PresentedAssertion, ClientAuthenticationError> {
    if form.required("client_assertion_type")? != ASSERTION_TYPE {
        return Err(ClientAuthenticationError::AssertionType);
    }
    form.optional_within("client_assertion", LONGEST_ASSERTION)?;
    let assertion = Secret::new(form.required("client_assertion")?);
    Ok(PresentedAssertion { client, assertion })
}

/// Authenticates the client that made the assertion. An assertion counts once, on one of all replicas.
pub(super) async fn authenticate(
    services: &Services,
    caller: &Caller,
    addresses: &Addresses,
    PresentedAssertion { client, assertion }: PresentedAssertion,
) -> Result<Client, ClientAuthenticationError> {
    let asked = services.actors.clients.ask(AuthenticateByAssertion {
        client,
        assertion,
        audiences: audiences(addresses),
        network: caller.network,
    });
    let asserted = match asked.await.map_err(Unavailable::from)? {
        Ok(asserted) => asserted,
        Err(error) => return Err(refused(services, caller, error)),
    };
    let AssertedClient { client, single_use } = asserted;
    let remembered = services.actors.tokens.ask(RememberUse(single_use));
    let is_first = remembered.await.map_err(Unavailable::from)?;
    if is_first.map_err(Unavailable::from)? {
        return Ok(client);
    }
    let error = ClientAuthenticationError::AssertionUsed;
    record(services, caller, Some(&client.id), &error);
    Err(error)
}

/// What this server may be called in `aud`: its issuer, which nobody else's assertion is for; or its token endpoint, which
/// OpenID Connect recommended and clients still send, whichever endpoint they call. Some write the issuer with a slash.
fn audiences(addresses: &Addresses) -> Vec<String> {
    let issuer = addresses.issuer();
    let mut audiences = vec![issuer.to_owned(), format!("{issuer}/")];
    audiences.extend(addresses.token_endpoints());
    audiences
}

fn refused(
    services: &Services,
    caller: &Caller,
    error: AuthenticateByAssertionError,
) -> ClientAuthenticationError {
    use AuthenticateByAssertionError as E;
    match error {
        E::Store(error) => Unavailable::from(error).into(),
        E::Keys { retry_after, .. } => Unavailable::Down {
            reason: error.to_string(),
            retry_after,
        }
        .into(),
        E::Unreadable(reason) => {
            record(services, caller, None, &reason);
            ClientAuthenticationError::Assertion(E::Unreadable(reason).to_string())
        }
        E::Wrong { client, problem } => {
            record(services, caller, Some(&client), &problem);
            ClientAuthenticationError::Assertion(problem.to_string())
        }
        E::Refused { client, reason } => {
            record(services, caller, client.as_ref(), &reason);
            ClientAuthenticationError::Refused(None)
        }
    }
}

fn record(services: &Services, caller: &Caller, client: Option<&ClientId>, reason: &dyn std::fmt::Display) {
    let event = services.event(AuthenticationEvent::RequestRefused, caller);
    let event = client.into_iter().fold(event, Entry::client);
    event.refused(reason).write();
}
