//! SIGTERM: what was accepted is answered and recorded, what comes later is told to come back, and the exit code is 0.

use awc::http::StatusCode;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::admin::{self, status_once, with_a_query_under_way, with_queries_under_way};
use crate::audit::records;
use crate::server::{Answer, ENDLESS, Project, Server, client, modern_request};

/// Some hundredths of a second of work.
const BUSY: &str = "SELECT count(*) AS n FROM range(1000) a, range(2000) b WHERE (a.range * b.range) % 7 = 3";

/// A server whose calls get `grace` seconds to finish. One caller has two of its four workers.
fn serve(grace: u64) -> Server {
    let config = admin::configuration(&format!(
        "transport: {{ shutdown_grace: {grace} }}\nlimits: {{ max_concurrent_queries: 4, query_timeout_ms: 3600000 }}\n"
    ));
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

/// How many calls wait while [`HELD`] hold the caller's workers.
const WAITING: usize = 16;
const HELD: usize = 2;

#[actix_rt::test]
async fn under_load_every_accepted_call_is_answered_and_recorded() {
    let server = serve(3600);
    // Sent when it is waited for.
    let mut answers = Box::pin(join_all((0..WAITING).map(|_| call(&server, "busy"))));
    {
        let held = join_all((0..HELD).map(|_| call(&server, "endless")));
        let stopping = async {
            with_queries_under_way(&server, HELD).await;
            let are_accepted = |status: &Value| status["reload"]["active_requests"] == HELD + WAITING;
            tokio::select! {
                _ = &mut answers => panic!("no worker is free for them"),
                _ = status_once(&server, are_accepted) => {}
            }
            server.signal("TERM");
            server.wait_for_log("stopping: ");
        };
        tokio::select! {
            _ = held => panic!("they have no end"),
            () = stopping => {}
        }
    }
    // The clients of the calls without end have gone away, and leave their workers to those that wait.
    let answers = answers.await;
    let (status, folder) = server.wait();
    assert_eq!(status.code(), Some(0));
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.json()["result"]["isError"], false, "{answer:?}");
    }
    let records = records(&folder.path().join("audit"));
    let count = |tool: &str, status: &str| {
        let so = |record: &&Value| record["operation_name"] == tool && record["operation_status"] == status;
        records.iter().filter(so).count()
    };
    assert_eq!(
        (records.len(), count("busy", "success"), count("endless", "error")),
        (HELD + WAITING, WAITING, HELD)
    );
}

#[actix_rt::test]
async fn who_comes_during_the_stop_is_told_to_come_back() {
    let server = serve(3600);
    let stopping = async {
        with_a_query_under_way(&server).await;
        server.signal("TERM");
        server.wait_for_log("stopping: ");
        call(&server, "busy").await
    };
    let late = tokio::select! {
        answer = call(&server, "endless") => panic!("it has no end: {answer:?}"),
        late = stopping => late,
    };
    assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (late.header("retry-after"), late.header("connection")),
        (Some("2"), Some("close"))
    );
    assert_eq!(server.wait().0.code(), Some(0));
}

#[actix_rt::test]
async fn a_query_past_the_grace_is_interrupted_and_its_client_is_told() {
    let server = serve(1);
    let endless = call(&server, "endless");
    let stopping = async {
        with_a_query_under_way(&server).await;
        server.signal("TERM");
    };
    let (interrupted, ()) = join(endless, stopping).await;
    assert_eq!(interrupted.status, StatusCode::OK);
    let told = text(&interrupted);
    assert!(
        told.as_str().unwrap().contains("the server is shutting down"),
        "{told}"
    );
    let (status, folder) = server.wait();
    assert_eq!(status.code(), Some(0));
    let records = records(&folder.path().join("audit"));
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["operation_status"], "error");
    assert_eq!(records[0]["error"], "the server is shutting down");
}

#[actix_rt::test]
async fn a_second_signal_ends_at_once() {
    let server = serve(3600);
    let endless = async {
        let (headers, body) = modern_request("tools/call", json!({ "name": "endless" }));
        let mut request = client().post(server.at("/mcp"));
        for (name, value) in headers {
            request = request.append_header((name, value));
        }
        request.send_body(body).await.is_err()
    };
    let stopping = async {
        with_a_query_under_way(&server).await;
        server.signal("INT");
        server.wait_for_log("stopping: ");
        server.signal("TERM");
    };
    let (is_cut_off, ()) = join(endless, stopping).await;
    assert!(is_cut_off);
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(1));
}

/// Nobody waits for as long as its grace.
#[actix_rt::test]
async fn an_idle_server_stops_at_once() {
    let (status, _) = serve(3600).stop();
    assert_eq!(status.code(), Some(0));
}
