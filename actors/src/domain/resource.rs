//! Resource indicators (RFC 8707): which protected resource a token is for.
//!
//! Clients spell the address of one MCP endpoint in several ways: with a trailing slash, with upper-case letters in
//! the host, or as the bare origin. Those mean the configured resource. Everything else is another resource.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::uri::{Authority, UriParts};

/// The longest indicator that is read, in bytes.
pub const LONGEST_RESOURCE: usize = 2048;

/// The canonical address of a protected resource: lower-case scheme and host, no default port, no trailing slash,
/// no query, no fragment. `Display` and [`ResourceIndicator::as_str`] give that form.
///
/// This machine has several names (`localhost`, `127.0.0.1`, `[::1]`). Without TLS each is kept as it was written, and means
/// the same resource.
#[derive(Clone)]
pub struct ResourceIndicator {
    text: String,
    origin_length: usize,
    /// The scheme and the host, if the host is a name of this machine.
    loopback_length: Option<usize>,
}

impl ResourceIndicator {
    /// Reads an absolute `http` or `https` address and brings it into canonical form.
    pub fn parse(text: &str) -> Result<Self, InvalidResource> {
        if text.len() > LONGEST_RESOURCE {
            return Err(InvalidResource::TooLong);
        }
        let parts = UriParts::split(text).map_err(|_| InvalidResource::NotAnAbsoluteUri)?;
        if parts.fragment.is_some() {
            return Err(InvalidResource::HasFragment);
        }
        if parts.query.is_some() || parts.has_dot_segment() {
            return Err(InvalidResource::NotPlain);
        }
        let mut canonical = canonical_origin(&parts)?;
        let origin_length = canonical.len();
        canonical.push_str(parts.path.strip_suffix('/').unwrap_or(parts.path));
        Ok(Self {
            loopback_length: loopback_length(&canonical),
            text: canonical,
            origin_length,
        })
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port: what browsers call the origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.text.get(..self.origin_length).unwrap_or(&self.text)
    }

    /// Whether a client that asks for `requested` means this resource: the same address, or its bare origin.
    pub fn accept(&self, requested: &str) -> Result<(), WrongResource> {
        let requested = Self::parse(requested)?;
        let is_origin = requested.text.len() == requested.origin_length
            && requested.meaning() == (self.meaning().0, self.behind_host(self.origin_length));
        if requested == *self || is_origin {
            Ok(())
        } else {
            Err(WrongResource::Other {
                served: self.text.clone(),
            })
        }
    }
}

impl ResourceIndicator {
    /// Whose machine it is on (`None` for this one) and what stands behind that.
    fn meaning(&self) -> (Option<&str>, &str) {
        (
            self.loopback_length.is_none().then_some(self.origin()),
            self.behind_host(self.text.len()),
        )
    }

    /// What stands behind the part of the text that [`ResourceIndicator::meaning`] puts first, up to `end`.
    fn behind_host(&self, end: usize) -> &str {
        let start = self.loopback_length.unwrap_or(self.origin_length);
        self.text.get(start..end).unwrap_or_default()
    }
}

impl PartialEq for ResourceIndicator {
    fn eq(&self, other: &Self) -> bool {
        self.meaning() == other.meaning()
    }
}

impl Eq for ResourceIndicator {}

impl Hash for ResourceIndicator {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning().hash(state);
    }
}

impl fmt::Display for ResourceIndicator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for ResourceIndicator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ResourceIndicator({})", self.text)
    }
}

/// The text is no resource indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResource {
    /// No scheme, no host, another scheme than http and https, or an illegal character or port.
    #[error("resource is not an absolute http or https address")]
    NotAnAbsoluteUri,
    /// RFC 8707 section 2 forbids a fragment.
    #[error("resource has a fragment; it must not have one")]
    HasFragment,
    /// A user name, a query or dot segments.
    #[error("resource has a user name, a query or dot segments; accepted is scheme, host, port and path")]
    NotPlain,
    /// Longer than [`LONGEST_RESOURCE`].
    #[error("resource has more than {LONGEST_RESOURCE} bytes")]
    TooLong,
}

/// The client asked for a resource that is not served here (`invalid_target`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongResource {
    /// The text is no resource indicator at all.
    #[error(transparent)]
    Invalid(#[from] InvalidResource),
    /// A well-formed address of something else.
    #[error("resource is not served here; accepted is {served}")]
    Other {
        /// The resource that is.
        served: String,
    },
}

