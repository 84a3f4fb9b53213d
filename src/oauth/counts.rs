//! How many authentication events and token errors there were, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use mxcp_actors::domain::audit_event::{AuthenticationEvent, OperationStatus};

/// The codes that the token endpoint answers with (RFC 6749 section 5.2, and what is ours).
const TOKEN_ERRORS: [&str; 10] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "invalid_target",
    "invalid_dpop_proof",
    "unauthorized_client",
    "unsupported_grant_type",
    "temporarily_unavailable",
    "server_error",
];

/// Counters of the authorization server.
#[derive(Debug, Default)]
pub struct Counts {
    succeeded: [AtomicU64; AuthenticationEvent::ALL.len()],
    failed: [AtomicU64; AuthenticationEvent::ALL.len()],
    token_errors: [AtomicU64; TOKEN_ERRORS.len()],
}

impl Counts {
    pub(super) fn event(&self, event: AuthenticationEvent, status: OperationStatus) {
        let counts = match status {
            OperationStatus::Success => &self.succeeded,
            OperationStatus::Error => &self.failed,
        };
        let mut known = AuthenticationEvent::ALL.iter().zip(counts);
        if let Some((_, count)) = known.find(|(known, _)| **known == event) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The token endpoint answered with an error.
    pub fn token_error(&self, code: &str) {
        let mut known = TOKEN_ERRORS.iter().zip(&self.token_errors);
        if let Some((_, count)) = known.find(|(known, _)| **known == code) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Events so far, by how they ended.
    pub fn events(&self) -> Vec<(AuthenticationEvent, &'static str, u64)> {
        let counts = AuthenticationEvent::ALL
            .iter()
            .zip(self.succeeded.iter().zip(&self.failed));
        let rows = counts.flat_map(|(event, (succeeded, failed))| {
            [
                (*event, "success", succeeded.load(Ordering::Relaxed)),
                (*event, "error", failed.load(Ordering::Relaxed)),
            ]
        });
        rows.collect()
    }

    /// Errors of the token endpoint so far, by code.
    pub fn token_errors(&self) -> Vec<(&'static str, u64)> {
        let counts = TOKEN_ERRORS.iter().zip(&self.token_errors);
        counts
            .map(|(code, count)| (*code, count.load(Ordering::Relaxed)))
            .collect()
    }
}
