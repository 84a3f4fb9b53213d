//! Sessions as their clients meet them, on one replica and on two.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix::System;

use super::actor::{RunningSessionRegistry, SessionRegistry};
use super::found_sessions::LONGEST_LIFE;
use super::messages::{CountSessions, EndSession, OpenSession, SweepSessions};
use super::rules::SessionRules;
use super::*;
use crate::blocking::{BlockingPool, BlockingSettings};
use crate::domain::clock::{Clock, FixedClock, Timestamp};
use crate::domain::mcp_session::{McpSession, McpSessionId, SessionOwner};
use crate::domain::randomness::SeededRandomness;
use crate::handle::HandleSettings;
use crate::replica_bus::ReplicaBus;
use crate::store::conformance::fixtures::user_key;
use crate::store::{McpSessionRepository, MemoryStore};

const START: Timestamp = Timestamp::from_seconds(1_700_000_000);
const PATIENCE: Duration = Duration::from_mins(1);

/// One replica's registry.
struct Replica(RunningSessionRegistry);

/// What replicas share.
struct Place {
    store: Arc<MemoryStore>,
    clock: Arc<FixedClock>,
}

impl Place {
    fn new() -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            clock: Arc::new(FixedClock::at(START)),
        }
    }

    fn replica(&self, seed: u64) -> Replica {
        let rules = SessionRules {
            settings: SessionRegistrySettings {
                most_of_user: 2,
                ..SessionRegistrySettings::default()
            },
            clock: Arc::<FixedClock>::clone(&self.clock) as Arc<dyn Clock>,
            randomness: Arc::new(SeededRandomness::new(seed)),
            repository: Arc::<MemoryStore>::clone(&self.store) as Arc<dyn McpSessionRepository>,
        };
        let pool = BlockingPool::new(BlockingSettings {
            name: "sessions",
            running: NonZeroU32::MIN,
            waiting: 9,
            retry_after: PATIENCE,
        });
        let settings = HandleSettings {
            name: "session_registry",
            capacity: 10,
            deadline: PATIENCE,
            retry_after: PATIENCE,
        };
        Replica(SessionRegistry::launch(
            rules,
            pool,
            settings,
            ReplicaBus::alone(),
        ))
    }

    fn stored(&self, id: &McpSessionId) -> Option<McpSession> {
        self.store.find_mcp_session(&id.digest()).unwrap()
    }
}

impl Replica {
    async fn open(&self, owner: &SessionOwner) -> McpSessionId {
        let message = OpenSession {
            owner: owner.clone(),
            version: "2025-11-25".to_owned(),
        };
        self.0.handle.ask(message).await.unwrap().unwrap()
    }

    async fn finds(&self, id: &McpSessionId, owner: &SessionOwner) -> bool {
        match self.find(id, owner).await {
            FoundSession::Theirs(session) => session.version == "2025-11-25" && session.owner == *owner,
            FoundSession::OfAnother | FoundSession::Absent => false,
        }
    }

    async fn find(&self, id: &McpSessionId, owner: &SessionOwner) -> FoundSession {
        self.0.handle.find(id.digest(), owner).await.unwrap().unwrap()
    }

    async fn end(&self, id: &McpSessionId, owner: &SessionOwner) -> bool {
        let message = EndSession {
            id: id.digest(),
            owner: owner.clone(),
        };
        self.0.handle.ask(message).await.unwrap().unwrap()
    }

    fn asked(&self) -> u64 {
        self.0.handle.status().asked
    }
}

#[test]
fn a_session_does_not_exist_for_another_user() {
    System::new().block_on(async {
        let replica = Place::new().replica(1);
        let id = replica.open(&Some(user_key("alice"))).await;
        for _ in 0..2 {
            for other in [Some(user_key("bob")), None] {
                assert_eq!(replica.find(&id, &other).await, FoundSession::OfAnother);
                assert!(!replica.end(&id, &other).await);
            }
            assert!(replica.finds(&id, &Some(user_key("alice"))).await);
        }
        assert!(replica.end(&id, &Some(user_key("alice"))).await);
        for owner in [Some(user_key("alice")), Some(user_key("bob"))] {
            assert_eq!(replica.find(&id, &owner).await, FoundSession::Absent);
        }
    });
}

