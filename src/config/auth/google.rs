//! `auth.google`: logins through Google.

use url::Url;

use super::UpstreamClient;
use crate::config::values::address_or;
use crate::yaml::{FromYaml, Item};

pub(super) const SUBJECT: &str = "Google OAuth configuration";

/// Google.
#[derive(Clone, Debug)]
pub struct Google {
    /// This server's OAuth client.
    pub client: UpstreamClient,
    /// Where browsers log in.
    pub auth_url: Url,
    /// Where codes are exchanged.
    pub token_url: Url,
    /// Who the user is.
    pub userinfo_url: Url,
}

impl FromYaml for Google {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let client = UpstreamClient::read(&mut fields, "/google/callback", None);
        let auth_url = address_or(
            &mut fields,
            "auth_url",
            "https://accounts.google.com/o/oauth2/v2/auth",
        );
        let token_url = address_or(&mut fields, "token_url", "https://oauth2.googleapis.com/token");
        let userinfo_url = address_or(
            &mut fields,
            "userinfo_url",
            "https://openidconnect.googleapis.com/v1/userinfo",
        );
        fields.finish();
        Some(Self {
            client: client?,
            auth_url: auth_url?,
            token_url: token_url?,
            userinfo_url: userinfo_url?,
        })
    }
}
