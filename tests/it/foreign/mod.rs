//! A resource server only: the tokens are another server's. The whole program, with an OpenID provider that says what a test
//! wants.

mod bound;
mod flag;
mod own;
mod signed;
mod start;
pub(crate) mod told;
mod watched;

use serde_json::{Value, json};

use crate::admin;
use crate::login::Caller;
use crate::oidc::fake::{CLIENT_ID, CLIENT_SECRET, FakeOidc};
use crate::server::{Answer, Project, Server, modern_request, now};

/// Where the program believes to be, whatever port it listens on.
const PUBLIC: &str = "https://tools.example";
const RESOURCE: &str = "https://tools.example/mcp";
/// Who calls, in SQL.
const WHO: &str =
    "SELECT get_username() AS name, get_user_provider() AS provider, get_user_external_token() AS token";

/// An authorization server.
pub(crate) fn issuer() -> FakeOidc {
    FakeOidc::start(now())
}

/// A project whose `auth` is this, a YAML flow mapping without braces.
fn project(auth: &str) -> Project {
    project_where("", auth)
}

/// The same with further keys of `transport.http`, each with a comma in front. It has an admin listener.
fn project_where(http: &str, auth: &str) -> Project {
    let configuration = format!(
        "transport: {{ http: {{ base_url: '{PUBLIC}', allowed_hosts: [localhost]{http} }} }}\n\
         projects: {{ test: {{ profiles: {{ dev: {{ auth: {{ {auth} }} }} }} }} }}\n"
    );
    Project::new()
        .user_config(&admin::configuration(&configuration))
        .tool("who", WHO, "")
        .tool("write", "SELECT 1 AS x", "  scopes: [mcp:write]\n")
}

/// The block `oidc` of mode verifier; `more` are further keys, each with a comma in front.
pub(crate) fn verifier(issuer: &FakeOidc, more: &str) -> Project {
    project(&format!(
        "mode: verifier, provider: oidc, authorization: {{ required_scopes: ['mcp:read'] }},\n  oidc: {{ config_url: \
         '{}/.well-known/openid-configuration', client_id: {CLIENT_ID}, client_secret: '{CLIENT_SECRET}', scope: openid{more} }}",
        issuer.url()
    ))
}

/// Claims of a good access token.
pub(crate) fn claims(issuer: &FakeOidc) -> Value {
    let now = now();
    json!({
        "iss": issuer.url(), "sub": "user-1", "aud": RESOURCE, "exp": now + 300, "iat": now, "scope": "mcp:read other",
        "client_id": "the app", "preferred_username": "ada", "jti": "1",
    })
}

/// The claims with another one.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    if claims[name].is_null() {
        claims.as_object_mut().unwrap().remove(name);
    }
    claims
}

pub(crate) fn signed(issuer: &FakeOidc, claims: &Value) -> String {
    issuer.script().signer.sign(claims)
}

/// The answer to a call of a tool with this token.
async fn call(server: &Server, token: &str, tool: &str) -> Answer {
    let params = json!({ "name": tool, "arguments": {} });
    Caller::with_token(server, token)
        .ask_for_answer("tools/call", params)
        .await
}

/// What SQL knows of the caller; or the status.
async fn who(server: &Server, token: &str) -> Result<String, u16> {
    let answer = call(server, token, "who").await;
    match answer.status.as_u16() {
        200 => Ok(answer.json()["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()),
        status => Err(status),
    }
}

/// Why the latest refusal was one, for the operator.
fn recorded(server: &Server, text: &str) {
    let folder = server.folder().join("audit");
    let found = || {
        let records = crate::audit::records(&folder);
        records.iter().any(|record| {
            record["operation_name"] == "request_refused"
                && record["error"].as_str().is_some_and(|error| error.contains(text))
        })
    };
    let deadline = std::time::Instant::now() + crate::server::PATIENCE;
    while !found() {
        assert!(std::time::Instant::now() < deadline, "{text:?} is in no record");
        std::thread::yield_now();
    }
}
