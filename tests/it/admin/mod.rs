//! The operator's interface, with the real program: over the network and over the Unix socket.

mod flow;
mod metrics;
mod network;
mod readiness;
mod socket;

use std::time::Instant;

use serde_json::{Value, json};

use crate::server::{Answer, PATIENCE, Project, Server};

pub(crate) const OPERATOR: &str = "operator-token-0001";
pub(crate) const VIEWER: &str = "viewer-token-000002";

/// The user configuration of a server with an admin listener on a port of its own.
pub(crate) fn configuration(more: &str) -> String {
    format!("mxcp: 1\nadmin: {{ enabled: true, port: 0, token: {OPERATOR}, viewer_token: {VIEWER} }}\n{more}")
}

/// A project with this configuration.
pub(crate) fn project(more: &str) -> Project {
    Project::new().user_config(&configuration(more))
}

/// The address of the admin listener.
pub(crate) fn address(server: &Server) -> String {
    let lines = server.logged_before_listening();
    let address = lines.iter().find_map(|line| line.split_once("admin interface: "));
    address.unwrap().1.to_owned()
}

/// Asks the admin listener with a token.
pub(crate) async fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let url = format!("{}{path}", address(server));
    server.request_url(method, &url, headers, Vec::new()).await
}

/// Asks as a viewer.
pub(crate) async fn look(server: &Server, path: &str) -> Answer {
    let bearer = format!("Bearer {VIEWER}");
    ask(server, "GET", path, &[("Authorization", &bearer)]).await
}

/// What `/ready` says about a part that decides nothing, as soon as it says this. An answer is repeated for a second.
pub(crate) async fn check_once(server: &Server, name: &str, expected: &str) -> Value {
    let asked = Instant::now();
    loop {
        assert!(asked.elapsed() < PATIENCE, "never {expected}");
        let ready = look(server, "/ready").await;
        let (status, body) = (ready.status.as_u16(), ready.json());
        assert_eq!((status, &body["status"]), (200, &json!("ready")), "{body}");
        let mut found = body["checks"].as_array().unwrap().iter();
        let check = found.find(|check| check["name"] == name).unwrap();
        if check["status"] == expected {
            return check.clone();
        }
    }
}

/// What the metrics say about somebody who is asked, a `provider` or an `issuer` of this name: outcomes that were not counted are
/// left out.
pub(crate) async fn counted(server: &Server, kind: &str, name: &str) -> Vec<String> {
    let page = look(server, "/metrics").await;
    let page = String::from_utf8(page.body).unwrap();
    let value = |row: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(row));
        line.unwrap_or_else(|| panic!("{row} in {page}"))
            .trim()
            .to_owned()
    };
    let mut counted = Vec::new();
    for outcome in [
        "answered",
        "refused",
        "unavailable",
        "invalid_answer",
        "misconfigured",
    ] {
        let row = format!("mxcp_{kind}_requests_total{{{kind}=\"{name}\",outcome=\"{outcome}\"}}");
        let count = value(&row);
        if count != "0" {
            counted.push(format!("{outcome} {count}"));
        }
    }
    let failing = value(&format!("mxcp_{kind}_failing{{{kind}=\"{name}\"}}"));
    counted.push(format!("failing {failing}"));
    counted
}

/// Waits until a query runs, and answers the status that shows it.
pub(crate) async fn with_a_query_under_way(server: &Server) -> Value {
    with_queries_under_way(server, 1).await
}

/// Waits until so many queries run, and answers the status that shows them.
pub(crate) async fn with_queries_under_way(server: &Server, count: usize) -> Value {
    let runs = |status: &Value| status["queries"]["running"].as_array().map(Vec::len) == Some(count);
    status_once(server, runs).await
}

/// Waits until the status is so, and answers it.
pub(crate) async fn status_once(server: &Server, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let status = look(server, "/status").await.json();
        if is_so(&status) {
            return status;
        }
        assert!(begun.elapsed() < PATIENCE, "it stays so: {status}");
    }
}

/// The names of a JSON object's members.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
