//! What an Identity Assertion JWT Authorization Grant must say (ID-JAG, draft-ietf-oauth-identity-assertion-authz-grant; the MCP
//! extension for enterprise-managed authorization), after its signature was verified: an identity provider that the operator
//! trusts lets this client act for this user at this server.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{ClientId, SingleUse, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::dpop::{KeyThumbprint, UnknownConfirmation, confirmation};
use crate::domain::numeric_date::{NotANumber, numeric_date};
use crate::domain::resource::ResourceIndicator;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::SecretDigest;

/// What such a grant is called in the metadata of a server that takes it.
pub const IDENTITY_ASSERTION_PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// How far the provider's clock and this one may be apart.
const LEEWAY: Duration = Duration::from_mins(1);
/// The longest time from now to the end of an assertion: so long it has to be remembered that it was used.
const LONGEST_LIFE: Duration = Duration::from_hours(1);
/// The longest identifier of an assertion, in bytes.
const LONGEST_IDENTIFIER: usize = 512;
/// The longest subject (OpenID Connect Core section 2), in bytes.
const LONGEST_SUBJECT: usize = 255;
/// `typ` in the header, also in its long form (RFC 7515 section 4.1.9).
const KINDS: [&str; 2] = ["oauth-id-jag+jwt", "application/oauth-id-jag+jwt"];

/// What an assertion is held against.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedIdentityAssertion<'a> {
    /// The provider whose key made the signature, and another way in which it may be written.
    pub issuers: [&'a str; 2],
    /// The issuer identifier of this server.
    pub audience: &'a str,
    /// The client that was authenticated.
    pub client: &'a ClientId,
    /// The resource of this server.
    pub resource: &'a ResourceIndicator,
    /// What time it is.
    pub now: Timestamp,
}

/// An assertion that is right, unless it was used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityAssertion {
    /// The user, within the issuer.
    pub subject: String,
    /// What the client may do at most; `None` if the provider leaves that to this server.
    pub scopes: Option<ScopeSet>,
    /// The key that whoever brings it must prove to have; `None` if having it is enough.
    pub bound_to: Option<KeyThumbprint>,
    /// By which it is known again.
    pub single_use: SingleUse,
}

/// What an assertion says that it must not, or does not say. Its provider made it for this client, which may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityAssertionProblem {
    /// A signed text of another kind, such as an identity token.
    #[error("typ of assertion must be oauth-id-jag+jwt")]
    Kind,
    /// It is from somebody else.
    #[error("iss of assertion is not the provider that signed it")]
    Issuer,
    /// It is for another server, or for several.
    #[error("aud of assertion must be the issuer of this server, and nothing else")]
    Audience,
    /// It was made for another client.
    #[error("client_id of assertion is not the client of this request")]
    Client,
    /// It is for another resource.
    #[error("resource of assertion is not served here")]
    Resource,
    /// A provider of several tenants, whose subjects are unique within one of them alone.
    #[error("assertion names a tenant, and providers of several tenants are not supported")]
    Tenant,
    /// It grants less than scopes can say (RFC 9396), so that a token for it would be worth more than was meant.
    #[error("assertion holds authorization_details, which are not supported")]
    Details,
    /// Only who has something may use it, and nobody can prove that here.
    #[error("assertion is bound to {0}")]
    Bound(#[from] UnknownConfirmation),
    /// It names nobody.
    #[error("sub of assertion is missing, empty or too long")]
    Subject,
    /// A time is missing or no number.
    #[error("exp and iat of assertion must be numbers of seconds, and nbf if it is there")]
    Time,
    /// It is over.
    #[error("assertion has expired; ask the identity provider for another one")]
    Expired,
    /// It ends too late.
    #[error("exp of assertion is more than an hour ahead")]
    TooLong,
    /// It has not begun.
    #[error("assertion is from the future; compare the clocks")]
    Early,
    /// It has no name of its own.
    #[error("jti of assertion is missing, empty or longer than 512 bytes")]
    Identifier,
    /// Its scopes cannot be read.
    #[error("scope of assertion is no list of scopes")]
    Scope,
}

impl IdentityAssertionProblem {
    /// The error code of the token endpoint (RFC 7521 section 4.1.1, RFC 8707 section 2).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Resource => "invalid_target",
            Self::Kind
            | Self::Issuer
            | Self::Audience
            | Self::Client
            | Self::Tenant
            | Self::Details
            | Self::Bound(_)
            | Self::Subject
            | Self::Time
            | Self::Expired
            | Self::TooLong
            | Self::Early
            | Self::Identifier
            | Self::Scope => "invalid_grant",
        }
    }
}

