//! Who a client at the token, revocation or introspection endpoint is (RFC 6749 section 2.3): one way of saying it per
//! request, and the way that it is registered for.
//!
//! Must not live here: reading headers, and which clients may use which endpoint.

use mxcp_actors::client_registry::AuthenticateClient;
use mxcp_actors::client_registry::messages::{AuthenticateClientError, ClientRefusal, PresentedCredentials};
use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{ASSERTION_TYPE, Client, ClientId, LONGEST_CLIENT_ID};
use mxcp_actors::domain::secret::Secret;

use super::client_assertion::{self, PresentedAssertion};
use super::parameters::{InvalidParameters, Parameters};
use super::{Addresses, Caller, Services, Unavailable};

/// The longest secret that is read, in bytes.
const LONGEST_SECRET: usize = 1024;

/// What the `Authorization` header said.
pub enum HeaderCredentials {
    /// There was none.
    Absent,
    /// The Basic scheme.
    Basic {
        /// What it means if both parts are form-encoded, as they must be (RFC 6749 section 2.3.1).
        encoded: BasicCredentials,
        /// What it means if plus signs are no spaces, where that is something else.
        unencoded: Option<BasicCredentials>,
    },
    /// Another scheme, or nothing that can be decoded.
    Unusable,
}

/// The two parts of a Basic header, decoded.
pub struct BasicCredentials {
    /// The user name part.
    pub id: String,
    /// The password part.
    pub secret: Secret,
}

/// Why no client is authenticated.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientAuthenticationError {
    /// The form cannot be read (`invalid_request`).
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// There are credentials in the header and in the form, or two kinds of them in the form (`invalid_request`).
    #[error("the client authenticates in several ways at once; accepted is one of them")]
    TwoPlaces,
    /// Header and form name different clients (`invalid_request`).
    #[error("client_id is not the client of the Authorization header")]
    DifferentClients,
    /// The header is there and cannot be used (`invalid_client`).
    #[error(
        "the Authorization header is malformed; accepted is Basic with the form-encoded client id and secret"
    )]
    UnusableHeader,
    /// The request does not say which client it comes from (`invalid_client`).
    #[error("client_id is missing")]
    Missing,
    /// A kind of assertion that does not exist here (`invalid_client`).
    #[error("client_assertion_type must be {ASSERTION_TYPE}")]
    AssertionType,
    /// An assertion that is not what it must be (`invalid_client`), with what is wrong with it.
    #[error("{0}")]
    Assertion(String),
    /// An assertion that was shown before (`invalid_client`).
    #[error("client_assertion was used before; each request needs one with a jti of its own")]
    AssertionUsed,
    /// The client is not who it says, or nobody is (`invalid_client`). One text for all reasons.
    #[error("Invalid client_id or client authentication; if the registration has lapsed, register again")]
    Refused(Option<ClientRefusal>),
    /// The server could not find out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Authenticates the client of a request to one of the endpoints that clients call.
pub async fn authenticate(
    services: &Services,
    caller: &Caller,
    addresses: &Addresses,
    header: HeaderCredentials,
    form: &Parameters,
) -> Result<Client, ClientAuthenticationError> {
    let (first, second) = match presented(header, form)? {
        Presented::Assertion(assertion) => {
            return client_assertion::authenticate(services, caller, addresses, assertion).await;
        }
        Presented::Credentials(first, second) => (first, second),
    };
    let (id, reason) = match ask(services, first).await? {
        Ok(client) => return Ok(client),
        Err(refused) => refused,
    };
    if let Some(second) = second
        && let Ok(client) = ask(services, second).await?
    {
        return Ok(client);
    }
    services
        .event(AuthenticationEvent::RequestRefused, caller)
        .client(&id)
        .refused(&reason)
        .write();
    Err(ClientAuthenticationError::Refused(Some(reason)))
}

