//! Redirect URIs: which ones a client may register, and when a requested one is a registered one.
//!
//! Comparison is of bytes (RFC 9700 section 2.1), with one exemption: the port of an `http` address on this very
//! machine is free, because native applications listen wherever they can (RFC 8252 section 7.3). Whatever a
//! browser could read differently from us is refused at registration, so that no comparison has to be clever.

mod error;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::Ipv4Addr;
use std::ops::Range;

use url::Url;

pub use error::InvalidRedirectUri;

use super::uri::{Authority, UriParts};

/// The longest redirect URI, in bytes.
pub const LONGEST_REDIRECT_URI: usize = 2048;

/// The redirect "URI" of clients that ask the user to copy the code from a page.
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

const LONGEST_SCHEME: usize = 64;

/// Schemes that are no application's own: browsers and operating systems give them a meaning, often a dangerous one.
const FORBIDDEN_SCHEMES: [&str; 4] = [
    // They carry script or content, and would run with the origin of the page that redirects.
    "javascript vbscript livescript mocha data blob filesystem jar mhtml feed",
    // They show the browser's or the machine's own things.
    "about file view-source chrome edge resource res shell help hcp search-ms ms-msdt",
    // They start another protocol or application with an argument of the caller's choice.
    "ftp ftps sftp ssh telnet ldap gopher ws wss smb mailto tel sms callto intent cid mid",
    // Names, which lead nowhere.
    "urn",
];

/// Who vouches for a redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectTrust {
    /// The operator wrote it into the configuration: the out-of-band form is allowed as well.
    Configured,
    /// A client registered it or published it in its metadata document.
    SelfRegistered,
}

/// The ways in which an authorization response can reach a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// An `https` address.
    Https,
    /// An `http` address on the machine of the browser: `127.0.0.0/8`, `[::1]` or `localhost`.
    Loopback,
    /// The private-use scheme of a native application, such as `cursor://…` (RFC 8252 section 7.1).
    PrivateUse,
    /// [`OUT_OF_BAND`]: no redirect; a page shows the code.
    OutOfBand,
}

/// An acceptable redirect URI, byte for byte as it was given.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri {
    text: String,
    kind: RedirectKindAndHost,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum RedirectKindAndHost {
    Https {
        host: Range<usize>,
    },
    /// `port` begins at the colon and is empty if there is no port.
    Loopback {
        host: Range<usize>,
        port: Range<usize>,
    },
    PrivateUse {
        scheme: Range<usize>,
    },
    OutOfBand,
}

impl RedirectUri {
    /// Accepts a URI to which an authorization response may be sent.
    pub fn parse(text: &str, trust: RedirectTrust) -> Result<Self, InvalidRedirectUri> {
        if text == OUT_OF_BAND {
            return match trust {
                RedirectTrust::Configured => Ok(Self {
                    text: text.to_owned(),
                    kind: RedirectKindAndHost::OutOfBand,
                }),
                RedirectTrust::SelfRegistered => Err(InvalidRedirectUri::OutOfBand),
            };
        }
        if text.len() > LONGEST_REDIRECT_URI {
            return Err(InvalidRedirectUri::TooLong);
        }
        let parts = UriParts::split(text)?;
        refuse_scheme(parts.scheme)?;
        if parts.fragment.is_some() {
            return Err(InvalidRedirectUri::Fragment);
        }
        if parts
            .authority
            .is_some_and(|authority| authority.userinfo.is_some())
        {
            return Err(InvalidRedirectUri::UserInformation);
        }
        if parts.has_dot_segment() {
            return Err(InvalidRedirectUri::DotSegment);
        }
        if parts.has_encoded_control_character() {
            return Err(InvalidRedirectUri::ControlCharacter);
        }
        let kind = match parts.scheme {
            "https" => RedirectKindAndHost::Https {
                host: web_address(text, &parts)?.host,
            },
            "http" => loopback(text, &parts)?,
            _ => private_use(&parts)?,
        };
        Ok(Self {
            text: text.to_owned(),
            kind,
        })
    }

    /// The URI as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How a response reaches the client.
    #[must_use]
    pub const fn kind(&self) -> RedirectKind {
        match self.kind {
            RedirectKindAndHost::Https { .. } => RedirectKind::Https,
            RedirectKindAndHost::Loopback { .. } => RedirectKind::Loopback,
            RedirectKindAndHost::PrivateUse { .. } => RedirectKind::PrivateUse,
            RedirectKindAndHost::OutOfBand => RedirectKind::OutOfBand,
        }
    }

