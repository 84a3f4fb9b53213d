//! The SQLite file and what lies beside it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use mxcp_actors::store::open::{KeySettings, StoreSettings};

use crate::server::{Place, Server};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_reads_anything() {
    let place = Place::sqlite();
    let server = place.open(KeySettings::default()).unwrap();
    server.log_in(None);
    let folder = place.file();
    let mut files: Vec<_> = fs::read_dir(folder.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "oauth.db",
            "oauth.db-shm",
            "oauth.db-wal",
            "oauth.db.key",
            "oauth.db.lock"
        ]
    );
    for file in files {
        assert_eq!(mode(&folder.with_file_name(&file)), 0o600, "{file}");
    }
}

#[test]
fn a_missing_folder_is_made_for_the_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("home/.mxcp/oauth.db");
    let settings = StoreSettings::Sqlite {
        path: path.clone(),
        keys: KeySettings::default(),
    };
    Server::open(&settings).unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700);
}

#[test]
fn a_file_that_others_could_read_is_taken_away_from_them() {
    let place = Place::sqlite();
    drop(place.open(KeySettings::default()).unwrap());
    fs::set_permissions(place.file(), Permissions::from_mode(0o644)).unwrap();
    place.open(KeySettings::default()).unwrap();
    assert_eq!(mode(&place.file()), 0o600);
}

#[test]
fn a_second_server_is_refused_by_name() {
    let place = Place::sqlite();
    let _first = place.open(KeySettings::default()).unwrap();
    let message = place.open(KeySettings::default()).err().unwrap().to_string();
    assert!(
        message.contains("oauth.db is in use by another process"),
        "{message}"
    );
    assert!(message.contains(&std::process::id().to_string()), "{message}");
}

#[test]
fn what_is_no_database_is_refused() {
    let place = Place::sqlite();
    fs::write(place.file(), "a diary, and longer than the hundred bytes that SQLite reads first of any file it is to open as a database").unwrap();
    let message = place.open(KeySettings::default()).err().unwrap().to_string();
    assert!(message.ends_with("oauth.db: file is not a database"), "{message}");

    let place = Place::sqlite();
    fs::create_dir(place.file()).unwrap();
    let message = place.open(KeySettings::default()).err().unwrap().to_string();
    assert!(message.ends_with("oauth.db is no file"), "{message}");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// The default path is the one that an earlier MXCP uses for tables of its own.
#[test]
fn the_tables_of_an_earlier_mxcp_are_left_alone() {
    let place = Place::sqlite();
    let mut earlier = SqliteConnection::establish(place.file().to_str().unwrap()).unwrap();
    let tables = "CREATE TABLE states (state TEXT); CREATE TABLE auth_codes (code TEXT);
                  CREATE TABLE sessions (session_id TEXT); CREATE TABLE oauth_clients (client_id TEXT);
                  INSERT INTO oauth_clients VALUES ('theirs');";
    earlier.batch_execute(tables).unwrap();
    let server = place.open(KeySettings::default()).unwrap();
    assert!(server.exchange(server.log_in(None).secret()).is_some());
    let count: Count = sql_query("SELECT count(*) AS rows FROM oauth_clients")
        .get_result(&mut earlier)
        .unwrap();
    assert_eq!(count.rows, 1);
}