/// Whether these credentials are somebody's; whose they claim to be and what is wrong with them if not.
async fn ask(
    services: &Services,
    credentials: PresentedCredentials,
) -> Result<Result<Client, (ClientId, ClientRefusal)>, Unavailable> {
    let id = credentials.id().clone();
    let reply = services.actors.clients.ask(AuthenticateClient { credentials });
    match reply.await? {
        Ok(client) => Ok(Ok(client)),
        Err(AuthenticateClientError::Store(error)) => Err(error.into()),
        Err(AuthenticateClientError::Refused(reason)) => Ok(Err((id, reason))),
    }
}

/// The one way in which the request says who it comes from.
enum Presented {
    /// A name, with or without a secret; and what else that may mean.
    Credentials(PresentedCredentials, Option<PresentedCredentials>),
    /// A signed assertion.
    Assertion(PresentedAssertion),
}

fn presented(header: HeaderCredentials, form: &Parameters) -> Result<Presented, ClientAuthenticationError> {
    let id = form.optional_within("client_id", LONGEST_CLIENT_ID)?;
    let secret = form.optional_within("client_secret", LONGEST_SECRET)?;
    if client_assertion::is_presented(form) {
        if secret.is_some() || !matches!(header, HeaderCredentials::Absent) {
            return Err(ClientAuthenticationError::TwoPlaces);
        }
        let id = id.map(client_id).transpose()?;
        return Ok(Presented::Assertion(client_assertion::presented(form, id)?));
    }
    match header {
        HeaderCredentials::Unusable => Err(ClientAuthenticationError::UnusableHeader),
        HeaderCredentials::Basic { .. } if secret.is_some() => Err(ClientAuthenticationError::TwoPlaces),
        HeaderCredentials::Basic { encoded, unencoded } => {
            let mut readings = [Some(encoded), unencoded]
                .into_iter()
                .flatten()
                .filter(|reading| id.is_none_or(|id| id == reading.id));
            let first = readings
                .next()
                .ok_or(ClientAuthenticationError::DifferentClients)?;
            let second = readings.next().map(in_header).transpose()?;
            Ok(Presented::Credentials(in_header(first)?, second))
        }
        HeaderCredentials::Absent => {
            let id = client_id(id.ok_or(ClientAuthenticationError::Missing)?)?;
            let credentials = match secret {
                None => PresentedCredentials::Nothing { id },
                Some(secret) => PresentedCredentials::Body {
                    id,
                    secret: Secret::new(secret),
                },
            };
            Ok(Presented::Credentials(credentials, None))
        }
    }
}

fn in_header(
    BasicCredentials { id, secret }: BasicCredentials,
) -> Result<PresentedCredentials, ClientAuthenticationError> {
    let id = client_id(&id)?;
    Ok(if secret.expose().is_empty() {
        PresentedCredentials::Nothing { id }
    } else {
        PresentedCredentials::Header { id, secret }
    })
}

