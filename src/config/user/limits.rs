//! `limits`: what queries may cost.

use std::time::Duration;

use crate::yaml::{FromYaml, Item};

/// The bounds of one query, and how many run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a query may run.
    pub query_timeout: Duration,
    /// How many rows a result may have.
    pub max_rows: u64,
    /// How many bytes an encoded result may have.
    pub max_result_bytes: u64,
    /// How many queries run at the same time.
    pub max_concurrent_queries: usize,
    /// How long the check of a definition's statement may take.
    pub check_timeout: Duration,
    /// How many bytes of the disk all queries together may use for what does not fit into memory.
    pub max_temp_directory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            query_timeout: Duration::from_secs(30),
            max_rows: 100_000,
            max_result_bytes: 16 * 1024 * 1024,
            max_concurrent_queries: 8,
            check_timeout: Duration::from_secs(10),
            max_temp_directory_bytes: 4 * 1024 * 1024 * 1024,
        }
    }
}

impl FromYaml for Limits {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let defaults = Self::default();
        let query_timeout =
            fields.optional_with("query_timeout_ms", |limit| limit.integer_in(1..=86_400_000));
        let max_rows = fields.optional_with("max_rows", |limit| limit.integer_in(1..));
        let max_result_bytes = fields.optional_with("max_result_bytes", |limit| limit.integer_in(1..));
        let max_concurrent =
            fields.optional_with("max_concurrent_queries", |limit| limit.integer_in(1..=1024));
        let check_timeout = fields.optional_with("check_timeout_ms", |limit| limit.integer_in(1..=3_600_000));
        let max_temp_directory =
            fields.optional_with("max_temp_directory_bytes", |limit| limit.integer_in(0..));
        fields.finish();
        Some(Self {
            query_timeout: query_timeout.map_or(defaults.query_timeout, Duration::from_millis),
            max_rows: max_rows.unwrap_or(defaults.max_rows),
            max_result_bytes: max_result_bytes.unwrap_or(defaults.max_result_bytes),
            max_concurrent_queries: max_concurrent.unwrap_or(defaults.max_concurrent_queries),
            check_timeout: check_timeout.map_or(defaults.check_timeout, Duration::from_millis),
            max_temp_directory_bytes: max_temp_directory.unwrap_or(defaults.max_temp_directory_bytes),
        })
    }
}
