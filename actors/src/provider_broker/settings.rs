//! What the operator can set about logins.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use super::user_mapping::UserMapping;
use crate::domain::password::{PasswordCost, PasswordHash};
use crate::domain::scope::ScopeSet;
use crate::domain::throttle::Allowance;
use crate::domain::user::VerifiedEmail;

/// What the operator can set about logins.
#[derive(Clone, Debug)]
pub struct ProviderBrokerSettings {
    /// How long the login and consent pages wait; more than
    /// [`crate::domain::interaction::LONGEST_INTERACTION`] counts as that.
    pub interaction_lifetime: Duration,
    /// How long a login may take at the provider; more than
    /// [`crate::domain::pending_login::LONGEST_PENDING_LOGIN`] counts as that.
    pub pending_login_lifetime: Duration,
    /// How long a browser stays signed in.
    pub browser_session_lifetime: Duration,
    /// How long a consent is remembered, if the operator lets consents be remembered at all.
    pub consent_lifetime: Duration,
    /// What users have beyond what the provider says.
    pub user_mapping: UserMapping,
}

impl Default for ProviderBrokerSettings {
    fn default() -> Self {
        Self {
            interaction_lifetime: Duration::from_mins(10),
            pending_login_lifetime: Duration::from_mins(10),
            browser_session_lifetime: Duration::from_hours(12),
            consent_lifetime: Duration::from_hours(24 * 30),
            user_mapping: UserMapping::default(),
        }
    }
}

/// Provider `local`: users with passwords, from the configuration.
#[derive(Clone, Debug)]
pub struct LocalProviderSettings {
    /// What vouches for these users: this server's own issuer identifier.
    pub issuer: String,
    /// The users, each with another name.
    pub users: Vec<LocalUser>,
    /// What is spent on an attempt with a name that nobody has, if there are no users to take the cost from.
    pub cost: PasswordCost,
    /// Passwords that are checked at once. Each takes a thread and the memory of its hash, so few.
    pub checks_at_once: NonZeroU32,
    /// Logins that may wait for their check.
    pub checks_waiting: u32,
    /// How many wrong passwords are borne.
    pub throttle: ThrottleSettings,
}

impl LocalProviderSettings {
    /// The defaults for these users.
    #[must_use]
    pub fn new(issuer: impl Into<String>, users: Vec<LocalUser>) -> Self {
        Self {
            issuer: issuer.into(),
            users,
            cost: PasswordCost::default(),
            checks_at_once: NonZeroU32::MIN.saturating_add(1),
            checks_waiting: 64,
            throttle: ThrottleSettings::default(),
        }
    }
}

/// A user with a password.
#[derive(Clone, Debug)]
pub struct LocalUser {
    /// The name to log in with, which is also the subject: who gets another user's old name gets that user's data.
    pub username: String,
    /// The hash of the password.
    pub password_hash: PasswordHash,
    /// The name to show.
    pub name: Option<String>,
    /// The e-mail address, verified by being in the configuration.
    pub email: Option<VerifiedEmail>,
    /// The role that policies see.
    pub role: Option<String>,
    /// The permissions that policies see.
    pub permissions: BTreeSet<String>,
    /// The groups that policies see.
    pub groups: BTreeSet<String>,
    /// The scopes that the user may have at most.
    pub scopes: ScopeSet,
}

/// How many wrong passwords are borne. Right ones cost nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleSettings {
    /// For one name, whoever tries.
    pub per_user: Allowance,
    /// For one network (an IPv4 address, or an IPv6 /64), whatever the names. Larger, since many people share one.
    pub per_network: Allowance,
}

/// So many minutes' worth of wrong passwords for one name may come at once.
const MINUTES_AT_ONCE: u32 = 5;

impl ThrottleSettings {
    /// So many wrong passwords a minute for one name, and five times as many at once. For a network it is always the same.
    #[must_use]
    pub fn with_guesses_per_minute(guesses: NonZeroU32) -> Self {
        Self {
            per_user: Allowance {
                burst: guesses.get().saturating_mul(MINUTES_AT_ONCE),
                pause: Duration::from_mins(1) / guesses.get(),
            },
            per_network: Allowance {
                burst: 100,
                pause: Duration::from_secs(3),
            },
        }
    }
}

impl Default for ThrottleSettings {
    /// Two guesses a minute for a name are some million in a year, while a person who mistypes does not notice.
    fn default() -> Self {
        Self::with_guesses_per_minute(NonZeroU32::MIN.saturating_add(1))
    }
}
