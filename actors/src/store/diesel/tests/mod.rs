//! Both databases keep what every store promises. What they promise beyond it is in the files here.

mod inconsistent;
mod limits;
mod migrations;
mod plans;
pub(super) mod postgres_cluster;
mod replicas;

use std::num::NonZeroU32;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::store::conformance::store_conformance_suite;

/// Longer than any of these tests needs, also on a machine that does much else; reached only when one fails.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// The limits of a store that waits for as long as such a machine needs.
pub(super) const PATIENT: StoreLimits = StoreLimits {
    connections: NonZeroU32::MIN.saturating_add(7),
    pool_wait: PATIENCE,
    lock_wait: PATIENCE,
    statement_time: PATIENCE,
};

/// A store on a database of its own.
pub(super) struct TestStore {
    pub(super) store: DieselStore,
    _place: TestPlace,
}

pub(super) enum TestPlace {
    /// The folder of the file, which goes with this.
    Sqlite(TempDir),
    /// The URL.
    Postgresql(Secret),
}

impl TestPlace {
    pub(super) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(super) fn postgresql() -> Self {
        Self::Postgresql(Secret::new(postgres_cluster::new_database()))
    }

    pub(super) fn open(&self, limits: StoreLimits) -> DieselStore {
        let starting = match self {
            Self::Sqlite(folder) => DieselStore::open_sqlite(&folder.path().join("oauth.db"), limits),
            Self::Postgresql(url) => DieselStore::open_postgresql(url, limits),
        };
        starting.unwrap().finish()
    }

    /// A connection that this server knows nothing of.
    pub(super) fn connect(&self, limits: StoreLimits) -> StoreConnection {
        let place = match self {
            Self::Sqlite(folder) => {
                Place::Sqlite(folder.path().join("oauth.db").to_str().unwrap().to_owned())
            }
            Self::Postgresql(url) => Place::Postgresql(PostgresUrl::parse(url).unwrap()),
        };
        place.connect(&limits).unwrap()
    }
}

impl TestStore {
    pub(super) fn new(place: TestPlace) -> Self {
        Self {
            store: place.open(PATIENT),
            _place: place,
        }
    }
}

mod sqlite {
    use super::*;

    store_conformance_suite!(TestStore::new(TestPlace::sqlite()).store);
}

mod postgresql {
    use super::*;

    store_conformance_suite!(TestStore::new(TestPlace::postgresql()).store);
}
