//! How the process ends: when the client is done, when it is gone, when a signal comes.

use serde_json::{Value, json};

use super::client::{Client, call, modern};
use crate::server::{ENDLESS, Project};

/// Some hundredths of a second of work, far less than the seconds that the end leaves for it.
const SLOW: &str = "SELECT count(*) AS n FROM range(1000) a, range(1000) b WHERE (a.range * b.range) % 7 = 3";

/// A project whose server leaves what runs so many seconds to end.
fn project(grace: u64) -> Project {
    let limits = "limits: { query_timeout_ms: 3600000 }";
    Project::new()
        .user_config(&format!(
            "mxcp: 1\ntransport: {{ shutdown_grace: {grace} }}\n{limits}\n"
        ))
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
    let mut client = Client::initialized(&project(3600), "2025-11-25");
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
    let mut client = Client::initialized(&project(1), "2025-11-25");
    client.send(&call(1, "endless"));
    assert_eq!(
        client.ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" }))["id"],
        2
    );
    client.terminate();
    let (status, rest, log, folder) = client.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(answered(&rest), [1]);
    assert!(rest[0].contains("the server is shutting down"), "{rest:?}");
    let records = crate::audit::records(&folder.path().join("audit"));
    assert_eq!(records[0]["error"], "the server is shutting down", "{records:#?}");
}

#[test]
fn a_client_that_does_not_listen_any_more_ends_the_process_at_once() {
    let mut client = Client::start(&project(3600));
    client.stop_listening();
    client.send(&modern(1, "tools/call", json!({ "name": "endless" })));
    client.send(&modern(2, "server/discover", json!({})));
    let (status, _, log, folder) = client.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    let records = crate::audit::records(&folder.path().join("audit"));
    assert_eq!(records[0]["error"], "the client went away", "{records:#?}");
}
