//! The running program when it is killed, and when more is asked of it than it takes.

mod full_queue;
mod killed;
mod lost_database;
