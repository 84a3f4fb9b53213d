//! Tokens that their issuer signed.

use super::*;
use crate::oidc::fake::Canned;
use crate::oidc::fake::signing::{Lie, Signer};

#[actix_rt::test]
async fn a_signed_token_for_this_resource_says_who_calls() {
    let issuer = issuer();
    let server = verifier(&issuer, ", provider_name: acme").start();
    let token = signed(&issuer, &claims(&issuer));
    let expected = r#"[{"name":"ada","provider":"acme","token":""}]"#;
    assert_eq!(who(&server, &token).await, Ok(expected.to_owned()));
    for audience in [
        json!([RESOURCE, "https://other.example"]),
        json!("https://tools.example/mcp/"),
        json!("https://TOOLS.example/mcp"),
    ] {
        let token = signed(&issuer, &with(claims(&issuer), "aud", audience.clone()));
        assert_eq!(who(&server, &token).await, Ok(expected.to_owned()), "{audience}");
    }
    assert_eq!(issuer.script().count("/keys"), 1);
    let denied = call(&server, &token, "write").await;
    assert_eq!(denied.status.as_u16(), 403);
    let challenge = denied.header("www-authenticate").unwrap();
    assert!(challenge.contains("insufficient_scope") && challenge.contains("mcp:read mcp:write"));
}

