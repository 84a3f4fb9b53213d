//! The members of client metadata, each with its form, its bounds and its default.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{InvalidMetadata, MOST_REDIRECT_URIS, MetadataProblem, MetadataRules, problem};
use crate::domain::client::{AuthenticationMethod, GrantType};
use crate::domain::redirect_uri::{RedirectKind, RedirectTrust, RedirectUri};
use crate::domain::scope::ScopeSet;
use crate::domain::uri::UriParts;

/// The longest display text (name, contact, version), in characters.
const LONGEST_DISPLAY_TEXT: usize = 200;
const LONGEST_ADDRESS: usize = 2048;
const MOST_CONTACTS: usize = 10;

pub(super) fn redirect_uris(members: &Map<String, Value>) -> Result<Vec<RedirectUri>, InvalidMetadata> {
    let texts = texts(members, "redirect_uris")
        .map_err(|_| InvalidMetadata::RedirectUris)?
        .unwrap_or_default();
    if texts.is_empty() || texts.len() > MOST_REDIRECT_URIS {
        return Err(InvalidMetadata::RedirectUris);
    }
    let parse = |(index, text): (usize, &&str)| {
        RedirectUri::parse(text, RedirectTrust::SelfRegistered)
            .map_err(|reason| InvalidMetadata::RedirectUri { index, reason })
    };
    texts.iter().enumerate().map(parse).collect()
}

/// Absent means both, as in MXCP: a client that does not say wants to stay logged in.
pub(super) fn grant_types(members: &Map<String, Value>) -> Result<BTreeSet<GrantType>, InvalidMetadata> {
    const MEMBER: &str = "grant_types";
    let Some(values) = texts(members, MEMBER)? else {
        return Ok(GrantType::OF_ANY_CLIENT.into());
    };
    let unsupported = || {
        problem(
            MEMBER,
            MetadataProblem::Unsupported("authorization_code, refresh_token".to_owned()),
        )
    };
    let parse = |value: &&str| GrantType::of_any_client(value).ok_or_else(unsupported);
    let grant_types: BTreeSet<_> = values.iter().map(parse).collect::<Result<_, _>>()?;
    if !grant_types.contains(&GrantType::AuthorizationCode) {
        return Err(problem(
            MEMBER,
            MetadataProblem::Inconsistent("must contain authorization_code"),
        ));
    }
    Ok(grant_types)
}

pub(super) fn check_response_types(members: &Map<String, Value>) -> Result<(), InvalidMetadata> {
    const MEMBER: &str = "response_types";
    let values = texts(members, MEMBER)?.unwrap_or_else(|| vec!["code"]);
    if values.is_empty() || values.iter().any(|value| *value != "code") {
        return Err(problem(MEMBER, MetadataProblem::Unsupported("code".to_owned())));
    }
    Ok(())
}

/// `application_type` (OpenID Connect Dynamic Client Registration 1.0 section 2). Absent means nothing here: programs on their
/// users' machines leave it out, too. A website has no scheme of its own to be called by; on a loopback address it is being
/// developed.
pub(super) fn check_application_type(
    members: &Map<String, Value>,
    redirect_uris: &[RedirectUri],
) -> Result<(), InvalidMetadata> {
    const MEMBER: &str = "application_type";
    let is_of_a_program = |uri: &RedirectUri| match uri.kind() {
        RedirectKind::Https | RedirectKind::Loopback => false,
        RedirectKind::PrivateUse | RedirectKind::OutOfBand => true,
    };
    match text(members, MEMBER)? {
        Some("web") if redirect_uris.iter().any(is_of_a_program) => {
            let reason = "web goes with redirect URIs of https or of this machine; with a scheme of its own a client is native";
            Err(problem(MEMBER, MetadataProblem::Inconsistent(reason)))
        }
        None | Some("web" | "native") => Ok(()),
        Some(_) => Err(problem(
            MEMBER,
            MetadataProblem::Unsupported("web, native".to_owned()),
        )),
    }
}

