//! When keys are read, what is kept, and where no call is made at all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix::System;
use serde_json::json;

use super::*;
use crate::client_registry::TooManyReadings;
use crate::client_registry::reading_bounds::ReadingBounds;
use crate::domain::client::{ClientOrigin, DocumentPolicy, Domain, PolicyRefusal};
use crate::domain::clock::Timestamp;
use crate::domain::randomness::SeededRandomness;
use crate::jose::JwkSet;
use crate::outbound::OutboundError;

/// A server of keys that says what the test wants.
#[derive(Default)]
struct Publisher {
    asked: Cell<usize>,
    /// How many keys lie there.
    keys: Cell<usize>,
    cache_control: Cell<Option<&'static str>>,
    failure: RefCell<Option<KeySetRefusal>>,
}

impl KeySetSource for Rc<Publisher> {
    fn read<'a>(&'a self, _address: &'a KeyAddress) -> KeyReading<'a> {
        Box::pin(async move {
            self.asked.set(self.asked.get() + 1);
            match *self.failure.borrow() {
                Some(failure) => Err(failure),
                None => Ok(ReadKeySet {
                    keys: set(self.keys.get()),
                    cache_control: self.cache_control.get().map(str::to_owned),
                }),
            }
        })
    }
}

fn set(count: usize) -> JwkSet {
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "A".repeat(43) });
    JwkSet::parse(json!({ "keys": vec![key; count] }).to_string().as_bytes()).unwrap()
}

struct House {
    reader: KeySetReader,
    publisher: Rc<Publisher>,
}

fn house() -> House {
    let publisher = Rc::new(Publisher::default());
    publisher.keys.set(1);
    let bounds = Rc::new(ReadingBounds::new(&SeededRandomness::new(1)).unwrap());
    House {
        reader: KeySetReader::new(Box::new(Rc::clone(&publisher)), bounds),
        publisher,
    }
}

impl House {
    /// How many keys there are at this second.
    async fn keys(&self, address: &str, second: i64) -> Result<usize, KeySetRefusal> {
        let address = at(address);
        // Of a network of its own for each second, in which the allowance of one network is no matter.
        let network = IpAddr::from([
            192,
            0,
            u8::try_from(second % 256).unwrap(),
            u8::from(second > 255),
        ]);
        let found = self
            .reader
            .keys(&address, network, Timestamp::from_seconds(second));
        found.await.map(|keys: Arc<JwkSet>| keys.len())
    }

    async fn newer(&self, address: &str, second: i64) -> Result<usize, KeySetRefusal> {
        let address = at(address);
        let found = self
            .reader
            .newer_keys(&address, here(), Timestamp::from_seconds(second));
        found.await.map(|keys| keys.len())
    }
}

fn here() -> IpAddr {
    IpAddr::from([192, 0, 2, 1])
}

fn at(address: &str) -> KeyAddress {
    KeyAddress::admit(address, ClientOrigin::Registered, None).unwrap()
}

const KEYS: &str = "https://app.example/jwks.json";

#[test]
fn keys_are_read_once_in_ten_minutes_and_as_their_server_says_within_bounds() {
    System::new().block_on(async {
        for (said, seconds) in [
            (None, 600),
            (Some("max-age=900"), 900),
            (Some("no-store"), 300),
            (Some("max-age=86400"), 3600),
        ] {
            let house = house();
            house.publisher.cache_control.set(said);
            assert_eq!(house.keys(KEYS, 0).await, Ok(1));
            house.publisher.keys.set(2);
            assert_eq!(house.keys(KEYS, seconds - 1).await, Ok(1), "{said:?}");
            assert_eq!(house.keys(KEYS, seconds).await, Ok(2), "{said:?}");
            assert_eq!(house.publisher.asked.get(), 2);
        }
    });
}

#[test]
fn a_key_that_is_not_known_makes_them_read_again_once_in_ten_seconds() {
    System::new().block_on(async {
        let house = house();
        house.keys(KEYS, 0).await.unwrap();
        house.publisher.keys.set(2);
        for second in 0..10 {
            assert_eq!(house.newer(KEYS, second).await, Ok(1));
        }
        assert_eq!(house.newer(KEYS, 10).await, Ok(2));
        assert_eq!(house.publisher.asked.get(), 2);
    });
}

