//! `validate`

use super::program::Folder;
use crate::server::{PLANNED_FOR_EVER, Project, joins_without_end, program};

/// What a check may take in these tests: long for a good one, also on a machine that does much else.
const CHECKS: &str = "mxcp: 1\nlimits: { check_timeout_ms: 3000 }\n";

#[test]
fn a_statement_that_is_planned_for_too_long_is_one_mistake_among_others() {
    let folder = Project::new()
        .user_config(CHECKS)
        .tool("absent", "SELECT * FROM nowhere", "")
        .tool("joins", &joins_without_end(), "")
        .tool("slow", PLANNED_FOR_EVER, "")
        .tool("wrong", "SELECT 1 +", "")
        .written();
    let output = program(folder.path()).arg("validate").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "error tools/absent.yml\nok    tools/joins.yml\nerror tools/slow.yml\nerror tools/wrong.yml\n4 definitions, 3 with errors\n"
    );
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert!(
        lines[0].starts_with("tools/absent.yml:7:7: tool.source.code: Catalog Error"),
        "{told}"
    );
    assert_eq!(
        lines[1],
        "tools/slow.yml:7:7: tool.source.code: slow: the statement was not planned within 3000 ms (limits.check_timeout_ms): DuckDB computes \
         what is constant, and expands macros, while it plans; make that smaller, or take it from a parameter or a table, which nothing \
         is computed of before a call"
    );
    assert!(
        lines[2].starts_with("tools/wrong.yml:7:7: tool.source.code: Parser Error"),
        "{told}"
    );
}

