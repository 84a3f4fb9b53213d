//! Which files are found, and what is said about those that cannot be used.

use std::path::Path;

use crate::endpoints::fixture::{Project, only};
use crate::endpoints::load::{FolderPlaces, ProjectFolders, load, load_file, settle};
use crate::endpoints::model::Kind;

fn tool(name: &str) -> String {
    format!("tool:\n  name: {name}\n  source: {{code: SELECT 1}}\n")
}

fn resource(uri: &str) -> String {
    format!("resource:\n  uri: {uri}\n  parameters: []\n  source: {{code: SELECT 1}}\n")
}

const PROMPT: &str = "prompt: {name: p, messages: [{prompt: hello}]}";

#[test]
fn files_are_found_below_their_folders_in_a_fixed_order() {
    let project = Project::new(&[
        ("prompts/p.yaml", PROMPT),
        ("resources/r.yml", &resource("notes://all")),
        ("tools/z.yml", &tool("z")),
        ("tools/a/b/c.yaml", &tool("c")),
        ("tools/a/notes.txt", "no definition"),
        ("tools/.hidden/z.yml", &tool("z")),
        ("tools/.z.yml", &tool("z")),
        ("elsewhere/x.yml", &tool("x")),
    ]);
    let load = project.load();
    let found: Vec<(&str, Option<Kind>, Option<&str>)> = load
        .files
        .iter()
        .map(|file| (file.shown_as.as_str(), file.kind, file.name.as_deref()))
        .collect();
    assert_eq!(
        found,
        [
            ("tools/a/b/c.yaml", Some(Kind::Tool), Some("c")),
            ("tools/z.yml", Some(Kind::Tool), Some("z")),
            ("resources/r.yml", Some(Kind::Resource), Some("notes://all")),
            ("prompts/p.yaml", Some(Kind::Prompt), Some("p")),
        ]
    );
    assert_eq!(load.warnings, []);
}

#[test]
fn a_project_without_folders_is_empty() {
    let project = Project::new(&[]);
    assert!(project.load().files.is_empty());
}

#[test]
fn a_disabled_definition_is_passed_over_whatever_else_it_says() {
    let project = Project::new(&[
        (
            "tools/off.yml",
            "tool: {enabled: no, language: python, nonsense: true}",
        ),
        ("tools/on.yml", &tool("kept")),
    ]);
    assert_eq!(only(project.load()).definition.address().value, "kept");
}

#[test]
fn a_definition_in_the_wrong_folder_is_a_warning() {
    let project = Project::new(&[("tools/p.yml", PROMPT), ("prompts/t.yml", &tool("t"))]);
    let load = project.load();
    assert!(load.files.is_empty());
    let warnings: Vec<String> = load.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "tools/p.yml:1:1: holds a prompt but lies in a folder of tools: it is not loaded",
            "prompts/t.yml:1:1: holds a tool but lies in a folder of prompts: it is not loaded",
        ]
    );
}

#[test]
fn one_folder_may_hold_all_kinds() {
    let project = Project::new(&[("all/p.yml", PROMPT), ("all/t.yml", &tool("t"))]);
    let root = project.path();
    let all = &root.join("all");
    let load = load(&ProjectFolders {
        root,
        tools: all,
        resources: all,
        prompts: all,
        places: FolderPlaces::default(),
    });
    let names: Vec<Option<&str>> = load.files.iter().map(|file| file.name.as_deref()).collect();
    assert_eq!(names, [Some("p"), Some("t")]);
    assert_eq!(load.warnings, []);
}

#[test]
fn a_name_that_is_used_twice_marks_every_file() {
    let project = Project::new(&[
        ("tools/a.yml", &tool("same")),
        ("tools/b.yml", &tool("same")),
        ("prompts/c.yml", "prompt: {name: same, messages: [{prompt: x}]}"),
        ("tools/d.yml", &tool("other")),
    ]);
    let message = "Duplicate endpoint name 'same': tools/a.yml:2:9, tools/b.yml:2:9, prompts/c.yml:1:16";
    assert_eq!(
        project.load_errors(),
        [
            format!("tools/a.yml:2:9: tool.name: {message}"),
            format!("tools/b.yml:2:9: tool.name: {message}"),
            format!("prompts/c.yml:1:16: prompt.name: {message}"),
        ]
    );
}

#[test]
fn templates_that_match_the_same_uris_are_duplicates() {
    let with = |name: &str| {
        format!(
            "resource:\n  uri: notes://{{{name}}}\n  parameters: [{{name: {name}, type: string}}]\n  source: {{code: SELECT 1}}\n"
        )
    };
    let project = Project::new(&[("resources/a.yml", &with("a")), ("resources/b.yml", &with("b"))]);
    let places = "resources/a.yml:2:8, resources/b.yml:2:8";
    assert_eq!(
        project.load_errors(),
        [
            format!("resources/a.yml:2:8: resource.uri: Duplicate endpoint URI 'notes://{{a}}': {places}"),
            format!("resources/b.yml:2:8: resource.uri: Duplicate endpoint URI 'notes://{{b}}': {places}"),
        ]
    );
}

