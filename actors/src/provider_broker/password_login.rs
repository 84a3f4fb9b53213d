//! Logging in with a password: the page is checked, the throttle asked, the password compared, the browser signed in.
//!
//! The steps are pure or belong to the store; here is their order, and on which thread each runs.

use std::sync::Arc;

use super::errors::LogInError;
use super::messages::{
    BeginSignIn, BeginSignInReply, LogInWithPassword, LogInWithPasswordReply, LoggedIn, SignInStart,
};
use super::providers::local::LocalProvider;
use super::rules::BrokerRules;
use super::throttle::LoginThrottle;
use crate::blocking::BlockingPool;
use crate::domain::interaction::InteractionStage;
use crate::domain::pending_login::LoginPurpose;
use crate::domain::user::{UserIdentity, UserKey};
use crate::error::CallError;
use crate::store::StoreError;

/// How often a page's stage is read again when somebody else moves it at the same moment.
const ATTEMPTS: u32 = 3;

/// What logging in with a password needs besides the rules.
#[derive(Clone)]
pub struct PasswordLogins {
    /// The users.
    pub provider: Arc<LocalProvider>,
    /// How many wrong passwords are borne.
    pub throttle: Arc<LoginThrottle>,
    /// Where passwords are compared: few at once, whatever else is going on.
    pub checks: BlockingPool,
}

impl PasswordLogins {
    /// Logs a user in.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] if too many passwords wait to be compared, and what [`BlockingPool::run`] says.
    pub async fn log_in(
        self,
        message: LogInWithPassword,
        rules: BrokerRules,
        store: BlockingPool,
    ) -> Result<LogInWithPasswordReply, CallError> {
        let message = Arc::new(message);
        let (asked, page_rules) = (Arc::clone(&message), rules.clone());
        let page = store.run(move || page_rules.check_login_page(&asked)).await?;
        if let Err(error) = page {
            return Ok(Err(error));
        }
        let identity = match self.check_password(&message, &rules).await? {
            Ok(identity) => identity,
            Err(error) => return Ok(Err(error)),
        };
        store
            .run(move || rules.finish_password_login(&message, identity))
            .await
    }

    async fn check_password(
        &self,
        message: &Arc<LogInWithPassword>,
        rules: &BrokerRules,
    ) -> Result<Result<UserIdentity, LogInError>, CallError> {
        let admitted = self
            .throttle
            .admit(&message.username, message.network, rules.now());
        let attempt = match admitted {
            Ok(attempt) => attempt,
            Err(retry_after) => return Ok(Err(LogInError::Throttled { retry_after })),
        };
        let (provider, typed) = (Arc::clone(&self.provider), Arc::clone(message));
        let check = move || provider.log_in(&typed.username, &typed.password);
        // Only an answer that the password is wrong is charged; what told the guesser nothing is free.
        match self.checks.run(check).await {
            Ok(Ok(None)) => Ok(Err(LogInError::WrongCredentials)),
            Ok(Ok(Some(identity))) => {
                self.throttle.forgive(attempt);
                Ok(Ok(identity))
            }
            Ok(Err(error)) => {
                self.throttle.forgive(attempt);
                Ok(Err(error.into()))
            }
            Err(error) => {
                self.throttle.forgive(attempt);
                Err(error)
            }
        }
    }
}

impl BrokerRules {
    /// The login form, for a browser that signs in for itself.
    pub fn begin_sign_in(&self, message: &BeginSignIn) -> BeginSignInReply {
        let stage = InteractionStage::LogIn;
        self.begin(LoginPurpose::SignIn, stage, message.browser.as_ref(), None)
            .map(SignInStart::LogIn)
    }

    fn check_login_page(&self, message: &LogInWithPassword) -> Result<(), LogInError> {
        self.open(&message.interaction, message.browser.as_ref())?;
        Ok(())
    }

    /// Signs the browser in and moves its page on. The same form may come twice, from a double click: then both answers
    /// show the same next page.
    fn finish_password_login(
        &self,
        message: &LogInWithPassword,
        identity: UserIdentity,
    ) -> LogInWithPasswordReply {
        let user = self.record_login(identity)?;
        let key = &user.identity.key;
        let purpose = self.move_on(message, key)?;
        let session = self.new_session(key, message.session.as_ref())?;
        Ok(LoggedIn {
            user,
            session,
            purpose,
        })
    }

    fn move_on(&self, message: &LogInWithPassword, user: &UserKey) -> Result<LoginPurpose, LogInError> {
        for _ in 0..ATTEMPTS {
            let interaction = self.open(&message.interaction, message.browser.as_ref())?;
            let next = match interaction.purpose {
                LoginPurpose::Authorize(_) => InteractionStage::Consent {
                    user: Some(user.clone()),
                },
                LoginPurpose::SignIn => InteractionStage::Decided,
            };
            let store = &self.store.interactions;
            if interaction.stage == next
                || store.advance_interaction(&interaction.id, &interaction.stage, &next)?
            {
                return Ok(interaction.purpose);
            }
        }
        Err(StoreError::Busy {
            operation: "advance interaction",
        }
        .into())
    }
}
