//! The `mxcp` key that opens both files: the version of the format.

use crate::yaml::{Fields, Item, Resolved, Scalar};

/// The one version that exists.
const VERSION: i128 = 1;

/// Reads `mxcp`. Older files say `mxcp: "1.0.0"`, which asks for a migration and not for a guess.
pub(super) fn check(fields: &mut Fields<'_>) {
    fields.optional_with("mxcp", read);
}

fn read(item: Item<'_>) -> Option<()> {
    match item.node().as_scalar().map(Scalar::resolve) {
        Some(Resolved::Integer(VERSION)) => Some(()),
        Some(Resolved::Text) => item.refuse(
            "expected the number 1, found text: a file of an older format must be migrated to `mxcp: 1`",
        ),
        Some(Resolved::Integer(other)) => item.refuse(format!("expected the number 1, found {other}")),
        _ => item.refuse_kind("the number 1"),
    }
}
