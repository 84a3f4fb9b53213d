//! A call that policies refuse.

use std::fmt;

use super::condition::ConditionFailure;
use super::stage::Stage;
use crate::yaml::Location;

/// Why a call was refused. Prints what the caller may know: the stage and the rule's reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Denial {
    /// When it was refused.
    pub stage: Stage,
    /// The place of the rule in its list, from 0.
    pub rule: usize,
    /// Where the rule stands.
    pub location: Location,
    /// Whether this caller is refused whatever the arguments are.
    pub is_standing: bool,
    /// What the rule's author wants the caller to know, or the general words.
    pub reason: String,
    /// Why nobody knows whether the rule's condition holds, if that is the cause.
    pub failure: Option<Box<ConditionFailure>>,
}

impl fmt::Display for Denial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Input => "Policy enforcement failed",
            Stage::Output => "Output policy enforcement failed",
        };
        write!(formatter, "{stage}: {}", self.reason)
    }
}

impl Denial {
    /// One line for the operator: which rule, and what went wrong in it. Holds no value of the call.
    pub fn log_line(&self) -> String {
        let Self {
            stage,
            rule,
            location,
            ..
        } = self;
        format!("{location}: {stage}[{rule}] denied the call: {}", self.cause())
    }

    /// The reason with what the caller is not told, for the audit log.
    pub(super) fn cause(&self) -> String {
        match &self.failure {
            None => self.reason.clone(),
            Some(failure) => format!("{} (the condition cannot be evaluated: {failure})", self.reason),
        }
    }
}
