//! Proof Key for Code Exchange (RFC 7636), with S256 as the only method.
//!
//! A challenge is kept as it was sent, even if no verifier can ever match it: the login page may be looked at
//! with `code_challenge=test`, but such a code is never exchanged.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constant_time_eq::constant_time_eq_32;
use ring::digest;

use super::secret::Secret;

/// The longest challenge that is kept; a real one has 43 characters.
pub const LONGEST_CHALLENGE: usize = 128;

const SHORTEST_VERIFIER: usize = 43;
const LONGEST_VERIFIER: usize = 128;

/// What the client sent as `code_challenge`, with the method S256.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeChallenge {
    text: String,
    /// The SHA-256 digest that the text stands for, if it stands for one.
    digest: Option<[u8; 32]>,
}

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request.
    ///
    /// An absent method means `plain` (RFC 7636 section 4.3) and is refused like it.
    pub fn from_request(challenge: Option<&str>, method: Option<&str>) -> Result<Self, InvalidChallenge> {
        let challenge = challenge
            .filter(|text| !text.is_empty())
            .ok_or(InvalidChallenge::Missing)?;
        if method != Some("S256") {
            return Err(InvalidChallenge::UnsupportedMethod);
        }
        Self::from_text(challenge)
    }

    /// The challenge with this text, as a store gives it back.
    pub fn from_text(text: &str) -> Result<Self, InvalidChallenge> {
        if text.is_empty() {
            return Err(InvalidChallenge::Missing);
        }
        if text.len() > LONGEST_CHALLENGE || !text.bytes().all(is_unreserved) {
            return Err(InvalidChallenge::IllegalText);
        }
        let digest = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            text: text.to_owned(),
            digest,
        })
    }

    /// The text to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether any verifier could match: 43 characters of unpadded base64url that stand for 32 bytes.
    #[must_use]
    pub const fn is_exchangeable(&self) -> bool {
        self.digest.is_some()
    }

    /// Whether `verifier` proves that the same client sent this challenge. Takes the same time wherever they differ.
    #[must_use]
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        let Some(expected) = &self.digest else {
            return false;
        };
        constant_time_eq_32(expected, &verifier.digest())
    }
}

impl fmt::Debug for CodeChallenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CodeChallenge({})", self.text)
    }
}

/// What the client sends as `code_verifier` when it exchanges its code. A secret.
#[derive(Clone, Debug)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// Accepts 43 to 128 unreserved characters (RFC 7636 section 4.1).
    pub fn parse(text: &str) -> Result<Self, InvalidVerifier> {
        if !(SHORTEST_VERIFIER..=LONGEST_VERIFIER).contains(&text.len()) || !text.bytes().all(is_unreserved) {
            return Err(InvalidVerifier);
        }
        Ok(Self(Secret::new(text)))
    }

    /// The challenge that this verifier meets, for the server's own requests to identity providers.
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        let digest = self.digest();
        CodeChallenge {
            text: URL_SAFE_NO_PAD.encode(digest),
            digest: Some(digest),
        }
    }

    /// The verifier with these 256 bits, for the server's own requests to identity providers.
    #[must_use]
    pub fn from_bits(bits: &[u8; 32]) -> Self {
        Self(Secret::new(URL_SAFE_NO_PAD.encode(bits)))
    }

    /// The text, to send it to an identity provider or to seal it.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.0
    }

    fn digest(&self) -> [u8; 32] {
        let digest = digest::digest(&digest::SHA256, self.0.expose().as_bytes());
        let mut bytes = [0; 32];
        for (target, source) in bytes.iter_mut().zip(digest.as_ref()) {
            *target = *source;
        }
        bytes
    }
}

/// The authorization request has no usable challenge (`invalid_request`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChallenge {
    /// There is none: PKCE is required.
    #[error("code_challenge is missing; PKCE with S256 is required")]
    Missing,
    /// The method is `plain`, absent or unknown.
    #[error("code_challenge_method is not accepted; accepted is S256")]
    UnsupportedMethod,
    /// The text is too long or has characters that no challenge has.
    #[error("code_challenge is malformed; accepted are 43 characters of base64url without padding")]
    IllegalText,
}

