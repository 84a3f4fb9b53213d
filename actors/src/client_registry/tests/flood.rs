//! A flood of registrations as large as the bound is in earnest, on the store that most servers have.

use super::*;
use crate::domain::clock::SystemClock;
use crate::store::Store;
use crate::store::conformance::clients::begin_login;
use crate::store::diesel::StoreLimits;
use crate::store::open::{KeySettings, StoreSettings, open};

/// Far more than may be there.
const FLOOD: u64 = 25_000;

fn sqlite(folder: &std::path::Path) -> Arc<dyn Store> {
    let settings = StoreSettings::Sqlite {
        path: folder.join("oauth.db"),
        keys: KeySettings::default(),
    };
    let opened = open(
        &settings,
        StoreLimits::default(),
        &SystemClock,
        &SeededRandomness::new(2),
    );
    opened.unwrap().store
}

#[test]
fn a_flood_beyond_the_real_bound_leaves_what_is_used_and_what_logs_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(folder.path());
    let mut registry = registry();
    registry.rules.repository = Arc::clone(&store) as Arc<dyn ClientRepository>;
    let most = registry.rules.settings.most_unused_clients;
    let register = |number: u64| {
        registry.clock.advance(Duration::from_millis(1));
        let metadata = json!({
            "redirect_uris": [format!("https://flood.example/{number}")], "token_endpoint_auth_method": "none",
        });
        text(&registry.register(&metadata).unwrap(), "client_id").to_owned()
    };
    let [used, logging_in, idle] = [1, 2, 3].map(register);
    assert!(
        store
            .issue_directly(&direct_to(&used, 1, registry.clock.now()))
            .unwrap()
    );
    begin_login(&*store, &logging_in, registry.clock.now());
    for number in 10..FLOOD {
        register(number);
        if number % 997 == 0 {
            let there = store.count_clients().unwrap();
            assert!(there <= most + most / 64 + 2, "{there} after {number}");
        }
    }
    for id in [&used, &logging_in] {
        assert!(registry.authenticate(nothing(id)).is_ok(), "{id}");
    }
    assert_eq!(registry.refusal(nothing(&idle)), ClientRefusal::Unknown);
}
