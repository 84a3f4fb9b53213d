//! Host names: how they are written, and which ones requests may use.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use url::Url;

use crate::yaml::{FromYaml, Item};

/// A host in its canonical spelling (lower case, punycode, no trailing dot, IPv6 in brackets) with an optional port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

/// A host that requests may name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowedHost(Authority);

/// The hosts that requests may name: those that were added, and loopback with any port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts(BTreeSet<AllowedHost>);

impl Authority {
    /// Reads `host` or `host:port` as a `Host` header carries it. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || !text.chars().all(may_be_in_authority) {
            return None;
        }
        let (host, port) = match text.rfind(':').filter(|colon| !text.ends_with(']') && *colon > 0) {
            Some(colon) => (text.get(..colon)?, Some(text.get(colon + 1..)?)),
            None => (text, None),
        };
        let port = match port {
            None => None,
            Some(digits) if digits.chars().all(|c| c.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        if is_canonical(host) {
            let host = host.to_owned();
            return Some(Self { host, port });
        }
        let url = Url::parse(&format!("http://{host}/")).ok()?;
        Self::of_url(&url).map(|authority| authority.with_optional_port(port))
    }

    /// Host and port of a URL; a default port counts as none. `None` for a URL without a host.
    pub fn of_url(url: &Url) -> Option<Self> {
        let host = url.host_str()?.trim_end_matches('.').to_owned();
        (!host.is_empty()).then(|| Self {
            host,
            port: url.port(),
        })
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, if it was named.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The same host with a port.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        self.with_optional_port(Some(port))
    }

    /// The same host with or without a port.
    #[must_use]
    pub fn with_optional_port(self, port: Option<u16>) -> Self {
        Self { port, ..self }
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8`, `[::1]`.
    pub fn is_loopback(&self) -> bool {
        let is_ipv4 = self
            .host
            .parse()
            .is_ok_and(|address: Ipv4Addr| address.is_loopback());
        let inside = self
            .host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let is_ipv6 =
            inside.is_some_and(|text| text.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()));
        self.host == "localhost" || is_ipv4 || is_ipv6
    }
}

/// Whether a host or a port may contain this character. Every request is asked; hence no search in a list.
fn may_be_in_authority(character: char) -> bool {
    match character {
        '/' | '\\' | '?' | '#' | '@' | '%' | ',' | ';' | '*' | '"' | '\'' | '<' | '>' | '|' | '^' | '`'
        | '{' | '}' => false,
        other => !other.is_whitespace() && !other.is_control(),
    }
}

/// Whether a URL would spell the host as it stands here. Nearly every request does, and need not be read as a URL.
fn is_canonical(host: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && !label.starts_with("xn--") && label.bytes().all(is_plain)
    };
    // A name that ends in a number would be read as an address.
    let ends_in_word = host
        .rsplit('.')
        .next()
        .is_some_and(|label| label.starts_with(|first: char| first.is_ascii_lowercase()));
    (ends_in_word && host.split('.').all(is_label)) || host.parse::<Ipv4Addr>().is_ok()
}

impl AllowedHost {
    /// A host with whatever port.
    pub fn any_port(authority: &Authority) -> Self {
        Self(authority.clone().with_optional_port(None))
    }
}

impl AllowedHosts {
    /// Allows one more host.
    pub fn add(&mut self, host: AllowedHost) {
        self.0.insert(host);
    }

    /// Whether a request may name this host. An allowed host without a port allows every port.
    pub fn allows(&self, asked: &Authority) -> bool {
        let is_listed = |host: &AllowedHost| {
            let AllowedHost(allowed) = host;
            allowed.host == asked.host && (allowed.port.is_none() || allowed.port == asked.port)
        };
        asked.is_loopback() || self.0.iter().any(is_listed)
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.host)?;
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for AllowedHosts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for AllowedHost(host) in &self.0 {
            write!(formatter, "{host}, ")?;
        }
        formatter.write_str("loopback")
    }
}

impl FromYaml for AllowedHost {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        let text = item.again().non_empty_string()?;
        match Authority::parse(&text) {
            Some(authority) => Some(Self(authority)),
            None => item.refuse(
                "expected a host such as api.example.com or api.example.com:8443, without scheme and path",
            ),
        }
    }
}
