//! The audit log as its callers and its operators see it, on a real file system that fails when a test says so.

mod announcing;
mod failing;
mod fixture;
mod lines;
mod overflowing;
mod writing;
