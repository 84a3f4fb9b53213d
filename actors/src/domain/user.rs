//! Who a caller is: the identity that a provider vouched for, and the account that it has here.
//!
//! A user is the pair of issuer and subject, never an e-mail address, which can change hands. What a user may do
//! with tools is decided by policies from the fields here; how a provider's claims become these fields is in
//! `provider_broker`.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::ClientId;
use super::clock::Timestamp;
use super::dpop::KeyThumbprint;
use super::grant::GrantId;
use super::mapped_rights::MappedRights;
use super::resource::ResourceIndicator;
use super::scope::ScopeSet;
use super::upstream_tokens::UpstreamAccess;

/// What makes two logins the same user: the issuer that vouches, and the subject within it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserKey {
    /// The provider's issuer identifier, for example `https://github.com`.
    pub issuer: String,
    /// The provider's stable identifier of the user; what policies see as `user.id`.
    pub subject: String,
}

impl UserKey {
    /// The name of the user for those who read signed access tokens: SHA-256 of issuer and subject with a line feed between them,
    /// in base64url.
    ///
    /// It is the same for as long as the user is the same, and another one for every other pair, since an issuer is a URL or a word
    /// and has no line feed. It shows neither who vouched for the user nor by what name: a token passes through its client and
    /// every resource server. Whoever knows a pair can compute it, so it hides nothing from who guesses.
    #[must_use]
    pub fn public_subject(&self) -> String {
        let named = format!("{}\n{}", self.issuer, self.subject);
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, named.as_bytes()))
    }
}

/// An e-mail address that the provider says belongs to the user. An unverified one cannot be expressed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VerifiedEmail(String);

impl VerifiedEmail {
    /// The address, if the provider calls it verified and it looks like one.
    #[must_use]
    pub fn from_claims(address: &str, is_verified: bool) -> Option<Self> {
        let (local, domain) = address.rsplit_once('@')?;
        let is_plain = !address
            .chars()
            .any(|character| character.is_control() || character.is_whitespace());
        (is_verified && is_plain && !local.is_empty() && !domain.is_empty()).then(|| Self(address.to_owned()))
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        self.0
            .rsplit_once('@')
            .map_or_else(String::new, |(_, domain)| domain.to_ascii_lowercase())
    }
}

impl fmt::Display for VerifiedEmail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a provider, and the operator's mapping of its claims, say about a user at one login.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct UserIdentity {
    /// Issuer and subject.
    pub key: UserKey,
    /// The configured provider: `github`, `google`, `local`, …
    pub provider: String,
    /// The login name at the provider.
    pub username: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// Present only if the provider verified it.
    pub email: Option<VerifiedEmail>,
    /// The role that the provider gives.
    pub role: Option<String>,
    /// The permissions that the provider gives.
    pub permissions: BTreeSet<String>,
    /// The groups, organisations or teams at the provider.
    pub groups: BTreeSet<String>,
    /// What `claim_mappings` gives.
    pub capabilities: BTreeSet<String>,
    /// The scopes that this user may have at most.
    pub scopes: ScopeSet,
    /// The claims as the provider sent them.
    pub profile: Map<String, Value>,
    /// What calls of the provider's interfaces in the user's name have to know: sites, organisation, `instance_url`.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// What the operator's mapping gives besides.
    #[serde(default)]
    pub mapped: MappedRights,
}

impl UserIdentity {
    /// An identity of which nothing is known but who it is.
    #[must_use]
    pub fn bare(key: UserKey, provider: impl Into<String>) -> Self {
        Self {
            key,
            provider: provider.into(),
            username: None,
            name: None,
            email: None,
            role: None,
            permissions: BTreeSet::new(),
            groups: BTreeSet::new(),
            capabilities: BTreeSet::new(),
            scopes: ScopeSet::empty(),
            profile: Map::new(),
            context: Map::new(),
            mapped: MappedRights::default(),
        }
    }
}

