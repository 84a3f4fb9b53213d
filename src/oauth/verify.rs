//! Who calls the protected resource (RFC 6750, RFC 9728 section 5.1): one bearer token in the header, or a challenge that
//! says where to get one.

use std::sync::Arc;

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::dpop::{ExpectedProof, KeyThumbprint, Proof, ProofProblem};
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::Principal;
use mxcp_actors::foreign_tokens::{CheckToken, ForeignTokensHandle};
use mxcp_actors::provider_broker::providers::oidc::access_tokens::ForeignTokenError;
use mxcp_actors::token_store::messages::VerifyTokenError;
use mxcp_actors::token_store::{TokenStoreHandle, VerifyPurpose, VerifyToken};

use super::door::{Door, TooMany};
use super::proof::{self, ProofError, ProofHeader, proof_algorithms};
use super::{Addresses, Caller, ResourceServer, Tokens, Unavailable};

/// What a request says about its caller.
#[derive(Clone, Debug)]
pub enum BearerToken {
    /// No `Authorization` header, an empty one, or one of another scheme.
    Absent,
    /// One header of the Bearer scheme.
    Present(Secret),
    /// One header of the DPoP scheme (RFC 9449 section 7.1).
    Proven(ProvenToken),
    /// More than one header, or a token in the query: it is not said which one counts.
    Ambiguous,
}

/// A token with the proof that the caller has its key.
#[derive(Clone, Debug)]
pub struct ProvenToken {
    /// The token.
    pub token: Secret,
    /// The proof.
    pub proof: ProofHeader,
    /// The method of the request.
    pub method: String,
}

/// Why nobody calls, or not with enough rights.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BearerRefusal {
    /// Nothing was presented: a challenge without an error code (401).
    #[error("Authentication required")]
    Missing,
    /// The token came in a way that is not accepted (`invalid_request`, 400).
    #[error("send the access token once, in the Authorization header; it is not accepted in the query")]
    Ambiguous,
    /// The token opens nothing (`invalid_token`, 401).
    #[error("Authentication required")]
    Invalid,
    /// The token is bound to a key and was presented without one, or it was presented with one and opens nothing or is not bound
    /// (`invalid_token`, 401).
    #[error("Authentication required; send the access token as its token_type says")]
    Scheme,
    /// The proof is wrong (`invalid_dpop_proof`, 401).
    #[error("{0}")]
    Proof(ProofProblem),
    /// The token does not open this (`insufficient_scope`, 403).
    #[error("this needs more scopes than the token has")]
    InsufficientScope {
        /// Everything that is needed, not only what lacks.
        required: ScopeSet,
    },
    /// Too many requests without a good token came from this network, or too many with one from this user (429).
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The server could not find out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Who calls. The token is good, for this resource, and has the scopes that every call needs.
pub async fn verify(
    services: &ResourceServer,
    caller: &Caller,
    addresses: &Addresses,
    token: BearerToken,
) -> Result<Arc<Principal>, BearerRefusal> {
    let (token, proof) = match token {
        BearerToken::Absent => {
            services.admit(Door::Unauthenticated, caller)?;
            return Err(BearerRefusal::Missing);
        }
        BearerToken::Ambiguous => return Err(BearerRefusal::Ambiguous),
        BearerToken::Present(token) => (token, None),
        BearerToken::Proven(proven) => {
            let proof = check_proof(services, addresses, &proven);
            (proven.token, Some(proof))
        }
    };
    let resource = addresses.resource().clone();
    let principal = match &services.tokens {
        Tokens::Own(tokens) => {
            let key = proof.as_ref().and_then(|proof| proof.as_ref().ok());
            let key = key.map(|proof| proof.key.clone());
            let purpose = VerifyPurpose::Call { key };
            own(
                tokens,
                VerifyToken {
                    token,
                    resource,
                    purpose,
                },
            )
            .await?
        }
        Tokens::Foreign(tokens) => foreign(services, caller, tokens, CheckToken { token, resource }).await?,
    };
    let principal = match principal {
        Ok(principal) => principal,
        Err(refusal) => {
            // Before the event: a flood must not fill the audit log.
            services.admit(Door::Unauthenticated, caller)?;
            let event = services.event(AuthenticationEvent::RequestRefused, caller);
            event.refused(&refusal).write();
            return Err(match proof {
                Some(_) => BearerRefusal::Scheme,
                None => BearerRefusal::Invalid,
            });
        }
    };
    check_key(services, caller, &principal, proof).await?;
    require_scopes(services, caller, &principal)?;
    services.admit_user(&principal.user.identity.key)?;
    Ok(principal)
}

/// Whether the caller has the key that the token is bound to, if it is.
async fn check_key(
    services: &ResourceServer,
    caller: &Caller,
    principal: &Principal,
    proof: Option<Result<Proof, ProofProblem>>,
) -> Result<(), BearerRefusal> {
    let refusal = match (&principal.bound_to, proof) {
        (None, None) => return Ok(()),
        (None, Some(_)) | (Some(_), None) => BearerRefusal::Scheme,
        (Some(key), Some(proof)) => match prove(services, key, proof).await {
            Ok(()) => return Ok(()),
            Err(ProofError::Unavailable(error)) => return Err(error.into()),
            Err(ProofError::Problem(problem)) => BearerRefusal::Proof(problem),
        },
    };
    services.admit(Door::Unauthenticated, caller)?;
    services
        .event(AuthenticationEvent::RequestRefused, caller)
        .client(&principal.client)
        .user(&principal.user.identity)
        .refused(&refusal)
        .write();
    Err(refusal)
}

