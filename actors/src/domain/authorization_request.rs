//! A validated authorization request (RFC 6749 section 4.1.1, RFC 7636, RFC 8707): what is carried through consent
//! and login until a code is issued for it.
//!
//! Reading and refusing raw parameters is the authorization endpoint's work; a value of this type was accepted.

use super::client::ClientId;
use super::dpop::KeyThumbprint;
use super::login_attempt::AttemptId;
use super::pkce::CodeChallenge;
use super::redirect_uri::RedirectUri;
use super::resource::ResourceIndicator;
use super::scope::ScopeSet;

/// The longest `state` that is carried through, in bytes.
pub const LONGEST_STATE: usize = 4096;

/// What a client asked for, as far as it may be asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: ClientId,
    /// Where the response goes, byte for byte as requested.
    pub redirect_uri: RedirectUri,
    /// What the verifier must meet.
    pub challenge: CodeChallenge,
    /// What the tokens will be for.
    pub resource: ResourceIndicator,
    /// `None` if the request had no `scope`: the default set is meant.
    pub asked: Option<ScopeSet>,
    /// The client's own `state`, to be echoed exactly.
    pub state: Option<String>,
    /// The attempt that it began; `None` for one that an earlier version of the server took in.
    pub attempt: Option<AttemptId>,
    /// The only key that may exchange the code (`dpop_jkt`, RFC 9449 section 10).
    pub bound_to: Option<KeyThumbprint>,
}

/// Leaves `state` out: it is the client's defence against forgery and none of the log's business.
impl std::fmt::Debug for AuthorizationRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("AuthorizationRequest")
            .field("client", &self.client)
            .field("redirect_uri", &self.redirect_uri)
            .field("resource", &self.resource)
            .field("asked", &self.asked)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
