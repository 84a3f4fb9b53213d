//! Calls against servers on this machine: what is refused before anything is sent, and what bounds an answer.

mod certificates;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};
use url::Url;

use super::connector::{Addresses, NameService};
use super::*;

/// Answers each connection with these bytes, and counts connections.
struct Peer {
    address: SocketAddr,
    connections: Rc<Cell<u32>>,
}

async fn peer(answer: &'static str) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Rc::new(Cell::new(0));
    let counted = Rc::clone(&connections);
    tokio::task::spawn_local(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.set(counted.get() + 1);
            let mut buffer = [0; 4096];
            if stream.read(&mut buffer).await.is_ok() && !answer.is_empty() {
                stream.write_all(answer.as_bytes()).await.ok();
            }
            open.push(stream);
        }
    });
    Peer { address, connections }
}

/// A name service that gives each of its answers once, and the last one for ever.
struct Names(Vec<&'static str>, Cell<usize>);

impl NameService for Names {
    fn resolve<'a>(&'a self, _host: &'a str, port: u16) -> Addresses<'a> {
        let place = self.1.replace(self.1.get() + 1).min(self.0.len() - 1);
        let found = self.0[place].split_whitespace();
        let found = found.map(|address| SocketAddr::new(address.parse().unwrap(), port));
        let found = found.collect();
        Box::pin(async move { Ok(found) })
    }
}

fn settings(named: &[&str]) -> OutboundSettings {
    let named: BTreeSet<String> = named.iter().map(|host| (*host).to_owned()).collect();
    OutboundSettings {
        most_body_bytes: 64,
        // For a machine that does much else; whoever tests the limit sets it.
        time_limit: Duration::from_mins(1),
        ..OutboundSettings::new(named)
    }
}

fn with_names(settings: OutboundSettings, names: impl NameService + 'static) -> OutboundClient {
    OutboundClient::with_surroundings(settings, names, tls::roots()).unwrap()
}

fn get(url: &str) -> OutboundRequest {
    OutboundRequest {
        method: OutboundMethod::Get,
        url: Url::parse(url).unwrap(),
        accept: "application/json",
        authorization: None,
        body: None,
    }
}

async fn ask(settings: OutboundSettings, url: &str) -> Result<OutboundResponse, OutboundError> {
    OutboundClient::new(settings).unwrap().send(get(url)).await
}

#[actix_rt::test]
async fn an_address_of_this_machine_is_called_only_if_the_configuration_names_it() {
    let peer = peer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    let port = peer.address.port();
    let url = format!("http://127.0.0.1:{port}/");
    assert_eq!(
        ask(settings(&[]), &url).await.unwrap_err(),
        OutboundError::SchemeRefused
    );
    for spelling in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
    ] {
        let refused = ask(settings(&[]), &format!("https://{spelling}:{port}/")).await;
        assert_eq!(refused.unwrap_err(), OutboundError::AddressRefused, "{spelling}");
    }
    assert_eq!(peer.connections.get(), 0);
    let answer = ask(settings(&["127.0.0.1"]), &url).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
}

#[actix_rt::test]
async fn a_name_that_changes_its_mind_is_resolved_once_and_checked() {
    let client = |names| with_names(settings(&[]), Names(names, Cell::new(0)));
    let refused = client(vec!["169.254.169.254 10.0.0.1"])
        .send(get("https://rebind.example/"))
        .await;
    assert_eq!(refused.unwrap_err(), OutboundError::AddressRefused);
    let nothing = client(vec![""]).send(get("https://rebind.example/")).await;
    assert_eq!(nothing.unwrap_err(), OutboundError::Unresolved);
    let names = Rc::new(Names(vec!["127.0.0.1"], Cell::new(0)));
    let named = settings(&["idp.example"]);
    let peer = peer("HTTP/1.1 204 No Content\r\n\r\n").await;
    let client = with_names(named, Shared(Rc::clone(&names)));
    let answer = client
        .send(get(&format!("http://idp.example:{}/", peer.address.port())))
        .await;
    assert_eq!(answer.unwrap().status, 204);
    assert_eq!(names.1.get(), 1, "resolved once");
}

