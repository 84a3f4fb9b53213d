//! The text of every bearer value that the server mints: tokens, codes, client secrets, login states and cookies.
//!
//! The form is a prefix that names the kind, 64 hexadecimal digits (256 bits) and 8 digits of checksum over both.
//! A leak scanner finds it by the prefix, and a mistyped, cut or foreign value is refused without a look-up.
//! What is stored about a value is in the module of its kind (`token.rs`, `authorization_code.rs`, …).

use std::fmt;
use std::marker::PhantomData;

use ring::digest;

use super::key_ring::{DigestPurpose, KeyRing};
use super::randomness::{Randomness, RandomnessUnavailable};
use super::secret::{Secret, SecretDigest};

const BODY_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;

/// A kind of opaque token: its prefix, and what its digest is for.
pub trait TokenKind {
    /// What the kind is called in messages.
    const NAME: &'static str;
    /// What the text begins with.
    const PREFIX: &'static str;
    /// What its digest is for.
    const PURPOSE: DigestPurpose;
}

/// Kinds of opaque token, as types without values.
pub mod kind {
    use super::{DigestPurpose, TokenKind};

    macro_rules! token_kinds {
        ($($(#[$documentation:meta])* $kind:ident: $name:literal, $prefix:literal;)*) => {$(
            $(#[$documentation])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $kind {}

            impl TokenKind for $kind {
                const NAME: &'static str = $name;
                const PREFIX: &'static str = $prefix;
                const PURPOSE: DigestPurpose = DigestPurpose::$kind;
            }
        )*};
    }

    token_kinds! {
        /// Presented with every call (RFC 6750).
        AccessToken: "access token", "mcp_";
        /// Exchanged for a new pair (RFC 6749 section 6).
        RefreshToken: "refresh token", "mcp_refresh_";
        /// Exchanged once for the first pair (RFC 6749 section 4.1.2).
        AuthorizationCode: "authorization code", "mcp_code_";
        /// The `state` that travels through the identity provider and back.
        LoginState: "login state", "mcp_state_";
        /// What a confidential client that registered itself authenticates with.
        ClientSecret: "client secret", "mcp_secret_";
        /// The cookie of a signed-in browser.
        BrowserSession: "browser session", "mcp_session_";
        /// The cookie that ties a login to the browser that began it, before anybody has signed in.
        Browser: "browser", "mcp_browser_";
        /// Names an interaction in this server's own pages, and proves that a form came from them.
        Interaction: "interaction", "mcp_interaction_";
    }
}

/// The value of an access token.
pub type AccessToken = OpaqueToken<kind::AccessToken>;
/// The value of a refresh token.
pub type RefreshToken = OpaqueToken<kind::RefreshToken>;
/// The value of an authorization code.
pub type AuthorizationCodeValue = OpaqueToken<kind::AuthorizationCode>;
/// The secret that is handed to a client when it registers.
pub type ClientSecret = OpaqueToken<kind::ClientSecret>;
/// The value of the `state` parameter sent to an identity provider.
pub type LoginState = OpaqueToken<kind::LoginState>;
/// The value of a browser session's cookie.
pub type BrowserSessionToken = OpaqueToken<kind::BrowserSession>;
/// The value of the cookie that ties a login to one browser.
pub type BrowserToken = OpaqueToken<kind::Browser>;
/// The value that this server's login and consent pages carry in their forms.
pub type InteractionToken = OpaqueToken<kind::Interaction>;

/// A bearer value in plain text: minted once, shown once, stored only as a [`SecretDigest`].
pub struct OpaqueToken<K> {
    text: Secret,
    kind: PhantomData<fn() -> K>,
}

impl<K: TokenKind> OpaqueToken<K> {
    /// A fresh random value.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        Ok(Self::from_bits(&randomness.bytes()?))
    }

    /// The value with exactly these 256 bits, for values that are derived instead of drawn.
    #[must_use]
    pub fn from_bits(bits: &[u8; BODY_BYTES]) -> Self {
        let body = hexadecimal(bits);
        let checksum = checksum(K::PREFIX, &body);
        Self {
            text: Secret::new(format!("{}{body}{checksum}", K::PREFIX)),
            kind: PhantomData,
        }
    }

    /// Accepts a text only if its prefix, alphabet, length and checksum are right.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let malformed = MalformedToken { kind: K::NAME };
        let digits = text.strip_prefix(K::PREFIX).ok_or(malformed)?;
        if !digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Err(malformed);
        }
        let (body, given_checksum) = digits.split_at_checked(2 * BODY_BYTES).ok_or(malformed)?;
        if given_checksum != checksum(K::PREFIX, body) {
            return Err(malformed);
        }
        Ok(Self {
            text: Secret::new(text),
            kind: PhantomData,
        })
    }

    /// The text, for the one answer in which the value is handed out.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// The text as a secret, to derive from or to compare with.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.text
    }

    /// The digest to store.
    #[must_use]
    pub fn digest(&self, keys: &KeyRing) -> SecretDigest {
        keys.digest(K::PURPOSE, &self.text)
    }

    /// The digests under which the value may be stored, the most likely first.
    pub fn digests(&self, keys: &KeyRing) -> impl Iterator<Item = SecretDigest> {
        keys.digests(K::PURPOSE, &self.text)
    }
}

