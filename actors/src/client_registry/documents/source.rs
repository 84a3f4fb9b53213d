//! One document from its server.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::DocumentRefusal;
use crate::domain::client::{DocumentPolicy, LOOPBACK_HOSTS, MetadataDocumentUrl};
use crate::outbound::{
    NoCertificates, OutboundClient, OutboundError, OutboundMethod, OutboundRequest, OutboundSettings,
};

/// The longest time from resolving the name to the document's last byte: a person waits for it.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The largest document, in bytes, as the draft recommends.
const LARGEST_DOCUMENT: usize = 5 * 1024;

/// A document as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadDocument {
    /// What it says, unchecked.
    pub members: Map<String, Value>,
    /// `Cache-Control`
    pub cache_control: Option<String>,
}

/// The reading of a document, on one thread.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<ReadDocument, DocumentRefusal>> + 'a>>;

/// Where documents come from.
pub trait DocumentSource {
    /// Reads the document at this URL, which the operator accepts.
    fn read<'a>(&'a self, url: &'a MetadataDocumentUrl) -> Reading<'a>;
}

/// The web.
pub struct OutboundDocuments {
    http: OutboundClient,
}

impl OutboundDocuments {
    /// Reads documents from public addresses, and from this machine if the operator wants that.
    pub fn new(policy: &DocumentPolicy) -> Result<Self, NoCertificates> {
        let named: BTreeSet<String> = match policy.allows_loopback {
            true => LOOPBACK_HOSTS.map(str::to_owned).into(),
            false => BTreeSet::new(),
        };
        let settings = OutboundSettings {
            time_limit: TIME_LIMIT,
            most_body_bytes: LARGEST_DOCUMENT,
            ..OutboundSettings::new(named)
        };
        Ok(Self {
            http: OutboundClient::new(settings)?,
        })
    }
}

impl DocumentSource for OutboundDocuments {
    fn read<'a>(&'a self, url: &'a MetadataDocumentUrl) -> Reading<'a> {
        Box::pin(async move {
            let request = OutboundRequest {
                method: OutboundMethod::Get,
                url: Url::parse(url.as_str()).map_err(|_| OutboundError::Malformed)?,
                accept: "application/json",
                authorization: None,
                body: None,
            };
            let answer = self.http.send(request).await?;
            match answer.status {
                200 => {}
                300..400 => return Err(DocumentRefusal::Redirect),
                status => return Err(DocumentRefusal::Status(status)),
            }
            if !answer.content_type.as_deref().is_some_and(is_json) {
                return Err(DocumentRefusal::MediaType);
            }
            Ok(ReadDocument {
                members: serde_json::from_slice(&answer.body).map_err(|_| DocumentRefusal::NotAnObject)?,
                cache_control: answer.cache_control,
            })
        })
    }
}

/// Whether a media type, with or without parameters, is JSON or built on it (RFC 6839 section 3.1).
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let subtype = essence.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}
