//! The discovery document (OpenID Connect Discovery 1.0 section 4, RFC 8414): what is taken from it, and what makes it unusable.
//! Pure.

use serde::Deserialize;
use url::Url;

use super::settings::OidcSettings;
use crate::jose::SignatureAlgorithm;
use crate::provider_broker::providers::token_endpoint::ClientAuthentication;

/// What stands behind the issuer in the address of its document.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Where a provider is asked what, and what it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) token_authentication: ClientAuthentication,
    pub(super) userinfo_endpoint: Option<Url>,
    /// Where its keys are; a server that signs nothing has none.
    pub(super) jwks_uri: Option<Url>,
    pub(super) revocation_endpoint: Option<Url>,
    pub(super) revocation_authentication: ClientAuthentication,
    pub(super) introspection_endpoint: Option<Url>,
    pub(super) introspection_authentication: ClientAuthentication,
    /// The algorithms of identity tokens that both sides know.
    pub(super) algorithms: Vec<SignatureAlgorithm>,
    /// Whether each callback carries `iss` (RFC 9207).
    pub(super) sends_issuer: bool,
}

/// The members that are looked at.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<Url>,
    token_endpoint: Option<Url>,
    userinfo_endpoint: Option<Url>,
    jwks_uri: Option<Url>,
    revocation_endpoint: Option<Url>,
    introspection_endpoint: Option<Url>,
    introspection_endpoint_auth_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    revocation_endpoint_auth_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What stands between host and path of an issuer in the address of the document of a server that is no OpenID provider (RFC 8414
/// section 3).
const WELL_KNOWN_SERVER: &str = "/.well-known/oauth-authorization-server";

/// The issuer whose document stands at this address; `None` if no document of an issuer does.
#[must_use]
pub fn issuer_of(config_url: &Url) -> Option<String> {
    let is_plain = config_url.query().is_none() && config_url.fragment().is_none();
    let issuer = if let Some(issuer) = config_url.as_str().strip_suffix(WELL_KNOWN) {
        issuer.to_owned()
    } else {
        let path = config_url.path().strip_prefix(WELL_KNOWN_SERVER)?;
        let is_path = path.is_empty() || path.starts_with('/');
        let root = config_url.as_str().strip_suffix(config_url.path())?;
        is_path.then(|| format!("{root}{path}"))?
    };
    is_plain.then_some(issuer)
}

/// Whether this is the address of an OpenID provider's document, and not only an authorization server's.
#[must_use]
pub fn is_of_openid_provider(config_url: &Url) -> bool {
    issuer_of(config_url).is_some() && config_url.as_str().ends_with(WELL_KNOWN)
}

/// The address of an issuer's document.
#[must_use]
pub fn config_url_of(issuer: &Url) -> Option<Url> {
    Url::parse(&format!("{}{WELL_KNOWN}", issuer.as_str().trim_end_matches('/'))).ok()
}

/// The address of an issuer's document where it is an authorization server and not known to be an OpenID provider.
#[must_use]
pub fn server_config_url_of(issuer: &Url) -> Option<Url> {
    let mut url = issuer.clone();
    url.set_path(&format!(
        "{WELL_KNOWN_SERVER}{}",
        issuer.path().trim_end_matches('/')
    ));
    issuer_of(&url).map(|_| url)
}

/// Whether two issuers are the same but for a slash at the end, which some providers write and some leave out.
pub(super) fn is_same_issuer(one: &str, other: &str) -> bool {
    one.strip_suffix('/').unwrap_or(one) == other.strip_suffix('/').unwrap_or(other)
}

impl Metadata {
    /// Where its keys are.
    pub(super) fn keys(&self) -> Result<&Url, &'static str> {
        self.jwks_uri
            .as_ref()
            .ok_or("its discovery document names no keys")
    }

    /// Where it is asked about tokens.
    pub(super) fn introspection(&self) -> Result<&Url, &'static str> {
        let endpoint = self.introspection_endpoint.as_ref();
        endpoint.ok_or("its discovery document names no introspection endpoint")
    }

    /// Reads a document; the reason if it cannot be used.
    pub(super) fn read(text: &[u8], settings: &OidcSettings) -> Result<Self, &'static str> {
        let document: Document =
            serde_json::from_slice(text).map_err(|_| "its discovery document cannot be read")?;
        let expected = issuer_of(&settings.config_url);
        let is_expected = |expected: String| is_same_issuer(&expected, &document.issuer);
        if !expected.is_some_and(is_expected) {
            return Err("the issuer of its discovery document is not where the document stands");
        }
        let endpoint = |configured: &Option<Url>, discovered: Option<Url>| {
            endpoint(configured.as_ref(), discovered, &settings.config_url)
        };
        Ok(Self {
            authorization_endpoint: endpoint(&settings.auth_url, document.authorization_endpoint)?
                .ok_or("its discovery document names no authorization endpoint")?,
            token_endpoint: endpoint(&settings.token_url, document.token_endpoint)?
                .ok_or("its discovery document names no token endpoint")?,
            jwks_uri: endpoint(&None, document.jwks_uri)?,
            userinfo_endpoint: endpoint(&settings.userinfo_url, document.userinfo_endpoint)?,
            revocation_endpoint: endpoint(&None, document.revocation_endpoint)?,
            token_authentication: authentication(document.token_endpoint_auth_methods_supported.as_deref())?,
            introspection_endpoint: endpoint(&None, document.introspection_endpoint)?,
            introspection_authentication: authentication(
                document
                    .introspection_endpoint_auth_methods_supported
                    .as_ref()
                    .or(document.token_endpoint_auth_methods_supported.as_ref())
                    .map(Vec::as_slice),
            )?,
            revocation_authentication: authentication(
                document
                    .revocation_endpoint_auth_methods_supported
                    .or(document.token_endpoint_auth_methods_supported)
                    .as_deref(),
            )?,
            algorithms: algorithms(document.id_token_signing_alg_values_supported.as_deref())?,
            sends_issuer: document.authorization_response_iss_parameter_supported,
            issuer: document.issuer,
        })
    }
}

