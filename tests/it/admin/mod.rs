//! The operator's interface, with the real program: over the network and over the Unix socket.

mod flow;
mod metrics;
mod network;
mod readiness;
mod socket;

use std::time::Instant;

use serde_json::Value;

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
