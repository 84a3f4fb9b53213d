//! How many wrong passwords are borne, by name and by network.
//!
//! A charge is taken before a password is checked and given back if it was right, so that guesses that come at once
//! count, too. Nothing here knows which names exist: guessing at a name that nobody has is throttled alike.

use std::net::IpAddr;
use std::time::Duration;

use super::settings::ThrottleSettings;
use crate::domain::clock::Timestamp;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};
use crate::domain::throttle::{Throttle, network_key};

/// Counts wrong passwords. See the module's documentation.
pub struct LoginThrottle {
    users: Throttle,
    networks: Throttle,
}

/// A charge that was taken for one attempt.
#[derive(Debug)]
pub struct Attempt {
    user: String,
    network: [u8; 16],
}

impl LoginThrottle {
    /// A throttle that has seen nothing.
    pub fn new(
        settings: ThrottleSettings,
        randomness: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        Ok(Self {
            users: Throttle::new(settings.per_user, randomness)?,
            networks: Throttle::new(settings.per_network, randomness)?,
        })
    }

    /// Takes a charge for one attempt, or says how long to wait. A refused attempt costs nothing.
    pub fn admit(&self, username: &str, address: IpAddr, now: Timestamp) -> Result<Attempt, Duration> {
        let network = network_key(address);
        self.users
            .charge(username.as_bytes(), now)
            .map_err(|wait| wait.max(self.networks.wait(&network, now)))?;
        if let Err(wait) = self.networks.charge(&network, now) {
            self.users.forgive(username.as_bytes());
            return Err(wait);
        }
        Ok(Attempt {
            user: username.to_owned(),
            network,
        })
    }

    /// Gives the charge back: the password was right, or was not checked at all.
    #[expect(clippy::needless_pass_by_value, reason = "an attempt is forgiven once")]
    pub fn forgive(&self, attempt: Attempt) {
        self.users.forgive(attempt.user.as_bytes());
        self.networks.forgive(&attempt.network);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::randomness::SeededRandomness;
    use crate::domain::throttle::Allowance;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
    const HOME: &str = "192.0.2.1";

    fn throttle(user: u32, network: u32) -> LoginThrottle {
        let allowance = |burst| Allowance {
            burst,
            pause: Duration::from_secs(10),
        };
        let settings = ThrottleSettings {
            per_user: allowance(user),
            per_network: allowance(network),
        };
        LoginThrottle::new(settings, &SeededRandomness::new(1)).unwrap()
    }

    fn admit(
        throttle: &LoginThrottle,
        user: &str,
        address: &str,
        now: Timestamp,
    ) -> Result<Attempt, Duration> {
        throttle.admit(user, address.parse().unwrap(), now)
    }

    #[test]
    fn a_name_has_its_allowance_wherever_the_guesses_come_from() {
        let throttle = throttle(3, 100);
        for network in 1..=3 {
            admit(&throttle, "alice", &format!("192.0.2.{network}"), NOW).unwrap();
        }
        let wait = admit(&throttle, "alice", "192.0.2.4", NOW).unwrap_err();
        assert_eq!(wait, Duration::from_secs(10));
        admit(&throttle, "bob", "192.0.2.4", NOW).unwrap();
        admit(&throttle, "alice", "192.0.2.4", NOW + wait).unwrap();
        admit(&throttle, "alice", "192.0.2.4", NOW + wait).unwrap_err();
    }

    #[test]
    fn a_network_has_its_allowance_whatever_the_names() {
        let throttle = throttle(100, 2);
        admit(&throttle, "alice", "2001:db8::1", NOW).unwrap();
        admit(&throttle, "bob", "2001:db8::ffff:1", NOW).unwrap();
        admit(&throttle, "carol", "2001:db8:0:0:1::", NOW).unwrap_err();
        admit(&throttle, "carol", "2001:db8:0:1::1", NOW).unwrap();
        admit(&throttle, "alice", HOME, NOW).unwrap();
        admit(&throttle, "bob", "::ffff:192.0.2.1", NOW).unwrap();
        admit(&throttle, "carol", HOME, NOW).unwrap_err();
    }

    #[test]
    fn right_passwords_and_refused_attempts_cost_nothing() {
        let throttle = throttle(1, 1);
        for _ in 0..10 {
            let attempt = admit(&throttle, "alice", HOME, NOW).unwrap();
            throttle.forgive(attempt);
        }
        admit(&throttle, "alice", HOME, NOW).unwrap();
        for _ in 0..10 {
            let wait = admit(&throttle, "alice", HOME, NOW).unwrap_err();
            assert_eq!(wait, Duration::from_secs(10));
        }
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_for_long() {
        let throttle = throttle(2, 100);
        admit(&throttle, "alice", HOME, NOW + Duration::from_hours(24)).unwrap();
        let wait = admit(&throttle, "alice", HOME, NOW).unwrap_err();
        assert_eq!(wait, Duration::from_secs(10));
    }

    proptest! {
        #[test]
        fn no_pattern_of_guesses_gets_more_than_the_allowance(
            gaps in proptest::collection::vec(0_u64..30, 1..80), burst in 1_u32..6,
        ) {
            let throttle = throttle(burst, 1_000);
            let mut now = NOW;
            let mut admitted = 0_u64;
            for gap in gaps {
                now = now + Duration::from_secs(gap);
                admitted += u64::from(admit(&throttle, "alice", HOME, now).is_ok());
                let passed = now.duration_since(NOW).as_secs();
                prop_assert!(admitted <= u64::from(burst) + passed / 10);
            }
        }
    }
}
