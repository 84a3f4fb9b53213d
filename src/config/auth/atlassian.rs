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
}

impl FromYaml for Atlassian {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let client = UpstreamClient::read(&mut fields, "/atlassian/callback", None);
        let auth_url = address_or(&mut fields, "auth_url", "https://auth.atlassian.com/authorize");
        let token_url = address_or(&mut fields, "token_url", "https://auth.atlassian.com/oauth/token");
        let api_url = address_or(&mut fields, "api_url", "https://api.atlassian.com");
        fields.finish();
        Some(Self {
            client: client?,
            auth_url: auth_url?,
            token_url: token_url?,
            api_url: api_url?,
        })
    }
}
