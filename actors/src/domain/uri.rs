//! Takes a URI apart (RFC 3986) without changing a byte of it.
//!
//! Redirect URIs and resource indicators are compared as bytes, so a parser that normalises would hide exactly
//! the differences that attacks are made of. Nothing here decides what is acceptable; `redirect_uri.rs` and
//! `resource.rs` do.

/// The parts of a URI, each a slice of the original text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UriParts<'a> {
    pub(super) scheme: &'a str,
    pub(super) authority: Option<Authority<'a>>,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) fragment: Option<&'a str>,
}

/// What stands between `//` and the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    pub(super) userinfo: Option<&'a str>,
    /// With the brackets, if it is an IPv6 literal.
    pub(super) host: &'a str,
    /// Without the colon; empty if nothing follows it.
    pub(super) port: Option<&'a str>,
}

/// The text is no URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAUri {
    /// A byte that no URI has: a control character, a space, a backslash, a quotation mark, anything beyond ASCII,
    /// or a percent sign without two hexadecimal digits.
    IllegalCharacter { position: usize },
    /// There is no scheme with a colon in front.
    NoScheme,
}

impl<'a> UriParts<'a> {
    pub(super) fn split(text: &'a str) -> Result<Self, NotAUri> {
        if let Some(position) = first_illegal_byte(text.as_bytes()) {
            return Err(NotAUri::IllegalCharacter { position });
        }
        let (scheme, rest) = text.split_once(':').ok_or(NotAUri::NoScheme)?;
        if !is_scheme(scheme) {
            return Err(NotAUri::NoScheme);
        }
        let (rest, fragment) = split_optional(rest, '#');
        let (rest, query) = split_optional(rest, '?');
        let (authority, path) = match rest.strip_prefix("//") {
            Some(after) => {
                let end = after.find('/').unwrap_or(after.len());
                let (authority, path) = after.split_at(end);
                (Some(Authority::split(authority)), path)
            }
            None => (None, rest),
        };
        Ok(Self {
            scheme,
            authority,
            path,
            query,
            fragment,
        })
    }

    /// Whether a segment of the path is `.` or `..`, also when percent-encoded: a browser would remove it.
    pub(super) fn has_dot_segment(&self) -> bool {
        self.path.split('/').any(|segment| {
            let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
            decoded == "." || decoded == ".."
        })
    }

    /// Whether a control character is hidden behind a percent sign.
    pub(super) fn has_encoded_control_character(&self) -> bool {
        [Some(self.path), self.query].into_iter().flatten().any(|part| {
            part.split('%').skip(1).any(|after| {
                let code = after
                    .get(..2)
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                code.is_some_and(|code| code.is_ascii_control())
            })
        })
    }
}

impl<'a> Authority<'a> {
    fn split(text: &'a str) -> Self {
        let (userinfo, host_and_port) = match text.rsplit_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, text),
        };
        let after_literal = host_and_port.rfind(']').map_or(0, |bracket| bracket + 1);
        let colon = host_and_port
            .get(after_literal..)
            .and_then(|rest| rest.find(':'))
            .map(|at| at + after_literal);
        let (host, port) = match colon.and_then(|colon| host_and_port.split_at_checked(colon)) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => (host_and_port, None),
        };
        Self { userinfo, host, port }
    }

    /// The port as a number: 1 to 65535 without leading zeros. `Err` if something else stands there.
    pub(super) fn port_number(&self) -> Result<Option<u16>, InvalidPort> {
        let Some(digits) = self.port else { return Ok(None) };
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        match digits.parse() {
            Ok(number) if is_plain => Ok(Some(number)),
            _ => Err(InvalidPort),
        }
    }
}

/// What follows the colon after the host is no port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidPort;

fn split_optional(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn first_illegal_byte(bytes: &[u8]) -> Option<usize> {
    bytes.iter().enumerate().position(|(position, &byte)| match byte {
        b'%' => {
            let digits = bytes.get(position + 1..position + 3);
            !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        }
        _ => !is_uri_byte(byte),
    })
}

/// The unreserved and reserved characters of RFC 3986 section 2.
fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn splits_without_changing_anything() {
        let parts = UriParts::split("HTTPS://User:pw@Host.Example:0443/a/../b?x=1?y#f#g").unwrap();
        assert_eq!((parts.scheme, parts.path), ("HTTPS", "/a/../b"));
        assert_eq!((parts.query, parts.fragment), (Some("x=1?y"), Some("f#g")));
        let authority = Authority {
            userinfo: Some("User:pw"),
            host: "Host.Example",
            port: Some("0443"),
        };
        assert_eq!(parts.authority, Some(authority));
        assert_eq!(authority.port_number(), Err(InvalidPort));
    }

    #[test]
    fn ipv6_literals_keep_their_brackets_and_colons() {
        let host_of = |text| UriParts::split(text).unwrap().authority.unwrap();
        assert_eq!(
            host_of("http://[::1]/cb"),
            Authority {
                userinfo: None,
                host: "[::1]",
                port: None
            }
        );
        let with_port = host_of("http://[::1]:8080/cb");
        assert_eq!(
            (with_port.host, with_port.port_number()),
            ("[::1]", Ok(Some(8080)))
        );
    }

    #[test]
    fn ports_have_one_spelling() {
        let port_of = |text| UriParts::split(text).unwrap().authority.unwrap().port_number();
        assert_eq!(port_of("http://h:1/"), Ok(Some(1)));
        assert_eq!(port_of("http://h:65535"), Ok(Some(65535)));
        for text in [
            "http://h:/",
            "http://h:0/",
            "http://h:080/",
            "http://h:65536/",
            "http://h:+80/",
            "http://h:8a/",
        ] {
            assert_eq!(port_of(text), Err(InvalidPort), "{text}");
        }
    }

    #[test]
    fn refuses_bytes_that_no_uri_has() {
        for (text, position) in [
            ("https://h/a b", 11),
            ("https://h\\@e", 9),
            ("https://h/%2", 10),
            ("https://h/\u{e9}", 10),
        ] {
            assert_eq!(
                UriParts::split(text),
                Err(NotAUri::IllegalCharacter { position }),
                "{text}"
            );
        }
        assert_eq!(UriParts::split("/relative"), Err(NotAUri::NoScheme));
        assert_eq!(UriParts::split("1http://h"), Err(NotAUri::NoScheme));
    }

    #[test]
    fn finds_dot_segments_and_hidden_control_characters() {
        let has_dots = |text| UriParts::split(text).unwrap().has_dot_segment();
        assert!(has_dots("https://h/a/../b") && has_dots("https://h/%2e%2E") && has_dots("https://h/.%2e/b"));
        assert!(!has_dots("https://h/a..b/...") && !has_dots("https://h/.well-known/x"));
        let has_control = |text| UriParts::split(text).unwrap().has_encoded_control_character();
        assert!(has_control("https://h/%0d%0aSet-Cookie") && has_control("https://h/?x=%00"));
        assert!(!has_control("https://h/%20?x=%7e"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_splitter_panic(text in "\\PC{0,80}") {
            if let Ok(parts) = UriParts::split(&text) {
                prop_assert!(text.starts_with(parts.scheme));
                let _ = (parts.has_dot_segment(), parts.has_encoded_control_character());
            }
        }
    }
}
