//! What an operator can see and do, without HTTP: `http::admin` and the process's own life share it.
//!
//! * [`gate`]: whether requests are taken, and how many are under way.
//!
//! Must not live here: an HTTP framework's types, secrets, users' data.

pub mod gate;
