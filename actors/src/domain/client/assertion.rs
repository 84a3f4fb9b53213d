//! What the assertion must say with which a client authenticates (RFC 7523 section 3, OpenID Connect Core 1.0 section 9),
//! after its signature was verified.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{ClientId, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::numeric_date::{NotANumber, numeric_date};
use crate::domain::secret::SecretDigest;
use crate::jose::SignatureAlgorithm;

/// The kind of assertion that there is (RFC 7523 section 2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The algorithms that an assertion may be signed with.
pub const ASSERTION_ALGORITHMS: [SignatureAlgorithm; 4] = [
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::EdDsa,
    SignatureAlgorithm::Ps256,
    SignatureAlgorithm::Rs256,
];

/// How far the client's clock and this one may be apart.
const LEEWAY: Duration = Duration::from_mins(1);
/// The longest time from now to the end of an assertion: so long it has to be remembered that it was used.
const LONGEST_LIFE: Duration = Duration::from_mins(5);
/// The longest identifier of an assertion, in bytes.
const LONGEST_IDENTIFIER: usize = 512;

/// What an assertion is held against.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedAssertion<'a> {
    /// The client whose keys made the signature.
    pub client: &'a ClientId,
    /// The names of this server, one of which the assertion must be for.
    pub audiences: &'a [String],
    /// What time it is.
    pub now: Timestamp,
}

/// An assertion that is right, unless it was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SingleUse {
    /// Equal for assertions of one client with one `jti`.
    pub identifier: SecretDigest,
    /// From when on the assertion would be refused anyway.
    pub ends_at: Timestamp,
}

/// What an assertion says that it must not, or does not say. The client made it, so it may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionProblem {
    /// The payload is no JSON object, or one in which a member stands twice.
    #[error("client_assertion holds no claims")]
    NoClaims,
    /// It is about somebody else.
    #[error("iss and sub of client_assertion must both be the client_id")]
    Client,
    /// It is for another server, or for several.
    #[error("aud of client_assertion must be one text: the issuer of this server, or its token endpoint")]
    Audience,
    /// A time is no number.
    #[error("exp, iat and nbf of client_assertion must be numbers of seconds")]
    Time,
    /// It never ends.
    #[error("exp of client_assertion is missing")]
    Endless,
    /// It is over.
    #[error("client_assertion has expired; compare the clocks")]
    Expired,
    /// It ends too late.
    #[error("exp of client_assertion is more than 5 minutes ahead")]
    TooLong,
    /// It has not begun.
    #[error("client_assertion is from the future; compare the clocks")]
    Early,
    /// It has no name of its own.
    #[error("jti of client_assertion is missing, empty or longer than 512 bytes")]
    Identifier,
}

impl ExpectedAssertion<'_> {
    /// Whether these claims are what this client may show here now.
    pub fn check(&self, claims: &Map<String, Value>) -> Result<SingleUse, AssertionProblem> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let is_client = |name: &str| text(name) == Some(self.client.as_str());
        if !is_client("iss") || !is_client("sub") {
            return Err(AssertionProblem::Client);
        }
        let audience = audience(claims).ok_or(AssertionProblem::Audience)?;
        if !self.audiences.iter().any(|expected| expected == audience) {
            return Err(AssertionProblem::Audience);
        }
        let ends_at = self.check_time(claims)?;
        let identifier = text("jti").filter(|id| (1..=LONGEST_IDENTIFIER).contains(&id.len()));
        let identifier = identifier.ok_or(AssertionProblem::Identifier)?;
        Ok(SingleUse {
            identifier: SecretDigest::from_bytes(sha256(
                ["client_assertion", self.client.as_str(), identifier].into_iter(),
            )),
            ends_at,
        })
    }

    fn check_time(&self, claims: &Map<String, Value>) -> Result<Timestamp, AssertionProblem> {
        let moment = |name| numeric_date(claims, name).map_err(|NotANumber| AssertionProblem::Time);
        let begins = [moment("iat")?, moment("nbf")?];
        let ends = moment("exp")?.ok_or(AssertionProblem::Endless)?;
        if self.now >= ends + LEEWAY {
            return Err(AssertionProblem::Expired);
        }
        if ends > self.now + LONGEST_LIFE + LEEWAY {
            return Err(AssertionProblem::TooLong);
        }
        if begins
            .into_iter()
            .flatten()
            .any(|begin| begin > self.now + LEEWAY)
        {
            return Err(AssertionProblem::Early);
        }
        Ok(ends + LEEWAY)
    }
}

