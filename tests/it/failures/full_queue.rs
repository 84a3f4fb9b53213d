//! A queue that is full: who finds it so is told at once, and afterwards everybody is served.

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};

use crate::server::{ENDLESS, Project, Server};

/// What one caller may have waiting, and the one query that runs meanwhile.
const TAKEN: usize = 256 + 1;
const CONNECTIONS: usize = 64;
const BUSY: &str = "Error executing tool endless: the server is busy; try again in 1 s";

fn text(result: &Value) -> &str {
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{result}"))
}

#[actix_rt::test]
async fn whom_a_full_queue_does_not_take_is_told_at_once_and_everybody_is_served_afterwards() {
    let server = Project::new()
        .tool("endless", ENDLESS, "")
        .tool("quick", "SELECT 1 AS x", "")
        .user_config("mxcp: 1\nlimits: { max_concurrent_queries: 1, query_timeout_ms: 3600000 }\n")
        .start();
    let mut calls: FuturesUnordered<_> = (0..TAKEN + CONNECTIONS)
        .map(|_| server.call("endless", json!({})))
        .collect();
    let refused: Vec<Value> = calls.by_ref().take(CONNECTIONS).collect().await;
    for result in &refused {
        assert_eq!((&result["isError"], text(result)), (&json!(true), BUSY));
    }
    // The others hold their places; whoever goes away gives his place back.
    assert_eq!(calls.len(), TAKEN);
    drop(calls);
    wait_until_served(&server).await;
    let served = join_all((0..CONNECTIONS).map(|_| server.call("quick", json!({})))).await;
    for result in &served {
        assert_eq!((&result["isError"], text(result)), (&json!(false), "[{\"x\":1}]"));
    }
}

#[actix_rt::test]
async fn a_definition_with_a_limit_of_its_own_takes_turns_and_leaves_the_workers_to_others() {
    let server = Project::new()
        .tool("endless", ENDLESS, "  limits: { max_concurrent_queries: 1 }\n")
        .tool("quick", "SELECT 1 AS x", "")
        .user_config("mxcp: 1\nlimits: { query_timeout_ms: 3600000 }\n")
        .start();
    let mut calls: FuturesUnordered<_> = (0..=TAKEN).map(|_| server.call("endless", json!({}))).collect();
    assert_eq!(text(&calls.next().await.unwrap()), BUSY);
    assert_eq!(calls.len(), TAKEN);
    let quick = server.call("quick", json!({})).await;
    assert_eq!((&quick["isError"], text(&quick)), (&json!(false), "[{\"x\":1}]"));
}

/// The server learns only by and by that so many have gone.
async fn wait_until_served(server: &Server) {
    while server.call("quick", json!({})).await["isError"] == true {
        actix_rt::task::yield_now().await;
    }
}
