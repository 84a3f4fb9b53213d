//! What a client finds before it knows anything: the challenge, the resource's metadata (RFC 9728), the authorization
//! server's (RFC 8414), each under every address that clients try.

use serde_json::{Value, json};
use url::Url;

use super::profile::{Profile, Search};
use super::report::{Report, SERVER};
use super::target::{Target, excerpt, json as json_of};

const RESOURCE: &str = "oauth-protected-resource";
const AUTHORIZATION_SERVER: &str = "oauth-authorization-server";

/// What helps where an address is another than the one that was typed.
const PUBLIC_URL: &str = "set transport.http.base_url to the address that clients use, or trust_proxy with the proxy's X-Forwarded headers";

/// What helps where the address has another scheme than the one that was typed, in the words that people then search for.
const OTHER_SCHEME: &str = "browsers and providers answer that with \"CSRF detected\" or \"invalid callback URL\"; set transport.http.scheme: https, \
     trust_proxy: true with the proxy's X-Forwarded headers, or base_url";

/// What was found.
pub(super) struct Discovered {
    /// The resource, as its metadata names it.
    pub(super) resource: String,
    pub(super) authorize: Url,
    pub(super) token: Url,
    pub(super) register: Option<Url>,
    pub(super) revoke: Option<Url>,
    /// Whether clients may be described by documents.
    pub(super) has_documents: bool,
    /// Whether clients may authenticate with what they sign by RS256.
    pub(super) takes_rs256: bool,
    /// Where the challenge says that the metadata is.
    challenge: Option<Url>,
    /// The resources that well-known addresses name.
    well_known: Vec<Url>,
}

/// Looks for everything; `None` if no client gets further.
pub(super) async fn check(target: &Target, report: &mut Report) -> Option<Discovered> {
    let challenge = challenge(target, report).await?;
    let mut well_known = Vec::new();
    let mut document = None;
    for with_path in [true, false] {
        let url = target.well_known(RESOURCE, with_path);
        let check = if with_path {
            "resource metadata at the path"
        } else {
            "resource metadata at the root"
        };
        match resource_metadata(target, &url).await {
            Ok(found) => {
                report.about(SERVER, check).judge(names_target(target, &found));
                document.get_or_insert(found);
                well_known.push(url);
            }
            Err(problem) => report.about(SERVER, check).failed(problem),
        }
    }
    let document = document?;
    let issuer = document["authorization_servers"][0]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let resource = document["resource"].as_str().unwrap_or_default().to_owned();
    let metadata = authorization_server(target, &issuer, report).await?;
    let endpoint = |name: &str| metadata[name].as_str().and_then(|url| Url::parse(url).ok());
    let found = Discovered {
        resource,
        authorize: endpoint("authorization_endpoint")?,
        token: endpoint("token_endpoint")?,
        register: endpoint("registration_endpoint"),
        revoke: endpoint("revocation_endpoint"),
        takes_rs256: lists(
            &metadata,
            "token_endpoint_auth_methods_supported",
            "private_key_jwt",
        ) && lists(
            &metadata,
            "token_endpoint_auth_signing_alg_values_supported",
            "RS256",
        ),
        has_documents: metadata["client_id_metadata_document_supported"] == true,
        challenge: challenge.metadata,
        well_known,
    };
    Some(found)
}

/// What a call without a token is told.
struct Challenge {
    metadata: Option<Url>,
}

/// Calls without a token. `None` if nobody has to log in.
async fn challenge(target: &Target, report: &mut Report) -> Option<Challenge> {
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "mxcp-actor doctor", "version": env!("CARGO_PKG_VERSION") } } });
    let line = report.about(SERVER, "challenge");
    let answer = match target.post_json(target.mcp(), &[], &initialize).await {
        Ok(answer) => answer,
        Err(error) => {
            line.failed(error.to_string());
            return Some(Challenge { metadata: None });
        }
    };
    if answer.status == 200 {
        line.warn("calls need no login: everybody who reaches the server may call it");
        return None;
    }
    let metadata = answer.header("www-authenticate").and_then(metadata_of);
    match (answer.status, answer.header("www-authenticate"), &metadata) {
        (401, _, Some(url)) if same_origin(target, url) => line.ok(format!("401 names {url}")),
        (401, _, Some(url)) => line.failed(format!(
            "401 names {url}, which is another address; {}",
            remedy(target, Some(url))
        )),
        (401, Some(_), None) => line.failed("the WWW-Authenticate of the 401 has no resource_metadata: something in front writes its own"),
        (401, None, _) => line.failed(
            "401 without WWW-Authenticate: something in front drops the header, and clients that look nowhere else (VS Code) end \
             here; let it through",
        ),
        (status, _, _) => line.failed(format!(
            "a call without a token is answered {status} instead of 401 ({}); look at what stands in front of the server",
            excerpt(&answer.body)
        )),
    }
    Some(Challenge { metadata })
}

fn metadata_of(challenge: &str) -> Option<Url> {
    let (_, rest) = challenge.split_once("resource_metadata=\"")?;
    let (url, _) = rest.split_once('"')?;
    Url::parse(url).ok()
}

/// What helps where the server names this address, which is not where clients come to.
fn remedy(target: &Target, named: Option<&Url>) -> &'static str {
    let is_plain = |url: &Url| url.scheme() == "http" && url.host_str() == target.mcp().host_str();
    match target.mcp().scheme() == "https" && named.is_some_and(is_plain) {
        true => OTHER_SCHEME,
        false => PUBLIC_URL,
    }
}