/// What the proof proves. Nobody knows yet whether it is new, and whether that is the key of the token.
fn check_proof(
    services: &ResourceServer,
    addresses: &Addresses,
    proven: &ProvenToken,
) -> Result<Proof, ProofProblem> {
    let ProofHeader::Present(proof) = &proven.proof else {
        return Err(ProofProblem::NotOne);
    };
    let expected = ExpectedProof {
        method: &proven.method,
        urls: &[addresses.resource().as_str().to_owned()],
        access_token: Some(&proven.token),
        now: services.clock.now(),
    };
    expected.check(proof)
}

/// Uses up a good proof of this key. A wrong one uses nothing up.
async fn prove(
    services: &ResourceServer,
    key: &KeyThumbprint,
    proof: Result<Proof, ProofProblem>,
) -> Result<(), ProofError> {
    let proof = proof?;
    if proof.key != *key {
        return Err(ProofProblem::OtherKey.into());
    }
    proof::use_up(&services.tokens, proof).await.map(|_| ())
}

/// Who calls with a token that this server issued, or why nobody does.
async fn own(
    tokens: &TokenStoreHandle,
    question: VerifyToken,
) -> Result<Result<Arc<Principal>, String>, Unavailable> {
    match tokens.verify(question).await? {
        Ok(principal) => Ok(Ok(principal)),
        Err(VerifyTokenError::Store(error)) => Err(error.into()),
        Err(VerifyTokenError::Signing(error)) => Err(error.into()),
        Err(VerifyTokenError::Unseal(error)) => Err(Unavailable::broken(&error)),
        Err(refusal @ (VerifyTokenError::Unknown | VerifyTokenError::Refused(_))) => {
            Ok(Err(refusal.to_string()))
        }
    }
}

/// Who calls with a token that another server issued. That one is asked for no network that has shown too many bad tokens.
async fn foreign(
    services: &ResourceServer,
    caller: &Caller,
    tokens: &ForeignTokensHandle,
    question: CheckToken,
) -> Result<Result<Arc<Principal>, String>, BearerRefusal> {
    let answer = if let Some(answer) = tokens.known(&question) {
        answer
    } else {
        services.has_room(Door::Unauthenticated, caller)?;
        tokens.check(question).await.map_err(Unavailable::from)?
    };
    match answer {
        Ok(principal) => Ok(Ok(principal)),
        Err(ForeignTokenError::Refused(refusal)) => Ok(Err(format!("the token is refused: {refusal}"))),
        Err(ForeignTokenError::Unavailable(error)) => Err(Unavailable::down(&error).into()),
    }
}

/// Whether the caller's token has all the scopes that every call needs.
fn require_scopes(
    services: &ResourceServer,
    caller: &Caller,
    principal: &Principal,
) -> Result<(), BearerRefusal> {
    let required = &services.settings.required_scopes;
    if required.is_subset_of(&principal.scopes) {
        return Ok(());
    }
    let refusal = BearerRefusal::InsufficientScope {
        required: required.clone(),
    };
    services
        .event(AuthenticationEvent::RequestRefused, caller)
        .client(&principal.client)
        .user(&principal.user.identity)
        .scopes(&principal.scopes)
        .denied(&refusal)
        .write();
    Err(refusal)
}

/// Records that somebody who is known named an MCP session of somebody else. The answer does not depend on it: the session
/// does not exist for them.
pub fn session_of_another(services: &ResourceServer, caller: &Caller, principal: &Principal, recorded: &str) {
    // Counted with the requests that have no good token: repeating it must not fill the audit log.
    if services.admit(Door::Unauthenticated, caller).is_err() {
        return;
    }
    services
        .event(AuthenticationEvent::RequestRefused, caller)
        .client(&principal.client)
        .user(&principal.user.identity)
        .session(recorded)
        .denied(&"the MCP session belongs to another user")
        .write();
}

impl BearerRefusal {
    /// The error code of the challenge (RFC 6750 section 3.1); `None` for a bare challenge, and if the fault is ours.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::TooMany(_) | Self::Unavailable(_) => None,
            Self::Ambiguous => Some("invalid_request"),
            Self::Invalid | Self::Scheme => Some("invalid_token"),
            Self::Proof(_) => Some("invalid_dpop_proof"),
            Self::InsufficientScope { .. } => Some("insufficient_scope"),
        }
    }

    /// The value of `WWW-Authenticate`; `None` if the fault is ours. Never contains what the caller sent.
    pub fn challenge(&self, services: &ResourceServer, addresses: &Addresses) -> Option<String> {
        let scopes = match self {
            Self::TooMany(_) | Self::Unavailable(_) => return None,
            Self::InsufficientScope { required } => required,
            Self::Missing | Self::Ambiguous | Self::Invalid | Self::Scheme | Self::Proof(_) => {
                services.settings.challenge_scopes()
            }
        };
        let mut parts = Vec::new();
        if let Some(code) = self.code() {
            parts.push(format!("error=\"{code}\""));
            parts.push(format!("error_description=\"{self}\""));
        }
        parts.push(format!("resource_metadata=\"{}\"", addresses.resource_metadata()));
        if !scopes.is_empty() {
            parts.push(format!("scope=\"{scopes}\""));
        }
        // Clients look for one challenge, so whoever sends no bound token is told of the scheme that everybody knows.
        let scheme = match self {
            Self::Scheme | Self::Proof(_) => {
                parts.push(format!("algs=\"{}\"", proof_algorithms().join(" ")));
                "DPoP"
            }
            _ => "Bearer",
        };
        Some(format!("{scheme} {}", parts.join(", ")))
    }
}
