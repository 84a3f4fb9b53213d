//! What a caller's own SQL may and may not do.

use std::sync::Arc;

use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::engine::guard::Refusal;
use mxcp_actors::sql_executor::engine::identity::{ExternalToken, SqlIdentity};
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::{OutputPlan, ResultShape};
use mxcp_actors::sql_executor::engine::session::{Query, Session, Source};
use serde_json::json;

use crate::fixture::{caller, memory, owner};

/// A database whose owner may read files in a folder, where a file lies that callers must not reach.
fn database() -> (tempfile::TempDir, Session) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.csv"), "a,b\n1,2\n").unwrap();
    let settings = InstanceSettings {
        data_directories: vec![folder.path().to_owned()],
        ..InstanceSettings::default()
    };
    let generation = Generation::in_memory(&settings).unwrap();
    let mut session = generation.session().unwrap();
    for sql in [
        "CREATE TABLE docs AS SELECT 1 AS id, 'mallory' AS owner UNION ALL SELECT 2, 'ada'",
        "CREATE VIEW my_docs AS SELECT * FROM docs WHERE owner = get_username()",
        "CREATE SCHEMA extra",
        "CREATE TABLE extra.notes AS SELECT 'n' AS note",
        "CREATE SEQUENCE counter",
        "CREATE MACRO twice(x) AS x * 2",
        "CREATE MACRO numbers(n) AS TABLE SELECT range AS i FROM range(n)",
        "CREATE TABLE \"Ämter\" AS SELECT 1 AS a",
        "CREATE TABLE admins AS SELECT 'ada' AS name",
        "CREATE MACRO is_admin() AS (SELECT count(*) > 0 FROM admins WHERE name = get_username())",
        "CREATE MACRO all_docs() AS TABLE SELECT * FROM docs WHERE is_admin()",
    ] {
        owner(&mut session, sql).unwrap();
    }
    let session = generation.session().unwrap();
    (folder, session)
}

#[test]
fn reading_and_computing_is_allowed() {
    let (_folder, mut session) = database();
    for sql in [
        "SELECT count(*) FROM docs",
        "FROM docs",
        "SELECT * FROM memory.main.docs d JOIN extra.notes n ON true",
        "SELECT * FROM memory.docs",
        "WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM b",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 5) SELECT sum(i) FROM r",
        "SELECT * FROM range(3) t(i), LATERAL (SELECT i * 2 AS j)",
        "SELECT id, row_number() OVER (PARTITION BY owner ORDER BY id DESC) FROM docs QUALIFY true",
        "SELECT list_transform([1, 2], lambda x: x + 1), {'a': 1}, MAP {'k': 2}, [1, 2][1], now(), uuid()",
        "SELECT CASE WHEN id BETWEEN 1 AND 2 THEN CAST(id AS VARCHAR) ELSE 'x' END FROM docs",
        "SELECT * FROM docs WHERE id IN (SELECT max(id) FROM docs) AND EXISTS (SELECT 1) LIMIT 5 OFFSET 0",
        "SELECT DISTINCT ON (owner) * EXCLUDE (id) FROM docs ORDER BY ALL",
        "SELECT * FROM (VALUES (1, 'a')) v(x, y) UNION ALL BY NAME SELECT 2 AS x, 'b' AS y",
        "SELECT * FROM docs PIVOT (count(*) FOR owner IN ('ada', 'mallory'))",
        "DESCRIBE docs",
        "SUMMARIZE docs",
        "SHOW TABLES",
        "SELECT table_name FROM information_schema.tables",
        "SELECT twice(21) AS x",
        "FROM numbers(3)",
        "WITH few AS (FROM numbers(3)), docs AS (SELECT 1 AS id) SELECT * FROM few, docs",
        "WITH few AS (SELECT 3 AS n) SELECT twice(n) FROM few, all_docs()",
        "FROM \"Ämter\"",
        "SELECT unnest([1, 2]), date_trunc('month', DATE '2024-05-06'), INTERVAL 1 DAY",
        "SELECT owner, count(*) FILTER (WHERE id > 1) FROM docs GROUP BY CUBE (owner)",
        "SELECT id FROM docs USING SAMPLE 1 ROWS",
    ] {
        assert!(
            caller(&mut session, sql).is_ok(),
            "{sql}: {:?}",
            caller(&mut session, sql)
        );
    }
    assert_eq!(
        caller(&mut session, "FROM my_docs").unwrap(),
        json!([{ "id": 1, "owner": "mallory" }])
    );
    assert_eq!(
        caller(&mut session, "SELECT get_username() AS u").unwrap(),
        json!([{ "u": "mallory" }])
    );
}

