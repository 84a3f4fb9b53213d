//! The commands that answer once, with the real program: what they print, where, and their exit codes.

mod flow;
mod hash_password;
mod list;
mod log;
mod program;
mod query;
mod run;
mod validate;