/// What the operator set, or else what the document says if that may be called.
fn endpoint(
    configured: Option<&Url>,
    discovered: Option<Url>,
    config_url: &Url,
) -> Result<Option<Url>, &'static str> {
    match (configured, discovered) {
        (Some(url), _) => Ok(Some(url.clone())),
        (None, Some(url)) if !is_safe(&url, config_url) => {
            Err("an endpoint of its discovery document is not https")
        }
        (None, discovered) => Ok(discovered),
    }
}

/// Without TLS only the host that the operator named without TLS.
fn is_safe(url: &Url, config_url: &Url) -> bool {
    let is_named = url.scheme() == "http" && config_url.scheme() == "http" && url.host() == config_url.host();
    url.scheme() == "https" || is_named
}

/// The header first, since forms are logged more often. Without a list it is the only one (Discovery section 3).
fn authentication(offered: Option<&[String]>) -> Result<ClientAuthentication, &'static str> {
    let offers = |method: &str| offered.is_none_or(|offered| offered.iter().any(|known| known == method));
    if offers("client_secret_basic") {
        Ok(ClientAuthentication::Basic)
    } else if offers("client_secret_post") {
        Ok(ClientAuthentication::Post)
    } else {
        Err("it takes client secrets neither in the header nor in the form")
    }
}

/// The list is required, and RS256 is what everybody has if it is missing all the same.
fn algorithms(offered: Option<&[String]>) -> Result<Vec<SignatureAlgorithm>, &'static str> {
    let Some(offered) = offered else {
        return Ok(vec![SignatureAlgorithm::Rs256]);
    };
    let offers = |algorithm: &SignatureAlgorithm| {
        let is_it = |name: &String| SignatureAlgorithm::from_name(name) == Some(*algorithm);
        offered.iter().any(is_it)
    };
    let known: Vec<_> = SignatureAlgorithm::ALL.into_iter().filter(offers).collect();
    if known.is_empty() {
        return Err("it signs identity tokens in no way that is known here");
    }
    Ok(known)
}