impl ExpectedIdentityAssertion<'_> {
    /// Whether these claims, under a header that says `kind`, let this client act for somebody here now.
    pub fn check(
        &self,
        kind: Option<&str>,
        claims: &Map<String, Value>,
    ) -> Result<IdentityAssertion, IdentityAssertionProblem> {
        use IdentityAssertionProblem as P;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if !kind.is_some_and(|kind| KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known))) {
            return Err(P::Kind);
        }
        if !text("iss").is_some_and(|issuer| self.issuers.contains(&issuer)) {
            return Err(P::Issuer);
        }
        if !self.is_audience(claims.get("aud")) {
            return Err(P::Audience);
        }
        if text("client_id") != Some(self.client.as_str()) {
            return Err(P::Client);
        }
        if !self.is_resource(claims.get("resource")) {
            return Err(P::Resource);
        }
        for (claim, problem) in [("tenant", P::Tenant), ("authorization_details", P::Details)] {
            if claims.contains_key(claim) {
                return Err(problem);
            }
        }
        let subject = text("sub").filter(|subject| (1..=LONGEST_SUBJECT).contains(&subject.len()));
        let ends_at = self.check_time(claims)?;
        let identifier = text("jti").filter(|id| (1..=LONGEST_IDENTIFIER).contains(&id.len()));
        let identifier = identifier.ok_or(P::Identifier)?;
        let [issuer, _] = self.issuers;
        Ok(IdentityAssertion {
            subject: subject.ok_or(P::Subject)?.to_owned(),
            scopes: scopes(claims)?,
            bound_to: confirmation(claims)?,
            single_use: SingleUse {
                identifier: SecretDigest::from_bytes(sha256(
                    ["identity_assertion", issuer, identifier].into_iter(),
                )),
                ends_at,
            },
        })
    }

    /// One audience, which is this server. Some write an issuer without a path with a slash.
    fn is_audience(&self, audience: Option<&Value>) -> bool {
        let is_ours = |text: &str| text.strip_suffix('/').unwrap_or(text) == self.audience;
        match audience {
            Some(Value::String(audience)) => is_ours(audience),
            Some(Value::Array(audiences)) => match audiences.as_slice() {
                [Value::String(audience)] => is_ours(audience),
                _ => false,
            },
            Some(_) | None => false,
        }
    }

    /// Whether this resource is among those that are named. A server with one resource needs no name.
    fn is_resource(&self, resource: Option<&Value>) -> bool {
        let is_ours = |text: &str| self.resource.accept(text).is_ok();
        match resource {
            None => true,
            Some(Value::String(resource)) => is_ours(resource),
            Some(Value::Array(resources)) => resources.iter().filter_map(Value::as_str).any(is_ours),
            Some(_) => false,
        }
    }

    fn check_time(&self, claims: &Map<String, Value>) -> Result<Timestamp, IdentityAssertionProblem> {
        use IdentityAssertionProblem as P;
        let moment = |name| numeric_date(claims, name).map_err(|NotANumber| P::Time);
        let ends = moment("exp")?.ok_or(P::Time)?;
        let begins = [Some(moment("iat")?.ok_or(P::Time)?), moment("nbf")?];
        if self.now >= ends + LEEWAY {
            return Err(P::Expired);
        }
        if ends > self.now + LONGEST_LIFE + LEEWAY {
            return Err(P::TooLong);
        }
        if begins
            .into_iter()
            .flatten()
            .any(|begin| begin > self.now + LEEWAY)
        {
            return Err(P::Early);
        }
        Ok(ends + LEEWAY)
    }
}

