//! Whom a call over TLS is made to: who shows a certificate that an authority vouches for, for the name that was called, in
//! its time. Nobody else is sent a request.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream};

use super::super::connector::Addresses;
use super::*;

/// A certificate that vouches for itself, for `localhost`, and its key.
#[derive(Clone, Copy)]
enum Certificate {
    Good,
    Expired,
}

impl Certificate {
    fn file(self, ending: &str) -> PathBuf {
        let name = match self {
            Self::Good => "server",
            Self::Expired => "expired",
        };
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tls");
        folder.join(name).with_extension(ending)
    }

    fn read(self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.file("pem")).unwrap()
    }

    /// An authority that vouches for this certificate alone.
    fn authority(self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.read()).unwrap();
        roots
    }

    /// A server that shows the certificate to one caller; what it was asked, if that got so far.
    fn served(self) -> (u16, Receiver<String>) {
        let key = PrivateKeyDer::from_pem_file(self.file("key")).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let config = builder
            .with_no_client_auth()
            .with_single_cert(vec![self.read()], key);
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, asked) = channel();
        std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut connection = ServerConnection::new(config).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            let mut request = [0; 4096];
            if let Ok(length) = stream.read(&mut request)
                && length > 0
            {
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                sender.send(request).unwrap();
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                    .unwrap();
            }
        });
        (port, asked)
    }
}

/// Every name is this machine's.
struct Here;

impl NameService for Here {
    fn resolve<'a>(&'a self, _host: &'a str, port: u16) -> Addresses<'a> {
        Box::pin(async move { Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]) })
    }
}

/// What comes of calling `host` at the server of `certificate`, and whether the server was sent a request.
async fn call(
    certificate: Certificate,
    roots: RootCertStore,
    host: &str,
) -> (Result<u16, OutboundError>, bool) {
    let (port, asked) = certificate.served();
    let client = OutboundClient::with_surroundings(settings(&[host]), Here, roots).unwrap();
    let answer = client.send(get(&format!("https://{host}:{port}/secret"))).await;
    // The server's end of the channel goes with its thread, which ends with the connection.
    drop(client);
    let asked = asked.recv();
    (answer.map(|answer| answer.status), asked.is_ok())
}

#[actix_rt::test]
async fn who_shows_a_certificate_that_an_authority_vouches_for_is_asked() {
    let called = call(Certificate::Good, Certificate::Good.authority(), "localhost").await;
    assert_eq!(called, (Ok(200), true));
}

#[actix_rt::test]
async fn who_shows_another_one_is_sent_nothing() {
    for (certificate, roots, host, what) in [
        (
            Certificate::Good,
            tls::roots(),
            "localhost",
            "nobody vouches for it",
        ),
        (
            Certificate::Good,
            Certificate::Good.authority(),
            "idp.example",
            "another name",
        ),
        (
            Certificate::Expired,
            Certificate::Expired.authority(),
            "localhost",
            "expired",
        ),
    ] {
        let called = call(certificate, roots, host).await;
        assert_eq!(called, (Err(OutboundError::Tls), false), "{what}");
    }
}