/// Statements that are not one SELECT.
const STATEMENTS: &[&str] = &[
    "INSERT INTO docs VALUES (3, 'x')",
    "WITH x AS (SELECT 1) DELETE FROM docs",
    "/* SELECT */ DELETE FROM docs",
    "UPDATE docs SET id = 1",
    "CREATE TEMP TABLE t AS SELECT 1",
    "CREATE TEMP MACRO lower(x) AS 'pwned'",
    "SET VARIABLE x = 1",
    "SET threads = 4",
    "RESET threads",
    "PRAGMA database_list",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "CALL pragma_version()",
    "COPY docs TO '/tmp/stolen.csv'",
    "ATTACH ':memory:' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CHECKPOINT",
    "BEGIN",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPORT DATABASE '/tmp/x'",
    "USE memory",
    "PIVOT docs ON owner",
];

/// Table functions that act or reveal although the statement is of type SELECT.
const TABLE_FUNCTIONS: &[&str] = &[
    "FROM enable_logging()",
    "FROM truncate_duckdb_logs()",
    "FROM checkpoint()",
    "FROM force_checkpoint()",
    "FROM enable_profiling()",
    "FROM disable_profiling()",
    "FROM query('SELECT 1')",
    "FROM query_table('docs')",
    "FROM json_execute_serialized_sql('{}')",
    "FROM duckdb_settings()",
    "FROM duckdb_secrets()",
    "FROM duckdb_logs",
    "FROM which_secret('s3://x', 's3')",
    "FROM read_text('/etc/passwd')",
    "FROM read_csv('secret.csv')",
    "FROM read_blob('*')",
    "FROM glob('*')",
    "FROM parquet_metadata('x')",
    "FROM sniff_csv('x')",
    "FROM pragma_table_info('docs')",
    "SELECT * FROM docs, LATERAL (FROM read_text('/etc/passwd'))",
    "SELECT (SELECT content FROM read_text('/etc/passwd') LIMIT 1)",
    "SELECT * FROM docs WHERE id IN (SELECT 1 FROM duckdb_secrets())",
    "WITH a AS (FROM duckdb_secrets()) SELECT * FROM a",
    "SELECT 1 UNION ALL SELECT count(*) FROM duckdb_secrets()",
];

/// Scalar functions with effects, or that reveal the server.
const SCALAR_FUNCTIONS: &[&str] = &[
    "SELECT write_log('x')",
    "SELECT nextval('counter')",
    "SELECT currval('counter')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('threads')",
    "SELECT getvariable('x')",
    "SELECT sleep_ms(1)",
    "SELECT pg_sleep(1)",
    "SELECT setseed(0.5)",
    "SELECT json_serialize_plan('SELECT 1')",
    "SELECT pg_get_viewdef(i) FROM range(99999) t(i)",
    "WITH RECURSIVE r(a) USING KEY (a) AS (SELECT nextval('counter') UNION SELECT a FROM r) FROM r",
    "SELECT current_connection_id()",
    "SELECT list_transform([1], lambda x: nextval('counter'))",
    "SELECT id FROM docs ORDER BY write_log('x')",
    "SELECT id FROM docs LIMIT (SELECT nextval('counter'))",
    "SELECT sum(id) FILTER (WHERE write_log('x') IS NULL) FROM docs",
    "SELECT Write_Log('x'), system.main.write_log('x')",
];

