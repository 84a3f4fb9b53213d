//! `auth.salesforce`: logins through Salesforce, production or sandbox.

use url::Url;

use super::UpstreamClient;
use crate::config::values::{address_or, secret_carrying_address};
use crate::yaml::{FromYaml, Item};

pub(super) const SUBJECT: &str = "Salesforce OAuth configuration";

/// Salesforce.
#[derive(Clone, Debug)]
pub struct Salesforce {
    /// This server's connected app.
    pub client: UpstreamClient,
    /// Where browsers log in.
    pub auth_url: Url,
    /// Where codes are exchanged.
    pub token_url: Url,
    /// Who the user is; on the token URL's host unless told otherwise, so that a sandbox needs two URLs only.
    pub userinfo_url: Url,
}

impl FromYaml for Salesforce {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        // Without a scope Salesforce grants what the connected app was given.
        let client = UpstreamClient::read(&mut fields, "/salesforce/callback", Some(""));
        let auth_url = address_or(
            &mut fields,
            "auth_url",
            "https://login.salesforce.com/services/oauth2/authorize",
        );
        let token_url = address_or(
            &mut fields,
            "token_url",
            "https://login.salesforce.com/services/oauth2/token",
        );
        let written = fields.optional_with("userinfo_url", secret_carrying_address);
        let userinfo_url = written.or_else(|| token_url.as_ref()?.join("/services/oauth2/userinfo").ok());
        fields.finish();
        Some(Self {
            client: client?,
            auth_url: auth_url?,
            token_url: token_url?,
            userinfo_url: userinfo_url?,
        })
    }
}
