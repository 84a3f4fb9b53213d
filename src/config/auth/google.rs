//! `auth.google`: logins through Google.

use url::Url;

use super::UpstreamClient;
use super::oidc::{check_scope, discovery_address};
use crate::config::values::secret_carrying_address;
use crate::yaml::{FromYaml, Item};

pub(super) const SUBJECT: &str = "Google OAuth configuration";

/// Google.
#[derive(Clone, Debug)]
pub struct Google {
    /// This server's OAuth client.
    pub client: UpstreamClient,
    /// The discovery document, if not Google's own.
    pub config_url: Option<Url>,
    /// Where browsers log in, if not where the discovery document has it.
    pub auth_url: Option<Url>,
    /// Where codes are exchanged, if not where the discovery document has it.
    pub token_url: Option<Url>,
    /// Who the user is, if not where the discovery document has it.
    pub userinfo_url: Option<Url>,
    /// The Google Workspace domains whose users are let in; empty lets everybody in.
    pub allowed_domains: Vec<String>,
}

impl FromYaml for Google {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let client = UpstreamClient::read(&mut fields, "/google/callback", None);
        let scope = check_scope(&mut fields);
        let config_url = fields.optional_with("config_url", discovery_address);
        let auth_url = fields.optional_with("auth_url", secret_carrying_address);
        let token_url = fields.optional_with("token_url", secret_carrying_address);
        let userinfo_url = fields.optional_with("userinfo_url", secret_carrying_address);
        let allowed_domains = fields.optional_with("allowed_domains", domains);
        fields.finish();
        scope?;
        Some(Self {
            client: client?,
            config_url,
            auth_url,
            token_url,
            userinfo_url,
            allowed_domains: allowed_domains.unwrap_or_default(),
        })
    }
}

/// The domains whose users are let in.
pub(super) fn domains(item: Item<'_>) -> Option<Vec<String>> {
    item.one_or_many_with(domain)
}

/// A domain as the claim `hd` has it.
fn domain(mut item: Item<'_>) -> Option<String> {
    let domain = item.again().non_empty_string()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let has_labels = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    if has_labels && domain.chars().all(is_plain) {
        return Some(domain.to_ascii_lowercase());
    }
    item.refuse("expected a Google Workspace domain such as example.com, without @ and *")
}
