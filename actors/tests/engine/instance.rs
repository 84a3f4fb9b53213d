//! One instance per file, confined by settings that nothing can change afterwards.

use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings, OpenError};
use serde_json::json;

use crate::fixture::{file, owner, session};

#[test]
fn a_second_instance_of_a_file_is_refused_until_the_first_is_gone() {
    let (folder, path) = file(&["CREATE TABLE t AS SELECT 1 AS x"]);
    let first = Generation::open(&path, &InstanceSettings::default()).unwrap();
    let detour = folder.path().join(".").join("test.duckdb");
    for same in [&path, &detour] {
        let error = Generation::open(same, &InstanceSettings::default())
            .err()
            .unwrap();
        assert!(matches!(error, OpenError::AlreadyOpen(_)), "{error}");
    }
    drop(first);
    let again = Generation::open(&detour, &InstanceSettings::default()).unwrap();
    assert_eq!(
        owner(&mut again.session().unwrap(), "FROM t").unwrap(),
        json!([{ "x": 1 }])
    );
}

#[test]
fn a_session_keeps_its_instance_open() {
    let (_folder, path) = file(&["CREATE TABLE t AS SELECT 1 AS x"]);
    let generation = Generation::open(&path, &InstanceSettings::default()).unwrap();
    let mut session = generation.session().unwrap();
    drop(generation);
    assert!(Generation::open(&path, &InstanceSettings::default()).is_err());
    assert_eq!(owner(&mut session, "FROM t").unwrap(), json!([{ "x": 1 }]));
}

#[test]
fn a_read_only_instance_does_not_write() {
    let (_folder, path) = file(&["CREATE TABLE t AS SELECT 1 AS x"]);
    let settings = InstanceSettings {
        read_only: true,
        ..InstanceSettings::default()
    };
    let generation = Generation::open(&path, &settings).unwrap();
    let mut session = generation.session().unwrap();
    let error = owner(&mut session, "INSERT INTO t VALUES (2)").unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
    assert_eq!(owner(&mut session, "FROM t").unwrap(), json!([{ "x": 1 }]));
}

#[test]
fn the_owner_reads_files_only_in_the_declared_folders() {
    let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&inside, &outside] {
        std::fs::write(folder.path().join("data.csv"), "a\n1\n").unwrap();
    }
    let settings = InstanceSettings {
        data_directories: vec![inside.path().to_owned()],
        ..InstanceSettings::default()
    };
    let mut session = Generation::in_memory(&settings).unwrap().session().unwrap();
    let read = |folder: &tempfile::TempDir| format!("FROM read_csv('{}/data.csv')", folder.path().display());
    assert_eq!(owner(&mut session, &read(&inside)).unwrap(), json!([{ "a": 1 }]));
    let error = owner(&mut session, &read(&outside)).unwrap_err();
    assert!(error.to_string().contains("Permission Error"), "{error}");
    let climb = format!("FROM read_csv('{}/../../etc/hostname')", inside.path().display());
    assert!(owner(&mut session, &climb).is_err());
}

#[test]
fn the_configuration_is_locked() {
    for sql in [
        "SET lock_configuration = false",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SET threads = 64",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '/tmp/other.duckdb'",
        "COPY (SELECT 1) TO '/tmp/mxcp-actor-test.csv'",
    ] {
        assert!(owner(&mut session(), sql).is_err(), "{sql}");
    }
}

#[test]
fn memory_and_threads_are_those_of_the_settings() {
    let settings = InstanceSettings {
        threads: 3,
        memory_limit_mib: 77,
        ..InstanceSettings::default()
    };
    let mut session = Generation::in_memory(&settings).unwrap().session().unwrap();
    let sql = "SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory";
    assert_eq!(
        owner(&mut session, sql).unwrap(),
        json!([{ "threads": 3, "memory": "77.0 MiB" }])
    );
}

#[test]
fn a_query_that_does_not_fit_into_memory_does_not_fill_the_disk() {
    let sql = "SELECT count(*) AS n, min(k) AS k FROM \
               (SELECT range AS g, md5(range::VARCHAR) AS k, count(*) AS c FROM range(1000000) GROUP BY ALL)";
    let with = |max_temp_directory_bytes| {
        let folder = tempfile::tempdir().unwrap();
        let settings = InstanceSettings {
            memory_limit_mib: 32,
            max_temp_directory_bytes,
            ..InstanceSettings::default()
        };
        let generation = Generation::open(&folder.path().join("test.duckdb"), &settings).unwrap();
        owner(&mut generation.session().unwrap(), sql)
    };
    let enough = InstanceSettings::default().max_temp_directory_bytes;
    assert_eq!(with(enough).unwrap()[0]["n"], json!(1_000_000));
    for too_little in [0, 4 * 1024 * 1024] {
        let error = with(too_little).unwrap_err().to_string();
        assert_eq!(
            error,
            "the query needs more memory than the server has for queries, and more room on the disk than \
             limits.max_temp_directory_bytes allows; filter earlier, ask for fewer rows or columns, or aggregate"
        );
    }
}
