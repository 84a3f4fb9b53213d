//! Registering as a client does (RFC 7591), with what that client sends, under a name that an operator recognises.

use serde_json::{Map, Value, json};

use super::discovery::Discovered;
use super::profile::Profile;
use super::report::Report;
use super::target::{Target, excerpt, json as json_of};

/// Registers the client, and answers its identifier.
pub(super) async fn check(
    target: &Target,
    found: &Discovered,
    profile: &Profile,
    report: &mut Report,
) -> Option<String> {
    let Some(url) = &found.register else {
        let line = report.about(profile.name, "registration");
        line.failed("the metadata has no registration_endpoint, and this client needs one unless it is configured by hand");
        return None;
    };
    let mut headers = Vec::new();
    headers.extend(profile.origin.map(|origin| ("origin", origin)));
    let sent = metadata(profile);
    let answer = target
        .post_json(url, &headers, &Value::Object(sent.clone()))
        .await;
    let line = report.about(profile.name, "registration");
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            line.failed(error.to_string());
            return None;
        }
    };
    let registered = json_of(&answer).unwrap_or_default();
    let id = registered["client_id"].as_str();
    match (answer.status, id) {
        (201 | 200, Some(id)) => {
            line.judge(
                profile
                    .bears(answer.took)
                    .and_then(|()| echoed(&sent, &registered)),
            );
            Some(id.to_owned())
        }
        (429, _) => {
            line.warn("too many registrations from this network; wait a minute, or raise transport.http.rate_limits");
            None
        }
        (status, _) => {
            line.failed(format!("answered {status}: {}", excerpt(&answer.body)));
            None
        }
    }
}

fn metadata(profile: &Profile) -> Map<String, Value> {
    let mut metadata = Map::new();
    metadata.insert("client_name".to_owned(), profile.client_name().into());
    metadata.insert("redirect_uris".to_owned(), json!(profile.redirect_uris));
    metadata.insert(
        "grant_types".to_owned(),
        json!(["authorization_code", "refresh_token"]),
    );
    metadata.insert("response_types".to_owned(), json!(["code"]));
    metadata.insert("token_endpoint_auth_method".to_owned(), "none".into());
    if let Some(kind) = profile.application_type {
        metadata.insert("application_type".to_owned(), kind.into());
    }
    metadata
}

/// Clients go by what is sent back, above all by how they are to authenticate.
fn echoed(sent: &Map<String, Value>, registered: &Value) -> Result<String, String> {
    for name in ["token_endpoint_auth_method", "redirect_uris", "grant_types"] {
        if sent.get(name) != registered.get(name) {
            return Err(format!(
                "{name} comes back as {} instead of as it was sent",
                registered[name]
            ));
        }
    }
    Ok("accepted as sent".to_owned())
}
