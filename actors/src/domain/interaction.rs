//! A login or consent page that waits for its user: where the authorization request stays meanwhile.
//!
//! An interaction belongs to one browser and moves in one direction: from the login form to consent to a decision.
//! What happens at an outside provider is a [`super::pending_login::PendingLogin`] instead. Showing pages and checking
//! passwords is done elsewhere.

use std::time::Duration;

use super::clock::Timestamp;
use super::login_attempt::AttemptId;
use super::pending_login::LoginPurpose;
use super::secret::SecretDigest;
use super::user::UserKey;

/// How long a user may look at this server's pages before the request behind them is forgotten.
pub const LONGEST_INTERACTION: Duration = Duration::from_mins(10);

/// A request that waits for its user. Its pages carry an [`super::opaque_token::InteractionToken`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// The digest of the value in its pages.
    pub id: SecretDigest,
    /// The digest of the cookie of the browser that it belongs to.
    pub browser: SecretDigest,
    /// What it is for.
    pub purpose: LoginPurpose,
    /// What it waits for.
    pub stage: InteractionStage,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// What an interaction waits for. Stages change by compare-and-set in the store, so that of two answers to one page
/// one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InteractionStage {
    /// A password.
    LogIn,
    /// A decision about the client.
    Consent {
        /// Who decides; `None` if that shows only at the provider, after the decision.
        user: Option<UserKey>,
    },
    /// Nothing any more. It is kept until it expires, so that a second click can be told from a forged one.
    Decided,
    /// Nothing any more, since the user said no.
    Denied,
}

/// Why a page's form is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InteractionRefusal {
    /// Nobody has seen this page, or it is forgotten already.
    #[error("the page is unknown or has expired; start again in your application")]
    Unknown,
    /// The form came from another browser than the page, or the browser sends no cookies.
    #[error(
        "the page was opened in another browser, or cookies are blocked; start again in your application"
    )]
    OtherBrowser {
        /// The attempt that it belongs to, for the audit.
        attempt: Option<AttemptId>,
    },
    /// It was answered before: a second click, or the back button. Nothing happened twice.
    #[error("the page was answered before; start again in your application if nothing happened")]
    AlreadyDecided {
        /// What it was for, so that the browser can be led on.
        purpose: Box<LoginPurpose>,
        /// Whether the answer was no.
        is_denied: bool,
    },
    /// The form belongs to another step of the login than the one that is due.
    #[error("the page is out of date; go on with the newest one")]
    OtherStage,
}

impl Interaction {
    /// Whether a page of this interaction may be shown to, or answered by, this browser now.
    pub fn check(&self, browser: Option<&SecretDigest>, now: Timestamp) -> Result<(), InteractionRefusal> {
        if self.expires_at <= now {
            return Err(InteractionRefusal::Unknown);
        }
        if browser != Some(&self.browser) {
            return Err(InteractionRefusal::OtherBrowser {
                attempt: self.purpose.attempt(),
            });
        }
        match self.stage {
            InteractionStage::LogIn | InteractionStage::Consent { .. } => Ok(()),
            InteractionStage::Decided | InteractionStage::Denied => Err(InteractionRefusal::AlreadyDecided {
                purpose: Box::new(self.purpose.clone()),
                is_denied: self.stage == InteractionStage::Denied,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;

    fn digest(text: &str) -> SecretDigest {
        SecretDigest::plain(&Secret::new(text))
    }

    fn interaction(stage: InteractionStage) -> Interaction {
        Interaction {
            id: digest("interaction"),
            browser: digest("browser"),
            purpose: LoginPurpose::SignIn,
            stage,
            created_at: Timestamp::from_seconds(0),
            expires_at: Timestamp::from_seconds(600),
        }
    }

    #[test]
    fn the_browser_that_began_it_may_go_on_in_time() {
        let (browser, in_time) = (digest("browser"), Timestamp::from_seconds(599));
        for stage in [InteractionStage::LogIn, InteractionStage::Consent { user: None }] {
            assert_eq!(interaction(stage).check(Some(&browser), in_time), Ok(()));
        }
        let too_late =
            interaction(InteractionStage::LogIn).check(Some(&browser), Timestamp::from_seconds(600));
        assert_eq!(too_late, Err(InteractionRefusal::Unknown));
    }

    #[test]
    fn another_browser_learns_nothing_about_the_stage() {
        let in_time = Timestamp::from_seconds(1);
        for stage in [InteractionStage::LogIn, InteractionStage::Decided] {
            let refused = interaction(stage).check(Some(&digest("victim")), in_time);
            assert_eq!(refused, Err(InteractionRefusal::OtherBrowser { attempt: None }));
        }
        let without_cookie = interaction(InteractionStage::LogIn).check(None, in_time);
        assert_eq!(
            without_cookie,
            Err(InteractionRefusal::OtherBrowser { attempt: None })
        );
    }

    #[test]
    fn a_second_answer_says_what_the_first_one_was_about() {
        for (stage, is_denied) in [
            (InteractionStage::Decided, false),
            (InteractionStage::Denied, true),
        ] {
            let refused = interaction(stage).check(Some(&digest("browser")), Timestamp::from_seconds(1));
            let purpose = Box::new(LoginPurpose::SignIn);
            assert_eq!(
                refused,
                Err(InteractionRefusal::AlreadyDecided { purpose, is_denied })
            );
        }
    }
}
