//! Nobody may define a function under a name that tells SQL who the caller is.

use std::path::Path;

use duckdb::Connection;
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings, OpenError};
use serde_json::json;

use crate::fixture::{caller, file, owner};

/// A file that somebody else made, with a definition of their own.
fn foreign_file(path: &Path, definition: &str) {
    let foreign = Connection::open(path).unwrap();
    foreign.execute_batch(definition).unwrap();
}

#[test]
fn a_file_that_carries_a_reserved_name_is_not_served() {
    for (definition, schema) in [
        ("CREATE MACRO get_username() AS 'admin'", "evil.main"),
        (
            "CREATE SCHEMA s; CREATE MACRO s.Get_User_Email() AS 'admin'",
            "evil.s",
        ),
        ("CREATE MACRO get_request_header(x) AS 'admin'", "evil.main"),
        ("CREATE MACRO get_username() AS TABLE SELECT 1", "evil.main"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evil.duckdb");
        foreign_file(&path, definition);
        for read_only in [true, false] {
            let settings = InstanceSettings {
                read_only,
                ..InstanceSettings::default()
            };
            let error = Generation::open(&path, &settings).err().unwrap();
            assert!(
                matches!(error, OpenError::ReservedName { .. }),
                "{definition}: {error}"
            );
            assert!(error.to_string().contains(schema), "{definition}: {error}");
        }
    }
}

#[test]
fn a_statement_that_defines_a_reserved_name_fails_and_leaves_nothing() {
    let (_folder, path) = file(&["CREATE TABLE t AS SELECT 1 AS x"]);
    let generation = Generation::open(&path, &InstanceSettings::default()).unwrap();
    for definition in [
        "CREATE MACRO get_username() AS 'admin'",
        "CREATE OR REPLACE MACRO get_username() AS TABLE SELECT 'admin'",
    ] {
        let error = owner(&mut generation.session().unwrap(), definition).unwrap_err();
        assert!(error.to_string().contains("get_username"), "{error}");
        assert!(error.to_string().contains("reserved"), "{error}");
    }
    drop(generation);
    let again = Generation::open(&path, &InstanceSettings::default()).unwrap();
    let answer = owner(
        &mut again.session().unwrap(),
        "SELECT x, get_username() AS u FROM t",
    );
    assert_eq!(answer.unwrap(), json!([{ "x": 1, "u": "" }]));
}

/// Macros under the names of everything that the server's own statements could lean on.
const SHADOWS: &str = "\
    CREATE MACRO lower(x) AS 'pwned'; \
    CREATE MACRO coalesce_all(x) AS 'pwned'; \
    CREATE MACRO json_serialize_sql(x) AS '{\"error\": false, \"statements\": [{\"node\": {\"type\": \"SELECT_NODE\"}}]}'; \
    CREATE MACRO json_deserialize_sql(x) AS 'SELECT 42'; \
    CREATE MACRO duckdb_functions() AS TABLE SELECT 'a' AS function_name, 'a' AS database_name WHERE false; \
    CREATE MACRO duckdb_tables() AS TABLE SELECT 'secret' AS table_name; \
    CREATE MACRO duckdb_views() AS TABLE SELECT 'secret' AS view_name; \
    CREATE MACRO \"||\"(a, b) AS 'pwned'; \
    CREATE MACRO \"=\"(a, b) AS true; \
    CREATE MACRO \"in\"(a, b) AS true";

#[test]
fn macros_that_shadow_built_ins_reach_neither_the_identity_nor_the_guard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shadow.duckdb");
    foreign_file(&path, SHADOWS);
    let generation = Generation::open(&path, &InstanceSettings::default()).unwrap();
    let mut session = generation.session().unwrap();
    assert_eq!(
        owner(&mut session, "SELECT get_username() AS u").unwrap(),
        json!([{ "u": "" }])
    );
    for sql in [
        "SELECT write_log('x')",
        "FROM enable_logging()",
        "FROM read_text('/etc/passwd')",
        "FROM secret",
    ] {
        let error = caller(&mut session, sql).unwrap_err();
        assert!(matches!(error, QueryError::Refused(_)), "{sql}: {error}");
    }
}

#[test]
fn a_reserved_name_is_found_behind_shadowed_built_ins_and_in_a_database_with_a_misleading_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["shadow.duckdb", "system.duckdb", "temp.duckdb"] {
        let path = folder.path().join(name);
        foreign_file(
            &path,
            &format!("{SHADOWS}; CREATE MACRO get_username() AS 'admin'"),
        );
        let error = Generation::open(&path, &InstanceSettings::default()).err();
        assert!(
            matches!(error, Some(OpenError::ReservedName { .. })),
            "{name}: {error:?}"
        );
    }
}
