//! The floor: the same SQL on the same file through the duckdb crate, prepared once, on one connection.

use std::time::{Duration, Instant};

use duckdb::types::Value;
use duckdb::{AccessMode, Config, Connection};

use super::process::cpu_time;
use super::project::{DataSet, Query};

/// What a run costs.
pub(crate) struct Floor {
    pub(crate) cpu: Duration,
    pub(crate) elapsed: Duration,
}

pub(crate) fn measure(data: &DataSet, query: &Query, duration: Duration) -> Floor {
    let config = Config::default().access_mode(AccessMode::ReadOnly).unwrap();
    let connection = Connection::open_with_flags(data.file(), config).unwrap();
    let mut statement = connection.prepare(&query.sql.replace("$id", "?")).unwrap();
    let columns = query.sql.split(" FROM ").next().unwrap().split(',').count();
    let mut run = || {
        let mut rows = match query.parameter {
            Some(id) => statement.query([id]).unwrap(),
            None => statement.query([]).unwrap(),
        };
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                std::hint::black_box(row.get::<_, Value>(column).unwrap());
            }
        }
    };
    run();
    let (cpu_before, started, mut runs) = (cpu_time("self"), Instant::now(), 0);
    while started.elapsed() < duration {
        run();
        runs += 1;
    }
    Floor {
        cpu: cpu_time("self").saturating_sub(cpu_before) / runs,
        elapsed: started.elapsed() / runs,
    }
}
