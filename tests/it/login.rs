//! Users with passwords on the real program: their configuration, and the way from a password to a token.

use std::collections::BTreeMap;

use awc::http::StatusCode;
use awc::http::header::SET_COOKIE;
use mxcp_actors::domain::password::{PasswordCost, PasswordHasher};
use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::randomness::SeededRandomness;
use mxcp_actors::domain::secret::Secret;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::oauth::browser::{Form, first_form};
use crate::server::{Answer, LEGACY, Project, Server, modern_request};

pub(crate) const CLIENT: &str = "test-client";
pub(crate) const REDIRECT: &str = "http://localhost:3000/callback";
/// What tokens are for. The server listens on whatever port is free.
pub(crate) const PUBLIC: &str = "http://localhost:1";
/// All that the client may have.
pub(crate) const SCOPES: &str = "mcp:read mcp:write";
/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse";
/// The client's.
pub(crate) const CLIENT_SECRET: &str = "secret-of-the-test-client";

const CHEAP: PasswordCost = PasswordCost {
    memory_kibibytes: 8,
    iterations: 1,
    parallelism: 1,
};

/// The user configuration of the project `test` with these users: a name, and further keys as a YAML flow mapping without
/// braces.
pub(crate) fn configuration(users: &[(&str, &str)]) -> String {
    let randomness = SeededRandomness::new(1);
    let hasher = PasswordHasher::new(CHEAP, &randomness).unwrap();
    let users: Vec<String> = users
        .iter()
        .map(|(name, more)| {
            let hash = hasher.hash(&randomness, &Secret::new(PASSWORD)).unwrap();
            format!(
                "{{ username: {name}, password_hash: '{}', {more} }}, ",
                hash.as_str()
            )
        })
        .collect();
    let users = users.concat();
    format!(
        "mxcp: 1\ntransport: {{ http: {{ base_url: '{PUBLIC}' }} }}\nprojects: {{ test: {{ profiles: {{ dev: {{ auth: {{ provider: local, local: {{ users: [{users}] }},\n  \
         clients: [{{ client_id: {CLIENT}, client_secret: {CLIENT_SECRET}, name: Test, redirect_uris: ['{REDIRECT}'],\n    \
         grant_types: [authorization_code, refresh_token], scopes: ['mcp:read', 'mcp:write'] }}] }} }} }} }} }}\n"
    )
}

/// A project whose SQL names the user `ada`, and whose logins are kept as `persistence` says, a YAML mapping.
pub(crate) fn naming(persistence: &str) -> Project {
    let auth = format!("auth: {{ persistence: {persistence}, provider");
    let users = configuration(&[("ada", "name: Ada")]);
    Project::new()
        .tool(
            "who",
            "SELECT get_username() AS name",
            "  return: { type: object }\n",
        )
        .user_config(&users.replace("auth: { provider", &auth))
}

/// A user who is logged in, or nobody.
pub(crate) struct Caller<'a> {
    server: &'a Server,
    token: Option<String>,
    /// What nobody else may see of this login.
    secrets: Vec<String>,
}

impl<'a> Caller<'a> {
    /// Somebody who does not log in.
    pub(crate) fn nobody(server: &'a Server) -> Self {
        Self {
            server,
            token: None,
            secrets: Vec::new(),
        }
    }

    /// Logs in by filling in the server's forms; the client is granted all that it may have.
    pub(crate) async fn log_in(server: &'a Server, username: &str) -> Self {
        Self::log_in_for(server, username, SCOPES).await
    }

    /// The same, for these scopes.
    pub(crate) async fn log_in_for(server: &'a Server, username: &str, scopes: &str) -> Self {
        let mut browser = Browser::new(server);
        let code = browser.code(username, scopes).await;
        let tokens = tokens(server, &code).await;
        let text = |member: &str| tokens[member].as_str().unwrap().to_owned();
        let mut secrets = vec![code, text("access_token"), text("refresh_token")];
        secrets.extend(browser.cookies.into_values().filter(|value| !value.is_empty()));
        secrets.push(verifier().secret().expose().to_owned());
        Self {
            secrets,
            ..Self::with_token(server, &text("access_token"))
        }
    }

    /// Somebody who has a token already.
    pub(crate) fn with_token(server: &'a Server, token: &str) -> Self {
        Self {
            server,
            token: Some(token.to_owned()),
            secrets: Vec::new(),
        }
    }

    /// The code, the access token, the refresh token, and what else the login was protected with.
    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// Posts a modern request with the token.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
        self.ask_for_answer(method, params).await.json()
    }

    /// The same, with the status and headers of the answer.
    pub(crate) async fn ask_for_answer(&self, method: &str, params: Value) -> Answer {
        let (mut headers, body) = modern_request(method, params);
        headers.extend(self.authorization());
        self.server.post(&headers, body).await
    }

    /// Calls a tool in the modern era and answers its result.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        let answer = self
            .ask("tools/call", json!({ "name": tool, "arguments": arguments }))
            .await;
        answer["result"].clone()
    }

    /// Calls a tool in the legacy era, without a session, and answers its result.
    pub(crate) async fn call_legacy(&self, tool: &str, arguments: Value) -> Value {
        let answer = self.answer_legacy(tool, arguments).await;
        answer.json()["result"].clone()
    }

    /// Calls a tool in the legacy era and answers everything that comes back.
    pub(crate) async fn answer_legacy(&self, tool: &str, arguments: Value) -> Answer {
        let session = self.open_session().await;
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": arguments } });
        self.legacy("POST", Some(&session), &message).await
    }

    /// Opens a session of the legacy era.
    pub(crate) async fn open_session(&self) -> String {
        let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
        let opened = self.legacy("POST", None, &initialize).await;
        opened.header("mcp-session-id").unwrap().to_owned()
    }

    /// Sends a ping within a session, by whatever method.
    pub(crate) async fn ping(&self, method: &str, session: &str) -> Answer {
        let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        self.legacy(method, Some(session), &ping).await
    }

    async fn legacy(&self, method: &str, session: Option<&str>, message: &Value) -> Answer {
        let authorization = self.authorization();
        let mut headers = LEGACY.to_vec();
        headers.push(("MCP-Protocol-Version", "2025-11-25"));
        headers.extend(session.map(|session| ("Mcp-Session-Id", session)));
        headers.extend(authorization.iter().map(|(name, value)| (*name, value.as_str())));
        self.server
            .send(method, &headers, message.to_string().into_bytes())
            .await
    }

    fn authorization(&self) -> Option<(&'static str, String)> {
        let token = self.token.as_ref()?;
        Some(("Authorization", format!("Bearer {token}")))
    }
}

