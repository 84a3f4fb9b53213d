//! What a provider's token endpoint answered (RFC 6749 sections 5.1 and 5.2), read the same way for all of them: an error
//! counts as one whatever the HTTP status, because some providers send errors with status 200.

use std::time::Duration;

use oauth2::basic::{BasicErrorResponse, BasicTokenType};
use oauth2::{ExtraTokenFields, RefreshToken, StandardTokenResponse, TokenResponse as _};
use serde::{Deserialize, Serialize};
use url::Url;

use super::provider::UpstreamGrant;
use crate::domain::clock::Timestamp;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;

/// What was answered.
#[derive(Debug)]
pub(super) enum TokenAnswer {
    /// Tokens.
    Granted(UpstreamGrant),
    /// An error code, cut and cleaned.
    Refused(String),
    /// Neither.
    Unreadable(&'static str),
}

/// What providers add to the answer.
#[derive(Debug, Serialize, Deserialize)]
struct MoreFields {
    /// OpenID Connect Core 1.0 section 3.1.3.3.
    #[serde(default)]
    id_token: Option<String>,
    /// Salesforce: where the user's organisation is served.
    #[serde(default)]
    instance_url: Option<Url>,
}

impl ExtraTokenFields for MoreFields {}

/// The longest lifetime that is believed.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24 * 366);
/// The longest error code that is repeated.
const LONGEST_CODE: usize = 64;

/// Reads the body of an answer that came at `now`. `separators` stand between scopes; RFC 6749 has spaces.
pub(super) fn read(body: &[u8], now: Timestamp, separators: &[char]) -> TokenAnswer {
    if let Some(code) = error_code(body) {
        return TokenAnswer::Refused(code);
    }
    let granted = serde_json::from_slice::<StandardTokenResponse<MoreFields, BasicTokenType>>(body);
    let Ok(granted) = granted else {
        return TokenAnswer::Unreadable("it is no token answer");
    };
    if *granted.token_type() != BasicTokenType::Bearer {
        return TokenAnswer::Unreadable("its token is no bearer token");
    }
    let access_token = granted.access_token().secret();
    let refresh_token = granted.refresh_token().map(RefreshToken::secret);
    if !is_token(access_token) || refresh_token.is_some_and(|token| !is_token(token)) {
        return TokenAnswer::Unreadable("its token has characters that no token has");
    }
    let lifetime = granted
        .expires_in()
        .map(|lifetime| lifetime.min(LONGEST_LIFETIME));
    let scopes = granted.scopes().into_iter().flatten();
    let scopes = scopes.flat_map(|scope| scope.split(separators).filter(|part| !part.is_empty()));
    let scopes: Vec<&str> = scopes.collect();
    let tokens = UpstreamTokens {
        access_token: Secret::new(access_token.as_str()),
        refresh_token: refresh_token.map(|token| Secret::new(token.as_str())),
        expires_at: lifetime.map(|lifetime| now + lifetime),
        scopes: ScopeSet::parse(&scopes.join(" ")).unwrap_or_default(),
    };
    let more = granted.extra_fields();
    TokenAnswer::Granted(UpstreamGrant {
        tokens,
        id_token: more.id_token.as_deref().map(Secret::new),
        instance_url: more.instance_url.clone(),
    })
}

/// The error code of an answer that is an error, cut and cleaned.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    let refused: BasicErrorResponse = serde_json::from_slice(body).ok()?;
    Some(cleaned(refused.error().as_ref()))
}

/// RFC 6749 appendix A.12: visible characters. What is not cannot stand in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A provider's own words are not repeated; a code is a word of a list.
fn cleaned(code: &str) -> String {
    let known = code
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c));
    known.take(LONGEST_CODE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn granted(body: &str) -> UpstreamTokens {
        match read(body.as_bytes(), NOW, &[',', ' ']) {
            TokenAnswer::Granted(grant) => grant.tokens,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_without_expiry_and_with_commas_between_scopes_is_read() {
        let tokens = granted(r#"{"access_token":"gho_a","scope":"repo,user:email","token_type":"bearer"}"#);
        assert_eq!(tokens.access_token.expose(), "gho_a");
        assert_eq!(tokens.scopes, ScopeSet::parse("repo user:email").unwrap());
        assert!(tokens.refresh_token.is_none() && tokens.expires_at.is_none());
    }

    #[test]
    fn an_answer_with_expiry_and_refresh_token_is_read() {
        let tokens = granted(
            r#"{"access_token":"ghu_a","expires_in":28800,"refresh_token":"ghr_b","refresh_token_expires_in":15811200,"scope":"","token_type":"Bearer"}"#,
        );
        assert_eq!(tokens.expires_at, Some(NOW + Duration::from_hours(8)));
        assert_eq!(tokens.refresh_token.unwrap().expose(), "ghr_b");
        assert!(tokens.scopes.is_empty());
    }

    #[test]
    fn an_error_is_one_whatever_else_is_there_and_is_cleaned() {
        let body = r#"{"error":"bad_<script>\u001b[31m","access_token":"gho_a","token_type":"bearer"}"#;
        match read(body.as_bytes(), NOW, &[' ']) {
            TokenAnswer::Refused(code) => assert_eq!(code, "bad_script31m"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_cannot_be_a_bearer_token_is_not_one() {
        for body in [
            "",
            "[]",
            "access_token=gho_a&token_type=bearer",
            r#"{"access_token":"gho_a","token_type":"mac"}"#,
            r#"{"access_token":"","token_type":"bearer"}"#,
            r#"{"access_token":"a\r\nX: y","token_type":"bearer"}"#,
            r#"{"access_token":"a","refresh_token":"b c","token_type":"bearer"}"#,
        ] {
            assert!(
                matches!(read(body.as_bytes(), NOW, &[' ']), TokenAnswer::Unreadable(_)),
                "{body}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_provider_sends_panics(body in prop::collection::vec(any::<u8>(), 0..200), seconds in any::<u64>()) {
            read(&body, NOW, &[',']);
            let long = format!(r#"{{"access_token":"a","token_type":"bearer","expires_in":{seconds}}}"#);
            prop_assert!(granted(&long).expires_at.unwrap() >= NOW);
        }
    }
}
