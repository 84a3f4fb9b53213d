//! SQL knows who asks, on every path, and never takes one caller for another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use mxcp_actors::domain::cancel::{CancelReason, CancelToken};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::engine::identity::{Asked, ExternalToken, SqlIdentity};
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::engine::session::{Query, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;
use serde_json::{Value, json};

use crate::fixture::{memory, owner, run, session, user};

/// More rows than one of DuckDB's row groups, so that a scan is split over threads.
const SEVERAL_ROW_GROUPS: u32 = 400_000;

/// Headers of a call.
fn headers(headers: &[(&str, &str)]) -> Arc<BTreeMap<String, String>> {
    let owned = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Arc::new(owned.collect())
}

#[test]
fn a_token_that_must_be_renewed_ends_only_the_statements_that_ask_for_it() {
    let asked = Asked::default();
    let caller = Arc::new(SqlIdentity {
        username: Some("ada".to_owned()),
        external_token: ExternalToken::Ended(asked.clone()),
        ..SqlIdentity::default()
    });
    let mut session = session();
    let mut answer = |sql: &str| {
        let statement = Statement::check(&mut session, sql, &[]).unwrap();
        run(&mut session, &statement, &[], &caller)
    };
    assert_eq!(
        answer("SELECT get_username() AS u").unwrap(),
        json!([{ "u": "ada" }])
    );
    assert!(!asked.was_noted());
    let error = answer("SELECT get_user_external_token() AS t")
        .unwrap_err()
        .to_string();
    assert!(error.contains("has ended"), "{error}");
    assert!(asked.was_noted());
}

#[test]
fn every_function_answers_for_its_caller() {
    let caller = Arc::new(SqlIdentity {
        user_id: Some("7".to_owned()),
        username: Some("ada".to_owned()),
        name: Some("Ada L.".to_owned()),
        email: Some("ada@example.com".to_owned()),
        provider: Some("github".to_owned()),
        scopes: Some("mcp:read mcp:write".to_owned()),
        created_at: Some("2024-01-01T00:00:00Z".to_owned()),
        last_login: Some("2024-02-02T00:00:00Z".to_owned()),
        instance_url: Some("https://acme.example".to_owned()),
        provider_context: Some("{\"sites\":[]}".to_owned()),
        external_token: ExternalToken::Held(Secret::new("gho_1")),
        headers: headers(&[
            ("x-tenant", "acme"),
            ("authorization", "Bearer s"),
            ("cookie", "c"),
            ("dpop", "d"),
        ]),
    });
    let mut session = session();
    let sql = "SELECT get_user_id() AS id, get_username() AS username, get_user_name() AS name, \
               get_user_email() AS email, get_user_provider() AS provider, get_user_scopes() AS scopes, \
               get_user_created_at() AS created_at, get_user_last_login() AS last_login, \
               get_user_instance_url() AS instance_url, get_user_provider_context() AS context, \
               get_user_external_token() AS token, get_request_header('X-Tenant') AS tenant, \
               get_request_header('Authorization') AS bearer, get_request_header('nope') AS absent, \
               get_request_headers_json() AS headers";
    let statement = Statement::check(&mut session, sql, &[]).unwrap();
    let answer = run(&mut session, &statement, &[], &caller).unwrap();
    let expected = json!([{
        "id": "7", "username": "ada", "name": "Ada L.", "email": "ada@example.com", "provider": "github",
        "scopes": "mcp:read mcp:write", "created_at": "2024-01-01T00:00:00Z",
        "last_login": "2024-02-02T00:00:00Z", "instance_url": "https://acme.example",
        "context": "{\"sites\":[]}", "token": "gho_1", "tenant": "acme", "bearer": "", "absent": "",
        "headers": "{\"x-tenant\":\"acme\"}",
    }]);
    assert_eq!(answer, expected);
    let nobody = run(&mut session, &statement, &[], &Arc::new(SqlIdentity::nobody())).unwrap();
    assert!(
        nobody[0].as_object().unwrap().values().all(|value| value == ""),
        "{nobody}"
    );
}

#[test]
fn a_header_is_found_for_a_name_in_a_column() {
    let mut caller = SqlIdentity::nobody();
    caller.headers = headers(&[("x-a", "1")]);
    let mut session = session();
    let sql = "SELECT name, get_request_header(name) AS value FROM (VALUES ('X-A'), ('X-B'), (NULL)) t(name)";
    let statement = Statement::check(&mut session, sql, &[]).unwrap();
    let answer = run(&mut session, &statement, &[], &Arc::new(caller)).unwrap();
    let expected = json!([
        { "name": "X-A", "value": "1" }, { "name": "X-B", "value": "" }, { "name": null, "value": null },
    ]);
    assert_eq!(answer, expected);
}

#[test]
fn a_kept_statement_answers_for_the_next_caller_also_through_a_view() {
    let mut session = session();
    owner(
        &mut session,
        "CREATE TABLE docs AS SELECT * FROM (VALUES ('ada', 1), ('bob', 2)) t(owner, id)",
    )
    .unwrap();
    owner(
        &mut session,
        "CREATE VIEW my_docs AS SELECT id FROM docs WHERE owner = get_username()",
    )
    .unwrap();
    for sql in [
        "SELECT id FROM docs WHERE owner = get_username()",
        "SELECT id FROM my_docs",
    ] {
        let statement = Statement::check(&mut session, sql, &[]).unwrap();
        for (name, expected) in [
            ("ada", json!([{ "id": 1 }])),
            ("bob", json!([{ "id": 2 }])),
            ("eve", json!([])),
        ] {
            assert_eq!(
                run(&mut session, &statement, &[], &user(name)).unwrap(),
                expected,
                "{sql} as {name}"
            );
        }
    }
}

#[test]
fn two_databases_in_one_process_keep_their_callers_apart() {
    let sessions = [memory(), memory()].map(|generation| generation.session().unwrap());
    let callers = [user("first"), user("second")];
    let workers: Vec<_> = sessions
        .into_iter()
        .zip(callers)
        .map(|(mut session, caller)| {
            thread::spawn(move || {
                let name = json!([{ "u": caller.username.clone().unwrap() }]);
                let statement = Statement::check(&mut session, "SELECT get_username() AS u", &[]).unwrap();
                (0..200).all(|_| run(&mut session, &statement, &[], &caller).unwrap() == name)
            })
        })
        .collect();
    assert!(workers.into_iter().all(|worker| worker.join().unwrap()));
}

#[test]
fn every_thread_of_a_large_scan_knows_the_caller() {
    let settings = InstanceSettings {
        threads: 4,
        ..InstanceSettings::default()
    };
    let generation = Generation::in_memory(&settings).unwrap();
    let mut session = generation.session().unwrap();
    owner(
        &mut session,
        &format!("CREATE TABLE big AS SELECT range AS i FROM range({SEVERAL_ROW_GROUPS})"),
    )
    .unwrap();
    let sql = "SELECT count(*) AS n FROM big WHERE get_request_header('x-' || (i % 1)::VARCHAR) = 'yes' \
               AND system.main.get_username() = 'ada'";
    let statement = Statement::check(&mut session, sql, &[]).unwrap();
    let mut caller = SqlIdentity::clone(&user("ada"));
    caller.headers = headers(&[("x-0", "yes")]);
    let answer = run(&mut session, &statement, &[], &Arc::new(caller)).unwrap();
    assert_eq!(answer, json!([{ "n": SEVERAL_ROW_GROUPS }]));
}

#[test]
fn the_caller_is_known_until_the_last_row_was_streamed() {
    let mut session = session();
    let sql = format!("SELECT i, system.main.get_username() AS u FROM range({SEVERAL_ROW_GROUPS}) t(i)");
    let statement = Statement::check(&mut session, &sql, &[]).unwrap();
    let limits = ResultLimits {
        max_rows: 1_000_000,
        max_result_bytes: 100_000_000,
    };
    let query = Query {
        source: Source::Owner(&statement),
        parameters: &[],
        caller: user("ada"),
        plan: &OutputPlan::rows(),
        limits,
    };
    let answer = session.run(&query, &CancelToken::new()).unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&answer.json).unwrap();
    assert_eq!(rows.len(), SEVERAL_ROW_GROUPS as usize);
    assert!(rows.iter().all(|row| row["u"] == "ada"));
}

