//! The operators' reference names every key that is accepted, and every variable that is read.

use std::fs;

use super::repository;

fn reference() -> String {
    fs::read_to_string(repository("docs/reference/configuration.md")).unwrap()
}

/// Whether the text has the word between characters that cannot belong to a key.
fn names(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|found| found == word)
}

#[test]
fn every_accepted_key_is_described() {
    let reference = reference();
    for folder in ["bad-user", "bad-site"] {
        let path = format!("tests/fixtures/config/{folder}/unknown-keys-everywhere.yml");
        let text = fs::read_to_string(repository(&path)).unwrap();
        let lists = text.lines().filter_map(|line| line.split_once("Accepted keys: "));
        let keys: Vec<&str> = lists.flat_map(|(_, list)| list.split(", ")).collect();
        assert!(keys.len() > 30, "{folder}");
        for key in keys {
            assert!(
                names(&reference, key),
                "{key} is not in docs/reference/configuration.md"
            );
        }
    }
}

#[test]
fn every_variable_that_is_read_is_described() {
    let reference = reference();
    let mut variables = Vec::new();
    for file in [
        "find.rs",
        "load.rs",
        "environment.rs",
        "site/audit.rs",
        "site/database.rs",
        "user/admin.rs",
        "user/logging.rs",
        "user/telemetry.rs",
    ] {
        let source = fs::read_to_string(repository("src/config").join(file)).unwrap();
        let quoted = source
            .split('"')
            .filter(|text| text.starts_with("MXCP_") || text.starts_with("OTEL_"));
        variables.extend(quoted.map(str::to_owned));
    }
    assert!(variables.len() >= 14, "{variables:?}");
    for variable in variables {
        assert!(
            names(&reference, &variable),
            "{variable} is not in docs/reference/configuration.md"
        );
    }
}
