//! `list`

use super::program::Folder;

#[test]
fn a_good_project_is_listed_for_people_and_for_programs() {
    let folder = Folder::of("shop");
    let text = folder.run(&["list"]);
    assert_eq!((text.code, text.stderr.as_str()), (Some(0), ""));
    text.must_print("list-shop.txt");
    let json = folder.run(&["list", "--json-output"]);
    assert_eq!((json.code, json.stderr.as_str()), (Some(0), ""));
    json.must_print("list-shop.json");
    assert_eq!(
        folder.run_below("tools", &["list"]).stdout,
        text.stdout,
        "from a folder below"
    );
    assert!(!folder.path().join("data").exists(), "no database is made");
}

#[test]
fn definitions_with_mistakes_are_listed_as_such() {
    let folder = Folder::of("broken");
    let json = folder.run(&["list", "--json-output"]);
    assert_eq!(json.code, Some(1));
    json.must_print("list-broken.json");
    let text = folder.run(&["list"]);
    assert_eq!(text.code, Some(1));
    assert!(
        text.stderr
            .contains("tools/keys.yml:4:3: tool: unknown key \"colour\""),
        "{text:?}"
    );
}

#[test]
fn what_keeps_a_command_from_its_work_is_told_in_both_forms() {
    let folder = Folder::of("shop").with("mxcp-site.yml", "mxcp: 1\nproject: shop\nprofil: dev\n");
    let ran = folder.run(&["list", "--json-output"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr
            .contains("<folder>/mxcp-site.yml:3:1: unknown key \"profil\""),
        "{ran:?}"
    );
    let json = ran.json();
    assert_eq!(json["status"], "error");
    assert_eq!(json["error"].as_str().unwrap(), ran.stderr.trim_end());
}

#[test]
fn a_command_line_that_makes_no_sense_is_2() {
    let folder = Folder::of("shop");
    for arguments in [&["list", "--no-such-flag"][..], &["no-such-command"], &[]] {
        let ran = folder.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
    }
}
