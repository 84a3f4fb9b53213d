//! What the token endpoint says to a client with a wrong code, and to one that it does not know: the answers by which clients
//! decide whether to log in again or to register again (RFC 6749 section 5.2).

use mxcp_actors::outbound::ProbeAnswer;

use super::discovery::Discovered;
use super::profile::Profile;
use super::report::Report;
use super::target::{Target, excerpt, json as json_of};

/// A verifier of the right form for a code that nobody was given.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// An identifier that nobody has.
const NOBODY: &str = "mxcp-actor-doctor-nobody";

/// Exchanges what cannot be exchanged.
pub(super) async fn check(
    target: &Target,
    found: &Discovered,
    profile: &Profile,
    client: &str,
    report: &mut Report,
) {
    let redirect_uri = profile.presented.first().copied().unwrap_or_default();
    let code = |client| {
        [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", "mxcp-actor-doctor"),
            ("code_verifier", VERIFIER),
            ("redirect_uri", redirect_uri),
        ]
    };
    let judged = ask(target, found, profile, &code(client), "invalid_grant").await;
    report.about(profile.name, "wrong code").judge(judged);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", "mxcp-actor-doctor"),
    ];
    let judged = ask(target, found, profile, &refresh, "invalid_grant").await;
    report.about(profile.name, "wrong refresh token").judge(judged);
    let judged = ask(target, found, profile, &code(NOBODY), "invalid_client").await;
    report.about(profile.name, "forgotten client").judge(judged);
}

async fn ask(
    target: &Target,
    found: &Discovered,
    profile: &Profile,
    fields: &[(&str, &str)],
    expected: &str,
) -> Result<String, String> {
    let answer = target.post_form(&found.token, &[], fields).await;
    let answer = answer.map_err(|error| error.to_string())?;
    profile.bears(answer.took)?;
    judge(&answer, expected)
}

fn judge(answer: &ProbeAnswer, expected: &str) -> Result<String, String> {
    let error = json_of(answer).and_then(|body| body["error"].as_str().map(str::to_owned));
    match (answer.status, error.as_deref()) {
        (400 | 401, Some(error)) if error == expected => {}
        (status, Some(error)) => return Err(format!("answered {status} {error} instead of {expected}")),
        (status, None) => {
            return Err(format!(
                "answered {status} without an OAuth error ({}): something in front answers in the server's place",
                excerpt(&answer.body)
            ));
        }
    }
    match answer.header("cache-control") {
        Some(caching) if caching.contains("no-store") => Ok(format!("{} {expected}", answer.status)),
        _ => Err("answers of the token endpoint come without Cache-Control: no-store".to_owned()),
    }
}