#[test]
fn sql_files_lie_beside_the_definition_or_below_the_project() {
    let file = |path: &str| format!("tool:\n  name: t\n  source:\n    file: {path}\n");
    let project = Project::new(&[("sql/x.sql", "\u{FEFF}SELECT 1 AS x"), ("tools/deep/t.yml", "")]);
    for path in ["../../sql/x.sql", "/sql/x.sql"] {
        project.write("tools/deep/t.yml", &file(path));
        let sql = only(project.load()).sql.unwrap();
        assert_eq!(
            (sql.text.as_str(), sql.file.as_deref()),
            ("SELECT 1 AS x", Some("sql/x.sql")),
            "{path}"
        );
    }
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.sql"), "SELECT 1").unwrap();
    std::os::unix::fs::symlink(
        outside.path().join("secret.sql"),
        project.path().join("sql/link.sql"),
    )
    .unwrap();
    std::fs::write(project.path().join("sql/latin.sql"), b"SELECT '\xE9'").unwrap();
    make_pipe(&project.path().join("sql/pipe.sql"));
    project.write("sql/long.sql", &" ".repeat(1024 * 1024 + 1));
    for (path, message) in [
        (
            "x.sql",
            "x.sql does not exist; relative to the definition's folder",
        ),
        (
            "/x.sql",
            "/x.sql does not exist; relative to the project's folder",
        ),
        (
            "../../../../../../../../../../../etc/passwd",
            "../../../../../../../../../../../etc/passwd lies outside the project; only files of the project are read",
        ),
        (
            "/sql/link.sql",
            "/sql/link.sql lies outside the project; only files of the project are read",
        ),
        ("/sql", "/sql cannot be read: it is not a regular file"),
        (
            "/sql/pipe.sql",
            "/sql/pipe.sql cannot be read: it is not a regular file",
        ),
        ("/sql/latin.sql", "/sql/latin.sql is not UTF-8"),
        (
            "/sql/long.sql",
            "/sql/long.sql is longer than the 1048576 bytes that are accepted",
        ),
    ] {
        project.write("tools/deep/t.yml", &file(path));
        assert_eq!(
            project.load_errors(),
            [format!("tools/deep/t.yml:4:11: tool.source.file: {message}")]
        );
    }
}

/// Opening it would wait for ever.
fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[test]
fn what_cannot_be_looked_at_is_told() {
    let project = Project::new(&[("prompts", "no folder")]);
    std::fs::create_dir(project.path().join("tools")).unwrap();
    make_pipe(&project.path().join("tools/pipe.yml"));
    let link = |name: &str| std::os::unix::fs::symlink("nowhere", project.path().join(name)).unwrap();
    link("tools/link.yml");
    link("resources");
    assert_eq!(
        project.load_errors(),
        [
            "tools/link.yml: cannot be read: No such file or directory (os error 2)",
            "tools/pipe.yml: is not a regular file",
            "resources: cannot be read: No such file or directory (os error 2)",
            "prompts: cannot be read: Not a directory (os error 20)",
        ]
    );
}

#[test]
fn ignoring_errors_keeps_the_good_and_names_the_bad() {
    let project = Project::new(&[
        (
            "tools/bad.yml",
            "tool:\n  name: bad\n  source: {code: a, fil: b}\n  extra: 1\n",
        ),
        ("tools/empty.yml", ""),
        ("tools/good.yml", &tool("good")),
        ("tools/broken.yml", "tool: [\n"),
    ]);
    let load = project.load();
    assert_eq!(load.files[0].name.as_deref(), Some("bad"));
    assert_eq!(
        load.files[0].error().as_deref(),
        Some("tool.source: unknown key \"fil\"; did you mean \"file\"? Accepted keys: language, code, file")
    );
    let (good, left_out) = settle(load.files, true).unwrap();
    assert_eq!(good.len(), 1);
    let places: Vec<String> = left_out
        .errors()
        .iter()
        .map(|problem| problem.location.to_string())
        .collect();
    assert_eq!(
        places,
        [
            "tools/bad.yml:3:21",
            "tools/bad.yml:4:3",
            "tools/broken.yml:2:1",
            "tools/empty.yml:1:1",
        ]
    );
    assert_eq!(
        left_out.errors()[3].message,
        "the file is empty; expected one of tool, resource, prompt"
    );
    let all: Vec<String> = left_out.errors().iter().map(ToString::to_string).collect();
    assert_eq!(
        project.load_errors(),
        all,
        "without ignoring, the same stops the start"
    );
}

#[test]
fn one_file_can_be_read_by_itself() {
    let project = Project::new(&[("tools/a.yml", &tool("a")), ("tools/b.yml", &tool("b"))]);
    let root = project.path();
    let folders = ProjectFolders {
        root,
        tools: root,
        resources: root,
        prompts: root,
        places: FolderPlaces::default(),
    };
    let load = load_file(&folders, &root.join("tools/b.yml"));
    assert_eq!(load.files[0].shown_as, "tools/b.yml");
    assert_eq!(only(load).definition.address().value, "b");
    let absent = load_file(&folders, &root.join("tools/none.yml"));
    assert!(
        absent.files[0].error().unwrap().starts_with("cannot be read: "),
        "{absent:?}"
    );
}

#[test]
fn linked_folders_are_not_searched() {
    let project = Project::new(&[("other/t.yml", &tool("t")), ("tools/a.yml", &tool("a"))]);
    std::os::unix::fs::symlink(project.path().join("other"), project.path().join("tools/link")).unwrap();
    std::os::unix::fs::symlink(
        project.path().join("other/t.yml"),
        project.path().join("tools/t.yml"),
    )
    .unwrap();
    let load = project.load();
    let names: Vec<&str> = load.files.iter().map(|file| file.shown_as.as_str()).collect();
    assert_eq!(
        names,
        ["tools/a.yml", "tools/t.yml"],
        "a link to a file is a file"
    );
    assert_eq!(
        load.warnings[0].to_string(),
        "tools/link: is a link to a folder; linked folders are not searched"
    );
}