#[test]
fn a_good_project_is_good_and_nothing_is_made() {
    let folder = Folder::of("shop");
    let ran = folder.run(&["validate"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    ran.must_print("validate-shop.txt");
    assert!(!folder.path().join("data").exists(), "no database is made");
    assert_eq!(
        folder.run_below("sql", &["validate"]).code,
        Some(0),
        "from a folder below"
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once_file_by_file() {
    let folder = Folder::of("broken");
    let json = folder.run(&["validate", "--json-output"]);
    assert_eq!(json.code, Some(1));
    json.must_print("validate-broken.json");
    let text = folder.run(&["validate"]);
    assert_eq!(text.code, Some(1));
    text.must_print("validate-broken.txt");
    for told in [
        "tools/absent.yml:4:19: tool.source.code: Catalog Error: Table with name nowhere does not exist!",
        "tools/keys.yml:4:3: tool: unknown key",
        "tools/keys.yml:6:24: tool.parameters[0].type: \"strin\" is not accepted",
        "tools/two.yml:4:19: tool.source.code: the SQL holds 2 statements",
        "tools/parameters.yml:7:11: tool.source.code: Parameter mismatch: missing={'lacking'}, extra={'spare'}",
        "prompts/names.yml:5:15: prompt.messages[0].prompt: Message 0 uses undefined template variables: name",
        "warning: tools/data.yml:4:19: tool.source.code: IO Error: No files found",
    ] {
        assert!(text.stderr.contains(told), "{told}\n{}", text.stderr);
    }
}

#[test]
fn one_file_can_be_validated() {
    let folder = Folder::of("broken");
    let good = folder.run(&["validate", "tools/data.yml", "--json-output"]);
    assert_eq!(good.code, Some(0), "an absent data file is a warning");
    good.must_print("validate-one.json");
    let bad = folder.run_below("tools", &["validate", "two.yml"]);
    assert_eq!(
        (bad.code, bad.stdout.as_str()),
        (Some(1), "error tools/two.yml\n1 definition, 1 with errors\n")
    );
    let absent = folder.run(&["validate", "tools/none.yml"]);
    assert_eq!(absent.code, Some(1));
    assert!(
        absent.stderr.contains("tools/none.yml: cannot be read"),
        "{absent:?}"
    );
}

#[test]
fn definitions_in_a_folder_outside_the_project_are_validated_like_its_own() {
    let outside = tempfile::tempdir().unwrap();
    let definition = "tool:\n  name: shared\n  source: { code: SELECT x FROM nowhere }\n";
    std::fs::write(outside.path().join("shared.yml"), definition).unwrap();
    let tools = outside.path().display();
    let site = format!("mxcp: 1\nproject: shop\nprofile: dev\npaths: {{ tools: {tools} }}\n");
    let ran = Folder::of("shop").with("mxcp-site.yml", &site).run(&["validate"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let file = outside.path().join("shared.yml");
    assert!(
        ran.stdout.contains(&format!("error {}\n", file.display())),
        "{ran:?}"
    );
}

#[test]
fn the_name_of_a_built_in_tool_is_taken() {
    let site = "mxcp: 1\nproject: shop\nprofile: dev\nsql_tools: { enabled: true }\n";
    let definition = "tool:\n  name: list_tables\n  source: { code: SELECT 1 }\n";
    let folder = Folder::of("shop")
        .with("mxcp-site.yml", site)
        .with("tools/mine.yml", definition);
    for command in ["validate", "list"] {
        let ran = folder.run(&[command]);
        assert_eq!(ran.code, Some(1), "{command}: {ran:?}");
        let told = "tools/mine.yml:2:9: tool.name: Duplicate endpoint name 'list_tables'";
        assert!(ran.stderr.contains(told), "{command}: {ran:?}");
        assert!(!ran.stdout.contains("built-in"), "{command}: {ran:?}");
    }
}

#[test]
fn the_name_of_a_built_in_tool_that_is_off_is_warned_of() {
    let definition = "tool:\n  name: list_tables\n  source: { code: SELECT 1 }\n";
    let folder = Folder::of("shop").with("tools/mine.yml", definition);
    let ran = folder.run(&["validate"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = "warning: tools/mine.yml:2:9: tool.name: list_tables is the name of a built-in SQL tool: the server will not \
                start with both once sql_tools.enabled is true";
    assert!(ran.stderr.contains(told), "{ran:?}");
}

#[test]
fn sql_is_prepared_on_the_projects_own_tables_and_never_run() {
    let folder = Project::new().written();
    std::fs::create_dir(folder.path().join("tools")).unwrap();
    let made = program(folder.path())
        .args(["query", "CREATE TABLE kept AS SELECT 1 AS x"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let definition = |name: &str, sql: &str| {
        let yaml = format!("mxcp: 1\ntool:\n  name: {name}\n  source: {{ code: \"{sql}\" }}\n");
        std::fs::write(folder.path().join(format!("tools/{name}.yml")), yaml).unwrap();
    };
    definition("drop", "DROP TABLE kept");
    definition("write", "INSERT INTO kept SELECT 2");
    definition("read", "SELECT x FROM kept");
    definition("two", "DROP TABLE kept; SELECT 1");
    for _ in 0..2 {
        let output = program(folder.path()).arg("validate").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            printed,
            "error tools/drop.yml\nok    tools/read.yml\nerror tools/two.yml\nok    tools/write.yml\n4 definitions, 2 with errors\n",
            "{said}"
        );
    }
}

#[actix_rt::test]
async fn a_database_that_a_server_holds_is_told_with_what_to_do() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    let output = program(server.folder())
        .args(["validate", "--json-output"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("db-dev.duckdb is in use by "), "{said}");
    assert!(said.contains("mxcp-actor"), "the holder is named: {said}");
    assert!(said.contains("MXCP_DUCKDB_PATH"), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["status"], "error", "{json}");
}

#[test]
fn without_a_database_the_projects_own_statements_prepare_one_in_memory() {
    let site =
        "mxcp: 1\nproject: shop\nprofile: dev\nprofiles: { dev: { duckdb: { init_file: sql/init.sql } } }\n";
    let definition = "mxcp: 1\ntool:\n  name: made\n  source: { code: SELECT x FROM made }\n";
    let folder = Folder::of("shop")
        .with("mxcp-site.yml", site)
        .with("sql/init.sql", "CREATE TABLE made (x INTEGER);")
        .with("tools/made.yml", definition);
    let ran = folder.run(&["validate"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!folder.path().join("data").exists(), "no database is made");
}
