//! The operator's interface, with the real program: over the network and over the Unix socket.

mod metrics;
mod network;
mod readiness;
mod socket;

use serde_json::Value;

use crate::server::{Answer, Project, Server};

pub(crate) const OPERATOR: &str = "operator-token-0001";
pub(crate) const VIEWER: &str = "viewer-token-000002";

/// A project with an admin listener on a port of its own.
pub(crate) fn project(more: &str) -> Project {
    let config = format!(
        "mxcp: 1\nadmin: {{ enabled: true, port: 0, token: {OPERATOR}, viewer_token: {VIEWER} }}\n{more}"
    );
    Project::new().user_config(&config)
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

/// The names of a JSON object's members.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
