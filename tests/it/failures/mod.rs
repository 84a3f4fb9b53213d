//! The running program when it is killed, when more is asked of it than it takes, and when DuckDB does not do as it is told.

mod full_queue;
mod killed;
mod logins;
mod lost_database;
mod written_off;
