//! Authorization codes: what a code is bound to, and which exchange it allows.
//!
//! A code lives at most a minute and is exchanged at most once. Mistakes that prove nothing (a mistyped redirect
//! URI) leave it alone; wrong verifiers use it up after a few tries; a second exchange is a reason to end the
//! grant. That it is consumed only once although several replicas see it is the store's job.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::client::ClientId;
use super::clock::Timestamp;
use super::dpop::KeyThumbprint;
use super::grant::GrantId;
use super::pkce::{CodeChallenge, CodeVerifier};
use super::redirect_uri::RedirectUri;
use super::resource::{ResourceIndicator, WrongResource};
use super::scope::ScopeSet;
use super::secret::SecretDigest;

/// The longest life of a code, whatever the configuration says.
pub const LONGEST_CODE_LIFETIME: Duration = Duration::from_mins(1);

/// So many wrong verifiers use a code up.
pub const MOST_FAILED_VERIFICATIONS: u32 = 3;

/// What a code was issued for. An exchange must agree with all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBinding {
    /// The grant that becomes active.
    pub grant: GrantId,
    /// The client that asked.
    pub client: ClientId,
    /// Where the code was sent, byte for byte.
    pub redirect_uri: RedirectUri,
    /// What the verifier must meet.
    pub challenge: CodeChallenge,
    /// What the tokens will be for.
    pub resource: ResourceIndicator,
    /// What the tokens may do.
    pub scopes: ScopeSet,
    /// The only key that may exchange it (`dpop_jkt`, RFC 9449 section 10).
    pub bound_to: Option<KeyThumbprint>,
}

/// A code as it is stored: by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// The digest of its value.
    pub digest: SecretDigest,
    /// What it was issued for.
    pub binding: CodeBinding,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends unless it is consumed before.
    pub expires_at: Timestamp,
    /// Where it is in its life.
    pub state: CodeState,
}

/// The life of a code. The passing of `expires_at` alone is not written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// It can be exchanged.
    Issued {
        /// Wrong verifiers so far.
        failed_verifications: u32,
    },
    /// It was exchanged.
    Consumed {
        /// When.
        at: Timestamp,
    },
    /// Wrong verifiers used it up.
    Expired,
}

/// A code cannot go from where it is to where it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only an issued code can change; this one is consumed or expired")]
pub struct InvalidCodeTransition;

impl CodeState {
    /// The code was exchanged.
    pub fn consume(self, now: Timestamp) -> Result<Self, InvalidCodeTransition> {
        match self {
            Self::Issued { .. } => Ok(Self::Consumed { at: now }),
            Self::Consumed { .. } | Self::Expired => Err(InvalidCodeTransition),
        }
    }

    /// A wrong verifier was presented.
    pub fn fail_verification(self) -> Result<Self, InvalidCodeTransition> {
        match self {
            Self::Issued { failed_verifications } if failed_verifications + 1 < MOST_FAILED_VERIFICATIONS => {
                Ok(Self::Issued {
                    failed_verifications: failed_verifications + 1,
                })
            }
            Self::Issued { .. } => Ok(Self::Expired),
            Self::Consumed { .. } | Self::Expired => Err(InvalidCodeTransition),
        }
    }
}

/// What a client presents to exchange a code, apart from the code.
#[derive(Clone, Copy, Debug)]
pub struct CodeExchange<'a> {
    /// The client, after it was authenticated.
    pub client: &'a ClientId,
    /// `redirect_uri`. OAuth 2.1 has dropped the parameter, so it may be absent; if present it must be equal.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`
    pub verifier: &'a CodeVerifier,
    /// `resource`, which must mean the same as at the authorization request.
    pub resource: Option<&'a str>,
    /// The key of the client's DPoP proof, if it sent one.
    pub key: Option<&'a KeyThumbprint>,
}

