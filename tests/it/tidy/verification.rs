//! Holds `docs/verification.md` and `docs/attacks.md` against the source tree: every test that the pages name exists, every
//! promise has a test or says what is missing, and every attack has its line. It knows how tests are written in each
//! language, and nothing about what they show.

use super::rules::Offences;
use super::source::Source;

/// The tables of promises; the page has others.
const HEADER: &str = "| requirement | shown by |";
const SEPARATOR: &str = "|---|---|";
const MISSING: &str = "**not shown yet:** ";
const EXEMPT: &str = "**does not apply:** ";
/// The attacks that must be answered: a letter for each subject, and how many there are of it.
pub(super) const ATTACKS: [(char, usize); 10] = [
    ('A', 14),
    ('B', 8),
    ('C', 7),
    ('D', 7),
    ('E', 7),
    ('F', 7),
    ('G', 6),
    ('H', 7),
    ('I', 6),
    ('K', 13),
];
/// Functions here are run once for each store; one that is in no list is dead code, which the compiler reports.
const STORE_SUITE: &str = "actors/src/store/conformance/";

/// Promises of the page at `path` that nothing shows and that do not say so, and tests that do not exist. `read` answers the
/// text of a file of the project.
pub(super) fn unproven(path: &str, page: &str, read: impl Fn(&str) -> Option<String>) -> Offences {
    let mut offences = Offences::new();
    let mut is_promise = false;
    for (index, line) in page.lines().enumerate() {
        is_promise = line == HEADER || (is_promise && line.starts_with('|'));
        if !is_promise || line == HEADER || line == SEPARATOR {
            continue;
        }
        let found = problems_of_row(line, &read).into_iter();
        offences.extend(found.map(|problem| format!("{path}:{}: {problem}", index + 1)));
    }
    offences
}

/// How many promises the page has.
pub(super) fn promises(page: &str) -> usize {
    let rows = page.split(HEADER).skip(1).map(|table| {
        let lines = table.trim_start().lines();
        let rows = lines.take_while(|line| line.starts_with('|'));
        rows.filter(|line| *line != SEPARATOR).count()
    });
    rows.sum()
}

/// Attacks that do not have exactly one line on the page. A line begins with its letter and number in bold.
pub(super) fn unanswered(page: &str) -> Offences {
    let subjects = ATTACKS.iter();
    let names =
        subjects.flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}")));
    let lines = |name: &str| {
        let start = format!("| **{name}** ");
        page.lines().filter(|line| line.starts_with(&start)).count()
    };
    names
        .map(|name| (lines(&name), name))
        .filter(|(lines, _)| *lines != 1)
        .map(|(lines, name)| format!("{name} has {lines} lines"))
        .collect()
}

fn problems_of_row(row: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let ["", requirement, shown_by, ""] = cells[..] else {
        return vec!["a row has two cells".to_owned()];
    };
    if requirement.is_empty() {
        return vec!["a row says what is required".to_owned()];
    }
    let is_excused = [MISSING, EXEMPT]
        .iter()
        .any(|mark| shown_by.strip_prefix(*mark).is_some_and(|why| !why.is_empty()));
    let tests: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
    if tests.is_empty() && !is_excused {
        return vec![format!(
            "name a test, or say what is missing behind {MISSING:?} or why behind {EXEMPT:?}"
        )];
    }
    let absent = tests.into_iter().filter(|test| !exists(test, &read));
    absent.map(|test| format!("{test} is no test")).collect()
}

/// Whether `path::name` is a test that runs.
fn exists(test: &str, read: impl Fn(&str) -> Option<String>) -> bool {
    let Some((path, name)) = test.split_once("::") else {
        return false;
    };
    let Some(content) = read(path) else {
        return false;
    };
    let begins = |start: &str| {
        let start = format!("{start}{name}(");
        content
            .lines()
            .any(|line| line.trim_start().trim_start_matches("async ").starts_with(&start))
    };
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rs") => is_rust_test(&Source::new(path, &content), name),
        Some("py") => begins("def "),
        Some("mjs") => begins("function "),
        Some("sh") => begins(""),
        _ => false,
    }
}

fn is_rust_test(source: &Source, name: &str) -> bool {
    let definition = format!("fn {name}(");
    let Some((before, _)) = source.code.split_once(&definition) else {
        return false;
    };
    // What stands between the item before and this one: its attributes and qualifiers.
    let attributes = before.rsplit(['{', '}', ';']).next().unwrap_or_default();
    let is_test = attributes.contains("test]") || source.path.starts_with(STORE_SUITE);
    is_test && !attributes.contains("#[ignore")
}
