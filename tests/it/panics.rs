//! What is said of a panic: where it was, and nothing that the program worked on.

use std::num::NonZeroU32;
use std::process::{Command, Output};
use std::time::Duration;

use mxcp_actor::app::panics;
use mxcp_actors::blocking::{BlockingPool, BlockingSettings};
use mxcp_actors::error::CallError;

use crate::server::program;

const TOKEN: &str = "mcp_at_canary-of-a-panic";

#[actix_rt::test]
#[ignore = "started by the test below, because what is said of panics is said by the whole process"]
async fn panicking_program() {
    panics::tell_without_values();
    let pool = BlockingPool::new(BlockingSettings {
        name: "panics",
        running: NonZeroU32::MIN,
        waiting: 1,
        retry_after: Duration::from_secs(1),
    });
    // The first two have the text in their message, as a library's would.
    let cut_too_far = |token: String| token[..=token.len()].len();
    let take_for_number = |token: String| token.parse().map_err(|_| token).unwrap();
    let give_up = |_: String| panic!("there is no number");
    let works: [fn(String) -> usize; 3] = [cut_too_far, take_for_number, give_up];
    for work in works {
        let ended = pool.run(move || work(TOKEN.to_owned())).await;
        assert_eq!(ended, Err(CallError::Crashed));
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The lines about panics.
fn told(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.contains("panic at ")).collect()
}

#[test]
fn a_panic_is_told_by_its_place_and_never_by_what_the_program_worked_on() {
    let program = Command::new(std::env::current_exe().unwrap())
        .args(["panics::panicking_program", "--exact", "--ignored", "--nocapture"])
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    let said = said(&program);
    assert!(program.status.success(), "{said}");
    let told = told(&said);
    assert_eq!(told.len(), 3, "{said}");
    for (line, message) in told.iter().zip([
        "put together at run time",
        "put together at run time",
        "there is no number",
    ]) {
        assert!(line.starts_with("panic at tests/it/panics.rs:"), "{line}");
        assert!(line.contains(message), "{line}");
    }
    assert!(
        said.contains("panics::panicking_program"),
        "no functions in {said}"
    );
    assert!(!said.contains("canary"), "{said}");
}

/// With so few files that may be open that the runtime cannot be made, which its library answers with a panic.
#[test]
fn the_program_tells_of_a_panic_of_a_library_in_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let known = program(folder.path());
    let mut shell = Command::new("sh");
    let limited = "ulimit -n 4; exec \"$0\" doctor --url http://localhost:9";
    let shell = shell.arg("-c").arg(limited).arg(known.get_program()).env_clear();
    let said = said(&shell.output().unwrap());
    let told = told(&said);
    assert!(
        told.len() == 1 && told[0].contains("in the thread main"),
        "{said}"
    );
    assert!(told[0].contains("/actix-rt-"), "{said}");
    assert!(
        !said.contains("Too many open files") && !said.contains("panicked at"),
        "{said}"
    );
}
