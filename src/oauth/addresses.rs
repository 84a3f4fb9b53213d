//! The server's own addresses under one public URL, each spelled once so that it is the same everywhere: clients
//! compare the issuer and the resource byte by byte (RFC 8414 section 3.3, RFC 9728 section 3.3, RFC 9207 section 2.4).

use std::sync::Arc;

use mxcp_actors::domain::resource::{InvalidResource, ResourceIndicator};

use super::metadata::{self, MetadataDocuments};
use super::settings::{LoginKind, Settings};
use crate::config::{BaseUrl, RequestHead};

/// The path of the protected resource.
pub const RESOURCE_PATH: &str = "/mcp";
/// Where the metadata of the protected resource is (RFC 9728 section 3).
pub const PROTECTED_RESOURCE_PATH: &str = "/.well-known/oauth-protected-resource";

/// The addresses of the server as one request sees them, and the documents that tell them to clients.
#[derive(Clone, Debug)]
pub struct Addresses {
    base_url: BaseUrl,
    issuer: String,
    resource: ResourceIndicator,
    resource_metadata: String,
    documents: MetadataDocuments,
}

/// The addresses that do not depend on the request, made once.
pub(super) struct KnownAddresses {
    /// Under the public URL, if that is fixed.
    fixed: Option<Arc<Addresses>>,
    /// Under this machine's other names, by what stands in `Host`. A client compares every address with the one that it was
    /// given, so it must not be told another name of the same machine.
    aliases: Vec<(String, Arc<Addresses>)>,
}

impl KnownAddresses {
    /// Fails if the public URL is fixed and cannot be used.
    pub(super) fn new(settings: &Settings) -> Result<Self, InvalidResource> {
        let make = |base_url: &BaseUrl| Addresses::new(base_url.clone(), settings).map(Arc::new);
        // An identity provider knows one callback address, and only the name in that one can complete a login.
        let aliases = match settings.login {
            LoginKind::Password => settings.public_url.aliases(),
            LoginKind::Provider { .. } | LoginKind::Elsewhere { .. } => &[],
        };
        let aliases = aliases
            .iter()
            .map(|alias| Ok((alias.authority().to_string(), make(alias)?)));
        Ok(Self {
            fixed: settings.public_url.fixed().map(make).transpose()?,
            aliases: aliases.collect::<Result<_, InvalidResource>>()?,
        })
    }

    /// The addresses for this request, unless they are to be derived from it.
    pub(super) fn find(&self, request: &RequestHead<'_>) -> Option<&Arc<Addresses>> {
        let host = request.host.unwrap_or_default();
        let alias = self.aliases.iter().find(|(name, _)| name == host);
        alias.map(|(_, addresses)| addresses).or(self.fixed.as_ref())
    }
}

impl Addresses {
    /// The addresses under `base_url`. Fails if it is too long for a resource indicator, or not plain.
    pub fn new(base_url: BaseUrl, settings: &Settings) -> Result<Self, InvalidResource> {
        let resource = ResourceIndicator::parse(&base_url.join(RESOURCE_PATH))?;
        let issuer = base_url.to_string();
        // RFC 9728 section 3.1: the well-known part goes between the host and the path.
        let resource_metadata = format!(
            "{}{PROTECTED_RESOURCE_PATH}{}{RESOURCE_PATH}",
            base_url.origin(),
            base_url.path()
        );
        Ok(Self {
            documents: metadata::documents(&base_url, &resource, settings),
            base_url,
            issuer,
            resource,
            resource_metadata,
        })
    }

    /// The issuer identifier: the public URL without a trailing slash.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What access tokens are for.
    pub fn resource(&self) -> &ResourceIndicator {
        &self.resource
    }

    /// The address of the protected resource's metadata, for challenges.
    pub fn resource_metadata(&self) -> &str {
        &self.resource_metadata
    }

    /// The public URL.
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The address of one of the server's paths, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        self.base_url.join(path)
    }

    /// The addresses of the token endpoint: the one that the metadata names, and the older one.
    pub fn token_endpoints(&self) -> [String; 2] {
        ["/token", "/oauth/token"].map(|path| self.url(path))
    }

    /// The path of `path` as browsers must write it: behind the prefix of the public URL.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.path())
    }

    /// The documents that tell clients where everything is.
    pub fn documents(&self) -> &MetadataDocuments {
        &self.documents
    }

    /// Whether `rest`, what stands behind a well-known path, means this server: nothing, the path of the resource,
    /// and both behind the prefix of the public URL.
    pub fn is_meant_by(&self, rest: &str) -> bool {
        let rest = rest.trim_end_matches('/');
        let rest = rest.strip_prefix(self.base_url.path()).unwrap_or(rest);
        rest.is_empty() || rest == RESOURCE_PATH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(base_url: &str) -> Addresses {
        Addresses::new(BaseUrl::parse(base_url).unwrap(), &Settings::for_tests()).unwrap()
    }

    #[test]
    fn every_address_begins_with_the_issuer_and_the_issuer_has_no_slash_at_its_end() {
        for (written, issuer) in [
            ("https://API.example.com/", "https://api.example.com"),
            ("https://api.example.com:443", "https://api.example.com"),
            ("http://localhost:8000", "http://localhost:8000"),
            ("https://api.example.com/data/", "https://api.example.com/data"),
        ] {
            let addresses = addresses(written);
            assert_eq!(addresses.issuer(), issuer);
            assert_eq!(addresses.url("/token"), format!("{issuer}/token"));
            assert_eq!(addresses.resource().as_str(), format!("{issuer}/mcp"));
        }
    }

    #[test]
    fn a_path_prefix_goes_behind_the_well_known_part() {
        let addresses = addresses("https://api.example.com/data");
        assert_eq!(
            addresses.resource_metadata(),
            "https://api.example.com/.well-known/oauth-protected-resource/data/mcp"
        );
        for rest in ["", "/", "/mcp", "/data", "/data/", "/data/mcp"] {
            assert!(addresses.is_meant_by(rest), "{rest:?}");
        }
        for rest in ["/other", "/mcp/x", "/dat", "mcp"] {
            assert!(!addresses.is_meant_by(rest), "{rest:?}");
        }
    }
}
