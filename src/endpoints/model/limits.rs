//! `limits`: what one definition may cost. A key that is not given leaves the server's limit in force.

use std::time::Duration;

use crate::yaml::{FromYaml, Item};

/// A day, in milliseconds.
const LONGEST_QUERY: u64 = 86_400_000;
/// As many as the server runs at most.
const MOST_QUERIES: usize = 1_024;

/// Limits that a definition sets for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long a query may run.
    pub query_timeout: Option<Duration>,
    /// How many rows the result may have.
    pub max_rows: Option<u64>,
    /// How many bytes the encoded result may have.
    pub max_result_bytes: Option<u64>,
    /// How many of its queries may run at the same time.
    pub max_concurrent_queries: Option<usize>,
}

impl FromYaml for Limits {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let timeout = fields.optional_with("query_timeout_ms", |limit| limit.integer_in(1..=LONGEST_QUERY));
        let limits = Self {
            query_timeout: timeout.map(Duration::from_millis),
            max_rows: fields.optional_with("max_rows", |limit| limit.integer_in(1..=u64::MAX)),
            max_result_bytes: fields
                .optional_with("max_result_bytes", |limit| limit.integer_in(1..=u64::MAX)),
            max_concurrent_queries: fields.optional_with("max_concurrent_queries", |limit| {
                limit.integer_in(1..=MOST_QUERIES)
            }),
        };
        fields.finish();
        Some(limits)
    }
}
