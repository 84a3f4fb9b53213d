//! What clients find before they know anything.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use mxcp_actor::config::{AllowedHost, Authority, Http, PublicUrl, TrustedProxies};
use serde_json::json;

use super::server::{ISSUER, RESOURCE, Server, listener, public_url, scopes_of};

const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";

#[actix_web::test]
async fn the_authorization_server_says_everything_that_clients_choose_by() {
    let server = Server::local().await;
    let answer = server.get(AUTHORIZATION_SERVER).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "http://localhost:8000/authorize",
            "token_endpoint": "http://localhost:8000/token",
            "registration_endpoint": "http://localhost:8000/register",
            "revocation_endpoint": "http://localhost:8000/revoke",
            "introspection_endpoint": "http://localhost:8000/introspect",
            "scopes_supported": ["mcp:read", "mcp:write", "mxcp:access", "mxcp:admin"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "PS256", "RS256"],
            "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
            "revocation_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "PS256", "RS256"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "introspection_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "PS256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "PS256", "RS256"],
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": false,
            "service_documentation": "http://localhost:8000/",
        })
    );
    assert_eq!(
        server.get(&format!("{AUTHORIZATION_SERVER}/mcp")).await.body,
        answer.body
    );
}

#[actix_web::test]
async fn metadata_documents_are_announced_only_where_they_work() {
    let server = Server::with(|settings| settings.metadata_documents = true).await;
    let metadata = server.get(AUTHORIZATION_SERVER).await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
}

