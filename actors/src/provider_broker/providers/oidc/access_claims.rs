//! What is said of an access token that another server issued: by the token itself (RFC 9068 section 4, and what common
//! providers make of it), or by the server that issued it (RFC 7662 section 2.2). After whoever says it was proven. Pure.

use std::time::Duration;

use serde_json::{Map, Value};

use super::claims::subject;
use crate::domain::client::ClientId;
use crate::domain::clock::Timestamp;
use crate::domain::dpop::{KeyThumbprint, UnknownConfirmation, confirmation};
use crate::domain::numeric_date::{NotANumber, numeric_date};
use crate::domain::resource::ResourceIndicator;
use crate::domain::scope::ScopeSet;

/// How far the issuer's clock and this one may be apart.
const LEEWAY: Duration = Duration::from_mins(1);

/// The kind of an access token that is bound to the key of proofs (RFC 9449 section 7.1).
const BOUND: &str = "dpop";
/// The words for access tokens in `token_type` (RFC 6749 section 7.1, RFC 8693 section 3, RFC 9449 section 6.2).
const ACCESS_TOKENS: [&str; 4] = [
    "bearer",
    BOUND,
    "access_token",
    "urn:ietf:params:oauth:token-type:access_token",
];

/// Whom access tokens must be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The protected resource itself (RFC 8707).
    Resource,
    /// What the issuer calls it.
    Named(String),
}

/// Why a token of another server opens nothing here. For the log: a caller is told nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignTokenRefusal {
    /// No method can say anything about it.
    #[error("it is no token that can be checked here")]
    NotAToken,
    /// Its issuer says that it opens nothing.
    #[error("its issuer says that it is not active")]
    Inactive,
    /// A signature that proves nothing.
    #[error("{0}")]
    Signature(#[from] crate::jose::JwsError),
    /// A signed text of another kind, such as an identity token.
    #[error("it is no access token")]
    Kind,
    /// Only who has something may use it, and nobody can prove that here.
    #[error("it is bound to {0}")]
    Bound(#[from] UnknownConfirmation),
    /// Its issuer says that only who has a key may use it, and not which.
    #[error("it is bound to a key (DPoP), and its issuer does not say to which (cnf.jkt)")]
    BoundToUnknown,
    /// It is from somebody else.
    #[error("it is from another issuer")]
    Issuer,
    /// It is for somebody else, or for nobody in particular.
    #[error("it is for another audience, or names none")]
    Audience,
    /// It names nobody.
    #[error("it names no user")]
    Subject,
    /// A time is no number.
    #[error("a time in it is no number")]
    Time,
    /// It never ends.
    #[error("it does not say when it ends")]
    Endless,
    /// It has ended.
    #[error("it has expired")]
    Expired,
    /// It has not begun.
    #[error("it is from the future; compare the clocks")]
    Early,
}

/// What an access token is held against.
pub(super) struct ExpectedToken<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a Audience,
    /// The resource that was called.
    pub(super) resource: &'a ResourceIndicator,
    pub(super) now: Timestamp,
}

/// What a token that is good says.
pub(super) struct TokenFacts {
    pub(super) subject: String,
    pub(super) client: ClientId,
    pub(super) scopes: ScopeSet,
    pub(super) ends_at: Option<Timestamp>,
    pub(super) bound_to: Option<KeyThumbprint>,
}

