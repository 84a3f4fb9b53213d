//! Trusted identity providers of each kind, in the whole program: how their keys are found, and what their dialects mean for
//! whoever they speak of.

use serde_json::{Value, json};

use crate::admin::{self, OPERATOR, VIEWER, check_once, look};
use crate::login::{CLIENT, CLIENT_SECRET, Caller, FORM, PUBLIC, configuration, query};
use crate::oidc::fake::signing::Signer;
use crate::oidc::fake::{Canned, FakeOidc};
use crate::server::{Answer, Project, Server, now};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Who calls, in SQL.
const WHO: &str = "SELECT get_user_id() AS id, get_username() AS name, get_user_provider() AS provider";

/// A provider that signs assertions.
fn issuer() -> FakeOidc {
    let issuer = FakeOidc::start(now());
    issuer.script().signer.header["typ"] = json!("oauth-id-jag+jwt");
    issuer
}

/// A server that trusts this issuer, part of a YAML mapping, and has these further keys of `auth`, and an admin listener.
fn trusting(issuer: &str, more: &str) -> Server {
    let written = configuration(&[("ada", "")]);
    let trusted = written.replace(
        "auth: {",
        &format!("auth: {{ identity_assertions: {{ trusted_issuers: [{{ {issuer} }}] }},{more}"),
    );
    let client = trusted.replace("grant_types: [", &format!("grant_types: ['{GRANT_TYPE}', "));
    let listener =
        format!("admin: {{ enabled: true, port: 0, token: {OPERATOR}, viewer_token: {VIEWER} }}\n");
    let rule = "  policies: { input: [{ condition: \"user.role != 'editor' || !('app:writer' in user.groups)\", action: deny, \
                reason: 'editors only' }] }\n";
    Project::new()
        .user_config(&format!("{client}{listener}"))
        .tool("who", WHO, "  return: { type: object }\n")
        .tool("edit", "SELECT 1 AS n", rule)
        .start()
}

/// The claims of an assertion about `user-1`, under this name.
fn claims(issuer: &str, jti: &str) -> Value {
    let now = now();
    json!({
        "iss": issuer, "sub": "user-1", "aud": PUBLIC, "client_id": CLIENT, "resource": format!("{PUBLIC}/mcp"), "jti": jti,
        "iat": now, "exp": now + 300, "preferred_username": "ada", "email": "ada@acme.example", "email_verified": true,
    })
}

async fn bring(server: &Server, issuer: &FakeOidc, claims: &Value) -> Answer {
    let assertion = issuer.script().signer.sign(claims);
    let form = query(&[
        ("grant_type", GRANT_TYPE),
        ("client_id", CLIENT),
        ("client_secret", CLIENT_SECRET),
        ("assertion", &assertion),
    ]);
    server.request("POST", "/token", FORM, form.into_bytes()).await
}

