//! The persistent stores, tested through their public surface: keys, files, backups, what a thief of the database
//! reads, and what a killed server leaves behind. What every store promises is tested in `src/store/conformance`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails here"
)]

mod backup;
mod crash;
mod failures;
mod files;
mod keys;
#[path = "../../src/store/diesel/tests/postgres_cluster.rs"]
mod postgres_cluster;
mod server;
mod stolen;
