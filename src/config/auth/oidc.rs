//! `auth.oidc`: any OpenID provider, for logins (mode issuer) or as the issuer of the tokens that are accepted
//! (mode verifier).

use std::collections::BTreeMap;
use std::time::Duration;

use mxcp_actors::domain::service_account::SERVICE_ACCOUNT_PROVIDER;
use mxcp_actors::provider_broker::providers::oidc::{is_of_openid_provider, issuer_of};
use url::Url;

use super::introspection::{DEFAULT_CACHE, cache_ttl};
use super::upstream_client::callback_path;
use super::{AuthMode, ClaimMappings};
use crate::config::Secret;
use crate::config::values::secret_carrying_address;
use crate::yaml::{Fields, FromYaml, Item};

pub(super) const SUBJECT: &str = "OIDC configuration";
/// What a login depends on (RFC 6749, RFC 7636, RFC 8707, RFC 9101, OpenID Connect Core), or has a key of its own for.
const OWN_PARAMETERS: [&str; 13] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "audience",
];

/// An OpenID provider.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// The discovery document.
    pub config_url: Url,
    /// The client id that the provider issued.
    pub client_id: String,
    /// The client secret that the provider issued.
    pub client_secret: Secret,
    /// The scopes to ask for, separated by spaces; `openid` is among them.
    pub scope: String,
    /// The audience that tokens must have.
    pub audience: Option<String>,
    /// The name that user records carry instead of `oidc`.
    pub provider_name: Option<String>,
    /// Who the user is, if not where the discovery document has it.
    pub userinfo_url: Option<Url>,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
    /// How users log in; none in mode verifier, where they log in elsewhere.
    pub login: Option<OidcLogin>,
    /// How tokens of the provider are checked; only in mode verifier.
    pub verifying: Option<Verifying>,
}

/// How tokens of the provider are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifying {
    /// The methods, in their order: the first that can say something about a token decides.
    pub methods: Vec<VerifyingMethod>,
    /// How long an answer is believed.
    pub cache_ttl: Duration,
}

/// How a token is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyingMethod {
    /// By its signature.
    Jwt,
    /// By asking the provider.
    Introspection,
}

impl FromYaml for VerifyingMethod {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        if item.again().non_empty_string()? == "userinfo" {
            return item.refuse(
                "userinfo does not say for whom a token is, so that tokens of every other application would be accepted; \
                 accepted: jwt, introspection",
            );
        }
        item.choice(&[("jwt", Self::Jwt), ("introspection", Self::Introspection)])
    }
}

/// How users log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcLogin {
    /// The path that the provider sends browsers back to.
    pub callback_path: String,
    /// Parameters that the provider wants to see in the authorization request besides the standard ones.
    pub extra_authorize_params: BTreeMap<String, String>,
}

/// Records and policies tell the provider's users from service accounts by this name.
pub(super) fn provider_name(mut item: Item<'_>) -> Option<String> {
    let name = item.again().non_empty_string()?;
    if name == SERVICE_ACCOUNT_PROVIDER {
        return item.refuse("is the name of the provider of service accounts; choose another");
    }
    Some(name)
}

impl Oidc {
    /// Reads the block, whose keys depend on the mode.
    pub(super) fn read(item: Item<'_>, mode: AuthMode) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let config_url = fields.required_with("config_url", |item| match mode {
            AuthMode::Verifier => server_address(item),
            AuthMode::Issuer | AuthMode::Introspection => discovery_address(item),
        });
        let client_id = fields.required_string("client_id");
        let client_secret = fields.required("client_secret");
        let scope = fields.required_with("scope", scope_with_openid);
        let audience = fields.optional_with("audience", Item::non_empty_string);
        let provider_name = fields.optional_with("provider_name", provider_name);
        let userinfo_url = fields.optional_with("userinfo_url", secret_carrying_address);
        let claim_mappings = fields.optional("claim_mappings").unwrap_or_default();
        let login = read_login(&mut fields, mode);
        let verifying = read_verifying(&mut fields, mode);
        fields.finish();
        Some(Self {
            config_url: config_url?,
            client_id: client_id?,
            client_secret: client_secret?,
            scope: scope?,
            audience,
            provider_name,
            userinfo_url,
            claim_mappings,
            login,
            verifying,
        })
    }
}