struct Shared(Rc<Names>);

impl NameService for Shared {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a> {
        self.0.resolve(host, port)
    }
}

#[actix_rt::test]
async fn a_redirect_is_an_answer_and_not_a_way() {
    let target = peer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let moved = format!(
        "HTTP/1.1 302 Found\r\nLocation: http://{}/\r\nContent-Length: 0\r\n\r\n",
        target.address
    );
    let peer = peer(moved.leak()).await;
    let answer = ask(settings(&["127.0.0.1"]), &format!("http://{}/", peer.address)).await;
    assert_eq!(answer.unwrap().status, 302);
    assert_eq!(target.connections.get(), 0);
}

#[actix_rt::test]
async fn answers_are_bounded_in_size_and_time() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n{}", "x".repeat(65));
    let endless =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n".to_owned() + &"x".repeat(65) + "\r\n";
    for answer in [long, endless] {
        let peer = peer(answer.leak()).await;
        let refused = ask(settings(&["127.0.0.1"]), &format!("http://{}/", peer.address)).await;
        assert_eq!(refused.unwrap_err(), OutboundError::TooLong);
    }
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx"] {
        let peer = peer(answer).await;
        let mut impatient = settings(&["127.0.0.1"]);
        impatient.time_limit = Duration::from_millis(50);
        let refused = ask(impatient, &format!("http://{}/", peer.address)).await;
        assert_eq!(refused.unwrap_err(), OutboundError::TimedOut);
    }
}

#[actix_rt::test]
async fn what_is_no_http_and_what_is_no_tls_is_told_apart_from_nobody() {
    let peer = peer("SSH-2.0-OpenSSH\r\n\r\n").await;
    let named = || settings(&["127.0.0.1"]);
    let plain = ask(named(), &format!("http://{}/", peer.address)).await;
    assert_eq!(plain.unwrap_err(), OutboundError::Malformed);
    let tls = ask(named(), &format!("https://{}/", peer.address)).await;
    assert_eq!(tls.unwrap_err(), OutboundError::Tls);
    // A port that is taken, and on which nobody listens.
    let silent = TcpSocket::new_v4().unwrap();
    silent.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = silent.local_addr().unwrap();
    let nobody = ask(named(), &format!("http://{address}/")).await;
    assert_eq!(nobody.unwrap_err(), OutboundError::Unreachable);
}

#[actix_rt::test]
async fn a_server_that_is_asked_too_often_says_so_in_one_of_three_ways() {
    for (head, is_limited) in [
        ("429 Too Many Requests\r\n", true),
        ("403 Forbidden\r\nx-ratelimit-remaining: 0\r\n", true),
        ("403 Forbidden\r\nRetry-After: 60\r\n", true),
        ("403 Forbidden\r\nx-ratelimit-remaining: 10\r\n", false),
    ] {
        let peer = peer(format!("HTTP/1.1 {head}Content-Length: 0\r\n\r\n").leak()).await;
        let answer = ask(settings(&["127.0.0.1"]), &format!("http://{}/", peer.address)).await;
        assert_eq!(answer.unwrap().is_rate_limited, is_limited, "{head}");
    }
}

#[test]
fn requests_and_answers_print_nothing() {
    let answer = OutboundResponse {
        status: 200,
        is_rate_limited: false,
        content_type: Some("canary".to_owned()),
        cache_control: None,
        body: zeroize::Zeroizing::new(b"canary".to_vec()),
    };
    assert_eq!(format!("{answer:?}"), "OutboundResponse { status: 200, .. }");
    assert_eq!(OutboundError::Tls.to_string(), OutboundError::Tls.reason());
}
