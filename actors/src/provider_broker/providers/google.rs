//! Google: OpenID Connect with refresh tokens on request, and the domains of Google Workspace.
//!
//! What is special about Google, as its documentation on OpenID Connect has it: a refresh token comes with
//! `access_type=offline`, and reliably only when the user is asked (`prompt=consent`); `hd` in the request is a hint, and the
//! claim `hd` of the identity token the proof; identity tokens may write the issuer without its scheme.

use std::collections::BTreeSet;

use super::oidc::settings::{Dialect, OidcSettings, Username};

/// The provider's name in the configuration and in user records.
pub const NAME: &str = "google";
/// Google's discovery document.
pub const CONFIG_URL: &str = "https://accounts.google.com/.well-known/openid-configuration";

/// The settings with what Google does in its own way. `domains` are the Google Workspace domains whose users are let in; empty
/// lets everybody in who has an account.
#[must_use]
pub fn google(mut settings: OidcSettings, domains: &[String]) -> OidcSettings {
    let domains: BTreeSet<String> = domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
    let mut only = domains.iter();
    let (hint, username) = match (only.next(), only.next()) {
        (None, _) => (None, Username::Claims),
        // Within one domain a name is one person's; beyond it, anybody can have it elsewhere.
        (Some(domain), None) => (Some(domain.clone()), Username::LocalPart),
        (Some(_), Some(_)) => (Some("*".to_owned()), Username::Claims),
    };
    let offline = [("access_type", "offline"), ("prompt", "consent")];
    let own = offline.map(|(name, value)| (name.to_owned(), value.to_owned()));
    settings.extra_authorize_params.extend(own);
    let hint = hint.map(|domain| ("hd".to_owned(), domain));
    settings.extra_authorize_params.extend(hint);
    settings.dialect = Dialect {
        issuer_alias: Some("accounts.google.com"),
        username,
        hosted_domains: domains,
        ..Dialect::default()
    };
    settings
}
