//! Calls with a token, in both eras of the protocol, and the headers that they need to come through.

use mxcp_actors::domain::secret::Secret;
use mxcp_actors::outbound::ProbeAnswer;
use serde_json::{Value, json};

use super::report::{Report, SERVER};
use super::target::{Target, excerpt, json as json_of};

const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";

/// Lists the tools as a client of each era does.
pub(super) async fn check(target: &Target, token: &Secret, report: &mut Report) {
    let bearer = Secret::new(format!("Bearer {}", token.expose()));
    modern(target, &bearer, report).await;
    legacy(target, &bearer, report).await;
    version_comes_through(target, &bearer, report).await;
}

fn client_info() -> Value {
    json!({ "name": "mxcp-actor doctor", "version": env!("CARGO_PKG_VERSION") })
}

async fn modern(target: &Target, bearer: &Secret, report: &mut Report) {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": client_info() } } });
    let headers = [
        ("authorization", bearer.expose()),
        ("mcp-protocol-version", MODERN),
        ("mcp-method", "tools/list"),
    ];
    let answer = target.post_json(target.mcp(), &headers, &message).await;
    let judged = answer
        .map_err(|error| error.to_string())
        .and_then(|answer| tools(&answer));
    report.about(SERVER, "tools, 2026-07-28").judge(judged);
}

/// Opens a session, lists the tools in it, and ends it.
async fn legacy(target: &Target, bearer: &Secret, report: &mut Report) {
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client_info() } });
    let headers = [("authorization", bearer.expose())];
    let opened = match target.post_json(target.mcp(), &headers, &initialize).await {
        Ok(opened) if opened.status == 200 => opened,
        Ok(opened) => {
            let line = report.about(SERVER, "tools, 2025-11-25");
            return line.failed(format!(
                "initialize is answered {}: {}",
                opened.status,
                excerpt(&opened.body)
            ));
        }
        Err(error) => {
            return report
                .about(SERVER, "tools, 2025-11-25")
                .failed(error.to_string());
        }
    };
    let session = opened.header("mcp-session-id").map(Secret::new);
    let line = report.about(SERVER, "session");
    match &session {
        Some(_) => line.ok("opened"),
        None => line.warn("no Mcp-Session-Id came: the server runs with --stateless, or something in front drops the header"),
    }
    let mut headers = vec![
        ("authorization", bearer.expose()),
        ("mcp-protocol-version", LEGACY),
    ];
    headers.extend(
        session
            .as_ref()
            .map(|session| ("mcp-session-id", session.expose())),
    );
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let answer = target.post_json(target.mcp(), &headers, &list).await;
    let judged = answer
        .map_err(|error| error.to_string())
        .and_then(|answer| tools(&answer));
    report.about(SERVER, "tools, 2025-11-25").judge(judged);
    if session.is_some() {
        drop(target.send("DELETE", target.mcp(), &headers, None).await);
    }
}

fn tools(answer: &ProbeAnswer) -> Result<String, String> {
    let body = json_of(answer).unwrap_or_default();
    match (answer.status, body["result"]["tools"].as_array()) {
        (200, Some(tools)) => Ok(format!("{} tools on the first page", tools.len())),
        (401, _) => {
            Err("401: the token is not accepted; something in front may drop Authorization".to_owned())
        }
        (status, _) => Err(format!("answered {status}: {}", excerpt(&answer.body))),
    }
}

/// A revision that nobody knows must be refused, or else the header does not arrive.
async fn version_comes_through(target: &Target, bearer: &Secret, report: &mut Report) {
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let headers = [
        ("authorization", bearer.expose()),
        ("mcp-protocol-version", "1999-01-01"),
    ];
    let answer = target.post_json(target.mcp(), &headers, &list).await;
    let line = report.about(SERVER, "MCP-Protocol-Version");
    match answer {
        Ok(answer) if answer.status == 400 => line.ok("it comes through"),
        Ok(answer) => line.warn(format!(
            "an unknown revision is answered {} instead of 400: something in front drops the header",
            answer.status
        )),
        Err(error) => line.warn(error.to_string()),
    }
}
