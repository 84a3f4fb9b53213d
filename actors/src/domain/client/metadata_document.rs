//! Clients whose identifier is the URL of a document that describes them
//! (draft-ietf-oauth-client-id-metadata-document): which URLs, and what the document must say.
//!
//! Fetching and caching the document is done elsewhere; nothing here touches the network.

use std::fmt;

use serde_json::{Map, Value};
use url::Url;

use super::{
    AuthenticationMethod, Client, ClientCredential, ClientId, ClientMetadata, ClientOrigin, DocumentAge,
    GrantType, InvalidMetadata, MetadataRules, sha256,
};
use crate::domain::uri::UriParts;

/// The hosts whose documents lie on this machine.
pub const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A client identifier that is the URL of a metadata document.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MetadataDocumentUrl {
    id: ClientId,
    host: String,
    port: u16,
    is_https: bool,
}

impl MetadataDocumentUrl {
    /// Whether an identifier is meant as a URL at all; others are looked up among the registered clients.
    #[must_use]
    pub fn is_meant_by(id: &ClientId) -> bool {
        id.as_str().starts_with("https:") || id.as_str().starts_with("http:")
    }

    /// Accepts `https` URLs with a path and with nothing that could be read in two ways; `http` for this machine alone,
    /// where whether it is wanted is the operator's setting.
    pub fn parse(id: &ClientId) -> Result<Self, InvalidDocumentUrl> {
        let parts = UriParts::split(id.as_str()).map_err(|_| InvalidDocumentUrl)?;
        let browser = Url::parse(id.as_str()).map_err(|_| InvalidDocumentUrl)?;
        let authority = parts.authority.ok_or(InvalidDocumentUrl)?;
        let is_https = parts.scheme == "https";
        let is_plain = (is_https || (parts.scheme == "http" && is_loopback(authority.host)))
            && authority.userinfo.is_none()
            && authority.port_number().is_ok()
            && browser.host_str() == Some(authority.host)
            && !authority.host.ends_with('.')
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
            port: browser.port_or_known_default().ok_or(InvalidDocumentUrl)?,
            is_https,
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

    /// The port, written or not.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether nobody on the way can change the document.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.is_https
    }

    /// Whether the document lies on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Equal for equal URLs, and short.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256([self.as_str()].into_iter())
    }
}

/// Only the names that every system takes for this machine without asking anybody.
fn is_loopback(host: &str) -> bool {
    LOOPBACK_HOSTS.contains(&host)
}

impl fmt::Debug for MetadataDocumentUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MetadataDocumentUrl({})", self.id)
    }
}

/// The identifier looks like a URL, but not like one of a metadata document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a client_id that is a URL must be https, with a lower-case host and a path, and without user name, query, fragment or dot segments"
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
    /// A secret in a public document, or when it ends.
    #[error("the document contains a member whose name begins with client_secret, and everyone can read it")]
    HasSecret,
    /// A shared secret cannot be agreed upon through a document.
    #[error("token_endpoint_auth_method in the document must be none or private_key_jwt")]
    SecretAuthentication,
    /// Anything that would be refused at registration as well.
    #[error(transparent)]
    Metadata(#[from] InvalidMetadata),
}

impl Client {
    /// The client that the document at `url` describes. A document is written for all servers, so grant types and
    /// response types that do not exist here are left out, and not refused as in a registration.
    pub fn from_metadata_document(
        url: &MetadataDocumentUrl,
        mut document: Map<String, Value>,
        rules: &MetadataRules,
        age: DocumentAge,
    ) -> Result<Self, InvalidMetadataDocument> {
        if document.get("client_id").and_then(Value::as_str) != Some(url.as_str()) {
            return Err(InvalidMetadataDocument::OtherClientId);
        }
        if document.keys().any(|member| member.starts_with("client_secret")) {
            return Err(InvalidMetadataDocument::HasSecret);
        }
        retain_texts(&mut document, "grant_types", |text| {
            GrantType::of_any_client(text).is_some()
        });
        retain_texts(&mut document, "response_types", |text| text == "code");
        choose_authentication(&mut document, &rules.authentication_methods);
        let metadata = ClientMetadata::validate(document, rules)?;
        let credential = match (metadata.authentication, metadata.keys) {
            (None | Some(AuthenticationMethod::None), _) => ClientCredential::Public,
            (Some(AuthenticationMethod::PrivateKeyJwt), Some(keys)) => ClientCredential::Keys(keys),
            (Some(_), _) => return Err(InvalidMetadataDocument::SecretAuthentication),
        };
        Ok(Self {
            id: url.id.clone(),
            origin: ClientOrigin::MetadataDocument(age),
            name: Some(metadata.name.ok_or(InvalidMetadataDocument::NoName)?),
            credential,
            redirect_uris: metadata.redirect_uris,
            grant_types: metadata.grant_types,
            scopes: metadata.scopes,
            created_at: age.read_at,
            last_used_at: None,
            expires_at: None,
            metadata: metadata.members,
        })
    }
}

/// A document may list several ways to authenticate and prefer one of them (OpenID Connect Relying Party Metadata Choices): the
/// first that is offered here becomes the one. If none is, the preferred one stays, to be refused.
fn choose_authentication(document: &mut Map<String, Value>, offered: &[AuthenticationMethod]) {
    const PREFERRED: &str = "token_endpoint_auth_method";
    let listed = document.get("token_endpoint_auth_methods_supported");
    let listed = listed.and_then(Value::as_array).into_iter().flatten();
    let preferred = document.get(PREFERRED).filter(|method| !method.is_null());
    let named: Vec<_> = preferred.into_iter().chain(listed).collect();
    let method = |value: &&&Value| value.as_str().and_then(AuthenticationMethod::from_value);
    let is_offered = |value: &&&Value| method(value).is_some_and(|method| offered.contains(&method));
    let chosen = named.iter().find(is_offered).or(named.first());
    if let Some(chosen) = chosen.copied().cloned() {
        document.insert(PREFERRED.to_owned(), chosen);
    }
}

/// What is no text stays, to be refused.
fn retain_texts(document: &mut Map<String, Value>, member: &str, is_known: impl Fn(&str) -> bool) {
    if let Some(Value::Array(items)) = document.get_mut(member) {
        items.retain(|item| item.as_str().is_none_or(&is_known));
    }
}
