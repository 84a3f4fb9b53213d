//! What a condition looks at, known at load.

use std::collections::BTreeSet;

use crate::policy::user::UserField;

/// The variables and fields that one condition, or all conditions of a definition, look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Fields of the caller; all of them where the caller is used as a whole.
    pub user: BTreeSet<UserField>,
    /// Arguments of the call.
    pub arguments: BTreeSet<String>,
    /// Whether it looks at the result.
    pub response: bool,
}

impl Reads {
    /// Adds what another condition looks at.
    pub(in crate::policy) fn extend(&mut self, other: &Self) {
        self.user.extend(&other.user);
        self.arguments.extend(other.arguments.iter().cloned());
        self.response |= other.response;
    }
}
