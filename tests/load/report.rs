//! What was measured, as a table, and beside the recorded run: what costs over a tenth more is named.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::in_process::Floor;
use super::load::Measured;
use super::project::{Persistence, Query};

/// CPU microseconds by what was measured. `MXCP_BENCH_RECORD=1 make bench` writes it anew; it is of one machine.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/load/recorded.json");
/// More than this much above the recorded run is named.
const TOLERANCE: f64 = 1.10;

/// Collects what is measured.
#[derive(Default)]
pub(crate) struct Report {
    cpu: BTreeMap<String, f64>,
}

impl Report {
    pub(crate) fn in_process(&mut self, query: &Query, floor: &Floor) {
        if self.cpu.is_empty() {
            println!(
                "{:<52} {:>10} {:>10} {:>10} {:>10}",
                "", "calls/s", "CPU µs", "p50 µs", "p99 µs"
            );
        }
        let name = format!("{}, in one process", query.name);
        let (cpu, elapsed) = (microseconds(floor.cpu), microseconds(floor.elapsed));
        println!("{name:<52} {:>10.0} {cpu:>10.1} {elapsed:>10.1}", 1e6 / elapsed);
        self.cpu.insert(name, cpu);
    }

    pub(crate) fn served(
        &mut self,
        persistence: Persistence,
        query: &Query,
        connections: usize,
        measured: &Measured,
    ) {
        self.line(
            format!("{persistence:?}, {}, {connections}", query.name),
            measured,
        );
    }

    pub(crate) fn act(&mut self, persistence: Persistence, grants: u32, act: &str, measured: &Measured) {
        self.line(format!("{persistence:?}, {grants} grants, {act}"), measured);
    }

    /// Compares with the recorded run, or records this one.
    pub(crate) fn finish(self) {
        if std::env::var_os("MXCP_BENCH_RECORD").is_some() {
            let mut json = serde_json::to_string_pretty(&self.cpu).unwrap();
            json.push('\n');
            return fs::write(RECORDED, json).unwrap();
        }
        if !Path::new(RECORDED).exists() {
            return;
        }
        let recorded: BTreeMap<String, f64> = serde_json::from_slice(&fs::read(RECORDED).unwrap()).unwrap();
        let mut slower = 0;
        for (name, cpu) in &self.cpu {
            let Some(before) = recorded.get(name).filter(|before| *cpu > **before * TOLERANCE) else {
                continue;
            };
            slower += 1;
            println!("slower than recorded: {name}: {cpu:.1} µs CPU, recorded {before:.1} µs");
        }
        println!(
            "{slower} of {} figures are more than a tenth above the recorded run",
            self.cpu.len()
        );
    }

    fn line(&mut self, name: String, measured: &Measured) {
        println!(
            "{name:<52} {:>10.0} {:>10.1} {:>10.1} {:>10.1}",
            measured.per_second,
            microseconds(measured.cpu),
            microseconds(measured.median),
            microseconds(measured.percentile_99)
        );
        self.cpu.insert(name, microseconds(measured.cpu));
    }
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// What a start took.
pub(crate) fn started(persistence: Persistence, ready_after: Duration, resident: u64) {
    let milliseconds = ready_after.as_millis();
    println!(
        "{persistence:?}: ready after {milliseconds} ms with {} MB",
        resident / 1024
    );
}

/// What the process holds in the end.
pub(crate) fn ended(persistence: Persistence, resident: u64) {
    println!("{persistence:?}: {} MB after the calls", resident / 1024);
}
