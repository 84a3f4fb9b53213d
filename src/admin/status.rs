//! `GET /status`: what this process is and does right now.

use std::time::Duration;

use mxcp_actors::replica_bus::BusConnection;
use mxcp_actors::sql_executor::status::RunningQuery;
use serde_json::{Value, json};

use super::Admin;
use super::about::VERSION;

/// The answer: MXCP's members, and beyond them the actors, queries, sessions and counts.
pub async fn status(admin: &Admin) -> Value {
    let about = &admin.about;
    let uptime = admin.clock.now().duration_since(about.started_at);
    let counted = admin.counted().await;
    json!({
        "status": if admin.gate.is_closed() { "stopping" } else { "ok" },
        "version": VERSION,
        "uptime": spoken(uptime),
        "uptime_seconds": uptime.as_secs(),
        "pid": std::process::id(),
        "instance_id": about.instance,
        "profile": about.profile,
        "mode": if about.is_readonly { "readonly" } else { "readwrite" },
        "debug": about.is_debug,
        "reload": {
            "in_progress": false,
            "draining": admin.gate.is_closed(),
            "active_requests": admin.gate.under_way(),
            "last_reload": null,
            "last_reload_status": null,
            "last_reload_error": null,
        },
        "admin_socket": { "path": about.socket },
        "actors": actors(admin),
        "queries": queries(admin),
        "replica_bus": replica_bus(admin),
        "sessions": counted.sessions,
        "clients": counted.clients,
        "grants": counted.grants,
    })
}

fn actors(admin: &Admin) -> Vec<Value> {
    let actors = admin.actors().into_iter().map(|actor| {
        json!({
            "name": actor.name,
            "queue_depth": actor.depth,
            "capacity": actor.capacity,
            "asked": actor.asked,
            "busy": actor.busy,
            "timeouts": actor.timeouts,
            "crashed": actor.crashed,
        })
    });
    actors.collect()
}

fn queries(admin: &Admin) -> Value {
    let status = admin.sql.status();
    let written_off = &status.written_off;
    let running = status.running.iter().chain(&written_off.running);
    json!({
        "workers": status.workers,
        "workers_left": status.staffed,
        "waiting": status.waiting,
        "most_waiting": status.most_waiting,
        "running": running.map(query).collect::<Vec<_>>(),
        "written_off": {
            "running": written_off.running.len(),
            "most_replaced": written_off.most_stand_ins,
            "ever": written_off.ever,
        },
    })
}

/// One query that runs: in its worker's place, or written off because it did not stop when it was told to.
fn query(query: &RunningQuery) -> Value {
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    json!({
        "request_id": &*query.request_id,
        "user": &*query.share,
        "endpoint": &*query.endpoint,
        "state": match query.written_off {
            None => "running",
            Some(_) => "written_off",
        },
        "running_ms": milliseconds(query.running),
        "written_off_ms": query.written_off.map(milliseconds),
    })
}

/// How other replicas are told; null where nothing is shared.
fn replica_bus(admin: &Admin) -> Value {
    let Some(authorization) = &admin.authorization else {
        return Value::Null;
    };
    let bus = authorization.bus.status();
    let connection = match bus.connection {
        BusConnection::Alone => return Value::Null,
        BusConnection::Connected => "connected",
        BusConnection::Lost => "lost",
    };
    json!({ "connection": connection, "said": bus.said, "heard": bus.heard, "dropped": bus.dropped })
}

/// `1h2m3s`, as MXCP writes it.
fn spoken(uptime: Duration) -> String {
    let seconds = uptime.as_secs();
    format!("{}h{}m{}s", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_is_written_in_hours_minutes_and_seconds() {
        assert_eq!(spoken(Duration::from_secs(0)), "0h0m0s");
        assert_eq!(spoken(Duration::from_secs(90_061)), "25h1m1s");
    }
}