/// How much of an address names this machine, without TLS: scheme and host.
fn loopback_length(canonical: &str) -> Option<usize> {
    let names = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    let is_whole = |name: &&str| {
        let rest = canonical.strip_prefix(*name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    };
    names.into_iter().find(is_whole).map(str::len)
}

fn canonical_origin(parts: &UriParts<'_>) -> Result<String, InvalidResource> {
    let scheme = parts.scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return Err(InvalidResource::NotAnAbsoluteUri),
    };
    let Some(authority @ Authority { userinfo, host, .. }) = parts.authority else {
        return Err(InvalidResource::NotAnAbsoluteUri);
    };
    if host.is_empty() {
        return Err(InvalidResource::NotAnAbsoluteUri);
    }
    if userinfo.is_some() {
        return Err(InvalidResource::NotPlain);
    }
    let port = authority
        .port_number()
        .map_err(|_| InvalidResource::NotAnAbsoluteUri)?;
    let host = host.to_ascii_lowercase();
    Ok(match port {
        Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn served() -> ResourceIndicator {
        ResourceIndicator::parse("https://api.example.com/mcp").unwrap()
    }

    #[test]
    fn one_resource_has_one_canonical_form() {
        for text in [
            "HTTPS://API.Example.COM/mcp",
            "https://api.example.com:443/mcp/",
            "https://api.example.com/mcp",
        ] {
            assert_eq!(ResourceIndicator::parse(text).unwrap(), served(), "{text}");
        }
        let local = ResourceIndicator::parse("http://LocalHost:8000").unwrap();
        assert_eq!(
            (local.as_str(), local.origin()),
            ("http://localhost:8000", "http://localhost:8000")
        );
        assert_eq!(served().origin(), "https://api.example.com");
    }

    #[test]
    fn accepts_what_clients_send_for_it() {
        for requested in [
            "https://api.example.com/mcp",
            "https://api.example.com/mcp/",
            "HTTPS://API.EXAMPLE.COM/mcp",
            "https://api.example.com:443/mcp",
            "https://api.example.com",
            "https://api.example.com/",
        ] {
            assert_eq!(served().accept(requested), Ok(()), "{requested}");
        }
    }

    #[test]
    fn the_names_of_this_machine_mean_one_resource_and_stay_as_they_are_written() {
        let served = ResourceIndicator::parse("http://localhost:8000/mcp").unwrap();
        for same in [
            "http://127.0.0.1:8000/mcp",
            "http://[::1]:8000/mcp/",
            "http://localhost:8000/mcp",
        ] {
            let same_resource = ResourceIndicator::parse(same).unwrap();
            assert_eq!(same_resource, served);
            assert_eq!(same_resource.as_str(), same.trim_end_matches('/'));
            assert_eq!(served.accept(same), Ok(()), "{same}");
        }
        for origin in ["http://127.0.0.1:8000", "http://[::1]:8000/"] {
            assert_eq!(served.accept(origin), Ok(()), "{origin}");
        }
        for other in [
            "http://127.0.0.1:8001/mcp",
            "http://127.0.0.1/mcp",
            "http://127.0.0.1:8000/mcp2",
            "http://127.0.0.2:8000/mcp",
            "http://127.0.0.1.example:8000/mcp",
            "http://localhost.example:8000/mcp",
            "https://127.0.0.1:8000/mcp",
        ] {
            assert!(
                matches!(served.accept(other), Err(WrongResource::Other { .. })),
                "{other}"
            );
        }
    }

    #[test]
    fn refuses_every_other_resource() {
        for requested in [
            "https://api.example.com/mcp2",
            "https://api.example.com/mcp/admin",
            "https://api.example.com/other",
            "https://api.example.com/MCP",
            "https://api.example.com/%6dcp",
            "https://api.example.com/mcp//",
            "https://api.example.com//",
            "https://api.example.com:8443/mcp",
            "https://api.example.com:8443",
            "http://api.example.com/mcp",
            "https://api.example.com.evil.test/mcp",
            "https://example.com/mcp",
        ] {
            let expected = WrongResource::Other {
                served: "https://api.example.com/mcp".to_owned(),
            };
            assert_eq!(served().accept(requested), Err(expected), "{requested}");
        }
    }

    #[test]
    fn refuses_what_is_no_indicator() {
        for (requested, error) in [
            ("https://api.example.com/mcp#frag", InvalidResource::HasFragment),
            ("https://api.example.com/mcp#", InvalidResource::HasFragment),
            ("https://api.example.com/mcp?x=1", InvalidResource::NotPlain),
            ("https://evil@api.example.com/mcp", InvalidResource::NotPlain),
            ("https://api.example.com/x/../mcp", InvalidResource::NotPlain),
            ("https://api.example.com/x/%2e%2e/mcp", InvalidResource::NotPlain),
            ("/mcp", InvalidResource::NotAnAbsoluteUri),
            ("https:///mcp", InvalidResource::NotAnAbsoluteUri),
            ("https:api.example.com/mcp", InvalidResource::NotAnAbsoluteUri),
            (
                "https://api.example.com:0443/mcp",
                InvalidResource::NotAnAbsoluteUri,
            ),
            ("urn:example:mcp", InvalidResource::NotAnAbsoluteUri),
            ("https://api.example.com\\mcp", InvalidResource::NotAnAbsoluteUri),
            ("", InvalidResource::NotAnAbsoluteUri),
        ] {
            assert_eq!(
                served().accept(requested),
                Err(WrongResource::Invalid(error)),
                "{requested}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_stable(host in "[a-zA-Z]{1,8}", port in proptest::option::of(1_u16..), path in "(/[a-zA-Z0-9]{1,5}){0,3}/?") {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let first = ResourceIndicator::parse(&format!("https://{host}{port}{path}")).unwrap();
            prop_assert_eq!(ResourceIndicator::parse(first.as_str()).unwrap(), first.clone());
            prop_assert_eq!(first.accept(first.as_str()), Ok(()));
            prop_assert_eq!(first.accept(first.origin()), Ok(()));
            prop_assert!(!first.as_str().ends_with('/'));
        }

        #[test]
        fn only_the_resource_and_its_origin_are_accepted(path in "(/[a-z]{0,4}){0,3}") {
            let accepted = served().accept(&format!("https://api.example.com{path}")).is_ok();
            prop_assert_eq!(accepted, ["", "/", "/mcp", "/mcp/"].contains(&path.as_str()));
        }
    }
}
