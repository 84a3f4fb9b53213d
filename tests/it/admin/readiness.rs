//! Whether the process should be sent work.

use std::time::Instant;

use serde_json::json;

use super::{ask, look, project, with_a_query_under_way};
use crate::server::{Answer, ENDLESS, PATIENCE, Server};

/// What `/ready` answers once every part has answered it in time.
async fn ready(server: &Server) -> Answer {
    let asked = Instant::now();
    loop {
        let answer = look(server, "/ready").await;
        if answer.status == 200 {
            return answer;
        }
        assert!(asked.elapsed() < PATIENCE, "never ready: {answer:?}");
    }
}

#[actix_rt::test]
async fn a_busy_server_is_ready_and_shows_what_runs_and_a_stopping_one_is_not_ready() {
    let more = "transport: { shutdown_grace: 3600 }\nlimits: { max_concurrent_queries: 1, query_timeout_ms: 3600000 }\n";
    let server = project(more).tool("endless", ENDLESS, "").start();
    let endless = server.modern("tools/call", json!({ "name": "endless" }));
    let operating = async {
        let status = with_a_query_under_way(&server).await;
        let query = &status["queries"]["running"][0];
        assert!(
            query["request_id"].is_string() && query["running_ms"].is_u64(),
            "{status}"
        );
        assert_eq!(
            (&query["user"], &status["reload"]["active_requests"]),
            (&json!("anonymous"), &json!(1))
        );
        let engine = json!({ "name": "engine", "status": "ok" });
        assert_eq!(
            ready(&server).await.json(),
            json!({ "status": "ready", "checks": [engine] })
        );

        server.signal("TERM");
        server.wait_for_log("stopping: ");
        let ready = look(&server, "/ready").await;
        assert_eq!(ready.status, 503);
        assert_eq!(ready.json()["checks"][0]["reason"], "the server is stopping");
        let outside = ask(&server, "GET", "/ready", &[]).await;
        assert_eq!(
            (outside.status.as_u16(), &outside.json()["checks"][0]["reason"]),
            (503, &json!(null))
        );
        assert_eq!(look(&server, "/live").await.status, 200);
        assert_eq!(look(&server, "/status").await.json()["status"], "stopping");
        assert_eq!(
            server.get("/health").await.status,
            503,
            "whoever balances load by it looks elsewhere"
        );
    };
    tokio::select! {
        answer = endless => panic!("it has no end: {answer:?}"),
        () = operating => {}
    }
    // The client of the last call has gone away, so that nothing is left to wait for.
    assert_eq!(server.wait().0.code(), Some(0));
}
