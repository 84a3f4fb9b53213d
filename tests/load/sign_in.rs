//! A user and a client in one: the whole way from the authorization request to an access token, as often as asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::{Url, form_urlencoded};

use super::http::{Answer, Connection};
use super::process::Server;
use super::project::{PASSWORD, USERNAME};

pub(crate) const REDIRECT_URI: &str = "http://localhost:3000/callback";
const VERIFIER: &str = "a-code-verifier-that-is-long-enough-for-rfc-7636";
/// Pages and redirects in one login at most.
const MOST_STEPS: usize = 10;

/// A browser, which is logged in after the first token.
pub(crate) struct Session {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Session {
    pub(crate) fn open(server: &Server) -> Self {
        Self {
            address: server.address,
            cookies: BTreeMap::new(),
        }
    }

    /// A new access token, of a grant of its own.
    pub(crate) fn token(&mut self) -> String {
        let exchange = exchange(&self.code());
        let answer = Connection::open(self.address).exchange(&exchange);
        answer.member("access_token")
    }

    /// A code that nobody has exchanged yet.
    pub(crate) fn code(&mut self) -> String {
        let digest = ring::digest::digest(&ring::digest::SHA256, VERIFIER.as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(digest);
        let query = encode(&[
            ("response_type", "code"),
            ("client_id", "bench"),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge_method", "S256"),
            ("code_challenge", &challenge),
        ]);
        let mut answer = self.send("GET", &format!("/authorize?{query}"), "");
        for _ in 0..MOST_STEPS {
            match location(&answer) {
                Some(target) if target.starts_with(REDIRECT_URI) => return parameter(&target, "code"),
                Some(target) => answer = self.send("GET", &path(&target), ""),
                None => {
                    let (action, fields) = form(&answer);
                    answer = self.send("POST", &action, &fields);
                }
            }
        }
        panic!("the login does not end: {} {}", answer.head, answer.body);
    }

    fn send(&mut self, method: &str, path: &str, form: &str) -> Answer {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| [name, "=", value].concat())
            .collect();
        let headers = [
            ("Cookie", cookies.join("; ")),
            ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
        ];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        // The server closes connections that lie idle while something else is measured.
        let request = Connection::request(method, path, &headers, form);
        let answer = Connection::open(self.address).exchange(&request);
        for line in header(&answer, "set-cookie") {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// The exchange of a code.
pub(crate) fn exchange(code: &str) -> Vec<u8> {
    form_post(
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", "bench"),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
            ("code", code),
        ],
    )
}

/// A request with a form.
pub(crate) fn form_post(path: &str, pairs: &[(&str, &str)]) -> Vec<u8> {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    Connection::request("POST", path, &headers, &encode(pairs))
}

fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn location(answer: &Answer) -> Option<String> {
    header(answer, "location").next().map(str::to_owned)
}

fn header<'a>(answer: &'a Answer, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The server's own addresses, as far as the connection needs them.
fn path(location: &str) -> String {
    match Url::parse(location) {
        Ok(url) => url[url::Position::BeforePath..].to_owned(),
        Err(_) => location.to_owned(),
    }
}

fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).unwrap();
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {url}"))
        .1
        .into_owned()
}

/// The first form of a page, filled in, with its first button pressed.
fn form(page: &Answer) -> (String, String) {
    let html = &page.body;
    let start = html
        .find("<form ")
        .unwrap_or_else(|| panic!("no form: {}{html}", page.head));
    let form = html[start..].split("</form>").next().unwrap();
    let mut fields = BTreeMap::new();
    for tag in form
        .split('<')
        .filter(|tag| tag.starts_with("input ") || tag.starts_with("button "))
    {
        if let Some(name) = attribute(tag, "name") {
            fields
                .entry(name)
                .or_insert_with(|| attribute(tag, "value").unwrap_or_default());
        }
    }
    for (name, value) in [("username", USERNAME), ("password", PASSWORD)] {
        fields
            .entry(name.to_owned())
            .and_modify(|field| value.clone_into(field));
    }
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    (attribute(form, "action").unwrap(), encode(&pairs))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag[start..].split('"').next()?;
    Some(value.replace("&#x2f;", "/").replace("&amp;", "&"))
}