/// A text that can be nobody's identifier is answered like one that is nobody's.
fn client_id(text: &str) -> Result<ClientId, ClientAuthenticationError> {
    ClientId::parse(text).map_err(|_| ClientAuthenticationError::Refused(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Parameters {
        Parameters::parse(text.as_bytes(), 1000).unwrap()
    }

    fn basic(id: &str, secret: &str) -> HeaderCredentials {
        HeaderCredentials::Basic {
            encoded: credentials(id, secret),
            unencoded: None,
        }
    }

    fn credentials(id: &str, secret: &str) -> BasicCredentials {
        BasicCredentials {
            id: id.to_owned(),
            secret: Secret::new(secret),
        }
    }

    /// Place, client and secret, or the message of the refusal.
    fn read(header: HeaderCredentials, text: &str) -> Result<(&'static str, String, String), String> {
        let shown = |place, id: &ClientId, secret: &str| (place, id.to_string(), secret.to_owned());
        let credentials = match presented(header, &form(text)).map_err(|error| error.to_string())? {
            Presented::Credentials(first, _) => first,
            Presented::Assertion(PresentedAssertion { client, assertion }) => {
                let id = client.map(|id| id.to_string()).unwrap_or_default();
                return Ok(("assertion", id, assertion.expose().to_owned()));
            }
        };
        match credentials {
            PresentedCredentials::Nothing { id } => Ok(shown("nothing", &id, "")),
            PresentedCredentials::Header { id, secret } => Ok(shown("header", &id, secret.expose())),
            PresentedCredentials::Body { id, secret } => Ok(shown("body", &id, secret.expose())),
        }
    }

    fn app(place: &'static str, secret: &str) -> (&'static str, String, String) {
        (place, "app".to_owned(), secret.to_owned())
    }

    #[test]
    fn credentials_stand_in_the_header_or_in_the_body_or_nowhere() {
        assert_eq!(
            read(HeaderCredentials::Absent, "client_id=app"),
            Ok(app("nothing", ""))
        );
        assert_eq!(
            read(HeaderCredentials::Absent, "client_id=app&client_secret=s"),
            Ok(app("body", "s"))
        );
        assert_eq!(read(basic("app", "s"), ""), Ok(app("header", "s")));
        assert_eq!(read(basic("app", "s"), "client_id=app"), Ok(app("header", "s")));
        assert_eq!(read(basic("app", ""), ""), Ok(app("nothing", "")));
    }

    #[test]
    fn the_form_decides_between_two_readings_of_the_header() {
        let header = || HeaderCredentials::Basic {
            encoded: credentials("my app", "s"),
            unencoded: Some(credentials("my+app", "s")),
        };
        let (place, secret) = ("header", "s".to_owned());
        for (text, id) in [
            ("", "my app"),
            ("client_id=my+app", "my app"),
            ("client_id=my%2Bapp", "my+app"),
        ] {
            assert_eq!(read(header(), text), Ok((place, id.to_owned(), secret.clone())));
        }
        let two = presented(header(), &form("")).unwrap();
        assert!(matches!(two, Presented::Credentials(_, Some(_))));
        assert!(
            read(header(), "client_id=app")
                .unwrap_err()
                .contains("not the client")
        );
    }

    #[test]
    fn two_ways_at_once_and_two_clients_at_once_are_refused() {
        let message = |header, text| read(header, text).unwrap_err();
        assert!(message(basic("app", "s"), "client_secret=s").contains("one of them"));
        assert!(message(basic("app", "s"), "client_id=other").contains("not the client"));
        for text in ["client_assertion=x", "client_assertion_type=y"] {
            assert!(message(basic("app", "s"), text).contains("one of them"));
        }
        let with_secret = "client_id=app&client_secret=s&client_assertion=x";
        assert!(message(HeaderCredentials::Absent, with_secret).contains("one of them"));
        assert!(message(HeaderCredentials::Absent, "client_id=a&client_id=a").contains("more than once"));
    }

    #[test]
    fn an_assertion_stands_in_the_body_with_its_type_and_may_name_the_client() {
        let typed = format!("client_assertion=a.b.c&client_assertion_type={ASSERTION_TYPE}");
        assert_eq!(
            read(HeaderCredentials::Absent, &typed),
            Ok(("assertion", String::new(), "a.b.c".to_owned()))
        );
        assert_eq!(
            read(HeaderCredentials::Absent, &format!("{typed}&client_id=app")),
            Ok(app("assertion", "a.b.c"))
        );
        let message = |text: &str| read(HeaderCredentials::Absent, text).unwrap_err();
        assert!(message("client_assertion=a.b.c").contains("client_assertion_type is missing"));
        assert!(message("client_assertion=a&client_assertion_type=saml").contains("must be urn:ietf"));
        let untyped = format!("client_assertion_type={ASSERTION_TYPE}");
        assert!(message(&untyped).contains("client_assertion is missing"));
    }

    #[test]
    fn a_request_without_a_client_or_with_a_broken_header_is_refused() {
        let message = |header, text| read(header, text).unwrap_err();
        assert_eq!(message(HeaderCredentials::Absent, ""), "client_id is missing");
        assert!(message(HeaderCredentials::Unusable, "client_id=app").contains("malformed"));
        assert!(message(HeaderCredentials::Absent, "client_id=%00").starts_with("Invalid client_id"));
    }
}
