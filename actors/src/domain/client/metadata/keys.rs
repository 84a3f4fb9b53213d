//! The members about keys: with which keys, and by which algorithm, a client signs its assertions.

use serde_json::{Map, Value};
use url::Url;

use super::members::{address, text};
use super::{InvalidMetadata, MetadataProblem, MetadataRules, problem};
use crate::domain::client::{ASSERTION_ALGORITHMS, AuthenticationMethod, ClientKeys, LOOPBACK_HOSTS};
use crate::jose::{JwkSet, PRIVATE_MEMBERS, SignatureAlgorithm};

const MOST_KEYS: usize = 20;

/// Where the keys of the client are, if it authenticates with keys.
pub(super) fn keys(
    members: &Map<String, Value>,
    authentication: Option<AuthenticationMethod>,
    rules: &MetadataRules,
) -> Result<Option<ClientKeys>, InvalidMetadata> {
    let is_needed = authentication == Some(AuthenticationMethod::PrivateKeyJwt);
    let algorithm = if is_needed { algorithm(members)? } else { None };
    let inline = members.get("jwks");
    if let Some(set) = inline {
        let algorithms = algorithm
            .as_ref()
            .map_or(ASSERTION_ALGORITHMS.as_slice(), std::slice::from_ref);
        match check_key_set(set, algorithms) {
            Err(InvalidKeySet::NoUsableKey) if !is_needed => {}
            checked => checked.map_err(|error| problem("jwks", error.into_problem(algorithms)))?,
        }
    }
    let address = keys_address(members, rules)?;
    let keys = match (inline, address) {
        (Some(_), Some(_)) => {
            let both = MetadataProblem::Inconsistent("goes without jwks_uri; send one of them");
            return Err(problem("jwks", both));
        }
        (Some(keys), None) => Some(ClientKeys::Inline(keys.clone())),
        (None, Some(address)) => Some(ClientKeys::Address(address.to_owned())),
        (None, None) => None,
    };
    if !is_needed {
        return Ok(None);
    }
    let missing = MetadataProblem::Inconsistent(
        "is needed, or jwks_uri, when the client authenticates by private_key_jwt",
    );
    keys.map(Some).ok_or_else(|| problem("jwks", missing))
}

/// The only algorithm that the client will use, if it says so.
fn algorithm(members: &Map<String, Value>) -> Result<Option<SignatureAlgorithm>, InvalidMetadata> {
    const MEMBER: &str = "token_endpoint_auth_signing_alg";
    let Some(name) = text(members, MEMBER)? else {
        return Ok(None);
    };
    let known = SignatureAlgorithm::from_name(name).filter(|known| ASSERTION_ALGORITHMS.contains(known));
    let unsupported = || problem(MEMBER, MetadataProblem::Unsupported(names(&ASSERTION_ALGORITHMS)));
    known.map(Some).ok_or_else(unsupported)
}

fn keys_address<'a>(
    members: &'a Map<String, Value>,
    rules: &MetadataRules,
) -> Result<Option<&'a str>, InvalidMetadata> {
    const MEMBER: &str = "jwks_uri";
    const ACCEPTED: &str = "an https address";
    let Some(address) = address(members, MEMBER, &["https", "http"], ACCEPTED)? else {
        return Ok(None);
    };
    let is_here = |url: &Url| url.host_str().is_some_and(|host| LOOPBACK_HOSTS.contains(&host));
    let is_acceptable = Url::parse(address)
        .is_ok_and(|url| url.scheme() == "https" || (rules.allows_loopback_keys && is_here(&url)));
    if is_acceptable {
        Ok(Some(address))
    } else {
        Err(problem(MEMBER, MetadataProblem::Address(ACCEPTED)))
    }
}

/// Why keys that a client sent, or that the operator wrote down for it, are not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeySet {
    /// Not the JSON of a set.
    #[error("must be a JWK set: an object with a list keys of objects")]
    WrongType,
    /// Too many keys.
    #[error("is too large; accepted are at most {MOST_KEYS} keys")]
    TooLarge,
    /// A key that must never have left the client.
    #[error("contains a private or symmetric key; give public keys only, and replace this one")]
    PrivateKey,
    /// Nothing that could verify one of these algorithms.
    #[error("has no key for {}", names(&ASSERTION_ALGORITHMS))]
    NoUsableKey,
}

impl InvalidKeySet {
    fn into_problem(self, algorithms: &[SignatureAlgorithm]) -> MetadataProblem {
        match self {
            Self::WrongType => MetadataProblem::WrongType("a JWK set: an object with a list keys of objects"),
            Self::TooLarge => MetadataProblem::TooLarge("20 keys"),
            Self::PrivateKey => MetadataProblem::PrivateKey,
            Self::NoUsableKey => MetadataProblem::NoUsableKey(names(algorithms)),
        }
    }
}

/// Whether a set has public keys alone, and at least one that can verify one of these algorithms.
pub(in crate::domain::client) fn check_key_set(
    set: &Value,
    algorithms: &[SignatureAlgorithm],
) -> Result<(), InvalidKeySet> {
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or(InvalidKeySet::WrongType)?;
    if keys.len() > MOST_KEYS {
        return Err(InvalidKeySet::TooLarge);
    }
    for key in keys {
        let key = key.as_object().ok_or(InvalidKeySet::WrongType)?;
        if PRIVATE_MEMBERS.iter().any(|member| key.contains_key(*member)) {
            return Err(InvalidKeySet::PrivateKey);
        }
    }
    let usable = JwkSet::parse(set.to_string().as_bytes()).map_err(|_| InvalidKeySet::TooLarge)?;
    if algorithms.iter().any(|algorithm| usable.has_key_for(*algorithm)) {
        Ok(())
    } else {
        Err(InvalidKeySet::NoUsableKey)
    }
}

fn names(algorithms: &[SignatureAlgorithm]) -> String {
    let names: Vec<_> = algorithms.iter().map(|algorithm| algorithm.name()).collect();
    names.join(", ")
}
