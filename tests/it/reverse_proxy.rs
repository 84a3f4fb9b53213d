//! The real program behind a real nginx, with the file that the documentation gives people: public addresses, cookies,
//! client addresses, and what clients cannot forge.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command};

use awc::http::StatusCode;
use serde_json::{Value, json};

use crate::admin;
use crate::audit::{self, records};
use crate::login::configuration;
use crate::server::{ENDLESS, PATIENCE, Project, Server, modern_request};

const EXAMPLE: &str = include_str!("../../docs/reverse-proxy/nginx.conf");
pub(crate) const HOST: &str = "mcp.example.com";

/// nginx in front of a server; it is stopped with the value.
pub(crate) struct Nginx {
    child: Child,
    folder: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().ok();
        self.child.wait().ok();
    }
}

/// A listening socket as nginx inherits one, and its port, which nobody else can have meanwhile.
fn socket() -> (OwnedFd, u16) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    socket.set_nonblocking(true).unwrap();
    (socket.into(), port)
}

/// The text with one thing changed, which must be there.
fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in the example");
    text.replace(from, to)
}

impl Nginx {
    /// Starts nginx with the documented file: other ports, other files, nothing else.
    pub(crate) fn start(server: &Server, change: impl FnOnce(String) -> String) -> Self {
        let ((for_http, http), (for_https, https)) = (socket(), socket());
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
        let authority = server
            .at("")
            .replace("http://", "")
            .replace("localhost", "127.0.0.1");
        let site = changed(EXAMPLE, "listen 80", &format!("listen 127.0.0.1:{http}"));
        let site = changed(&site, "listen 443", &format!("listen 127.0.0.1:{https}"));
        let site = changed(&site, "127.0.0.1:8000", &authority);
        let file = |name: &str| fixtures.join(name).display().to_string();
        let site = changed(&site, "/etc/ssl/mxcp-actor/fullchain.pem", &file("server.pem"));
        let site = change(changed(
            &site,
            "/etc/ssl/mxcp-actor/privkey.pem",
            &file("server.key"),
        ));
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {root}/{name};\n"))
            .concat();
        let whole = format!(
            "daemon off;\nuser root;\npid {root}/nginx.pid;\nerror_log {root}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n"
        );
        fs::write(folder.path().join("nginx.conf"), whole).unwrap();
        // Found where Debian puts it, also for users whose search path has no folder of servers.
        let child = Command::new("nginx")
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .args(["-p", &root.to_string(), "-c", "nginx.conf"])
            .args(["-e", &format!("{root}/error.log")])
            // The numbers of the sockets that it finds open, as one nginx tells the next one when it is upgraded.
            .env("NGINX", "0;1;")
            .stdin(for_http)
            .stdout(for_https)
            .spawn()
            .unwrap();
        Self {
            child,
            port: https,
            folder,
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    fn curl(&self, from: &str, path: &str) -> Command {
        let mut command = Command::new("curl");
        command
            .args([
                "--silent",
                "--insecure",
                "--include",
                "--http2",
                "--max-time",
                &PATIENCE.as_secs().to_string(),
            ])
            .args(["--interface", from])
            .args(["--resolve", &format!("{HOST}:{}:127.0.0.1", self.port)])
            .arg(format!("https://{HOST}:{}{path}", self.port));
        command
    }

    /// Asks as a client at `from` with these headers and, if there is one, a body.
    fn ask(&self, from: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let mut command = self.curl(from, path);
        for (name, value) in headers {
            command.args(["--header", &format!("{name}: {value}")]);
        }
        if let Some(body) = body {
            command.args(["--data-binary", body]);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("curl: {:?} {text}; nginx: {}", output.status, self.log()));
        Answer {
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    fn public_url(&self) -> String {
        format!("https://{HOST}:{}", self.port)
    }
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        let found = lines.find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        found
            .and_then(|line| line.split_once(": "))
            .map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}\n{}", self.head, self.body))
    }
}

/// A server with users whose HTTP settings are a YAML flow mapping without braces.
pub(crate) fn server(http: &str) -> Server {
    let config = configuration(&[("ada", "")]);
    let config = changed(&config, "base_url: 'http://localhost:1'", http);
    Project::new()
        .user_config(&config)
        .argument("--host")
        .argument("127.0.0.1")
        .start()
}

pub(crate) const TRUSTING: &str =
    "trust_proxy: true, trusted_proxies: ['127.0.0.1'], allowed_hosts: ['mcp.example.com']";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
/// What a client may try.
const FORGED: [(&str, &str); 7] = [
    ("X-Forwarded-Host", "evil.example.com"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Scheme", "http"),
    ("X-Forwarded-Port", "1"),
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Real-IP", "6.6.6.6"),
    ("Forwarded", "for=6.6.6.6;host=evil.example.com;proto=http"),
];

fn authorization(public_url: &str) -> String {
    let parameters = [
        ("response_type", "code"),
        ("client_id", "test-client"),
        ("redirect_uri", "http://localhost:3000/callback"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("resource", &format!("{public_url}/mcp")),
    ];
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    format!("/authorize?{query}")
}

/// Everything that shows the public address is the one that the client used, over HTTP/2, whatever it forges.
fn assert_public(nginx: &Nginx, headers: &[(&str, &str)]) {
    let public = nginx.public_url();
    let ask = |path: &str| nginx.ask("127.0.0.2", path, headers, None);
    let metadata = ask("/.well-known/oauth-protected-resource/mcp");
    assert!(metadata.head.starts_with("HTTP/2 200"), "{}", metadata.head);
    assert_eq!(metadata.json()["resource"], json!(format!("{public}/mcp")));
    assert_eq!(metadata.json()["authorization_servers"], json!([public]));
    let server = ask("/.well-known/oauth-authorization-server").json();
    assert_eq!(server["token_endpoint"], json!(format!("{public}/token")));
    let call = nginx.ask("127.0.0.2", "/mcp", headers, Some("{}"));
    let challenge = call.header("www-authenticate").unwrap_or_default();
    let expected = format!("resource_metadata=\"{public}/.well-known/oauth-protected-resource/mcp\"");
    assert!(
        call.status() == "401" && challenge.contains(&expected),
        "{}",
        call.head
    );
    let page = ask(&authorization(&public));
    let cookie = page.header("set-cookie").unwrap_or_default();
    assert_eq!(page.status(), "200", "{}", page.body);
    assert!(
        cookie.starts_with("__Host-") && cookie.contains("; Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    let wrong = authorization(&public).replace("S256", "none");
    let back = ask(&wrong);
    let location = back.header("location").unwrap_or_default();
    let issuer: String = url::form_urlencoded::byte_serialize(public.as_bytes()).collect();
    assert!(location.contains(&format!("iss={issuer}")), "{location}");
}

#[actix_rt::test]
async fn behind_a_trusted_proxy_every_address_is_the_public_one() {
    let server = server(TRUSTING);
    let nginx = Nginx::start(&server, |site| site);
    assert_public(&nginx, &[]);
    assert_public(&nginx, &FORGED);
}

#[actix_rt::test]
async fn files_of_people_who_used_another_server_before_work_too() {
    let server = server(TRUSTING);
    // With the headers for WebSockets, which many files have.
    let upgrading = |site: String| {
        let site = changed(&site, "Connection \"\"", "Connection upgrade");
        let site = changed(&site, "Forwarded          \"\"", "Upgrade $http_upgrade");
        changed(&site, "X-Forwarded-Scheme $scheme", "X-Real-IP $remote_addr")
    };
    let nginx = Nginx::start(&server, upgrading);
    assert_public(&nginx, &[]);
    // With the fewest headers, and HTTP/1.0 to the server.
    let short = |site: String| {
        let is_kept = |line: &&str| {
            ![
                "-Host",
                "-Port",
                "-Scheme",
                "http_version",
                "Connection",
                "Forwarded ",
            ]
            .iter()
            .any(|part| line.contains(part))
        };
        site.lines()
            .filter(is_kept)
            .flat_map(|line| [line, "\n"])
            .collect()
    };
    let nginx = Nginx::start(&server, short);
    let metadata = nginx.ask("127.0.0.2", "/.well-known/oauth-protected-resource", &[], None);
    assert_eq!(metadata.json()["resource"], json!(format!("https://{HOST}/mcp")));
    let call = nginx.ask("127.0.0.2", "/mcp", &[], Some("{}"));
    assert_eq!(call.status(), "401", "{}", call.head);
}

#[actix_rt::test]
async fn the_headers_that_traefik_sets_by_itself_are_enough() {
    let server = server(TRUSTING);
    let headers = [
        ("Host", HOST),
        ("X-Forwarded-For", "198.51.100.7"),
        ("X-Forwarded-Host", HOST),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Server", "edge"),
        ("X-Real-Ip", "198.51.100.7"),
    ];
    let path = "/.well-known/oauth-protected-resource";
    let metadata = server.request("GET", path, &headers, Vec::new()).await;
    assert_eq!(metadata.json()["resource"], json!(format!("https://{HOST}/mcp")));
}

#[actix_rt::test]
async fn a_base_url_needs_no_forwarded_header() {
    let public = format!("https://{HOST}:8443");
    let server = server(&format!("base_url: '{public}'"));
    let silent = |site: String| {
        let site: String = site
            .lines()
            .filter(|line| !line.contains("X-Forwarded"))
            .flat_map(|line| [line, "\n"])
            .collect();
        site
    };
    let nginx = Nginx::start(&server, silent);
    let metadata = nginx.ask(
        "127.0.0.2",
        "/.well-known/oauth-protected-resource",
        &FORGED,
        None,
    );
    assert_eq!(metadata.json()["resource"], json!(format!("{public}/mcp")));
}

#[actix_rt::test]
async fn the_client_is_the_one_that_the_proxy_saw() {
    let limits = "rate_limits: { register: 2 }";
    let server = server(&format!("{TRUSTING}, {limits}"));
    let nginx = Nginx::start(&server, |site| site);
    let register = |from: &str, claimed: &str| {
        let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", claimed)];
        let metadata = r#"{"redirect_uris":["https://app.example/cb"]}"#;
        nginx.ask(from, "/register", &headers, Some(metadata))
    };
    assert_eq!(register("127.0.0.2", "6.6.6.1").status(), "201");
    assert_eq!(register("127.0.0.2", "6.6.6.2").status(), "201");
    let refused = register("127.0.0.2", "6.6.6.3");
    assert_eq!(refused.status(), "429", "another claim is no other client");
    assert!(refused.header("retry-after").is_some(), "{}", refused.head);
    assert_eq!(refused.json()["error"], "too_many_requests");
    assert_eq!(
        register("127.0.0.3", "127.0.0.2").status(),
        "201",
        "another client"
    );
    let wrong = nginx.ask(
        "127.0.0.2",
        "/token",
        &[FORM],
        Some("grant_type=refresh_token&client_id=x"),
    );
    assert_eq!(wrong.status(), "401");
    let (_, folder) = server.stop();
    let events = records(&folder.path().join("audit"));
    let networks: Vec<&Value> = events
        .iter()
        .map(|event| &event["input_data"]["network"])
        .collect();
    assert_eq!(
        networks,
        ["127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.2"],
        "{events:#?}"
    );
}

#[actix_rt::test]
async fn without_trust_nothing_that_is_forwarded_is_believed() {
    let server = server("base_url: 'https://own.example.com', allowed_hosts: ['mcp.example.com']");
    let forged = [&FORGED[..], &[("Host", HOST)]].concat();
    let metadata = server
        .request(
            "GET",
            "/.well-known/oauth-protected-resource",
            &forged,
            Vec::new(),
        )
        .await;
    assert_eq!(metadata.json()["resource"], "https://own.example.com/mcp");
    let headers = [&forged[..], &[FORM]].concat();
    let body = b"grant_type=refresh_token&client_id=x".to_vec();
    assert_eq!(
        server.request("POST", "/token", &headers, body).await.status,
        StatusCode::UNAUTHORIZED
    );
    let (_, folder) = server.stop();
    let events = records(&folder.path().join("audit"));
    assert_eq!(events[0]["input_data"]["network"], "127.0.0.1");
}

#[actix_rt::test]
async fn a_foreign_host_is_refused_by_nginx_and_by_the_server() {
    let server = server(TRUSTING);
    let nginx = Nginx::start(&server, |site| site);
    let evil = [("Host", "evil.example.com")];
    for path in ["/.well-known/oauth-protected-resource", "/authorize", "/mcp"] {
        assert_eq!(
            nginx.ask("127.0.0.2", path, &evil, None).status(),
            "421",
            "{path}"
        );
        let direct = server.request("GET", path, &evil, Vec::new()).await;
        assert_eq!(direct.status.as_u16(), 421, "{path}");
    }
    let forwarded = [("X-Forwarded-Host", "evil.example.com"), ("Host", HOST)];
    let direct = server.request("GET", "/authorize", &forwarded, Vec::new()).await;
    assert_eq!(direct.status.as_u16(), 421, "also from a proxy that is trusted");
}

#[actix_rt::test]
async fn a_path_prefix_stands_in_every_address() {
    let public = format!("https://{HOST}:8443/data");
    let server = server(&format!("base_url: '{public}'"));
    let prefixed = |site: String| {
        let well_known = "location ~ ^/\\.well-known/oauth-(protected-resource|authorization-server)/data { proxy_pass http://mxcp_actor; proxy_set_header Host $host; }";
        let site = changed(
            &site,
            "location / {",
            &format!("{well_known}\n    location /data/ {{"),
        );
        changed(
            &site,
            "proxy_pass http://mxcp_actor;\n\n",
            "proxy_pass http://mxcp_actor/;\n\n",
        )
    };
    let nginx = Nginx::start(&server, prefixed);
    let ask = |path: &str| nginx.ask("127.0.0.2", path, &[], None);
    let resource = ask("/.well-known/oauth-protected-resource/data/mcp").json();
    assert_eq!(resource["resource"], json!(format!("{public}/mcp")));
    let metadata = ask("/.well-known/oauth-authorization-server/data").json();
    assert_eq!(metadata["issuer"], json!(public));
    assert_eq!(metadata["token_endpoint"], json!(format!("{public}/token")));
    let call = nginx.ask("127.0.0.2", "/data/mcp", &[], Some("{}"));
    assert_eq!(call.status(), "401");
    let page = ask(&format!("/data{}", authorization(&public)));
    assert_eq!(page.status(), "200", "{}", page.body);
    assert!(
        page.body.contains("action=\"&#x2f;data&#x2f;login\""),
        "{}",
        page.body
    );
}

#[actix_rt::test]
async fn an_http_2_client_that_goes_away_ends_its_query() {
    let server = Project::new()
        .user_config(&admin::configuration(
            "limits: { query_timeout_ms: 3600000 }\ntransport: { http: { allowed_hosts: [mcp.example.com] } }\n",
        ))
        .tool("endless", ENDLESS, "")
        .argument("--host")
        .argument("127.0.0.1")
        .start();
    let nginx = Nginx::start(&server, |site| site);
    let (headers, body) = modern_request("tools/call", json!({ "name": "endless" }));
    let mut command = nginx.curl("127.0.0.2", "/mcp");
    for (name, value) in headers {
        command.args(["--header", &format!("{name}: {value}")]);
    }
    command.args(["--data-binary", &String::from_utf8(body).unwrap()]);
    let mut curl = command.spawn().unwrap();
    admin::with_a_query_under_way(&server).await;
    curl.kill().unwrap();
    curl.wait().unwrap();
    audit::assert_abandoned(server);
}
