//! From `auth.user_mapping` to what users have beyond what the provider says.

use mxcp_actors::domain::scope::{InvalidScope, ScopeSet};
use mxcp_actors::provider_broker::user_mapping::{MappingRule, UserMapping};

use crate::config::Auth;

/// The rules, compiled.
pub(super) fn user_mapping(auth: &Auth) -> Result<UserMapping, InvalidScope> {
    let rules = auth.user_mapping.iter().map(|rule| {
        let scopes = rule.scopes.iter().flat_map(|scopes| &scopes.value);
        Ok(MappingRule {
            conditions: rule.conditions.clone(),
            role: rule.role.clone(),
            permissions: rule.permissions.clone(),
            groups: rule.groups.clone(),
            scopes: ScopeSet::from_tokens(scopes.map(String::as_str))?,
        })
    });
    Ok(UserMapping::new(rules.collect::<Result<_, _>>()?))
}
