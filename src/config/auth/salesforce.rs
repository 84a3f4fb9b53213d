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
    /// Where tokens are given back; on the token URL's host.
    pub revoke_url: Url,
    /// The organisations whose users are let in; empty lets everybody in.
    pub allowed_orgs: Vec<String>,
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
        let beside = |path: &str| token_url.as_ref()?.join(path).ok();
        let userinfo_url = fields.optional_with("userinfo_url", secret_carrying_address);
        let userinfo_url = userinfo_url.or_else(|| beside("/services/oauth2/userinfo"));
        let revoke_url = beside("/services/oauth2/revoke");
        let allowed_orgs = fields.optional_with("allowed_orgs", |item| item.one_or_many_with(organisation));
        fields.finish();
        Some(Self {
            client: client?,
            auth_url: auth_url?,
            token_url: token_url?,
            userinfo_url: userinfo_url?,
            revoke_url: revoke_url?,
            allowed_orgs: allowed_orgs.unwrap_or_default(),
        })
    }
}

/// The identifier of an organisation.
fn organisation(mut item: Item<'_>) -> Option<String> {
    let id = item.again().non_empty_string()?;
    let has_length = matches!(id.len(), 15 | 18);
    if has_length && id.starts_with("00D") && id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Some(id);
    }
    item.refuse(
        "expected the identifier of a Salesforce organisation: 00D and 12 or 15 more letters and digits",
    )
}
