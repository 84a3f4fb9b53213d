//! What can be asked about assertions of identity providers.

use crate::handle::requests;
use crate::provider_broker::providers::oidc::identity_assertions::{
    AssertedUser, IdentityAssertionError, PresentedIdentityAssertion,
};

/// A client came to the token endpoint with an identity assertion. Answered by [`CheckIdentityAssertionReply`].
#[derive(Clone, Debug)]
pub struct CheckIdentityAssertion(pub PresentedIdentityAssertion);

/// Whom it is about.
pub type CheckIdentityAssertionReply = Result<AssertedUser, IdentityAssertionError>;

requests! {
    CheckIdentityAssertion => CheckIdentityAssertionReply;
}
