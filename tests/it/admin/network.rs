//! Who may ask over the network, and what is answered.

use serde_json::json;

use super::{OPERATOR, VIEWER, ask, look, members, project};
use crate::server::Project;

#[actix_rt::test]
async fn a_token_is_needed_and_its_role_decides() {
    let server = project("").start();
    let (operator, viewer) = (format!("Bearer {OPERATOR}"), format!("Bearer {VIEWER}"));
    for path in ["/status", "/config", "/endpoints", "/metrics"] {
        let without = ask(&server, "GET", path, &[]).await;
        assert_eq!(without.status, 401, "{path}");
        assert!(without.header("www-authenticate").unwrap().starts_with("Bearer"));
        assert_eq!(
            ask(&server, "GET", path, &[("Authorization", "Bearer wrong")])
                .await
                .status,
            401
        );
        assert_eq!(
            ask(&server, "GET", path, &[("Authorization", &viewer)])
                .await
                .status,
            200
        );
        assert_eq!(
            ask(&server, "GET", path, &[("Authorization", &operator)])
                .await
                .status,
            200
        );
    }
    for (token, status) in [(&viewer, 403), (&operator, 404)] {
        let flow = ask(&server, "GET", "/auth/flow/x", &[("Authorization", token)]).await;
        assert_eq!(flow.status, status, "it names users, so it is for operators");
    }
    assert_eq!(ask(&server, "POST", "/reload", &[]).await.status, 401);
    for token in [&viewer, &operator] {
        for method in ["GET", "POST"] {
            let reload = ask(&server, method, "/reload", &[("Authorization", token)]).await;
            assert_eq!(reload.status, 501, "{method}");
            assert!(reload.json()["detail"].as_str().unwrap().contains("restart"));
        }
    }
    for path in ["/", "/health", "/live", "/ready"] {
        for method in ["GET", "HEAD"] {
            let answer = ask(&server, method, path, &[]).await;
            assert_eq!(answer.status, 200, "{method} {path} is for probes");
            assert_eq!(answer.body.is_empty(), method == "HEAD");
        }
    }
    assert_eq!(look(&server, "/nothing").await.status, 404);
}

#[actix_rt::test]
async fn web_pages_cannot_reach_it() {
    let server = project("").start();
    let bearer = format!("Bearer {VIEWER}");
    for (header, value, status) in [
        ("Host", "evil.example", 421),
        ("Origin", "https://evil.example", 403),
        ("Sec-Fetch-Site", "cross-site", 403),
    ] {
        let headers = [("Authorization", bearer.as_str()), (header, value)];
        assert_eq!(
            ask(&server, "GET", "/status", &headers).await.status,
            status,
            "{header}: {value}"
        );
    }
}

#[actix_rt::test]
async fn status_has_the_members_of_mxcp_and_what_runs() {
    let server = project("").tool("one", "SELECT 1 AS x", "").start();
    server.call("one", json!({})).await;
    server.open_session().await;
    let status = look(&server, "/status").await.json();
    for member in [
        "status",
        "version",
        "uptime",
        "uptime_seconds",
        "pid",
        "profile",
        "mode",
        "debug",
        "reload",
        "admin_socket",
        "actors",
        "queries",
        "sessions",
        "clients",
        "grants",
    ] {
        assert!(members(&status).contains(&member), "{member} in {status}");
    }
    assert_eq!(
        (
            &status["status"],
            &status["profile"],
            &status["mode"],
            &status["sessions"]
        ),
        (&json!("ok"), &json!("dev"), &json!("readwrite"), &json!(1))
    );
    assert_eq!(
        status["reload"],
        json!({ "in_progress": false, "draining": false, "active_requests": 0, "last_reload": null,
                "last_reload_status": null, "last_reload_error": null })
    );
    let executor = &status["actors"][0];
    assert_eq!(
        (&executor["name"], &executor["asked"]),
        (&json!("sql_executor"), &json!(1))
    );
    assert!(
        executor["capacity"].as_u64().unwrap() > 0 && executor["queue_depth"] == 0,
        "{executor}"
    );
    assert_eq!(status["queries"]["running"], json!([]));
}

#[actix_rt::test]
async fn configuration_and_endpoints_are_told_without_secrets() {
    let secret = "projects: { test: { profiles: { dev: { secrets: [{ name: s, type: http, parameters: { T: canary-1 } }] } } } }\n";
    let server = project(secret)
        .tool("good", "SELECT 1 AS x", "")
        .tool("bad", "SELECT * FROM absent", "")
        .argument("--ignore-errors")
        .start();
    let config = look(&server, "/config").await;
    let json = config.json();
    assert_eq!(
        (
            &json["status"],
            &json["project"],
            &json["profile"],
            &json["readonly"]
        ),
        (&json!("ok"), &json!("test"), &json!("dev"), &json!(false))
    );
    assert_eq!(
        json["endpoints"],
        json!({ "tools": 1, "prompts": 0, "resources": 0 })
    );
    assert_eq!(
        json["features"],
        json!({ "sql_tools": false, "audit_logging": true, "telemetry": false })
    );
    assert_eq!(json["transport"], "streamable-http");
    let endpoints = look(&server, "/endpoints").await;
    let list = endpoints.json()["endpoints"].as_array().unwrap().clone();
    let [bad, good] = list.as_slice() else {
        panic!("{list:#?}")
    };
    assert_eq!(
        (&good["name"], &good["status"], &good["error"]),
        (&json!("good"), &json!("ok"), &json!(null))
    );
    assert_eq!(
        (&good["type"], &good["language"], &good["enabled"]),
        (&json!("tool"), &json!("sql"), &json!(true))
    );
    assert!(good["path"].as_str().unwrap().ends_with("/tools/good.yml"));
    assert_eq!((&bad["name"], &bad["status"]), (&json!("bad"), &json!("error")));
    assert!(bad["error"].as_str().unwrap().contains("absent"));
    for answer in [config, endpoints] {
        let text = String::from_utf8(answer.body).unwrap();
        for canary in ["canary-1", OPERATOR, VIEWER] {
            assert!(!text.contains(canary), "{text}");
        }
    }
}

#[actix_rt::test]
async fn a_loopback_listener_without_a_token_lets_look() {
    let server = Project::new()
        .user_config("mxcp: 1\nadmin: { enabled: true, port: 0 }\n")
        .start();
    assert_eq!(ask(&server, "GET", "/status", &[]).await.status, 200);
    for method in ["GET", "POST"] {
        assert_eq!(ask(&server, method, "/reload", &[]).await.status, 501, "{method}");
    }
}

#[test]
fn elsewhere_a_token_is_required() {
    let config = "mxcp: 1\nadmin: { enabled: true, host: 0.0.0.0, port: 0 }\n";
    let (status, said) = Project::new().user_config(config).start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("Admin configuration is incomplete: token is missing"),
        "{said}"
    );
}
