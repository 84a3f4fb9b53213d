//! Whether a client that is a web page may call the server and read its answers (Fetch standard, section 3.3).

use url::Url;

use super::discovery::Discovered;
use super::profile::Profile;
use super::report::Report;
use super::target::Target;

/// What pages send beyond what they always may.
const HEADERS: &str = "authorization, content-type, mcp-protocol-version, mcp-session-id";
/// What pages must be able to read of the endpoint's answers.
const READ: [&str; 2] = ["www-authenticate", "mcp-session-id"];

/// Asks at every endpoint as a browser does.
pub(super) async fn check(target: &Target, found: &Discovered, profile: &Profile, report: &mut Report) {
    let origin = profile.origin.unwrap_or_default();
    let documents = ["oauth-protected-resource", "oauth-authorization-server"];
    let documents = documents.map(|document| (target.well_known(document, false), "GET", ""));
    let endpoints = [
        Some((target.mcp().clone(), "POST", HEADERS)),
        Some((found.token.clone(), "POST", "content-type")),
        found.register.clone().map(|url| (url, "POST", "content-type")),
    ];
    let mut judged = Ok("every endpoint".to_owned());
    for (url, method, headers) in endpoints.into_iter().flatten().chain(documents) {
        judged = judged.and(preflight(target, &url, origin, method, headers).await);
    }
    let judged = judged.map(|_| "every endpoint answers preflights".to_owned());
    report.about(profile.name, "CORS preflight").judge(judged);
    report
        .about(profile.name, "CORS answers")
        .judge(answers(target, origin).await);
}

async fn preflight(
    target: &Target,
    url: &Url,
    origin: &str,
    method: &str,
    headers: &str,
) -> Result<String, String> {
    let mut asked = vec![("origin", origin), ("access-control-request-method", method)];
    if !headers.is_empty() {
        asked.push(("access-control-request-headers", headers));
    }
    let answer = target.send("OPTIONS", url, &asked, None).await;
    let answer = answer.map_err(|error| format!("{url}: {error}"))?;
    let list = |name: &str| answer.header(name).unwrap_or_default().to_ascii_lowercase();
    let is_let_in = matches!(answer.header("access-control-allow-origin"), Some(allowed) if allowed == "*" || allowed == origin);
    if !(200..300).contains(&answer.status) || !is_let_in {
        return Err(format!(
            "the preflight of {url} is answered {} without leave for {origin}; pass OPTIONS on to the server",
            answer.status
        ));
    }
    let allowed = list("access-control-allow-headers");
    let lacks = headers
        .split(", ")
        .find(|header| !header.is_empty() && !allowed.contains(header));
    match lacks {
        Some(header) => Err(format!(
            "{url} does not let pages send {header}; let the server's CORS headers through"
        )),
        None => Ok(String::new()),
    }
}

/// What a page may read of a 401.
async fn answers(target: &Target, origin: &str) -> Result<String, String> {
    let ping = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let answer = target.post_json(target.mcp(), &[("origin", origin)], &ping).await;
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.header("access-control-allow-origin").is_none() {
        return Err(
            "answers have no Access-Control-Allow-Origin; let the server's CORS headers through".to_owned(),
        );
    }
    let exposed = answer
        .header("access-control-expose-headers")
        .unwrap_or_default()
        .to_ascii_lowercase();
    match READ.into_iter().find(|header| !exposed.contains(header)) {
        Some(header) => Err(format!(
            "pages may not read {header}; let Access-Control-Expose-Headers through"
        )),
        None => Ok("pages may read what they need".to_owned()),
    }
}