pub(crate) const FORM: &[(&str, &str)] = &[("Content-Type", "application/x-www-form-urlencoded")];

/// The tokens that the client gets for a code.
pub(crate) async fn tokens(server: &Server, code: &str) -> Value {
    let answer = server.request("POST", "/token", FORM, exchange(code)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

/// What the client is answered to its refresh token.
pub(crate) async fn refresh(server: &Server, refresh_token: &str) -> Answer {
    let fields = query(&[
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT),
        ("client_secret", CLIENT_SECRET),
        ("refresh_token", refresh_token),
    ]);
    server.request("POST", "/token", FORM, fields.into_bytes()).await
}

/// The code in the address that the server sends the browser back to the client with.
pub(crate) fn code_of(back: &Answer) -> String {
    let back = Url::parse(back.header("location").unwrap_or_else(|| panic!("{back:?}"))).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code");
    code.unwrap_or_else(|| panic!("{back}")).1.into_owned()
}

/// The body with which the client exchanges a code.
pub(crate) fn exchange(code: &str) -> Vec<u8> {
    let fields = query(&[
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", CLIENT_SECRET),
        ("code", code),
        ("code_verifier", verifier().secret().expose()),
        ("redirect_uri", REDIRECT),
    ]);
    fields.into_bytes()
}

/// The verifier of every login here.
fn verifier() -> CodeVerifier {
    CodeVerifier::from_bits(&[9; 32])
}

pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// Keeps cookies and fills in forms.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    cookies: BTreeMap<String, String>,
    resource: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        Self {
            server,
            cookies: BTreeMap::new(),
            resource: format!("{PUBLIC}/mcp"),
        }
    }

    /// A browser of a client that wants tokens for a server with another public URL.
    pub(crate) fn for_resource(server: &'a Server, resource: &str) -> Self {
        Self {
            resource: resource.to_owned(),
            ..Self::new(server)
        }
    }

    /// Its cookies, which outlive the server.
    pub(crate) fn leave(self) -> BTreeMap<String, String> {
        self.cookies
    }

    /// A browser that comes back with the cookies that it left with.
    pub(crate) fn back(server: &'a Server, cookies: BTreeMap<String, String>) -> Self {
        Self {
            cookies,
            ..Self::new(server)
        }
    }

    /// Begins a login, for these scopes if any are named: the page of the server on which it waits, or the way back to the
    /// client.
    pub(crate) async fn begin(&mut self, scopes: Option<&str>) -> Answer {
        let (challenge, resource) = (verifier().challenge(), self.resource.clone());
        let mut start = vec![
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("state", "st&te"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("resource", resource.as_str()),
        ];
        start.extend(scopes.map(|scopes| ("scope", scopes)));
        let start = query(&start);
        self.walk("GET", &format!("/authorize?{start}"), String::new())
            .await
    }

    /// Logs in, unless this browser has, agrees, and brings the code back.
    pub(crate) async fn code(&mut self, username: &str, scopes: &str) -> String {
        let mut page = self.begin(Some(scopes)).await;
        let answers = [("username", username), ("password", PASSWORD)];
        for _ in ["login", "consent"] {
            if page.status != StatusCode::OK {
                break;
            }
            let html = String::from_utf8_lossy(&page.body).into_owned();
            let asks_for_password = html.contains("name=\"password\"");
            let answers = if asks_for_password { &answers[..] } else { &[] };
            page = self.submit(&page, answers).await;
        }
        code_of(&page)
    }

    /// Fills in the form of a page, and follows redirects within the server.
    pub(crate) async fn submit(&mut self, page: &Answer, answers: &[(&str, &str)]) -> Answer {
        let html = String::from_utf8_lossy(&page.body);
        let Form { action, mut fields } =
            first_form(&html).unwrap_or_else(|| panic!("no form: {} {html}", page.status));
        for (name, value) in answers {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let pairs: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (&name[..], &value[..]))
            .collect();
        self.walk("POST", &action, query(&pairs)).await
    }

    pub(crate) async fn walk(&mut self, method: &str, path: &str, body: String) -> Answer {
        let mut answer = self.step(method, path, body).await;
        while let Some(next) = own_path(&answer) {
            answer = self.step("GET", &next, String::new()).await;
        }
        answer
    }

    async fn step(&mut self, method: &str, path: &str, body: String) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("Cookie", cookies.as_str()), ("Sec-Fetch-Site", "same-origin")];
        if method == "POST" {
            headers.extend_from_slice(FORM);
            headers.push(("Origin", "null"));
        }
        let answer = self
            .server
            .request(method, path, &headers, body.into_bytes())
            .await;
        for line in answer.headers.get_all(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

fn own_path(answer: &Answer) -> Option<String> {
    let location = answer.header("location")?;
    let path = location.strip_prefix(PUBLIC).unwrap_or(location);
    path.starts_with('/').then(|| path.to_owned())
}
