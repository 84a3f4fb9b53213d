//! `serve --auth-server`: the other server is named on the command line, and found by its address alone.

use super::own::{SIGNING, ada_by_signature, authorization, token_of};
use super::*;
use crate::login::{self, CLIENT, CLIENT_SECRET as LOGIN_SECRET};
use crate::oidc::fake::Canned;

/// A server that is called `public`, with this in its block `auth`, and the flag.
fn server_of(issuer: &str, public: &str, auth: &str) -> Project {
    let configuration = format!(
        "mxcp: 1\ntransport: {{ http: {{ base_url: '{public}', allowed_hosts: [localhost] }} }}\n\
         projects: {{ test: {{ profiles: {{ dev: {{ auth: {{ {auth} }} }} }} }} }}\n"
    );
    Project::new()
        .user_config(&configuration)
        .tool("who", WHO, "")
        .argument("--auth-server")
        .argument(issuer)
}

/// The client that asks about tokens; `more` are further keys, each with a comma in front.
fn asking(more: &str) -> String {
    // Where the flag does not lead is never asked.
    format!(
        "introspection: {{ issuer: 'https://elsewhere.example', client_id: {CLIENT}, client_secret: '{LOGIN_SECRET}', cache_ttl: 0{more} }}"
    )
}

/// Both lines of the log that say where users log in.
fn said_before_listening(server: &Server, text: &str) {
    let log = server.logged_before_listening().join("\n");
    assert!(log.contains(text), "{text}: {log}");
}

#[actix_rt::test]
async fn signed_tokens_are_verified_by_the_keys_of_the_named_server() {
    let (authorization, public) = authorization(SIGNING);
    let resource = server_of(&format!("{public}/"), &public, "").start();
    said_before_listening(
        &resource,
        &format!("users log in at {public}/; its access tokens are checked by the keys that it publishes"),
    );
    let metadata = resource.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(metadata["authorization_servers"], json!([public]));
    let token = token_of(&authorization, &public).await;
    assert_eq!(who(&resource, &token).await, Ok(ada_by_signature()));
    assert_eq!(call(&resource, "opaque", "who").await.status.as_u16(), 401);
}

#[actix_rt::test]
async fn with_a_client_of_its_own_the_server_asks_about_each_token() {
    let (authorization, public) = authorization("");
    let audience = format!(", audience: '{public}/mcp'");
    let resource = server_of(&public, PUBLIC, &asking(&audience)).start();
    said_before_listening(&resource, "its access tokens are checked by asking it about each");
    let token = token_of(&authorization, &public).await;
    let expected = r#"[{"name":"ada","provider":"introspection","token":""}]"#;
    assert_eq!(who(&resource, &token).await, Ok(expected.to_owned()));
    let form = format!("token={token}&client_id={CLIENT}&client_secret={LOGIN_SECRET}");
    let revoked = authorization.request("POST", "/revoke", login::FORM, form.into_bytes());
    assert_eq!(revoked.await.status.as_u16(), 200);
    assert_eq!(who(&resource, &token).await, Err(401));
}

#[actix_rt::test]
async fn the_flag_wins_over_the_logins_of_the_configuration_and_says_so() {
    let issuer = issuer();
    let hash =
        "$argon2id$v=19$m=19456,t=2,p=1$zHDspIoOgfl6G7+/VXywbw$ItKWrt3LAl2eNNme1OozmaHsVpKd64DmOpSWuq0K2v4";
    let local = format!(
        "provider: local, local: {{ users: [{{ username: bob, password_hash: '{hash}' }}] }}, \
         authorization: {{ required_scopes: ['of:elsewhere'] }}"
    );
    let server = server_of(issuer.url(), PUBLIC, &local).start();
    said_before_listening(
        &server,
        &format!(
            "WARN ] --auth-server: users log in at {}/, so auth.provider: local and everything else about logins at this server is not used",
            issuer.url()
        ),
    );
    for path in ["/authorize", "/login", "/.well-known/oauth-authorization-server"] {
        assert_eq!(server.get(path).await.status.as_u16(), 404, "{path}");
    }
    let claims = with(claims(&issuer), "scope", json!("of:elsewhere"));
    let token = signed(&issuer, &claims);
    let expected = r#"[{"name":"ada","provider":"oidc","token":""}]"#;
    assert_eq!(who(&server, &token).await, Ok(expected.to_owned()));
}

#[actix_rt::test]
async fn a_server_that_is_away_is_waited_for_by_the_calls() {
    let issuer = issuer();
    let document = "/.well-known/oauth-authorization-server";
    issuer.script().instead = [(document, Canned::Status(500))].into();
    let server = server_of(issuer.url(), PUBLIC, "").start();
    said_before_listening(
        &server,
        "it has an internal error; calls are answered 503 until it answers",
    );
    let token = signed(&issuer, &claims(&issuer));
    assert_eq!(who(&server, &token).await, Err(503));
    issuer.script().instead.clear();
    assert!(who(&server, &token).await.is_ok());
}

#[actix_rt::test]
async fn an_openid_provider_that_answers_everything_is_found_all_the_same() {
    let document = "/.well-known/oauth-authorization-server";
    for canned in [Canned::Status(404), Canned::Redirect, Canned::Garbage] {
        let issuer = issuer();
        issuer.script().instead = [(document, canned)].into();
        let server = server_of(issuer.url(), PUBLIC, "").start();
        let token = signed(&issuer, &claims(&issuer));
        assert!(who(&server, &token).await.is_ok(), "{canned:?}");
    }
}

#[test]
fn what_is_missing_is_told_before_the_start() {
    let issuer = issuer();
    issuer.script().discovery["jwks_uri"] = Value::Null;
    let elsewhere = issuer.url().replace("127.0.0.1", "localhost");
    let (refused, nobody) = (format!("--auth-server {}/: ", issuer.url()), "");
    let keyless = server_of(issuer.url(), PUBLIC, nobody).start_and_fail();
    let of_another_name = server_of(&elsewhere, PUBLIC, nobody).start_and_fail();
    issuer.script().discovery["introspection_endpoint"] = Value::Null;
    let mute = server_of(issuer.url(), PUBLIC, &asking("")).start_and_fail();
    let homeless = Project::new()
        .argument("--host")
        .argument("0.0.0.0")
        .argument("--auth-server")
        .argument(issuer.url());
    for ((status, said), parts) in [
        (
            keyless,
            [
                refused.as_str(),
                "names no keys",
                "set auth.introspection with a client_id",
            ],
        ),
        (
            of_another_name,
            [
                "the issuer of its discovery document is not where",
                "give its address",
                "(issuer)",
            ],
        ),
        (
            mute,
            [
                refused.as_str(),
                "names no introspection endpoint",
                "leave auth.introspection out",
            ],
        ),
        (
            homeless.start_and_fail(),
            [
                "--auth-server: whom tokens are for is not known",
                "set transport.http.base_url",
                "as its audience",
            ],
        ),
    ] {
        assert_eq!(status.code(), Some(1), "{said}");
        for part in parts {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn what_is_no_address_of_an_issuer_is_refused_by_the_command_line() {
    for text in [
        "id.example.com",
        "ftp://id.example.com",
        "https://a:b@id.example.com",
        "https://id.example.com/?a",
    ] {
        let (status, said) = Project::new()
            .argument("--auth-server")
            .argument(text)
            .start_and_fail();
        assert_eq!(status.code(), Some(2), "{text}: {said}");
        assert!(said.contains("--auth-server <URL>"), "{text}: {said}");
    }
}