    /// What a consent page must show as the receiver: the host, or the scheme of an application. ASCII only.
    #[must_use]
    pub fn receiver(&self) -> &str {
        match &self.kind {
            RedirectKindAndHost::Https { host } | RedirectKindAndHost::Loopback { host, .. } => {
                self.slice(host)
            }
            RedirectKindAndHost::PrivateUse { scheme } => self.slice(scheme),
            RedirectKindAndHost::OutOfBand => OUT_OF_BAND,
        }
    }

    /// Whether a request for `requested` may be answered when this URI is registered.
    #[must_use]
    pub fn allows(&self, requested: &Self) -> bool {
        self.text == requested.text
            || (self.kind() == RedirectKind::Loopback
                && self.text_without_loopback_port() == requested.text_without_loopback_port())
    }

    /// The text, without the port if it is free: equal for URIs that allow each other.
    #[must_use]
    pub fn text_without_loopback_port(&self) -> String {
        match &self.kind {
            RedirectKindAndHost::Loopback { port, .. } => {
                let (before, after) = (
                    self.slice(&(0..port.start)),
                    self.slice(&(port.end..self.text.len())),
                );
                format!("{before}{after}")
            }
            _ => self.text.clone(),
        }
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or(&self.text)
    }
}

fn refuse_scheme(scheme: &str) -> Result<(), InvalidRedirectUri> {
    let is_forbidden = FORBIDDEN_SCHEMES
        .iter()
        .any(|group| group.split(' ').any(|forbidden| forbidden == scheme));
    let is_lower_case = !scheme.bytes().any(|byte| byte.is_ascii_uppercase());
    if scheme.len() > LONGEST_SCHEME || !is_lower_case || is_forbidden {
        return Err(InvalidRedirectUri::Scheme);
    }
    Ok(())
}

/// Where host and port of a web address stand in its text.
struct WebAddress {
    host: Range<usize>,
    port: Range<usize>,
}

/// Checks an `http` or `https` address, and that a browser reads the same host and port in it as we do.
fn web_address(text: &str, parts: &UriParts<'_>) -> Result<WebAddress, InvalidRedirectUri> {
    let Some(authority @ Authority { host, port, .. }) = parts.authority else {
        return Err(InvalidRedirectUri::Host);
    };
    // Browsers accept more in a host than any name or address has, a `*` for example.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[:]".contains(&byte);
    if !host.bytes().all(is_plain) {
        return Err(InvalidRedirectUri::Host);
    }
    let port_number = authority.port_number().map_err(|_| InvalidRedirectUri::Port)?;
    let browser = Url::parse(text).map_err(|_| InvalidRedirectUri::Host)?;
    let default_port = if parts.scheme == "https" { 443 } else { 80 };
    if browser.host_str() != Some(host.to_ascii_lowercase().as_str()) {
        return Err(InvalidRedirectUri::Host);
    }
    if browser.port_or_known_default() != Some(port_number.unwrap_or(default_port)) {
        return Err(InvalidRedirectUri::Port);
    }
    let host_start = parts.scheme.len() + "://".len();
    let host_end = host_start + host.len();
    let port_end = host_end + port.map_or(0, |digits| 1 + digits.len());
    Ok(WebAddress {
        host: host_start..host_end,
        port: host_end..port_end,
    })
}

fn loopback(text: &str, parts: &UriParts<'_>) -> Result<RedirectKindAndHost, InvalidRedirectUri> {
    let host = parts.authority.map_or("", |authority| authority.host);
    let is_loopback_address = host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback());
    if host != "localhost" && host != "[::1]" && !is_loopback_address {
        return Err(InvalidRedirectUri::HttpBeyondLoopback);
    }
    let WebAddress { host, port } = web_address(text, parts)?;
    Ok(RedirectKindAndHost::Loopback { host, port })
}

fn private_use(parts: &UriParts<'_>) -> Result<RedirectKindAndHost, InvalidRedirectUri> {
    let has_host = parts
        .authority
        .is_some_and(|authority| !authority.host.is_empty());
    if !has_host && parts.path.trim_matches('/').is_empty() {
        return Err(InvalidRedirectUri::Empty);
    }
    Ok(RedirectKindAndHost::PrivateUse {
        scheme: 0..parts.scheme.len(),
    })
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RedirectUri({})", self.text)
    }
}
