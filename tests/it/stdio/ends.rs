//! How the process ends: when the client is done, when it is gone, when a signal comes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Client, call, modern};
use crate::server::{ENDLESS, Project};

const SLOW: &str = "SELECT count(*) AS n FROM range(3000) a, range(3000) b WHERE (a.range * b.range) % 7 = 3";

fn project() -> Project {
    Project::new()
        .user_config("mxcp: 1\ntransport: { shutdown_grace: 1 }\n")
        .tool("slow", SLOW, "")
        .tool("endless", ENDLESS, "")
}

fn answered(rest: &[String]) -> Vec<Value> {
    let messages = rest
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    messages.map(|message| message["id"].clone()).collect()
}

#[test]
fn at_the_end_of_input_what_runs_is_answered_and_recorded() {
    let mut client = Client::initialized(&project(), "2025-11-25");
    client.send(&call(1, "slow"));
    client.close();
    let (status, rest, log, folder) = client.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(answered(&rest), [1]);
    let records = crate::audit::records(&folder.path().join("audit"));
    assert_eq!(
        (records.len(), &records[0]["operation_status"]),
        (1, &json!("success"))
    );
}

#[test]
fn a_signal_stops_what_does_not_end_by_itself() {
    let mut client = Client::initialized(&project(), "2025-11-25");
    client.send(&call(1, "endless"));
    assert_eq!(
        client.ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" }))["id"],
        2
    );
    client.terminate();
    let asked = Instant::now();
    let (status, rest, log, folder) = client.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(answered(&rest), [1]);
    assert!(rest[0].contains("the server is shutting down"), "{rest:?}");
    let records = crate::audit::records(&folder.path().join("audit"));
    assert_eq!(records[0]["error"], "the server is shutting down", "{records:#?}");
}

#[test]
fn a_client_that_does_not_listen_any_more_ends_the_process_at_once() {
    let mut client = Client::start(&project());
    client.stop_listening();
    client.send(&modern(1, "tools/call", json!({ "name": "endless" })));
    client.send(&modern(2, "server/discover", json!({})));
    let gone = Instant::now();
    let (status, _, log, folder) = client.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(gone.elapsed() < Duration::from_secs(4), "{:?}", gone.elapsed());
    let records = crate::audit::records(&folder.path().join("audit"));
    assert_eq!(records[0]["error"], "the client went away", "{records:#?}");
}
