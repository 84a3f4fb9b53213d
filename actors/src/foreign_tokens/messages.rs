//! What can be asked about tokens of another server.

use crate::domain::resource::ResourceIndicator;
use crate::domain::secret::Secret;
use crate::domain::user::Principal;
use crate::handle::requests;
use crate::provider_broker::providers::oidc::access_tokens::ForeignTokenError;

/// A call came with a bearer token (RFC 6750). Answered by [`CheckTokenReply`].
#[derive(Clone, Debug)]
pub struct CheckToken {
    /// What stands behind `Bearer`.
    pub token: Secret,
    /// The resource that was called.
    pub resource: ResourceIndicator,
}

/// Who calls.
pub type CheckTokenReply = Result<Principal, ForeignTokenError>;

requests! {
    CheckToken => CheckTokenReply;
}
