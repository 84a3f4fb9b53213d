//! What is set about an OpenID provider: by the operator, and by the file of a provider that speaks OpenID Connect with
//! something of its own.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use url::Url;

use crate::domain::scope::ScopeSet;
use crate::domain::user::VerifiedEmail;
use crate::provider_broker::claim_mappings::ClaimMappings;
use crate::provider_broker::providers::token_endpoint::ClientCredentials;

/// An OpenID provider, configured.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The provider's name in user records and messages.
    pub name: String,
    /// The address of the discovery document; the issuer is this without `/.well-known/openid-configuration`.
    pub config_url: Url,
    /// Where the document is if there is none: the same issuer's other address.
    pub other_config_url: Option<Url>,
    /// Where browsers log in, if not where the discovery document has it.
    pub auth_url: Option<Url>,
    /// Where codes are exchanged, if not where the discovery document has it.
    pub token_url: Option<Url>,
    /// Who the user is, if not where the discovery document has it.
    pub userinfo_url: Option<Url>,
    /// This server's client.
    pub client: ClientCredentials,
    /// The scopes to ask for, in this order; `openid` is among them.
    pub scopes: Vec<String>,
    /// The path of this server that browsers come back to.
    pub callback_path: String,
    /// `audience`: what the access token is for, at providers that want to be told.
    pub audience: Option<String>,
    /// Further parameters of the authorization request. None of the protocol's own.
    pub extra_authorize_params: Vec<(String, String)>,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
    /// The scopes of this server that its users may have at most.
    pub user_scopes: ScopeSet,
    /// What is special about this provider.
    pub dialect: Dialect,
}

impl OidcSettings {
    /// A provider of which no more is known: everything else is as its discovery document has it, nothing is asked for and no
    /// browser comes back.
    #[must_use]
    pub fn discovered(name: &str, config_url: Url, client: ClientCredentials) -> Self {
        Self {
            name: name.to_owned(),
            config_url,
            other_config_url: None,
            auth_url: None,
            token_url: None,
            userinfo_url: None,
            client,
            scopes: Vec::new(),
            callback_path: String::new(),
            audience: None,
            extra_authorize_params: Vec::new(),
            claim_mappings: ClaimMappings::default(),
            user_scopes: ScopeSet::empty(),
            dialect: Dialect::default(),
        }
    }
}

/// The groups that a user's claims name.
pub type GroupsOf = fn(&Map<String, Value>) -> BTreeSet<String>;

/// What a provider does in its own way, beyond OpenID Connect.
#[derive(Clone, Debug, Default)]
pub struct Dialect {
    /// Another way in which the provider writes its issuer in identity tokens.
    pub issuer_alias: Option<&'static str>,
    /// How the login name is found, if not by OpenID Connect's own claims.
    pub username: Username,
    /// Where the groups are, besides `groups` and `roles`.
    pub more_groups: Option<GroupsOf>,
    /// The domains of the claim `hd` that users must have one of; empty lets all in.
    pub hosted_domains: BTreeSet<String>,
}

impl Dialect {
    /// The ways in which an issuer may be written, its own first.
    pub(super) fn issuers<'a>(&self, issuer: &'a str) -> [&'a str; 2] {
        [issuer, self.issuer_alias.unwrap_or(issuer)]
    }

    /// Whether users of these claims are let in, which are signed and never those of a parameter that came through a browser.
    pub(super) fn lets_in(&self, claims: &Map<String, Value>) -> bool {
        let hosted = claims.get("hd").and_then(Value::as_str);
        let is_ours = hosted.is_some_and(|domain| self.hosted_domains.contains(&domain.to_ascii_lowercase()));
        self.hosted_domains.is_empty() || is_ours
    }
}

/// How a user's login name is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Username {
    /// `preferred_username`, `nickname`, or the verified address.
    #[default]
    Claims,
    /// What stands before the `@` of the verified address: only where all users are of one domain.
    LocalPart,
}

impl Username {
    /// The login name of a user with this verified address.
    pub(super) fn of(self, claims: &Map<String, Value>, email: Option<&VerifiedEmail>) -> Option<String> {
        let address = email.map(VerifiedEmail::as_str);
        let own = match self {
            Self::LocalPart => address.and_then(|address| Some(address.rsplit_once('@')?.0.to_owned())),
            Self::Claims => None,
        };
        let claim = |name: &str| {
            claims
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        own.or_else(|| {
            let named = claim("preferred_username").or_else(|| claim("nickname"));
            named.or(address).map(str::to_owned)
        })
    }
}