#[test]
fn a_server_that_is_out_of_order_costs_nobody_anything_for_an_hour() {
    System::new().block_on(async {
        let house = house();
        house.keys(KEYS, 0).await.unwrap();
        let timed_out = KeySetRefusal::Outbound(OutboundError::TimedOut);
        house.publisher.failure.replace(Some(timed_out));
        assert_eq!(house.keys(KEYS, 3599).await, Ok(1));
        assert_eq!(house.keys(KEYS, 3600).await, Err(timed_out));
        // One that answers has taken the keys back.
        house.publisher.failure.take();
        house.keys(KEYS, 3700).await.unwrap();
        house.publisher.failure.replace(Some(KeySetRefusal::Status(404)));
        assert_eq!(house.keys(KEYS, 4400).await, Err(KeySetRefusal::Status(404)));
    });
}

#[test]
fn a_failure_is_not_kept_and_a_network_uses_up_its_own_allowance() {
    System::new().block_on(async {
        let house = house();
        house.publisher.failure.replace(Some(KeySetRefusal::Redirect));
        for _ in 0..20 {
            assert_eq!(house.keys(KEYS, 0).await, Err(KeySetRefusal::Redirect));
        }
        let too_many = house.keys(KEYS, 0).await;
        assert!(matches!(
            too_many,
            Err(KeySetRefusal::TooMany(TooManyReadings { .. }))
        ));
        assert_eq!(house.publisher.asked.get(), 20);
        let other = IpAddr::from([198, 51, 100, 1]);
        house.publisher.failure.take();
        let address = at(KEYS);
        let found = house.reader.keys(&address, other, Timestamp::from_seconds(0));
        assert!(found.await.is_ok());
    });
}

#[test]
fn so_many_sets_are_kept_and_the_oldest_one_goes() {
    System::new().block_on(async {
        let house = house();
        let address = |number: i64| format!("https://host-{number}.example/jwks.json");
        for number in 0..257 {
            assert_eq!(house.keys(&address(number), number).await, Ok(1), "{number}");
        }
        let asked = house.publisher.asked.get();
        house.keys(&address(1), 257).await.unwrap();
        assert_eq!(house.publisher.asked.get(), asked);
        house.keys(&address(0), 257).await.unwrap();
        assert_eq!(house.publisher.asked.get(), asked + 1);
    });
}

#[test]
fn keys_of_others_lie_where_documents_may_lie_and_those_of_the_operators_clients_anywhere() {
    let policy = DocumentPolicy {
        denied_domains: vec![Domain::parse("evil.example").unwrap()],
        allowed_domains: Some(vec![Domain::parse("good.example").unwrap()]),
        ..DocumentPolicy::default()
    };
    let refusal = |text: &str| KeyAddress::admit(text, ClientOrigin::Registered, Some(&policy)).err();
    assert_eq!(refusal("https://elsewhere.example/jwks.json"), None);
    for (text, reason) in [
        ("https://keys.evil.example/jwks.json", PolicyRefusal::Domain),
        ("http://app.example/jwks.json", PolicyRefusal::NotEncrypted),
        ("http://localhost/jwks.json", PolicyRefusal::NotEncrypted),
        ("https://app.example:8443/jwks.json", PolicyRefusal::Port(8443)),
    ] {
        assert_eq!(refusal(text), Some(KeySetRefusal::Policy(reason)), "{text}");
        assert!(KeyAddress::admit(text, ClientOrigin::Configured, Some(&policy)).is_ok());
    }
    assert_eq!(refusal("nowhere"), Some(KeySetRefusal::Address));
}

#[test]
fn only_the_operators_own_hosts_are_called_on_a_private_network() {
    System::new().block_on(async {
        let source = OutboundKeySets::new(BTreeSet::from(["127.0.0.1".to_owned()]), false).unwrap();
        let address = |origin| KeyAddress::admit("https://127.0.0.1:1/jwks.json", origin, Some(&any_port()));
        let of_operator = address(ClientOrigin::Configured).unwrap();
        let of_others = address(ClientOrigin::Registered).unwrap();
        let refused = KeySetRefusal::Outbound(OutboundError::AddressRefused);
        assert_eq!(source.read(&of_others).await, Err(refused));
        let reached = KeySetRefusal::Outbound(OutboundError::Unreachable);
        assert_eq!(source.read(&of_operator).await, Err(reached));
    });
}

fn any_port() -> DocumentPolicy {
    DocumentPolicy {
        allowed_ports: [1].into(),
        ..DocumentPolicy::default()
    }
}
