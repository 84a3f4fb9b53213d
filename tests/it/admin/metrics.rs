//! The page that Prometheus reads.

use serde_json::json;

use super::{OPERATOR, VIEWER, look, project};
use crate::login::configuration;
use crate::server::Project;

/// The value of one row, by the row's beginning.
fn value(page: &str, row: &str) -> f64 {
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(row)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{row} in {page}")).parse().unwrap()
}

#[actix_rt::test]
async fn calls_queries_records_and_the_process_are_counted() {
    let server = project("")
        .tool("good", "SELECT 1 AS x", "")
        .tool("fails", "SELECT error('no') AS x", "")
        .start();
    server.call("good", json!({})).await;
    server.call("good", json!({})).await;
    server.call("fails", json!({})).await;
    let unknown = server
        .modern("tools/call", json!({ "name": "made-up-by-a-client" }))
        .await;
    assert_eq!(unknown.json()["error"]["code"], -32602);
    server.get("/a/path/made-up-by-a-client").await;
    let answer = look(&server, "/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let page = String::from_utf8(answer.body).unwrap();
    for (row, count) in [
        (
            "mxcp_calls_total{type=\"tool\",name=\"good\",outcome=\"success\"}",
            2.0,
        ),
        (
            "mxcp_calls_total{type=\"tool\",name=\"fails\",outcome=\"error\"}",
            1.0,
        ),
        (
            "mxcp_call_duration_seconds_count{type=\"tool\",name=\"good\"}",
            2.0,
        ),
        (
            "mxcp_call_duration_seconds_bucket{le=\"+Inf\",type=\"tool\",name=\"good\"}",
            2.0,
        ),
        (
            "mxcp_mcp_requests_total{method=\"tools/call\",era=\"modern\",outcome=\"success\"}",
            3.0,
        ),
        (
            "mxcp_mcp_requests_total{method=\"tools/call\",era=\"modern\",outcome=\"error\"}",
            1.0,
        ),
        ("mxcp_sql_queries_total{end=\"success\"}", 2.0),
        ("mxcp_sql_queries_total{end=\"error\"}", 1.0),
        ("mxcp_sql_run_seconds_count", 3.0),
        ("mxcp_sql_wait_seconds_count", 3.0),
        ("mxcp_actor_calls_total{actor=\"sql_executor\"}", 3.0),
        ("mxcp_http_requests_total{route=\"other\",status=\"404\"}", 1.0),
        ("mxcp_accepting", 1.0),
    ] {
        assert!(
            (value(&page, row) - count).abs() < f64::EPSILON,
            "{row}: {}",
            value(&page, row)
        );
    }
    let kept = value(
        &page,
        "mxcp_audit_records_total{outcome=\"written\",type=\"tool\"}",
    ) + value(&page, "mxcp_audit_buffered_records");
    // Calls of what is not offered are recorded, too.
    assert!((kept - 4.0).abs() < f64::EPSILON, "{kept}");
    assert!(value(&page, "process_resident_memory_bytes") > 1e6);
    assert!(value(&page, "process_cpu_seconds_total") > 0.0);
    assert!(
        !page.contains("made-up-by-a-client"),
        "what clients make up is no label"
    );
    assert!(page.ends_with("# EOF\n"));
}

#[actix_rt::test]
async fn what_was_swept_is_counted_by_its_kind() {
    let config = format!(
        "{}admin: {{ enabled: true, port: 0, token: {OPERATOR}, viewer_token: {VIEWER} }}\n",
        configuration(&[("ada", "")])
    );
    let server = Project::new().user_config(&config).start();
    let page = String::from_utf8(look(&server, "/metrics").await.body).unwrap();
    for kind in [
        "clients",
        "codes",
        "tokens",
        "ended_grants",
        "deleted_grants",
        "pending_logins",
    ] {
        let row = format!("mxcp_swept_total{{kind=\"{kind}\"}}");
        assert!(value(&page, &row).abs() < f64::EPSILON, "{row}");
    }
    assert!(value(&page, "mxcp_sweep_failures_total").abs() < f64::EPSILON);
}