fn read_login(fields: &mut Fields<'_>, mode: AuthMode) -> Option<OidcLogin> {
    let path = fields.optional_with("callback_path", callback_path);
    let extra = fields.optional_with("extra_authorize_params", extra_parameters);
    match mode {
        AuthMode::Issuer => Some(OidcLogin {
            callback_path: path.unwrap_or_else(|| "/oidc/callback".to_owned()),
            extra_authorize_params: extra.unwrap_or_default(),
        }),
        AuthMode::Verifier | AuthMode::Introspection => {
            for key in ["callback_path", "extra_authorize_params"] {
                if !fields.is_absent(key) {
                    fields.refuse(key, "does not apply to mode verifier: users log in elsewhere");
                }
            }
            None
        }
    }
}

fn read_verifying(fields: &mut Fields<'_>, mode: AuthMode) -> Option<Verifying> {
    let methods = fields.optional_with("methods", methods);
    let cache_ttl = fields.optional_with("cache_ttl", cache_ttl);
    if mode != AuthMode::Verifier {
        for key in ["methods", "cache_ttl"] {
            if !fields.is_absent(key) {
                fields.refuse(key, "applies to mode verifier only");
            }
        }
        return None;
    }
    Some(Verifying {
        methods: methods.unwrap_or_else(|| vec![VerifyingMethod::Jwt]),
        cache_ttl: cache_ttl.unwrap_or(DEFAULT_CACHE),
    })
}

/// At least one, each once, and none behind one that decides about every token.
fn methods(mut item: Item<'_>) -> Option<Vec<VerifyingMethod>> {
    use VerifyingMethod::{Introspection, Jwt};
    let methods: Vec<VerifyingMethod> = item.again().one_or_many()?;
    match methods.as_slice() {
        [Jwt | Introspection] | [Jwt, Introspection] => Some(methods),
        [Introspection, Jwt] => item.refuse(
            "introspection decides about every token, so that jwt behind it is never asked; accepted: [jwt, introspection]",
        ),
        _ => item.refuse("expected [jwt], [introspection] or [jwt, introspection]"),
    }
}

/// The address of a discovery document. What stands in front of its fixed end is the issuer.
pub(super) fn discovery_address(mut item: Item<'_>) -> Option<Url> {
    let url = secret_carrying_address(item.again())?;
    if is_of_openid_provider(&url) {
        return Some(url);
    }
    item.refuse("expected the issuer's address with /.well-known/openid-configuration behind it")
}

/// The same, or that of an authorization server where nobody logs in by OpenID Connect (RFC 8414 section 3).
fn server_address(mut item: Item<'_>) -> Option<Url> {
    let url = secret_carrying_address(item.again())?;
    if issuer_of(&url).is_some() {
        return Some(url);
    }
    item.refuse(
        "expected the issuer's address with /.well-known/openid-configuration behind it, or with \
         /.well-known/oauth-authorization-server behind its host",
    )
}

/// Parameters of the authorization request, none of which is the protocol's own.
fn extra_parameters(mut item: Item<'_>) -> Option<BTreeMap<String, String>> {
    let parameters: BTreeMap<String, String> = FromYaml::from_yaml(item.again())?;
    match parameters.keys().find(|name| OWN_PARAMETERS.contains(&name.as_str())) {
        None => Some(parameters),
        Some(name) => item.refuse(format!(
            "{name} is set by the login itself and cannot be set here; audience and scope have keys of their own"
        )),
    }
}

/// Reports a scope that is there and has no `openid`, without which there is no identity token. `None` after a report.
pub(super) fn check_scope(fields: &mut Fields<'_>) -> Option<()> {
    if fields.is_absent("scope") {
        return Some(());
    }
    fields.optional_with("scope", scope_with_openid).map(drop)
}

fn scope_with_openid(mut item: Item<'_>) -> Option<String> {
    let scope = item.again().non_empty_string()?;
    if scope.split_whitespace().any(|part| part == "openid") {
        return Some(scope);
    }
    item.refuse("must contain openid")
}
