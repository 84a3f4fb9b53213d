//! `log`

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::program::{Folder, Ran};
use crate::server::Project;

fn ids(ran: &Ran) -> String {
    let json = ran.json();
    let records = json["result"]["records"].as_array().unwrap();
    assert_eq!(json["result"]["count"], records.len());
    let last = |id: &str| id.chars().next_back().unwrap();
    records
        .iter()
        .map(|record| last(record["record_id"].as_str().unwrap()))
        .collect()
}

#[test]
fn the_newest_records_come_first_in_both_forms() {
    let folder = Folder::of("shop");
    let text = folder.run(&["log"]);
    assert_eq!(text.code, Some(0));
    assert_eq!(text.stderr, "warning: passed over 1 unfinished lines\n");
    text.must_print("log.txt");
    let json = folder.run(&["log", "--json", "--limit", "4"]);
    json.must_print("log.json");
    assert_eq!(
        folder.run(&["log", "--json-output", "--limit", "4"]).stdout,
        json.stdout
    );
    assert_eq!(
        fs::read_dir(folder.path().join("audit")).unwrap().count(),
        2,
        "reading makes no segment"
    );
}

#[test]
fn every_condition_narrows_the_list() {
    let folder = Folder::of("shop");
    for (conditions, expected) in [
        (&["--tool", "add"][..], "51"),
        (&["--resource", "shop://orders/{id}"], "3"),
        (&["--tool", "add", "--prompt", "greet"], "541"),
        (&["--type", "tool"], "521"),
        (&["--type", "auth"], "6"),
        (&["--policy", "deny"], "5"),
        (&["--policy", "warn"], "2"),
        (&["--policy", "n/a"], "654321"),
        (&["--status", "error"], "53"),
        (&["--user", "ada@example.com"], "2"),
        (&["--user", "ada", "--status", "success", "--type", "tool"], "21"),
        (&["--trace-id", "4bf92f3577b34da6a3ce929d0e0e4736"], "2"),
        (&["--since", "1h"], ""),
        (&["--since", "99999d"], "654321"),
        (&["--limit", "2"], "65"),
        (&["--tool", "x' OR 1=1 --"], ""),
    ] {
        let arguments = [&["log", "--json"], conditions].concat();
        assert_eq!(ids(&folder.run(&arguments)), expected, "{conditions:?}");
    }
}

#[test]
fn all_of_a_time_is_shown_and_elsewhere_it_is_told_that_more_match() {
    let folder = Folder::of("shop");
    let segment = fs::read_to_string(folder.path().join("audit/logs-dev-20260102T000000.jsonl")).unwrap();
    let record = segment.lines().next().unwrap();
    let folder = folder.with(
        "audit/logs-dev-20260103T000000.jsonl",
        &format!("{record}\n").repeat(100),
    );
    for (arguments, last) in [
        (
            &["log"][..],
            "Total records: 100; more match (--limit shows more)",
        ),
        (&["log", "--limit", "106"], "Total records: 106"),
        (&["log", "--type", "auth"], "Total records: 1"),
        (&["log", "--since", "99999d"], "Total records: 106"),
        (
            &["log", "--since", "99999d", "--limit", "0"],
            "Total records: 0; more match (--limit shows more)",
        ),
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.stdout.lines().last(), Some(last), "{arguments:?}");
    }
    let all = folder.run(&["log", "--since", "99999d"]).stdout;
    assert!(all.contains("[auth] login_succeeded"), "{all}");
    let json = folder.run(&["log", "--json"]);
    assert_eq!(json.json()["result"]["count"], 100);
    assert!(
        json.stderr
            .contains("100 records are shown; more match (--limit shows more)\n"),
        "{json:?}"
    );
}

