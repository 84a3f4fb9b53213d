//! The two moments at which rules are applied.

use std::fmt;

/// When rules are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before the call, to the caller and the arguments.
    Input,
    /// To the caller and the result.
    Output,
}

impl Stage {
    /// What a denied caller is told where the rule gives no reason.
    pub(super) const fn default_reason(self) -> &'static str {
        match self {
            Self::Input => "Access denied by policy",
            Self::Output => "Output blocked by policy",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}
