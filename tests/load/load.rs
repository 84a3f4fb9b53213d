//! Clients on several connections, each as fast as it is answered.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::http::Connection;
use super::process::Server;

/// How long calls are made before they count.
pub(crate) const WARM_UP: Duration = Duration::from_millis(500);

/// What was seen.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// The server's CPU time, by request.
    pub(crate) cpu: Duration,
    pub(crate) median: Duration,
    pub(crate) percentile_99: Duration,
}

/// What uses one connection.
pub(crate) trait Client: Send + 'static {
    /// Makes the next request and waits for its answer. False if there is nothing left to ask.
    fn act(&mut self, connection: &mut Connection) -> bool;
}

/// Sends the same calls over and over.
pub(crate) struct Calls {
    requests: Vec<Vec<u8>>,
    next: usize,
}

impl Calls {
    pub(crate) fn new(requests: Vec<Vec<u8>>) -> Self {
        Self { requests, next: 0 }
    }
}

impl Client for Calls {
    fn act(&mut self, connection: &mut Connection) -> bool {
        connection.call(&self.requests[self.next]);
        self.next = (self.next + 1) % self.requests.len();
        true
    }
}

/// Lets each client use a connection of its own for so long, or until it has nothing left to ask. What they do in `warm_up`
/// does not count. Gives the clients back as they are then.
pub(crate) fn measure<C: Client>(
    server: &Server,
    warm_up: Duration,
    duration: Duration,
    clients: Vec<C>,
) -> (Measured, Vec<C>) {
    let begun = Instant::now();
    let (warm, is_warm) = mpsc::channel();
    let workers: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let (address, warm) = (server.address, warm.clone());
            thread::spawn(move || {
                let mut connection = Connection::open(address);
                act_until(&mut connection, &mut client, begun + warm_up);
                warm.send(()).ok();
                let acts = act_until(&mut connection, &mut client, begun + warm_up + duration);
                (acts, client)
            })
        })
        .collect();
    is_warm.recv().unwrap();
    let (cpu_before, started) = (server.cpu_time(), Instant::now());
    let (acts, clients): (Vec<_>, Vec<_>) = workers.into_iter().map(|worker| worker.join().unwrap()).unzip();
    let (cpu, elapsed) = (server.cpu_time().saturating_sub(cpu_before), started.elapsed());
    let counted = acts.iter().flatten().filter(|act| act.ended >= started);
    let mut latencies: Vec<_> = counted.map(|act| act.latency).collect();
    latencies.sort_unstable();
    let count = u32::try_from(latencies.len()).unwrap();
    let measured = Measured {
        per_second: f64::from(count) / elapsed.as_secs_f64(),
        cpu: cpu / count.max(1),
        median: latencies[latencies.len() / 2],
        percentile_99: latencies[latencies.len() * 99 / 100],
    };
    (measured, clients)
}

struct Act {
    ended: Instant,
    latency: Duration,
}

fn act_until(connection: &mut Connection, client: &mut impl Client, until: Instant) -> Vec<Act> {
    let mut acts = Vec::with_capacity(1 << 17);
    let mut begun = Instant::now();
    while begun < until && client.act(connection) {
        let ended = Instant::now();
        acts.push(Act {
            ended,
            latency: ended - begun,
        });
        begun = ended;
    }
    acts
}
