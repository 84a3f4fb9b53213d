//! A whole login of a local user through the server's own forms, the exchange of its code, and refreshing as clients do that
//! lose an answer. The login is taken back at the end.

use std::time::Duration;

use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::outbound::{ProbeAnswer, ProbeError};
use url::Url;

use super::Examination;
use super::discovery::Discovered;
use super::form::{Browser, Form};
use super::profile::PROFILES;
use super::registration;
use super::report::{Report, SERVER};
use super::target::{Target, json as json_of};

/// The loopback client that logs in.
const PROFILE: &str = "codex";
/// Within this time every replica knows that a token has ended.
const REVOCATION: Duration = Duration::from_millis(2_500);

/// Tokens.
pub(super) struct Session {
    pub(super) access_token: Secret,
    refresh_token: Secret,
    client: String,
}

/// Logs in, exchanges the code and refreshes.
pub(super) async fn check(
    examination: &Examination<'_>,
    found: &Discovered,
    user: (&str, &Secret),
    report: &mut Report,
) -> Option<Session> {
    let (target, verifier) = (examination.target, &examination.verifier);
    let profile = PROFILES.into_iter().find(|profile| profile.name == PROFILE)?;
    // Registered a second time at most: the same metadata leads to the same client.
    let client = registration::check(target, found, &profile, &mut Report::default()).await?;
    let redirect_uri = profile.presented.first()?;
    let request = request(found, &client, redirect_uri, verifier);
    let code = log_in(target, &request, redirect_uri, user).await;
    let line = report.about(SERVER, "login");
    let code = match code {
        Ok(code) => {
            line.ok(format!("{} logged in and agreed", user.0));
            code
        }
        Err(problem) => {
            line.failed(problem);
            return None;
        }
    };
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", code.expose()),
        ("code_verifier", verifier.secret().expose()),
        ("redirect_uri", redirect_uri),
    ];
    let issued = tokens(target, found, &exchange).await;
    let line = report.about(SERVER, "code exchange");
    let issued = match issued {
        Ok(issued) => issued,
        Err(problem) => {
            line.failed(problem);
            return None;
        }
    };
    line.judge(in_time(
        examination,
        &issued,
        "an access token and a refresh token",
    ));
    let mut session = Session {
        access_token: issued.access_token,
        refresh_token: issued.refresh_token,
        client,
    };
    refresh(examination, found, &mut session, report).await;
    Some(session)
}

fn request(found: &Discovered, client: &str, redirect_uri: &str, verifier: &CodeVerifier) -> Url {
    let mut url = found.authorize.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("code_challenge", verifier.challenge().as_str())
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", "mxcp-actor-doctor")
        .append_pair("resource", &found.resource);
    url
}

/// From the request to the code.
async fn log_in(
    target: &Target,
    request: &Url,
    redirect_uri: &str,
    (name, password): (&str, &Secret),
) -> Result<Secret, String> {
    let mut browser = Browser::new(target);
    let mut answer = browser.open(request).await?;
    for _ in ["login", "consent"] {
        let mut form =
            Form::first(&answer.body).ok_or_else(|| format!("a page without a form, {}", answer.status))?;
        match form.asks_for("password") {
            true => {
                form.fill("username", name);
                form.fill("password", password.expose());
            }
            false => form.fill("decision", "approve"),
        }
        answer = browser.submit(&form).await?;
        if answer.status == 403 || answer.status == 429 {
            return Err("the name or the password is wrong, or there were too many attempts".to_owned());
        }
        if answer.header("location").is_some() {
            return code(&answer, redirect_uri);
        }
    }
    Err(format!("the login does not come to an end: {}", answer.status))
}

