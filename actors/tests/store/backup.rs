//! Backing the database up while the server runs, and restoring it with its key.

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use crate::postgres_cluster::new_database;
use crate::server::{Place, keys, new_key, output_of};

#[test]
fn an_sqlite_backup_works_with_its_key() {
    let (place, restored, key) = (Place::sqlite(), Place::sqlite(), new_key());
    let server = place.open(keys(&key)).unwrap();
    let token = server
        .exchange(server.log_in(None).secret())
        .unwrap()
        .access_token;
    let mut visitor = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    visitor
        .batch_execute(&format!("VACUUM INTO '{}'", restored.file().display()))
        .unwrap();
    assert!(server.call(token.secret()).is_ok(), "the server goes on");

    assert!(restored.open(keys(&new_key())).is_err());
    assert!(restored.open(keys(&key)).unwrap().call(token.secret()).is_ok());
}

#[test]
fn a_postgresql_backup_works_with_its_key() {
    let (place, key) = (Place::postgresql(), new_key());
    let server = place.open(keys(&key)).unwrap();
    let token = server
        .exchange(server.log_in(None).secret())
        .unwrap()
        .access_token;
    let Place::Postgresql(url) = &place else {
        unreachable!()
    };
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let dump = dump.to_str().unwrap();
    output_of("pg_dump", &["--format=custom", "--file", dump, "--dbname", url]);

    let restored = new_database();
    output_of("pg_restore", &["--exit-on-error", "--dbname", &restored, dump]);
    let restored = Place::Postgresql(restored);
    assert!(restored.open(keys(&new_key())).is_err());
    assert!(restored.open(keys(&key)).unwrap().call(token.secret()).is_ok());
}