/// Names that are files, catalogs or parameters.
const NAMES: &[&str] = &[
    "FROM 'secret.csv'",
    "FROM \"secret.csv\"",
    "WITH \"secret.csv\" AS (FROM \"secret.csv\") FROM \"secret.csv\"",
    "SELECT (WITH \"secret.csv\" AS (SELECT 1) SELECT 1), a FROM \"secret.csv\"",
    "DESCRIBE 'secret.csv'",
    "SUMMARIZE 'secret.csv'",
    "SHOW ALL TABLES",
    "SHOW DATABASES",
    "FROM duckdb_settings",
    "FROM pg_catalog.pg_settings",
    "FROM sqlite_master",
    "FROM pragma_database_list",
    "SELECT $1",
    "SELECT $name",
    "SELECT ?",
];

#[test]
fn everything_that_writes_runs_or_reveals_is_refused() {
    let (folder, mut session) = database();
    let file = folder.path().join("secret.csv").display().to_string();
    for sql in [STATEMENTS, TABLE_FUNCTIONS, SCALAR_FUNCTIONS, NAMES].concat() {
        let result = caller(&mut session, sql);
        assert!(
            matches!(
                result,
                Err(QueryError::Refused(_) | QueryError::StatementCount(_) | QueryError::Duckdb(_))
            ),
            "{sql}: {result:?}"
        );
    }
    assert!(caller(&mut session, &format!("FROM '{file}'")).is_err());
    // Nothing of it left a trace, and the owner still reads the file that callers cannot.
    assert_eq!(
        owner(&mut session, "SELECT count(*) AS n FROM docs").unwrap(),
        json!([{ "n": 2 }])
    );
    for sql in [format!("FROM '{file}'"), format!("FROM read_csv('{file}')")] {
        assert_eq!(owner(&mut session, &sql).unwrap(), json!([{ "a": 1, "b": 2 }]));
    }
    assert!(session.is_clean());
}

/// A refusal by DuckDB (a parser error) would hide a hole in the guard: these must be refused by the guard itself.
#[test]
fn expressions_that_double_each_other_are_refused_before_they_are_planned() {
    let (_folder, mut session) = database();
    let doubled = |steps: usize| {
        let steps: Vec<String> = (1..=steps)
            .map(|step| format!(", a{step} AS (SELECT one.q FROM a{0} one, a{0} other)", step - 1))
            .collect();
        let last = steps.len();
        format!(
            "WITH a0 AS (SELECT id AS q FROM docs){} SELECT count(*) FROM a{last}",
            steps.concat()
        )
    };
    assert!(caller(&mut session, &doubled(3)).is_ok());
    let refused = caller(&mut session, &doubled(40)).unwrap_err();
    assert_eq!(refused, QueryError::Refused(Refusal::TooManyTables(4_096)));
}

#[test]
fn the_guard_itself_refuses_and_says_what() {
    let (_folder, mut session) = database();
    for (sql, message) in [
        (
            "FROM enable_logging()",
            "the table function enable_logging() is not allowed here",
        ),
        (
            "FROM query('SELECT 1')",
            "the table function query() is not allowed here",
        ),
        (
            "FROM read_csv('secret.csv')",
            "the table function read_csv() is not allowed here",
        ),
        (
            "SELECT write_log('x')",
            "the function write_log() is not allowed here",
        ),
        (
            "FROM 'secret.csv'",
            "the table secret.csv is not a table or view of this database",
        ),
        (
            "CREATE TEMP MACRO f(x) AS 1",
            "only one SELECT statement is accepted here",
        ),
        (
            "SELECT $n",
            "the parameter $n has no value; write the value into the statement",
        ),
        (
            "SHOW DATABASES",
            "this kind of SQL is not allowed here: SHOW \"databases\"",
        ),
    ] {
        let error = caller(&mut session, sql).unwrap_err();
        assert!(matches!(error, QueryError::Refused(_)), "{sql}: {error:?}");
        assert!(error.to_string().starts_with(message), "{sql}: {error}");
    }
}

