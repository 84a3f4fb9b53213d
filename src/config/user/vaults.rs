//! `vault` and `onepassword`: where `vault://` and `op://` references will be looked up.

use url::Url;

use crate::config::values::web_address;
use crate::yaml::{FromYaml, Item};

/// A Vault server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// Whether references may use it.
    pub enabled: bool,
    /// The server's address.
    pub address: Option<Url>,
    /// The environment variable that holds the token.
    pub token_env: String,
}

/// 1Password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnePassword {
    /// Whether references may use it.
    pub enabled: bool,
    /// The environment variable that holds the service account's token.
    pub token_env: String,
}

impl FromYaml for Vault {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let vault = Self {
            enabled: fields.optional("enabled").unwrap_or(false),
            address: fields.optional_with("address", web_address),
            token_env: fields
                .optional("token_env")
                .unwrap_or_else(|| "VAULT_TOKEN".to_owned()),
        };
        fields.finish();
        Some(vault)
    }
}

impl FromYaml for OnePassword {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let account = Self {
            enabled: fields.optional("enabled").unwrap_or(false),
            token_env: fields
                .optional("token_env")
                .unwrap_or_else(|| "OP_SERVICE_ACCOUNT_TOKEN".to_owned()),
        };
        fields.finish();
        Some(account)
    }
}
