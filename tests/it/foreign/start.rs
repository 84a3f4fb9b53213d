//! What such a server offers, and what it does not; and what keeps it from starting.

use super::*;

#[actix_rt::test]
async fn the_metadata_names_the_real_authorization_server_and_its_endpoints_are_not_here() {
    let issuer = issuer();
    let server = verifier(&issuer, "").start();
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let metadata = server.get(path).await.json();
        assert_eq!(metadata["resource"], RESOURCE);
        assert_eq!(metadata["authorization_servers"], json!([issuer.url()]));
        assert_eq!(metadata["scopes_supported"], json!(["mcp:read", "mcp:write"]));
        assert_eq!(metadata["bearer_methods_supported"], json!(["header"]));
        assert_eq!(
            metadata["dpop_signing_alg_values_supported"],
            json!(["ES256", "EdDSA", "PS256", "RS256"])
        );
    }
    for path in [
        "/authorize",
        "/token",
        "/register",
        "/revoke",
        "/introspect",
        "/oauth/token",
        "/login",
        "/consent",
        "/logout",
        "/oidc/callback",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        assert_eq!(server.get(path).await.status.as_u16(), 404, "{path}");
        let posted = server.request("POST", path, &[], Vec::new()).await;
        assert_eq!(posted.status.as_u16(), 404, "{path}");
    }
    let answer = server.modern("tools/list", json!({})).await;
    assert_eq!(answer.status.as_u16(), 401);
    let challenge = answer.header("www-authenticate").unwrap();
    let address = format!("resource_metadata=\"{PUBLIC}/.well-known/oauth-protected-resource/mcp\"");
    assert!(
        challenge.contains(&address) && challenge.contains("scope=\"mcp:read\""),
        "{challenge}"
    );
    let page = server.get("/").await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(!text.contains("Nobody has to sign in"), "{text}");
    assert!(issuer.script().seen.is_empty(), "nobody was asked anything");
}

#[actix_rt::test]
async fn a_server_starts_while_its_issuer_is_down_and_stops_well() {
    let url = { issuer().url().to_owned() };
    let auth =
        format!("mode: introspection, introspection: {{ issuer: '{url}', client_id: a, client_secret: b }}");
    let server = project(&auth).start();
    let answer = call(&server, "opaque", "who").await;
    assert_eq!(answer.status.as_u16(), 503);
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn what_could_not_tell_for_whom_a_token_is_does_not_start() {
    let oidc = "config_url: 'https://a.example/.well-known/openid-configuration', client_id: a, client_secret: b, scope: openid";
    let verifier = |more: &str| format!("mode: verifier, provider: oidc, oidc: {{ {oidc}{more} }}");
    let everywhere = |auth: &str| {
        Project::new().user_config(&format!(
            "mxcp: 1\ntransport: {{ http: {{ host: 0.0.0.0 }} }}\nprojects: {{ test: {{ profiles: {{ dev: {{ auth: {{ {auth} }} }} }} }} }}\n"
        ))
    };
    for (project, reason) in [
        (
            everywhere(&verifier("")),
            "auth.oidc.audience: whom tokens are for is not known",
        ),
        (
            everywhere(
                "mode: introspection, introspection: { issuer: 'https://a.example', client_id: a, client_secret: b }",
            ),
            "auth.introspection.audience: whom tokens are for is not known",
        ),
        (
            project(&verifier(", methods: [userinfo]")),
            "userinfo does not say for whom a token is",
        ),
        (
            project(&verifier(", methods: [jwt, userinfo]")),
            "userinfo does not say for whom a token is",
        ),
        (
            project(&verifier(", methods: [introspection, jwt]")),
            "jwt behind it is never asked",
        ),
        (
            project(&verifier(", methods: []")),
            "expected [jwt], [introspection] or [jwt, introspection]",
        ),
        (
            project(&verifier(", methods: [jwt, jwt]")),
            "expected [jwt], [introspection]",
        ),
        (project(&verifier(", cache_ttl: 3601")), "auth.oidc.cache_ttl"),
        (
            project("mode: introspection"),
            "the block introspection is missing",
        ),
        (
            project(
                "mode: introspection, provider: github, introspection: { issuer: 'https://a.example', client_id: a, client_secret: b }",
            ),
            "provider: does not apply to mode introspection",
        ),
        (
            project("mode: introspection, introspection: { client_id: a, client_secret: b }"),
            "issuer",
        ),
        (
            project(&format!("provider: oidc, oidc: {{ {oidc}, methods: [jwt] }}")),
            "methods: applies to mode verifier only",
        ),
    ] {
        let (status, said) = project.start_and_fail();
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(
            said.contains("config.yml:") && said.contains(reason),
            "{reason}: {said}"
        );
    }
}
