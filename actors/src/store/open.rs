//! Opening the store that the operator asked for, with the keys that belong to it.
//!
//! A store and its keys are opened together, because a store that was filled with another key is of no use and must
//! not be added to: every token in it would be refused, and whatever is sealed would be lost. So the identifiers of all
//! keys that were ever used are in the store, and the start ends where one of them is missing. A key is made up in two
//! cases only: for a store that keeps nothing, and for a new SQLite file, where it is written down first.
//!
//! `database + key` is what must be backed up together; the database alone opens nothing.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::diesel::{DieselStore, OpenDatabaseError, StartingStore, StoreFailures, StoreLimits};
use super::key_file::{KeyFile, KeyFileError};
use super::{KeyRepository, MemoryStore, Store, StoreError};
use crate::domain::clock::Clock;
use crate::domain::key_ring::{InvalidMasterKey, KeyDerivationFailed, KeyId, KeyRing, MasterKey};
use crate::domain::randomness::{Randomness, RandomnessUnavailable};
use crate::domain::secret::Secret;
use crate::replica_bus::exchange::Exchange;

/// The setting that holds the current key, as messages call it.
const KEY_SETTING: &str = "auth_encryption_key";

/// Where things are kept.
#[derive(Clone, Debug)]
pub enum StoreSettings {
    /// In memory, under a key of the moment: a restart ends all logins.
    Memory,
    /// In a file, for one process.
    Sqlite {
        /// The file; it is made if it is not there. `~` means nothing here.
        path: PathBuf,
        /// Without a current key, one is kept in a file beside the database, which is made at the first start.
        keys: KeySettings,
    },
    /// In a database, for several replicas, which need the same keys.
    Postgresql {
        /// `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, with any parameter that libpq knows.
        url: Secret,
        /// The current key must be there.
        keys: KeySettings,
    },
}

/// The keys of the configuration: 32 bytes each, in URL-safe base64.
#[derive(Clone, Debug, Default)]
pub struct KeySettings {
    /// What new things are made with (`auth_encryption_key`).
    pub current: Option<Secret>,
    /// What older things were made with, until none of them is left.
    pub previous: Vec<Secret>,
}

/// A store that is ready for use, and the keys of what it holds.
pub struct OpenStore {
    /// The repositories. An `Arc<dyn Store>` becomes the `Arc` of any one of them by assignment.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub keys: Arc<KeyRing>,
    database: Option<Arc<DieselStore>>,
}

impl OpenStore {
    /// Whether the store can be written to now: what readiness asks. Blocks as long as any other operation may.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        self.database
            .as_ref()
            .map_or(Ok(()), |database| database.check_writable())
    }

    /// Where replicas that share this store leave messages for each other; `None` if there can be one process only.
    #[must_use]
    pub fn replica_exchange(&self) -> Option<Arc<dyn Exchange>> {
        self.database
            .as_ref()
            .and_then(|database| database.replica_exchange())
    }

    /// How many operations have failed since the start.
    #[must_use]
    pub fn failures(&self) -> StoreFailures {
        self.database
            .as_ref()
            .map_or_else(StoreFailures::default, |database| database.failures())
    }
}