#[actix_web::test]
async fn the_protected_resource_names_its_authorization_server() {
    let server = Server::with(|settings| settings.required_scopes = scopes_of("mcp:read")).await;
    for path in [PROTECTED_RESOURCE.to_owned(), format!("{PROTECTED_RESOURCE}/mcp")] {
        let answer = server.get(&path).await;
        assert_eq!(
            answer.json(),
            json!({
                "resource": RESOURCE,
                "authorization_servers": [ISSUER],
                "scopes_supported": ["mcp:read"],
                "bearer_methods_supported": ["header"],
                "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "PS256", "RS256"],
                "resource_name": "Notes & Co",
            }),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn what_does_not_exist_is_told_in_json_to_every_page() {
    let server = Server::local().await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/openid-configuration",
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/oauth-authorization-server/mcp/x",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.text("error"), "not_found", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
    }
}

#[actix_web::test]
async fn a_path_prefix_is_part_of_every_address() {
    let server =
        Server::with(|settings| settings.public_url = public_url("https://API.example.com/data/")).await;
    let host = "api.example.com";
    let get = |uri: String| server.call_at(host, TestRequest::get().uri(&uri));
    for rest in ["", "/data", "/mcp", "/data/mcp"] {
        let metadata = get(format!("{AUTHORIZATION_SERVER}{rest}")).await.json();
        assert_eq!(metadata["issuer"], "https://api.example.com/data");
        assert_eq!(metadata["token_endpoint"], "https://api.example.com/data/token");
        let resource = get(format!("{PROTECTED_RESOURCE}{rest}")).await.json();
        assert_eq!(resource["resource"], "https://api.example.com/data/mcp");
        assert_eq!(
            resource["authorization_servers"],
            json!(["https://api.example.com/data"])
        );
    }
    let call = server.call_at(host, TestRequest::post().uri("/mcp")).await;
    let challenge = call.header("www-authenticate").unwrap();
    let expected = "https://api.example.com/.well-known/oauth-protected-resource/data/mcp";
    assert!(
        challenge.contains(&format!("resource_metadata=\"{expected}\"")),
        "{challenge}"
    );
}

#[actix_web::test]
async fn the_issuer_follows_a_trusted_proxy_and_nobody_else() {
    let http = Http {
        trusted_proxies: Some(TrustedProxies::new(Vec::new())),
        allowed_hosts: vec![AllowedHost::any_port(
            &Authority::parse("api.example.com").unwrap(),
        )],
        ..listener("0.0.0.0")
    };
    let server = Server::with(|settings| settings.public_url = PublicUrl::new(&http, [])).await;
    let request = |peer: &str| {
        TestRequest::get()
            .uri(AUTHORIZATION_SERVER)
            .peer_addr(format!("{peer}:4711").parse().unwrap())
            .insert_header(("X-Forwarded-Proto", "https"))
            .insert_header(("X-Forwarded-Host", "api.example.com"))
    };
    let trusted = server.call_at("localhost:8000", request("10.0.0.1")).await;
    assert_eq!(trusted.text("issuer"), "https://api.example.com");
    assert_eq!(trusted.header("cache-control"), Some("no-store"));
    let stranger = server.call_at("localhost:8000", request("203.0.113.1")).await;
    assert_eq!(stranger.text("issuer"), "http://localhost:8000");
    let evil = request("10.0.0.1").insert_header(("X-Forwarded-Host", "evil.example.com"));
    assert_eq!(server.call_at("localhost:8000", evil).await.status, 421);
}

#[actix_web::test]
async fn a_server_on_this_machine_is_called_what_the_client_calls_it() {
    let listening = PublicUrl::new(&listener("localhost"), []);
    let server = Server::with(|settings| settings.public_url = listening).await;
    for host in ["127.0.0.1:8000", "[::1]:8000", "localhost:8000"] {
        let get = |uri: &str| server.call_at(host, TestRequest::get().uri(uri));
        let metadata = get(AUTHORIZATION_SERVER).await.json();
        assert_eq!(metadata["issuer"], format!("http://{host}"));
        assert_eq!(metadata["token_endpoint"], format!("http://{host}/token"));
        let resource = get(PROTECTED_RESOURCE).await.json();
        assert_eq!(resource["resource"], format!("http://{host}/mcp"));
        assert_eq!(
            resource["authorization_servers"],
            json!([format!("http://{host}")])
        );
        let call = server.call_at(host, TestRequest::post().uri("/mcp")).await;
        let challenge = call.header("www-authenticate").unwrap();
        assert!(
            challenge.contains(&format!("http://{host}/.well-known/")),
            "{challenge}"
        );
    }
    let other_port = server
        .call_at("127.0.0.1:9", TestRequest::get().uri(AUTHORIZATION_SERVER))
        .await;
    assert_eq!(other_port.text("issuer"), ISSUER);
    let configured = Server::with(|settings| settings.public_url = public_url(ISSUER)).await;
    let named = configured
        .call_at("127.0.0.1:8000", TestRequest::get().uri(AUTHORIZATION_SERVER))
        .await;
    assert_eq!(named.text("issuer"), ISSUER);
}

#[actix_web::test]
async fn another_host_is_refused_also_if_the_public_url_is_fixed() {
    let server = Server::local().await;
    for path in [AUTHORIZATION_SERVER, "/authorize", "/"] {
        let answer = server
            .call_at("evil.example.com", TestRequest::get().uri(path))
            .await;
        assert_eq!(answer.status, 421, "{path}");
    }
    for path in ["/register", "/token", "/revoke", "/introspect", "/mcp"] {
        let answer = server
            .call_at("evil.example.com", TestRequest::post().uri(path))
            .await;
        assert_eq!(answer.status, 421, "{path}");
    }
}

#[actix_web::test]
async fn pages_of_any_site_may_call_what_clients_call_and_nothing_else() {
    let server = Server::local().await;
    for (path, method) in [
        (AUTHORIZATION_SERVER, "GET, HEAD"),
        (PROTECTED_RESOURCE, "GET, HEAD"),
        ("/register", "POST"),
        ("/token", "POST"),
        ("/oauth/token", "POST"),
        ("/revoke", "POST"),
    ] {
        let preflight = TestRequest::default()
            .method(Method::OPTIONS)
            .uri(path)
            .insert_header(("Origin", "https://inspector.example"))
            .insert_header(("Access-Control-Request-Method", method.split(',').next().unwrap()));
        let answer = server.call(preflight).await;
        assert_eq!(answer.status, 204, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(
            answer.header("access-control-allow-methods"),
            Some(method),
            "{path}"
        );
        let headers = answer.header("access-control-allow-headers").unwrap();
        assert!(
            headers.contains("Authorization") && headers.contains("Mcp-Protocol-Version"),
            "{headers}"
        );
    }
    let refused = server.post("/token", &[]).await;
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    let exposed = refused.header("access-control-expose-headers").unwrap();
    assert!(
        exposed.contains("WWW-Authenticate") && exposed.contains("Mcp-Session-Id"),
        "{exposed}"
    );
    for path in ["/authorize", "/login", "/"] {
        assert_eq!(
            server.get(path).await.header("access-control-allow-origin"),
            None,
            "{path}"
        );
    }
}
