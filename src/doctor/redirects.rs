//! Whether the browser gets to a login or consent page with the redirect URI that the client presents, and whether another
//! one is refused without sending the browser anywhere.

use mxcp_actors::outbound::ProbeAnswer;
use url::Url;

use super::discovery::Discovered;
use super::form::unescape;
use super::profile::{Profile, ResourceForm};
use super::report::Report;
use super::target::{Target, excerpt};

/// Nobody's. The name can never be registered (RFC 2606).
const FOREIGN: &str = "https://mxcp-actor-doctor.invalid/callback";
/// The digest of a verifier that nobody keeps.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Brings requests to the authorization endpoint.
pub(super) async fn check(
    target: &Target,
    found: &Discovered,
    profile: &Profile,
    client: &str,
    report: &mut Report,
) {
    let mut judged = Ok(String::new());
    for uri in profile.presented {
        let answer = target.get(&request(found, profile, client, uri)).await;
        let one = answer.map_err(|error| error.to_string());
        judged = judged.and(one.and_then(|answer| goes_on(&answer, uri)));
    }
    let judged = judged.map(|_| format!("{} accepted", profile.presented.join(", ")));
    report.about(profile.name, "redirect URI").judge(judged);
    let answer = target.get(&request(found, profile, client, FOREIGN)).await;
    let judged = answer.map_err(|error| error.to_string());
    let judged = judged.and_then(|answer| refused(&answer));
    report.about(profile.name, "foreign redirect").judge(judged);
    if profile.signs && found.has_documents {
        let line = report.about(profile.name, "signed authentication");
        match found.takes_rs256 {
            true => line.ok("private_key_jwt with RS256 is accepted"),
            false => line.warn("the metadata does not list private_key_jwt with RS256, which it prefers"),
        }
    }
    if let (true, Some(document)) = (found.has_documents, profile.document) {
        check_document(target, found, profile, document, report).await;
    }
}

fn request(found: &Discovered, profile: &Profile, client: &str, redirect_uri: &str) -> Url {
    let resource = match profile.resource {
        ResourceForm::Named => found.resource.clone(),
        ResourceForm::WithSlash => format!("{}/", found.resource),
    };
    let mut url = found.authorize.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", "mxcp-actor-doctor")
        .append_pair("resource", &resource);
    url
}

/// A page with a form, or a way on that is not the way back.
fn goes_on(answer: &ProbeAnswer, redirect_uri: &str) -> Result<String, String> {
    let location = answer.header("location").unwrap_or_default();
    match answer.status {
        200 if answer.body.contains("<form") => Ok(String::new()),
        300..400 if !location.is_empty() && !location.starts_with(redirect_uri) => Ok(String::new()),
        300..400 => {
            let url = Url::parse(location).ok();
            let told = url.as_ref().and_then(|url| {
                let mut pairs = url.query_pairs();
                pairs
                    .find(|(name, _)| name == "error_description")
                    .map(|(_, value)| value.into_owned())
            });
            Err(format!(
                "{redirect_uri}: the request is refused: {}",
                told.unwrap_or_default()
            ))
        }
        status => Err(format!(
            "{redirect_uri}: answered {status}: {}",
            page(&answer.body)
        )),
    }
}

fn refused(answer: &ProbeAnswer) -> Result<String, String> {
    match (answer.status, answer.header("location")) {
        (400..500, None) => Ok("refused on a page".to_owned()),
        (status, location) => Err(format!(
            "a redirect URI that nobody registered is answered {status} {}: codes could be sent to anybody",
            location.unwrap_or_default()
        )),
    }
}

/// A client that is described by its publisher's document comes without registering.
async fn check_document(
    target: &Target,
    found: &Discovered,
    profile: &Profile,
    document: &str,
    report: &mut Report,
) {
    let uri = profile.presented.first().copied().unwrap_or_default();
    let answer = target.get(&request(found, profile, document, uri)).await;
    let line = report.about(profile.name, "metadata document");
    match answer
        .map_err(|error| error.to_string())
        .and_then(|answer| goes_on(&answer, uri))
    {
        Ok(_) => line.ok(format!("{document} is read")),
        Err(problem) => line.warn(format!(
            "{problem}; this client prefers its document: give the server a way to it, or set \
             auth.client_metadata_documents.enabled: false"
        )),
    }
}

/// What an error page of the server says is wrong; otherwise how the page begins.
fn page(html: &str) -> String {
    let problem = html
        .split_once("role=\"alert\">")
        .and_then(|(_, rest)| rest.split_once("</p>"));
    excerpt(&unescape(problem.map_or(html, |(problem, _)| problem)))
}
