//! `auth.clients[].service_account`: who a client is when it calls in its own name (`grant_types: [client_credentials]`).

use mxcp_actors::domain::service_account::service_account_name;

use super::client::{ClientFile, GrantType};
use super::{AuthMode, Provider};
use crate::yaml::{Fields, FromYaml, Item, Problems};

/// What policies see of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceAccount {
    /// The role.
    pub role: Option<String>,
    /// The permissions.
    pub permissions: Vec<String>,
    /// The groups.
    pub groups: Vec<String>,
}

impl FromYaml for ServiceAccount {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("Service account");
        let role = fields.optional("role");
        let permissions = fields.string_list("permissions").unwrap_or_default();
        let groups = fields.string_list("groups").unwrap_or_default();
        fields.finish();
        Some(Self {
            role,
            permissions,
            groups,
        })
    }
}

/// The account of a client with these grant types. It needs one that proves who it is: everyone can claim to be a public
/// client.
pub(super) fn read(fields: &mut Fields<'_>, grant_types: &[GrantType]) -> Option<ServiceAccount> {
    const KEY: &str = "service_account";
    let written: Option<ServiceAccount> = fields.optional(KEY);
    if !grant_types.contains(&GrantType::ClientCredentials) {
        if !fields.is_absent(KEY) {
            fields.refuse(KEY, "needs client_credentials among grant_types".to_owned());
        }
        return None;
    }
    let proofs = ["client_secret", "jwks", "jwks_uri"];
    if proofs.iter().all(|proof| fields.is_absent(proof)) {
        fields.refuse(
            "grant_types",
            "client_credentials needs a client that proves who it is; give it a client_secret, jwks or jwks_uri"
                .to_owned(),
        );
    }
    Some(written.unwrap_or_default())
}

/// Looks across the section: whether a token of a service account would be good for anything, and whether a user has the
/// name of one.
pub(super) fn check(client: &ClientFile, mode: AuthMode, provider: &Provider, problems: &mut Problems) {
    if client.service_account.is_none() {
        return;
    }
    if mode != AuthMode::Issuer || provider.is_none() {
        let message = "has the grant type client_credentials, which needs a server that issues tokens: mode issuer, and a provider \
                       (without one everybody may call, with no token at all)";
        client.id.refuse::<()>(problems, message.to_owned());
    }
    let name = service_account_name(&client.id.value);
    if let Provider::Local(local) = provider
        && local.users.iter().any(|user| user.username == name)
    {
        let message =
            format!("its service account is called {name}, as a user of auth.local is; rename one of them");
        client.id.refuse::<()>(problems, message);
    }
}