#[test]
fn a_session_is_used_and_ended_on_any_replica() {
    System::new().block_on(async {
        let place = Place::new();
        let (one, two) = (place.replica(1), place.replica(2));
        let id = one.open(&Some(user_key("alice"))).await;
        assert!(two.finds(&id, &Some(user_key("alice"))).await);
        assert!(one.end(&id, &Some(user_key("alice"))).await);
        assert!(!one.finds(&id, &Some(user_key("alice"))).await);
        // Nobody told the other replica; it asks again when its second is over.
        place.clock.advance(LONGEST_LIFE);
        assert!(!two.finds(&id, &Some(user_key("alice"))).await);
    });
}

#[test]
fn a_session_in_use_is_asked_about_once_a_second_and_written_down_every_few_minutes() {
    System::new().block_on(async {
        let place = Place::new();
        let replica = place.replica(1);
        let id = replica.open(&Some(user_key("alice"))).await;
        let before = replica.asked();
        for _ in 0..100 {
            assert!(replica.finds(&id, &Some(user_key("alice"))).await);
        }
        assert_eq!(replica.asked(), before + 1);

        place.clock.advance(Duration::from_secs(299));
        assert!(replica.finds(&id, &Some(user_key("alice"))).await);
        assert_eq!(place.stored(&id).unwrap().last_used_at, START);
        place.clock.advance(Duration::from_secs(1));
        assert!(replica.finds(&id, &Some(user_key("alice"))).await);
        assert_eq!(
            place.stored(&id).unwrap().last_used_at,
            START + Duration::from_mins(5)
        );
    });
}

#[test]
fn an_idle_session_is_over_before_it_is_swept() {
    System::new().block_on(async {
        let place = Place::new();
        let replica = place.replica(1);
        let [idle, used] = [
            replica.open(&Some(user_key("alice"))).await,
            replica.open(&Some(user_key("alice"))).await,
        ];
        place.clock.advance(Duration::from_hours(23));
        assert!(replica.finds(&used, &Some(user_key("alice"))).await);
        place.clock.advance(Duration::from_hours(1));
        assert!(!replica.finds(&idle, &Some(user_key("alice"))).await);
        assert!(replica.finds(&used, &Some(user_key("alice"))).await);
        assert!(place.stored(&idle).is_some());

        let handle = &replica.0.handle;
        assert_eq!(handle.ask(SweepSessions { most: 9 }).await, Ok(Ok(1)));
        assert!(place.stored(&idle).is_none());
        assert_eq!(handle.ask(CountSessions).await, Ok(Ok(1)));
    });
}

#[test]
fn a_user_has_a_bounded_number_of_sessions() {
    System::new().block_on(async {
        let place = Place::new();
        let replica = place.replica(1);
        let mut opened = Vec::new();
        for _ in 0..3 {
            opened.push(replica.open(&Some(user_key("alice"))).await);
            place.clock.advance(Duration::from_secs(1));
        }
        let others = replica.open(&Some(user_key("bob"))).await;
        let mut found = Vec::new();
        for id in &opened {
            found.push(replica.finds(id, &Some(user_key("alice"))).await);
        }
        assert_eq!(found, [false, true, true]);
        assert!(replica.finds(&others, &Some(user_key("bob"))).await);
    });
}

#[test]
fn a_stopped_registry_says_so() {
    System::new().block_on(async {
        let replica = Place::new().replica(1);
        let id = replica.open(&None).await;
        let handle = replica.0.handle.clone();
        replica.0.stop().await;
        let found = handle.find(id.digest(), &None).await;
        assert_eq!(found.unwrap_err(), crate::error::CallError::Stopped);
    });
}
