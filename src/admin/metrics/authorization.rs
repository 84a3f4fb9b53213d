//! The metrics of logins, tokens and the store.

use std::fmt;

use mxcp_actors::provider_broker::releases::ReleaseStatus;
use mxcp_actors::replica_bus::BusConnection;

use super::page::Page;
use crate::admin::Authorization;
use crate::admin::population::Counted;

pub(super) fn encode(page: &mut Page<'_, '_>, of: &Authorization, counted: Counted) -> fmt::Result {
    tokens(page, of)?;
    let clients = counted.clients.map(|count| (vec![], count));
    page.gauges(("mxcp_clients", "Clients that registered themselves"), clients)?;
    let grants = counted.grants.map(|count| (vec![], count));
    page.gauges(("mxcp_grants", "Grants that have not ended"), grants)?;
    provider(page, of)?;
    store(page, of)?;
    swept(page, of)?;
    replica_bus(page, of)
}

/// Nothing where users log in here.
fn provider(page: &mut Page<'_, '_>, of: &Authorization) -> fmt::Result {
    let Some(health) = &of.actors.provider else {
        return Ok(());
    };
    let name = health.name();
    page.gauges(
        (
            "mxcp_provider_failing",
            "Whether the latest request to the identity provider failed",
        ),
        [(
            vec![("provider", name)],
            u64::from(health.failing_since().is_some()),
        )],
    )?;
    let rows = health.requests().by_outcome();
    page.counters(
        (
            "mxcp_provider_requests",
            "Logins, renewals and revocations at the identity provider",
        ),
        rows.map(|(outcome, count)| (vec![("provider", name), ("outcome", outcome)], count)),
    )?;
    match &of.actors.releases {
        Some(releases) => revocations(page, name, releases.status()),
        None => Ok(()),
    }
}

/// How it goes with the tokens of ended logins.
fn revocations(page: &mut Page<'_, '_>, name: &str, releases: ReleaseStatus) -> fmt::Result {
    page.gauges(
        (
            "mxcp_provider_revocations_pending",
            "Ended logins whose tokens are on their way back to the identity provider",
        ),
        [(vec![("provider", name)], releases.pending)],
    )?;
    let rows = [
        ("revoked", releases.revoked),
        ("forgotten", releases.forgotten),
        ("failed", releases.failed),
        ("dropped", releases.dropped),
    ];
    page.counters(
        (
            "mxcp_provider_revocations",
            "Ended logins whose tokens went back to the identity provider, or did not",
        ),
        rows.map(|(outcome, count)| (vec![("provider", name), ("outcome", outcome)], count)),
    )
}

/// Nothing where there is one process.
fn replica_bus(page: &mut Page<'_, '_>, of: &Authorization) -> fmt::Result {
    let bus = of.bus.status();
    let is_connected = match bus.connection {
        BusConnection::Alone => return Ok(()),
        BusConnection::Connected => 1,
        BusConnection::Lost => 0,
    };
    page.gauges(
        (
            "mxcp_replica_bus_connected",
            "Whether other replicas can be told at once",
        ),
        [(vec![], is_connected)],
    )?;
    let rows = [
        ("said", bus.said),
        ("heard", bus.heard),
        ("unknown", bus.unknown),
        ("dropped", bus.dropped),
    ];
    page.counters(
        (
            "mxcp_replica_bus_messages",
            "Messages between replicas, by what became of them",
        ),
        rows.map(|(outcome, count)| (vec![("outcome", outcome)], count)),
    )
}

fn tokens(page: &mut Page<'_, '_>, of: &Authorization) -> fmt::Result {
    let counts = of.services.counts();
    page.counters(
        ("mxcp_auth_events", "Logins, consents, tokens and refusals"),
        counts
            .events()
            .into_iter()
            .map(|(event, outcome, count)| (vec![("event", event.as_str()), ("outcome", outcome)], count)),
    )?;
    page.counters(
        ("mxcp_token_errors", "Errors of the token endpoint"),
        counts
            .token_errors()
            .into_iter()
            .map(|(error, count)| (vec![("error", error)], count)),
    )?;
    let verified = of.actors.tokens.verifications();
    let rows = [
        ("hit", verified.hits),
        ("miss", verified.misses),
        ("refused", verified.refused),
    ];
    page.counters(
        (
            "mxcp_token_verifications",
            "Access tokens that were presented; refused ones are among the misses too",
        ),
        rows.map(|(result, count)| (vec![("result", result)], count)),
    )
}

fn swept(page: &mut Page<'_, '_>, of: &Authorization) -> fmt::Result {
    let totals = of.swept.totals();
    page.counters(
        (
            "mxcp_swept",
            "Records that were over and that this process ended or deleted",
        ),
        totals
            .by_kind()
            .map(|(kind, count)| (vec![("kind", kind)], count)),
    )?;
    page.counters(
        (
            "mxcp_sweep_failures",
            "Actors that could not be swept when it was due",
        ),
        [(vec![], totals.failures)],
    )
}

fn store(page: &mut Page<'_, '_>, of: &Authorization) -> fmt::Result {
    let failures = of.store.failures();
    let rows = [
        ("busy", failures.busy),
        ("unavailable", failures.unavailable),
        ("inconsistent", failures.inconsistent),
    ];
    page.counters(
        ("mxcp_store_failures", "Operations of the store that failed"),
        rows.map(|(reason, count)| (vec![("reason", reason)], count)),
    )?;
    let pools: Vec<_> = of
        .pools
        .iter()
        .map(mxcp_actors::blocking::BlockingPool::status)
        .collect();
    let label = |name| vec![("pool", name)];
    page.gauges(
        ("mxcp_pool_depth", "Blocking calls that run or wait"),
        pools.iter().map(|pool| (label(pool.name), pool.depth as u64)),
    )?;
    page.gauges(
        ("mxcp_pool_threads", "Blocking calls that can run at once"),
        pools
            .iter()
            .map(|pool| (label(pool.name), u64::from(pool.threads))),
    )?;
    page.counters(
        ("mxcp_pool_busy", "Blocking calls that found no place"),
        pools.iter().map(|pool| (label(pool.name), pool.busy)),
    )?;
    page.durations(
        (
            "mxcp_pool_run_seconds",
            "Time that blocking calls ran: store operations, and passwords",
        ),
        pools.iter().map(|pool| (label(pool.name), pool.ran)),
    )
}
