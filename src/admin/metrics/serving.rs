//! The metrics of serving: the process, requests, calls, queries, actors, records.

use std::fmt;

use mxcp_actors::audit_logger::status::RecordCounts;

use super::page::Page;
use super::process::Process;
use crate::admin::Admin;
use crate::admin::about::VERSION;
use crate::admin::population::Counted;

pub(super) fn process(page: &mut Page<'_, '_>, admin: &Admin) -> fmt::Result {
    let about = &admin.about;
    let build = vec![
        ("version", VERSION),
        ("project", about.project.as_str()),
        ("profile", about.profile.as_str()),
    ];
    page.gauges(("mxcp_build_info", "What runs here; always 1"), [(build, 1)])?;
    let is_open = u64::from(!admin.gate.is_closed());
    page.gauges(
        (
            "mxcp_accepting",
            "Whether new requests are taken: 0 while stopping",
        ),
        [(vec![], is_open)],
    )?;
    let uptime = admin.clock.now().duration_since(about.started_at).as_secs();
    page.gauges(
        ("mxcp_uptime_seconds", "Seconds since the start"),
        [(vec![], uptime)],
    )?;
    let process = Process::read();
    for (name, help, value) in [
        (
            "process_resident_memory_bytes",
            "Resident memory",
            process.resident_bytes,
        ),
        (
            "process_virtual_memory_bytes",
            "Virtual memory",
            process.virtual_bytes,
        ),
        ("process_threads", "Threads", process.threads),
        ("process_open_fds", "Open file descriptors", process.open_files),
        (
            "process_max_fds",
            "The most file descriptors",
            process.most_open_files,
        ),
    ] {
        page.gauges((name, help), value.map(|value| (vec![], value)))?;
    }
    page.seconds(
        ("process_cpu_seconds", "Processor time used"),
        process.cpu_seconds,
    )
}

pub(super) fn requests(page: &mut Page<'_, '_>, admin: &Admin) -> fmt::Result {
    let rows = admin.http.by_status();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(route, status, count)| (route, status.to_string(), count))
        .collect();
    page.counters(
        ("mxcp_http_requests", "Requests of the public listener"),
        rows.iter()
            .map(|(route, status, count)| (vec![("route", route.as_str()), ("status", status)], *count)),
    )?;
    page.durations(
        (
            "mxcp_http_request_duration_seconds",
            "Time to the answer's head, by route",
        ),
        admin
            .http
            .durations()
            .into_iter()
            .map(|(route, took)| (vec![("route", route.as_str())], took)),
    )?;
    let under_way = admin.gate.under_way() as u64;
    page.gauges(
        ("mxcp_http_requests_under_way", "Requests under way"),
        [(vec![], under_way)],
    )
}

pub(super) fn sessions(page: &mut Page<'_, '_>, counted: Counted) -> fmt::Result {
    let sessions = counted.sessions.map(|count| (vec![], count));
    page.gauges(("mxcp_sessions", "Legacy sessions, on all replicas"), sessions)
}

pub(super) fn calls(page: &mut Page<'_, '_>, admin: &Admin) -> fmt::Result {
    let calls = admin.mcp.calls();
    page.counters(
        (
            "mxcp_mcp_requests",
            "Messages that were answered, by method and protocol era",
        ),
        calls.requests().into_iter().map(|row| {
            let labels = vec![("method", row.method), ("era", row.era), ("outcome", row.outcome)];
            (labels, row.count)
        }),
    )?;
    let endpoints = calls.endpoints();
    let labels = |kind, name| vec![("type", kind), ("name", name)];
    let outcomes = endpoints.iter().flat_map(|(kind, name, calls)| {
        let outcomes = [
            ("success", calls.succeeded()),
            ("error", calls.failed()),
            ("denied", calls.denied()),
        ];
        outcomes.map(|(outcome, count)| {
            let mut row = labels(*kind, *name);
            row.push(("outcome", outcome));
            (row, count)
        })
    });
    page.counters(("mxcp_calls", "Calls of tools, resources and prompts"), outcomes)?;
    page.durations(
        (
            "mxcp_call_duration_seconds",
            "Time of a call, waiting for a worker included",
        ),
        endpoints
            .iter()
            .map(|(kind, name, calls)| (labels(*kind, *name), calls.took())),
    )
}