/// A macro's body is read where it is called, so that a caller's own `admins` would be asked who is an admin.
#[test]
fn a_caller_does_not_decide_what_an_owners_macro_reads() {
    let (_folder, mut session) = database();
    assert_eq!(caller(&mut session, "FROM all_docs()").unwrap(), json!([]));
    for sql in [
        "WITH admins AS (SELECT 'mallory' AS name) FROM all_docs()",
        "WITH Admins AS (SELECT 'mallory' AS name) SELECT * FROM (SELECT * FROM all_docs())",
        "WITH admins AS (SELECT 'mallory' AS name), stolen AS (FROM all_docs()) FROM stolen",
        "WITH admins AS (SELECT 'mallory' AS name) SELECT is_admin()",
        "WITH notes AS (SELECT 1) FROM all_docs()",
        "WITH \"rights.csv\" AS (SELECT 1) FROM all_docs()",
        "WITH RECURSIVE admins AS (SELECT 'mallory' AS name UNION ALL \
         SELECT owner FROM admins, all_docs()) FROM admins",
    ] {
        let error = caller(&mut session, sql).unwrap_err();
        assert!(
            matches!(error, QueryError::Refused(Refusal::Shadowed { .. })),
            "{sql}: {error:?}"
        );
    }
    // The body of a view is read by itself.
    owner(&mut session, "CREATE VIEW admin_docs AS FROM all_docs()").unwrap();
    let sql = "WITH admins AS (SELECT 'mallory' AS name) FROM admin_docs";
    assert_eq!(caller(&mut session, sql).unwrap(), json!([]));
}

#[test]
fn a_callers_sql_sees_no_external_token_that_was_taken_out() {
    let identity = SqlIdentity {
        external_token: ExternalToken::Held(Secret::new("gho_canary")),
        ..Default::default()
    };
    let mut session = memory().session().unwrap();
    let mut ask = |identity: SqlIdentity| {
        let query = Query {
            source: Source::Caller("SELECT get_user_external_token()"),
            parameters: &[],
            caller: Arc::new(identity),
            plan: &OutputPlan::shaped(ResultShape::SingleValue),
            limits: ResultLimits::default(),
        };
        session.run(&query, &CancelToken::new()).unwrap().json
    };
    assert_eq!(ask(identity.clone()), b"\"gho_canary\"");
    assert_eq!(ask(identity.without_external_token()), b"\"\"");
}