impl<K> Clone for OpaqueToken<K> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            kind: PhantomData,
        }
    }
}

impl<K: TokenKind> fmt::Debug for OpaqueToken<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}..", K::PREFIX)
    }
}

/// The text cannot be a token of this kind, whatever a store contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value is not a well-formed {kind} of this server")]
pub struct MalformedToken {
    kind: &'static str,
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    nibbles
        .filter_map(|nibble| DIGITS.get(usize::from(nibble)))
        .collect()
}

/// Guards against typing errors and tells our tokens from others'; it is no defence against forging, the digest is.
fn checksum(prefix: &str, body: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(prefix.as_bytes());
    context.update(body.as_bytes());
    let digest = context.finish();
    hexadecimal(digest.as_ref().get(..CHECKSUM_BYTES).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key_ring::MasterKey;
    use crate::domain::randomness::SeededRandomness;
    use proptest::prelude::*;

    fn keys(seed: u64) -> KeyRing {
        KeyRing::new(&MasterKey::generate(&SeededRandomness::new(seed)).unwrap(), &[]).unwrap()
    }

    #[test]
    fn a_token_has_its_prefix_and_256_bits_and_a_checksum() {
        let token = AccessToken::from_bits(&[0xab; 32]);
        assert!(token.expose().starts_with(&format!("mcp_{}", "ab".repeat(32))));
        assert_eq!(token.expose().len(), "mcp_".len() + 64 + 8);
        assert_eq!(format!("{token:?}"), "mcp_..");
    }

    #[test]
    fn a_refresh_token_is_no_bearer_token_and_the_other_way_round() {
        let refresh = RefreshToken::from_bits(&[1; 32]);
        let access = AccessToken::from_bits(&[1; 32]);
        assert!(AccessToken::parse(refresh.expose()).is_err());
        assert!(RefreshToken::parse(access.expose()).is_err());
        let relabelled = refresh.expose().replace("mcp_refresh_", "mcp_");
        assert!(AccessToken::parse(&relabelled).is_err());
        assert!(AuthorizationCodeValue::parse(&access.expose().replace("mcp_", "mcp_code_")).is_err());
    }

    #[test]
    fn foreign_texts_are_refused_without_a_look_up() {
        let good = AccessToken::from_bits(&[7; 32]);
        let upper = good.expose().to_uppercase();
        let padded = format!(" {}", good.expose());
        let longer = format!("{}0", good.expose());
        for text in [
            "",
            "mcp_",
            "gho_0123456789abcdef",
            &upper,
            &padded,
            &longer,
            "mcp_\u{e9}",
        ] {
            assert_eq!(
                AccessToken::parse(text).unwrap_err().to_string(),
                "the value is not a well-formed access token of this server"
            );
        }
    }

    #[test]
    fn the_digest_depends_on_the_key_and_not_on_how_the_token_came_in() {
        let token = AccessToken::generate(&SeededRandomness::new(3)).unwrap();
        let parsed = AccessToken::parse(token.expose()).unwrap();
        assert_eq!(token.digest(&keys(1)), parsed.digest(&keys(1)));
        assert_ne!(token.digest(&keys(1)), token.digest(&keys(2)));
        assert_eq!(
            parsed.digests(&keys(1)).collect::<Vec<_>>(),
            vec![token.digest(&keys(1))]
        );
    }

    proptest! {
        #[test]
        fn what_was_minted_parses(bits in any::<[u8; 32]>()) {
            let token = RefreshToken::from_bits(&bits);
            let parsed = RefreshToken::parse(token.expose());
            prop_assert!(parsed.is_ok_and(|parsed| parsed.expose() == token.expose()));
        }

        #[test]
        fn one_changed_digit_is_noticed(bits in any::<[u8; 32]>(), position in 4_usize..76, digit in "[0-9a-f]") {
            let text = AccessToken::from_bits(&bits).expose().to_owned();
            let mut changed = text.clone();
            changed.replace_range(position..=position, &digit);
            prop_assert_eq!(AccessToken::parse(&changed).is_ok(), changed == text);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,100}") {
            let with_prefix = format!("mcp_{text}");
            prop_assert!(AccessToken::parse(&text).is_err());
            prop_assert!(AccessToken::parse(&with_prefix).is_err());
        }
    }
}
