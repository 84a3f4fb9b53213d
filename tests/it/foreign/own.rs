//! Another server of this kind as the authorization server: it says what its tokens are worth, or signs them.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use super::*;
use crate::login::{self, CLIENT, CLIENT_SECRET as LOGIN_SECRET};

/// A server that logs users in, and one that asks it about their tokens.
pub(super) fn pair() -> [Server; 2] {
    let users = login::configuration(&[("ada", "name: Ada")]);
    let authorization = Project::new()
        .user_config(&users)
        .tool("one", "SELECT 1 AS x", "")
        .start();
    let auth = format!(
        "mode: introspection, authorization: {{ required_scopes: ['mcp:read'] }},\n  introspection: {{ issuer: '{}', \
         endpoint: '{}', audience: '{}/mcp', client_id: {CLIENT}, client_secret: {LOGIN_SECRET}, cache_ttl: 0 }}",
        login::PUBLIC,
        authorization.at("/introspect"),
        login::PUBLIC
    );
    let resource = project(&auth).start();
    [authorization, resource]
}

#[actix_rt::test]
async fn one_server_logs_users_in_and_another_one_answers_them() {
    let [authorization, resource] = pair();
    let metadata = resource.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(metadata["authorization_servers"], json!([login::PUBLIC]));

    let caller = Caller::log_in(&authorization, "ada").await;
    let token = caller.secrets()[1].clone();
    let expected = r#"[{"name":"ada","provider":"introspection","token":""}]"#;
    assert_eq!(who(&resource, &token).await, Ok(expected.to_owned()));
    assert_eq!(who(&resource, "mcp_access_unknown").await, Err(401));

    let form = format!("token={token}&client_id={CLIENT}&client_secret={LOGIN_SECRET}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let revoked = authorization
        .request("POST", "/revoke", &headers, form.into_bytes())
        .await;
    assert_eq!(revoked.status.as_u16(), 200);
    assert_eq!(who(&resource, &token).await, Err(401));
}

/// Who vouches for users with passwords in these projects.
const LOCAL: &str = "urn:mxcp-actor:test:local";
/// Lets the authorization server sign its access tokens.
pub(super) const SIGNING: &str = " tokens: { format: jwt, algorithm: ES256 },";

/// Passes every connection of `listener` on to the server, which is known by the listener's address and listens elsewhere.
fn relay(listener: TcpListener, server: &Server) {
    let target = server.at("").trim_start_matches("http://").to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Ok(upstream) = TcpStream::connect(&target) else {
                continue;
            };
            let [mut from, mut to] = [stream.try_clone().unwrap(), upstream.try_clone().unwrap()];
            let [mut back_from, mut back_to] = [upstream, stream];
            thread::spawn(move || {
                io::copy(&mut from, &mut to).ok();
                to.shutdown(Shutdown::Write).ok();
            });
            thread::spawn(move || io::copy(&mut back_from, &mut back_to).ok());
        }
    });
}

/// A server at which `ada` logs in, and the address that it is known by. `more` stands in its block `auth`.
pub(super) fn authorization(more: &str) -> (Server, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let public = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let users = login::configuration(&[("ada", "name: Ada")])
        .replace(login::PUBLIC, &public)
        .replace("provider: local,", &format!("provider: local,{more}"));
    let server = Project::new()
        .user_config(&users)
        .tool("one", "SELECT 1 AS x", "")
        .start();
    relay(listener, &server);
    (server, public)
}

/// The access token of a login of `ada` there.
pub(super) async fn token_of(authorization: &Server, public: &str) -> String {
    let code = login::Browser::for_resource(authorization, &format!("{public}/mcp"));
    let code = { code }.code("ada", login::SCOPES).await;
    let tokens = login::tokens(authorization, &code).await;
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// What SQL knows of `ada` by a signed token: issuer and subject as the token has them. The name stays where the user logged in.
pub(super) fn ada_by_signature() -> String {
    let subject = mxcp_actors::domain::user::UserKey {
        issuer: LOCAL.to_owned(),
        subject: "ada".to_owned(),
    };
    json!([{ "name": subject.public_subject(), "provider": "oidc", "token": "" }]).to_string()
}

#[actix_rt::test]
async fn another_server_verifies_signed_tokens_by_the_published_keys_alone() {
    let (authorization, public) = authorization(SIGNING);
    let auth = format!(
        "mode: verifier, provider: oidc, authorization: {{ required_scopes: ['mcp:read'] }},\n  oidc: {{ config_url: \
         '{public}/.well-known/oauth-authorization-server', client_id: {CLIENT}, client_secret: {LOGIN_SECRET}, scope: openid, \
         audience: '{public}/mcp' }}"
    );
    let resource = project(&auth).start();
    let metadata = resource.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(metadata["authorization_servers"], json!([public]));

    let token = token_of(&authorization, &public).await;
    assert_eq!(who(&resource, &token).await, Ok(ada_by_signature()));
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(
        who(&resource, &format!("{signed}.{}", "A".repeat(86))).await,
        Err(401)
    );
}