impl ExpectedToken<'_> {
    /// The facts of a token that its issuer signed.
    pub(super) fn check_signed(
        &self,
        claims: &Map<String, Value>,
    ) -> Result<TokenFacts, ForeignTokenRefusal> {
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer) {
            return Err(ForeignTokenRefusal::Issuer);
        }
        // Keycloak says in a claim what the others say in the header.
        let kind = claims.get("typ").and_then(Value::as_str);
        let is_of_login = claims.contains_key("at_hash") || claims.contains_key("c_hash");
        let known = ["bearer", BOUND];
        if is_of_login || !kind.is_none_or(|kind| is_any_of(&known, kind)) {
            return Err(ForeignTokenRefusal::Kind);
        }
        let facts = self.check(claims, kind)?;
        facts.ends_at.ok_or(ForeignTokenRefusal::Endless)?;
        Ok(facts)
    }

    /// The facts of a token that its issuer was asked about.
    pub(super) fn check_told(&self, answer: &Map<String, Value>) -> Result<TokenFacts, ForeignTokenRefusal> {
        if answer.get("active") != Some(&Value::Bool(true)) {
            return Err(ForeignTokenRefusal::Inactive);
        }
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        if answer.contains_key("iss") && text("iss") != Some(self.issuer) {
            return Err(ForeignTokenRefusal::Issuer);
        }
        let kind = text("token_type");
        if !kind.is_none_or(|kind| is_any_of(&ACCESS_TOKENS, kind)) {
            return Err(ForeignTokenRefusal::Kind);
        }
        self.check(answer, kind)
    }

    /// What both ways have in common. `kind` is the kind of access token, if that is said.
    fn check(
        &self,
        claims: &Map<String, Value>,
        kind: Option<&str>,
    ) -> Result<TokenFacts, ForeignTokenRefusal> {
        let bound_to = confirmation(claims)?;
        if bound_to.is_none() && kind.is_some_and(|kind| is_any_of(&[BOUND], kind)) {
            return Err(ForeignTokenRefusal::BoundToUnknown);
        }
        if !self.is_audience(claims.get("aud")) {
            return Err(ForeignTokenRefusal::Audience);
        }
        let ends_at = self.check_time(claims)?;
        let subject = subject(claims).ok_or(ForeignTokenRefusal::Subject)?;
        Ok(TokenFacts {
            subject: subject.to_owned(),
            client: client(claims, subject).ok_or(ForeignTokenRefusal::Subject)?,
            scopes: scopes(claims),
            ends_at,
            bound_to,
        })
    }

    /// Whether the token is for this resource, among others or alone.
    fn is_audience(&self, audience: Option<&Value>) -> bool {
        let is_ours = |text: &str| match self.audience {
            Audience::Named(name) => name == text,
            Audience::Resource => ResourceIndicator::parse(text).is_ok_and(|named| named == *self.resource),
        };
        match audience {
            Some(Value::String(audience)) => is_ours(audience),
            Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).any(is_ours),
            Some(_) | None => false,
        }
    }

    fn check_time(&self, claims: &Map<String, Value>) -> Result<Option<Timestamp>, ForeignTokenRefusal> {
        let moment = |name| numeric_date(claims, name).map_err(|NotANumber| ForeignTokenRefusal::Time);
        let (begins, ends) = ([moment("iat")?, moment("nbf")?], moment("exp")?);
        if ends.is_some_and(|ends| self.now >= ends + LEEWAY) {
            return Err(ForeignTokenRefusal::Expired);
        }
        if begins
            .into_iter()
            .flatten()
            .any(|begins| begins > self.now + LEEWAY)
        {
            return Err(ForeignTokenRefusal::Early);
        }
        Ok(ends)
    }
}

/// Whether the header of a signed text allows it to be an access token: RFC 9068 section 2.1, or nothing in particular.
pub(super) fn may_be_access_token(kind: Option<&str>) -> bool {
    const KINDS: [&str; 3] = ["at+jwt", "application/at+jwt", "jwt"];
    kind.is_none_or(|kind| is_any_of(&KINDS, kind))
}

fn is_any_of(known: &[&str], kind: &str) -> bool {
    known.iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// The application: `client_id` (RFC 9068), or what providers call it. A token without any is its subject's own.
fn client(claims: &Map<String, Value>, subject: &str) -> Option<ClientId> {
    let named = ["client_id", "azp", "appid", "cid"];
    let named = named.iter().find_map(|name| claims.get(*name)?.as_str());
    ClientId::parse(named.unwrap_or(subject)).ok()
}

/// `scope` (RFC 9068 section 2.2.3), or `scp` as Entra and Okta write it: a text or a list. What is no scope is left out.
fn scopes(claims: &Map<String, Value>) -> ScopeSet {
    let claim = claims.get("scope").or_else(|| claims.get("scp"));
    let texts: Vec<&str> = match claim {
        Some(Value::String(text)) => text.split_whitespace().collect(),
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        Some(_) | None => Vec::new(),
    };
    let known = texts.into_iter().filter_map(|text| ScopeSet::parse(text).ok());
    known.fold(ScopeSet::empty(), |all, scope| all.union(&scope))
}
