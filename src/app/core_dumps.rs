//! Core dumps: a crash must not leave the memory of the process, with its keys and tokens, on a disk. No other limit of the
//! process is set here.

use rustix::process::{Resource, Rlimit, setrlimit};

/// From here on the kernel writes no core dump of this process.
pub(super) fn forbid() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        log::warn!("core dumps are not forbidden, so that a crash may write secrets to the disk: {error}");
    }
}