/// The one audience. An assertion for several servers could be shown to one of them by another.
fn audience(claims: &Map<String, Value>) -> Option<&str> {
    match claims.get("aud")? {
        Value::String(audience) => Some(audience),
        Value::Array(audiences) => match audiences.as_slice() {
            [Value::String(audience)] => Some(audience),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn claims() -> Map<String, Value> {
        let claims = json!({
            "iss": "app", "sub": "app", "aud": "https://here.example", "exp": NOW + 300, "iat": NOW, "jti": "1",
        });
        claims.as_object().unwrap().clone()
    }

    fn check(claims: &Map<String, Value>) -> Result<SingleUse, AssertionProblem> {
        let expected = ExpectedAssertion {
            client: &ClientId::parse("app").unwrap(),
            audiences: &[
                "https://here.example".to_owned(),
                "https://here.example/token".to_owned(),
            ],
            now: Timestamp::from_seconds(NOW),
        };
        expected.check(claims)
    }

    fn with(name: &str, value: Value) -> Result<SingleUse, AssertionProblem> {
        let mut claims = claims();
        claims.insert(name.to_owned(), value);
        check(&claims)
    }

    #[test]
    fn an_assertion_for_this_server_is_right_once_until_it_ends() {
        let first = check(&claims()).unwrap();
        assert_eq!(first.ends_at.seconds(), NOW + 360);
        assert_eq!(with("aud", json!(["https://here.example/token"])), Ok(first));
        assert_ne!(with("jti", json!("2")).unwrap().identifier, first.identifier);
    }

    #[test]
    fn what_is_missing_is_told() {
        use AssertionProblem as P;
        for (name, problem) in [
            ("iss", P::Client),
            ("sub", P::Client),
            ("aud", P::Audience),
            ("exp", P::Endless),
            ("jti", P::Identifier),
        ] {
            let mut claims = claims();
            claims.remove(name);
            assert_eq!(check(&claims), Err(problem), "{name}");
        }
        let mut claims = claims();
        claims.remove("iat");
        assert!(check(&claims).is_ok(), "RFC 7523 does not ask for iat");
    }

    #[test]
    fn what_is_about_something_else_is_told() {
        use AssertionProblem as P;
        for (name, value, problem) in [
            ("iss", json!("other"), P::Client),
            ("sub", json!("App"), P::Client),
            ("sub", json!(["app"]), P::Client),
            ("aud", json!("https://here.example/"), P::Audience),
            ("aud", json!("https://here.example/revoke"), P::Audience),
            ("aud", json!([]), P::Audience),
            (
                "aud",
                json!(["https://here.example", "https://there.example"]),
                P::Audience,
            ),
            (
                "aud",
                json!(["https://here.example", "https://here.example/token"]),
                P::Audience,
            ),
            ("exp", json!("soon"), P::Time),
            ("nbf", json!("now"), P::Time),
            ("jti", json!(""), P::Identifier),
            ("jti", json!(7), P::Identifier),
            ("jti", json!("j".repeat(513)), P::Identifier),
        ] {
            assert_eq!(with(name, value.clone()), Err(problem), "{name}: {value}");
        }
    }

    #[test]
    fn the_clocks_may_be_a_minute_apart_and_no_further() {
        use AssertionProblem as P;
        for (name, seconds, problem) in [
            ("exp", -60, Some(P::Expired)),
            ("exp", -59, None),
            ("exp", 360, None),
            ("exp", 361, Some(P::TooLong)),
            ("iat", 60, None),
            ("iat", 61, Some(P::Early)),
            ("nbf", 60, None),
            ("nbf", 61, Some(P::Early)),
        ] {
            assert_eq!(
                with(name, json!(NOW + seconds)).err(),
                problem,
                "{name} {seconds}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_other_audience_is_taken(audience in "\\PC{0,40}") {
            prop_assert_eq!(with("aud", json!(audience)), Err(AssertionProblem::Audience));
        }

        #[test]
        fn whatever_it_says_nothing_panics(name in "exp|iat|nbf|jti|aud|sub", number in any::<f64>()) {
            with(&name, json!(number)).ok();
        }
    }
}
