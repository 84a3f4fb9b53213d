//! The same calls over and over on several connections, each as fast as it is answered.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::http::Connection;
use super::process::Server;

/// How long calls are made before they count.
const WARM_UP: Duration = Duration::from_millis(500);

/// What was seen.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// The server's CPU time, by request.
    pub(crate) cpu: Duration,
    pub(crate) median: Duration,
    pub(crate) percentile_99: Duration,
}

/// Calls on so many connections for so long. `requests` makes what a connection sends in turn.
pub(crate) fn measure(
    server: &Server,
    connections: usize,
    duration: Duration,
    requests: impl Fn(usize) -> Vec<Vec<u8>>,
) -> Measured {
    let begun = Instant::now();
    let (warm, is_warm) = mpsc::channel();
    let workers: Vec<_> = (0..connections)
        .map(|number| {
            let (address, requests, warm) = (server.address, requests(number), warm.clone());
            thread::spawn(move || {
                let mut connection = Connection::open(address);
                call_until(&mut connection, &requests, begun + WARM_UP);
                warm.send(()).ok();
                call_until(&mut connection, &requests, begun + WARM_UP + duration)
            })
        })
        .collect();
    is_warm.recv().unwrap();
    let (cpu_before, started) = (server.cpu_time(), Instant::now());
    let calls: Vec<_> = workers
        .into_iter()
        .flat_map(|worker| worker.join().unwrap())
        .collect();
    let (cpu, elapsed) = (server.cpu_time().saturating_sub(cpu_before), started.elapsed());
    let counted = calls.iter().filter(|call| call.ended >= started);
    let mut latencies: Vec<_> = counted.map(|call| call.latency).collect();
    latencies.sort_unstable();
    let count = u32::try_from(latencies.len()).unwrap();
    Measured {
        per_second: f64::from(count) / elapsed.as_secs_f64(),
        cpu: cpu / count.max(1),
        median: latencies[latencies.len() / 2],
        percentile_99: latencies[latencies.len() * 99 / 100],
    }
}

struct Call {
    ended: Instant,
    latency: Duration,
}

fn call_until(connection: &mut Connection, requests: &[Vec<u8>], until: Instant) -> Vec<Call> {
    let mut calls = Vec::with_capacity(1 << 17);
    for request in requests.iter().cycle() {
        let begun = Instant::now();
        connection.call(request);
        let ended = Instant::now();
        calls.push(Call {
            ended,
            latency: ended - begun,
        });
        if ended >= until {
            break;
        }
    }
    calls
}