/// The text cannot be a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code_verifier is malformed; accepted are 43 to 128 letters, digits and -._~")]
pub struct InvalidVerifier;

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The example of RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge(text: &str) -> CodeChallenge {
        CodeChallenge::from_request(Some(text), Some("S256")).unwrap()
    }

    #[test]
    fn the_example_of_the_specification_verifies() {
        let verifier = CodeVerifier::parse(VERIFIER).unwrap();
        assert!(challenge(CHALLENGE).is_met_by(&verifier));
        assert_eq!(verifier.challenge(), challenge(CHALLENGE));
    }

    #[test]
    fn another_verifier_does_not() {
        let other = CodeVerifier::parse(&"a".repeat(43)).unwrap();
        assert!(!challenge(CHALLENGE).is_met_by(&other));
    }

    #[test]
    fn a_malformed_challenge_is_kept_but_never_met() {
        let longer = format!("{CHALLENGE}A");
        let last_bits_set = format!("{}N", &CHALLENGE[..42]);
        for text in [
            "test",
            &CHALLENGE[..42],
            &longer,
            &last_bits_set,
            VERIFIER.trim_end_matches('k'),
        ] {
            let challenge = challenge(text);
            assert!(!challenge.is_exchangeable(), "{text}");
            assert!(
                !challenge.is_met_by(&CodeVerifier::parse(VERIFIER).unwrap()),
                "{text}"
            );
        }
        assert_eq!(challenge("test").as_str(), "test");
    }

    #[test]
    fn the_verifier_itself_is_no_challenge_in_disguise() {
        let verifier = CodeVerifier::parse(VERIFIER).unwrap();
        assert!(
            !challenge(VERIFIER).is_met_by(&verifier),
            "that would be the method plain"
        );
    }

    #[test]
    fn only_s256_is_accepted() {
        for method in [None, Some("plain"), Some("s256"), Some("S512"), Some("")] {
            let refused = CodeChallenge::from_request(Some(CHALLENGE), method);
            assert_eq!(refused, Err(InvalidChallenge::UnsupportedMethod), "{method:?}");
        }
        assert_eq!(
            CodeChallenge::from_request(None, Some("S256")),
            Err(InvalidChallenge::Missing)
        );
        assert_eq!(
            CodeChallenge::from_request(Some(""), Some("S256")),
            Err(InvalidChallenge::Missing)
        );
        let long = "a".repeat(LONGEST_CHALLENGE + 1);
        for text in [&long, "a b", "a+b/c=", "<script>"] {
            assert_eq!(
                CodeChallenge::from_text(text),
                Err(InvalidChallenge::IllegalText),
                "{text}"
            );
        }
    }

    #[test]
    fn verifiers_have_43_to_128_unreserved_characters() {
        assert!(CodeVerifier::parse(&"~".repeat(128)).is_ok());
        for text in [
            "a".repeat(42),
            "a".repeat(129),
            format!("{} ", "a".repeat(43)),
            "\u{e9}".repeat(43),
            String::new(),
        ] {
            assert_eq!(CodeVerifier::parse(&text).err(), Some(InvalidVerifier), "{text}");
        }
        assert_eq!(
            format!("{:?}", CodeVerifier::parse(VERIFIER).unwrap()),
            "CodeVerifier(Secret(..))"
        );
    }

    proptest! {
        #[test]
        fn a_challenge_is_met_by_its_own_verifier_only(bits in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
            let (verifier, stranger) = (CodeVerifier::from_bits(&bits), CodeVerifier::from_bits(&other));
            let stored = CodeChallenge::from_text(verifier.challenge().as_str()).unwrap();
            prop_assert!(CodeVerifier::parse(verifier.secret().expose()).is_ok());
            prop_assert!(stored.is_met_by(&verifier));
            prop_assert_eq!(stored.is_met_by(&stranger), bits == other);
        }
    }
}
