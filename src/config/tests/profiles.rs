//! Finding the files, the project and the profile.

use std::fs;

use super::Machine;
use crate::config::Flags;

const TWO_PROFILES: &str = "projects:\n  shop:\n    profiles:\n      dev: {}\n      prod: {auth: {session: {access_token_ttl: 60}}}\n";

fn with_profile(profile: &str) -> Flags {
    Flags {
        profile: Some(profile.to_owned()),
        ..Flags::default()
    }
}

#[test]
fn the_site_file_is_found_from_a_folder_below() {
    let mut machine = Machine::new();
    machine.working_directory = machine.path("project/tools/deep");
    fs::create_dir_all(&machine.working_directory).unwrap();
    assert_eq!(machine.config().project.root, machine.path("project"));
}

#[test]
fn without_a_site_file_the_folder_is_named() {
    let mut machine = Machine::new();
    machine.working_directory = machine.path("home");
    assert_eq!(
        machine.errors(),
        "mxcp-site.yml: not found in ".to_owned()
            + &machine
                .path("home")
                .display()
                .to_string()
                .replace(&format!("{}/", machine.folder.path().display()), "")
            + " or any folder above it"
    );
}

#[test]
fn the_profile_comes_from_the_flag_then_the_environment_then_the_file() {
    let machine = Machine::new().user(TWO_PROFILES);
    assert_eq!(machine.config().project.profile, "dev");
    let machine = machine.env("MXCP_PROFILE", "prod");
    assert_eq!(machine.config().project.profile, "prod");
    let machine = machine.flags(with_profile("dev"));
    assert_eq!(machine.config().project.profile, "dev");
    let machine = machine.flags(Flags::default()).env("MXCP_PROFILE", "");
    assert_eq!(machine.config().project.profile, "dev");
}

#[test]
fn defaults_are_filled_in_for_every_profile() {
    let machine = Machine::new().user(TWO_PROFILES).flags(with_profile("prod"));
    let config = machine.config();
    let root = machine.path("project");
    assert_eq!(config.database.path, root.join("data/db-prod.duckdb"));
    assert_eq!(config.audit.path, root.join("audit/logs-prod.jsonl"));
    assert_eq!(config.drift.path, root.join("drift/drift-prod.json"));
    assert_eq!(config.auth.session.access_token_ttl.as_secs(), 60);
}

#[test]
fn another_profile_than_the_default_one_must_exist() {
    let machine = Machine::new().user(TWO_PROFILES).flags(with_profile("prd"));
    assert_eq!(
        machine.errors(),
        "home/.mxcp/config.yml:4:7: projects.shop.profiles: Profile 'prd' not found in project 'shop'; did you mean \"prod\"? Profiles: dev, prod"
    );
    let machine = Machine::new().flags(with_profile("prod"));
    assert_eq!(
        machine.errors(),
        "user configuration: Profile 'prod' not found in project 'shop': there is no MXCP_CONFIG and no ~/.mxcp/config.yml"
    );
    let machine = Machine::new()
        .user("projects: {other: {}}\n")
        .flags(with_profile("prod"));
    assert_eq!(
        machine.errors(),
        "home/.mxcp/config.yml:1:11: projects: Profile 'prod' not found in project 'shop'."
    );
    let machine = Machine::new().user("mxcp: 1\n").flags(with_profile("prod"));
    assert_eq!(
        machine.errors(),
        "home/.mxcp/config.yml:1:1: Profile 'prod' not found in project 'shop'."
    );
}

#[test]
fn the_default_profile_may_be_absent_with_a_warning() {
    let expected =
        "has no profile 'dev' of project 'shop': it starts with defaults and without authentication";
    for (text, place) in [
        (
            "projects: {other: {}}\n",
            "home/.mxcp/config.yml:1:11: projects: ",
        ),
        (
            "projects: {shop: {}}\n",
            "home/.mxcp/config.yml:1:18: projects.shop: ",
        ),
        (
            "projects: {shop: {profiles: {prod: {}}}}\n",
            "home/.mxcp/config.yml:1:29: projects.shop.profiles: ",
        ),
    ] {
        let machine = Machine::new().user(text);
        assert_eq!(machine.warnings(), format!("{place}{expected}"), "{text}");
        assert!(machine.config().auth.provider.is_none());
    }
    assert_eq!(Machine::new().user("mxcp: 1\n").warnings(), "");
}

#[test]
fn other_projects_and_profiles_are_left_alone() {
    let user = "projects:\n  other: [broken]\n  shop:\n    profiles:\n      dev: {}\n      prod:\n        auth: {provider: github, github: {client_id: '${UNSET}', typo: 1}}\n";
    assert_eq!(Machine::new().user(user).warnings(), "");
}

#[test]
fn the_user_configuration_is_where_the_environment_says() {
    let machine = Machine::new()
        .user("broken: [")
        .write("elsewhere.yml", "limits: {max_rows: 7}\n");
    let absolute = machine.path("elsewhere.yml").display().to_string();
    let machine = machine.env("MXCP_CONFIG", &absolute);
    assert_eq!(machine.config().limits.max_rows, 7);
    let machine = machine.env("MXCP_CONFIG", "../elsewhere.yml");
    assert_eq!(machine.config().limits.max_rows, 7);
    let machine = machine
        .write("home/mine.yml", "limits: {max_rows: 8}\n")
        .env("MXCP_CONFIG", "~/mine.yml");
    assert_eq!(machine.config().limits.max_rows, 8);
    let machine = machine.without_env("HOME");
    assert_eq!(
        machine.errors(),
        "environment: MXCP_CONFIG: ~ cannot be expanded: the environment variable HOME is not set"
    );
    let machine = machine.env("MXCP_CONFIG", "/no/such/config.yml");
    assert_eq!(
        machine.errors(),
        "environment: MXCP_CONFIG: MXCP user config not found at /no/such/config.yml"
    );
}

#[test]
fn both_files_are_reported_together() {
    let machine = Machine::new()
        .site("project: shop\nprofile: dev\nx: 1\n")
        .user("y: 1\nlimits: {max_rows: no}\n");
    assert_eq!(
        machine
            .errors()
            .lines()
            .map(|line| line.split(": ").next().unwrap_or_default())
            .collect::<Vec<_>>(),
        [
            "home/.mxcp/config.yml:1:1",
            "home/.mxcp/config.yml:2:20",
            "project/mxcp-site.yml:3:1"
        ]
    );
    let machine = Machine::new().site("project: [\n").user("projects: [\n");
    assert_eq!(machine.errors().lines().count(), 2);
}

#[test]
fn without_a_home_nothing_but_the_home_is_missing() {
    let machine = Machine::new().user("y: 1\n").without_env("HOME");
    assert_eq!(machine.warnings(), "");
}

#[test]
fn a_user_configuration_that_cannot_be_read_is_not_taken_for_an_absent_one() {
    let machine = Machine::new();
    std::os::unix::fs::symlink("/no/such/file", machine.path("home/.mxcp/config.yml")).unwrap();
    assert_eq!(
        machine.errors(),
        "home/.mxcp/config.yml: cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn a_profile_may_not_lead_out_of_the_folder() {
    let message = "the profile's name becomes part of file names and must not contain slashes";
    assert_eq!(
        Machine::new().flags(with_profile("../x")).errors(),
        format!("--profile: {message}")
    );
    assert_eq!(
        Machine::new().env("MXCP_PROFILE", "a\\b").errors(),
        format!("MXCP_PROFILE: {message}")
    );
}
