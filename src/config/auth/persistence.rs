//! `auth.persistence`: where clients, codes and tokens are kept.

use std::path::PathBuf;

use mxcp_actors::domain::key_ring::MasterKey;
use mxcp_actors::store::diesel::check_postgresql_url;
use mxcp_actors::store::open::{KeySettings, OpenStoreError};

use crate::config::Secret;
use crate::config::folders::Folders;
use crate::config::values::located_text;
use crate::yaml::{FromYaml, Item, Located, Problems};

const DEFAULT_SQLITE_PATH: &str = "~/.mxcp/oauth.db";

/// Where clients, codes and tokens are kept.
#[derive(Clone, Debug)]
pub enum Persistence {
    /// In memory: a restart ends all logins.
    Memory,
    /// In an SQLite file, for one process.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What is digested and sealed with.
        keys: KeySettings,
    },
    /// In a PostgreSQL database, for several replicas.
    Postgresql {
        /// The connection URL, which usually holds a password.
        url: Secret,
        /// What is digested and sealed with.
        keys: KeySettings,
    },
}

/// The section as written.
pub(in crate::config) struct PersistenceFile {
    kind: Kind,
    path: Option<Located<String>>,
    url: Option<Secret>,
    keys: KeySettings,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    Memory,
    /// A block that does not say its type means a file, as it always did.
    #[default]
    Sqlite,
    Postgresql,
}

impl FromYaml for Kind {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[
            ("memory", Self::Memory),
            ("sqlite", Self::Sqlite),
            ("postgresql", Self::Postgresql),
        ])
    }
}

impl FromYaml for PersistenceFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("Persistence configuration");
        let kind = fields.optional("type").unwrap_or_default();
        let path = fields.optional_with("path", located_text);
        let url = if kind == Kind::Postgresql {
            fields.required_with("url", database_url)
        } else {
            fields.optional("url")
        };
        let current = fields.optional_with("auth_encryption_key", sealing_key);
        let previous = fields.optional_with("previous_auth_encryption_keys", |keys| {
            keys.one_or_many_with(sealing_key)
        });
        if kind == Kind::Postgresql && fields.is_absent("auth_encryption_key") {
            fields.refuse("auth_encryption_key", OpenStoreError::KeyMissing.to_string());
        }
        if path.is_some() && kind != Kind::Sqlite {
            fields.refuse("path", "applies to type sqlite only");
        }
        if url.is_some() && kind != Kind::Postgresql {
            fields.refuse("url", "applies to type postgresql only");
        }
        fields.finish();
        Some(Self {
            kind,
            path,
            url,
            keys: KeySettings {
                current,
                previous: previous.unwrap_or_default(),
            },
        })
    }
}

/// An address that the store will accept, so that a mistake is found before anything is opened.
fn database_url(mut item: Item<'_>) -> Option<Secret> {
    let url = Secret::from_yaml(item.again())?;
    match check_postgresql_url(&url) {
        Ok(()) => Some(url),
        Err(reason) => item.refuse(reason.to_string()),
    }
}

/// A key that the store will accept.
fn sealing_key(mut item: Item<'_>) -> Option<Secret> {
    let key = Secret::from_yaml(item.again())?;
    match MasterKey::parse(&key) {
        Ok(_) => Some(key),
        Err(reason) => item.refuse(reason.to_string()),
    }
}

impl PersistenceFile {
    /// `file` with its place, for the default that needs a home folder.
    pub(super) fn resolve(
        file: &Located<Self>,
        folders: &Folders,
        problems: &mut Problems,
    ) -> Option<Persistence> {
        let Self {
            kind,
            path,
            url,
            keys,
        } = &file.value;
        let keys = keys.clone();
        match kind {
            Kind::Memory => Some(Persistence::Memory),
            Kind::Sqlite => {
                let default = || file.clone_place(DEFAULT_SQLITE_PATH.to_owned());
                let written = path.clone().unwrap_or_else(default);
                let path = folders.resolve_or_report(&written, problems)?;
                Some(Persistence::Sqlite { path, keys })
            }
            Kind::Postgresql => Some(Persistence::Postgresql {
                url: url.clone()?,
                keys,
            }),
        }
    }
}
