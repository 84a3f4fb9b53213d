//! `completion/complete`: what an argument of a prompt, or a variable of a resource's URI, can be completed to.
//!
//! A query for completions takes the path of every call: scopes, policies, limits, the record. Whoever may not use a definition
//! learns nothing from it: it is unknown where it is hidden, and without values elsewhere. Must not live here: where values come
//! from (`endpoints::completion`).

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::call::{self, CallFailure};
use super::catalog::{Completion, Endpoint};
use super::server::{Asked, McpServer};
use super::wire::params::{CompleteParams, CompletionReference};
use super::wire::result::CompleteResult;
use super::wire::{RpcError, response};
use crate::policy::{PolicyTrail, PolicyUser};

/// Answers values for the argument, best first.
pub(super) async fn complete(
    server: &McpServer,
    asked: &Asked<'_>,
    params: &CompleteParams<'_>,
) -> Result<Vec<u8>, RpcError> {
    let catalog = server.catalog();
    let offered = catalog.completed(&params.reference);
    let Some((endpoint, completions)) = offered.filter(|(endpoint, _)| catalog.shows(asked.caller, endpoint))
    else {
        return Err(unknown(&params.reference));
    };
    if !asked.caller.was_granted(&endpoint.scopes) {
        return Err(RpcError::insufficient_scope(endpoint.scopes.clone()));
    }
    let mut names = endpoint.routine.parameters.names();
    if !names.any(|name| name == params.argument) {
        return Err(RpcError::invalid_params(
            "params.argument.name: there is no such argument",
        ));
    }
    let values = match completions.get(&*params.argument) {
        Some(Completion::Query(query)) => answered(server, asked, query, params).await?,
        Some(Completion::Values(values)) if is_allowed(asked, endpoint) => fitting(values, &params.value),
        Some(Completion::Values(_)) | None => Vec::new(),
    };
    let result = CompleteResult::new(values);
    Ok(response::result(asked.id, &result, server.shape(asked.version)))
}

/// There is no such thing, as far as the caller may know.
fn unknown(reference: &CompletionReference<'_>) -> RpcError {
    RpcError::invalid_params(&match reference {
        CompletionReference::Prompt(name) => format!("Unknown prompt: {name}"),
        CompletionReference::Resource(uri) => format!("Unknown resource: {uri}"),
    })
}

fn is_allowed(asked: &Asked<'_>, endpoint: &Endpoint) -> bool {
    let user = PolicyUser::of_caller(asked.caller.principal.as_deref());
    let policies = &endpoint.routine.policies;
    policies.check_caller(&user, &mut PolicyTrail::default()).is_ok()
}

/// The values that begin with what was typed, whatever the case of its letters, and behind them those that contain it.
fn fitting(values: &[String], typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    let places = values.iter().filter_map(|value| {
        let place = value.to_lowercase().find(&typed)?;
        Some((place > 0, value.clone()))
    });
    let mut places: Vec<(bool, String)> = places.collect();
    places.sort_by_key(|(is_inside, _)| *is_inside);
    places.into_iter().map(|(_, value)| value).collect()
}

/// The values that the query has for this caller. Other arguments that are wrong, and rules that refuse the argument as far as
/// it is typed, leave none.
async fn answered(
    server: &McpServer,
    asked: &Asked<'_>,
    query: &Endpoint,
    params: &CompleteParams<'_>,
) -> Result<Vec<String>, RpcError> {
    let is_other =
        |name: &str| name != params.argument && query.routine.parameters.names().any(|known| known == name);
    let others = params.known_arguments.iter().filter(|(name, _)| is_other(name));
    let typed = (params.argument.to_string(), params.value.to_string());
    let texts: Vec<(String, String)> = others
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .chain([typed])
        .collect();
    match call::call(server, asked, query, Arguments::Texts(&texts)).await {
        Ok(json) => values(&json).map_err(|error| CallFailure::from(error).to_error("completing")),
        Err(CallFailure::Arguments(_) | CallFailure::Denied(_)) => Ok(Vec::new()),
        Err(failure) => Err(failure.to_error(&format!("completing {}", query.name))),
    }
}

/// The one column of the rows, without what is null.
fn values(rows: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    let rows: Vec<Map<String, Value>> = serde_json::from_slice(rows)?;
    let first = rows.into_iter().filter_map(|row| row.into_iter().next());
    let texts = first.filter_map(|(_, value)| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    });
    Ok(texts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_that_comes_before_what_contains_it() {
        let values = ["Carbon", "arc", "Ära", "Arsenal", "zebra"].map(str::to_owned);
        assert_eq!(fitting(&values, "AR"), ["arc", "Arsenal", "Carbon"]);
        assert_eq!(fitting(&values, "är"), ["Ära"]);
        assert_eq!(fitting(&values, ""), values);
        assert!(fitting(&values, "x").is_empty());
    }

    #[test]
    fn values_of_every_type_are_text_and_null_is_none() {
        let rows = br#"[{"v":"a"},{"v":7},{"v":null},{"v":1.50},{"v":true}]"#;
        assert_eq!(values(rows).unwrap(), ["a", "7", "1.5", "true"]);
    }
}
