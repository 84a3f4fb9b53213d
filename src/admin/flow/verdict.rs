//! How an attempt ended, and what an operator does about it.

use std::time::Duration;

use mxcp_actors::domain::audit_event::{AuthenticationEvent, OperationStatus};
use mxcp_actors::domain::clock::Timestamp;
use serde::Serialize;

use super::line::{Line, Stage};

/// How long a page, or the identity provider, waits for its user.
const LONGEST_PAGE: Duration = Duration::from_mins(10);
/// How long a code waits for its client.
const LONGEST_CODE: Duration = Duration::from_mins(1);

/// How an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The client has its tokens.
    Succeeded,
    /// The client had its tokens, and the login has ended since.
    Ended,
    /// A step was refused.
    Failed,
    /// Nothing went on after a step.
    GivenUp,
    /// A step is waited for.
    UnderWay,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// How it stands.
    pub outcome: Outcome,
    /// The last step that matters.
    pub step: Stage,
    /// Why it stands so, if something went wrong.
    pub reason: Option<String>,
    /// What an operator does.
    pub next: &'static str,
}

impl Verdict {
    /// The verdict on what is surely of the attempt, oldest first.
    pub(super) fn of(lines: &[Line], has_call: bool, now: Timestamp) -> Self {
        let succeeded = lines.iter().position(|line| {
            line.is(AuthenticationEvent::TokenIssued) && line.status == OperationStatus::Success
        });
        if let Some(at) = succeeded {
            let later = lines.get(at..).unwrap_or_default();
            return ended(later).unwrap_or_else(|| success(has_call));
        }
        let Some(last) = lines.last() else {
            return Self::unsettled(Stage::Authorize, false);
        };
        match last.status {
            OperationStatus::Error => Self {
                outcome: Outcome::Failed,
                step: last.step,
                reason: last.error.clone(),
                next: after_failure(last),
            },
            OperationStatus::Success if last.step >= Stage::Token => success(has_call),
            OperationStatus::Success => {
                let limit = match last.step {
                    Stage::Code => LONGEST_CODE,
                    _ => LONGEST_PAGE,
                };
                Self::unsettled(last.step, now < last.time + limit)
            }
        }
    }

    fn unsettled(step: Stage, is_under_way: bool) -> Self {
        Self {
            outcome: match is_under_way {
                true => Outcome::UnderWay,
                false => Outcome::GivenUp,
            },
            step,
            reason: None,
            next: after_silence(step),
        }
    }

    /// The verdict in one sentence.
    pub fn sentence(&self) -> String {
        let (step, reason) = (
            self.step.as_str(),
            self.reason.as_deref().unwrap_or("no reason was recorded"),
        );
        match self.outcome {
            Outcome::Succeeded => "succeeded".to_owned(),
            Outcome::Ended => format!("succeeded, and the login has ended since: {reason}"),
            Outcome::Failed => format!("failed at {step}: {reason}"),
            Outcome::GivenUp => format!("given up after {step}"),
            Outcome::UnderWay => format!("under way, after {step}"),
        }
    }
}

fn success(has_call: bool) -> Verdict {
    let (step, next) = match has_call {
        true => (Stage::Call, "Nothing: the client works with its tokens."),
        false => (
            Stage::Token,
            "The client has its tokens and has called no tool, resource or prompt with them yet; lists are not recorded. If \
             its user sees an error, look at the client and at what stands between it and /mcp.",
        ),
    };
    Verdict {
        outcome: Outcome::Succeeded,
        step,
        reason: None,
        next,
    }
}

