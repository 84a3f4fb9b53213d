//! `auth.provider`: which provider is selected, and the check that its block is there.

use super::{Atlassian, AuthMode, Github, Google, Keycloak, Local, Oidc, Salesforce};
use super::{atlassian, github, google, keycloak, local, oidc, salesforce};
use crate::yaml::{Fields, FromYaml, Item};

/// Who knows the users, with the settings of its block.
#[derive(Clone, Debug, Default)]
pub enum Provider {
    /// Nobody: the server is open to everyone who reaches it.
    #[default]
    None,
    /// This server, from a list of users with passwords.
    Local(Local),
    /// GitHub.
    Github(Github),
    /// Atlassian Cloud.
    Atlassian(Atlassian),
    /// Salesforce.
    Salesforce(Salesforce),
    /// Google.
    Google(Google),
    /// A Keycloak realm.
    Keycloak(Keycloak),
    /// Any OpenID provider.
    Oidc(Oidc),
}

impl Provider {
    /// The provider's name in the configuration and in user records.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Local(_) => "local",
            Self::Github(_) => "github",
            Self::Atlassian(_) => "atlassian",
            Self::Salesforce(_) => "salesforce",
            Self::Google(_) => "google",
            Self::Keycloak(_) => "keycloak",
            Self::Oidc(_) => "oidc",
        }
    }

    /// Whether anybody may call.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The path that the provider sends browsers back to, if logins leave this server at all.
    pub fn callback_path(&self) -> Option<&str> {
        match self {
            Self::None | Self::Local(_) => None,
            Self::Github(settings) => Some(&settings.client.callback_path),
            Self::Atlassian(settings) => Some(&settings.client.callback_path),
            Self::Salesforce(settings) => Some(&settings.client.callback_path),
            Self::Google(settings) => Some(&settings.client.callback_path),
            Self::Keycloak(settings) => Some(&settings.client.callback_path),
            Self::Oidc(settings) => settings.login.as_ref().map(|login| login.callback_path.as_str()),
        }
    }
}

/// The value of `auth.provider`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum ProviderName {
    #[default]
    None,
    Local,
    Github,
    Atlassian,
    Salesforce,
    Google,
    Keycloak,
    Oidc,
}

impl ProviderName {
    const CHOICES: [(&str, Self); 8] = [
        ("none", Self::None),
        ("local", Self::Local),
        ("github", Self::Github),
        ("atlassian", Self::Atlassian),
        ("salesforce", Self::Salesforce),
        ("google", Self::Google),
        ("keycloak", Self::Keycloak),
        ("oidc", Self::Oidc),
    ];
}

impl FromYaml for ProviderName {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&Self::CHOICES)
    }
}

/// All providers' blocks. Each block that is there is checked, also if another provider is selected.
pub(super) struct ProviderBlocks;

impl ProviderBlocks {
    /// Reads `provider` and the blocks; answers the selected one. `None` after a report.
    pub(super) fn read(fields: &mut Fields<'_>, mode: AuthMode) -> Option<Provider> {
        let selected = fields.optional("provider").unwrap_or_default();
        if mode == AuthMode::Verifier && selected != ProviderName::Oidc {
            fields.refuse("mode", "mode verifier works with provider oidc only");
        }
        if mode == AuthMode::Introspection && selected != ProviderName::None {
            fields.refuse(
                "provider",
                "does not apply to mode introspection: users log in at the authorization server",
            );
        }
        let local = fields.optional("local");
        let github = fields.optional("github");
        let atlassian = fields.optional("atlassian");
        let salesforce = fields.optional("salesforce");
        let google = fields.optional("google");
        let keycloak = fields.optional("keycloak");
        let oidc = fields.optional_with("oidc", |item| Oidc::read(item, mode));
        let blocks = ProviderName::CHOICES.iter().map(|(name, _)| *name);
        if mode == AuthMode::Issuer
            && fields.is_absent("provider")
            && let Some(block) = blocks.into_iter().find(|block| !fields.is_absent(block))
        {
            let message =
                format!("provider is not set, so that the block {block} is not used and everybody may call");
            fields.warn_all(message);
        }
        let (subject, block, provider) = match selected {
            ProviderName::None => return Some(Provider::None),
            ProviderName::Local => (local::SUBJECT, "local", local.map(Provider::Local)),
            ProviderName::Github => (github::SUBJECT, "github", github.map(Provider::Github)),
            ProviderName::Atlassian => (
                atlassian::SUBJECT,
                "atlassian",
                atlassian.map(Provider::Atlassian),
            ),
            ProviderName::Salesforce => (
                salesforce::SUBJECT,
                "salesforce",
                salesforce.map(Provider::Salesforce),
            ),
            ProviderName::Google => (google::SUBJECT, "google", google.map(Provider::Google)),
            ProviderName::Keycloak => (keycloak::SUBJECT, "keycloak", keycloak.map(Provider::Keycloak)),
            ProviderName::Oidc => (oidc::SUBJECT, "oidc", oidc.map(Provider::Oidc)),
        };
        if provider.is_none() && fields.is_absent(block) {
            fields.refuse(
                "provider",
                format!("{subject} is incomplete: the block {block} is missing"),
            );
        }
        provider
    }
}
