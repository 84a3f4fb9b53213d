//! Reads the `Authorization` header of a client: the Basic scheme (RFC 7617), with both parts form-encoded as OAuth wants
//! them (RFC 6749 section 2.3.1 and appendix B). Whether a client may authenticate this way is the use cases' business.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mxcp_actors::domain::secret::Secret;
use percent_encoding::percent_decode_str;

use crate::oauth::client_authentication::{BasicCredentials, HeaderCredentials};

/// Clients disagree about the padding of base64.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the header says about the client.
pub(crate) fn header_credentials(headers: &HeaderMap) -> HeaderCredentials {
    let mut values = headers.get_all(AUTHORIZATION);
    match (values.next(), values.next()) {
        (None, _) => HeaderCredentials::Absent,
        (Some(value), None) => value.to_str().map_or(HeaderCredentials::Unusable, parse),
        (Some(_), Some(_)) => HeaderCredentials::Unusable,
    }
}

fn parse(header: &str) -> HeaderCredentials {
    parse_basic(header).unwrap_or(HeaderCredentials::Unusable)
}

fn parse_basic(header: &str) -> Option<HeaderCredentials> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64.decode(encoded.trim_start()).ok()?;
    let pair = String::from_utf8(decoded).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let spaced = |part: &str| decode(&part.replace('+', " "));
    // Many clients send their parts unencoded, and secrets made from base64 have plus signs that are meant.
    let unencoded = pair.contains('+').then(|| read(id, secret, decode)).flatten();
    Some(HeaderCredentials::Basic {
        encoded: read(id, secret, spaced)?,
        unencoded,
    })
}

fn read(id: &str, secret: &str, decode: impl Fn(&str) -> Option<String>) -> Option<BasicCredentials> {
    Some(BasicCredentials {
        id: decode(id)?,
        secret: Secret::new(decode(secret)?),
    })
}

/// Reads percent-encoding, and leaves plus signs alone.
fn decode(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn basic(pair: &str) -> String {
        format!("Basic {}", BASE64.encode(pair))
    }

    type Pair = (String, String);

    /// What the header means as it ought to be written, and what else it may mean.
    fn readings(header: &str) -> Option<(Pair, Option<Pair>)> {
        let shown = |read: BasicCredentials| (read.id, read.secret.expose().to_owned());
        match parse(header) {
            HeaderCredentials::Basic { encoded, unencoded } => Some((shown(encoded), unencoded.map(shown))),
            HeaderCredentials::Absent | HeaderCredentials::Unusable => None,
        }
    }

    /// The only reading.
    fn read_pair(header: &str) -> (String, String) {
        let (encoded, unencoded) = readings(header).unwrap();
        assert_eq!(unencoded, None);
        encoded
    }

    fn pair(id: &str, secret: &str) -> (String, String) {
        (id.to_owned(), secret.to_owned())
    }

    #[test]
    fn both_parts_are_percent_decoded() {
        assert_eq!(
            read_pair(&basic("https%3A%2F%2Fa%2Fb:s%3Ae%25c")),
            pair("https://a/b", "s:e%c")
        );
        assert_eq!(read_pair(&basic("app:plain:colon")), pair("app", "plain:colon"));
        assert_eq!(read_pair(&basic("app:")), pair("app", ""));
        assert_eq!(read_pair(&basic("app:a%2Bb")), pair("app", "a+b"));
    }

    #[test]
    fn a_plus_sign_is_a_space_or_itself() {
        assert_eq!(
            readings(&basic("app:a+b/c=")),
            Some((pair("app", "a b/c="), Some(pair("app", "a+b/c="))))
        );
        assert_eq!(
            readings(&basic("my+app:x%2By")),
            Some((pair("my app", "x+y"), Some(pair("my+app", "x+y"))))
        );
    }

    #[test]
    fn the_scheme_has_any_case_and_the_padding_may_be_missing() {
        assert_eq!(read_pair("bAsIc YXBwOnM="), pair("app", "s"));
        assert_eq!(read_pair("Basic   YXBwOnM"), pair("app", "s"));
    }

    #[test]
    fn what_is_no_basic_header_is_unusable() {
        let no_utf8 = format!("Basic {}", BASE64.encode(b"app:\xff"));
        for header in [
            "",
            "Basic",
            "Basic ",
            "Basic !!!",
            "Bearer abc",
            &basic("no-colon"),
            &no_utf8,
            &basic("a:%ff"),
        ] {
            assert!(matches!(parse(header), HeaderCredentials::Unusable), "{header}");
        }
    }

    #[test]
    fn one_header_is_read_and_two_are_not() {
        let mut headers = HeaderMap::new();
        assert!(matches!(header_credentials(&headers), HeaderCredentials::Absent));
        headers.append(AUTHORIZATION, "Basic YXBwOnM=".parse().unwrap());
        assert!(matches!(
            header_credentials(&headers),
            HeaderCredentials::Basic { .. }
        ));
        headers.append(AUTHORIZATION, "Basic YXBwOnM=".parse().unwrap());
        assert!(matches!(
            header_credentials(&headers),
            HeaderCredentials::Unusable
        ));
    }

    proptest! {
        #[test]
        fn encoded_credentials_are_read_back(id in ".{0,30}", secret in ".{0,30}") {
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let header = basic(&format!("{}:{}", encode(&id), encode(&secret)));
            prop_assert_eq!(readings(&header), Some(((id, secret), None)));
        }

        #[test]
        fn no_header_causes_a_panic(header in "(Basic )?.{0,60}") {
            drop(parse(&header));
        }
    }
}
