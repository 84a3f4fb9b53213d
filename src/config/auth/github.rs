//! `auth.github`: logins through GitHub or a GitHub Enterprise server.

use mxcp_actors::provider_broker::providers::github::ORGANISATION_SCOPES;
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
    /// The organisations whose members are let in, in lower case; empty lets everybody in.
    pub allowed_orgs: Vec<String>,
}

impl FromYaml for Github {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let scope = match fields.is_absent("allowed_orgs") {
            true => "user:email",
            false => "user:email read:org",
        };
        let client = UpstreamClient::read(&mut fields, "/github/callback", Some(scope));
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
        let allowed_orgs = fields.optional_with("allowed_orgs", |item| item.one_or_many_with(organisation));
        let shows = |client: &UpstreamClient| ORGANISATION_SCOPES.iter().any(|scope| client.asks_for(scope));
        if allowed_orgs.is_some() && !client.as_ref().is_none_or(shows) {
            fields.warn(
                "allowed_orgs",
                "without read:org in scope the tokens of an OAuth app do not show organisations, and nobody is let in; a GitHub \
                 App needs read access to Members instead",
            );
        }
        fields.finish();
        Some(Self {
            client: client?,
            auth_url: auth_url?,
            token_url: token_url?,
            api_url: api_url?,
            allowed_orgs: allowed_orgs.unwrap_or_default(),
        })
    }
}

/// The name of an organisation, as it stands in addresses of GitHub.
fn organisation(mut item: Item<'_>) -> Option<String> {
    let name = item.again().non_empty_string()?;
    let is_plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_plain && name.len() <= 100 {
        return Some(name.to_ascii_lowercase());
    }
    item.refuse(
        "expected the name of a GitHub organisation as in https://github.com/NAME: letters, digits and -",
    )
}
