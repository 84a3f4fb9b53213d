//! A public URL: scheme, host, port if it is not the default, and a path prefix.

use std::fmt;

use url::Url;

use super::Authority;
use crate::yaml::{FromYaml, Item};

/// The schemes of a public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

/// The start of every URL of this server, without a trailing slash. The default ports 80 and 443 are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    path: String,
}

/// Why a text is no public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBaseUrl {
    /// Not an absolute http or https URL.
    #[error("expected an http or https URL such as https://api.example.com")]
    NotAWebAddress,
    /// User name, password, query or fragment.
    #[error("expected a URL without user name, password, query and fragment")]
    TooMuch,
}

impl Scheme {
    /// Reads `http` or `https` in any case.
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("https") {
            Some(Self::Https)
        } else {
            text.eq_ignore_ascii_case("http").then_some(Self::Http)
        }
    }

    /// The scheme as it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL of this scheme need not name.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl BaseUrl {
    /// A public URL without a path.
    pub fn new(scheme: Scheme, authority: Authority) -> Self {
        let port = authority.port().filter(|port| *port != scheme.default_port());
        Self {
            scheme,
            authority: authority.with_optional_port(port),
            path: String::new(),
        }
    }

    /// Reads a URL; a path is kept as the prefix of all paths.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidBaseUrl::NotAWebAddress)?;
        let scheme = Scheme::parse(url.scheme()).ok_or(InvalidBaseUrl::NotAWebAddress)?;
        let authority = Authority::of_url(&url).ok_or(InvalidBaseUrl::NotAWebAddress)?;
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if has_credentials || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBaseUrl::TooMuch);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        Ok(Self {
            path,
            ..Self::new(scheme, authority)
        })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host and port.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The path prefix: empty, or `/prefix`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Scheme and authority, as an `Origin` header spells them.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), self.authority)
    }

    /// The URL of a path of this server, which starts with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}://{}{}",
            self.scheme.as_str(),
            self.authority,
            self.path
        )
    }
}

impl FromYaml for BaseUrl {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        let text = item.again().non_empty_string()?;
        match Self::parse(&text) {
            Ok(base_url) => Some(base_url),
            Err(error) => item.refuse(error.to_string()),
        }
    }
}

impl FromYaml for Scheme {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[("http", Self::Http), ("https", Self::Https)])
    }
}
