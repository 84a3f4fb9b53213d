//! `auth.session`: how long tokens live.

use std::time::Duration;

use crate::config::values::seconds;
use crate::yaml::{FromYaml, Item};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// How long tokens live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The life of an access token.
    pub access_token_ttl: Duration,
    /// How long a refresh token may lie unused.
    pub refresh_idle_ttl: Duration,
    /// How long a login lasts however often it is refreshed.
    pub refresh_absolute_ttl: Duration,
    /// How long a refresh token that was used already still leads to the same successors, for clients whose answer
    /// was lost.
    pub refresh_reuse_window: Duration,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            access_token_ttl: Duration::from_secs(HOUR),
            refresh_idle_ttl: Duration::from_secs(14 * DAY),
            refresh_absolute_ttl: Duration::from_secs(90 * DAY),
            refresh_reuse_window: Duration::from_secs(30),
        }
    }
}

impl FromYaml for Session {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let defaults = Self::default();
        let access = fields.optional_with("access_token_ttl", |ttl| seconds(ttl, 1..=DAY));
        let idle = fields.optional_with("refresh_idle_ttl", |ttl| seconds(ttl, 1..=YEAR));
        let absolute = fields.optional_with("refresh_absolute_ttl", |ttl| seconds(ttl, 1..=10 * YEAR));
        let reuse = fields.optional_with("refresh_reuse_window", |window| seconds(window, 0..=HOUR));
        let session = Self {
            access_token_ttl: access.unwrap_or(defaults.access_token_ttl),
            refresh_idle_ttl: idle.unwrap_or(defaults.refresh_idle_ttl),
            refresh_absolute_ttl: absolute.unwrap_or(defaults.refresh_absolute_ttl),
            refresh_reuse_window: reuse.unwrap_or(defaults.refresh_reuse_window),
        };
        if session.refresh_idle_ttl > session.refresh_absolute_ttl {
            let absolute = session.refresh_absolute_ttl.as_secs();
            fields.refuse(
                "refresh_idle_ttl",
                format!("must not exceed refresh_absolute_ttl ({absolute} seconds)"),
            );
        }
        fields.finish();
        Some(session)
    }
}