/// Why a code is not exchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// It was issued to another client. It stays as it is, so that nobody can spoil another client's code.
    #[error("the code was issued to another client")]
    OtherClient,
    /// It was exchanged before: the grant must end (RFC 6749 section 4.1.2).
    #[error("the code was already exchanged")]
    AlreadyConsumed {
        /// The grant that it had made active.
        grant: GrantId,
    },
    /// Its time is over, or wrong verifiers used it up.
    #[error("the code has expired; codes are valid for a minute at most")]
    Expired,
    /// It was sent to another address.
    #[error("redirect_uri is not the one of the authorization request")]
    OtherRedirectUri,
    /// It was issued for another resource.
    #[error(transparent)]
    OtherResource(WrongResource),
    /// It is bound to a key, and another one was shown, or none. It stays as it is.
    #[error("the code is bound to another key (dpop_jkt); send a DPoP proof made with that key")]
    OtherKey,
    /// The challenge of the authorization request was malformed, so nothing can meet it.
    #[error("the authorization request had a malformed code_challenge, so its code cannot be exchanged")]
    ChallengeNotExchangeable,
    /// The verifier does not meet the challenge.
    #[error("code_verifier does not match code_challenge")]
    WrongVerifier,
}

impl CodeRefusal {
    /// The error code of the token endpoint (RFC 6749 section 5.2, RFC 8707 section 2).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherResource(_) => "invalid_target",
            Self::OtherClient
            | Self::AlreadyConsumed { .. }
            | Self::Expired
            | Self::OtherRedirectUri
            | Self::OtherKey
            | Self::ChallengeNotExchangeable
            | Self::WrongVerifier => "invalid_grant",
        }
    }
}

/// Proof that an exchange agrees with everything that its code is bound to. Only [`AuthorizationCode::verify`]
/// makes one, and issuing tokens takes one, so tokens cannot be issued around the checks.
#[derive(Debug)]
pub struct VerifiedCode {
    digest: SecretDigest,
    binding: CodeBinding,
}

impl VerifiedCode {
    /// The code to consume.
    #[must_use]
    pub const fn digest(&self) -> &SecretDigest {
        &self.digest
    }

    /// What to issue tokens for.
    #[must_use]
    pub const fn binding(&self) -> &CodeBinding {
        &self.binding
    }
}

impl AuthorizationCode {
    /// A new code, valid for `lifetime` but never for longer than [`LONGEST_CODE_LIFETIME`].
    #[must_use]
    pub fn issue(digest: SecretDigest, binding: CodeBinding, now: Timestamp, lifetime: Duration) -> Self {
        Self {
            digest,
            binding,
            issued_at: now,
            expires_at: now + lifetime.min(LONGEST_CODE_LIFETIME),
            state: CodeState::Issued {
                failed_verifications: 0,
            },
        }
    }

    /// Whether this exchange is the one that the code was issued for.
    pub fn verify(self, exchange: &CodeExchange<'_>, now: Timestamp) -> Result<VerifiedCode, CodeRefusal> {
        let binding = &self.binding;
        if *exchange.client != binding.client {
            return Err(CodeRefusal::OtherClient);
        }
        match self.state {
            CodeState::Consumed { .. } => return Err(CodeRefusal::AlreadyConsumed { grant: binding.grant }),
            CodeState::Expired => return Err(CodeRefusal::Expired),
            CodeState::Issued { .. } if self.expires_at <= now => return Err(CodeRefusal::Expired),
            CodeState::Issued { .. } => {}
        }
        if exchange
            .redirect_uri
            .is_some_and(|uri| uri != binding.redirect_uri.as_str())
        {
            return Err(CodeRefusal::OtherRedirectUri);
        }
        exchange
            .resource
            .map_or(Ok(()), |resource| binding.resource.accept(resource))
            .map_err(CodeRefusal::OtherResource)?;
        if binding.bound_to.is_some() && binding.bound_to.as_ref() != exchange.key {
            return Err(CodeRefusal::OtherKey);
        }
        if !binding.challenge.is_exchangeable() {
            return Err(CodeRefusal::ChallengeNotExchangeable);
        }
        if !binding.challenge.is_met_by(exchange.verifier) {
            return Err(CodeRefusal::WrongVerifier);
        }
        Ok(VerifiedCode {
            digest: self.digest,
            binding: self.binding,
        })
    }
}
