//! The client itself: one request, one answer, within limits.

use std::error::Error;
use std::rc::Rc;

use actix_tls::connect::{Connector as TcpConnector, Resolver};
use awc::error::{ConnectError, PayloadError, SendRequestError};
use awc::http::Method;
use awc::http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER, USER_AGENT,
};
use awc::{Client, Connector};
use rustls::RootCertStore;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::OutboundSettings;
use super::connector::{Filter, NameService, SystemNames, may_be_called};
use super::message::{OutboundError, OutboundMethod, OutboundRequest, OutboundResponse};
use super::tls::{self, NoCertificates};

/// How this server names itself to others.
const PRODUCT: &str = concat!("mxcp-actor/", env!("CARGO_PKG_VERSION"));

/// Calls other servers. Clones share their connections.
#[derive(Clone)]
pub struct OutboundClient {
    client: Client,
    settings: Rc<OutboundSettings>,
}

impl OutboundClient {
    /// A client within these bounds, for the current thread.
    pub fn new(settings: OutboundSettings) -> Result<Self, NoCertificates> {
        Self::with_surroundings(settings, SystemNames, tls::roots())
    }

    pub(super) fn with_surroundings(
        settings: OutboundSettings,
        names: impl NameService + 'static,
        roots: RootCertStore,
    ) -> Result<Self, NoCertificates> {
        let settings = Rc::new(settings);
        let client = bounded_client(&settings, names, roots)?;
        Ok(Self { client, settings })
    }

    /// Sends the request. An answer with any status is an answer.
    pub async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        self.check(&request.url)?;
        tokio::time::timeout(self.settings.time_limit, self.exchange(request))
            .await
            .map_err(|_| OutboundError::TimedOut)?
    }

    async fn exchange(&self, request: OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        let method = match request.method {
            OutboundMethod::Get => Method::GET,
            OutboundMethod::Post => Method::POST,
            OutboundMethod::Delete => Method::DELETE,
        };
        let mut call = self
            .client
            .request(method, request.url.as_str())
            // A connection that its server closes in the moment in which it is used again would cost a code or a token. Calls are
            // few, so each may have its own.
            .force_close()
            .insert_header((ACCEPT, request.accept))
            .insert_header((USER_AGENT, PRODUCT));
        if let Some(authorization) = &request.authorization {
            call = call.insert_header((AUTHORIZATION, authorization.expose()));
        }
        let sent = match request.body {
            Some((media_type, body)) => call
                .insert_header((CONTENT_TYPE, media_type))
                .send_body(body.expose().to_owned()),
            None => call.send(),
        };
        let mut answer = sent.await.map_err(|error| failure(&error))?;
        let body = answer.body().limit(self.settings.most_body_bytes).await;
        let body = body.map_err(|error| match error {
            PayloadError::Overflow => OutboundError::TooLong,
            _ => OutboundError::Unreachable,
        })?;
        let status = answer.status().as_u16();
        let headers = answer.headers();
        Ok(OutboundResponse {
            status,
            is_rate_limited: status == 429 || says_rate_limited(headers),
            content_type: text(headers, &CONTENT_TYPE),
            cache_control: text(headers, &CACHE_CONTROL),
            body: Zeroizing::new(body.to_vec()),
        })
    }

    /// What can be said before a name is resolved. An address in place of a name is never resolved.
    fn check(&self, url: &Url) -> Result<(), OutboundError> {
        let host = url.host_str().unwrap_or_default();
        let is_named = self.settings.names(host);
        if url.scheme() != "https" && !(is_named && url.scheme() == "http") {
            return Err(OutboundError::SchemeRefused);
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(OutboundError::Unresolved),
        };
        match address {
            Some(address) if !may_be_called(&self.settings, host, address) => {
                Err(OutboundError::AddressRefused)
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// A client that follows nothing, connects to what may be called alone, and gives up in time.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where an HTTP client is made, with everything that the ban is about"
)]
pub(super) fn bounded_client(
    settings: &Rc<OutboundSettings>,
    names: impl NameService + 'static,
    roots: RootCertStore,
) -> Result<Client, NoCertificates> {
    let filter = Filter {
        names,
        settings: Rc::clone(settings),
    };
    let connector = Connector::new()
        .connector(TcpConnector::new(Resolver::custom(filter)).service())
        .rustls_0_23(tls::configuration(roots)?)
        .timeout(settings.time_limit)
        .handshake_timeout(settings.time_limit);
    let client = Client::builder()
        .connector(connector)
        .timeout(settings.time_limit)
        .disable_redirects()
        .no_default_headers();
    Ok(client.finish())
}

/// The values of a header, as one list (RFC 9110 section 5.3).
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn says_rate_limited(headers: &HeaderMap) -> bool {
    let remaining = headers.get("x-ratelimit-remaining");
    headers.contains_key(RETRY_AFTER) || remaining.is_some_and(|left| left.as_bytes() == b"0")
}

fn failure(error: &SendRequestError) -> OutboundError {
    match error {
        SendRequestError::Connect(ConnectError::Resolver(error)) => {
            let ours = error.downcast_ref::<OutboundError>();
            ours.copied().unwrap_or(OutboundError::Unresolved)
        }
        SendRequestError::Connect(ConnectError::NoRecords) => OutboundError::Unresolved,
        SendRequestError::Connect(ConnectError::Io(error))
            if error
                .get_ref()
                .is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>) =>
        {
            OutboundError::Tls
        }
        SendRequestError::Connect(ConnectError::Timeout) | SendRequestError::Timeout => {
            OutboundError::TimedOut
        }
        SendRequestError::Response(_) | SendRequestError::Url(_) | SendRequestError::Http(_) => {
            OutboundError::Malformed
        }
        _ => OutboundError::Unreachable,
    }
}