/// What ended a login that had succeeded. An access token given back leaves the login as it is.
fn ended(later: &[Line]) -> Option<Verdict> {
    use AuthenticationEvent as E;
    let is_of_access_token = |line: &Line| line.detail.as_deref() == Some("access_token");
    let ends = |line: &&Line| {
        let is_revoked = line.is(E::TokenRevoked) && !is_of_access_token(line);
        is_revoked || line.is(E::RefreshTokenReused) || line.is(E::CodeReplayed)
    };
    let end = later.iter().find(ends)?;
    let detail = end.detail.clone().filter(|detail| detail != "refresh_token");
    let reason = end.error.clone().or(detail);
    Some(Verdict {
        outcome: Outcome::Ended,
        step: Stage::End,
        reason: Some(reason.unwrap_or_else(|| "the client gave its token back".to_owned())),
        next: match end.is(E::TokenRevoked) {
            true => "The reason says who ended it; the user logs in again where that is not wanted.",
            false => {
                "Two holders used the same code or refresh token: find out whether the client's files were copied, or a thief \
                 has them. The user logs in again."
            }
        },
    })
}

fn after_failure(last: &Line) -> &'static str {
    let error = last.error.as_deref().unwrap_or_default();
    match last.step {
        Stage::Authorize if error.starts_with("Invalid client_id") => {
            "The client uses an identifier that is not known here: remove the connection in the application and add it again, \
             so that it registers anew; a client_id typed by hand must be one of auth.clients."
        }
        Stage::Authorize if error.to_lowercase().contains("redirect") => {
            "Register the address exactly as the client sends it (scheme, host, path, slash; only the port of a loopback \
             address is free), in auth.clients or by letting the client register anew."
        }
        Stage::Discovery | Stage::Register | Stage::Authorize => {
            "The client's request is at fault, and the reason names what: it is for the client's settings or its maker."
        }
        Stage::LogIn => {
            "The user tries again with the right name and password; after several failures they wait as long as the page says. \
             With another browser or blocked cookies they begin again in one browser."
        }
        Stage::Consent if last.is(AuthenticationEvent::ConsentDenied) => {
            "The user said no. If that was a mistake, they begin again in the application."
        }
        Stage::Consent => {
            "The user begins again in the application, in one browser that takes cookies, within ten minutes."
        }
        Stage::Upstream => {
            "The identity provider could not be asked, or the login not be kept: see /ready, mxcp_provider_failing and the log \
             of this request."
        }
        Stage::Callback if error.contains("cannot be asked") => {
            "The identity provider does not answer as it should: see /ready, mxcp_provider_failing and its own status page. The \
             user begins again later."
        }
        Stage::Callback => {
            "What the identity provider answered is the reason: compare client id, secret and callback URL there, and whether \
             this user may use the application; begin again in one browser."
        }
        Stage::Code => {
            "The user may have none of the scopes that were asked for: give them to the user, or let the client ask for others."
        }
        Stage::Token | Stage::Refresh => {
            "The client presented something else than it was given: another verifier, redirect URI, client or an old code. It is \
             for the client's maker, unless the user's machine slept for more than a minute in between."
        }
        Stage::Call | Stage::End => "See the reason, and the log of this request.",
    }
}

fn after_silence(step: Stage) -> &'static str {
    match step {
        Stage::Discovery | Stage::Register => "The client never opened the browser: see what it says itself.",
        Stage::Authorize => {
            "The login or consent page was shown, and nobody answered it. If the user says otherwise, something in front drops \
             forms or cookies."
        }
        Stage::LogIn => "The user has logged in and has not answered the consent page.",
        Stage::Consent => {
            "The user agreed, and the browser did not go on: the next page may have been blocked."
        }
        Stage::Upstream => {
            "The browser left for the identity provider and did not come back: the user stopped there, or the provider shows an \
             error of its own. Compare the callback URL that is registered there."
        }
        Stage::Callback => {
            "The user has logged in, and the server could not go on: see the log of this request."
        }
        Stage::Code => {
            "The browser was sent back to the client, which did not fetch its tokens: its callback cannot be reached from the \
             browser (a closed loopback port, an unknown scheme), or it cannot reach /token (firewall, proxy, TLS)."
        }
        Stage::Token | Stage::Call | Stage::Refresh | Stage::End => "Nothing.",
    }
}
