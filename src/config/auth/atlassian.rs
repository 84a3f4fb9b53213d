//! `auth.atlassian`: logins through Atlassian Cloud (Jira and Confluence).

use url::Url;

use super::UpstreamClient;
use crate::config::values::address_or;
use crate::yaml::{FromYaml, Item};

pub(super) const SUBJECT: &str = "Atlassian OAuth configuration";

/// Atlassian Cloud.
#[derive(Clone, Debug)]
pub struct Atlassian {
    /// This server's OAuth 2.0 (3LO) app.
    pub client: UpstreamClient,
    /// Where browsers log in.
    pub auth_url: Url,
    /// Where codes are exchanged.
    pub token_url: Url,
    /// The REST interface, which also tells who the user is and which sites are accessible.
    pub api_url: Url,
    /// Hosts or cloud ids of sites, in lower case, one of which a user must open to this server; empty lets everybody in.
    pub allowed_sites: Vec<String>,
}

impl FromYaml for Atlassian {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let client = UpstreamClient::read(&mut fields, "/atlassian/callback", None);
        let auth_url = address_or(&mut fields, "auth_url", "https://auth.atlassian.com/authorize");
        let token_url = address_or(&mut fields, "token_url", "https://auth.atlassian.com/oauth/token");
        let api_url = address_or(&mut fields, "api_url", "https://api.atlassian.com");
        let allowed_sites = fields.optional_with("allowed_sites", |item| item.one_or_many_with(site));
        fields.finish();
        Some(Self {
            client: client?,
            auth_url: auth_url?,
            token_url: token_url?,
            api_url: api_url?,
            allowed_sites: allowed_sites.unwrap_or_default(),
        })
    }
}

/// A site by its host or its cloud id, in lower case.
fn site(mut item: Item<'_>) -> Option<String> {
    let site = item.again().non_empty_string()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    if site.chars().all(is_plain) {
        return Some(site.to_ascii_lowercase());
    }
    item.refuse("expected the host of a site such as example.atlassian.net, or its cloud id")
}
