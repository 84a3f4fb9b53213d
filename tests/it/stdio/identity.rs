//! Who the client is.

use serde_json::json;

use super::client::{Client, call};
use crate::oidc::fake::FakeOidc;
use crate::server::Project;

const LOCAL: &str = r"
mxcp: 1
projects:
  test:
    profiles:
      dev:
        auth:
          provider: local
          local:
            users:
              - username: ada
                password_hash: $argon2id$v=19$m=19456,t=2,p=1$zHDspIoOgfl6G7+/VXywbw$ItKWrt3LAl2eNNme1OozmaHsVpKd64DmOpSWuq0K2v4
";

/// An authorization server, and the time.
fn issuer() -> (FakeOidc, i64) {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = i64::try_from(since.as_secs()).unwrap();
    (FakeOidc::start(now), now)
}

pub(super) fn open() -> serde_json::Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } })
}

#[test]
fn without_authentication_the_client_is_nobody() {
    let who = "SELECT get_username() AS name, get_request_headers_json() AS headers";
    let mut client = Client::initialized(&Project::new().tool("who", who, ""), "2025-11-25");
    let answer = client.ask(call(1, "who"));
    assert_eq!(
        answer["result"]["content"][0]["text"], r#"[{"name":"","headers":""}]"#,
        "{answer}"
    );
}

#[test]
fn with_a_provider_every_call_needs_a_good_token() {
    let project = Project::new().user_config(LOCAL).tool("one", "SELECT 1 AS x", "");
    let absent: (&[&str], &[(&str, &str)]) = (&[], &[]);
    let unknown: (&[&str], &[(&str, &str)]) = (&[], &[("MXCP_ACCESS_TOKEN", "canary-token")]);
    let from_file: (&[&str], &[(&str, &str)]) = (&["--token-file", "config.yml"], &[]);
    for (flags, variables) in [absent, unknown, from_file] {
        let mut client = Client::start_with(&project, flags, variables);
        assert!(
            client.ask(open())["result"].is_object(),
            "anyone may ask what the server is"
        );
        for request in [
            call(1, "one"),
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }),
        ] {
            let answer = client.ask(request);
            assert_eq!(answer["error"]["message"], "Authentication required", "{answer}");
        }
        client.close();
        let (status, _, log, folder) = client.wait();
        assert_eq!(status.code(), Some(0));
        assert!(!log.contains("canary"), "{log}");
        let is_explained = log.contains("the access token is not good for http://localhost:8000/mcp");
        assert_eq!(is_explained, flags.len() + variables.len() > 0, "{log}");
        let records = crate::audit::records(&folder.path().join("audit"));
        let refused = records
            .iter()
            .all(|record| record["operation_name"] == "request_refused");
        assert!(refused, "{records:#?}");
    }
}

#[test]
fn a_token_of_another_server_is_checked_for_each_call() {
    let (issuer, now) = issuer();
    let url = issuer.url().to_owned();
    let project = Project::new()
        .user_config(&format!(
            "mxcp: 1\nprojects: {{ test: {{ profiles: {{ dev: {{ auth: {{ mode: verifier, provider: oidc, oidc: {{ \
             config_url: '{url}/.well-known/openid-configuration', client_id: a, client_secret: b, scope: openid, audience: tools }} }} }} }} }} }}\n"
        ))
        .tool("who", "SELECT get_username() AS name", "");
    let token = |audience: &str| {
        let claims = json!({ "iss": url, "sub": "ada", "aud": audience, "exp": now + 300 });
        issuer.script().signer.sign(&claims)
    };
    let (good, other) = (token("tools"), token("others"));
    for (token, name) in [(&good, Some("ada")), (&other, None)] {
        let mut client = Client::start_with(&project, &[], &[("MXCP_ACCESS_TOKEN", token.as_str())]);
        client.ask(open());
        let answer = client.ask(call(1, "who"));
        match name {
            Some(name) => assert_eq!(
                answer["result"]["content"][0]["text"],
                format!("[{{\"name\":\"{name}\"}}]"),
                "{answer}"
            ),
            None => assert_eq!(answer["error"]["message"], "Authentication required", "{answer}"),
        }
    }
}

#[test]
fn a_token_of_the_server_that_the_flag_names_is_checked_for_each_call() {
    let (issuer, now) = issuer();
    let url = issuer.url();
    let claims = json!({ "iss": url, "sub": "ada", "aud": format!("{url}/mcp"), "exp": now + 300 });
    let token = issuer.script().signer.sign(&claims);
    let project = Project::new()
        .user_config(&format!(
            "mxcp: 1\ntransport: {{ http: {{ base_url: '{url}' }} }}\n"
        ))
        .tool("who", "SELECT get_username() AS name", "");
    let flags = ["--auth-server", url];
    for (variables, answered) in [
        (
            &[("MXCP_ACCESS_TOKEN", token.as_str())][..],
            json!(r#"[{"name":"ada"}]"#),
        ),
        (&[], json!(null)),
    ] {
        let mut client = Client::start_with(&project, &flags, variables);
        client.ask(open());
        let answer = client.ask(call(1, "who"));
        assert_eq!(answer["result"]["content"][0]["text"], answered, "{answer}");
    }
}

#[test]
fn a_token_file_that_cannot_be_read_is_told_in_the_log_alone() {
    let project = Project::new().user_config(LOCAL).tool("one", "SELECT 1 AS x", "");
    let mut client = Client::start_with(&project, &["--token-file", "absent.txt"], &[]);
    client.ask(open());
    let answer = client.ask(call(1, "one"));
    assert_eq!(answer["error"]["code"], -32603, "{answer}");
    let named = client.folder().join("absent.txt").display().to_string();
    client.close();
    let (_, _, log, _) = client.wait();
    assert!(log.contains(&named), "{log}");
    assert!(!answer.to_string().contains("absent.txt"), "{answer}");
}
