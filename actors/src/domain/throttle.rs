//! How much of something is borne from whom: an allowance for each key, in memory that cannot grow.
//!
//! The state is a fixed number of slots that keys are scattered over with a secret salt. Nothing has to be forgotten to
//! make room; two keys that meet in one slot share its allowance, and who that is cannot be chosen from outside.
//!
//! Must not live here: what is charged for, and how large the allowances are.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::digest;

use super::clock::Timestamp;
use super::randomness::{Randomness, RandomnessUnavailable};

/// Slots of 8 bytes. With a thousand keys that use theirs up at once, one in sixteen newcomers meets one of them.
const SLOTS: usize = 16_384;

/// What is borne: so much at once, and one more after each pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many charges are taken at once; 0 counts as 1, since otherwise nothing ever would be.
    pub burst: u32,
    /// How long until one more is taken.
    pub pause: Duration,
}

/// Charges by key. See the module's documentation.
pub struct Throttle {
    allowance: Allowance,
    salt: [u8; 32],
    slots: Mutex<Vec<PaidOff>>,
}

/// When everything that was charged so far is paid off; one pause pays off one charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PaidOff(Timestamp);

impl Throttle {
    /// A throttle that has seen nothing.
    pub fn new(allowance: Allowance, randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        Ok(Self {
            allowance,
            salt: randomness.bytes()?,
            slots: Mutex::new(vec![PaidOff(Timestamp::MIN); SLOTS]),
        })
    }

    /// Takes a charge, or says how long to wait. A refusal costs nothing.
    pub fn charge(&self, key: &[u8], now: Timestamp) -> Result<(), Duration> {
        let mut slots = self.lock();
        let Some(slot) = slots.get_mut(self.slot(key)) else {
            return Ok(());
        };
        *slot = slot.charged(self.allowance, now)?;
        Ok(())
    }

    /// How long until a charge would be taken, without taking one; zero if it would be taken now.
    pub fn wait(&self, key: &[u8], now: Timestamp) -> Duration {
        let slots = self.lock();
        let slot = slots.get(self.slot(key));
        slot.and_then(|slot| slot.charged(self.allowance, now).err())
            .unwrap_or_default()
    }

    /// Gives a charge back.
    pub fn forgive(&self, key: &[u8]) {
        let mut slots = self.lock();
        if let Some(slot) = slots.get_mut(self.slot(key)) {
            slot.0 = slot.0 - self.allowance.pause;
        }
    }

    /// Slots hold whole values, so a panic under the lock cannot leave half of one.
    fn lock(&self) -> MutexGuard<'_, Vec<PaidOff>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, key: &[u8]) -> usize {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&self.salt);
        context.update(key);
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
}

/// What shares an allowance: an IPv4 address, or the /64 that an IPv6 host picks its addresses from.
pub fn network_key(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).octets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::randomness::SeededRandomness;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn throttle(burst: u32) -> Throttle {
        let pause = Duration::from_secs(10);
        Throttle::new(Allowance { burst, pause }, &SeededRandomness::new(1)).unwrap()
    }

    #[test]
    fn each_key_has_its_burst_and_one_more_after_each_pause() {
        let throttle = throttle(2);
        assert_eq!(throttle.wait(b"a", NOW), Duration::ZERO);
        throttle.charge(b"a", NOW).unwrap();
        throttle.charge(b"a", NOW).unwrap();
        let wait = throttle.charge(b"a", NOW).unwrap_err();
        assert_eq!((wait, throttle.wait(b"a", NOW)), (Duration::from_secs(10), wait));
        throttle.charge(b"b", NOW).unwrap();
        throttle.charge(b"a", NOW + wait).unwrap();
        throttle.charge(b"a", NOW + wait).unwrap_err();
        throttle.forgive(b"a");
        throttle.charge(b"a", NOW + wait).unwrap();
    }

    #[test]
    fn an_ipv6_network_is_one_key_and_each_ipv4_address_is() {
        let key = |address: &str| network_key(address.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
