//! What it costs to ask an actor, beside a direct call: the numbers in `docs/actors.md` come from here.
#![expect(clippy::expect_used, reason = "a benchmark that cannot run ends here")]

use std::hint::black_box;
use std::sync::mpsc;
use std::thread;

use actix::prelude::*;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::sync::oneshot;

#[derive(Message)]
#[rtype(u64)]
struct Double(u64);

struct Async;

impl Actor for Async {
    type Context = Context<Self>;
}

impl Handler<Double> for Async {
    type Result = u64;

    fn handle(&mut self, message: Double, _context: &mut Self::Context) -> u64 {
        double(message.0)
    }
}

struct Sync;

impl Actor for Sync {
    type Context = SyncContext<Self>;
}

impl Handler<Double> for Sync {
    type Result = u64;

    fn handle(&mut self, message: Double, _context: &mut Self::Context) -> u64 {
        double(message.0)
    }
}

fn double(number: u64) -> u64 {
    black_box(number) * 2
}

/// A plain thread that answers through one-shot channels.
fn thread_with_channel() -> mpsc::SyncSender<(u64, oneshot::Sender<u64>)> {
    let (sender, receiver) = mpsc::sync_channel::<(u64, oneshot::Sender<u64>)>(64);
    thread::spawn(move || {
        for (number, reply) in receiver {
            reply.send(double(number)).ok();
        }
    });
    sender
}

fn hops(criterion: &mut Criterion) {
    let system = System::new();
    let mut group = criterion.benchmark_group("one question, one answer");
    group.bench_function("direct call", |bencher| bencher.iter(|| double(1)));

    let same = system.block_on(async { Async.start() });
    group.bench_function("actor on the same thread", |bencher| {
        bencher.iter(|| system.block_on(same.send(Double(1))).expect("it answers"));
    });

    let arbiter = Arbiter::new();
    let other = Async::start_in_arbiter(&arbiter.handle(), |_| Async);
    group.bench_function("actor on another thread", |bencher| {
        bencher.iter(|| system.block_on(other.send(Double(1))).expect("it answers"));
    });

    let pool = system.block_on(async { SyncArbiter::start(1, || Sync) });
    group.bench_function("sync arbiter", |bencher| {
        bencher.iter(|| system.block_on(pool.send(Double(1))).expect("it answers"));
    });

    let plain = thread_with_channel();
    group.bench_function("plain thread with a channel", |bencher| {
        bencher.iter(|| {
            let (reply, answer) = oneshot::channel();
            plain.send((1, reply)).expect("the thread lives");
            system.block_on(answer).expect("it answers")
        });
    });
    group.finish();
}

criterion_group!(benches, hops);
criterion_main!(benches);
