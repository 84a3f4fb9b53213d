//! The Unix socket: no token, because nobody else can open it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use crate::server::Project;

fn ask(socket: &Path, method: &str, path: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: mxcp\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn project() -> Project {
    Project::new()
        .environment("MXCP_ADMIN_ENABLED", "1")
        .environment("MXCP_ADMIN_SOCKET", "run/admin.sock")
}

#[actix_rt::test]
async fn the_socket_is_private_serves_the_same_and_goes_with_the_server() {
    let server = project().start();
    let socket = server.folder().join("run/admin.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let status = ask(&socket, "GET", "/status");
    assert!(
        status.starts_with("HTTP/1.1 200 ") && status.contains("run/admin.sock"),
        "{status}"
    );
    assert!(ask(&socket, "GET", "/metrics").contains("# EOF"));
    for method in ["GET", "POST"] {
        let reload = ask(&socket, method, "/reload");
        assert!(reload.starts_with("HTTP/1.1 501 "), "{method}: {reload}");
    }
    let (status, folder) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(!folder.path().join("run/admin.sock").exists());
}

#[test]
fn a_socket_that_a_crashed_server_left_behind_is_replaced_and_another_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("admin.sock");
    drop(UnixListener::bind(&socket).unwrap());
    let at = socket.to_str().unwrap();
    let server = project().environment("MXCP_ADMIN_SOCKET", at).start();
    assert!(ask(&socket, "GET", "/live").starts_with("HTTP/1.1 200 "));
    let (status, said) = project().environment("MXCP_ADMIN_SOCKET", at).start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("another server listens there"), "{said}");
    drop(server);
    fs::remove_file(&socket).unwrap();
    fs::write(&socket, "notes").unwrap();
    let (_, said) = project().environment("MXCP_ADMIN_SOCKET", at).start_and_fail();
    assert!(said.contains("there is something that is no socket"), "{said}");
}
