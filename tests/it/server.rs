//! The real program on a project in a throw-away folder, and a small client for it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use awc::http::StatusCode;
use awc::http::header::HeaderMap;
use awc::{Client, Connector};
use serde_json::{Value, json};

/// Longer than any start, answer or stop takes, also on a machine that does much else; reached only when one fails.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What time it is to the program, in seconds.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// A statement that runs until it is stopped.
pub(crate) const ENDLESS: &str =
    "SELECT count(*) AS n FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3";

/// A statement whose constants DuckDB computes for a minute or more while it plans, and looks at no interrupt.
pub(crate) const PLANNED_FOR_EVER: &str =
    "SELECT len(list_filter(range(90000), x -> len(list_filter(range(90000), y -> x = y)) > 2)) AS n";

/// A statement whose joins DuckDB's optimizer puts into order for as long, and which is planned at once without it.
pub(crate) fn joins_without_end() -> String {
    let joins = (1..120).map(|n| format!(" JOIN range(2) t{n} ON t{n}.range = t{}.range", n - 1));
    format!(
        "SELECT count(*) AS n FROM range(2) t0{}",
        joins.collect::<String>()
    )
}

const SITE: &str = "mxcp: 1\nproject: test\nprofile: dev\n";

/// A running server; it is killed with the value.
pub(crate) struct Server {
    child: Child,
    folder: tempfile::TempDir,
    url: String,
    /// The server's standard error.
    log: mpsc::Receiver<String>,
    leaves_log_unread: bool,
    started_with: Vec<String>,
}

/// A project's files, and what its server is told.
#[derive(Default)]
pub(crate) struct Project {
    files: Vec<(String, String)>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    leaves_log_unread: bool,
    outlives_full_disk: bool,
}

impl Project {
    /// The smallest project: no definition, no authentication.
    pub(crate) fn new() -> Self {
        Self::default().file("mxcp-site.yml", SITE)
    }

