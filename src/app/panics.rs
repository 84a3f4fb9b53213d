//! What is said of a panic: where it was, in which thread, and the text in the source; never a text that was put together
//! while the program ran. Our own code panics nowhere but in tests. A library may, and its message holds what it worked on,
//! which may be a token or a password.
//!
//! Must not live here: what becomes of the work that panicked (see `blocking` and `sql_executor` of the core crate).

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::thread;

use log::Level;

/// Said instead of a message that may hold anything.
const WITHHELD: &str = "(its message was put together at run time, may hold secrets, and is not shown)";

/// From here on each panic of the process is a line of its log, or of standard error while there is no log. With
/// `RUST_BACKTRACE=1` the functions that led to it follow, which hold no values.
pub fn tell_without_values() {
    panic::set_hook(Box::new(|panic| {
        tell(&line(panic));
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            backtrace.to_string().lines().for_each(tell);
        }
    }));
}

fn line(panic: &PanicHookInfo<'_>) -> String {
    let thread = thread::current();
    let thread = thread.name().unwrap_or("without a name");
    // What was put together is a `String`; a text of the source is this.
    let message = panic.payload().downcast_ref::<&'static str>().copied();
    let message = message.unwrap_or(WITHHELD);
    match panic.location() {
        Some(place) => format!("panic at {place} in the thread {thread}: {message}"),
        None => format!("panic in the thread {thread}: {message}"),
    }
}

fn tell(line: &str) {
    match log::log_enabled!(Level::Error) {
        true => log::error!("{line}"),
        false => eprintln!("{line}"),
    }
}