fn scopes(claims: &Map<String, Value>) -> Result<Option<ScopeSet>, IdentityAssertionProblem> {
    let unreadable = IdentityAssertionProblem::Scope;
    match claims.get("scope") {
        None => Ok(None),
        Some(Value::String(text)) => ScopeSet::parse(text).map(Some).map_err(|_| unreadable),
        Some(_) => Err(unreadable),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const KIND: Option<&str> = Some("oauth-id-jag+jwt");

    fn claims() -> Map<String, Value> {
        let claims = json!({
            "iss": "https://idp.example", "sub": "U019488227", "aud": "https://here.example", "client_id": "app",
            "resource": "https://here.example/mcp", "jti": "1", "iat": NOW, "exp": NOW + 300, "scope": "mcp:read",
        });
        claims.as_object().unwrap().clone()
    }

    fn check_as(
        kind: Option<&str>,
        claims: &Map<String, Value>,
    ) -> Result<IdentityAssertion, IdentityAssertionProblem> {
        let expected = ExpectedIdentityAssertion {
            issuers: ["https://idp.example", "idp.example"],
            audience: "https://here.example",
            client: &ClientId::parse("app").unwrap(),
            resource: &ResourceIndicator::parse("https://here.example/mcp").unwrap(),
            now: Timestamp::from_seconds(NOW),
        };
        expected.check(kind, claims)
    }

    fn with(name: &str, value: Value) -> Result<IdentityAssertion, IdentityAssertionProblem> {
        let mut claims = claims();
        claims.insert(name.to_owned(), value);
        check_as(KIND, &claims)
    }

    fn without(name: &str) -> Result<IdentityAssertion, IdentityAssertionProblem> {
        let mut claims = claims();
        claims.remove(name);
        check_as(KIND, &claims)
    }

    #[test]
    fn a_good_assertion_names_the_user_and_the_scopes() {
        let good = check_as(KIND, &claims()).unwrap();
        assert_eq!(good.subject, "U019488227");
        assert_eq!(good.scopes, Some(ScopeSet::parse("mcp:read").unwrap()));
        assert_eq!(good.single_use.ends_at.seconds(), NOW + 360);
        assert_eq!(without("scope").unwrap().scopes, None);
        assert_eq!(
            check_as(Some("application/oauth-id-jag+jwt"), &claims()),
            Ok(good.clone())
        );
        for (name, value) in [
            ("iss", json!("idp.example")),
            ("aud", json!(["https://here.example"])),
            ("aud", json!("https://here.example/")),
            ("resource", json!("https://here.example/mcp/")),
            (
                "resource",
                json!(["https://elsewhere.example", "https://HERE.example/mcp"]),
            ),
        ] {
            assert_eq!(with(name, value.clone()), Ok(good.clone()), "{value}");
        }
        assert_eq!(without("resource"), Ok(good.clone()), "there is one resource");
        assert_ne!(with("jti", json!("2")).unwrap().single_use, good.single_use);
        let key = "A".repeat(43);
        let bound = with("cnf", json!({ "jkt": key })).unwrap();
        assert_eq!(
            bound.bound_to.as_ref().map(KeyThumbprint::as_str),
            Some(key.as_str())
        );
        assert_eq!(good.bound_to, None);
    }

    #[test]
    fn what_is_missing_is_told() {
        use IdentityAssertionProblem as P;
        for (name, problem) in [
            ("iss", P::Issuer),
            ("sub", P::Subject),
            ("aud", P::Audience),
            ("client_id", P::Client),
            ("jti", P::Identifier),
            ("exp", P::Time),
            ("iat", P::Time),
        ] {
            assert_eq!(without(name), Err(problem), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        use IdentityAssertionProblem as P;
        for (name, value, problem) in [
            ("iss", json!("https://idp.example/"), P::Issuer),
            ("sub", json!(""), P::Subject),
            ("sub", json!("x".repeat(256)), P::Subject),
            ("aud", json!("https://here.example/token"), P::Audience),
            (
                "aud",
                json!(["https://here.example", "https://other.example"]),
                P::Audience,
            ),
            ("aud", json!([]), P::Audience),
            ("client_id", json!("other"), P::Client),
            ("resource", json!("https://here.example/other"), P::Resource),
            ("resource", json!([]), P::Resource),
            ("resource", json!(7), P::Resource),
            ("tenant", json!("acme"), P::Tenant),
            (
                "authorization_details",
                json!([{ "type": "account" }]),
                P::Details,
            ),
            (
                "cnf",
                json!({ "jkt": "x" }),
                P::Bound(UnknownConfirmation::Thumbprint),
            ),
            (
                "cnf",
                json!({ "x5t#S256": "x" }),
                P::Bound(UnknownConfirmation::Certificate),
            ),
            (
                "cnf",
                json!({ "kid": "x" }),
                P::Bound(UnknownConfirmation::Member),
            ),
            ("exp", json!(NOW - 60), P::Expired),
            ("exp", json!(NOW + 3661), P::TooLong),
            ("exp", json!("soon"), P::Time),
            ("iat", json!(NOW + 61), P::Early),
            ("nbf", json!(NOW + 61), P::Early),
            ("jti", json!(""), P::Identifier),
            ("jti", json!("x".repeat(513)), P::Identifier),
            ("scope", json!(["mcp:read"]), P::Scope),
            ("scope", json!("a\\b"), P::Scope),
        ] {
            assert_eq!(with(name, value.clone()), Err(problem), "{name}: {value}");
        }
        for kind in [None, Some("JWT"), Some("at+jwt"), Some("oauth-id-jag+jwt2")] {
            assert_eq!(check_as(kind, &claims()), Err(P::Kind), "{kind:?}");
        }
        assert_eq!(
            (P::Resource.code(), P::Audience.code()),
            ("invalid_target", "invalid_grant")
        );
    }

    proptest! {
        #[test]
        fn an_assertion_is_good_while_its_time_lasts_and_no_longer(exp in -4_000i64..8_000, iat in -4_000i64..4_000) {
            let mut claims = claims();
            claims.insert("exp".to_owned(), json!(NOW + exp));
            claims.insert("iat".to_owned(), json!(NOW + iat));
            let is_good = exp > -60 && exp <= 3660 && iat <= 60;
            prop_assert_eq!(check_as(KIND, &claims).is_ok(), is_good);
        }
    }
}
