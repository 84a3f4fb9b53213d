//! Calls that nobody wants any more stop, and free their worker.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{Project, Server, modern_request};

const ENDLESS: &str =
    "SELECT count(*) AS n FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3";
/// The one worker must be free again within this time after the client has gone.
const FREE_WITHIN: Duration = Duration::from_millis(250);
/// Far beyond what starting a query takes.
const UNDER_WAY: Duration = Duration::from_millis(300);

fn one_worker() -> Server {
    Project::new()
        .tool("endless", ENDLESS, "")
        .tool("quick", "SELECT 1 AS x", "")
        .user_config("mxcp: 1\nlimits: { max_concurrent_queries: 1, query_timeout_ms: 60000 }\n")
        .start()
}

#[actix_rt::test]
async fn a_modern_client_that_goes_away_frees_its_worker() {
    let server = one_worker();
    server.call("quick", json!({})).await;
    let (headers, body) = modern_request("tools/call", json!({ "name": "endless" }));
    let authority = server.at("").replace("http://", "");
    let mut connection = TcpStream::connect(&authority).unwrap();
    let headers: Vec<String> = headers
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}: {value}
"
            )
        })
        .collect();
    let headers = headers.concat();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {authority}\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body).unwrap();
    actix_rt::time::sleep(UNDER_WAY).await;
    drop(connection);
    let gone = Instant::now();
    let result = server.call("quick", json!({})).await;
    assert_eq!(result["isError"], false);
    assert!(gone.elapsed() < FREE_WITHIN, "took {:?}", gone.elapsed());
}

#[actix_rt::test]
async fn a_legacy_client_cancels_by_notification_and_not_by_going_away() {
    let server = one_worker();
    let session = server.open_session().await;
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "endless" } });
    let running = server.legacy(Some(&session), &call);
    let cancelling = async {
        actix_rt::time::sleep(UNDER_WAY).await;
        let cancel =
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
        server.legacy(Some(&session), &cancel).await;
        let cancelled = Instant::now();
        let result = server.call("quick", json!({})).await;
        (result, cancelled.elapsed())
    };
    let (answer, (quick, took)) = futures_util::future::join(running, cancelling).await;
    let text = answer.json()["result"]["content"][0]["text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(text.contains("the client cancelled the request"), "{text}");
    assert!(
        quick["isError"] == false && took < FREE_WITHIN,
        "{quick} after {took:?}"
    );
}
