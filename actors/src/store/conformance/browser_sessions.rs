//! Promises about browser sessions.

use super::fixtures::{at, digest, user_key};
use crate::domain::browser_session::BrowserSession;
use crate::store::Store;

fn session(name: &str, user: &str, expires_in_seconds: i64) -> BrowserSession {
    BrowserSession {
        id: digest(name),
        user: user_key(user),
        created_at: at(0),
        expires_at: at(expires_in_seconds),
    }
}

pub(crate) fn browser_sessions_are_kept_until_deleted(store: &impl Store) {
    let stored = session("cookie", "alice", 60);
    assert!(store.insert_browser_session(&stored).unwrap());
    assert!(
        !store
            .insert_browser_session(&session("cookie", "mallory", 60))
            .unwrap()
    );
    assert_eq!(
        store.find_browser_session(&digest("cookie")).unwrap(),
        Some(stored)
    );
    assert!(store.delete_browser_session(&digest("cookie")).unwrap());
    assert!(!store.delete_browser_session(&digest("cookie")).unwrap());
    assert_eq!(store.find_browser_session(&digest("cookie")).unwrap(), None);
}

pub(crate) fn signing_out_everywhere_spares_other_users(store: &impl Store) {
    for (name, user) in [("laptop", "alice"), ("phone", "alice"), ("other", "bob")] {
        store.insert_browser_session(&session(name, user, 60)).unwrap();
    }
    assert_eq!(
        store.delete_browser_sessions_of_user(&user_key("alice")).unwrap(),
        2
    );
    assert_eq!(store.find_browser_session(&digest("phone")).unwrap(), None);
    assert!(store.find_browser_session(&digest("other")).unwrap().is_some());
}

pub(crate) fn ended_browser_sessions_are_deleted(store: &impl Store) {
    for (name, expires_at) in [("one", 10), ("two", 10), ("three", 11)] {
        store
            .insert_browser_session(&session(name, "alice", expires_at))
            .unwrap();
    }
    assert_eq!(store.delete_expired_browser_sessions(at(10), 1).unwrap(), 1);
    assert_eq!(store.delete_expired_browser_sessions(at(10), 9).unwrap(), 1);
    assert!(store.find_browser_session(&digest("three")).unwrap().is_some());
}
