//! Clients whose identifier is the URL of a document that describes them
//! (draft-ietf-oauth-client-id-metadata-document): which URLs, and what the document must say.
//!
//! Fetching and caching the document is done elsewhere; nothing here touches the network.

use std::fmt;

use serde_json::{Map, Value};
use url::Url;

use super::{
    AuthenticationMethod, Client, ClientCredential, ClientId, ClientMetadata, ClientOrigin, InvalidMetadata,
    MetadataRules,
};
use crate::domain::clock::Timestamp;
use crate::domain::uri::UriParts;

/// A client identifier that is the `https` URL of a metadata document.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MetadataDocumentUrl {
    id: ClientId,
    host: String,
}

impl MetadataDocumentUrl {
    /// Whether an identifier is meant as a URL at all; others are looked up among the registered clients.
    #[must_use]
    pub fn is_meant_by(id: &ClientId) -> bool {
        id.as_str().starts_with("https:") || id.as_str().starts_with("http:")
    }

    /// Accepts `https` URLs with a path and with nothing that could be read in two ways.
    pub fn parse(id: &ClientId) -> Result<Self, InvalidDocumentUrl> {
        let parts = UriParts::split(id.as_str()).map_err(|_| InvalidDocumentUrl)?;
        let browser = Url::parse(id.as_str()).map_err(|_| InvalidDocumentUrl)?;
        let authority = parts.authority.ok_or(InvalidDocumentUrl)?;
        let is_plain = parts.scheme == "https"
            && authority.userinfo.is_none()
            && authority.port_number().is_ok()
            && browser.host_str() == Some(authority.host)
            && parts.path.len() > 1
            && parts.query.is_none()
            && parts.fragment.is_none()
            && !parts.has_dot_segment()
            && !parts.has_encoded_control_character();
        if !is_plain {
            return Err(InvalidDocumentUrl);
        }
        Ok(Self {
            id: id.clone(),
            host: authority.host.to_owned(),
        })
    }

    /// The URL, which is the identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.id.as_str()
    }

    /// The host: what a consent page may show as verified.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Debug for MetadataDocumentUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MetadataDocumentUrl({})", self.id)
    }
}

/// The identifier looks like a URL, but not like one of a metadata document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Invalid client_id: a client_id that is a URL must be https, with a lower-case host and a path, and without user name, query, fragment or dot segments"
)]
pub struct InvalidDocumentUrl;

/// The document does not describe the client under whose identifier it was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetadataDocument {
    /// The document's `client_id` is absent or another one.
    #[error("client_id in the document is not, byte for byte, the URL of the document")]
    OtherClientId,
    /// The document has no `client_name`.
    #[error("client_name is missing in the document")]
    NoName,
    /// A secret in a public document.
    #[error("the document contains a client_secret, which everyone can read")]
    HasSecret,
    /// A shared secret cannot be agreed upon through a document.
    #[error("token_endpoint_auth_method in the document must be none or private_key_jwt")]
    SecretAuthentication,
    /// Anything that would be refused at registration as well.
    #[error(transparent)]
    Metadata(#[from] InvalidMetadata),
}

impl Client {
    /// The client that the document at `url` describes.
    pub fn from_metadata_document(
        url: &MetadataDocumentUrl,
        document: Map<String, Value>,
        rules: &MetadataRules,
        now: Timestamp,
    ) -> Result<Self, InvalidMetadataDocument> {
        if document.get("client_id").and_then(Value::as_str) != Some(url.as_str()) {
            return Err(InvalidMetadataDocument::OtherClientId);
        }
        if document.contains_key("client_secret") {
            return Err(InvalidMetadataDocument::HasSecret);
        }
        let metadata = ClientMetadata::validate(document, rules)?;
        let credential = match (metadata.authentication, metadata.keys) {
            (None | Some(AuthenticationMethod::None), _) => ClientCredential::Public,
            (Some(AuthenticationMethod::PrivateKeyJwt), Some(keys)) => ClientCredential::Keys(keys),
            (Some(_), _) => return Err(InvalidMetadataDocument::SecretAuthentication),
        };
        Ok(Self {
            id: url.id.clone(),
            origin: ClientOrigin::MetadataDocument,
            name: Some(metadata.name.ok_or(InvalidMetadataDocument::NoName)?),
            credential,
            redirect_uris: metadata.redirect_uris,
            grant_types: metadata.grant_types,
            scopes: metadata.scopes,
            created_at: now,
            last_used_at: None,
            expires_at: None,
            metadata: metadata.members,
        })
    }
}
