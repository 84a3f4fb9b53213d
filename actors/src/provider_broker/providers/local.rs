//! Provider `local`: users with passwords from the configuration, for demonstrations, tests and machines without an
//! identity provider.
//!
//! Checking a password takes long on purpose, so it runs on a blocking thread; throttling comes before it. Neither is
//! done here.

use std::collections::BTreeMap;

use crate::domain::password::{PasswordError, PasswordHasher};
use crate::domain::randomness::Randomness;
use crate::domain::secret::{Secret, SecretDigest};
use crate::domain::user::{UserIdentity, UserKey};
use crate::provider_broker::settings::{LocalProviderSettings, LocalUser};

/// What user records call this provider.
pub const NAME: &str = "local";

/// The users and what checks their passwords.
pub struct LocalProvider {
    issuer: String,
    users: BTreeMap<String, LocalUser>,
    hasher: PasswordHasher,
    /// Keeps it secret whose hash is checked for a name that nobody has.
    salt: Secret,
}

impl LocalProvider {
    /// Takes over the users. Computes one hash, so call it on a thread that may block.
    pub fn new(settings: &LocalProviderSettings, randomness: &dyn Randomness) -> Result<Self, PasswordError> {
        let users = settings.users.iter();
        let salt = randomness.uuid()?.to_string();
        Ok(Self {
            issuer: settings.issuer.clone(),
            users: users.map(|user| (user.username.clone(), user.clone())).collect(),
            hasher: PasswordHasher::new(settings.cost, randomness)?,
            salt: Secret::new(salt),
        })
    }

    /// The user with this name and password. A name that nobody has costs what some user's name costs, and the same
    /// each time.
    pub fn log_in(&self, username: &str, password: &Secret) -> Result<Option<UserIdentity>, PasswordError> {
        let user = self.users.get(username);
        let compared = user.or_else(|| self.stand_in(username));
        let hash = compared.map(|user| &user.password_hash);
        match self.hasher.verify(password, hash) {
            Ok(is_right) => Ok(user.filter(|_| is_right).map(|user| self.identity(user))),
            // Nobody's password is that long, so nothing is told by refusing it early.
            Err(PasswordError::TooLong) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the configuration says about a user now; `None` if it knows no such user any more.
    #[must_use]
    pub fn find(&self, key: &UserKey) -> Option<UserIdentity> {
        if key.issuer != self.issuer {
            return None;
        }
        self.users.get(&key.subject).map(|user| self.identity(user))
    }

    fn stand_in(&self, username: &str) -> Option<&LocalUser> {
        let salted = Secret::new(format!("{}{username}", self.salt.expose()));
        let digest = SecretDigest::plain(&salted);
        let number = digest.as_bytes().first_chunk().copied().map(u64::from_be_bytes)?;
        let count = u64::try_from(self.users.len()).ok()?;
        let place = usize::try_from(number.checked_rem(count)?).ok()?;
        self.users.values().nth(place)
    }

    fn identity(&self, user: &LocalUser) -> UserIdentity {
        let key = UserKey {
            issuer: self.issuer.clone(),
            subject: user.username.clone(),
        };
        UserIdentity {
            username: Some(user.username.clone()),
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role.clone(),
            permissions: user.permissions.clone(),
            groups: user.groups.clone(),
            scopes: user.scopes.clone(),
            ..UserIdentity::bare(key, NAME)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::password::PasswordCost;
    use crate::domain::randomness::SeededRandomness;
    use crate::domain::scope::ScopeSet;

    const CHEAP: PasswordCost = PasswordCost {
        memory_kibibytes: 16,
        iterations: 1,
        parallelism: 1,
    };

    fn provider_of(users: &[(&str, &str)]) -> LocalProvider {
        let randomness = SeededRandomness::new(1);
        let hasher = PasswordHasher::new(CHEAP, &randomness).unwrap();
        let user = |(name, password): &(&str, &str)| LocalUser {
            username: (*name).to_owned(),
            password_hash: hasher.hash(&randomness, &Secret::new(*password)).unwrap(),
            name: None,
            email: None,
            role: Some("analyst".to_owned()),
            permissions: BTreeSet::new(),
            groups: BTreeSet::new(),
            scopes: ScopeSet::parse("mcp:read").unwrap(),
        };
        let settings = LocalProviderSettings {
            cost: CHEAP,
            ..LocalProviderSettings::new("https://mcp.example.com", users.iter().map(user).collect())
        };
        LocalProvider::new(&settings, &randomness).unwrap()
    }

    fn log_in(provider: &LocalProvider, username: &str, password: &str) -> Option<UserIdentity> {
        provider.log_in(username, &Secret::new(password)).unwrap()
    }

    #[test]
    fn name_and_password_must_be_of_the_same_user() {
        let provider = provider_of(&[("alice", "wonderland"), ("bob", "builder")]);
        let alice = log_in(&provider, "alice", "wonderland").unwrap();
        assert_eq!(
            (alice.key.issuer.as_str(), alice.key.subject.as_str()),
            ("https://mcp.example.com", "alice")
        );
        assert_eq!(
            (alice.provider.as_str(), alice.role.as_deref()),
            ("local", Some("analyst"))
        );
        for (username, password) in [
            ("alice", "builder"),
            ("bob", "wonderland"),
            ("Alice", "wonderland"),
            ("alice", ""),
            ("", ""),
        ] {
            assert_eq!(log_in(&provider, username, password), None, "{username}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_every_users_password() {
        let provider = provider_of(&[("alice", "same"), ("bob", "same")]);
        for number in 0..20 {
            let name = format!("nobody {number}");
            assert!(
                provider.stand_in(&name).is_some(),
                "a configured hash is checked for {name}"
            );
            assert_eq!(log_in(&provider, &name, "same"), None);
        }
        let none = provider_of(&[]);
        assert_eq!(log_in(&none, "alice", "same"), None);
    }

    #[test]
    fn a_password_without_end_is_just_wrong() {
        assert_eq!(
            log_in(&provider_of(&[("alice", "x")]), "alice", &"x".repeat(5_000)),
            None
        );
    }

    #[test]
    fn a_user_who_left_the_configuration_is_not_found() {
        let provider = provider_of(&[("alice", "x")]);
        let key = |issuer: &str, subject: &str| UserKey {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
        };
        assert!(provider.find(&key("https://mcp.example.com", "alice")).is_some());
        assert_eq!(provider.find(&key("https://mcp.example.com", "bob")), None);
        assert_eq!(provider.find(&key("https://github.com", "alice")), None);
    }
}
