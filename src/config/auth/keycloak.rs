//! `auth.keycloak`: logins through a realm of a Keycloak server.

use url::Url;

use super::UpstreamClient;
use super::oidc::check_scope;
use crate::config::values::secret_carrying_address;
use crate::yaml::{FromYaml, Item};

pub(super) const SUBJECT: &str = "Keycloak OAuth configuration";

/// A Keycloak realm. Its endpoints follow from the server's address and the realm.
#[derive(Clone, Debug)]
pub struct Keycloak {
    /// This server's client in the realm.
    pub client: UpstreamClient,
    /// The realm.
    pub realm: String,
    /// The Keycloak server.
    pub server_url: Url,
    /// Who the user is, if not where Keycloak has it.
    pub userinfo_url: Option<Url>,
}

impl FromYaml for Keycloak {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let client = UpstreamClient::read(&mut fields, "/keycloak/callback", Some("openid profile email"));
        let realm = fields.required_string("realm");
        let server_url = fields.required_with("server_url", secret_carrying_address);
        let userinfo_url = fields.optional_with("userinfo_url", secret_carrying_address);
        let scope = check_scope(&mut fields);
        fields.finish();
        scope?;
        Some(Self {
            client: client?,
            realm: realm?,
            server_url: server_url?,
            userinfo_url,
        })
    }
}