#[test]
fn a_cancelled_call_leaves_no_caller_behind() {
    let mut session = session();
    let statement = Statement::check(&mut session, "SELECT get_username() AS u", &[]).unwrap();
    let token = CancelToken::new();
    token.cancel(CancelReason::ClientGone);
    let query = Query {
        source: Source::Owner(&statement),
        parameters: &[],
        caller: user("ada"),
        plan: &OutputPlan::rows(),
        limits: ResultLimits::default(),
    };
    assert!(session.run(&query, &token).is_err());
    assert_eq!(
        run(&mut session, &statement, &[], &user("bob")).unwrap(),
        json!([{ "u": "bob" }])
    );
}

#[test]
fn a_thousand_mixed_callers_on_four_connections_never_see_another_name() {
    let generation = memory();
    let mut first = generation.session().unwrap();
    owner(
        &mut first,
        "CREATE TABLE docs AS SELECT 'user' || (range % 50) AS owner, range AS id FROM range(1000)",
    )
    .unwrap();
    owner(
        &mut first,
        "CREATE VIEW my_docs AS SELECT * FROM docs WHERE owner = get_username()",
    )
    .unwrap();
    let sql = "SELECT DISTINCT owner, get_username() AS asks FROM my_docs";
    let statement = Statement::check(&mut first, sql, &[]).unwrap();
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            let mut session = generation.session().unwrap();
            let statement = statement.clone();
            thread::spawn(move || {
                for call in 0..250 {
                    let name = format!("user{}", (call * 7 + worker * 13) % 50);
                    let answer = run(&mut session, &statement, &[], &user(&name)).unwrap();
                    assert_eq!(answer, json!([{ "owner": name, "asks": name }]));
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
}
