//! Whether the server can be reached at all, securely and in time, and under both spellings of its address.

use mxcp_actors::outbound::ProbeError;
use serde_json::json;
use url::Host;

use super::report::{Report, SERVER};
use super::target::Target;

/// From here on people wonder whether something is wrong, in milliseconds.
const SLOW_MILLISECONDS: u128 = 3_000;

/// Answers whether there is anything to examine.
pub(super) async fn check(target: &Target, report: &mut Report) -> bool {
    let url = target.well_known("oauth-protected-resource", true);
    let answer = match target.get(&url).await {
        Ok(answer) => answer,
        Err(error) => {
            report.about(SERVER, "reachable").failed(advice(&error));
            return false;
        }
    };
    let took = answer.took.as_millis();
    let line = report.about(SERVER, "reachable");
    match took > SLOW_MILLISECONDS {
        true => line.warn(format!(
            "the first answer took {took} ms; hosted clients give up after ten seconds"
        )),
        false => line.ok(format!("first answer after {took} ms")),
    }
    check_scheme(target, report);
    check_slash(target, report).await;
    true
}

fn advice(error: &ProbeError) -> String {
    let helps = match error {
        ProbeError::Tls(_) => {
            "clients refuse such a certificate: send the whole chain, for this name; give --ca-file if its authority is your own"
        }
        ProbeError::TimedOut(_) => {
            "a firewall may drop packets, or the proxy waits for a server that is not there"
        }
        ProbeError::Unresolved(_) => "check the name and its DNS record",
        ProbeError::TooLong | ProbeError::OtherHost(_) | ProbeError::Failed(_) => {
            "check the address and the port, and whether the server runs"
        }
    };
    format!("{error}; {helps}")
}

fn check_scheme(target: &Target, report: &mut Report) {
    let url = target.mcp();
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let line = report.about(SERVER, "https");
    match (url.scheme(), is_loopback) {
        ("https", _) => line.ok("the certificate is good"),
        (_, true) => line.ok("http, which clients accept on this machine alone"),
        _ => line.failed(
            "clients log in over https only: end TLS in front of the server, or set transport.http.tls",
        ),
    }
}

/// Clients and people add a slash, and it must not lead nowhere.
async fn check_slash(target: &Target, report: &mut Report) {
    let mut url = target.mcp().clone();
    url.set_path(&format!("{}/", target.mcp().path()));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let line = report.about(SERVER, "slash at the end");
    match target.post_json(&url, &[], &ping).await {
        Ok(answer) if answer.status == 404 || answer.status >= 500 => line.warn(format!(
            "{url} is answered {}; pass it on to the server, which knows both spellings",
            answer.status
        )),
        Ok(answer) => line.ok(format!("answered {}", answer.status)),
        Err(error) => line.warn(error.to_string()),
    }
}
