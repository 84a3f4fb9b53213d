//! Keycloak: OpenID Connect at a realm's address, with roles of the realm and of its clients.
//!
//! Keycloak puts roles into access tokens, and into identity tokens and userinfo only if a mapper says so; all three are read.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use url::Url;

use super::oidc::config_url_of;
use super::oidc::settings::{Dialect, OidcSettings};

/// The provider's name in the configuration and in user records.
pub const NAME: &str = "keycloak";

/// The address of a realm's discovery document; `None` if the server's address cannot have a path.
#[must_use]
pub fn config_url(server_url: &Url, realm: &str) -> Option<Url> {
    let mut url = server_url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .extend(["realms", realm]);
    config_url_of(&url)
}

/// The settings with what Keycloak does in its own way.
#[must_use]
pub fn keycloak(mut settings: OidcSettings) -> OidcSettings {
    settings.dialect = Dialect {
        more_groups: Some(roles),
        ..Dialect::default()
    };
    settings
}

/// The roles of the realm by their names, and those of a client with the client's name and a colon in front, since each client
/// has an `admin` of its own.
fn roles(claims: &Map<String, Value>) -> BTreeSet<String> {
    let roles_of = |access: Option<&Value>| -> Vec<String> {
        let roles = access
            .and_then(|access| access.get("roles"))
            .and_then(Value::as_array);
        let names = roles.into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    };
    let mut found: BTreeSet<String> = roles_of(claims.get("realm_access")).into_iter().collect();
    let clients = claims.get("resource_access").and_then(Value::as_object);
    for (client, access) in clients.into_iter().flatten() {
        found.extend(
            roles_of(Some(access))
                .iter()
                .map(|role| format!("{client}:{role}")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_realm_is_found_below_the_server() {
        for (server, expected) in [
            ("https://sso.example", "https://sso.example/realms/my%20realm"),
            (
                "https://sso.example/auth/",
                "https://sso.example/auth/realms/my%20realm",
            ),
        ] {
            let found = config_url(&Url::parse(server).unwrap(), "my realm").unwrap();
            assert_eq!(
                found.as_str(),
                format!("{expected}/.well-known/openid-configuration")
            );
        }
        assert_eq!(config_url(&Url::parse("data:x").unwrap(), "r"), None);
    }

    #[test]
    fn roles_of_clients_carry_the_name_of_their_client() {
        let claims = json!({
            "realm_access": { "roles": ["staff", 7] },
            "resource_access": { "app": { "roles": ["admin"] }, "broken": 1, "empty": {} },
        });
        let found = roles(claims.as_object().unwrap());
        assert_eq!(
            found.iter().map(String::as_str).collect::<Vec<_>>(),
            ["app:admin", "staff"]
        );
        assert!(roles(json!({ "realm_access": [] }).as_object().unwrap()).is_empty());
    }
}
