//! The fake GitHub as a program, for clients that are not written in Rust:
//!
//!     fake-github [--expiring] CALLBACK...
//!
//! It prints its address, and serves until it is killed. `POST /_test/callback` with the form field `callback` registers
//! another callback address; `GET /_test/given-out` lists every secret that it gave out.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for tests: what goes wrong ends it, and its address is its output"
)]

#[path = "mod.rs"]
#[expect(
    dead_code,
    reason = "the integration tests look at more than this program does"
)]
mod github;

#[path = "../serving.rs"]
mod serving;

fn main() {
    let mut quirks = github::Quirks::default();
    let mut callbacks = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--expiring" => quirks.expiring = true,
            _ => callbacks.push(argument),
        }
    }
    let fake = github::FakeGithub::start(quirks);
    for callback in callbacks {
        fake.register_callback(&callback);
    }
    println!("{}", fake.url());
    loop {
        std::thread::park();
    }
}