/// Wherever an expression may stand in a SELECT, written with a function that must not run.
const PLACES: &[&str] = &[
    "SELECT DISTINCT ON (write_log('x')) id FROM docs",
    "SELECT id FROM docs GROUP BY id, write_log('x')",
    "SELECT count(*) FROM docs GROUP BY GROUPING SETS ((write_log('x')), ())",
    "SELECT count(*) FROM docs HAVING write_log('x') IS NULL",
    "SELECT id FROM docs QUALIFY row_number() OVER (ORDER BY write_log('x')) = 1",
    "SELECT sum(id) OVER w FROM docs WINDOW w AS (PARTITION BY write_log('x'))",
    "SELECT sum(id) OVER (ORDER BY id ROWS BETWEEN length(write_log('x')) PRECEDING AND CURRENT ROW) FROM docs",
    "SELECT lag(id, 1, length(write_log('x'))) OVER () FROM docs",
    "SELECT string_agg(owner, ',' ORDER BY write_log('x')) FROM docs",
    "SELECT id FROM docs LIMIT length(write_log('x'))",
    "SELECT id FROM docs OFFSET (SELECT length(write_log('x')))",
    "SELECT * FROM docs d JOIN docs e ON write_log('x') IS NULL",
    "SELECT * FROM docs, LATERAL (SELECT write_log(owner))",
    "SELECT * FROM (VALUES (write_log('x')))",
    "SELECT * FROM unnest([write_log('x')])",
    "SELECT * FROM range(length(write_log('x')))",
    "SELECT * FROM numbers(length(write_log('x')))",
    "SELECT twice(length(write_log('x')))",
    "SELECT * FROM docs PIVOT (max(write_log('x')) FOR id IN (1, 2))",
    "SELECT * FROM (SELECT write_log('x') AS a) UNPIVOT (v FOR k IN (a))",
    "SELECT * REPLACE (write_log('x') AS id) FROM docs",
    "SELECT COLUMNS(lambda name: write_log(name) IS NULL) FROM docs",
    "SELECT CASE WHEN true THEN write_log('x') END",
    "SELECT CASE write_log('x') WHEN 'a' THEN 1 END",
    "SELECT [write_log('x')], {'a': 1}, MAP {'a': 1}",
    "SELECT {'a': write_log('x')}",
    "SELECT MAP {write_log('x'): 1}",
    "SELECT [1, 2][length(write_log('x'))]",
    "SELECT [1, 2][1:length(write_log('x'))]",
    "SELECT [write_log(x) FOR x IN ['a'] IF true]",
    "SELECT [x FOR x IN ['a'] IF write_log(x) IS NULL]",
    "SELECT list_reduce(['a', 'b'], lambda x, y: write_log(x))",
    "SELECT write_log('x')::VARCHAR, TRY_CAST(write_log('x') AS INTEGER)",
    "SELECT TRY(write_log('x'))",
    "SELECT write_log('x') COLLATE NOCASE",
    "SELECT INTERVAL (length(write_log('x'))) DAY",
    "SELECT 1 IN (length(write_log('x')), 2)",
    "SELECT 1 BETWEEN length(write_log('x')) AND 2",
    "SELECT 'a' LIKE write_log('x')",
    "SELECT EXISTS (SELECT write_log('x'))",
    "SELECT 1 = ANY (SELECT length(write_log('x')))",
    "SELECT ARRAY(SELECT write_log('x'))",
    "WITH a AS MATERIALIZED (SELECT write_log('x')) SELECT 1",
    "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT length(write_log('x')) FROM r) FROM r",
    "SELECT 1 UNION ALL BY NAME SELECT write_log('x')",
    "(SELECT 1) ORDER BY write_log('x')",
    "DESCRIBE SELECT write_log('x')",
    "SUMMARIZE SELECT write_log('x')",
    "FROM (DESCRIBE SELECT write_log('x'))",
    "SELECT system.main.write_log('x')",
    "SELECT \"WRITE_LOG\"('x')",
    "SELECT ('x').write_log()",
];

#[test]
fn a_function_is_found_wherever_an_expression_may_stand() {
    let (_folder, mut session) = database();
    for sql in PLACES {
        let error = caller(&mut session, sql).unwrap_err();
        assert!(
            matches!(&error, QueryError::Refused(Refusal::Function(name)) if name == "write_log"),
            "{sql}: {error:?}"
        );
    }
}

/// DuckDB runs the arguments of a PRAGMA and reads the script of an IMPORT while it only takes a text apart.
#[test]
fn looking_at_a_text_runs_nothing_of_it() {
    let (folder, mut session) = database();
    std::fs::write(folder.path().join("schema.sql"), "canary is no SQL").unwrap();
    std::fs::write(folder.path().join("load.sql"), "").unwrap();
    let folder = folder.path().display();
    for sql in [
        "PRAGMA table_info(error('canary'))".to_owned(),
        "PRAGMA table_info(error('canary' || current_setting('threads')))".to_owned(),
        "PRAGMA storage_info(nextval('counter')::VARCHAR)".to_owned(),
        "SELECT 1; PRAGMA storage_info(nextval('counter')::VARCHAR)".to_owned(),
        "PRAGMA storage_info(sleep_ms(30000)::VARCHAR)".to_owned(),
        format!("IMPORT DATABASE '{folder}'"),
        format!("PRAGMA import_database('{folder}')"),
    ] {
        let error = caller(&mut session, &sql).unwrap_err();
        assert_eq!(error, QueryError::Refused(Refusal::NotASelect), "{sql}");
    }
    let first = owner(&mut session, "SELECT nextval('counter') AS n").unwrap();
    assert_eq!(first, json!([{ "n": 1 }]));
}
