//! A client that starts the server as its child and speaks to it in lines.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{PATIENCE, Project, follow, program};

/// A server that speaks over its standard streams; it is killed with the value.
pub(super) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    lines: Option<mpsc::Receiver<String>>,
    folder: TempDir,
}

impl Client {
    /// Starts the server on a project.
    pub(super) fn start(project: &Project) -> Self {
        Self::start_with(project, &[], &[])
    }

    /// Starts the server with further flags and variables.
    pub(super) fn start_with(project: &Project, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = project.written();
        let mut command = program(folder.path());
        command.args(["serve", "--transport", "stdio"]).args(flags);
        command.envs(variables.iter().copied());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: child.stdout.take(),
            lines: None,
            child,
            folder,
        }
    }

    /// Starts the server and opens the legacy conversation in a version.
    pub(super) fn initialized(project: &Project, version: &str) -> Self {
        let mut client = Self::start(project);
        let answer = client.ask(json!({ "jsonrpc": "2.0", "id": "open", "method": "initialize", "params": {
            "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } }));
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        client.write(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n");
        client
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes bytes as they are.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// Writes a message as a line.
    pub(super) fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes());
    }

    fn lines(&mut self) -> &mpsc::Receiver<String> {
        let output = &mut self.output;
        self.lines.get_or_insert_with(|| match output.take() {
            Some(output) => follow(output),
            None => mpsc::channel().1,
        })
    }

    /// The next line of the server.
    pub(super) fn read(&mut self) -> Value {
        let line = self.lines().recv_timeout(PATIENCE).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    }

    /// Writes a message and reads one.
    pub(super) fn ask(&mut self, message: Value) -> Value {
        self.send(&message);
        drop(message);
        self.read()
    }

    /// Asks in the modern era.
    pub(super) fn modern(&mut self, id: u32, method: &str, params: Value) -> Value {
        self.send(&modern(id, method, params));
        self.read()
    }

    /// Closes the way of the answers. Only before the first message: nothing may be on its way.
    pub(super) fn stop_listening(&mut self) {
        self.output = None;
    }

    /// Closes the server's standard input.
    pub(super) fn close(&mut self) {
        self.input = None;
    }

    /// Sends SIGTERM.
    pub(super) fn terminate(&self) {
        let id = self.child.id().to_string();
        let status = std::process::Command::new("kill").args(["-TERM", &id]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for the end: how it ended, the lines that were not read, the log, the folder.
    pub(super) fn wait(mut self) -> (ExitStatus, Vec<String>, String, TempDir) {
        let log = follow(self.child.stderr.take().unwrap());
        let rest = to_the_end(self.lines());
        let log = to_the_end(&log).join("\n");
        let status = self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (status, rest, log, folder)
    }
}

/// The lines that come until the server has ended, which closes its streams.
fn to_the_end(lines: &mpsc::Receiver<String>) -> Vec<String> {
    let mut rest = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => rest.push(line),
            Err(RecvTimeoutError::Disconnected) => return rest,
            Err(RecvTimeoutError::Timeout) => panic!("the server does not end: {rest:#?}"),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A request of the modern era.
pub(super) fn modern(id: u32, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// A call in the legacy era.
pub(super) fn call(id: u32, tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool } })
}
