//! A header that must come once: two of them do not say which one counts.

use actix_web::http::header::{HeaderMap, HeaderName};

/// The text of a header that came exactly once.
pub(crate) fn single_header<'headers>(
    headers: &'headers HeaderMap,
    name: &HeaderName,
) -> Option<&'headers str> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (None | Some(_), _) => None,
    }
}
