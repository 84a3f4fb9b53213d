//! Picks the redirect URI of an authorization request, and explains to people why one was refused.

use super::{Client, ClientOrigin};
use crate::domain::redirect_uri::{InvalidRedirectUri, RedirectTrust, RedirectUri};

/// No response may be sent anywhere: an error page is shown instead of a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectRefusal {
    /// Nobody could register this.
    #[error("Invalid redirect_uri: {0}")]
    Invalid(#[from] InvalidRedirectUri),
    /// The client registered others.
    #[error("Invalid redirect_uri: it is not registered for this client{}", hint_text(*.hint))]
    NotRegistered {
        /// What is probably the matter.
        hint: Option<RedirectHint>,
    },
    /// The request named none, and the client has several.
    #[error("Invalid redirect_uri: it is missing, and this client has registered more than one")]
    Missing,
}

/// The usual reasons why an address that looks right is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectHint {
    /// Only a slash at the end differs.
    TrailingSlash,
    /// Only the port differs, and it is no loopback address.
    Port,
    /// One says `localhost`, the other `127.0.0.1` or `[::1]`.
    LoopbackName,
    /// Only `http` and `https` differ.
    Scheme,
}

const fn hint_text(hint: Option<RedirectHint>) -> &'static str {
    match hint {
        None => "",
        Some(RedirectHint::TrailingSlash) => "; one that differs only in the trailing slash is",
        Some(RedirectHint::Port) => "; one that differs only in the port is",
        Some(RedirectHint::LoopbackName) => "; one that differs only in localhost versus 127.0.0.1 is",
        Some(RedirectHint::Scheme) => "; one that differs only in http versus https is",
    }
}

impl Client {
    /// The redirect URI to answer to: the requested one if it is registered, or the only registered one if the
    /// request names none (RFC 6749 section 3.1.2.3).
    pub fn choose_redirect_uri(&self, requested: Option<&str>) -> Result<RedirectUri, RedirectRefusal> {
        let Some(requested) = requested else {
            return match self.redirect_uris.as_slice() {
                [only] => Ok(only.clone()),
                _ => Err(RedirectRefusal::Missing),
            };
        };
        let trust = match self.origin {
            ClientOrigin::Configured => RedirectTrust::Configured,
            ClientOrigin::Registered | ClientOrigin::MetadataDocument(_) => RedirectTrust::SelfRegistered,
        };
        let requested = RedirectUri::parse(requested, trust)?;
        if self
            .redirect_uris
            .iter()
            .any(|registered| registered.allows(&requested))
        {
            return Ok(requested);
        }
        let hint = self
            .redirect_uris
            .iter()
            .find_map(|registered| hint(registered.as_str(), requested.as_str()));
        Err(RedirectRefusal::NotRegistered { hint })
    }
}

fn hint(registered: &str, requested: &str) -> Option<RedirectHint> {
    let equal_after = |change: fn(&str) -> String| change(registered) == change(requested);
    if equal_after(|text| text.trim_end_matches('/').to_owned()) {
        Some(RedirectHint::TrailingSlash)
    } else if equal_after(without_port) {
        Some(RedirectHint::Port)
    } else if equal_after(|text| {
        without_port(
            &text
                .replacen("//127.0.0.1", "//localhost", 1)
                .replacen("//[::1]", "//localhost", 1),
        )
    }) {
        Some(RedirectHint::LoopbackName)
    } else if equal_after(|text| text.replacen("http:", "https:", 1)) {
        Some(RedirectHint::Scheme)
    } else {
        None
    }
}

/// Takes the digits after the host away. Good enough to explain, never to decide.
fn without_port(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("//") else {
        return text.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = authority.trim_end_matches(|character: char| character.is_ascii_digit());
    let host = host.strip_suffix(':').unwrap_or(authority);
    format!("{scheme}//{host}{path}")
}
