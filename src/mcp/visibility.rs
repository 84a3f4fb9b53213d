//! Who sees what: what a caller may not use, whatever the arguments are, is not in that caller's lists, and is answered like
//! what does not exist. The audit log knows better.
//!
//! Must not live here: who may use what (`policy`, the scopes of an endpoint), the lists (`catalog`).

use super::call::CallFailure;
use super::caller::Caller;
use super::catalog::Endpoint;
use crate::policy::{PolicyTrail, PolicyUser};

/// What is hidden from callers who may not use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hiding {
    /// What the policies refuse to them.
    pub denied: bool,
    /// What their token has not the scopes for, of which they may otherwise ask for more.
    pub out_of_scope: bool,
}

/// A caller who looks at a list.
pub(super) struct Onlooker<'a> {
    caller: &'a Caller,
    user: PolicyUser,
    hiding: Hiding,
}

impl Hiding {
    /// Whether everybody sees the endpoint.
    pub(super) fn leaves_to_all(self, endpoint: &Endpoint) -> bool {
        let by_policies = self.denied && endpoint.routine.policies.may_refuse_callers();
        let by_scopes = self.out_of_scope && !endpoint.scopes.is_empty();
        !by_policies && !by_scopes
    }

    /// Whether a call that failed like this is answered as if there were nothing to call.
    pub(super) fn covers(self, failure: &CallFailure) -> bool {
        match failure {
            CallFailure::Denied(denial) => self.denied && denial.is_standing,
            CallFailure::InsufficientScope(_) => self.out_of_scope,
            CallFailure::Headers(_)
            | CallFailure::Arguments(_)
            | CallFailure::Query(_)
            | CallFailure::Prompt(_)
            | CallFailure::Output(_)
            | CallFailure::UpstreamToken(_)
            | CallFailure::Redacted(_)
            | CallFailure::Actor(_)
            | CallFailure::Overrun(_)
            | CallFailure::Unreadable(_)
            | CallFailure::Withheld
            | CallFailure::Encoding(_) => false,
        }
    }
}

impl<'a> Onlooker<'a> {
    pub(super) fn new(caller: &'a Caller, hiding: Hiding) -> Self {
        Self {
            caller,
            user: PolicyUser::of_caller(caller.principal.as_deref()),
            hiding,
        }
    }

    /// Whether the endpoint is in this caller's lists.
    pub(super) fn sees(&self, endpoint: &Endpoint) -> bool {
        if self.hiding.out_of_scope && !self.caller.was_granted(&endpoint.scopes) {
            return false;
        }
        let policies = &endpoint.routine.policies;
        !self.hiding.denied
            || policies
                .check_caller(&self.user, &mut PolicyTrail::default())
                .is_ok()
    }
}
