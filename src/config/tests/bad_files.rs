//! Every file with mistakes under `tests/fixtures/config/` leads to exactly the messages in its last lines.

use std::fs;

use super::{Machine, repository};

/// Loads each file of a folder and compares the errors, as `line:column: path: message`, with its `# error: ` lines.
fn check(folder: &str, name: &str, place: impl Fn(Machine, &str) -> Machine) {
    let entries = fs::read_dir(repository("tests/fixtures/config").join(folder)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "{folder} has fixtures");
    let mut differences = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let expected: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# error: "))
            .collect();
        let errors = place(Machine::new(), &text).errors();
        let found: Vec<&str> = errors
            .lines()
            .map(|line| line.strip_prefix(name).unwrap_or(line))
            .collect();
        assert!(!errors.contains("canary"), "{} leaks a secret", file.display());
        if found != expected {
            differences.push(format!(
                "{}\n# error: {}",
                file.display(),
                found.join("\n# error: ")
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "found instead:\n{}",
        differences.join("\n")
    );
}

#[test]
fn user_configurations_with_mistakes_are_explained() {
    check("bad-user", "home/.mxcp/config.yml:", Machine::user);
}

#[test]
fn site_files_with_mistakes_are_explained() {
    check("bad-site", "project/mxcp-site.yml:", Machine::site);
}
