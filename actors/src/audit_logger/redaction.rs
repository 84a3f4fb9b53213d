//! What is taken out of a record before anything else sees it: values at sensitive places, and secrets wherever they
//! stand. Pure functions.
//!
//! Two rules, one after the other. [`Sensitivity`] says *where* nobody may look: parameters and members that the
//! project marks `sensitive`. Secrets say *what* nobody may see: the values themselves, in any text of the call, also
//! inside longer text.
//!
//! What was found at a sensitive place is a secret for what came back, because a database repeats it in messages ("could
//! not convert 'hunter2'"). It is none for the name of the operation, the user and the other arguments: a caller chooses
//! its arguments, and must not be able to wipe out what it did by repeating it as its password.

mod secret_values;
mod sensitivity;
#[cfg(test)]
mod tests;

pub use sensitivity::Sensitivity;

use self::secret_values::SecretValues;
use self::sensitivity::Found;
use crate::domain::audit_event::{AuditRecord, OperationType};
use crate::domain::secret::Secret;

/// What stands in a record instead of what must not be seen.
pub const REDACTED: &str = "[REDACTED]";

/// What to take out of one record.
#[derive(Clone, Copy, Debug)]
pub struct RedactionRules<'a> {
    /// The sensitive places among the arguments, which are the members of `input_data`.
    pub arguments: &'a Sensitivity,
    /// The sensitive places of the result.
    pub result: &'a Sensitivity,
    /// Secrets that the server holds for this call, such as the user's token at the provider. Never something that a
    /// caller merely presented, or a caller could choose what is missing from its record.
    pub secrets: &'a [Secret],
}

impl RedactionRules<'static> {
    /// For operations without declared parameters and without secrets.
    pub const NONE: Self = Self {
        arguments: &Sensitivity::Open,
        result: &Sensitivity::Open,
        secrets: &[],
    };
}

/// Takes everything out of `record` that must not be seen. Who the user was always stays.
///
/// Members of `input_data` that carry credentials in OAuth are taken out of every authentication event, whatever the
/// rules say.
pub fn redact(record: &mut AuditRecord, rules: RedactionRules<'_>) {
    let mut found = Found::default();
    rules.arguments.redact_members(&mut record.input_data, &mut found);
    if record.operation_type == OperationType::Auth {
        Sensitivity::of_authentication().redact_members(&mut record.input_data, &mut found);
    }
    if let Some(output) = &mut record.output_data {
        rules.result.redact(output, &mut found);
    }
    let held = SecretValues::new(rules.secrets);
    redact_request(record, &held);
    redact_outcome(record, &held.joined_by(&found));
}

/// What was asked for, and what the policies said about it.
fn redact_request(record: &mut AuditRecord, secrets: &SecretValues) {
    secrets.redact_text(&mut record.operation_name);
    secrets.redact_members(&mut record.input_data);
    secrets.redact_optional(&mut record.policy_reason);
    for condition in &mut record.policies_evaluated {
        secrets.redact_text(condition);
    }
    secrets.redact_members(&mut record.business_context);
}

/// What came back from the database and from outside.
fn redact_outcome(record: &mut AuditRecord, secrets: &SecretValues) {
    if let Some(output) = &mut record.output_data {
        secrets.redact_value(output);
    }
    secrets.redact_optional(&mut record.error);
    for event in &mut record.execution_events {
        secrets.redact_text(&mut event.target);
        secrets.redact_text(&mut event.operation);
        secrets.redact_optional(&mut event.summary);
        secrets.redact_optional(&mut event.error);
        secrets.redact_members(&mut event.details);
    }
}
