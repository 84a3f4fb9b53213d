//! Which keys a start accepts, and what it says about the others.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mxcp_actors::domain::secret::Secret;
use mxcp_actors::store::open::{KeySettings, OpenStoreError};

use crate::server::{Place, keys, new_key};

fn refused(place: &Place, keys: KeySettings) -> OpenStoreError {
    place.open(keys).err().unwrap()
}

/// A database in which somebody has logged in with `key`, and that user's token.
fn used(place: &Place, key: &Secret) -> Secret {
    let server = place.open(keys(key)).unwrap();
    let pair = server.exchange(server.log_in(None).secret()).unwrap();
    pair.access_token.secret().clone()
}

#[test]
fn a_wrong_key_stops_the_start_and_leaves_no_trace() {
    for place in [Place::sqlite(), Place::postgresql()] {
        let (right, wrong) = (new_key(), new_key());
        let token = used(&place, &right);
        let error = refused(&place, keys(&wrong));
        assert!(matches!(error, OpenStoreError::WrongKey { .. }));
        let message = error.to_string();
        assert!(
            message.starts_with("wrong key: the database was filled with key "),
            "{message}"
        );
        assert!(message.contains("auth_encryption_key"), "{message}");
        for key in [&right, &wrong] {
            assert!(!message.contains(key.expose().trim_end_matches('=')), "{message}");
        }
        let server = place.open(keys(&right)).unwrap();
        assert_eq!(
            server.opened.store.known_keys().unwrap(),
            [server.opened.keys.current_id()]
        );
        assert!(server.call(&token).is_ok());
    }
}

#[test]
fn rotating_the_key_ends_no_login() {
    for place in [Place::sqlite(), Place::postgresql()] {
        let (old, new) = (new_key(), new_key());
        let token = used(&place, &old);
        let rotated = KeySettings {
            current: Some(new.clone()),
            previous: vec![old],
        };
        let server = place.open(rotated).unwrap();
        assert!(server.call(&token).is_ok());
        let id = server.opened.keys.ids().last().unwrap();
        drop(server);
        assert!(
            matches!(refused(&place, keys(&new)), OpenStoreError::WrongKey { missing, .. } if missing == [id])
        );
    }
}

#[test]
fn a_key_that_is_none_stops_the_start_without_repeating_it() {
    for (text, expected) in [
        ("canary!", "not URL-safe base64"),
        ("Y2FuYXJ5", "has 6 bytes; exactly 32"),
        ("", "has 0 bytes"),
        (
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "one byte repeated",
        ),
    ] {
        for place in [
            Place::sqlite(),
            Place::Postgresql("postgresql:///never_reached".to_owned()),
        ] {
            let message = refused(&place, keys(&Secret::new(text))).to_string();
            assert!(message.starts_with("auth_encryption_key: "), "{message}");
            assert!(message.contains(expected), "{message}");
            assert!(text.is_empty() || !message.contains(text), "{message}");
        }
    }
}

#[test]
fn postgresql_needs_a_configured_key() {
    let place = Place::Postgresql("postgresql:///never_reached".to_owned());
    let error = refused(&place, KeySettings::default());
    assert!(matches!(error, OpenStoreError::KeyMissing));
    assert!(
        error.to_string().starts_with("auth_encryption_key is missing"),
        "{error}"
    );
}

#[test]
fn sqlite_makes_a_key_file_once() {
    let place = Place::sqlite();
    let server = place.open(KeySettings::default()).unwrap();
    let token = server
        .exchange(server.log_in(None).secret())
        .unwrap()
        .access_token;
    drop(server);
    let key_file = place.file().with_extension("db.key");
    let key = fs::read_to_string(&key_file).unwrap();
    assert_eq!(
        fs::metadata(&key_file).unwrap().permissions().mode() & 0o777,
        0o600
    );

    assert!(
        place
            .open(KeySettings::default())
            .unwrap()
            .call(token.secret())
            .is_ok()
    );
    assert_eq!(fs::read_to_string(&key_file).unwrap(), key);
    fs::remove_file(&key_file).unwrap();
    let configured = place.open(keys(&Secret::new(key))).unwrap();
    assert!(
        configured.call(token.secret()).is_ok(),
        "the key may move into the configuration"
    );
    assert!(!key_file.exists());
}

#[test]
fn a_lost_key_file_is_not_replaced() {
    let place = Place::sqlite();
    drop(place.open(KeySettings::default()).unwrap());
    let key_file = place.file().with_extension("db.key");
    let right = fs::read(&key_file).unwrap();

    fs::remove_file(&key_file).unwrap();
    let error = refused(&place, KeySettings::default());
    assert!(matches!(error, OpenStoreError::KeyFileMissing { .. }));
    assert!(
        error.to_string().contains("restore it from the backup"),
        "{error}"
    );
    assert!(!key_file.exists());

    write_private(&key_file, new_key().expose());
    let error = refused(&place, KeySettings::default());
    assert!(
        matches!(&error, OpenStoreError::WrongKey { place, .. } if place.ends_with("oauth.db.key")),
        "{error}"
    );

    write_private(&key_file, "");
    assert!(matches!(
        refused(&place, KeySettings::default()),
        OpenStoreError::InvalidKey { .. }
    ));

    fs::write(&key_file, right).unwrap();
    place.open(KeySettings::default()).unwrap();
}

#[test]
fn a_key_file_is_rotated_by_a_new_first_line() {
    let place = Place::sqlite();
    let server = place.open(KeySettings::default()).unwrap();
    let token = server
        .exchange(server.log_in(None).secret())
        .unwrap()
        .access_token;
    let old_id = server.opened.keys.current_id();
    drop(server);
    let key_file = place.file().with_extension("db.key");
    let old = fs::read_to_string(&key_file).unwrap();
    write_private(&key_file, &format!("{}\n\n{old}", new_key().expose()));
    let server = place.open(KeySettings::default()).unwrap();
    assert!(server.call(token.secret()).is_ok());
    assert_eq!(
        server.opened.store.known_keys().unwrap(),
        [old_id, server.opened.keys.current_id()]
    );
}

#[test]
fn a_key_file_that_others_can_read_stops_the_start() {
    let place = Place::sqlite();
    drop(place.open(KeySettings::default()).unwrap());
    let key_file = place.file().with_extension("db.key");
    for mode in [0o644, 0o640, 0o606] {
        fs::set_permissions(&key_file, Permissions::from_mode(mode)).unwrap();
        let message = refused(&place, KeySettings::default()).to_string();
        assert!(
            message.contains(&format!("mode {mode:o}")) && message.contains("chmod 600"),
            "{message}"
        );
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}