pub(super) fn authentication(
    members: &Map<String, Value>,
    rules: &MetadataRules,
) -> Result<Option<AuthenticationMethod>, InvalidMetadata> {
    const MEMBER: &str = "token_endpoint_auth_method";
    let Some(value) = text(members, MEMBER)? else {
        return Ok(None);
    };
    let offered = &rules.authentication_methods;
    match AuthenticationMethod::from_value(value) {
        Some(method) if offered.contains(&method) => Ok(Some(method)),
        _ => {
            let offered: Vec<_> = offered.iter().map(|method| method.as_str()).collect();
            Err(problem(MEMBER, MetadataProblem::Unsupported(offered.join(", "))))
        }
    }
}

/// Takes a name away that shows as nothing: the client is registered as one that has no name, and is told so by the echo.
pub(super) fn drop_invisible_name(members: &mut Map<String, Value>) {
    let name = members.get("client_name").and_then(Value::as_str);
    if name.is_some_and(|name| name.chars().all(is_blank)) {
        members.remove("client_name");
    }
}

/// White space, and the letters that are drawn as nothing: the fillers of Hangul, and Braille without a dot.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
        )
}

/// Members that are shown to people: on the consent page and to the operator.
pub(super) fn check_presentation(members: &Map<String, Value>) -> Result<(), InvalidMetadata> {
    for member in ["client_name", "software_id", "software_version"] {
        text(members, member)?.map_or(Ok(()), |value| check_display_text(member, value))?;
    }
    for member in ["client_uri", "logo_uri", "policy_uri", "tos_uri"] {
        address(members, member, &["https", "http"], "an https or http address")?;
    }
    let contacts = texts(members, "contacts")?.unwrap_or_default();
    if contacts.len() > MOST_CONTACTS {
        return Err(problem("contacts", MetadataProblem::TooLarge("10 contacts")));
    }
    contacts
        .iter()
        .try_for_each(|contact| check_display_text("contacts", contact))
}

fn check_display_text(member: &'static str, value: &str) -> Result<(), InvalidMetadata> {
    if value.chars().count() > LONGEST_DISPLAY_TEXT {
        return Err(problem(member, MetadataProblem::TooLarge("200 characters")));
    }
    if value.chars().any(is_deceptive) {
        return Err(problem(member, MetadataProblem::DeceptiveText));
    }
    Ok(())
}

/// Control characters, and the Unicode characters that reorder or hide their neighbours.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// What the client asked for as far as it is allowed; the default if nothing of it is, because every client may have that.
///
/// RFC 7591 section 3.2.1 leaves it to the server to refuse or to replace. Widely used clients register with scopes of their
/// own making (`openid email profile`) and ask for those of the resource later; refused here, they would never get so far.
/// What they got is in the answer.
pub(super) fn scopes(
    members: &Map<String, Value>,
    rules: &MetadataRules,
) -> Result<ScopeSet, InvalidMetadata> {
    let asked = text(members, "scope")?.map_or(Ok(ScopeSet::empty()), ScopeSet::parse);
    let malformed = MetadataProblem::WrongType("scope tokens separated by spaces (RFC 6749 section 3.3)");
    let granted = asked
        .map_err(|_| problem("scope", malformed))?
        .intersection(&rules.allowed_scopes);
    Ok(if granted.is_empty() {
        rules.default_scopes.clone()
    } else {
        granted
    })
}

pub(super) fn address<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
    schemes: &[&str],
    accepted: &'static str,
) -> Result<Option<&'a str>, InvalidMetadata> {
    let Some(value) = text(members, member)? else {
        return Ok(None);
    };
    let is_acceptable = value.len() <= LONGEST_ADDRESS
        && UriParts::split(value).is_ok_and(|parts| {
            let host = parts
                .authority
                .filter(|authority| authority.userinfo.is_none())
                .map(|authority| authority.host);
            schemes.contains(&parts.scheme) && host.is_some_and(|host| !host.is_empty())
        });
    if !is_acceptable {
        return Err(problem(member, MetadataProblem::Address(accepted)));
    }
    Ok(Some(value))
}

pub(super) fn text<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
) -> Result<Option<&'a str>, InvalidMetadata> {
    match members.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(problem(member, MetadataProblem::WrongType("a text"))),
    }
}

fn texts<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
) -> Result<Option<Vec<&'a str>>, InvalidMetadata> {
    let wrong_type = || problem(member, MetadataProblem::WrongType("a list of texts"));
    match members.get(member) {
        None => Ok(None),
        Some(Value::Array(items)) => {
            let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            items.map(Some).ok_or_else(wrong_type)
        }
        Some(_) => Err(wrong_type()),
    }
}