impl UserIdentity {
    /// Where the user's data is served, at providers that have several places.
    #[must_use]
    pub fn instance_url(&self) -> Option<&str> {
        self.context.get("instance_url")?.as_str()
    }

    /// The context as JSON; `None` if there is none.
    #[must_use]
    pub fn context_json(&self) -> Option<String> {
        let has_any = !self.context.is_empty();
        has_any
            .then(|| serde_json::to_string(&self.context).ok())
            .flatten()
    }
}

/// Who it is, without names, addresses and claims: those are no debugging output.
impl fmt::Debug for UserIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UserIdentity")
            .field("key", &self.key)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// A user who has logged in here at least once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserAccount {
    /// What was learnt at the latest login.
    pub identity: UserIdentity,
    /// The first login.
    pub created_at: Timestamp,
    /// The latest login.
    pub last_login_at: Timestamp,
}

/// An authenticated caller: the user, and the grant under which a client acts for that user.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// Whose data may be seen.
    pub user: UserAccount,
    /// The application that calls.
    pub client: ClientId,
    /// The grant that its token came from; `None` for a token of another server.
    pub grant: Option<GrantId>,
    /// What the token may do.
    pub scopes: ScopeSet,
    /// What the token is for.
    pub resource: ResourceIndicator,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// The only key with whose proofs the token may be used (RFC 9449); `None` for whoever has it.
    pub bound_to: Option<KeyThumbprint>,
    /// The user's own access at the provider, for calls in the user's name; `None` for local users.
    pub upstream: Option<UpstreamAccess>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unverified_or_broken_address_does_not_exist() {
        assert_eq!(VerifiedEmail::from_claims("eve@example.com", false), None);
        for address in [
            "",
            "@example.com",
            "eve@",
            "eve",
            "eve@example.com\r\nBcc: x",
            "e ve@example.com",
        ] {
            assert_eq!(VerifiedEmail::from_claims(address, true), None, "{address:?}");
        }
        let email = VerifiedEmail::from_claims("\"a@b\"@Example.COM", true).unwrap();
        assert_eq!(
            (email.as_str(), email.domain().as_str()),
            ("\"a@b\"@Example.COM", "example.com")
        );
    }

    #[test]
    fn the_same_subject_at_another_issuer_is_another_user() {
        let key = |issuer: &str| UserKey {
            issuer: issuer.to_owned(),
            subject: "1".to_owned(),
        };
        assert_ne!(key("https://github.com"), key("https://gitlab.com"));
    }

    #[test]
    fn the_public_subject_follows_from_issuer_and_subject_and_from_nothing_else() {
        let subject = |issuer: &str, subject: &str| {
            let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
            UserKey { issuer, subject }.public_subject()
        };
        // printf 'https://github.com\n583231' | openssl dgst -sha256 -binary | basenc --base64url
        assert_eq!(
            subject("https://github.com", "583231"),
            "VYAFYGJSfxxhE3eev455Tc2ZzchjoI4IE7fmUfh4z6M"
        );
        assert_ne!(
            subject("https://github.com", "1"),
            subject("https://gitlab.com", "1")
        );
        assert_ne!(subject("a", "bc"), subject("ab", "c"));
    }

    #[test]
    fn an_identity_survives_storage() {
        let mut identity = UserIdentity::bare(
            UserKey {
                issuer: "i".into(),
                subject: "s".into(),
            },
            "github",
        );
        identity.email = VerifiedEmail::from_claims("a@example.com", true);
        identity.scopes = ScopeSet::parse("mcp:read mcp:write").unwrap();
        identity
            .profile
            .insert("login".to_owned(), Value::from("octocat"));
        let text = serde_json::to_string(&identity).unwrap();
        assert_eq!(serde_json::from_str::<UserIdentity>(&text).unwrap(), identity);
        assert!(!format!("{identity:?}").contains("octocat"));
    }
}
