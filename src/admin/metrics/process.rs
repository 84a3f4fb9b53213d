//! What the operating system says about this process, in the names that Prometheus gives these numbers everywhere.

use std::fs;

/// What could be read; `None` where the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Process {
    /// Memory in use, in bytes.
    pub(super) resident_bytes: Option<u64>,
    /// Address space, in bytes.
    pub(super) virtual_bytes: Option<u64>,
    /// Threads.
    pub(super) threads: Option<u64>,
    /// Open files and connections.
    pub(super) open_files: Option<u64>,
    /// Files and connections that may be open.
    pub(super) most_open_files: Option<u64>,
    /// Processor time used, in seconds.
    pub(super) cpu_seconds: f64,
}

impl Process {
    /// Reads `/proc/self`. A few small reads from memory; no disk is involved.
    pub(super) fn read() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let kibibytes = |key: &str| field(&status, key).map(|value| value * 1024);
        Self {
            resident_bytes: kibibytes("VmRSS:"),
            virtual_bytes: kibibytes("VmSize:"),
            threads: field(&status, "Threads:"),
            open_files: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|files| files.count() as u64),
            most_open_files: field(&limits, "Max open files"),
            cpu_seconds: cpu_seconds(),
        }
    }
}

/// The first number behind a key at the beginning of a line.
fn field(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of processor time need no 53 bits"
)]
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_their_keys() {
        let status = "Name:\tx\nVmSize:\t  2048 kB\nVmRSS:\t     512 kB\nThreads:\t7\n";
        assert_eq!(field(status, "VmRSS:"), Some(512));
        assert_eq!(field(status, "Threads:"), Some(7));
        assert_eq!(
            field(
                "Max open files            1024       4096    files\n",
                "Max open files"
            ),
            Some(1024)
        );
        assert_eq!(field(status, "Absent:"), None);
    }

    #[test]
    fn this_process_has_memory_files_and_processor_time() {
        let process = Process::read();
        assert!(process.resident_bytes.unwrap() > 1_000_000 && process.open_files.unwrap() > 2);
        assert!(process.cpu_seconds > 0.0);
    }
}