    /// With a file at a path below the project's root.
    pub(crate) fn file(mut self, path: &str, content: &str) -> Self {
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// With a tool that runs `sql`; `rest` holds further keys of the definition, indented by two spaces.
    pub(crate) fn tool(self, name: &str, sql: &str, rest: &str) -> Self {
        let sql = sql.replace('\n', "\n      ");
        let yaml = format!(
            "mxcp: 1\ntool:\n  name: {name}\n  description: A test tool.\n{rest}  source:\n    code: |\n      {sql}\n"
        );
        self.file(&format!("tools/{name}.yml"), &yaml)
    }

    /// With a user configuration (the file that `MXCP_CONFIG` names).
    pub(crate) fn user_config(self, yaml: &str) -> Self {
        self.file("config.yml", yaml)
    }

    /// With a flag of `serve`.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With a variable of the environment.
    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With nobody who reads the log, beyond what a test asks for.
    pub(crate) fn leaves_log_unread(mut self) -> Self {
        self.leaves_log_unread = true;
        self
    }

    /// Whose files cannot grow beyond a limit that a test sets: it is told so instead of being ended by a signal.
    pub(crate) fn outlives_full_disk(mut self) -> Self {
        self.outlives_full_disk = true;
        self
    }

    fn write(&self, folder: &Path) {
        for (path, content) in &self.files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    /// The project's files in a folder of their own.
    pub(crate) fn written(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        folder
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = match self.outlives_full_disk {
            true => {
                let mut shell = Command::new("sh");
                shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", PROGRAM]);
                in_folder(shell, folder)
            }
            false => program(folder),
        };
        command.args(["serve", "--port", "0"]).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts the server and waits until it listens.
    pub(crate) fn start(self) -> Server {
        self.start_in(tempfile::tempdir().unwrap())
    }

    /// The same, in a folder in which a server may have run before.
    pub(crate) fn start_in(self, folder: tempfile::TempDir) -> Server {
        self.write(folder.path());
        let mut child = self.command(folder.path()).spawn().unwrap();
        let standard_error = child.stderr.take().unwrap();
        let log = match self.leaves_log_unread {
            true => follow_when_asked(standard_error),
            false => follow(standard_error),
        };
        let mut seen = Vec::new();
        let url = loop {
            let line = log
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("the server did not start: {seen:#?}"));
            if let Some((_, address)) = line.split_once("listening on ") {
                break address
                    .replace("127.0.0.1", "localhost")
                    .replace("[::1]", "localhost");
            }
            seen.push(line);
        };
        Server {
            child,
            folder,
            url,
            log,
            leaves_log_unread: self.leaves_log_unread,
            started_with: seen,
        }
    }

    /// Starts the server, which must refuse, and answers its exit status and what it said.
    pub(crate) fn start_and_fail(self) -> (ExitStatus, String) {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        let output = self.command(folder.path()).output().unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    }
}

/// A client that follows nothing, and waits for as long as a machine needs that does much else.
pub(crate) fn client() -> Client {
    let connector = Connector::new().timeout(PATIENCE);
    let client = Client::builder().connector(connector).timeout(PATIENCE);
    client.disable_redirects().finish()
}

/// The program in a project's folder, with nothing of this process's environment.
pub(crate) fn program(folder: &Path) -> Command {
    in_folder(Command::new(PROGRAM), folder)
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_mxcp-actor");

fn in_folder(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder).env_clear().env("HOME", folder);
    if folder.join("config.yml").exists() {
        command.env("MXCP_CONFIG", "config.yml");
    }
    command
}

/// Lines of a stream as they come.
pub(crate) fn follow(stream: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    read_lines(stream, move |line| sender.send(line).is_ok());
    lines
}

/// The same, each line read when the one before has been taken.
fn follow_when_asked(stream: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::sync_channel(0);
    read_lines(stream, move |line| sender.send(line).is_ok());
    lines
}

fn read_lines(
    stream: impl std::io::Read + Send + 'static,
    goes_on: impl Fn(String) -> bool + Send + 'static,
) {
    thread::spawn(move || {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        while lines.next().is_some_and(&goes_on) {}
    });
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}: {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The headers of a legacy client.
pub(crate) const LEGACY: &[(&str, &str)] = &[
    ("Content-Type", "application/json"),
    ("Accept", "application/json, text/event-stream"),
];

impl Server {
    /// The public URL with a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Asks the server to stop, waits until it has, and hands over its folder.
    pub(crate) fn stop(self) -> (ExitStatus, tempfile::TempDir) {
        self.signal("TERM");
        self.wait()
    }

    /// The same, with everything that it logged.
    pub(crate) fn stop_with_log(mut self) -> (Vec<String>, tempfile::TempDir) {
        self.signal("TERM");
        let mut log = std::mem::take(&mut self.started_with);
        log.extend(self.rest_of_log());
        self.child.wait().unwrap();
        (
            log,
            std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap()),
        )
    }

    /// Sends a signal to the server.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// The number of the server's process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the server has ended, and hands over its folder.
    pub(crate) fn wait(mut self) -> (ExitStatus, tempfile::TempDir) {
        if !self.leaves_log_unread {
            self.rest_of_log();
        }
        let status = self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (status, folder)
    }

    /// What the server logs until it has ended, which closes its log.
    fn rest_of_log(&self) -> Vec<String> {
        let mut rest = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) => rest.push(line),
                Err(RecvTimeoutError::Disconnected) => return rest,
                Err(RecvTimeoutError::Timeout) => panic!("the server does not end: {rest:#?}"),
            }
        }
    }

    /// The number of the server's process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The project's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the server logged before it listened.
    pub(crate) fn logged_before_listening(&self) -> &[String] {
        &self.started_with
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], Vec::new()).await
    }

    /// Sends to `/mcp`.
    pub(crate) async fn send(&self, method: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.request(method, "/mcp", headers, body).await
    }

    /// Posts to `/mcp` what [`modern_request`] and others make.
    pub(crate) async fn post(&self, headers: &[(&'static str, String)], body: Vec<u8>) -> Answer {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.send("POST", &headers, body).await
    }

    /// Waits for a line of the server's log that holds `text`, and answers everything logged until then.
    pub(crate) fn wait_for_log(&self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        while !seen.last().is_some_and(|line: &String| line.contains(text)) {
            let line = self.log.recv_timeout(PATIENCE);
            seen.push(line.unwrap_or_else(|_| panic!("{text:?} is not in {seen:#?}")));
        }
        seen
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        self.request_url(method, &self.at(path), headers, body).await
    }

    /// Sends to another of the server's listeners.
    pub(crate) async fn request_url(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = client().request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let mut response = request.send_body(body).await.unwrap();
        let body = response.body().await.unwrap().to_vec();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        }
    }

    /// Posts a modern request: metadata and the headers that repeat the body are added.
    pub(crate) async fn modern(&self, method: &str, params: Value) -> Answer {
        let (headers, body) = modern_request(method, params);
        self.post(&headers, body).await
    }

    /// Calls a tool in the modern era and answers its result.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        let answer = self
            .modern("tools/call", json!({ "name": tool, "arguments": arguments }))
            .await;
        let json = answer.json();
        assert_eq!(answer.status, StatusCode::OK, "{json}");
        json["result"].clone()
    }

    /// Posts a legacy message, in a session if there is one.
    pub(crate) async fn legacy(&self, session: Option<&str>, message: &Value) -> Answer {
        let mut headers = LEGACY.to_vec();
        headers.push(("MCP-Protocol-Version", "2025-11-25"));
        headers.extend(session.map(|session| ("Mcp-Session-Id", session)));
        self.send("POST", &headers, message.to_string().into_bytes())
            .await
    }

    /// Opens a legacy session.
    pub(crate) async fn open_session(&self) -> String {
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
        let answer = self.send("POST", LEGACY, message.to_string().into_bytes()).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.header("mcp-session-id").unwrap().to_owned()
    }
}

/// Headers and body of a modern request.
pub(crate) fn modern_request(method: &str, mut params: Value) -> (Vec<(&'static str, String)>, Vec<u8>) {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    let mut headers: Vec<(&'static str, String)> = LEGACY
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    headers.push(("MCP-Protocol-Version", "2026-07-28".to_owned()));
    headers.push(("Mcp-Method", method.to_owned()));
    let name = params["name"].as_str().or(params["uri"].as_str());
    headers.extend(name.map(|name| ("Mcp-Name", name.to_owned())));
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    (headers, message.to_string().into_bytes())
}

/// The bytes of a modern request to a host, for a client that does as it likes with its connection.
pub(crate) fn raw_request(host: &str, method: &str, params: Value) -> Vec<u8> {
    let (headers, body) = modern_request(method, params);
    let mut head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.extend([name, ": ", &value, "\r\n"]);
    }
    head.push_str("\r\n");
    [head.into_bytes(), body].concat()
}
