//! What is found out about a definition before its first call, without running any of it.

use mxcp_actors::sql_executor::checker::Checker;

use crate::endpoints::fixture::{Project, checker, errors};
use crate::endpoints::load::settle;

/// A tool with these lines below `tool:`.
fn tool(lines: &str) -> String {
    format!("tool:\n  name: t\n{lines}")
}

fn check_tool(checker: &mut Checker, lines: &str) -> Vec<String> {
    let project = Project::new(&[("tools/t.yml", &tool(lines))]);
    errors(project.check(checker))
}

fn assert_checked(lines: &str, expected: &[&str]) {
    assert_eq!(check_tool(&mut checker(), lines), expected, "{lines}");
}

fn warnings(lines: &str) -> Vec<String> {
    let project = Project::new(&[("tools/t.yml", &tool(lines))]);
    let files = project.check(&mut checker());
    files[0].warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn sql_and_declaration_name_the_same_parameters() {
    assert_checked(
        "  parameters: [{name: a, type: string}, {name: b, type: string}]\n  source:\n    code: SELECT $b, $d, $c\n",
        &[
            "tools/t.yml:5:11: tool.source.code: Parameter mismatch: missing={'c', 'd'}, extra={'a'} (missing: used in the SQL as $name but not declared; extra: declared but not used)",
        ],
    );
    assert_checked(
        "  source: {code: \"SELECT $a\"}\n",
        &[
            "tools/t.yml:3:18: tool.source.code: Parameter mismatch: missing={'a'}, extra={} (missing: used in the SQL as $name but not declared; extra: declared but not used)",
        ],
    );
    assert_checked(
        "  parameters: [{name: a, type: integer}]\n  source: {code: \"SELECT $a + 1\"}\n",
        &[],
    );
}

/// DuckDB would plan the doubled expressions without an end, and nothing could stop it.
#[test]
fn sql_that_duckdb_would_plan_for_ever_is_refused_with_its_place() {
    let doubled = (1..40).fold("WITH e0 AS (SELECT * FROM v)".to_owned(), |sql, level| {
        format!(
            "{sql}, e{level} AS (SELECT 1 FROM e{0} JOIN e{0} AS f ON true)",
            level - 1
        )
    });
    let mut checker = checker();
    for sql in [
        format!("{doubled} SELECT count(*) AS n FROM e39"),
        format!("SELECT * FROM ({doubled} SELECT * FROM e39)"),
        format!("INSERT INTO t {doubled} SELECT * FROM e39"),
        format!("{doubled} INSERT INTO t SELECT * FROM e39 RETURNING 1"),
        format!("{doubled} DELETE FROM t WHERE x IN (SELECT * FROM e39)"),
        format!("{doubled} UPDATE t SET x = (SELECT 1 FROM e39)"),
        format!("EXPLAIN {doubled} FROM e39"),
    ] {
        assert_eq!(
            check_tool(&mut checker, &format!("  source:\n    code: {sql}\n")),
            [
                "tools/t.yml:4:11: tool.source.code: the statement names more than 4096 tables, those of a WITH expression \
                 counted each time that it is named"
            ],
            "{sql}"
        );
    }
    assert_checked(
        "  source: {code: WITH v AS (SELECT 1) SELECT * FROM v JOIN v AS w ON true}\n",
        &[],
    );
}

#[test]
fn sql_is_prepared_and_what_is_wrong_is_one_line() {
    assert_checked(
        "  source:\n    code: |\n      SELECT 1 +\n      FROM x\n",
        &[
            "tools/t.yml:5:7: tool.source.code: Parser Error: syntax error at or near \"FROM\"; LINE 2: FROM x",
        ],
    );
    let project = Project::new(&[
        ("tools/t.yml", "tool: {name: t, source: {file: /sql/x.sql}}"),
        ("sql/x.sql", "SELECT * FROM nowhere"),
    ]);
    let reported = errors(project.check(&mut checker()));
    assert_eq!(reported.len(), 1);
    let start = "tools/t.yml:1:32: tool.source.file: sql/x.sql: Catalog Error: Table with name nowhere does not exist!";
    assert!(reported[0].starts_with(start), "{reported:?}");
    assert!(!reported[0].contains('\n'), "{reported:?}");
}

#[test]
fn nothing_is_run_and_nothing_after_a_semicolon() {
    let checker = &mut checker();
    let message = "the SQL holds 2 statements; exactly one is accepted";
    for code in [
        "SELECT 1; CREATE TABLE pwned (x INTEGER)",
        "CREATE TABLE pwned (x INTEGER); SELECT 1",
    ] {
        assert_eq!(
            check_tool(checker, &format!("  source: {{code: \"{code}\"}}\n")),
            [format!("tools/t.yml:3:18: tool.source.code: {message}")]
        );
    }
    assert_eq!(
        check_tool(checker, "  source: {code: CREATE TABLE pwned (x INTEGER)}\n").len(),
        1
    );
    assert!(
        checker.check("SELECT * FROM pwned", &[]).is_err(),
        "the table does not exist"
    );
}

#[test]
fn a_default_or_accepted_value_must_be_of_the_type() {
    assert_checked(
        "  parameters:
    - {name: a, type: integer, default: five}
    - {name: b, type: string, format: date, enum: [2024-01-01, soon]}
    - {name: c, type: integer, enum: [1, 2], default: 3}
    - {name: d, type: object, properties: {x: {type: integer}}, default: {x: [1]}}
    - {name: e, type: integer, minimum: 5, default: null}
  source: {code: \"SELECT $a, $b, $c, $d, $e\"}\n",
        &[
            "tools/t.yml:4:41: tool.parameters[0].default: expected a whole number, found text",
            "tools/t.yml:5:51: tool.parameters[1].enum: expected a date (YYYY-MM-DD)",
            "tools/t.yml:6:55: tool.parameters[2].default: must be one of: 1, 2",
            "tools/t.yml:7:74: tool.parameters[3].default: x expected a whole number, found a list",
        ],
    );
}

#[test]
fn columns_must_be_able_to_be_what_is_declared() {
    assert_checked(
        "  return: {type: integer}\n  source: {code: \"SELECT 1, 2\"}\n",
        &[
            "tools/t.yml:3:11: tool.return: Expected single value for return type 'integer', but got 2 columns",
        ],
    );
    assert_checked(
        "  return: {type: array, items: {type: integer}}\n  source: {code: \"SELECT 1, 2\"}\n",
        &[
            "tools/t.yml:3:11: tool.return: an array without objects needs a statement of one column, not of 2",
        ],
    );
    assert_checked(
        "  return: {type: array, items: {type: object, required: [id, name], properties: {id: {type: integer}, name: {type: integer}}, additionalProperties: false}}\n  source: {code: \"SELECT 1 AS id, 2 AS nme\"}\n",
        &[
            "tools/t.yml:3:11: tool.return: Missing required properties: name",
            "tools/t.yml:3:11: tool.return: Unexpected property: nme",
        ],
    );
}

#[test]
fn a_column_of_another_type_is_a_warning_because_null_may_be_meant() {
    assert_eq!(
        warnings(
            "  return: {type: object, properties: {n: {type: integer}, t: {type: string}}}\n  source: {code: \"SELECT 'a' AS n, NULL AS t, [1] AS l\"}\n"
        ),
        [
            "tools/t.yml:3:11: tool.return: n declares integer, but the column is VARCHAR; only null can pass: cast the column, or declare its type",
            "tools/t.yml:3:11: tool.return: t declares string, but the column is INTEGER; only null can pass: cast the column, or declare its type",
        ]
    );
}

#[test]
fn a_format_that_a_column_never_has_is_a_warning() {
    let returns = "{type: object, properties: {d: {type: string, format: date}, j: {type: string}, t: {type: string, format: time}}}";
    let told = warnings(&format!(
        "  return: {returns}\n  source: {{code: \"SELECT now() AS d, '1'::JSON AS j, '10:11' AS t\"}}\n"
    ));
    assert_eq!(
        told,
        [
            "tools/t.yml:3:11: tool.return: d declares the format date, but the column is TIMESTAMP WITH TIME ZONE; only null can pass: cast the column, or declare its type",
            "tools/t.yml:3:11: tool.return: j declares string, but the column is JSON and goes out as what it holds; only strings in it and null can pass: cast it to VARCHAR for its text",
        ]
    );
}

#[test]
fn what_depends_on_an_open_parameter_is_not_judged() {
    let lines = "  parameters: [{name: v, type: object}]\n  return: {type: object, required: [a], properties: {a: {type: integer}}}\n  source: {code: \"SELECT $v.a AS a\"}\n";
    assert_checked(lines, &[]);
    assert_eq!(warnings(lines), Vec::<String>::new());
}

#[test]
fn the_variables_of_a_uri_are_the_parameters() {
    let project = Project::new(&[(
        "resources/r.yml",
        "resource:\n  uri: notes://{owner}/{id}\n  parameters: [{name: id, type: integer}, {name: page, type: integer}]\n  source: {code: \"SELECT $id, $page\"}\n",
    )]);
    assert_eq!(
        errors(project.check(&mut checker())),
        [
            "resources/r.yml:2:8: resource.uri: Resource parameter(s) ['page'] are not used in the URI",
            "resources/r.yml:2:8: resource.uri: URI variable(s) ['owner'] are not declared as parameters",
        ]
    );
}

#[test]
fn templates_use_declared_names_only() {
    let project = Project::new(&[(
        "prompts/p.yml",
        "prompt:\n  name: p\n  parameters: [{name: who, type: string}]\n  messages:\n    - prompt: Hello {{ who }}, {% for i in range(2) %}{{ i }}{% endfor %}\n    - prompt: \"{{ b }} {{ a }} {{ who.name }}\"\n    - prompt: \"{% if %}\"\n",
    )]);
    let first = errors(project.check(&mut checker()));
    assert_eq!(
        first,
        [
            "prompts/p.yml:7:15: prompt.messages[2].prompt: Message 2: syntax error: unexpected end of block (line 1 of the template)"
        ]
    );
    project.write(
        "prompts/p.yml",
        "prompt:\n  name: p\n  parameters: [{name: who, type: string}]\n  messages:\n    - prompt: Hello {{ who }}\n    - prompt: \"{{ b }} {{ a }}\"\n",
    );
    assert_eq!(
        errors(project.check(&mut checker())),
        ["prompts/p.yml:6:15: prompt.messages[1].prompt: Message 1 uses undefined template variables: a, b"]
    );
}

#[test]
fn templates_use_filters_that_exist() {
    let project = Project::new(&[(
        "prompts/p.yml",
        "prompt:\n  name: p\n  messages:\n    - prompt: \"{{ 'a' | upper | shout }}\"\n",
    )]);
    assert_eq!(
        errors(project.check(&mut checker())),
        ["prompts/p.yml:4:15: prompt.messages[0].prompt: Message 0: there is no filter shout"]
    );
}

#[test]
fn messages_are_texts() {
    let project = Project::new(&[(
        "prompts/p.yml",
        "prompt:\n  name: p\n  messages:\n    - prompt: Hello\n      type: resource\n",
    )]);
    assert_eq!(
        errors(project.check(&mut checker())),
        [
            "prompts/p.yml:5:13: prompt.messages[0].type: Message 0: type: resource is not supported; accepted: text"
        ]
    );
}

#[test]
fn the_mistakes_of_all_files_are_told_together_and_the_good_ones_are_kept() {
    let project = Project::new(&[
        ("tools/a.yml", "tool: {name: a, source: {code: SELEC 1}}"),
        ("tools/b.yml", "tool: {name: b}"),
        ("tools/c.yml", "tool: {name: c, source: {code: SELECT 1}}"),
    ]);
    let reported = errors(project.check(&mut checker()));
    assert_eq!(
        reported,
        [
            "tools/a.yml:1:32: tool.source.code: Parser Error: syntax error at or near \"SELEC\"; LINE 1: SELEC 1",
            "tools/b.yml:1:7: tool: the tool is incomplete: source is missing",
        ]
    );
    let (good, left_out) = settle(project.check(&mut checker()), true).unwrap();
    let left_out: Vec<String> = left_out.errors().iter().map(ToString::to_string).collect();
    assert_eq!((good.len(), left_out), (1, reported));
}

#[test]
fn an_address_is_not_opened() {
    let lines = "  source: {code: \"SELECT * FROM read_csv('https://127.0.0.1:1/x.csv')\"}\n";
    assert_checked(lines, &[]);
    assert_eq!(warnings(lines), Vec::<String>::new());
}

#[test]
fn only_statements_about_rows_are_accepted() {
    let checker = &mut checker();
    let refused = |checker: &mut Checker, code: &str| {
        let reported = check_tool(checker, &format!("  source:\n    code: |\n      {code}\n"));
        assert_eq!(reported.len(), 1, "{code}: {reported:?}");
        let place = "tools/t.yml:5:7: tool.source.code: ";
        assert!(reported[0].starts_with(place), "{reported:?}");
        reported[0][place.len()..].to_owned()
    };
    for (code, name) in [
        ("CREATE TABLE pwned (x INTEGER)", "CREATE"),
        ("CREATE OR REPLACE TEMP MACRO lower(x) AS 'x'", "CREATE"),
        ("ATTACH ':memory:' AS other", "ATTACH"),
        ("SET threads = 4", "SET, RESET or USE"),
        ("SET VARIABLE x = 1", "SET, RESET or USE"),
        ("USE temp", "SET, RESET or USE"),
        ("PRAGMA enable_profiling", "PRAGMA"),
        ("LOAD json", "LOAD or INSTALL"),
        ("INSTALL json", "LOAD or INSTALL"),
        ("CALL enable_logging()", "enable_logging()"),
        ("FROM enable_profiling()", "enable_profiling()"),
        ("SELECT setseed(0.5)", "setseed()"),
        ("EXPORT DATABASE 'x'", "EXPORT"),
        ("COPY (SELECT 1) TO 'x.csv'", "COPY"),
        ("CHECKPOINT", "CALL or CHECKPOINT"),
        ("VACUUM", "VACUUM or ANALYZE"),
        ("PREPARE p AS SELECT 1", "PREPARE"),
        ("BEGIN", "a statement that begins or ends a transaction"),
        ("EXPLAIN ANALYZE CREATE TABLE pwned (x INTEGER)", "CREATE"),
        ("EXPLAIN (ANALYZE) SET threads = 4", "SET, RESET or USE"),
    ] {
        assert_eq!(
            refused(checker, code),
            format!(
                "{name} is not accepted in a definition; accepted: a query (SELECT, FROM, VALUES, WITH, PIVOT, UNPIVOT, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN), or INSERT, UPDATE, DELETE or MERGE, with or without RETURNING. What prepares the database belongs in duckdb.init_file"
            ),
            "{code}"
        );
    }
    let sales = "(SELECT 'a' AS item, 1 AS sold)";
    assert_eq!(
        refused(checker, &format!("PIVOT {sales} ON item USING sum(sold)")),
        "a PIVOT that finds its columns in the data is two statements to DuckDB, the first of which creates a type; exactly one is accepted: name the columns, PIVOT ... ON column IN ('a', 'b') ..."
    );
}

#[test]
fn every_kind_of_query_and_of_writing_is_accepted() {
    let checker = &mut checker();
    for code in [
        "FROM range(3)",
        "VALUES (1)",
        "WITH x AS (SELECT 1 AS n) SELECT n FROM x",
        "(SELECT 1) UNION ALL SELECT 2",
        "DESCRIBE SELECT 1 AS n",
        "SHOW TABLES",
        "SUMMARIZE SELECT 1 AS n",
        "EXPLAIN SELECT 1",
        "EXPLAIN (SELECT 1)",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPLAIN (ANALYZE, FORMAT json) SELECT 1",
        "PRAGMA database_list",
        "PIVOT (SELECT 'a' AS item, 1 AS sold) ON item IN ('a', 'b') USING sum(sold)",
        "UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b",
    ] {
        assert_eq!(
            check_tool(checker, &format!("  source:\n    code: |\n      {code}\n")),
            Vec::<String>::new(),
            "{code}"
        );
    }
}
