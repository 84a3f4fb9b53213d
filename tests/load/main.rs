//! What an authenticated, audited tool call costs: requests per second, latency and the server's CPU time for each
//! request, beside the same SQL in a loop inside one process.
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

use std::time::Duration;

use http::Connection;
use load::{Measured, measure};
use process::Server;
use project::{Persistence, Project, QUERIES, Query};
use report::Report;
use sign_in::Session;

/// Connections that are used at once.
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// How long each figure is measured.
const MEASURED_FOR: Duration = Duration::from_secs(3);
/// Tokens that take turns, so that none is still remembered as verified when its turn comes again.
const COLD_TOKENS: usize = 3_000;

fn main() {
    let mut report = Report::default();
    let data = project::data_set();
    for query in &QUERIES {
        report.in_process(query, &in_process::measure(&data, query, MEASURED_FOR));
    }
    for persistence in [Persistence::Sqlite, Persistence::Postgresql] {
        measure_server(&mut report, &data, persistence);
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
            let requests = |_: usize| vec![call(query, &token)];
            let measured = measure(&server, connections, MEASURED_FOR, requests);
            report.served(persistence, query, connections, &measured);
        }
    }
    let cold = measure_cold(&server, &mut session);
    report.cold(persistence, COLD_TOKENS, &cold);
    report::ended(persistence, server.resident_kilobytes());
}

/// One connection, because several would come round to the first token within the second that it is remembered.
fn measure_cold(server: &Server, session: &mut Session) -> Measured {
    let tokens: Vec<_> = (0..COLD_TOKENS).map(|_| session.token()).collect();
    let [constant, ..] = &QUERIES;
    measure(server, 1, MEASURED_FOR, |_| {
        tokens.iter().map(|token| call(constant, token)).collect()
    })
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
