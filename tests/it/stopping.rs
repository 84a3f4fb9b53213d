//! SIGTERM: what was accepted is answered and recorded, what comes later is told to come back, and the exit code is 0.

use awc::http::StatusCode;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::audit::records;
use crate::server::{Answer, ENDLESS, Project, Server};

/// Some tenths of a second of work.
const BUSY: &str =
    "SELECT count(*) AS n FROM range(10000) a, range(2000) b WHERE (a.range * b.range) % 7 = 3";

/// A server whose calls get `grace` seconds to finish.
fn serve(grace: u64) -> Server {
    let config = format!(
        "mxcp: 1\ntransport: {{ shutdown_grace: {grace} }}\nlimits: {{ max_concurrent_queries: 4, query_timeout_ms: 60000 }}\n"
    );
    Project::new()
        .tool("busy", BUSY, "")
        .tool("endless", ENDLESS, "")
        .user_config(&config)
        .start()
}

async fn call(server: &Server, tool: &str) -> Answer {
    server
        .modern("tools/call", json!({ "name": tool, "arguments": {} }))
        .await
}

fn text(answer: &Answer) -> Value {
    answer.json()["result"]["content"][0]["text"].clone()
}

#[actix_rt::test]
async fn under_load_every_accepted_call_is_answered_and_recorded() {
    let server = serve(20);
    let calls = join_all((0..16).map(|_| call(&server, "busy")));
    let stopping = async {
        // The first answer shows that the others are under way too.
        call(&server, "busy").await;
        server.signal("TERM");
    };
    let (answers, ()) = join(calls, stopping).await;
    let (status, folder) = server.wait();
    assert_eq!(status.code(), Some(0));
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.json()["result"]["isError"], false, "{answer:?}");
    }
    let records = records(&folder.path().join("audit"));
    assert_eq!(records.len(), 17);
    assert!(
        records
            .iter()
            .all(|record| record["operation_status"] == "success")
    );
}

#[actix_rt::test]
async fn a_query_past_the_grace_is_interrupted_and_its_client_is_told() {
    let server = serve(1);
    let endless = call(&server, "endless");
    let stopping = async {
        call(&server, "busy").await;
        server.signal("TERM");
        server.wait_for_log("stopping: ");
        call(&server, "busy").await
    };
    let (interrupted, late) = join(endless, stopping).await;
    assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (late.header("retry-after"), late.header("connection")),
        (Some("2"), Some("close"))
    );
    assert_eq!(interrupted.status, StatusCode::OK);
    let told = text(&interrupted);
    assert!(
        told.as_str().unwrap().contains("the server is shutting down"),
        "{told}"
    );
    let (status, folder) = server.wait();
    assert_eq!(status.code(), Some(0));
    let records = records(&folder.path().join("audit"));
    let endless = records
        .iter()
        .find(|record| record["operation_name"] == "endless")
        .unwrap();
    assert_eq!(endless["operation_status"], "error");
    assert_eq!(endless["error"], "the server is shutting down");
}

#[actix_rt::test]
async fn a_second_signal_ends_at_once() {
    let server = serve(3600);
    let endless = async {
        let client = awc::Client::default();
        let (headers, body) = crate::server::modern_request("tools/call", json!({ "name": "endless" }));
        let mut request = client.post(server.at("/mcp"));
        for (name, value) in headers {
            request = request.append_header((name, value));
        }
        request.send_body(body).await.is_err()
    };
    let stopping = async {
        call(&server, "busy").await;
        server.signal("INT");
        server.wait_for_log("stopping: ");
        server.signal("TERM");
    };
    let (is_cut_off, ()) = join(endless, stopping).await;
    assert!(is_cut_off);
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(1));
}

#[actix_rt::test]
async fn an_idle_server_stops_at_once() {
    let server = serve(20);
    let asked = std::time::Instant::now();
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed().as_secs() < 3, "{:?}", asked.elapsed());
}
