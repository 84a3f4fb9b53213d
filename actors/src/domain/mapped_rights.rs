//! What the operator's mapping of users gives to one of them, beside what the provider says. It is kept apart from that, so that a
//! mapping that has changed replaces it as a whole. How users are matched is in `provider_broker`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::scope::ScopeSet;

/// What `auth.user_mapping` gives to a user, and what it keeps back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MappedRights {
    /// The role, in place of the one that the provider gives.
    pub role: Option<String>,
    /// Further permissions.
    pub permissions: BTreeSet<String>,
    /// Further groups.
    pub groups: BTreeSet<String>,
    /// What the user's scopes lack because of the mapping.
    pub withheld_scopes: ScopeSet,
}
