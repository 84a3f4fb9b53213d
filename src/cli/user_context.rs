//! `--user-context` and `--request-headers`: a user and a request made up by the operator, to try what another would get.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mxcp_actors::domain::client::{ClientId, InvalidClientId};
use mxcp_actors::domain::clock::Timestamp;
use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::randomness::{RandomnessUnavailable, SystemRandomness};
use mxcp_actors::domain::resource::{InvalidResource, ResourceIndicator};
use mxcp_actors::domain::scope::{InvalidScope, ScopeSet};
use mxcp_actors::domain::user::{Principal, UserAccount, UserIdentity, UserKey, VerifiedEmail};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Who vouches for the user: nobody but whoever types.
const ISSUER: &str = "urn:mxcp-actor:cli";
/// The provider where the context names none.
const PROVIDER: &str = "cli";
/// The identifier and login name where the context names none.
const USER: &str = "cli_user";

/// A context that no user can have.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContextError {
    #[error(
        "--user-context: expected a JSON object such as {{\"username\": \"ada\", \"role\": \"admin\"}}: {0}"
    )]
    NoObject(serde_json::Error),
    #[error("--user-context: {field} must be {expected}")]
    Field {
        field: &'static str,
        expected: &'static str,
    },
    #[error("--user-context: scopes: {0}")]
    Scopes(#[from] InvalidScope),
    #[error("--request-headers: expected a JSON object of texts: {0}")]
    Headers(serde_json::Error),
    #[error("{0}")]
    Randomness(#[from] RandomnessUnavailable),
    #[error("{0}")]
    Client(#[from] InvalidClientId),
    #[error("{0}")]
    Resource(#[from] InvalidResource),
}

/// The user of a context. Members that no user has are ignored.
pub(super) fn principal(json: &RawValue) -> Result<Arc<Principal>, ContextError> {
    let context: Map<String, Value> = serde_json::from_str(json.get()).map_err(ContextError::NoObject)?;
    let identifier = match text(&context, "user_id")? {
        Some(identifier) => Some(identifier),
        None => text(&context, "id")?,
    };
    let identity = UserIdentity {
        username: Some(text(&context, "username")?.unwrap_or_else(|| USER.to_owned())),
        name: text(&context, "name")?,
        email: email(&context)?,
        role: text(&context, "role")?,
        permissions: texts(&context, "permissions")?,
        groups: texts(&context, "groups")?,
        capabilities: texts(&context, "capabilities")?,
        scopes: scopes(&context)?,
        profile: context.clone(),
        ..UserIdentity::bare(
            UserKey {
                issuer: ISSUER.to_owned(),
                subject: identifier.unwrap_or_else(|| USER.to_owned()),
            },
            text(&context, "provider")?.unwrap_or_else(|| PROVIDER.to_owned()),
        )
    };
    let never = Timestamp::from_seconds(0);
    Ok(Arc::new(Principal {
        client: ClientId::parse("mxcp-actor-cli")?,
        grant: Some(GrantId::generate(&SystemRandomness::new())?),
        scopes: identity.scopes.clone(),
        resource: ResourceIndicator::parse("http://localhost/mcp")?,
        expires_at: Timestamp::MAX,
        bound_to: None,
        upstream: None,
        user: UserAccount {
            identity,
            created_at: never,
            last_login_at: never,
        },
    }))
}

/// Request headers, under lower-case names.
pub(super) fn headers(json: &RawValue) -> Result<BTreeMap<String, String>, ContextError> {
    let given: BTreeMap<String, String> = serde_json::from_str(json.get()).map_err(ContextError::Headers)?;
    Ok(given
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect())
}

fn text(context: &Map<String, Value>, field: &'static str) -> Result<Option<String>, ContextError> {
    match context.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ContextError::Field {
            field,
            expected: "a text",
        }),
    }
}

fn texts(context: &Map<String, Value>, field: &'static str) -> Result<BTreeSet<String>, ContextError> {
    let wrong = || ContextError::Field {
        field,
        expected: "a list of texts",
    };
    match context.get(field) {
        None | Some(Value::Null) => Ok(BTreeSet::new()),
        Some(Value::Array(values)) => {
            let texts = values
                .iter()
                .map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong));
            texts.collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn email(context: &Map<String, Value>) -> Result<Option<VerifiedEmail>, ContextError> {
    let address = text(context, "email")?;
    let verified = |address: String| {
        VerifiedEmail::from_claims(&address, true).ok_or(ContextError::Field {
            field: "email",
            expected: "an e-mail address",
        })
    };
    address.map(verified).transpose()
}

/// A list, or one text with spaces between the scopes.
fn scopes(context: &Map<String, Value>) -> Result<ScopeSet, ContextError> {
    let scopes: Vec<String> = match context.get("scopes") {
        Some(Value::String(scopes)) => vec![scopes.clone()],
        _ => texts(context, "scopes")?.into_iter().collect(),
    };
    Ok(ScopeSet::parse(&scopes.join(" "))?)
}