pub(super) fn queries(page: &mut Page<'_, '_>, admin: &Admin) -> fmt::Result {
    let sql = admin.sql.status();
    page.gauges(
        ("mxcp_sql_workers", "Queries that can run at once"),
        [(vec![], sql.workers as u64)],
    )?;
    page.gauges(
        ("mxcp_sql_running", "Queries that run"),
        [(vec![], sql.running.len() as u64)],
    )?;
    let written_off = &sql.written_off;
    page.gauges(
        ("mxcp_sql_workers_left", "Workers that queries can count on"),
        [(vec![], sql.staffed as u64)],
    )?;
    page.gauges(
        (
            "mxcp_sql_written_off_running",
            "Queries that did not stop when they were told to, and run on",
        ),
        [(vec![], written_off.running.len() as u64)],
    )?;
    page.gauges(
        (
            "mxcp_sql_written_off_replaced_max",
            "Workers of such queries that may be replaced at once",
        ),
        [(vec![], written_off.most_stand_ins as u64)],
    )?;
    page.counters(
        (
            "mxcp_sql_written_off",
            "Queries that did not stop when they were told to",
        ),
        [(vec![], written_off.ever)],
    )?;
    page.gauges(
        ("mxcp_sql_waiting", "Queries that wait for a worker"),
        [(vec![], sql.waiting as u64)],
    )?;
    page.gauges(
        ("mxcp_sql_waiting_max", "Queries that may wait"),
        [(vec![], sql.most_waiting as u64)],
    )?;
    page.durations(
        ("mxcp_sql_wait_seconds", "Time that queries waited for a worker"),
        [(vec![], sql.waited)],
    )?;
    page.durations(
        ("mxcp_sql_run_seconds", "Time that queries ran"),
        [(vec![], sql.ran)],
    )?;
    page.counters(
        ("mxcp_sql_queries", "Queries by their end"),
        sql.ends
            .iter()
            .map(|(end, count)| (vec![("end", end.as_str())], *count)),
    )
}

pub(super) fn actors(page: &mut Page<'_, '_>, admin: &Admin) -> fmt::Result {
    let actors = admin.actors();
    let by_actor = |value: fn(&mxcp_actors::handle::HandleStatus) -> u64| {
        let rows = actors
            .iter()
            .map(move |actor| (vec![("actor", actor.name)], value(actor)));
        rows.collect::<Vec<_>>()
    };
    page.gauges(
        ("mxcp_actor_queue_depth", "Calls under way"),
        by_actor(|actor| actor.depth as u64),
    )?;
    page.gauges(
        ("mxcp_actor_queue_capacity", "Calls that may be under way"),
        by_actor(|actor| actor.capacity as u64),
    )?;
    page.counters(
        ("mxcp_actor_calls", "Calls, refused ones included"),
        by_actor(|actor| actor.asked),
    )?;
    page.counters(
        ("mxcp_actor_busy", "Calls that found no place"),
        by_actor(|actor| actor.busy),
    )?;
    page.counters(
        ("mxcp_actor_timeouts", "Calls that were answered too late"),
        by_actor(|actor| actor.timeouts),
    )?;
    page.counters(
        ("mxcp_actor_crashes", "Calls that ended in a panic"),
        by_actor(|actor| actor.crashed),
    )?;
    page.durations(
        (
            "mxcp_actor_answer_seconds",
            "Time from the question to its answer",
        ),
        actors
            .iter()
            .map(|actor| (vec![("actor", actor.name)], actor.answered)),
    )
}

pub(super) fn audit(page: &mut Page<'_, '_>, admin: &Admin) -> fmt::Result {
    let audit = admin.audit.status();
    let outcomes: [(&str, RecordCounts); 5] = [
        ("written", audit.written),
        ("dropped", audit.dropped),
        ("refused", audit.refused),
        ("diverted", audit.diverted),
        ("lost", audit.lost),
    ];
    page.counters(
        ("mxcp_audit_records", "Audit records by what became of them"),
        outcomes.into_iter().flat_map(|(outcome, counts)| {
            let kinds = [
                ("tool", counts.tools),
                ("resource", counts.resources),
                ("prompt", counts.prompts),
                ("auth", counts.authentication),
            ];
            kinds.map(|(kind, count)| (vec![("outcome", outcome), ("type", kind)], count))
        }),
    )?;
    page.counters(
        (
            "mxcp_audit_refused_calls",
            "Calls refused for want of a record's place",
        ),
        [(vec![], audit.refused_calls)],
    )?;
    page.counters(
        (
            "mxcp_audit_failed_writes",
            "Attempts to write records that failed",
        ),
        [(vec![], audit.failed_writes)],
    )?;
    page.gauges(
        ("mxcp_audit_failing", "Whether the latest attempt failed"),
        [(vec![], u64::from(audit.is_failing))],
    )?;
    page.gauges(
        ("mxcp_audit_buffered_records", "Records in the buffer"),
        [(vec![], audit.waiting_records as u64)],
    )?;
    page.gauges(
        ("mxcp_audit_buffered_bytes", "Their bytes"),
        [(vec![], audit.waiting_bytes as u64)],
    )
}
