//! What can be asked of the store of authorization codes. Each message names the outside act that it stands for.

use crate::domain::authorization_code::{CodeBinding, CodeRefusal, VerifiedCode};
use crate::domain::client::ClientId;
use crate::domain::dpop::KeyThumbprint;
use crate::domain::grant::GrantId;
use crate::domain::opaque_token::AuthorizationCodeValue;
use crate::domain::pkce::CodeVerifier;
use crate::domain::secret::Secret;
use crate::handle::requests;
use crate::store::{MintError, StoreError};

/// A user has logged in and is about to be sent back to the client with a code. Answered by [`SaveCodeReply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveCode {
    /// What the code is for. Its grant is stored already.
    pub binding: CodeBinding,
}

/// The code to put into the redirect, the only time that it exists in plain text.
pub type SaveCodeReply = Result<AuthorizationCodeValue, MintError>;

/// A client came to the token endpoint with `grant_type=authorization_code`. Answered by [`ConsumeCodeReply`].
#[derive(Clone, Debug)]
pub struct ConsumeCode {
    /// `code`
    pub code: Secret,
    /// The client, after it was authenticated.
    pub client: ClientId,
    /// `redirect_uri`, if it was sent.
    pub redirect_uri: Option<String>,
    /// `code_verifier`
    pub verifier: CodeVerifier,
    /// `resource`, if it was sent.
    pub resource: Option<String>,
    /// The key of the client's DPoP proof, if it sent one.
    pub key: Option<KeyThumbprint>,
}

/// Proof that tokens may be issued, to be spent with [`crate::token_store::IssueTokens`].
pub type ConsumeCodeReply = Result<VerifiedCode, ConsumeCodeError>;

/// Why no tokens may be issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsumeCodeError {
    /// Not a code of this server, or one that is long over (`invalid_grant`).
    #[error("the code is unknown or has expired")]
    Unknown,
    /// The exchange is not the one that the code is for. After [`CodeRefusal::AlreadyConsumed`] the caller revokes
    /// the grant.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: CodeRefusal,
        /// The grant that waits for the code.
        grant: GrantId,
    },
    /// The store failed (503 or 500); the code is as it was.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConsumeCodeError {
    /// The error code of the token endpoint (RFC 6749 section 5.2); `None` if the fault is ours.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Unknown => Some("invalid_grant"),
            Self::Refused { refusal, .. } => Some(refusal.code()),
            Self::Store(_) => None,
        }
    }
}

/// The time has come to forget old codes. Answered by [`SweepCodesReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepCodes {
    /// The most codes to delete in one go.
    pub most: u32,
}

/// How many codes were deleted.
pub type SweepCodesReply = Result<u64, StoreError>;

requests! {
    SaveCode => SaveCodeReply;
    ConsumeCode => ConsumeCodeReply;
    SweepCodes => SweepCodesReply;
}
