//! Promises about sessions of the protocol's legacy revisions.

use super::fixtures::{at, digest, user_key};
use crate::domain::mcp_session::McpSession;
use crate::store::Store;

const MANY: u32 = 1_000;

fn session(name: &str, user: Option<&str>, used_at: i64) -> McpSession {
    McpSession {
        id: digest(name),
        owner: user.map(user_key),
        version: "2025-11-25".to_owned(),
        opened_at: at(0),
        last_used_at: at(used_at),
    }
}

fn exists(store: &impl Store, name: &str) -> bool {
    store.find_mcp_session(&digest(name)).unwrap().is_some()
}

pub(crate) fn mcp_sessions_come_back_as_they_were(store: &impl Store) {
    for stored in [session("hers", Some("alice"), 1), session("nobody's", None, 2)] {
        assert!(store.insert_mcp_session(&stored, MANY).unwrap());
        assert_eq!(store.find_mcp_session(&stored.id).unwrap(), Some(stored));
    }
    assert!(
        !store
            .insert_mcp_session(&session("hers", Some("mallory"), 9), 1)
            .unwrap()
    );
    assert_eq!(
        store.find_mcp_session(&digest("hers")).unwrap(),
        Some(session("hers", Some("alice"), 1))
    );
    assert_eq!(store.count_mcp_sessions().unwrap(), 2);
    assert_eq!(store.find_mcp_session(&digest("other")).unwrap(), None);
}

pub(crate) fn an_mcp_session_is_ended_once_and_by_its_owner(store: &impl Store) {
    store
        .insert_mcp_session(&session("hers", Some("alice"), 0), MANY)
        .unwrap();
    for stranger in [Some(user_key("mallory")), None] {
        assert!(!store.end_mcp_session(&digest("hers"), &stranger).unwrap());
    }
    let owner = Some(user_key("alice"));
    assert!(store.end_mcp_session(&digest("hers"), &owner).unwrap());
    assert!(!store.end_mcp_session(&digest("hers"), &owner).unwrap());
    assert!(!exists(store, "hers"));
    assert!(!store.record_mcp_session_use(&digest("hers"), at(1)).unwrap());
}

pub(crate) fn the_latest_use_of_an_mcp_session_stays(store: &impl Store) {
    store
        .insert_mcp_session(&session("hers", Some("alice"), 0), MANY)
        .unwrap();
    for used_at in [5, 3] {
        assert!(
            store
                .record_mcp_session_use(&digest("hers"), at(used_at))
                .unwrap()
        );
        let found = store.find_mcp_session(&digest("hers")).unwrap();
        assert_eq!(found, Some(session("hers", Some("alice"), 5)));
    }
}

pub(crate) fn a_flood_of_mcp_sessions_pushes_out_what_its_owner_used_longest_ago(store: &impl Store) {
    let owned = [("one", 1), ("three", 3), ("two", 2)];
    for (name, used_at) in owned {
        store
            .insert_mcp_session(&session(name, Some("alice"), used_at), MANY)
            .unwrap();
    }
    store
        .insert_mcp_session(&session("bob's", Some("bob"), 0), MANY)
        .unwrap();
    store
        .insert_mcp_session(&session("nobody's", None, 0), MANY)
        .unwrap();
    // However long ago the new one was used: it stays.
    store
        .insert_mcp_session(&session("new", Some("alice"), 0), 2)
        .unwrap();
    let left = ["one", "two", "three", "new", "bob's", "nobody's"].map(|name| exists(store, name));
    assert_eq!(left, [false, false, true, true, true, true]);
}

pub(crate) fn idle_mcp_sessions_are_deleted_a_few_at_a_time(store: &impl Store) {
    for (name, used_at) in [("one", 10), ("two", 10), ("three", 11)] {
        store
            .insert_mcp_session(&session(name, None, used_at), MANY)
            .unwrap();
    }
    assert_eq!(store.delete_idle_mcp_sessions(at(10), 1).unwrap(), 1);
    assert_eq!(store.delete_idle_mcp_sessions(at(10), 9).unwrap(), 1);
    assert!(exists(store, "three"));
}
