//! `run`

use serde_json::json;

use super::program::Folder;

#[test]
fn results_are_printed_for_programs_exactly_as_the_database_has_them() {
    let folder = Folder::of("shop");
    for (arguments, expected) in [
        (&["tool", "add", "-p", "a=41"][..], "run-add.json"),
        (
            &["tool", "orders", "--param", "day=2026-01-31"],
            "run-orders.json",
        ),
        (
            &["resource", "shop://orders/{id}", "-p", "id=7"],
            "run-order.json",
        ),
        (&["prompt", "greet", "-p", "name=Ada"], "run-greet.json"),
    ] {
        let ran = folder.run(&[&["run", "--json-output"], arguments].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        ran.must_print(expected);
    }
    assert!(
        !folder
            .path()
            .join("audit")
            .join("logs-dev_schemas.jsonl")
            .exists(),
        "commands are not recorded"
    );
}

#[test]
fn results_are_printed_for_people() {
    let folder = Folder::of("shop");
    for (arguments, expected) in [
        (&["tool", "add", "-p", "a=41", "-p", "b=2"][..], "43\n"),
        (
            &["tool", "orders", "-p", "day=2026-01-31"],
            "id                day         amount  note\n----------------  ----------  ------  -----\n9007199254740993  2026-01-31  1.10    a \"b\"\n2                 2026-01-31  NULL    NULL\n(2 rows)\n",
        ),
        (
            &["resource", "shop://orders/{id}", "-p", "id=7"],
            "{\n  \"id\": 7,\n  \"state\": \"open\"\n}\n",
        ),
        (
            &["prompt", "greet", "-p", "name=Ada"],
            "system:\nYou are polite.\n\nuser:\nGreet Ada.\n\n",
        ),
    ] {
        let ran = folder.run(&[&["run"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), expected), "{ran:?}");
    }
}

#[test]
fn arguments_are_read_as_the_server_reads_them() {
    let folder = Folder::of("shop").with("a.json", "41").with("bad.json", "{");
    let from_file = folder.run(&["run", "tool", "add", "-p", "a=@a.json"]);
    assert_eq!((from_file.code, from_file.stdout.as_str()), (Some(0), "42\n"));
    for (arguments, told) in [
        (
            &["-p", "a=x"][..],
            "Error validating parameter 'a': expected a whole number",
        ),
        (&[], "Required parameter missing: a"),
        (&["-p", "a=1", "-p", "c=2"], "Unknown parameter: c"),
        (
            &["-p", "a=1", "-p", "a=2"],
            "Error validating parameter 'a': is given twice",
        ),
        (&["-p", "a=@bad.json"], "bad.json: no JSON: "),
        (&["-p", "a=@absent.json"], "absent.json: No such file"),
    ] {
        let ran = folder.run(&[&["run", "tool", "add", "--json-output"], arguments].concat());
        assert_eq!(ran.code, Some(1), "{arguments:?}");
        assert!(ran.stderr.contains(told), "{told}\n{ran:?}");
        assert_eq!(ran.json()["status"], "error");
    }
    assert_eq!(folder.run(&["run", "tool", "add", "-p", "a"]).code, Some(2));
    assert_eq!(folder.run(&["run", "table", "add"]).code, Some(2));
}

#[test]
fn the_operator_can_be_anybody() {
    let folder = Folder::of("shop").with(
        "user.json",
        r#"{ "username": "eve", "email": "eve@example.com" }"#,
    );
    let row = |arguments: &[&str]| {
        let ran = folder.run(&[&["run", "tool", "who", "--json-output"], arguments].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.json()["result"][0].clone()
    };
    assert_eq!(
        row(&[]),
        json!({ "name": "", "email": "", "provider": "", "region": "" })
    );
    assert_eq!(
        row(&[
            "-u",
            r#"{"username": "ada", "role": "admin"}"#,
            "--request-headers",
            r#"{"X-REGION": "EU"}"#
        ]),
        json!({ "name": "ada", "email": "", "provider": "cli", "region": "EU" })
    );
    assert_eq!(
        row(&["--user-context", "@user.json"]),
        json!({ "name": "eve", "email": "eve@example.com", "provider": "cli", "region": "" })
    );
    for (context, told) in [
        ("[]", "expected a JSON object"),
        ("{bad json", "--user-context: no JSON: "),
        ("@absent.json", "--user-context: absent.json: No such file"),
        (r#"{"role": 1}"#, "role must be a text"),
        (r#"{"permissions": "all"}"#, "permissions must be a list of texts"),
        (r#"{"email": "nobody"}"#, "email must be an e-mail address"),
    ] {
        let ran = folder.run(&["run", "tool", "who", "-u", context]);
        assert_eq!(ran.code, Some(1), "{context}");
        assert!(ran.stderr.contains(told), "{ran:?}");
    }
}

#[test]
fn results_are_checked_unless_the_operator_says_otherwise() {
    let definition = "mxcp: 1\ntool:\n  name: long\n  return: { type: string, maxLength: 3 }\n  source: { code: \"SELECT 'abcd'\" }\n";
    let folder = Folder::of("shop").with("tools/long.yml", definition);
    let checked = folder.run(&["run", "tool", "long"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(1), ""));
    assert!(
        checked
            .stderr
            .contains("Output validation failed: must have at most 3 characters"),
        "{checked:?}"
    );
    let unchecked = folder.run(&["run", "tool", "long", "--skip-output-validation"]);
    assert_eq!((unchecked.code, unchecked.stdout.as_str()), (Some(0), "abcd\n"));
}

#[test]
fn only_the_definition_that_is_meant_must_be_good() {
    let good = "mxcp: 1\ntool:\n  name: good\n  source: { code: SELECT 1 AS x }\n";
    let folder = Folder::of("broken").with("tools/good.yml", good);
    assert_eq!(folder.run(&["run", "tool", "good"]).stdout, "x\n-\n1\n(1 row)\n");
    let bad = folder.run(&["run", "tool", "two"]);
    assert_eq!(bad.code, Some(1));
    assert!(
        bad.stderr
            .contains("tools/two.yml:4:19: tool.source.code: the SQL holds 2 statements"),
        "{bad:?}"
    );
    for name in ["none", "x' OR 1=1"] {
        let absent = folder.run(&["run", "tool", name]);
        assert_eq!(absent.code, Some(1));
        assert_eq!(absent.stderr, format!("Endpoint '{name}' not found in tools\n"));
    }
}

#[test]
fn a_file_that_cannot_be_read_may_have_been_meant() {
    let folder = Folder::of("shop").with("tools/half.yml", "tool:\n  name: half\n  source: [\n");
    let half = folder.run(&["run", "tool", "half"]);
    assert_eq!(half.code, Some(1));
    let start = "Endpoint 'half' not found in tools, as far as its files can be read:\ntools/half.yml:4:1: tool.source";
    assert!(half.stderr.starts_with(start), "{half:?}");
    assert_eq!(
        folder.run(&["run", "prompt", "greet", "-p", "name=Ada"]).code,
        Some(0)
    );
}

#[test]
fn policies_hold_for_the_user_that_the_operator_names() {
    let definition = "mxcp: 1
tool:
  name: pay
  parameters: [{ name: amount, type: integer, description: How much. }]
  source: { code: \"SELECT $amount AS amount, 'secret' AS iban\" }
  policies:
    input:
      - { condition: \"user.role != 'admin' && amount > 100\", action: deny, reason: too much }
    output:
      - { condition: \"user.role != 'admin'\", action: mask_fields, fields: [iban] }
";
    let folder = Folder::of("shop").with("tools/pay.yml", definition);
    let admin = r#"{"role": "admin"}"#;
    for (arguments, code, expected) in [
        (
            &["-p", "amount=101"][..],
            1,
            json!("Policy enforcement failed: too much"),
        ),
        (
            &["-p", "amount=100"],
            0,
            json!([{ "amount": 100, "iban": "****" }]),
        ),
        (
            &["-p", "amount=100", "--skip-output-validation"],
            0,
            json!([{ "amount": 100, "iban": "****" }]),
        ),
        (
            &["-p", "amount=101", "-u", admin],
            0,
            json!([{ "amount": 101, "iban": "secret" }]),
        ),
    ] {
        let ran = folder.run(&[&["run", "tool", "pay", "--json-output"], arguments].concat());
        assert_eq!(ran.code, Some(code), "{ran:?}");
        let key = if code == 0 { "result" } else { "error" };
        assert_eq!(ran.json()[key], expected, "{arguments:?}");
    }
}

#[test]
fn scopes_hold_for_the_user_that_the_operator_names() {
    let definition =
        "mxcp: 1\ntool:\n  name: write\n  scopes: [mcp:write]\n  source: { code: SELECT 1 AS x }\n";
    let folder = Folder::of("shop").with("tools/write.yml", definition);
    let nobody = folder.run(&["run", "tool", "write"]);
    assert_eq!(
        (nobody.code, nobody.stderr.as_str()),
        (Some(1), "this needs the scopes mcp:write\n")
    );
    let writer = folder.run(&["run", "tool", "write", "-u", r#"{"scopes": ["mcp:write"]}"#]);
    assert_eq!(writer.code, Some(0), "{writer:?}");
}
