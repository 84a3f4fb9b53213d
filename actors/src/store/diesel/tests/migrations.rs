//! The schema comes, goes and comes again, and is the same in both databases.

use std::collections::BTreeSet;
use std::path::Path;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::*;
use crate::store::conformance::fixtures::{at, grant, grant_id, store_code};
use crate::store::{AuthorizationCodeRepository, GrantRepository};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(connection: &mut StoreConnection, query: &str) -> BTreeSet<String> {
    let names: Vec<Name> = match connection {
        StoreConnection::Sqlite(sqlite) => sql_query(query).load(sqlite).unwrap(),
        StoreConnection::Postgresql(postgresql) => sql_query(query).load(postgresql).unwrap(),
    };
    names.into_iter().map(|name| name.name).collect()
}

fn columns(connection: &mut StoreConnection) -> BTreeSet<String> {
    let query = match connection {
        StoreConnection::Sqlite(_) => {
            "SELECT master.name || '.' || columns.name AS name FROM sqlite_master AS master
             JOIN pragma_table_info(master.name) AS columns
             WHERE master.type = 'table' AND master.name NOT LIKE 'sqlite%' AND master.name NOT LIKE '\\_\\_%' ESCAPE '\\'"
        }
        StoreConnection::Postgresql(_) => {
            "SELECT table_name || '.' || column_name AS name FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
        }
    };
    names(connection, query)
}

fn indexes(connection: &mut StoreConnection) -> BTreeSet<String> {
    let query = match connection {
        StoreConnection::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        }
        StoreConnection::Postgresql(_) => {
            "SELECT relname::text AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
             WHERE relnamespace = 'public'::regnamespace
             AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))"
        }
    };
    names(connection, query)
}

fn the_schema_can_be_taken_back_and_made_again(place: &TestPlace) {
    let store = place.open(PATIENT);
    store_code(&store, "code", 1, at(0));
    drop(store);
    let mut connection = place.connect(PATIENT);
    let before = (columns(&mut connection), indexes(&mut connection));
    super::super::migrations::revert_all(&mut connection).unwrap();
    assert_eq!(columns(&mut connection), BTreeSet::new());

    let store = place.open(PATIENT);
    assert_eq!((columns(&mut connection), indexes(&mut connection)), before);
    assert_eq!(store.find_grant(grant_id(1)), Ok(None));
    store_code(&store, "code", 1, at(0));
}

#[test]
fn sqlite_goes_up_down_and_up() {
    the_schema_can_be_taken_back_and_made_again(&TestPlace::sqlite());
}

#[test]
fn postgresql_goes_up_down_and_up() {
    the_schema_can_be_taken_back_and_made_again(&TestPlace::postgresql());
}

#[test]
fn both_databases_have_the_same_schema() {
    let [sqlite, postgresql] = [TestPlace::sqlite(), TestPlace::postgresql()].map(|place| {
        drop(place.open(PATIENT));
        let mut connection = place.connect(PATIENT);
        (columns(&mut connection), indexes(&mut connection))
    });
    assert!(sqlite.0.contains("grants.tokens_end_at") && sqlite.1.contains("grants_by_tokens_end"));
    assert_eq!(sqlite, postgresql);
}

#[test]
fn what_is_stored_survives_a_restart() {
    for place in [TestPlace::sqlite(), TestPlace::postgresql()] {
        let code = store_code(&place.open(PATIENT), "code", 1, at(0));
        let store = place.open(PATIENT);
        assert_eq!(store.find_code(&code.digest), Ok(Some(code)));
        assert_eq!(store.find_grant(grant_id(1)), Ok(Some(grant(1, "alice", at(0)))));
    }
}

#[test]
fn a_schema_of_a_newer_version_is_left_alone() {
    use diesel::connection::SimpleConnection;
    for place in [TestPlace::sqlite(), TestPlace::postgresql()] {
        drop(place.open(PATIENT));
        let expanded = "ALTER TABLE grants ADD COLUMN note TEXT NOT NULL DEFAULT '';
                        INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000');";
        place.connect(PATIENT).batch_execute(expanded).unwrap();
        let store = place.open(PATIENT);
        assert_eq!(store.insert_grant(&grant(1, "alice", at(0))), Ok(true));
        assert_eq!(store.find_grant(grant_id(1)), Ok(Some(grant(1, "alice", at(0)))));
    }
}

#[test]
fn the_binary_holds_the_migrations_of_the_source_tree() {
    for (folder, embedded) in super::super::migrations::names().unwrap() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../migrations")
            .join(folder);
        let written: BTreeSet<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(
            embedded,
            written,
            "touch actors/src/store/diesel/migrations.rs: {}",
            folder.display()
        );
    }
}
