//! The rules of the layout (`docs/architecture.md`) that the compiler cannot hold, as tests that read the
//! sources: which folder may name what, how a file begins, how long it may be. Behaviour is not tested here.
//!
//! `source` reads files and tells code from comments and literals, `rules` says what is forbidden, `tests`
//! shows that each rule can fail. `verification` reads the lists of what the tests show.

mod rules;
mod source;
#[cfg(test)]
mod tests;
mod verification;

use std::io;
use std::path::Path;

use rules::Offences;
use source::Source;

/// Fails with every offending place, not with the first.
fn assert_none(rule: &str, offences: &Offences) {
    assert!(
        offences.is_empty(),
        "{rule}; places that break this: {}\n  {}\n",
        offences.len(),
        offences.join("\n  ")
    );
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> io::Result<Vec<Source>> {
    source::read_all(project(), &["src", "actors", "tests"])
}

#[test]
fn files_begin_with_what_lives_in_them() -> io::Result<()> {
    let offences = rules::without_opening_comment(&sources()?);
    assert_none(
        "a file opens with `//!`: what lives in it and what must not",
        &offences,
    );
    Ok(())
}

#[test]
fn files_are_short() -> io::Result<()> {
    assert_none(
        "a file has at most 500 lines: split it by what its parts are about",
        &rules::too_long(&sources()?),
    );
    Ok(())
}

#[test]
fn names_say_what_a_file_is_about() -> io::Result<()> {
    assert_none(
        "a file or folder is named after its subject",
        &rules::vague_names(&sources()?),
    );
    Ok(())
}

#[test]
fn unsafe_code_stays_in_one_folder() -> io::Result<()> {
    let offences = rules::unsafe_elsewhere(&sources()?);
    assert_none(
        "`unsafe` appears only under actors/src/sql_executor/engine/ffi/",
        &offences,
    );
    Ok(())
}

#[test]
fn the_domain_knows_no_framework() -> io::Result<()> {
    let offences = rules::frameworks_in_domain(&sources()?);
    assert_none(
        "actors/src/domain/ is plain types and rules: no framework, nothing awaited",
        &offences,
    );
    Ok(())
}

#[test]
fn few_files_of_the_core_know_the_actor_framework() -> io::Result<()> {
    let offences = rules::actix_outside_shells(&sources()?);
    assert_none(
        "in actors/src/, only handle.rs, system.rs and system/, actor.rs, worker.rs and tests name actix",
        &offences,
    );
    Ok(())
}

#[test]
fn only_the_engine_knows_its_database_crate() -> io::Result<()> {
    let offences = rules::duckdb_outside_engine(&sources()?);
    assert_none(
        "only the engine, its tests and its benchmarks name the `duckdb` crate",
        &offences,
    );
    Ok(())
}

#[test]
fn use_cases_know_no_web_framework() -> io::Result<()> {
    let offences = rules::web_framework_in_use_cases(&sources()?);
    assert_none(
        "src/oauth/, src/mcp/ and src/admin/ are use cases without HTTP: they name no actix crate",
        &offences,
    );
    Ok(())
}

#[test]
fn handlers_only_translate() -> io::Result<()> {
    let offences = rules::decisions_in_handlers(&sources()?);
    assert_none(
        "src/http/ only translates: no SQL, no database crate, no policy",
        &offences,
    );
    Ok(())
}

#[test]
fn the_core_depends_on_no_outer_layer() -> io::Result<()> {
    let manifest = std::fs::read_to_string(project().join("actors/Cargo.toml"))?;
    let offences = rules::outer_dependencies("actors/Cargo.toml", &manifest);
    assert_none(
        "the core does not depend on the web framework, on YAML or on CEL",
        &offences,
    );
    Ok(())
}

#[test]
fn both_databases_have_the_same_migrations() -> io::Result<()> {
    let names = |folder| source::names_in(&project().join("migrations").join(folder));
    let offences = rules::unpaired_migrations(&names("sqlite")?, &names("postgres")?);
    assert_none(
        "every migration stands in migrations/sqlite/ and in migrations/postgres/",
        &offences,
    );
    Ok(())
}

#[test]
fn what_is_promised_is_shown_by_tests_that_exist() -> io::Result<()> {
    let read = |path: &str| std::fs::read_to_string(project().join(path)).ok();
    for (path, least) in [("docs/verification.md", 150), ("docs/attacks.md", 82)] {
        let page = std::fs::read_to_string(project().join(path))?;
        assert_none(
            "what a page promises names tests that exist, or says what is missing",
            &verification::unproven(path, &page, read),
        );
        let promises = verification::promises(&page);
        assert!(promises >= least, "only {promises} promises are found in {path}");
    }
    Ok(())
}

#[test]
fn every_attack_is_answered() -> io::Result<()> {
    let page = std::fs::read_to_string(project().join("docs/attacks.md"))?;
    assert_none(
        "docs/attacks.md has one line for each attack",
        &verification::unanswered(&page),
    );
    Ok(())
}
