//! The SQL engine, tested through its public surface: statements, parameters, identity, guard, cancel, encoding.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod cancel;
mod encoding;
mod fixture;
mod guard;
mod identity;
mod instance;
mod parameters;
mod row_level_security;
mod shadowing;
mod statements;
mod typed_cases;
mod typing;
mod uses;
mod values;
mod writes;
