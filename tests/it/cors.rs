//! Clients that run in web pages: which answers they may read, errors included.

use awc::http::StatusCode;

use crate::login::configuration;
use crate::server::{Project, Server};

const PAGE: (&str, &str) = ("Origin", "https://inspector.example");

fn server() -> Server {
    Project::new().user_config(&configuration(&[("ada", "")])).start()
}

/// What pages of other sites may call, with the methods that a preflight names.
const OPEN: [(&str, &str); 11] = [
    ("/mcp", "POST, DELETE"),
    ("/mcp/", "POST, DELETE"),
    ("/register", "POST"),
    ("/oauth/register", "POST"),
    ("/token", "POST"),
    ("/oauth/token", "POST"),
    ("/revoke", "POST"),
    ("/.well-known/oauth-authorization-server", "GET, HEAD"),
    ("/.well-known/oauth-protected-resource", "GET, HEAD"),
    ("/.well-known/oauth-protected-resource/mcp", "GET, HEAD"),
    ("/.well-known/openid-configuration", "GET, HEAD"),
];

#[actix_rt::test]
async fn a_preflight_is_answered_without_a_token() {
    let server = server();
    for (path, methods) in OPEN {
        let headers = [
            PAGE,
            ("Access-Control-Request-Method", "POST"),
            (
                "Access-Control-Request-Headers",
                "authorization, mcp-protocol-version",
            ),
        ];
        let answer = server.request("OPTIONS", path, &headers, Vec::new()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(
            answer.header("access-control-allow-methods"),
            Some(methods),
            "{path}"
        );
        let accepted = answer
            .header("access-control-allow-headers")
            .unwrap()
            .to_lowercase();
        for header in [
            "authorization",
            "content-type",
            "mcp-protocol-version",
            "mcp-session-id",
            "mcp-method",
        ] {
            assert!(accepted.contains(header), "{path}: {accepted}");
        }
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");
    }
}

#[actix_rt::test]
async fn answers_and_errors_can_be_read_by_pages() {
    let server = server();
    for (path, methods) in OPEN {
        for method in ["GET", "POST", "PUT"] {
            let answer = server.request(method, path, &[PAGE], Vec::new()).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                Some("*"),
                "{method} {path}: {} ({methods})",
                answer.status
            );
            let exposed = answer.header("access-control-expose-headers").unwrap();
            for header in ["WWW-Authenticate", "Mcp-Session-Id", "Retry-After"] {
                assert!(exposed.contains(header), "{method} {path}: {exposed}");
            }
        }
    }
}

#[actix_rt::test]
async fn pages_of_other_sites_may_not_read_the_login_nor_ask_about_tokens() {
    let server = server();
    for path in [
        "/authorize",
        "/login",
        "/consent",
        "/",
        "/introspect",
        "/oauth/introspect",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            let answer = server.request(method, path, &[PAGE], Vec::new()).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                None,
                "{method} {path}"
            );
        }
    }
}
