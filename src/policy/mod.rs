//! Policies: who may call, and what they see of the answer.
//!
//! The way of a rule: [`CompiledPolicies::compile`] turns the rules of a definition into conditions at load, or says with file
//! and line why not. A call asks up to three times: [`CompiledPolicies::check_caller`] before its arguments
//! are read, [`CompiledPolicies::check_arguments`] before anything runs, and [`CompiledPolicies::output`]
//! for what of the result goes out. Rules that do not look at the result are decided before the query, so that the engine can
//! leave columns out while it encodes; the others get the encoded result. [`PolicyTrail`] gathers what the audit log says.
//!
//! Everything fails closed: a condition that cannot be evaluated denies, a result that cannot be redacted is withheld.
//!
//! Must not live here: I/O, the protocol, the reading of rules from files, the log. Evaluation is pure: the caller logs
//! [`Denial::log_line`].

mod action;
mod compile;
mod condition;
mod denial;
mod evaluate;
mod redact;
mod sensitive;
mod stage;
#[cfg(test)]
mod tests;
mod trail;
mod user;

pub use compile::{CompiledPolicies, Subject};
pub use condition::{ConditionError, ConditionFailure, Reads};
pub use denial::Denial;
pub use evaluate::{OutputRules, RulesOnResponse, RulesOnUser};
pub use redact::{Redaction, UnreadableResult};
pub use stage::Stage;
pub use trail::PolicyTrail;
pub use user::{PolicyUser, UserContextError, UserContextOrigin, UserField};
