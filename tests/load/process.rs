//! The server's process: started, watched from the outside, killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::project::Project;

/// What `/proc` counts CPU time in: 1/100 second on Linux, whatever the kernel's own clock.
const TICK: Duration = Duration::from_millis(10);

/// A running server; it is killed with the value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) ready_after: Duration,
}

impl Server {
    pub(crate) fn start(project: &Project) -> Self {
        let port = free_port().to_string();
        let started = Instant::now();
        let mut child = Command::new(program())
            .args(["serve", "--port", &port])
            .current_dir(project.folder())
            .env_clear()
            .env("HOME", project.folder())
            .env("MXCP_CONFIG", "config.yml")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut seen = Vec::new();
        let address = loop {
            let Some(line) = lines.next() else {
                panic!("the server did not start: {seen:#?}");
            };
            if let Some((_, address)) = line.split_once("listening on http://") {
                break address.trim().parse().unwrap();
            }
            seen.push(line);
        };
        // The log is read to its end, or else the server would wait for us.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            address,
            ready_after: started.elapsed(),
        }
    }

    /// CPU time that the process has used so far.
    pub(crate) fn cpu_time(&self) -> Duration {
        cpu_time(&self.child.id().to_string())
    }

    /// Memory that the process holds.
    pub(crate) fn resident_kilobytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The server, which Cargo builds one folder above the benchmark.
fn program() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.ancestors().nth(2).unwrap().join("mxcp-actor")
}

/// Tokens name the server's address, so it is settled before the server starts.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// CPU time of a process: its number, or `self`.
pub(crate) fn cpu_time(process: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The second field is a name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    TICK * ticks.map(|ticks| ticks.parse::<u32>().unwrap()).sum()
}
