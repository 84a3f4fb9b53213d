//! A query that DuckDB does not stop: its caller is answered all the same, and everybody else goes on.

use std::time::Instant;

use serde_json::{Value, json};

use crate::admin::{self, look, status_once};
use crate::audit::records;
use crate::login::{self, Caller};
use crate::server::{PATIENCE, Project, Server, joins_without_end};

/// DuckDB looks at no interrupt within one expression. How long this one takes is for its caller to say.
const UNSTOPPABLE: &str =
    "SELECT len(list_filter(range($n), x -> len(list_filter(range($n), y -> x = y)) > 2)) AS found";
const NUMBERS: &str = "  parameters: [{ name: n, type: integer, description: How many numbers. }]\n";

/// For a query that ends by itself.
const SOME_SECONDS: u32 = 14_000;
/// For one that ends with the process.
const MINUTES: u32 = 60_000;
const LIMIT: &str = "the query ran longer than its limit of 100 ms (query_timeout_ms)";

fn project(user_config: &str) -> Project {
    let limits = "limits: { max_concurrent_queries: 1, query_timeout_ms: 100 }\n";
    Project::new()
        .tool("unstoppable", UNSTOPPABLE, NUMBERS)
        .tool("quick", "SELECT 1 AS x", "")
        .user_config(&format!("{user_config}{limits}"))
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{result}"))
}

fn told(result: &Value) -> String {
    assert_eq!(result["isError"], true, "{result}");
    text(result)
        .strip_prefix("Error executing tool unstoppable: ")
        .unwrap()
        .to_owned()
}

/// The queries that run, as an operator sees them.
async fn queries(server: &Server) -> Value {
    look(server, "/status").await.json()["queries"].clone()
}

async fn page(server: &Server) -> String {
    String::from_utf8(look(server, "/metrics").await.body).unwrap()
}

#[actix_rt::test]
async fn a_query_that_does_not_stop_costs_its_caller_a_limit_and_nobody_else_anything() {
    let users = login::configuration(&[("ada", "name: Ada"), ("bob", "name: Bob")]);
    let admin = admin::configuration("").replace("mxcp: 1\n", "");
    let server = project(&format!("{users}{admin}")).start();
    let (ada, bob) = (
        Caller::log_in(&server, "ada").await,
        Caller::log_in(&server, "bob").await,
    );
    assert_eq!(
        told(&ada.call("unstoppable", json!({ "n": SOME_SECONDS })).await),
        LIMIT
    );
    // The only worker would be held until it ends.
    assert_eq!(text(&bob.call("quick", json!({})).await), "[{\"x\":1}]");
    let held_up = ada.call("quick", json!({}));
    let looking = async {
        let found = queries(&server).await;
        let query = &found["running"][0];
        assert_eq!(
            (&query["state"], &query["endpoint"]),
            (&json!("written_off"), &json!("unstoppable")),
            "{found}"
        );
        assert!(query["user"].as_str().unwrap().contains("ada"), "{found}");
        assert!(query["written_off_ms"].is_u64(), "{found}");
        assert_eq!(
            (&found["workers_left"], &found["written_off"]["running"]),
            (&json!(1), &json!(1))
        );
        assert!(page(&server).await.contains("\nmxcp_sql_written_off_running 1\n"));
        assert_eq!(look(&server, "/ready").await.status, 200);
        assert_eq!(text(&bob.call("quick", json!({})).await), "[{\"x\":1}]");
        status_once(&server, |status| status["queries"]["waiting"] == 1).await;
    };
    tokio::select! {
        answer = held_up => panic!("whose query runs on waits for it: {answer}"),
        () = looking => {}
    }
    let ended = status_once(&server, |status| status["queries"]["running"] == json!([])).await;
    assert_eq!(text(&ada.call("quick", json!({})).await), "[{\"x\":1}]");
    assert_eq!(
        ended["queries"]["written_off"],
        json!({ "running": 0, "most_replaced": 2, "ever": 1 })
    );
    assert!(page(&server).await.contains("\nmxcp_sql_written_off_total 1\n"));
    let (log, folder) = server.stop_with_log();
    let line = |text: &str| log.iter().find(|line| line.contains(text)).unwrap();
    let request = line("WARN ] unstoppable did not stop within 300 ms").split_once("request=");
    assert!(line("the query of unstoppable that was written off").ends_with(request.unwrap().1));
    let records = records(&folder.path().join("audit"));
    let record = records
        .iter()
        .find(|record| record["operation_name"] == "unstoppable");
    assert_eq!(
        (&record.unwrap()["operation_status"], &record.unwrap()["error"]),
        (&json!("error"), &json!(LIMIT)),
        "{records:#?}"
    );
}

#[actix_rt::test]
async fn a_server_without_workers_says_that_it_should_be_restarted_and_stops_at_once() {
    let server = project(&admin::configuration("")).start();
    // Where nobody logs in everybody is the same caller: two are replaced, and the third holds the worker.
    for _ in 0..2 {
        assert_eq!(
            told(&server.call("unstoppable", json!({ "n": MINUTES })).await),
            LIMIT
        );
        assert_eq!(look(&server, "/live").await.status, 200);
    }
    assert_eq!(
        told(&server.call("unstoppable", json!({ "n": MINUTES })).await),
        LIMIT
    );
    let live = look(&server, "/live").await;
    assert_eq!(
        (live.status.as_u16(), &live.json()["status"]),
        (503, &json!("stuck"))
    );
    let ready = status_of_engine(&server).await;
    assert!(
        ready.starts_with("all 1 workers are held by queries that did not stop"),
        "{ready}"
    );
    let (status, _) = server.stop();
    assert_eq!(
        status.code(),
        Some(0),
        "they run on, and the server does not wait for them"
    );
}

#[actix_rt::test]
async fn planning_is_part_of_a_query_and_of_its_limit() {
    let server = project("mxcp: 1\n")
        .tool("unstoppable", &joins_without_end(), "")
        .start();
    assert_eq!(told(&server.call("unstoppable", json!({})).await), LIMIT);
    assert_eq!(text(&server.call("quick", json!({})).await), "[{\"x\":1}]");
    assert_eq!(server.stop().0.code(), Some(0));
}

/// Why the engine cannot be used. The answer is a second old at most, so it may have to be asked again.
async fn status_of_engine(server: &Server) -> String {
    let begun = Instant::now();
    loop {
        let ready = look(server, "/ready").await.json();
        assert!(begun.elapsed() < PATIENCE, "{ready}");
        if let Some(reason) = ready["checks"][0]["reason"].as_str()
            && reason.starts_with("all ")
        {
            return reason.to_owned();
        }
        actix_rt::task::yield_now().await;
    }
}
