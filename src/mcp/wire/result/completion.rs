//! The result of `completion/complete`. Must not live here: where the values come from.

use super::ResultBody;
use crate::mcp::wire::json::ObjectWriter;
use crate::mcp::wire::version::ProtocolVersion;

/// How many values a result may have (specification, *Completion*).
const MAX_VALUES: usize = 100;

/// Values that complete an argument, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteResult {
    values: Vec<String>,
    total: usize,
}

impl CompleteResult {
    /// The first hundred of `values`; the client is told how many there were.
    pub fn new(mut values: Vec<String>) -> Self {
        let total = values.len();
        values.truncate(MAX_VALUES);
        Self { values, total }
    }
}

impl ResultBody for CompleteResult {
    fn write_members(&self, _: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.object("completion", |completion| {
            completion.strings("values", &self.values);
            completion.integer("total", u32::try_from(self.total).unwrap_or(u32::MAX));
            completion.boolean("hasMore", self.total > self.values.len());
        });
    }
}
