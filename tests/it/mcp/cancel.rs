//! Calls that nobody wants any more stop, and free their worker.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::admin::{project, with_a_query_under_way};
use crate::server::{ENDLESS, Server, raw_request};

/// The worker must be free again within this time after the client has gone.
const FREE_WITHIN: Duration = Duration::from_millis(250);
/// How long a busy machine is given further turns.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server whose one worker is free again only if the query ends before its time: nobody waits as long as that.
fn one_worker() -> Server {
    project("limits: { max_concurrent_queries: 1, query_timeout_ms: 3600000 }\n")
        .tool("endless", ENDLESS, "")
        .tool("quick", "SELECT 1 AS x", "")
        .start()
}

/// Calls without end, goes away, and answers how long the worker was not free for the next call.
async fn goes_away(server: &Server) -> Duration {
    let authority = server.at("").replace("http://", "");
    let request = raw_request(&authority, "tools/call", json!({ "name": "endless" }));
    let mut connection = TcpStream::connect(&authority).unwrap();
    connection.write_all(&request).unwrap();
    with_a_query_under_way(server).await;
    let gone = Instant::now();
    drop(connection);
    let result = server.call("quick", json!({})).await;
    assert_eq!(result["isError"], false, "{result}");
    gone.elapsed()
}

#[actix_rt::test]
async fn a_modern_client_that_goes_away_frees_its_worker_within_a_quarter_of_a_second() {
    let server = one_worker();
    let begun = Instant::now();
    // On a machine that does much else the server and this test wait for a processor; one turn without that is enough.
    while goes_away(&server).await > FREE_WITHIN {
        assert!(
            begun.elapsed() < PATIENCE,
            "no turn took less than {FREE_WITHIN:?}"
        );
    }
}

#[actix_rt::test]
async fn a_legacy_client_cancels_by_notification_and_not_by_going_away() {
    let server = one_worker();
    let session = server.open_session().await;
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "endless" } });
    let running = server.legacy(Some(&session), &call);
    let cancelling = async {
        with_a_query_under_way(&server).await;
        let cancel =
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
        server.legacy(Some(&session), &cancel).await;
        server.call("quick", json!({})).await
    };
    let (answer, quick) = futures_util::future::join(running, cancelling).await;
    let text = answer.json()["result"]["content"][0]["text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(text.contains("the client cancelled the request"), "{text}");
    assert_eq!(quick["isError"], false, "{quick}");
}
