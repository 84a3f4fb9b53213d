//! What is asked of the broker about users who have logged in before.

use crate::domain::user::UserIdentity;

/// A client goes on acting for a user who logged in a while ago. Answered by [`VouchForUserReply`].
#[derive(Clone, Debug)]
pub struct VouchForUser {
    /// What was known of the user until now.
    pub identity: UserIdentity,
}

/// What is known of the user now: of local users what the configuration says, of others what they were known by, since
/// only a login asks their provider. `None` if the place where users log in knows no such user any more.
pub type VouchForUserReply = Option<UserIdentity>;
