//! What is said on one replica is heard on the others, also around a lost line.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use super::exchange::{Line, LineLost};
use super::*;
use crate::domain::clock::{FixedClock, Timestamp};
use crate::domain::secret::SecretDigest;

/// Longer than any of these tests needs; reached only when one fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// An exchange in this process, which can be cut off.
#[derive(Clone, Default)]
struct Room(Arc<Mutex<RoomState>>);

#[derive(Default)]
struct RoomState {
    is_cut: bool,
    lines: Vec<(String, Sender<String>)>,
    forgotten: Vec<Timestamp>,
}

struct RoomLine {
    room: Room,
    replica: String,
    received: Receiver<String>,
}

impl Room {
    fn cut(&self, is_cut: bool) {
        let mut state = self.0.lock().unwrap();
        state.is_cut = is_cut;
        state.lines.clear();
    }

    fn check(&self) -> Result<MutexGuard<'_, RoomState>, LineLost> {
        let state = self.0.lock().unwrap();
        match state.is_cut {
            true => Err(LineLost("cut".to_owned())),
            false => Ok(state),
        }
    }
}

impl Exchange for Room {
    fn connect(&self, replica: &str) -> Result<Box<dyn Line>, LineLost> {
        let (sender, received) = mpsc::channel();
        self.check()?.lines.push((replica.to_owned(), sender));
        Ok(Box::new(RoomLine {
            room: self.clone(),
            replica: replica.to_owned(),
            received,
        }))
    }
}

impl Line for RoomLine {
    fn say(&mut self, texts: &[String], _now: Timestamp) -> Result<(), LineLost> {
        let state = self.room.check()?;
        for (_, others) in state.lines.iter().filter(|(name, _)| *name != self.replica) {
            for text in texts {
                others.send(text.clone()).ok();
            }
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<String>, LineLost> {
        drop(self.room.check()?);
        Ok(self.received.try_iter().collect())
    }

    fn forget(&mut self, until: Timestamp) -> Result<(), LineLost> {
        self.room.check()?.forgotten.push(until);
        Ok(())
    }
}

/// Passes on what it hears; `None` is that something may have been missed.
struct Ear(Mutex<Sender<Option<Announcement>>>);

impl ReplicaListener for Ear {
    fn hear(&self, announcement: &Announcement) {
        self.0.lock().unwrap().send(Some(*announcement)).unwrap();
    }

    fn miss(&self) {
        self.0.lock().unwrap().send(None).unwrap();
    }
}

struct Replica {
    running: RunningReplicaBus,
    heard: Receiver<Option<Announcement>>,
    clock: Arc<FixedClock>,
}

impl Replica {
    fn start(exchange: impl Exchange, name: &str) -> Self {
        let clock = Arc::new(FixedClock::at(Timestamp::from_seconds(1_000)));
        let of_bus: Arc<dyn Clock> = Arc::<FixedClock>::clone(&clock);
        let running = RunningReplicaBus::launch(Some(Arc::new(exchange)), name, of_bus).unwrap();
        let (sender, heard) = mpsc::channel();
        running.bus.listen(Arc::new(Ear(Mutex::new(sender))));
        let replica = Self {
            running,
            heard,
            clock,
        };
        replica.wait_for(BusConnection::Connected);
        replica
    }

    fn wait_for(&self, connection: BusConnection) {
        let deadline = Instant::now() + PATIENCE;
        while self.running.bus.status().connection != connection {
            assert!(Instant::now() < deadline, "{:?}", self.running.bus);
            thread::yield_now();
        }
    }

    /// The next announcement, whatever was missed before it.
    fn hear(&self) -> Announcement {
        loop {
            if let Some(announcement) = self.heard.recv_timeout(PATIENCE).unwrap() {
                return announcement;
            }
        }
    }
}

fn ended(number: u8) -> Announcement {
    Announcement::SessionEnded {
        session: SecretDigest::from_bytes([number; 32]),
    }
}

#[test]
fn the_others_hear_and_the_speaker_does_not() {
    let room = Room::default();
    let [one, two, three] = ["one", "two", "three"].map(|name| Replica::start(room.clone(), name));
    one.running.bus.announce(Announcement::TokensEnded);
    one.running.bus.announce(ended(1));
    for other in [&two, &three] {
        assert_eq!(
            (other.hear(), other.hear()),
            (Announcement::TokensEnded, ended(1))
        );
    }
    two.running.bus.announce(ended(2));
    assert_eq!(one.hear(), ended(2), "and nothing of its own before it");
}

#[test]
fn what_is_said_while_the_line_is_lost_is_said_later_and_listeners_learn_that_they_missed_something() {
    let room = Room::default();
    let [one, two] = ["one", "two"].map(|name| Replica::start(room.clone(), name));
    room.cut(true);
    for replica in [&one, &two] {
        replica.wait_for(BusConnection::Lost);
    }
    while two.heard.try_recv().is_ok() {}
    one.running.bus.announce(ended(1));

    room.cut(false);
    two.wait_for(BusConnection::Connected);
    assert_eq!(two.heard.recv_timeout(PATIENCE), Ok(None));
    let deadline = Instant::now() + PATIENCE;
    while one.running.bus.status().said == 0 {
        assert!(Instant::now() < deadline, "{:?}", one.running.bus);
        thread::yield_now();
    }
    let status = one.running.bus.status();
    assert_eq!((status.said, status.dropped), (1, 0));
    assert!(status.connections >= 2, "{status:?}");
}

#[test]
fn what_is_not_known_is_counted_and_left_alone() {
    let room = Room::default();
    let replica = Replica::start(room.clone(), "one");
    let mut newer = room.connect("newer").unwrap();
    let texts = [
        r#"{"version":9,"kind":"tokens_ended"}"#.to_owned(),
        ended(1).write(),
    ];
    newer.say(&texts, Timestamp::from_seconds(0)).unwrap();
    assert_eq!(replica.hear(), ended(1));
    let status = replica.running.bus.status();
    assert_eq!((status.heard, status.unknown), (1, 1));
}

#[test]
fn stopping_says_what_still_waits_and_sweeping_keeps_minutes() {
    let room = Room::default();
    let [one, two] = ["one", "two"].map(|name| Replica::start(room.clone(), name));
    one.running.bus.announce(ended(3));
    one.running.stop();
    assert_eq!(two.hear(), ended(3));

    two.clock.advance(Duration::from_mins(61));
    let deadline = Instant::now() + PATIENCE;
    while room.0.lock().unwrap().forgotten.is_empty() {
        assert!(Instant::now() < deadline, "nothing was forgotten");
        thread::yield_now();
    }
    let expected = Timestamp::from_seconds(1_000) + Duration::from_mins(56);
    assert_eq!(room.0.lock().unwrap().forgotten, [expected]);
}

#[test]
fn a_process_alone_tells_nobody() {
    let clock = Arc::new(FixedClock::at(Timestamp::from_seconds(0)));
    let running = RunningReplicaBus::launch(None, "one", clock).unwrap();
    running.bus.announce(Announcement::TokensEnded);
    assert_eq!(running.bus.status(), ReplicaBusStatus::ALONE);
    running.stop();
}
