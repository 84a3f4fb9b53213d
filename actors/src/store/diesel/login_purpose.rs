//! What a login is for, as the text that pending logins and interactions store.
//!
//! A request is carried from page to page and never searched for, so it is one column; JSON also keeps the characters
//! of a client's `state` that PostgreSQL's text cannot hold.

use serde::{Deserialize, Serialize};

use super::row::{InvalidRow, RowContext};
use crate::domain::authorization_request::AuthorizationRequest;
use crate::domain::dpop::KeyThumbprint;
use crate::domain::login_attempt::AttemptId;
use crate::domain::pending_login::LoginPurpose;
use crate::domain::pkce::CodeChallenge;

const COLUMN: &str = "request";

/// Replicas of the next version read this, and it reads theirs: members may be added if they may be absent.
#[derive(Serialize, Deserialize)]
struct StoredRequest {
    client: String,
    redirect_uri: String,
    challenge: String,
    resource: String,
    asked: Option<String>,
    state: Option<String>,
    attempt: Option<AttemptId>,
    #[serde(default)]
    bound_to: Option<KeyThumbprint>,
}

/// The column for a purpose: nothing for a login that no client asked for.
pub(super) fn to_column(context: &RowContext, purpose: &LoginPurpose) -> Result<Option<String>, InvalidRow> {
    let request = match purpose {
        LoginPurpose::SignIn => return Ok(None),
        LoginPurpose::Authorize(request) => request,
    };
    let stored = StoredRequest {
        client: request.client.to_string(),
        redirect_uri: request.redirect_uri.as_str().to_owned(),
        challenge: request.challenge.as_str().to_owned(),
        resource: request.resource.to_string(),
        asked: request.asked.as_ref().map(ToString::to_string),
        state: request.state.clone(),
        attempt: request.attempt,
        bound_to: request.bound_to.clone(),
    };
    context.to_json(COLUMN, &stored).map(Some)
}

/// The purpose in a column.
pub(super) fn from_column(context: &RowContext, column: Option<&str>) -> Result<LoginPurpose, InvalidRow> {
    let Some(text) = column else {
        return Ok(LoginPurpose::SignIn);
    };
    let stored: StoredRequest = context.json(COLUMN, text)?;
    let challenge = CodeChallenge::from_text(&stored.challenge);
    let asked = stored.asked.map(|scopes| context.scopes(COLUMN, &scopes));
    Ok(LoginPurpose::Authorize(Box::new(AuthorizationRequest {
        client: context.client_id(COLUMN, &stored.client)?,
        redirect_uri: context.redirect_uri(COLUMN, &stored.redirect_uri)?,
        challenge: challenge.map_err(|error| context.invalid(COLUMN, error))?,
        resource: context.resource(COLUMN, &stored.resource)?,
        asked: asked.transpose()?,
        state: stored.state,
        attempt: stored.attempt,
        bound_to: stored.bound_to,
    })))
}
