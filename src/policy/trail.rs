//! What the audit log says about the policies of one call.

use std::sync::Arc;

use mxcp_actors::domain::audit_event::PolicyDecision;

use super::denial::Denial;

/// Gathers, over both stages of a call, which conditions were evaluated and what came of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyTrail {
    evaluated: Vec<Arc<str>>,
    decision: Option<PolicyDecision>,
    reason: Option<String>,
}

impl PolicyTrail {
    /// The conditions in the order of their evaluation, as `input[0]: <condition>` and `output[0]: <condition>`.
    pub fn evaluated(&self) -> impl Iterator<Item = &str> {
        self.evaluated.iter().map(AsRef::as_ref)
    }

    /// What they said; `None` where a definition has no policies.
    pub fn decision(&self) -> Option<PolicyDecision> {
        self.decision
    }

    /// Why it was refused, or what was changed. Not for the caller: it may say why a condition could not be evaluated.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// A definition with policies is called.
    pub(super) fn open(&mut self) {
        self.decision.get_or_insert(PolicyDecision::Allow);
    }

    pub(super) fn evaluating(&mut self, label: &Arc<str>) {
        self.evaluated.push(Arc::clone(label));
    }

    pub(super) fn modified_by(&mut self, action: &str) {
        self.decision = Some(PolicyDecision::Warn);
        self.reason = Some(format!("Output modified by {action}"));
    }

    pub(super) fn denied(&mut self, denial: &Denial) {
        self.decision = Some(PolicyDecision::Deny);
        self.reason = Some(denial.cause());
    }
}
