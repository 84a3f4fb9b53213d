//! What the operator's `claim_mappings` grant to a user, by what the provider says about that user. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Claim path → claim value → the capabilities that it grants.
///
/// A path is the name of a claim, or names of members within members with dots between them. A claim that is a list has
/// each of its elements as a value.
#[derive(Clone, Debug, Default)]
pub struct ClaimMappings(pub BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl ClaimMappings {
    /// What these claims grant.
    #[must_use]
    pub fn capabilities(&self, claims: &Map<String, Value>) -> BTreeSet<String> {
        let mut granted = BTreeSet::new();
        for (path, by_value) in &self.0 {
            let values = claim_values(claims, path);
            let found = values.iter().filter_map(|value| by_value.get(value));
            granted.extend(found.flatten().cloned());
        }
        granted
    }
}

/// The values of the claim at a path.
pub(super) fn claim_values(claims: &Map<String, Value>, path: &str) -> Vec<String> {
    find(claims, path).map(values_of).unwrap_or_default()
}

/// A claim's own name may have dots in it, as names that are addresses do, so the whole path is tried first.
fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(claim) = claims.get(path) {
        return Some(claim);
    }
    let (first, rest) = path.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

fn values_of(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(is_true) => vec![is_true.to_string()],
        Value::Array(elements) => elements
            .iter()
            .filter(|element| !element.is_array())
            .flat_map(values_of)
            .collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_lists_and_nested_members_grant_what_they_are_mapped_to() {
        let mappings: BTreeMap<_, _> = serde_json::from_value(json!({
            "site_admin": { "true": ["admin"] },
            "plan.name": { "pro": ["export", "search"] },
            "https://a.example/roles": { "dev": ["deploy"], "7": ["seven"], "ops": ["never"] },
            "absent.claim": { "x": ["never"] },
            "plan": { "pro": ["never"] },
        }))
        .unwrap();
        let claims = json!({
            "site_admin": true, "plan": { "name": "pro" }, "https://a.example/roles": ["dev", 7, ["ops"], null],
        });
        let granted = ClaimMappings(mappings).capabilities(claims.as_object().unwrap());
        let expected = ["admin", "deploy", "export", "search", "seven"];
        assert_eq!(granted.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
