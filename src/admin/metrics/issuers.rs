//! The metrics of other issuers whose word is taken.

use std::fmt;

use super::page::Page;
use crate::admin::issuers::Issuers;

pub(super) fn encode(page: &mut Page<'_, '_>, issuers: &Issuers) -> fmt::Result {
    let health = issuers.health();
    page.gauges(
        (
            "mxcp_issuer_failing",
            "Whether the latest question to another issuer failed",
        ),
        health.iter().map(|health| {
            let is_failing = u64::from(health.failing_since().is_some());
            (vec![("issuer", health.name())], is_failing)
        }),
    )?;
    let rows = health.iter().flat_map(|health| {
        let outcomes = health.requests().by_outcome();
        outcomes.map(|(outcome, count)| (vec![("issuer", health.name()), ("outcome", outcome)], count))
    });
    page.counters(
        (
            "mxcp_issuer_requests",
            "Readings of other issuers' documents and keys, and questions about their tokens",
        ),
        rows,
    )
}
