//! Methods and codings that a path does not take: which there are is said in the refusal.

use awc::http::StatusCode;

use crate::login::{FORM, configuration};
use crate::server::{LEGACY, Project, Server};

async fn assert_refuses(server: &Server, method: &str, path: &str, allowed: &str) {
    let answer = server.request(method, path, &[], Vec::new()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
}

#[actix_rt::test]
async fn every_path_says_which_methods_it_takes() {
    let server = Project::new()
        .user_config(&configuration(&[("ada", "")]))
        .argument("--stateless")
        .start();
    for (path, allowed) in [
        ("/", "GET, HEAD"),
        ("/health", "GET, HEAD"),
        ("/.well-known/oauth-authorization-server", "GET, HEAD"),
        ("/.well-known/oauth-protected-resource/mcp", "GET, HEAD"),
        ("/.well-known/openid-configuration", "GET, HEAD"),
        ("/authorize", "GET, POST"),
        ("/oauth/authorize", "GET, POST"),
        ("/token", "POST"),
        ("/register", "POST"),
        ("/revoke", "POST"),
        ("/introspect", "POST"),
        ("/mcp", "POST"),
        ("/login", "GET, HEAD, POST"),
        ("/consent", "GET, HEAD, POST"),
        ("/account", "GET, HEAD, POST"),
        ("/logout", "GET, HEAD, POST"),
    ] {
        assert_refuses(&server, "PUT", path, allowed).await;
        let is_read = allowed.contains("HEAD");
        let head = server.request("HEAD", path, &[], Vec::new()).await;
        assert_eq!(
            head.status == StatusCode::METHOD_NOT_ALLOWED,
            !is_read,
            "HEAD {path}: {head:?}"
        );
        if is_read {
            let get = server.get(path).await;
            assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
            for header in ["content-type", "content-length"] {
                assert_eq!(head.header(header), get.header(header), "{path}: {header}");
            }
        }
    }
}

#[actix_rt::test]
async fn a_server_without_logins_says_so_too() {
    let server = Project::new().start();
    for path in ["/", "/health"] {
        assert_refuses(&server, "PUT", path, "GET, HEAD").await;
    }
    assert_refuses(&server, "PUT", "/mcp", "POST, DELETE").await;
}

#[actix_rt::test]
async fn a_compressed_body_is_refused_with_what_is_accepted() {
    const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
    let open = Project::new().start();
    let closed = Project::new().user_config(&configuration(&[("ada", "")])).start();
    for (server, path, headers) in [
        (&open, "/mcp", LEGACY),
        (&closed, "/register", JSON),
        (&closed, "/token", FORM),
    ] {
        let coded = |coding| [headers, &[("Content-Encoding", coding)]].concat();
        let refused = server
            .request("POST", path, &coded("gzip"), b"\x1f\x8b".to_vec())
            .await;
        assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
        assert_eq!(refused.header("accept-encoding"), Some("identity"), "{path}");
        assert!(
            String::from_utf8_lossy(&refused.body).contains("compressed bodies are not accepted"),
            "{path}"
        );
        let plain = server
            .request("POST", path, &coded("Identity"), b"x".to_vec())
            .await;
        assert_eq!(plain.status, StatusCode::BAD_REQUEST, "{path}: {plain:?}");
    }
}