impl fmt::Debug for OpenStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OpenStore")
            .field("keys", &self.keys)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// Why the server must not start with this store.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] OpenDatabaseError),
    /// PostgreSQL is shared, so its key cannot be made up by one replica.
    #[error(
        "{KEY_SETTING} is missing; with PostgreSQL it must be configured, the same for all replicas. Make one with \
         `openssl rand -base64 32 | tr '+/' '-_'`"
    )]
    KeyMissing,
    /// The database is in use, and its key file is gone.
    #[error(
        "{database} was filled with a key, but its key file {key_file} is not there: restore it from the backup, or \
         configure the key as {KEY_SETTING}. To begin anew instead, move the database away; all logins end",
        database = database.display(), key_file = key_file.display()
    )]
    KeyFileMissing {
        /// The database.
        database: PathBuf,
        /// Where the key file should be.
        key_file: PathBuf,
    },
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A key cannot be read.
    #[error("{place}: {reason}")]
    InvalidKey {
        /// The setting, or the key file.
        place: String,
        /// What is wrong with it.
        reason: InvalidMasterKey,
    },
    /// The database was filled with a key that is not here.
    #[error(
        "wrong key: the database was filled with {}, and {place} has {}. Put the right key there",
        names(missing),
        names(present)
    )]
    WrongKey {
        /// The setting, or the key file.
        place: String,
        /// The keys that the database needs.
        missing: Vec<KeyId>,
        /// The keys that were given.
        present: Vec<KeyId>,
    },
    /// No key could be made up.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// No working keys could be derived.
    #[error(transparent)]
    Derivation(#[from] KeyDerivationFailed),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens a store and finds its keys. Blocks; call it once, at the start.
pub fn open(
    settings: &StoreSettings,
    limits: StoreLimits,
    clock: &dyn Clock,
    randomness: &dyn Randomness,
) -> Result<OpenStore, OpenStoreError> {
    match settings {
        StoreSettings::Memory => Ok(OpenStore {
            store: Arc::new(MemoryStore::new()),
            keys: Arc::new(KeyRing::new(&MasterKey::generate(randomness)?, &[])?),
            database: None,
        }),
        StoreSettings::Sqlite { path, keys } => {
            let found = match &keys.current {
                Some(current) => Keys::configured(current, &keys.previous)?,
                None => Keys::in_file(KeyFile::beside(path), path, &keys.previous),
            };
            finish(DieselStore::open_sqlite(path, limits)?, found, clock, randomness)
        }
        StoreSettings::Postgresql { url, keys } => {
            let current = keys.current.as_ref().ok_or(OpenStoreError::KeyMissing)?;
            let found = Keys::configured(current, &keys.previous)?;
            finish(
                DieselStore::open_postgresql(url, limits)?,
                found,
                clock,
                randomness,
            )
        }
    }
}

/// Compares the keys with those that the database was filled with, while no other replica can do the same.
fn finish(
    starting: StartingStore,
    keys: Keys<'_>,
    clock: &dyn Clock,
    randomness: &dyn Randomness,
) -> Result<OpenStore, OpenStoreError> {
    let store = &starting.store;
    let known = store.known_keys()?;
    let (keys, place) = keys.ring(known.is_empty(), randomness)?;
    let missing = keys.missing(&known);
    if !missing.is_empty() {
        let present = keys.ids().collect();
        return Err(OpenStoreError::WrongKey {
            place,
            missing,
            present,
        });
    }
    store.record_key(keys.current_id(), clock.now())?;
    let database = Arc::new(starting.finish());
    Ok(OpenStore {
        store: Arc::<DieselStore>::clone(&database),
        keys: Arc::new(keys),
        database: Some(database),
    })
}

/// Where the keys come from.
enum Keys<'a> {
    Configured(Box<KeyRing>),
    InFile {
        file: KeyFile,
        database: &'a PathBuf,
        previous: &'a [Secret],
    },
}

impl<'a> Keys<'a> {
    fn configured(current: &Secret, previous: &[Secret]) -> Result<Self, OpenStoreError> {
        ring(current, previous, KEY_SETTING).map(|ring| Self::Configured(Box::new(ring)))
    }

    const fn in_file(file: KeyFile, database: &'a PathBuf, previous: &'a [Secret]) -> Self {
        Self::InFile {
            file,
            database,
            previous,
        }
    }

    /// The keys, and the name of their place. A key file is made for a database that was never used.
    fn ring(self, is_new: bool, randomness: &dyn Randomness) -> Result<(KeyRing, String), OpenStoreError> {
        let (file, database, previous) = match self {
            Self::Configured(ring) => return Ok((*ring, KEY_SETTING.to_owned())),
            Self::InFile {
                file,
                database,
                previous,
            } => (file, database, previous),
        };
        let place = file.path().display().to_string();
        let Some(lines) = file.read()? else {
            if !is_new {
                return Err(OpenStoreError::KeyFileMissing {
                    database: database.clone(),
                    key_file: file.path().to_owned(),
                });
            }
            let key = MasterKey::generate(randomness)?;
            file.create(&key)?;
            log::info!(
                "made the key file {place}; back it up with the database, which cannot be used without it"
            );
            return Ok((KeyRing::new(&key, &[])?, place));
        };
        let empty = Secret::new("");
        let (current, older) = lines.split_first().unwrap_or((&empty, &[]));
        let previous: Vec<_> = older.iter().chain(previous).cloned().collect();
        Ok((ring(current, &previous, &place)?, place))
    }
}

fn ring(current: &Secret, previous: &[Secret], place: &str) -> Result<KeyRing, OpenStoreError> {
    let parse = |text: &Secret| {
        MasterKey::parse(text).map_err(|reason| OpenStoreError::InvalidKey {
            place: place.to_owned(),
            reason,
        })
    };
    let previous = previous.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    Ok(KeyRing::new(&parse(current)?, &previous)?)
}

fn names(keys: &[KeyId]) -> String {
    let names: Vec<_> = keys.iter().map(|key| format!("key {key}")).collect();
    names.join(", ")
}
