//! The server's own certificate: what is negotiated, what is refused at start, and renewed files.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use serde_json::json;

use crate::server::{ENDLESS, Project, Server, raw_request};
use crate::{admin, audit};

const TLS: &str = "transport: { http: { tls: { cert: tls/a.pem, key: tls/a.key } } }\n";

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A project with these files as its certificate and key.
fn project(cert: &str, key: &str) -> Project {
    Project::new()
        .user_config(&format!("mxcp: 1\n{TLS}"))
        .file("tls/a.pem", cert)
        .file("tls/a.key", key)
}

fn secure_project() -> Project {
    project(&fixture("server.pem"), &fixture("server.key"))
}

/// What a connection agreed on, and the answer to `GET /health` on it.
struct Seen {
    protocol: Option<Vec<u8>>,
    answer: String,
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(fixture(name).as_bytes()).unwrap()
}

fn authority(server: &Server) -> String {
    server.at("").replace("https://", "")
}

/// Opens a connection as a client that trusts one certificate, which must be that of `name`.
fn open(
    server: &Server,
    trusted: &str,
    name: &'static str,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&[u8]],
) -> Result<StreamOwned<ClientConnection, TcpStream>, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(trusted)).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let connection = ClientConnection::new(Arc::new(config), name.try_into().unwrap()).unwrap();
    let socket = TcpStream::connect(authority(server))?;
    Ok(StreamOwned::new(connection, socket))
}

/// The same, and asks for something.
fn connect(
    server: &Server,
    trusted: &str,
    name: &'static str,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&[u8]],
) -> Result<Seen, std::io::Error> {
    let mut stream = open(server, trusted, name, versions, protocols)?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    // Not every server says goodbye before it closes.
    drop(stream.read_to_string(&mut answer));
    Ok(Seen {
        protocol: stream.conn.alpn_protocol().map(<[u8]>::to_vec),
        answer,
    })
}

const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];

#[actix_rt::test]
async fn http_1_1_is_spoken_over_tls_1_2_and_1_3_and_http_2_is_never_negotiated() {
    let server = secure_project().start();
    assert!(
        server.at("").starts_with("https://localhost:"),
        "{}",
        server.at("")
    );
    for version in [&TLS12, &TLS13] {
        let seen = connect(&server, "server.pem", "mcp.example.com", &[version], BOTH).unwrap();
        assert_eq!(seen.protocol.as_deref(), Some(&b"http/1.1"[..]));
        assert!(seen.answer.starts_with("HTTP/1.1 200"), "{}", seen.answer);
        assert!(seen.answer.ends_with(r#"{"status":"ok"}"#), "{}", seen.answer);
    }
    let only_h2 = connect(&server, "server.pem", "mcp.example.com", &[&TLS13], &[b"h2"]);
    assert!(
        only_h2.is_err(),
        "a client that insists on HTTP/2 gets no connection"
    );
    let log = server.logged_before_listening().join("\n");
    assert!(log.contains("public URL: https://localhost"), "{log}");
}

#[actix_rt::test]
async fn plain_http_is_not_answered() {
    let server = secure_project().start();
    let mut socket = TcpStream::connect(authority(&server)).unwrap();
    socket
        .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    assert!(
        !String::from_utf8_lossy(&answer).contains("HTTP/1.1"),
        "{answer:?}"
    );
}

#[actix_rt::test]
async fn renewed_files_are_used_from_the_next_connection_on() {
    let server = secure_project().start();
    let folder = server.folder().join("tls");
    let renewed = |file: &str, name: &str| {
        // As certificate tools do it: written elsewhere, then moved into place.
        let new = folder.join("new");
        fs::write(&new, fixture(name)).unwrap();
        fs::rename(&new, folder.join(file)).unwrap();
    };
    let connects =
        |certificate: &str, name: &'static str| connect(&server, certificate, name, &[&TLS13], BOTH).is_ok();
    assert!(connects("server.pem", "mcp.example.com"));
    renewed("a.pem", "renewed.pem");
    assert!(
        connects("server.pem", "mcp.example.com"),
        "half a renewal changes nothing"
    );
    renewed("a.key", "renewed.key");
    assert!(connects("renewed.pem", "renewed.example.com"));
    assert!(!connects("server.pem", "mcp.example.com"));
    renewed("a.pem", "expired.key");
    assert!(
        connects("renewed.pem", "renewed.example.com"),
        "nonsense changes nothing"
    );
    let log = server.wait_for_log("the certificate stays as it is: ");
    drop(log);
}

#[test]
fn files_that_cannot_be_used_stop_the_start_with_the_reason() {
    let (cert, key) = (fixture("server.pem"), fixture("server.key"));
    for (cert, key, expected) in [
        (
            &cert,
            &fixture("renewed.key"),
            "a.key does not belong to the first certificate in ",
        ),
        (
            &key,
            &key,
            "a.pem: holds no certificate; accepted is a chain in PEM",
        ),
        (
            &cert,
            &cert,
            "a.key: holds no private key that can be read; accepted is one in PEM without a passphrase",
        ),
        (&String::new(), &key, "a.pem: holds no certificate"),
    ] {
        let (status, said) = project(cert, key).start_and_fail();
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(
            said.contains("transport.http.tls: ") && said.contains(expected),
            "{said}"
        );
        assert!(!said.contains("PRIVATE KEY"), "no key is shown: {said}");
    }
    let (status, said) = Project::new()
        .user_config(&format!("mxcp: 1\n{TLS}"))
        .start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("tls/a.pem: No such file"), "{said}");
}

#[actix_rt::test]
async fn an_expired_certificate_and_a_key_that_everybody_reads_are_warned_about() {
    let server = project(&fixture("expired.pem"), &fixture("expired.key")).start();
    let log = server.logged_before_listening().join("\n");
    assert!(
        log.contains("a.pem: the certificate expired on Jan  1 00:00:00 2021"),
        "{log}"
    );
    let mode = fs::metadata(server.folder().join("tls/a.key"))
        .unwrap()
        .permissions()
        .mode();
    let is_open = mode & 0o007 != 0;
    assert_eq!(
        log.contains("a.key: every user of this machine can read"),
        is_open,
        "{log}"
    );
    let answer = connect(&server, "expired.pem", "localhost", &[&TLS13], BOTH);
    let error = answer.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(
        error.to_lowercase().contains("expired"),
        "clients refuse it: {error}"
    );
}

#[actix_rt::test]
async fn a_handshake_that_does_not_go_on_is_cut_off() {
    let server = secure_project().start();
    let mut socket = TcpStream::connect(authority(&server)).unwrap();
    // The first byte of a handshake, and nothing after it.
    socket.write_all(&[0x16]).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty(), "{answer:?}");
}

#[actix_rt::test]
async fn a_client_that_goes_away_ends_its_query() {
    let server = secure_project()
        .user_config(&admin::configuration(&format!(
            "{TLS}limits: {{ query_timeout_ms: 60000 }}\n"
        )))
        .tool("endless", ENDLESS, "")
        .start();
    let request = raw_request("localhost", "tools/call", json!({ "name": "endless" }));
    let mut stream = open(&server, "server.pem", "mcp.example.com", &[&TLS13], BOTH).unwrap();
    stream.write_all(&request).unwrap();
    stream.flush().unwrap();
    admin::with_a_query_under_way(&server).await;
    drop(stream);
    audit::assert_abandoned(server);
}
