//! A client that looks at a server from outside, as other programs do: any method, any headers, and everything that comes
//! back. It calls the one host that an operator named on the command line, and no other.

use std::collections::BTreeSet;
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use awc::Client;
use awc::error::{ConnectError, PayloadError, SendRequestError};
use awc::http::Method;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use super::client::bounded_client;
use super::connector::SystemNames;
use super::tls::{self, NoCertificates};
use super::{OutboundError, OutboundSettings};
use crate::domain::clock::Clock;
use crate::domain::secret::Secret;

/// The longest body of an answer, in bytes.
const MOST_BODY_BYTES: usize = 1024 * 1024;

/// Looks at one server.
pub struct ProbeClient {
    client: Client,
    host: String,
    time_limit: Duration,
    clock: Arc<dyn Clock>,
}

/// A request. Its values can hold credentials, so it cannot be printed.
pub struct ProbeRequest {
    /// `GET`, `POST`, `OPTIONS`, …
    pub method: &'static str,
    /// Where.
    pub url: Url,
    /// All headers besides `Host` and `Content-Length`.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body, if there is one.
    pub body: Option<Secret>,
}

/// An answer. It can hold credentials, so it cannot be printed.
pub struct ProbeAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it is text.
    pub body: String,
    /// From sending to the last byte.
    pub took: Duration,
}

impl ProbeAnswer {
    /// The first header of this name, which is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The certificate is not good for this name, or TLS failed otherwise.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// Nothing within the limit.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// More than is read.
    #[error("the answer is longer than {MOST_BODY_BYTES} bytes")]
    TooLong,
    /// An address that leads to another host than the one that is looked at.
    #[error("it is at another host, {0}, which is not called")]
    OtherHost(String),
    /// The name has no address.
    #[error("the name {0} has no address")]
    Unresolved(String),
    /// The connection, or what came over it, failed.
    #[error("{0}")]
    Failed(String),
}

/// The file with a company's authority cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProbe {
    /// It holds no certificate.
    #[error("no PEM certificate is in it")]
    NoCertificate,
    /// A certificate in it is none.
    #[error("a certificate in it cannot be read: {0}")]
    Certificate(String),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] NoCertificates),
}

impl ProbeClient {
    /// A client for this host, which believes these authorities besides those of the machine. `clock` says how long an
    /// answer took.
    pub fn new(
        host: &str,
        authorities: Option<&[u8]>,
        time_limit: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NoProbe> {
        let mut roots = tls::roots();
        if let Some(pem) = authorities {
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let found = found.map_err(|error| NoProbe::Certificate(error.to_string()))?;
            if found.is_empty() {
                return Err(NoProbe::NoCertificate);
            }
            for certificate in found {
                roots
                    .add(certificate)
                    .map_err(|error| NoProbe::Certificate(error.to_string()))?;
            }
        }
        let settings = Rc::new(OutboundSettings {
            time_limit,
            most_body_bytes: MOST_BODY_BYTES,
            named_hosts: BTreeSet::from([host.to_owned()]),
        });
        Ok(Self {
            client: bounded_client(&settings, SystemNames, roots)?,
            host: host.to_owned(),
            time_limit,
            clock,
        })
    }

    /// Sends the request. An answer with any status is an answer.
    pub async fn send(&self, request: ProbeRequest) -> Result<ProbeAnswer, ProbeError> {
        let host = request.url.host_str().unwrap_or_default();
        if host != self.host {
            return Err(ProbeError::OtherHost(host.to_owned()));
        }
        let exchanged = tokio::time::timeout(self.time_limit, self.exchange(request)).await;
        exchanged.map_err(|_| ProbeError::TimedOut(self.time_limit))?
    }

    async fn exchange(&self, request: ProbeRequest) -> Result<ProbeAnswer, ProbeError> {
        let begun = self.clock.now();
        let method = Method::from_bytes(request.method.as_bytes());
        let method = method.map_err(|error| ProbeError::Failed(error.to_string()))?;
        let mut call = self.client.request(method, request.url.as_str());
        for (name, value) in &request.headers {
            call = call.insert_header((*name, value.expose()));
        }
        let sent = match request.body {
            Some(body) => call.send_body(body.expose().to_owned()),
            None => call.send(),
        };
        let mut answer = sent.await.map_err(|error| self.failure(&error))?;
        let body = answer.body().limit(MOST_BODY_BYTES).await;
        let body = body.map_err(|error| match error {
            PayloadError::Overflow => ProbeError::TooLong,
            other => ProbeError::Failed(format!("the answer ended before its end: {other}")),
        })?;
        let headers = answer.headers().iter();
        Ok(ProbeAnswer {
            status: answer.status().as_u16(),
            headers: headers
                .map(|(name, value)| {
                    (
                        name.to_string(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
            took: self.clock.now().duration_since(begun),
        })
    }

    fn failure(&self, error: &SendRequestError) -> ProbeError {
        match error {
            SendRequestError::Connect(ConnectError::Io(error)) => {
                let tls = error.get_ref().filter(|inner| is_tls(*inner));
                tls.map_or_else(
                    || ProbeError::Failed(format!("no connection: {error}")),
                    |inner| ProbeError::Tls(inner.to_string()),
                )
            }
            SendRequestError::Connect(ConnectError::Resolver(inner))
                if inner.downcast_ref() == Some(&OutboundError::Unresolved) =>
            {
                ProbeError::Unresolved(self.host.clone())
            }
            SendRequestError::Connect(ConnectError::NoRecords) => ProbeError::Unresolved(self.host.clone()),
            SendRequestError::Connect(ConnectError::Timeout) | SendRequestError::Timeout => {
                ProbeError::TimedOut(self.time_limit)
            }
            other => ProbeError::Failed(other.to_string()),
        }
    }
}

fn is_tls(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.is::<rustls::Error>()
}
