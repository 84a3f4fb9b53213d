//! Shows that each rule finds what it forbids and leaves alone what it allows, and that the scanner is not
//! fooled by comments and literals.

use super::rules;
use super::source::Source;
use super::verification;

fn one(path: &str, text: &str) -> [Source; 1] {
    [Source::new(path, text)]
}

#[test]
fn code_is_told_from_comments_and_literals() {
    let cases = [
        ("let a = 1; // unsafe", "let a = 1;"),
        ("a /* unsafe /* unsafe */ unsafe */ b", "a b"),
        (r#"a("unsafe \" unsafe") b"#, "a( ) b"),
        (r##"a(r#"unsafe " unsafe"#) b"##, "a( ) b"),
        (r#"a(br"unsafe\", c"unsafe", b"unsafe") b"#, "a( , c , b ) b"),
        (r"let q = '\''; let r = '/'; x", "let q = ; let r = ; x"),
        (
            "fn f<'a>(x: &'a str) -> &'a str { x }",
            "fn f<'a>(x: &'a str) -> &'a str { x }",
        ),
        ("let r#type = for_r; y", "let r#type = for_r; y"),
        ("/* never closed", ""),
        ("\"never closed", ""),
        ("'ü' ü", "ü"),
    ];
    for (text, code) in cases {
        let source = Source::new("x.rs", text);
        let words: Vec<_> = source.code.split_whitespace().collect();
        assert_eq!(
            words,
            code.split_whitespace().collect::<Vec<_>>(),
            "code of {text}"
        );
        assert_eq!(
            source.code.chars().count(),
            text.chars().count(),
            "columns of {text}"
        );
    }
}

#[test]
fn literals_keep_their_lines() {
    let source = Source::new("x.rs", "let a = \"one\n two\"; // \"three\"\nlet b = 'c';");
    assert_eq!(
        source.literals.lines().map(str::trim).collect::<Vec<_>>(),
        ["\"one", "two\"", "'c'"]
    );
    let words: Vec<_> = source.words().map(|word| (word.line, word.text)).collect();
    assert_eq!(words, [(1, "let"), (1, "a"), (3, "let"), (3, "b")]);
}

#[test]
fn a_file_must_open_with_its_subject() {
    assert!(rules::without_opening_comment(&one("src/a.rs", "//! About a.\n")).is_empty());
    for text in ["", "// a\n//! late\n", "/// a\n", "use a;\n"] {
        assert_eq!(
            rules::without_opening_comment(&one("src/a.rs", text)),
            ["src/a.rs"],
            "{text}"
        );
    }
}

#[test]
fn the_five_hundred_and_first_line_is_too_much() {
    assert!(rules::too_long(&one("src/a.rs", &"x\n".repeat(500))).is_empty());
    assert_eq!(
        rules::too_long(&one("src/a.rs", &"x\n".repeat(501))),
        ["src/a.rs: 501 lines"]
    );
}

#[test]
fn vague_names_are_found_in_files_and_folders() {
    for path in [
        "src/utils.rs",
        "src/helpers/mod.rs",
        "actors/src/common/a.rs",
        "actors/src/logic.rs",
        "src/runtime.rs",
    ] {
        assert_eq!(rules::vague_names(&one(path, "")), [path]);
    }
    assert!(rules::vague_names(&one("src/runtime_limits.rs", "")).is_empty());
}

#[test]
fn unsafe_is_found_by_word_in_code() {
    let text =
        "//! unsafe\n#![deny(unsafe_code)]\nlet a = \"unsafe\";\nunsafe { b() }\nunsafe impl Send for C {}\n";
    let found = rules::unsafe_elsewhere(&one("actors/src/sql_executor/engine/bind.rs", text));
    let path = "actors/src/sql_executor/engine/bind.rs";
    assert_eq!(found, [format!("{path}:4: unsafe"), format!("{path}:5: unsafe")]);
    assert!(rules::unsafe_elsewhere(&one("actors/src/sql_executor/engine/ffi/value.rs", text)).is_empty());
}

#[test]
fn the_domain_may_name_no_framework() {
    let text = "use tokio::time;\nuse actix_rt::spawn;\nasync fn a() { b().await }\n// diesel\nlet c = \"duckdb\";\n";
    let found = rules::frameworks_in_domain(&one("actors/src/domain/grant.rs", text));
    let expected =
        ["1: tokio", "2: actix_rt", "3: await"].map(|end| format!("actors/src/domain/grant.rs:{end}"));
    assert_eq!(found, expected);
    assert!(rules::frameworks_in_domain(&one("actors/src/token_store/actor.rs", text)).is_empty());
    assert!(
        rules::frameworks_in_domain(&one("actors/src/domain/a.rs", "fn awaits(tokiox: Awc) {}")).is_empty()
    );
}

#[test]
fn actix_is_for_shells_and_tests() {
    let text = "use actix::Actor;";
    for path in [
        "actors/src/token_store/rules.rs",
        "actors/src/lib.rs",
        "actors/src/token_store/my_actor.rs",
    ] {
        assert_eq!(
            rules::actix_outside_shells(&one(path, text)),
            [format!("{path}:1: actix")]
        );
    }
    for path in [
        "actors/src/handle.rs",
        "actors/src/a/actor.rs",
        "actors/src/a/tests.rs",
        "src/app/build.rs",
    ] {
        assert!(rules::actix_outside_shells(&one(path, text)).is_empty(), "{path}");
    }
}

#[test]
fn the_database_crate_is_found_in_paths() {
    for text in [
        "use duckdb::Connection;",
        "let a: duckdb::Value;",
        "use ::duckdb;",
        "libduckdb_sys::duckdb_open()",
    ] {
        assert_eq!(
            rules::duckdb_outside_engine(&one("src/endpoints/load.rs", text)).len(),
            1,
            "{text}"
        );
        assert!(
            rules::duckdb_outside_engine(&one("actors/src/sql_executor/engine/bind.rs", text)).is_empty()
        );
    }
    assert!(
        rules::duckdb_outside_engine(&one(
            "src/config/a.rs",
            "let duckdb = profile.duckdb; // duckdb::x"
        ))
        .is_empty()
    );
}

#[test]
fn use_cases_may_not_name_the_web_framework() {
    for path in ["src/oauth/token.rs", "src/mcp/wire/a.rs", "src/admin/status.rs"] {
        let found = rules::web_framework_in_use_cases(&one(path, "use actix_web::HttpResponse;"));
        assert_eq!(found, [format!("{path}:1: actix_web")]);
    }
    assert!(rules::web_framework_in_use_cases(&one("src/http/a.rs", "use actix_web::web;")).is_empty());
    let test = "use actix_rt::System;\nuse actix_web::web;";
    assert_eq!(
        rules::web_framework_in_use_cases(&one("src/mcp/a/tests.rs", test)),
        ["src/mcp/a/tests.rs:2: actix_web"]
    );
}

#[test]
fn handlers_may_not_decide() {
    let texts = [
        ("use crate::policy::evaluate;", "policy"),
        ("use crate::policy;", "policy"),
        ("duckdb::x()", "duckdb"),
        ("use diesel::prelude::*;", "diesel"),
        ("run(\"SELECT 1\")", "SQL"),
        ("run(r#\"\n  INSERT INTO a\n\"#)", "SQL"),
        ("run(r\"WITH a AS (TABLE b) TABLE a\")", "SQL"),
        ("run(\"a\", \"DELETE FROM b\")", "SQL"),
    ];
    for (text, what) in texts {
        let found = rules::decisions_in_handlers(&one("src/http/mcp/post.rs", text));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            found.iter().all(|offence| offence.ends_with(what)),
            "{text}: {found:?}"
        );
    }
    let allowed = "let policy = content_security_policy(); say(\"Select a project\"); // SELECT 1";
    assert!(rules::decisions_in_handlers(&one("src/http/pages/login.rs", allowed)).is_empty());
}

#[test]
fn outer_dependencies_are_found_however_they_are_written() {
    let manifests = [
        ("[dependencies]\nactix-web.workspace = true\n", "m:2: actix-web"),
        ("[dependencies]\nactix-web = \"4\"\n", "m:2: actix-web"),
        (
            "[dev-dependencies]\nserde_yaml = { version = \"1\" }\n",
            "m:2: serde_yaml",
        ),
        ("[target.'cfg(unix)'.dependencies]\ncel = \"1\"\n", "m:2: cel"),
        (
            "[dependencies.cel-interpreter]\nversion = \"1\"\n",
            "m:1: cel-interpreter",
        ),
        (
            "[dependencies]\nrules = { package = \"cel\", version = \"1\" }\n",
            "m:2: cel",
        ),
    ];
    for (manifest, offence) in manifests {
        assert_eq!(rules::outer_dependencies("m", manifest), [offence], "{manifest}");
    }
    let allowed = "[package]\nname = \"cel\"\n[dependencies]\nactix = \"0.13\" # not actix-web\ncellar = \"1\"\n[features]\ncel = []\n";
    assert!(rules::outer_dependencies("m", allowed).is_empty());
}

#[test]
fn migrations_come_in_pairs() {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert!(rules::unpaired_migrations(&names(&["1_a", "2_b"]), &names(&["1_a", "2_b"])).is_empty());
    assert_eq!(
        rules::unpaired_migrations(&names(&["1_a", "2_b"]), &names(&["1_a", "2_c"])),
        ["migrations/sqlite/2_b", "migrations/postgres/2_c"]
    );
}

#[test]
fn a_promise_needs_a_test_that_exists() {
    let rust = "#[test]\nfn good() {}\n/// Waits.\n#[test]\n#[ignore = \"slow\"]\nfn ignored() {}\nfn plain() {}\n// #[test]\n// fn quoted() {}\n";
    let read = |path: &str| match path {
        "a.rs" | "actors/src/store/conformance/a.rs" => Some(rust.to_owned()),
        "a.sh" => Some("run_it() { true; }\n".to_owned()),
        "a.py" => Some("async def main():\n    pass\n".to_owned()),
        _ => None,
    };
    let unproven = |cell: &str| {
        let page = format!(
            "| other | table |\n|---|---|\n| x | y |\n\n| requirement | shown by |\n|---|---|\n| It works. | {cell} |\n\n| x | y |\n"
        );
        assert_eq!(verification::promises(&page), 1);
        verification::unproven("docs/page.md", &page, read)
    };
    let good = [
        "`a.rs::good`",
        "`a.rs::good`<br>`a.sh::run_it`",
        "`a.py::main`",
        "`actors/src/store/conformance/a.rs::plain`",
        "**not shown yet:** a test",
        "**does not apply:** there is no such thing",
        "`a.rs::good`<br>**not shown yet:** the rest",
    ];
    for cell in good {
        assert!(unproven(cell).is_empty(), "{cell}");
    }
    for bad in [
        "a.rs::ignored",
        "a.rs::plain",
        "a.rs::quoted",
        "a.rs::goo",
        "a.sh::run",
        "b.rs::good",
        "a.rs",
    ] {
        assert_eq!(
            unproven(&format!("`a.rs::good`<br>`{bad}`")),
            [format!("docs/page.md:7: {bad} is no test")]
        );
    }
    for bad in [
        "",
        "a.rs::good",
        "**not shown yet:** ",
        "**does not apply:** ",
        "`a.rs::good` | more",
    ] {
        assert_eq!(unproven(bad).len(), 1, "{bad}");
    }
}

#[test]
fn an_attack_without_a_line_or_with_two_is_found() {
    let row = |name: &str| format!("| **{name}** An attack. | a test |\n");
    let subjects = verification::ATTACKS.iter();
    let whole: String = subjects
        .flat_map(|(letter, count)| (1..=*count).map(move |number| row(&format!("{letter}{number}"))))
        .collect();
    assert_eq!(whole.lines().count(), 82);
    assert!(verification::unanswered(&whole).is_empty());
    let changed = whole.replace("**A1** ", "**A15** ");
    assert_eq!(verification::unanswered(&changed), ["A1 has 0 lines"]);
    let twice = whole + &row("I6");
    assert_eq!(verification::unanswered(&twice), ["I6 has 2 lines"]);
}