#[test]
fn a_record_is_one_line_whatever_it_holds() {
    let ran = Folder::of("shop").run(&["log", "--status", "error"]);
    assert!(
        ran.stdout.contains(
            "❌ 2026-01-02 10:00:00 [resource] shop://orders/{id} (30ms) - bob - No results returned at all\n"
        ),
        "{}",
        ran.stdout
    );
    let none = Folder::of("shop").run(&["log", "--since", "0s"]);
    assert_eq!(
        (none.code, none.stdout.as_str()),
        (Some(0), "No matching audit records\n")
    );
}

#[test]
fn a_csv_export_has_all_records_and_columns() {
    let folder = Folder::of("shop");
    let ran = folder.run(&["log", "--limit", "1", "--export-csv", "out.csv"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert!(ran.stderr.contains("6 records written to out.csv"), "{ran:?}");
    let path = folder.path().join("out.csv");
    let expected = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/commands/expected/log.csv"
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), expected.unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn no_text_of_a_csv_export_is_a_formula_and_numbers_stay_numbers() {
    let folder = Folder::of("shop");
    let segment = fs::read_to_string(folder.path().join("audit/logs-dev-20260102T000000.jsonl")).unwrap();
    let mut record: Value = serde_json::from_str(segment.lines().next().unwrap()).unwrap();
    for (name, text) in [
        ("timestamp", "2026-01-03T10:00:00.000000Z"),
        ("user_id", "=HYPERLINK(\"https://evil.example\")"),
        ("user_name", "+1"),
        ("user_email", "-ada@example.com"),
        ("user_display_name", "@SUM(1)"),
        ("client_id", "\t=1"),
        ("error", "\r=1"),
        ("trace_id", "1-2=3"),
    ] {
        record[name] = text.into();
    }
    record["output_data"] = (-5).into();
    let folder = folder.with("audit/logs-dev-20260103T000000.jsonl", &format!("{record}\n"));
    assert_eq!(folder.run(&["log", "--export-csv", "out.csv"]).code, Some(0));
    let mut table = csv::Reader::from_path(folder.path().join("out.csv")).unwrap();
    let names = table.headers().unwrap().clone();
    let row = table.records().next().unwrap().unwrap();
    let cell = |name: &str| {
        row.get(names.iter().position(|known| known == name).unwrap())
            .unwrap()
    };
    let cells = [
        "user_id",
        "user_name",
        "user_email",
        "user_display_name",
        "client_id",
        "error",
    ]
    .map(cell);
    assert_eq!(
        cells,
        [
            "'=HYPERLINK(\"https://evil.example\")",
            "'+1",
            "'-ada@example.com",
            "'@SUM(1)",
            "'\t=1",
            "'\r=1"
        ]
    );
    assert_eq!((cell("trace_id"), cell("output_data")), ("1-2=3", "-5"));
}

#[test]
fn a_duckdb_export_can_be_repeated_and_leaves_nothing_beside_it() {
    let folder = Folder::of("shop");
    for _ in 0..2 {
        let ran = folder.run(&["log", "--export-duckdb", "it's.duckdb"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stderr.contains("6 records written to it's.duckdb"), "{ran:?}");
    }
    let path = folder.path().join("it's.duckdb");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    let left = fs::read_dir(folder.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".jsonl")
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn without_an_audit_log_there_is_nothing_to_show() {
    let site = "mxcp: 1\nproject: shop\nprofile: dev\nprofiles: { dev: { audit: { enabled: false } } }\n";
    let ran = Folder::of("shop")
        .with("mxcp-site.yml", site)
        .run(&["log", "--json"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("the profile dev has audit.enabled: false"),
        "{ran:?}"
    );
    assert_eq!(ran.json()["status"], "error");
    let wrong = Folder::of("shop").run(&["log", "--since", "5"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("such as 30s, 10m, 2h or 1d"), "{wrong:?}");
}

#[actix_rt::test]
async fn what_a_server_recorded_can_be_read() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    server.call("one", serde_json::json!({})).await;
    let (_, folder) = server.stop();
    let output = crate::server::program(folder.path())
        .args(["log", "--since", "10m"])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("[tool] one ("), "{printed}");
}
