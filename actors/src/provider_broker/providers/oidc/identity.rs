//! From a user's claims to the identity that this server keeps (OpenID Connect Core 1.0 section 5.1). Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::settings::OidcSettings;
use crate::domain::user::{UserIdentity, UserKey, VerifiedEmail};

/// Claims that are about a token and not about the user.
const ABOUT_TOKENS: [&str; 6] = ["nonce", "at_hash", "c_hash", "s_hash", "jti", "sid"];

/// The claims of several sources about one user; later ones win. Whether an address is verified is said by the source that
/// the address is from.
pub(super) fn merged(sources: impl IntoIterator<Item = Map<String, Value>>) -> Map<String, Value> {
    let mut claims = Map::new();
    for source in sources {
        if source.contains_key("email") {
            claims.remove("email_verified");
        }
        claims.extend(source);
    }
    claims.retain(|name, _| !ABOUT_TOKENS.contains(&name.as_str()));
    claims
}

/// Whom these claims describe. An address that is not verified is left out, so that it grants nothing either.
pub(super) fn identity(
    settings: &OidcSettings,
    key: UserKey,
    mut claims: Map<String, Value>,
) -> UserIdentity {
    let address = claims.get("email").and_then(Value::as_str);
    let email = address.and_then(|address| VerifiedEmail::from_claims(address, is_verified(&claims)));
    if email.is_none() {
        claims.remove("email");
    }
    let text = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let mut groups: BTreeSet<String> = ["groups", "roles"]
        .into_iter()
        .flat_map(|name| names(claims.get(name)))
        .collect();
    if let Some(more) = settings.dialect.more_groups {
        groups.extend(more(&claims));
    }
    let username = settings.dialect.username.of(&claims, email.as_ref());
    UserIdentity {
        username: Some(username.unwrap_or_else(|| key.subject.clone())),
        name: text("name").map(str::to_owned),
        email,
        groups,
        capabilities: settings.claim_mappings.capabilities(&claims),
        scopes: settings.user_scopes.clone(),
        profile: claims,
        ..UserIdentity::bare(key, settings.name.as_str())
    }
}

/// The names in a claim that is a list of texts, or one text.
pub(super) fn names(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => {
            let texts = names.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        Some(_) | None => Vec::new(),
    }
}

/// Some providers write the truth as a text.
fn is_verified(claims: &Map<String, Value>) -> bool {
    match claims.get("email_verified") {
        Some(Value::Bool(is_verified)) => *is_verified,
        Some(Value::String(text)) => text == "true",
        Some(_) | None => false,
    }
}
