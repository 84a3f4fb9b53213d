//! What is forbidden where, as functions from sources to the places that break a rule. Nothing here reads a
//! file.

use super::source::{Source, Word};

/// One line for each place that breaks a rule: the file, the line where there is one, what was found.
pub(super) type Offences = Vec<String>;

const MOST_LINES: usize = 500;
const VAGUE: [&str; 9] = [
    "utils", "util", "helpers", "helper", "common", "logic", "misc", "runtime", "shared",
];
const FRAMEWORKS: [&str; 5] = ["actix", "diesel", "duckdb", "tokio", "awc"];
const SHELLS: [&str; 4] = ["handle.rs", "system.rs", "actor.rs", "worker.rs"];
const SQL_STARTS: [&str; 6] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "WITH "];

pub(super) fn without_opening_comment(sources: &[Source]) -> Offences {
    let missing = sources.iter().filter(|source| !source.text.starts_with("//!"));
    missing.map(|source| source.path.clone()).collect()
}

pub(super) fn too_long(sources: &[Source]) -> Offences {
    let lengths = sources
        .iter()
        .map(|source| (&source.path, source.text.lines().count()));
    lengths
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect()
}

pub(super) fn vague_names(sources: &[Source]) -> Offences {
    let is_vague = |name: &str| VAGUE.contains(&name.trim_end_matches(".rs"));
    sources
        .iter()
        .filter(|source| source.path.split('/').any(is_vague))
        .map(|source| source.path.clone())
        .collect()
}

pub(super) fn unsafe_elsewhere(sources: &[Source]) -> Offences {
    let elsewhere = sources
        .iter()
        .filter(|source| !source.path.starts_with("actors/src/sql_executor/engine/ffi/"));
    found_in(elsewhere, |word| word.text == "unsafe")
}

pub(super) fn frameworks_in_domain(sources: &[Source]) -> Offences {
    found_in(
        below(sources, &["actors/src/domain/", "actors/src/domain.rs"]),
        |word| word.text == "await" || FRAMEWORKS.iter().any(|framework| is_crate_of(word, framework)),
    )
}

fn is_test(source: &Source) -> bool {
    source.path.ends_with("/tests.rs") || source.path.contains("/tests/")
}

pub(super) fn actix_outside_shells(sources: &[Source]) -> Offences {
    let others = below(sources, &["actors/src/"]).filter(|source| {
        let starts_actors = source.path.starts_with("actors/src/system/");
        // The HTTP client's connector is of the family, though no actor.
        let connects = source.path.starts_with("actors/src/outbound/");
        !is_test(source)
            && !starts_actors
            && !connects
            && !SHELLS
                .iter()
                .any(|shell| source.path.ends_with(&format!("/{shell}")))
    });
    found_in(others, |word| is_crate_of(word, "actix"))
}

pub(super) fn duckdb_outside_engine(sources: &[Source]) -> Offences {
    // The engine's own tests make database files as a stranger would, with the plain crate.
    let engine = [
        "actors/src/sql_executor/engine/",
        "actors/tests/engine/",
        "actors/benches/",
        "tests/load/",
    ];
    let outside = sources
        .iter()
        .filter(|source| !engine.iter().any(|folder| source.path.starts_with(folder)));
    found_in(outside, |word| {
        matches!(word.text, "duckdb" | "libduckdb_sys") && word.is_in_path()
    })
}

pub(super) fn web_framework_in_use_cases(sources: &[Source]) -> Offences {
    // Tests start the actors that a use case asks.
    let (tests, others): (Vec<_>, Vec<_>) =
        below(sources, &["src/oauth/", "src/mcp/", "src/admin/"]).partition(|source| is_test(source));
    let mut offences = found_in(others.into_iter(), |word| is_crate_of(word, "actix"));
    offences.extend(found_in(tests.into_iter(), |word| is_crate_of(word, "actix_web")));
    offences
}

pub(super) fn decisions_in_handlers(sources: &[Source]) -> Offences {
    let mut offences = found_in(below(sources, &["src/http/"]), |word| {
        is_crate_of(word, "duckdb")
            || is_crate_of(word, "diesel")
            || (word.text == "policy" && word.is_in_path())
    });
    for source in below(sources, &["src/http/"]) {
        for (index, line) in source.literals.lines().enumerate() {
            let is_sql = |part: &str| {
                SQL_STARTS
                    .iter()
                    .any(|start| part.trim_start().starts_with(start))
            };
            if line.split('"').any(is_sql) {
                offences.push(format!("{}:{}: SQL", source.path, index + 1));
            }
        }
    }
    offences
}

/// Dependencies that belong to the outer layers, under their own name or renamed with `package`.
pub(super) fn outer_dependencies(path: &str, manifest: &str) -> Offences {
    let mut in_dependencies = false;
    let mut offences = Offences::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let header = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        if let Some(header) = header {
            in_dependencies = header.ends_with("dependencies") || header.contains("dependencies.");
        }
        let name = match header {
            Some(header) => header.rsplit_once("dependencies.").map(|(_, name)| name),
            None => line.split(['.', '=', ' ']).next(),
        };
        let renamed = line
            .split_once("package")
            .and_then(|(_, rest)| rest.split('"').nth(1));
        for name in name
            .into_iter()
            .chain(renamed)
            .filter(|name| in_dependencies && is_outer(name))
        {
            offences.push(format!("{path}:{}: {name}", index + 1));
        }
    }
    offences
}

/// Migrations that stand in one of the two folders only.
pub(super) fn unpaired_migrations(sqlite: &[String], postgres: &[String]) -> Offences {
    let only = |ours: &[String], theirs: &[String], folder: &str| -> Offences {
        let unpaired = ours.iter().filter(|name| !theirs.contains(name));
        unpaired
            .map(|name| format!("migrations/{folder}/{name}"))
            .collect()
    };
    [
        only(sqlite, postgres, "sqlite"),
        only(postgres, sqlite, "postgres"),
    ]
    .concat()
}

fn is_outer(dependency: &str) -> bool {
    let name = dependency.trim_matches('"');
    name == "actix-web"
        || name.contains("yaml")
        || name == "serde_yml"
        || name == "cel"
        || name.starts_with("cel-")
}

/// Whether a word names this crate or one of its family, as `actix_rt` is of `actix`.
fn is_crate_of(word: &Word<'_>, name: &str) -> bool {
    word.text
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// The sources whose path begins with one of these.
fn below<'a>(sources: &'a [Source], beginnings: &[&str]) -> impl Iterator<Item = &'a Source> {
    sources.iter().filter(|source| {
        beginnings
            .iter()
            .any(|beginning| source.path.starts_with(beginning))
    })
}

fn found_in<'a>(
    sources: impl Iterator<Item = &'a Source>,
    is_forbidden: impl Fn(&Word<'_>) -> bool,
) -> Offences {
    let places = sources.flat_map(|source| source.words().map(move |word| (source, word)));
    let forbidden = places.filter(|(_, word)| is_forbidden(word));
    forbidden
        .map(|(source, word)| format!("{}:{}: {}", source.path, word.line, word.text))
        .collect()
}
