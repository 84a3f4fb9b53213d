//! Moments in JSON claims: `NumericDate` (RFC 7519 section 2).

use serde_json::{Map, Value};

use super::clock::Timestamp;

/// The claim is there and is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

/// The moment under this name, which may have a fraction of a second; `None` if the claim is absent.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the conversion saturates, and the fraction is not needed"
)]
pub fn numeric_date(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, NotANumber> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds as i64));
    Ok(Some(Timestamp::from_seconds(seconds.ok_or(NotANumber)?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moment_is_a_number_with_or_without_a_fraction() {
        for (written, read) in [
            (json!(1_800_000_000), Ok(Some(1_800_000_000))),
            (json!(1_800_000_000.9), Ok(Some(1_800_000_000))),
            (json!(-1), Ok(Some(-1))),
            (json!("1800000000"), Err(NotANumber)),
            (json!(null), Err(NotANumber)),
            (json!([1]), Err(NotANumber)),
        ] {
            let claims = Map::from_iter([("exp".to_owned(), written.clone())]);
            let found = numeric_date(&claims, "exp").map(|moment| moment.map(Timestamp::seconds));
            assert_eq!(found, read, "{written}");
        }
        assert_eq!(numeric_date(&Map::new(), "exp"), Ok(None));
    }

    #[test]
    fn a_moment_beyond_all_time_is_the_last_one() {
        let claims = Map::from_iter([("exp".to_owned(), json!(1e300))]);
        let moment = numeric_date(&claims, "exp").unwrap().unwrap();
        assert!(moment > Timestamp::from_seconds(1_800_000_000));
    }
}