fn same_origin(target: &Target, url: &Url) -> bool {
    url.origin() == target.mcp().origin()
}

async fn resource_metadata(target: &Target, url: &Url) -> Result<Value, String> {
    let answer = target.get(url).await.map_err(|error| error.to_string())?;
    let document = json_of(&answer).filter(|_| answer.status == 200);
    document.ok_or_else(|| {
        format!(
            "{url} is answered {} ({}); pass /.well-known/ on to the server, with the endpoint's path at its end",
            answer.status,
            excerpt(&answer.body)
        )
    })
}

/// Whether the metadata is about the address that was typed, byte for byte: strict clients compare it.
fn names_target(target: &Target, document: &Value) -> Result<String, String> {
    match document["resource"].as_str() {
        Some(resource) if resource == target.mcp().as_str() => Ok(format!("names {resource}")),
        Some(resource) => Err(format!(
            "names {resource}, but clients were given {}; {}",
            target.mcp(),
            remedy(target, Url::parse(resource).ok().as_ref())
        )),
        None => Err("the document has no resource".to_owned()),
    }
}

/// Reads the metadata under every address that clients derive, and judges what stands there.
async fn authorization_server(target: &Target, issuer: &str, report: &mut Report) -> Option<Value> {
    let issuer_url = Url::parse(issuer).ok();
    if !issuer_url.as_ref().is_some_and(|url| same_origin(target, url)) {
        let is_same_host = issuer_url.as_ref().and_then(Url::host_str) == target.mcp().host_str();
        let line = report.about(SERVER, "issuer");
        match is_same_host {
            true => line.failed(format!(
                "the issuer is {issuer}, but clients come to {}; {}",
                target.origin(),
                remedy(target, issuer_url.as_ref())
            )),
            false => line.warn(format!("logins happen at {issuer:?}, which is not examined")),
        }
        return None;
    }
    let mut found = None;
    for with_path in [false, true] {
        let url = target.well_known(AUTHORIZATION_SERVER, with_path);
        let check = if with_path {
            "server metadata at the path"
        } else {
            "server metadata at the root"
        };
        match resource_metadata(target, &url).await {
            Ok(document) => {
                report
                    .about(SERVER, check)
                    .judge(judge_metadata(target, issuer, &document));
                found.get_or_insert(document);
            }
            Err(problem) => report.about(SERVER, check).failed(problem),
        }
    }
    openid(target, report).await;
    found
}

fn judge_metadata(target: &Target, issuer: &str, document: &Value) -> Result<String, String> {
    let named = document["issuer"].as_str().unwrap_or_default();
    if named != issuer {
        return Err(format!(
            "its issuer is {named:?}, but the resource's metadata names {issuer:?}; {PUBLIC_URL}"
        ));
    }
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
    ] {
        let url = document[name].as_str().map(Url::parse);
        match url {
            Some(Ok(url)) if same_origin(target, &url) => {}
            Some(Ok(url)) => {
                return Err(format!(
                    "{name} is {url}, another address than {}; {}",
                    target.origin(),
                    remedy(target, Some(&url))
                ));
            }
            Some(Err(_)) | None => return Err(format!("{name} is missing or no URL")),
        }
    }
    for (name, value) in [
        ("code_challenge_methods_supported", "S256"),
        ("response_types_supported", "code"),
        ("token_endpoint_auth_methods_supported", "none"),
        ("grant_types_supported", "refresh_token"),
    ] {
        if !lists(document, name, value) {
            return Err(format!("{name} does not list {value}"));
        }
    }
    Ok(format!("issuer {named}"))
}

fn lists(document: &Value, name: &str, value: &str) -> bool {
    let values = document[name].as_array();
    values.is_some_and(|values| values.iter().any(|known| known == value))
}

/// There need not be a document, but clients parse what they get.
async fn openid(target: &Target, report: &mut Report) {
    let url = target.well_known("openid-configuration", false);
    let line = report.about(SERVER, "OpenID metadata");
    match target.get(&url).await {
        Ok(answer) if json_of(&answer).is_some() => line.ok(format!("answered {} in JSON", answer.status)),
        Ok(answer) => line.warn(format!(
            "{url} is answered {} and not in JSON: clients that look there first stop; pass it on to the server",
            answer.status
        )),
        Err(error) => line.warn(error.to_string()),
    }
}

/// Whether this client finds its way.
pub(super) async fn check_client(
    target: &Target,
    found: &Discovered,
    profile: &Profile,
    report: &mut Report,
) {
    let judged = match (profile.search, &found.challenge, found.well_known.first()) {
        (_, Some(url), _) | (Search::Everywhere, None, Some(url)) => follow(target, url, profile).await,
        (Search::ChallengeOnly, None, _) => Err(
            "it looks only where the 401 says, which says nothing; let WWW-Authenticate through".to_owned(),
        ),
        (Search::Everywhere, None, None) => Err("it finds no metadata".to_owned()),
    };
    report.about(profile.name, "discovery").judge(judged);
}

async fn follow(target: &Target, url: &Url, profile: &Profile) -> Result<String, String> {
    let answer = target.get(url).await.map_err(|error| error.to_string())?;
    let document = json_of(&answer).filter(|_| answer.status == 200);
    let document =
        document.ok_or_else(|| format!("{url} is answered {} without a document", answer.status))?;
    profile.bears(answer.took)?;
    names_target(target, &document).map(|_| format!("by {url}"))
}
