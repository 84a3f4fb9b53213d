//! The proof that a user agreed to a client's request. Only a consent makes one, so that no code and no upstream
//! redirect can be made around the consent page.

use crate::domain::authorization_request::AuthorizationRequest;
use crate::domain::user::UserAccount;

/// An authorization request that a user has approved.
#[derive(Debug)]
pub struct ApprovedRequest {
    parts: Box<(AuthorizationRequest, Option<UserAccount>)>,
}

impl ApprovedRequest {
    pub(super) fn new(request: AuthorizationRequest, user: Option<UserAccount>) -> Self {
        let parts = Box::new((request, user));
        Self { parts }
    }

    /// What was approved.
    #[must_use]
    pub fn request(&self) -> &AuthorizationRequest {
        &self.parts.0
    }

    /// Who approved it; `None` if that shows only at the provider.
    #[must_use]
    pub fn user(&self) -> Option<&UserAccount> {
        self.parts.1.as_ref()
    }

    /// Both, to go on with.
    #[must_use]
    pub fn into_parts(self) -> (AuthorizationRequest, Option<UserAccount>) {
        *self.parts
    }
}
