//! A PostgreSQL server for one test run: started by the first test that needs it, stopped when the run is over.
//!
//! All test binaries of a run share it, also where each test is a process of its own: it belongs to the process that
//! started the tests, and a shell script waits for that process to end, however it ends.

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// Where Debian puts the server's programs, which are not for everybody's path.
const PROGRAMS: &str = "/usr/lib/postgresql";

/// Nothing here has to survive a power failure.
const OPTIONS: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 \
                       -c shared_buffers=64MB -c listen_addresses=''";

/// The URL of a new, empty database.
pub(crate) fn new_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", std::process::id());
    let mut server = PgConnection::establish(&url("postgres")).unwrap();
    server.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    url(&name)
}

fn url(database: &str) -> String {
    url_in(cluster(), database)
}

fn url_in(folder: &Path, database: &str) -> String {
    format!(
        "postgresql:///{database}?host={}&user=postgres&connect_timeout=60",
        folder.display()
    )
}

/// The folder of the running server.
fn cluster() -> &'static Path {
    static CLUSTER: OnceLock<PathBuf> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("mxcp-actor-postgres-{}", parent_id()));
        let lock = File::create(folder.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        if !is_running(&folder) {
            start(&folder);
        }
        folder
    })
}

/// Whether another test binary of this run has started it. A folder without a server is what an earlier run with the same
/// number left behind when the machine went down.
fn is_running(folder: &Path) -> bool {
    folder.join("is_running").exists() && PgConnection::establish(&url_in(folder, "postgres")).is_ok()
}

fn start(folder: &Path) {
    fs::remove_dir_all(folder).ok();
    fs::DirBuilder::new().mode(0o700).create(folder).unwrap();
    let owner = server_user();
    if let Some((user, group)) = owner {
        chown(folder, Some(user), Some(group)).unwrap();
    }
    let data = folder.join("data");
    let data = data.to_str().unwrap();
    run(
        owner,
        "initdb",
        &[
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ],
    );
    let options = format!("{OPTIONS} -k {}", folder.display());
    let log = folder.join("log");
    run(
        owner,
        "pg_ctl",
        &[
            "-D",
            data,
            "-w",
            "-s",
            "-l",
            log.to_str().unwrap(),
            "-o",
            &options,
            "start",
        ],
    );
    stop_after_the_run(folder);
    File::create(folder.join("is_running")).unwrap();
}

/// Leaves a shell behind that watches the run. SIGQUIT is PostgreSQL's word for stopping at once.
fn stop_after_the_run(folder: &Path) {
    const WATCH: &str = "(while kill -0 \"$1\" 2>/dev/null; do sleep 1; done; \
                         kill -QUIT \"$(head -n 1 \"$2/data/postmaster.pid\")\"; sleep 1; \
                         rm -rf \"$2\" \"$2.lock\") &";
    let status = Command::new("sh")
        .args(["-c", WATCH, "sh", &parent_id().to_string()])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A key that interrupts the run does not interrupt this.
        .process_group(0)
        .status();
    assert!(status.unwrap().success());
}

/// The server refuses to run as root: user and group of its own account instead.
fn server_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"])? != 0 {
        return None;
    }
    let missing =
        "PostgreSQL does not run as root, and there is no user postgres: install the package postgresql";
    Some(
        id(&["-u", "postgres"])
            .zip(id(&["-g", "postgres"]))
            .expect(missing),
    )
}

fn run(user: Option<(u32, u32)>, program: &str, arguments: &[&str]) {
    let mut command = Command::new(programs().join(program));
    command
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    let status = command.status().unwrap();
    assert!(
        status.success(),
        "{program} {arguments:?} failed; see the log in the folder of -D"
    );
}

/// The folder of the newest version that is installed.
pub(crate) fn programs() -> PathBuf {
    let versions = fs::read_dir(PROGRAMS).into_iter().flatten().flatten();
    let complete = versions.filter(|version| version.path().join("bin/initdb").exists());
    let number = |version: &fs::DirEntry| {
        version
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
    };
    let newest = complete.max_by_key(number);
    let newest = newest
        .unwrap_or_else(|| panic!("PostgreSQL is missing in {PROGRAMS}: install the package postgresql"));
    newest.path().join("bin")
}
