//! Documents from servers on this machine, which the policy allows here; and where no call is made at all.

use std::sync::mpsc;
use std::thread;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::super::OutboundDocuments;
use super::*;

/// A server that gives each caller the next of these answers, and what it was asked.
fn served(answers: Vec<String>) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, asked) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap();
            sender
                .send(String::from_utf8_lossy(&head[..length]).into_owned())
                .unwrap();
            stream.write_all(answer.as_bytes()).ok();
        }
    });
    (port, asked)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

fn url(text: &str) -> MetadataDocumentUrl {
    MetadataDocumentUrl::parse(&ClientId::parse(text).unwrap()).unwrap()
}

fn documents(allows_loopback: bool) -> OutboundDocuments {
    let policy = DocumentPolicy {
        allows_loopback,
        ..DocumentPolicy::default()
    };
    OutboundDocuments::new(&policy).unwrap()
}

/// What comes of reading documents that are answered like this.
async fn read(answers: Vec<String>) -> Vec<Result<ReadDocument, DocumentRefusal>> {
    let (count, (port, _asked)) = (answers.len(), served(answers));
    let (documents, url) = (
        documents(true),
        url(&format!("http://127.0.0.1:{port}/client.json")),
    );
    let mut found = Vec::new();
    for _ in 0..count {
        found.push(documents.read(&url).await);
    }
    found
}

#[actix_rt::test]
async fn a_document_is_json_under_any_name_for_it() {
    let types = [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/oauth-client+json",
    ];
    let answers = types.map(|media_type| {
        let headers =
            format!("Content-Type: {media_type}\r\nCache-Control: public\r\ncache-control: max-age=60\r\n");
        answer("200 OK", &headers, "{\"client_id\": \"x\"}")
    });
    for (found, media_type) in read(answers.into()).await.into_iter().zip(types) {
        let document = found.expect(media_type);
        assert_eq!(document.members["client_id"], "x");
        assert_eq!(document.cache_control.as_deref(), Some("public, max-age=60"));
    }
}

#[actix_rt::test]
async fn what_is_no_document_is_refused_with_its_reason() {
    let json = "Content-Type: application/json\r\n";
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(5 * 1024));
    let (answers, refusals): (Vec<_>, Vec<_>) = [
        (
            answer("302 Found", "Location: https://app.example/\r\n", ""),
            DocumentRefusal::Redirect,
        ),
        (answer("304 Not Modified", json, ""), DocumentRefusal::Redirect),
        (answer("404 Not Found", json, "{}"), DocumentRefusal::Status(404)),
        (answer("201 Created", json, "{}"), DocumentRefusal::Status(201)),
        (
            answer("200 OK", "Content-Type: text/html\r\n", "{}"),
            DocumentRefusal::MediaType,
        ),
        (
            answer("200 OK", "Content-Type: text/json\r\n", "{}"),
            DocumentRefusal::MediaType,
        ),
        (answer("200 OK", "", "{}"), DocumentRefusal::MediaType),
        (answer("200 OK", json, "[]"), DocumentRefusal::NotAnObject),
        (answer("200 OK", json, "{"), DocumentRefusal::NotAnObject),
        (
            answer("200 OK", json, &large),
            DocumentRefusal::Outbound(OutboundError::TooLong),
        ),
    ]
    .into_iter()
    .unzip();
    for (found, refusal) in read(answers).await.into_iter().zip(refusals) {
        assert_eq!(found, Err(refusal));
    }
}

#[actix_rt::test]
async fn a_server_is_told_who_asks_and_nothing_else() {
    let json = "Content-Type: application/json\r\n";
    let (port, asked) = served(vec![answer("200 OK", json, "{}")]);
    let url = url(&format!("http://127.0.0.1:{port}/client.json"));
    documents(true).read(&url).await.unwrap();
    let head = asked.recv().unwrap().to_ascii_lowercase();
    assert!(head.starts_with("get /client.json http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: mxcp-actor/"), "{head}");
    assert!(head.contains("\r\naccept: application/json\r\n"), "{head}");
    for absent in ["cookie", "authorization", "referer", "origin"] {
        assert!(!head.contains(absent), "{head}");
    }
}

#[actix_rt::test]
async fn addresses_that_are_not_on_the_internet_are_not_called() {
    let documents = documents(false);
    for text in [
        "https://localhost/client.json",
        "https://127.0.0.1/client.json",
        "https://[::1]/client.json",
        "https://10.0.0.1/client.json",
        "https://169.254.169.254/latest",
        "https://[::ffff:a9fe:a9fe]/latest",
        "https://100.64.0.1/client.json",
    ] {
        let refused = documents.read(&url(text)).await.unwrap_err();
        assert_eq!(
            refused,
            DocumentRefusal::Outbound(OutboundError::AddressRefused),
            "{text}"
        );
        assert!(!refused.is_temporary(), "{text}");
    }
}
