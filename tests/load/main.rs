//! What an authenticated, audited tool call costs: requests per second, latency and the server's CPU time for each
//! request, beside the same SQL in a loop inside one process. And what the acts of the authorization server cost, with few
//! and with very many grants in its store.
//!
//! `make bench` runs it against the release build, on SQLite and on PostgreSQL. It measures; it does not test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on ends here, and its result is what it prints"
)]

mod http;
mod in_process;
mod load;
#[path = "../../actors/src/store/diesel/tests/postgres_cluster.rs"]
mod postgres_cluster;
mod process;
mod project;
mod report;
mod sign_in;
mod stored;
mod tokens;

use std::time::Duration;

use http::Connection;
use load::{Calls, WARM_UP, measure};
use process::Server;
use project::{Persistence, Project, QUERIES, Query};
use report::Report;
use sign_in::Session;

/// Connections that are used at once.
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// How long each figure is measured.
const MEASURED_FOR: Duration = Duration::from_secs(3);

fn main() {
    let mut report = Report::default();
    let data = project::data_set();
    for query in &QUERIES {
        report.in_process(query, &in_process::measure(&data, query, MEASURED_FOR));
    }
    for persistence in [Persistence::Sqlite, Persistence::Postgresql] {
        measure_server(&mut report, &data, persistence);
    }
    for persistence in [Persistence::Sqlite, Persistence::Postgresql] {
        for stored in stored::GRANTS {
            tokens::measure_server(&mut report, &data, persistence, stored);
        }
    }
    report.finish();
}

fn measure_server(report: &mut Report, data: &project::DataSet, persistence: Persistence) {
    let project = Project::write(data, persistence);
    let server = Server::start(&project);
    report::started(persistence, server.ready_after, server.resident_kilobytes());
    let mut session = Session::open(&server);
    let token = session.token();
    for query in &QUERIES {
        for connections in CONNECTIONS {
            let clients = (0..connections).map(|_| Calls::new(vec![call(query, &token)]));
            let (measured, _) = measure(&server, WARM_UP, MEASURED_FOR, clients.collect());
            report.served(persistence, query, connections, &measured);
        }
    }
    report::ended(persistence, server.resident_kilobytes());
}

/// A request of a client of the current revision.
fn call(query: &Query, token: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}},"io.modelcontextprotocol/clientInfo":{{"name":"bench","version":"1"}}}}}}}}"#,
        name = query.name,
        arguments = query.arguments,
    );
    let authorization = format!("Bearer {token}");
    Connection::request(
        "POST",
        "/mcp",
        &[
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", query.name),
            ("Authorization", &authorization),
        ],
        &body,
    )
}