fn code(answer: &ProbeAnswer, redirect_uri: &str) -> Result<Secret, String> {
    let location = answer.header("location").unwrap_or_default();
    if !location.starts_with(redirect_uri) {
        return Err("the browser is sent to an identity provider, where only a person can log in".to_owned());
    }
    let url = Url::parse(location).map_err(|error| error.to_string())?;
    let value = |name: &str| {
        url.query_pairs()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    };
    if value("state").as_deref() != Some("mxcp-actor-doctor") || value("iss").is_none() {
        return Err("the answer lacks state or iss".to_owned());
    }
    let refused = || value("error_description").unwrap_or_else(|| "no code came back".to_owned());
    value("code").map(Secret::new).ok_or_else(refused)
}

/// What the token endpoint gave.
struct Issued {
    access_token: Secret,
    refresh_token: Secret,
    took: Duration,
}

/// Whether every client that is played would have waited for these tokens.
fn in_time(examination: &Examination<'_>, issued: &Issued, what: &str) -> Result<String, String> {
    let mut played = examination.profiles.iter();
    played.try_for_each(|profile| profile.bears(issued.took))?;
    Ok(what.to_owned())
}

async fn tokens(target: &Target, found: &Discovered, fields: &[(&str, &str)]) -> Result<Issued, String> {
    let answer = target
        .post_form(&found.token, &[], fields)
        .await
        .map_err(|error| error.to_string())?;
    let body = json_of(&answer).unwrap_or_default();
    let text = |name: &str| body[name].as_str().map(Secret::new);
    match (answer.status, text("access_token"), text("refresh_token")) {
        (200, Some(access_token), Some(refresh_token)) => Ok(Issued {
            access_token,
            refresh_token,
            took: answer.took,
        }),
        (200, Some(_), None) => {
            Err("there is no refresh token: users would have to log in every hour".to_owned())
        }
        (status, _, _) => {
            let told = body["error_description"].as_str().or(body["error"].as_str());
            Err(format!("answered {status}: {}", told.unwrap_or("no OAuth error")))
        }
    }
}

/// Refreshes, and then again with the same token, as a client does whose answer was lost.
async fn refresh(
    examination: &Examination<'_>,
    found: &Discovered,
    session: &mut Session,
    report: &mut Report,
) {
    let presented = session.refresh_token.clone();
    for check in ["refresh", "refresh after a lost answer"] {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", session.client.as_str()),
            ("refresh_token", presented.expose()),
        ];
        let refreshed = tokens(examination.target, found, &fields).await;
        let line = report.about(SERVER, check);
        match refreshed {
            Ok(issued) => {
                line.judge(in_time(examination, &issued, "a new pair"));
                session.access_token = issued.access_token;
                session.refresh_token = issued.refresh_token;
            }
            Err(problem) => return line.failed(problem),
        }
    }
}

/// Takes the login back.
pub(super) async fn leave(target: &Target, found: &Discovered, session: &Session, report: &mut Report) {
    let Some(url) = &found.revoke else { return };
    let fields = [
        ("client_id", session.client.as_str()),
        ("token", session.refresh_token.expose()),
    ];
    let revoked = target.post_form(url, &[], &fields).await;
    let mut called = ping(target, session).await;
    if called.as_ref().is_ok_and(|answer| answer.status != 401) {
        actix_rt::time::sleep(REVOCATION).await;
        called = ping(target, session).await;
    }
    let line = report.about(SERVER, "logout");
    match (revoked, called) {
        (Ok(revoked), Ok(called)) if revoked.status == 200 && called.status == 401 => {
            line.ok("the tokens are good no more");
        }
        (Ok(revoked), Ok(called)) => line.failed(format!(
            "giving the tokens back is answered {}, and a call with them {}",
            revoked.status, called.status
        )),
        (Err(error), _) | (_, Err(error)) => line.failed(error.to_string()),
    }
}

/// A call with the access token.
async fn ping(target: &Target, session: &Session) -> Result<ProbeAnswer, ProbeError> {
    let bearer = Secret::new(format!("Bearer {}", session.access_token.expose()));
    let ping = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let headers = [("authorization", bearer.expose())];
    target.post_json(target.mcp(), &headers, &ping).await
}
