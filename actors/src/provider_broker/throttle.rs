//! How many wrong passwords are borne, by name and by network.
//!
//! A charge is taken before a password is checked and given back if it was right, so that guesses that come at once
//! count, too. Nothing here knows which names exist: guessing at a name that nobody has is throttled alike.
//!
//! The state is a fixed number of slots that names and networks are scattered over with a secret salt. It cannot grow,
//! and nothing has to be forgotten to make room; two keys that meet in one slot share its allowance, and who that is
//! cannot be chosen from outside.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::digest;

use super::settings::{Allowance, ThrottleSettings};
use crate::domain::clock::Timestamp;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};

/// Slots for names, and as many for networks: 8 bytes each. With a thousand users failing at once, one in sixteen
/// newcomers meets one of them.
const SLOTS: usize = 16_384;

/// Counts wrong passwords. See the module's documentation.
pub struct LoginThrottle {
    settings: ThrottleSettings,
    salt: [u8; 32],
    slots: Mutex<Slots>,
}

struct Slots {
    users: Vec<PaidOff>,
    networks: Vec<PaidOff>,
}

/// When everything that was charged so far is paid off; one pause pays off one charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PaidOff(Timestamp);

/// A charge that was taken for one attempt.
#[derive(Debug)]
pub struct Attempt {
    user: usize,
    network: usize,
}

impl LoginThrottle {
    /// A throttle that has seen nothing.
    pub fn new(
        settings: ThrottleSettings,
        randomness: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        let slots = || vec![PaidOff(Timestamp::MIN); SLOTS];
        Ok(Self {
            settings,
            salt: randomness.bytes()?,
            slots: Mutex::new(Slots {
                users: slots(),
                networks: slots(),
            }),
        })
    }

    /// Takes a charge for one attempt, or says how long to wait. A refused attempt costs nothing.
    pub fn admit(&self, username: &str, address: IpAddr, now: Timestamp) -> Result<Attempt, Duration> {
        let attempt = Attempt {
            user: self.slot(b"user", username.as_bytes()),
            network: self.slot(b"network", &network(address)),
        };
        let mut slots = self.lock();
        let user = slots.users[attempt.user].charged(self.settings.per_user, now);
        let network = slots.networks[attempt.network].charged(self.settings.per_network, now);
        match (user, network) {
            (Ok(user), Ok(network)) => {
                slots.users[attempt.user] = user;
                slots.networks[attempt.network] = network;
                drop(slots);
                Ok(attempt)
            }
            (Err(wait), Ok(_)) | (Ok(_), Err(wait)) => Err(wait),
            (Err(one), Err(other)) => Err(one.max(other)),
        }
    }

    /// Gives the charge back: the password was right, or was not checked at all.
    #[expect(clippy::needless_pass_by_value, reason = "an attempt is forgiven once")]
    pub fn forgive(&self, attempt: Attempt) {
        let mut slots = self.lock();
        slots.users[attempt.user].forgive(self.settings.per_user);
        slots.networks[attempt.network].forgive(self.settings.per_network);
    }

    /// Slots hold whole values, so a panic under the lock cannot leave half of one.
    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, kind: &[u8], key: &[u8]) -> usize {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [self.salt.as_slice(), kind, &[0], key] {
            context.update(part);
        }
        let digest = context.finish();
        let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
        usize::from(u16::from_be_bytes(first)) % SLOTS
    }
}

impl PaidOff {
    /// With one more charge; or how long until there is room for it.
    fn charged(self, allowance: Allowance, now: Timestamp) -> Result<Self, Duration> {
        let limit = now + allowance.pause.saturating_mul(allowance.burst.max(1));
        // No later than the limit: a clock that was set back must not lock anybody out for as long as it jumped.
        let charged = self.0.clamp(now, limit) + allowance.pause;
        if charged > limit {
            return Err(charged.duration_since(limit));
        }
        Ok(Self(charged))
    }

    fn forgive(&mut self, allowance: Allowance) {
        self.0 = self.0 - allowance.pause;
    }
}

/// What shares an allowance: an IPv4 address, or the /64 that an IPv6 host picks its addresses from.
fn network(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).octets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::randomness::SeededRandomness;
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
