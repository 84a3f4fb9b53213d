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

/// The account of a client with these grant types.
pub(super) fn read(fields: &mut Fields<'_>, grant_types: &[GrantType]) -> Option<ServiceAccount> {
    const KEY: &str = "service_account";
    let written: Option<ServiceAccount> = fields.optional(KEY);
    if grant_types.contains(&GrantType::ClientCredentials) {
        return Some(written.unwrap_or_default());
    }
    if !fields.is_absent(KEY) {
        fields.refuse(KEY, "needs client_credentials among grant_types");
    }
    None
}

/// Looks across the section: whether a token that a client asks for itself would be good for anything, and whether a user has
/// the name of a service account.
pub(super) fn check(client: &ClientFile, mode: AuthMode, provider: &Provider, problems: &mut Problems) {
    let asks_itself = [GrantType::ClientCredentials, GrantType::JwtBearer];
    let asks_itself = asks_itself.iter().any(|given| client.grant_types.contains(given));
    if asks_itself && (mode != AuthMode::Issuer || provider.is_none()) {
        let message = "asks for tokens itself (grant_types), which needs a server that issues some: mode issuer, and a provider \
                       (without one everybody may call, with no token at all)";
        client.id.refuse::<()>(problems, message);
    }
    if client.service_account.is_none() {
        return;
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