/// The access token that an assertion gives.
async fn token(server: &Server, issuer: &FakeOidc, claims: &Value) -> String {
    let answer = bring(server, issuer, claims).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// What SQL knows of the user whom an assertion is about.
async fn who(server: &Server, issuer: &FakeOidc, claims: &Value) -> Value {
    let token = token(server, issuer, claims).await;
    let told = Caller::with_token(server, &token).call("who", json!({})).await;
    serde_json::from_str(told["content"][0]["text"].as_str().unwrap()).unwrap()
}

async fn assert_refused(server: &Server, issuer: &FakeOidc, claims: &Value, reason: &str) {
    let answer = bring(server, issuer, claims).await;
    let told = answer.json();
    assert_eq!(
        (answer.status.as_u16(), &told["error"]),
        (400, &json!("invalid_grant")),
        "{claims}"
    );
    assert!(
        told["error_description"].as_str().unwrap().contains(reason),
        "{told}"
    );
}

#[actix_rt::test]
async fn an_issuer_with_published_keys_needs_no_discovery_document() {
    let issuer = issuer();
    let keys = format!("issuer: 'https://idp.example', jwks_uri: '{}/keys'", issuer.url());
    let server = trusting(&keys, "");
    let expected = json!({ "id": "user-1", "name": "ada", "provider": "oidc" });
    assert_eq!(
        who(&server, &issuer, &claims("https://idp.example", "1")).await,
        expected
    );
    let asked = issuer
        .script()
        .seen
        .iter()
        .map(|seen| seen.path.clone())
        .collect::<Vec<_>>();
    assert_eq!(asked, ["/keys"]);
    for (named, reason) in [
        ("https://idp.example/", "is not the provider that signed it"),
        (
            "https://idp.example.evil.example",
            "no identity provider that is trusted here",
        ),
        (issuer.url(), "no identity provider that is trusted here"),
    ] {
        assert_refused(&server, &issuer, &claims(named, "2"), reason).await;
    }
}

#[actix_rt::test]
async fn google_may_write_its_name_with_and_without_the_scheme_and_lets_in_its_domains_alone() {
    let issuer = issuer();
    let keys = format!(
        "provider: google, issuer: 'https://accounts.google.com', jwks_uri: '{}/keys', allowed_domains: [acme.example]",
        issuer.url()
    );
    let server = trusting(&keys, "");
    let of_domain = |named: &str, jti: &str| {
        let mut claims = claims(named, jti);
        claims["hd"] = json!("ACME.example");
        claims["preferred_username"] = Value::Null;
        claims
    };
    let expected = json!({ "id": "user-1", "name": "ada", "provider": "google" });
    for (named, jti) in [("https://accounts.google.com", "1"), ("accounts.google.com", "2")] {
        assert_eq!(
            who(&server, &issuer, &of_domain(named, jti)).await,
            expected,
            "{named}"
        );
    }
    let twice = of_domain("accounts.google.com", "1");
    assert_refused(&server, &issuer, &twice, "was used before").await;
    let stranger = claims("https://accounts.google.com", "3");
    assert_refused(
        &server,
        &issuer,
        &stranger,
        "of no domain that may use this server",
    )
    .await;
}

#[actix_rt::test]
async fn keycloaks_roles_are_groups_that_the_mapping_sees() {
    let issuer = issuer();
    let realm = format!("{}/auth/realms/staff", issuer.url());
    issuer.script().discovery["issuer"] = json!(realm);
    let keys = format!(
        "provider: keycloak, server_url: '{}/auth/', realm: staff, provider_name: sso",
        issuer.url()
    );
    let server = trusting(&keys, " user_mapping: [{ group: realm-editor, role: editor }],");
    let mut editor = claims(&realm, "1");
    editor["realm_access"] = json!({ "roles": ["realm-editor"] });
    editor["resource_access"] = json!({ "app": { "roles": ["writer"] } });
    let edits = async |claims: &Value| {
        let token = token(&server, &issuer, claims).await;
        let answer = Caller::with_token(&server, &token).call("edit", json!({})).await;
        answer["isError"] == json!(false)
    };
    assert!(edits(&editor).await);
    assert!(!edits(&claims(&realm, "2")).await);
    let mut without_client_role = claims(&realm, "3");
    without_client_role["realm_access"] = json!({ "roles": ["realm-editor", "app:other"] });
    assert!(!edits(&without_client_role).await);
    let expected = json!({ "id": "user-1", "name": "ada", "provider": "sso" });
    assert_eq!(who(&server, &issuer, &claims(&realm, "4")).await, expected);
    assert_refused(
        &server,
        &issuer,
        &claims(issuer.url(), "5"),
        "no identity provider that is trusted here",
    )
    .await;
}

#[actix_rt::test]
async fn an_issuer_that_does_not_show_its_keys_is_seen_by_the_operator_and_costs_no_replica() {
    let issuer = issuer();
    let keys = format!("issuer: 'https://idp.example', jwks_uri: '{}/keys'", issuer.url());
    let second = "}, { config_url: 'https://other.example/.well-known/openid-configuration'";
    let server = trusting(&format!("{keys} {second}"), "");
    let counted = || admin::counted(&server, "issuer", "https://idp.example");
    check_once(&server, "issuers", "ok").await;
    issuer.script().instead = [("/keys", Canned::Status(503))].into();
    let claims = claims("https://idp.example", "1");
    assert_eq!(bring(&server, &issuer, &claims).await.status.as_u16(), 503);
    let check = check_once(&server, "issuers", "degraded").await;
    let reason = check["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("calls to https://idp.example have failed since 20"),
        "{reason}"
    );
    assert!(!reason.contains("other.example"), "nobody asked it");
    assert_eq!(counted().await, ["unavailable 1", "failing 1"]);

    issuer.script().instead.clear();
    token(&server, &issuer, &claims).await;
    check_once(&server, "issuers", "ok").await;
    assert_eq!(counted().await, ["answered 1", "unavailable 1", "failing 0"]);
    let page = String::from_utf8(look(&server, "/metrics").await.body).unwrap();
    for row in [
        "mxcp_actor_calls_total{actor=\"identity_assertions\"} 2",
        "mxcp_actor_queue_depth{actor=\"identity_assertions\"} 0",
        "mxcp_actor_busy_total{actor=\"identity_assertions\"} 0",
        "mxcp_actor_timeouts_total{actor=\"identity_assertions\"} 0",
        "mxcp_actor_answer_seconds_count{actor=\"identity_assertions\"} 2",
        "mxcp_issuer_failing{issuer=\"https://other.example\"} 0",
    ] {
        assert!(page.lines().any(|line| line == row), "{row}: {page}");
    }
}

#[actix_rt::test]
async fn one_trusted_issuer_does_not_speak_for_another_and_equal_subjects_are_two_users() {
    let [one, other] = [issuer(), issuer()];
    {
        let mut script = other.script();
        let mut signer = Signer::ed25519("one", 2);
        signer.header["typ"] = json!("oauth-id-jag+jwt");
        script.keys = vec![signer.public()];
        script.signer = signer;
    }
    let keys = |name: &str, issuer: &FakeOidc| {
        let url = issuer.url();
        format!("issuer: 'https://{name}.example', jwks_uri: '{url}/keys', provider_name: {name}")
    };
    let server = trusting(
        &format!("{} }}, {{ {}", keys("one", &one), keys("other", &other)),
        "",
    );
    let [of_one, of_other] = ["one", "other"].map(|name| claims(&format!("https://{name}.example"), "1"));
    let reason = "assertion is not signed by its issuer";
    assert_refused(&server, &other, &of_one, reason).await;
    assert_refused(&server, &one, &of_other, reason).await;
    let providers = [
        who(&server, &one, &of_one).await["provider"].clone(),
        who(&server, &other, &of_other).await["provider"].clone(),
    ];
    assert_eq!(
        providers,
        [json!("one"), json!("other")],
        "an identifier is each issuer's own, and counts for each of them"
    );
}