#[actix_rt::test]
async fn what_a_token_must_not_say_is_refused_and_recorded() {
    let issuer = issuer();
    let server = verifier(&issuer, "").start();
    let now = now();
    for (claim, value, reason) in [
        ("iss", json!("https://evil.example"), "another issuer"),
        ("iss", Value::Null, "another issuer"),
        ("aud", Value::Null, "another audience, or names none"),
        ("aud", json!(CLIENT_ID), "another audience"),
        ("aud", json!("https://tools.example/other"), "another audience"),
        ("aud", json!("https://tools.example"), "another audience"),
        ("aud", json!([]), "another audience"),
        ("exp", Value::Null, "does not say when it ends"),
        ("exp", json!(now - 120), "it has expired"),
        ("exp", json!("soon"), "no number"),
        ("nbf", json!(now + 120), "from the future"),
        ("iat", json!(now + 120), "from the future"),
        ("sub", Value::Null, "names no user"),
        ("typ", json!("ID"), "no access token"),
        ("typ", json!("Refresh"), "no access token"),
        ("at_hash", json!("x"), "no access token"),
        ("typ", json!("DPoP"), "its issuer does not say to which"),
        ("cnf", json!({ "jkt": "x" }), "no SHA-256 thumbprint"),
        (
            "cnf",
            json!({ "x5t#S256": "x" }),
            "a client certificate (cnf.x5t#S256)",
        ),
        ("cnf", json!({ "kid": "one" }), "in a way that is not known here"),
        ("cnf", json!("x"), "in a way that is not known here"),
    ] {
        let token = signed(&issuer, &with(claims(&issuer), claim, value.clone()));
        let answer = call(&server, &token, "who").await;
        assert_eq!(answer.status.as_u16(), 401, "{claim}: {value}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert!(!String::from_utf8_lossy(&answer.body).contains(reason));
        recorded(&server, reason);
    }
}

#[actix_rt::test]
async fn signatures_and_headers_that_are_lies_are_refused() {
    let issuer = issuer();
    let server = verifier(&issuer, "").start();
    let good = claims(&issuer);
    for (change, status) in [
        (json!({ "alg": "EdDSA", "kid": "one", "typ": "at+jwt" }), 200),
        (json!({ "alg": "EdDSA", "kid": "one", "typ": "JWT" }), 200),
        (json!({ "alg": "EdDSA", "kid": "one", "typ": "logout+jwt" }), 401),
        (json!({ "alg": "EdDSA", "kid": "one", "typ": "dpop+jwt" }), 401),
        (
            json!({ "alg": "EdDSA", "kid": "one", "typ": "oauth-id-jag+jwt" }),
            401,
        ),
        (json!({ "alg": "EdDSA", "kid": "other" }), 401),
        (json!({ "alg": "RS256", "kid": "one" }), 401),
        (json!({ "alg": "none" }), 401),
        (json!({ "alg": "HS256", "kid": "one" }), 401),
        (json!({ "alg": "EdDSA", "kid": "one", "crit": ["b64"] }), 401),
    ] {
        issuer.script().signer.header = change.clone();
        let token = signed(&issuer, &with(good.clone(), "jti", change.to_string().into()));
        assert_eq!(
            call(&server, &token, "who").await.status.as_u16(),
            status,
            "{change}"
        );
    }
    issuer.script().signer = Signer::ed25519("one", 1);
    for lie in [Lie::Nothing, Lie::PublicKeyAsSecret, Lie::Altered] {
        issuer.script().signer.lie = Some(lie);
        let token = signed(&issuer, &good);
        assert_eq!(who(&server, &token).await, Err(401), "{lie:?}");
    }
    // Another key under the name of the right one.
    let stranger = Signer::ed25519("one", 9).sign(&good);
    assert_eq!(who(&server, &stranger).await, Err(401));
    // A key that the text brings along itself, or says where to find.
    let mut stranger = Signer::ed25519("one", 9);
    for (member, value) in [
        ("jwk", stranger.public()),
        ("jku", json!("https://evil.example/keys")),
        ("x5c", json!(["AA"])),
    ] {
        stranger.header = json!({ "alg": "EdDSA", "kid": "one", "typ": "at+jwt" });
        stranger.header[member] = value;
        assert_eq!(who(&server, &stranger.sign(&good)).await, Err(401), "{member}");
    }
    assert_eq!(who(&server, "opaque-token").await, Err(401));
    recorded(&server, "no token that can be checked here");
}

#[actix_rt::test]
async fn a_named_audience_stands_in_the_place_of_the_address() {
    let issuer = issuer();
    let server = verifier(&issuer, ", audience: 'api://tools'").start();
    let named = signed(&issuer, &with(claims(&issuer), "aud", json!("api://tools")));
    assert!(who(&server, &named).await.is_ok());
    assert_eq!(who(&server, &signed(&issuer, &claims(&issuer))).await, Err(401));
}

#[actix_rt::test]
async fn scopes_stand_where_providers_put_them_and_never_come_from_the_configuration() {
    let issuer = issuer();
    let server = verifier(&issuer, "").start();
    let without = with(claims(&issuer), "scope", Value::Null);
    for (name, value, status) in [
        ("scp", json!("mcp:read mcp:write"), 200),
        ("scp", json!(["mcp:read"]), 200),
        ("scope", json!(["mcp:read"]), 200),
        ("scope", json!("openid"), 403),
        ("roles", json!(["mcp:read"]), 403),
    ] {
        let token = signed(&issuer, &with(without.clone(), name, value.clone()));
        assert_eq!(
            call(&server, &token, "who").await.status.as_u16(),
            status,
            "{name}: {value}"
        );
    }
}

#[actix_rt::test]
async fn claims_become_capabilities_as_at_a_login() {
    let issuer = issuer();
    let mappings = ", claim_mappings: { realm_access.roles: { staff: [may_call] } }";
    let rule = "  policies:\n    input:\n      - condition: \"!('may_call' in user.capabilities)\"\n        action: deny\n        reason: staff only\n";
    let server = verifier(&issuer, mappings)
        .tool("staff", "SELECT 1 AS x", rule)
        .start();
    let staff = with(claims(&issuer), "realm_access", json!({ "roles": ["staff"] }));
    let answer = call(&server, &signed(&issuer, &staff), "staff").await.json();
    assert_eq!(answer["result"]["isError"], Value::Bool(false), "{answer}");
    let answer = call(&server, &signed(&issuer, &claims(&issuer)), "staff")
        .await
        .json();
    assert_ne!(answer["result"]["isError"], Value::Bool(false), "{answer}");
}

#[actix_rt::test]
async fn an_issuer_that_cannot_be_asked_makes_nobody_unauthorized() {
    let issuer = issuer();
    let server = verifier(&issuer, "").start();
    let token = signed(&issuer, &claims(&issuer));
    for (path, canned) in [
        ("/.well-known/openid-configuration", Canned::Status(503)),
        ("/.well-known/openid-configuration", Canned::Garbage),
        ("/.well-known/openid-configuration", Canned::Redirect),
        ("/keys", Canned::Status(500)),
        ("/keys", Canned::Huge),
    ] {
        issuer.script().instead = [(path, canned)].into();
        let answer = call(&server, &token, "who").await;
        assert_eq!(answer.status.as_u16(), 503, "{path} {canned:?}");
        assert_eq!(answer.json()["error"], "temporarily_unavailable");
        assert!(answer.header("retry-after").is_some());
        assert_eq!(answer.header("www-authenticate"), None);
    }
    issuer.script().instead.clear();
    assert!(who(&server, &token).await.is_ok());
    // What is known goes on while the issuer is away.
    issuer.script().instead = [("/keys", Canned::Status(503))].into();
    let another = signed(&issuer, &with(claims(&issuer), "jti", json!("2")));
    assert!(who(&server, &another).await.is_ok());
}
