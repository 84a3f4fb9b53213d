//! Promises about users.

use super::fixtures::{at, identity, user_key};
use crate::domain::user::{UserAccount, UserIdentity};
use crate::store::Store;

pub(crate) fn an_account_remembers_its_first_and_latest_login(store: &impl Store) {
    assert_eq!(store.find_user(&user_key("alice")).unwrap(), None);
    let first = store.record_login(&identity("alice"), at(10)).unwrap();
    assert_eq!(
        first,
        UserAccount {
            identity: identity("alice"),
            created_at: at(10),
            last_login_at: at(10)
        }
    );
    let renamed = UserIdentity {
        name: Some("Alice B.".to_owned()),
        ..identity("alice")
    };
    let second = store.record_login(&renamed, at(20)).unwrap();
    assert_eq!(
        second,
        UserAccount {
            identity: renamed.clone(),
            created_at: at(10),
            last_login_at: at(20)
        }
    );
    let skewed = store.record_login(&renamed, at(15)).unwrap();
    assert_eq!(
        skewed.last_login_at,
        at(20),
        "a replica whose clock is behind does not turn it back"
    );
    assert_eq!(store.find_user(&user_key("alice")).unwrap(), Some(skewed));
    assert_eq!(store.find_user(&user_key("bob")).unwrap(), None);
}
