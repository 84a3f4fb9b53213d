//! What an identity token must say (OpenID Connect Core 1.0 section 3.1.3.7), after its signature was verified. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::domain::numeric_date::{NotANumber, numeric_date};
use crate::domain::secret::Secret;
use crate::jose::SignatureAlgorithm;

/// How far the provider's clock and this one may be apart.
const LEEWAY: Duration = Duration::from_mins(1);
/// The longest subject (OpenID Connect Core section 2).
const LONGEST_SUBJECT: usize = 255;

/// What an identity token is held against.
pub(super) struct Expected<'a> {
    /// The issuer, and another way in which it may be written.
    pub(super) issuers: [&'a str; 2],
    pub(super) client_id: &'a str,
    /// The nonce of the login; an identity token of a refresh has none to match.
    pub(super) nonce: Option<&'a Secret>,
    /// The access token that came with it, to be held against `at_hash`.
    pub(super) access_token: &'a Secret,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) now: Timestamp,
}

impl Expected<'_> {
    /// Whether these claims are about a login of ours that is not over; the reason if not.
    pub(super) fn check(&self, claims: &Map<String, Value>) -> Result<(), &'static str> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if !text("iss").is_some_and(|issuer| self.issuers.contains(&issuer)) {
            return Err("its identity token is from another issuer");
        }
        self.check_audience(claims)?;
        self.check_time(claims)?;
        subject(claims).ok_or("its identity token names no user")?;
        let is_nonce = |nonce: &Secret| text("nonce").is_some_and(|said| Secret::new(said).is_same_as(nonce));
        if !self.nonce.is_none_or(is_nonce) {
            return Err("its identity token is not from this login");
        }
        match claims.get("at_hash") {
            Some(hash) if hash.as_str() != Some(self.access_token_hash().as_str()) => {
                Err("its identity token is not about the access token beside it")
            }
            Some(_) | None => Ok(()),
        }
    }

    /// `aud` must have this client in it, and `azp` must be this client if it is there. With several audiences it must be.
    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), &'static str> {
        let (is_ours, is_only) = match claims.get("aud") {
            Some(Value::String(audience)) => (audience == self.client_id, true),
            Some(Value::Array(audiences)) => {
                let is_ours = audiences.iter().any(|audience| audience == self.client_id);
                (is_ours, audiences.len() == 1)
            }
            Some(_) | None => (false, true),
        };
        if !is_ours {
            return Err("its identity token is for another application");
        }
        match claims.get("azp") {
            Some(party) if party.as_str() != Some(self.client_id) => {
                Err("its identity token was given to another application")
            }
            None if !is_only => {
                Err("its identity token is for several applications and given to none of them")
            }
            Some(_) | None => Ok(()),
        }
    }

    fn check_time(&self, claims: &Map<String, Value>) -> Result<(), &'static str> {
        let ends = moment(claims, "exp")?.ok_or("its identity token has no end")?;
        let issued = moment(claims, "iat")?.ok_or("its identity token does not say when it was issued")?;
        let begins = moment(claims, "nbf")?.unwrap_or(issued);
        if self.now >= ends + LEEWAY {
            return Err("its identity token has ended");
        }
        if issued > self.now + LEEWAY || begins > self.now + LEEWAY {
            return Err("its identity token is from the future; compare the clocks");
        }
        Ok(())
    }

    /// The left half of the access token's digest (OpenID Connect Core 3.1.3.6).
    fn access_token_hash(&self) -> String {
        let digest = self.algorithm.digest(self.access_token.expose().as_bytes());
        let (half, _) = digest.as_ref().split_at(digest.as_ref().len() / 2);
        URL_SAFE_NO_PAD.encode(half)
    }
}

/// The subject, if it is one.
pub(super) fn subject(claims: &Map<String, Value>) -> Option<&str> {
    let subject = claims.get("sub")?.as_str()?;
    let is_plain = !subject.chars().any(char::is_control);
    (is_plain && !subject.is_empty() && subject.len() <= LONGEST_SUBJECT).then_some(subject)
}

fn moment(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, &'static str> {
    numeric_date(claims, name).map_err(|NotANumber| "a time in its identity token is no number")
}
