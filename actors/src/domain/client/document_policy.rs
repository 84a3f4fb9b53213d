//! Whose metadata documents the operator accepts, and from where they and the keys of clients may be read.

use std::collections::BTreeSet;
use std::fmt;

use url::Url;

use super::{LOOPBACK_HOSTS, MetadataDocumentUrl};

/// The longest name of the domain name system, in bytes (RFC 1035 section 2.3.4).
const LONGEST_DOMAIN: usize = 253;
const LONGEST_LABEL: usize = 63;
const HTTPS_PORT: u16 = 443;

/// A name of the domain name system, which stands for itself and everything below it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

impl Domain {
    /// Accepts labels of letters, digits and hyphens with dots between them, in any case.
    pub fn parse(text: &str) -> Result<Self, InvalidDomain> {
        let is_label = |label: &str| {
            (1..=LONGEST_LABEL).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if text.len() > LONGEST_DOMAIN || !text.split('.').all(is_label) {
            return Err(InvalidDomain);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// Whether a host, in lower case, is this domain or lies below it.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let below = host.strip_suffix(&self.0);
        below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Domain({})", self.0)
    }
}

/// The text is no domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a domain such as example.com, which stands for itself and every name below it: no scheme, port, path or \
     wildcard, and a name with other letters in its xn-- form"
)]
pub struct InvalidDomain;

/// What the operator decided about metadata documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentPolicy {
    /// The only domains whose documents are accepted; `None` for all.
    pub allowed_domains: Option<Vec<Domain>>,
    /// Domains whose documents are refused, also below an allowed one.
    pub denied_domains: Vec<Domain>,
    /// The ports that documents are read from.
    pub allowed_ports: BTreeSet<u16>,
    /// Whether documents are also read from this machine, from any port and without TLS: for development.
    pub allows_loopback: bool,
}

impl Default for DocumentPolicy {
    /// Every domain, at the port of https.
    fn default() -> Self {
        Self {
            allowed_domains: None,
            denied_domains: Vec::new(),
            allowed_ports: [HTTPS_PORT].into(),
            allows_loopback: false,
        }
    }
}

/// Why the document at a URL is not accepted whatever it says. The messages may be shown to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// Anybody on the way could change the document.
    #[error("its address is not https")]
    NotEncrypted,
    /// Another port than those that documents are read from.
    #[error("documents are not read from port {0}")]
    Port(u16),
    /// The operator does not want applications of this domain.
    #[error("the operator of this server does not accept applications of its domain")]
    Domain,
}

impl DocumentPolicy {
    /// Whether keys may be read at an address that a client gave. Whose applications are welcome is no question here: where
    /// a welcome one keeps its keys is its own affair.
    pub fn admit_keys(&self, url: &Url) -> Result<(), PolicyRefusal> {
        let host = url.host_str().unwrap_or_default();
        if self.denied_domains.iter().any(|domain| domain.covers(host)) {
            return Err(PolicyRefusal::Domain);
        }
        if self.allows_loopback && LOOPBACK_HOSTS.contains(&host) {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err(PolicyRefusal::NotEncrypted);
        }
        match url.port_or_known_default() {
            Some(port) if !self.allowed_ports.contains(&port) => Err(PolicyRefusal::Port(port)),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the document at this URL may be read and relied on.
    pub fn admit(&self, url: &MetadataDocumentUrl) -> Result<(), PolicyRefusal> {
        let is_in = |domains: &[Domain]| domains.iter().any(|domain| domain.covers(url.host()));
        if is_in(&self.denied_domains) {
            return Err(PolicyRefusal::Domain);
        }
        if self.allows_loopback && url.is_loopback() {
            return Ok(());
        }
        if !url.is_https() {
            return Err(PolicyRefusal::NotEncrypted);
        }
        if self
            .allowed_domains
            .as_ref()
            .is_some_and(|allowed| !is_in(allowed))
        {
            return Err(PolicyRefusal::Domain);
        }
        if !self.allowed_ports.contains(&url.port()) {
            return Err(PolicyRefusal::Port(url.port()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client::ClientId;

    fn domains(texts: &[&str]) -> Vec<Domain> {
        texts.iter().map(|text| Domain::parse(text).unwrap()).collect()
    }

    fn admit(policy: &DocumentPolicy, text: &str) -> Result<(), PolicyRefusal> {
        policy.admit(&MetadataDocumentUrl::parse(&ClientId::parse(text).unwrap()).unwrap())
    }

    #[test]
    fn a_domain_stands_for_itself_and_what_lies_below_it() {
        let domain = Domain::parse("Example.com").unwrap();
        assert_eq!(domain.to_string(), "example.com");
        for host in ["example.com", "a.example.com", "b.a.example.com"] {
            assert!(domain.covers(host), "{host}");
        }
        for host in [
            "evilexample.com",
            "example.com.evil",
            "com",
            "example.org",
            ".com",
        ] {
            assert!(!domain.covers(host), "{host}");
        }
        for text in [
            "",
            "*.example.com",
            "example.com.",
            "https://example.com",
            "example.com:443",
            "a..b",
            "größe.de",
            "-a.de",
        ] {
            assert_eq!(Domain::parse(text), Err(InvalidDomain), "{text}");
        }
    }

    #[test]
    fn every_domain_is_accepted_over_https_unless_the_operator_says_otherwise() {
        let policy = DocumentPolicy::default();
        assert_eq!(admit(&policy, "https://app.example/client.json"), Ok(()));
        assert_eq!(admit(&policy, "https://app.example:443/client.json"), Ok(()));
        assert_eq!(
            admit(&policy, "https://app.example:8443/c"),
            Err(PolicyRefusal::Port(8443))
        );
        assert_eq!(
            admit(&policy, "http://localhost:8000/c"),
            Err(PolicyRefusal::NotEncrypted)
        );
        assert_eq!(
            admit(&policy, "https://127.0.0.1:8443/c"),
            Err(PolicyRefusal::Port(8443))
        );
    }

    #[test]
    fn a_denied_domain_is_refused_also_below_an_allowed_one() {
        let policy = DocumentPolicy {
            allowed_domains: Some(domains(&["example.com"])),
            denied_domains: domains(&["users.example.com"]),
            ..DocumentPolicy::default()
        };
        assert_eq!(admit(&policy, "https://app.example.com/c"), Ok(()));
        for text in [
            "https://users.example.com/c",
            "https://eve.users.example.com/c",
            "https://example.org/c",
        ] {
            assert_eq!(admit(&policy, text), Err(PolicyRefusal::Domain), "{text}");
        }
    }

    #[test]
    fn documents_on_this_machine_are_for_development() {
        let policy = DocumentPolicy {
            allowed_domains: Some(domains(&["example.com"])),
            allows_loopback: true,
            ..DocumentPolicy::default()
        };
        for text in [
            "http://localhost:8000/c",
            "http://127.0.0.1/c",
            "http://[::1]:8000/c",
            "https://localhost:8443/c",
        ] {
            assert_eq!(admit(&policy, text), Ok(()), "{text}");
        }
        let denied = DocumentPolicy {
            denied_domains: domains(&["localhost"]),
            ..policy
        };
        assert_eq!(
            admit(&denied, "http://localhost:8000/c"),
            Err(PolicyRefusal::Domain)
        );
    }
}
