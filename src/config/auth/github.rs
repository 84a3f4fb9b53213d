//! `auth.github`: logins through GitHub or a GitHub Enterprise server.

use url::Url;

use super::UpstreamClient;
use crate::config::values::address_or;
use crate::yaml::{FromYaml, Item};

pub(super) const SUBJECT: &str = "GitHub OAuth configuration";

/// GitHub.
#[derive(Clone, Debug)]
pub struct Github {
    /// This server's OAuth app.
    pub client: UpstreamClient,
    /// Where browsers log in.
    pub auth_url: Url,
    /// Where codes are exchanged.
    pub token_url: Url,
    /// The REST interface.
    pub api_url: Url,
}

impl FromYaml for Github {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let client = UpstreamClient::read(&mut fields, "/github/callback", Some("user:email"));
        let auth_url = address_or(
            &mut fields,
            "auth_url",
            "https://github.com/login/oauth/authorize",
        );
        let token_url = address_or(
            &mut fields,
            "token_url",
            "https://github.com/login/oauth/access_token",
        );
        let api_url = address_or(&mut fields, "api_url", "https://api.github.com");
        fields.finish();
        Some(Self {
            client: client?,
            auth_url: auth_url?,
            token_url: token_url?,
            api_url: api_url?,
        })
    }
}
