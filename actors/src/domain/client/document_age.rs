//! How long a metadata document may be relied on before it is read again: what its server says (RFC 9111 section 5.2),
//! within bounds.

use std::time::Duration;

use crate::domain::cache_lifetime::lifetime;
use crate::domain::clock::Timestamp;

/// The least: a server that wants to be asked every time would be asked at every login of every user.
const SHORTEST: Duration = Duration::from_mins(5);
/// The most, also for a document whose server cannot be reached any more.
const LONGEST: Duration = Duration::from_hours(24 * 7);
/// For a server that says nothing.
const UNSAID: Duration = Duration::from_hours(1);

/// When the document of a client was read, and until when it need not be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DocumentAge {
    /// When it was read.
    pub read_at: Timestamp,
    /// When it must be read again, at the next login.
    pub fresh_until: Timestamp,
}

impl DocumentAge {
    /// The age of a document that is read at this moment and came with this `Cache-Control`.
    #[must_use]
    pub fn begin(now: Timestamp, cache_control: Option<&str>) -> Self {
        let said = cache_control.and_then(lifetime).unwrap_or(UNSAID);
        Self {
            read_at: now,
            fresh_until: now + said.clamp(SHORTEST, LONGEST),
        }
    }

    /// Whether the document need not be read again.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fresh_until
    }

    /// Whether the document may be read again although it is fresh, because it does not fit a request.
    #[must_use]
    pub fn may_be_doubted(&self, now: Timestamp) -> bool {
        self.read_at + SHORTEST <= now
    }

    /// Whether the document is still good for a client whose server does not answer (RFC 5861 section 4).
    #[must_use]
    pub fn is_good_in_need(&self, now: Timestamp) -> bool {
        now < self.read_at + LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn fresh_for(cache_control: Option<&str>) -> u64 {
        let age = DocumentAge::begin(NOW, cache_control);
        age.fresh_until.duration_since(NOW).as_secs()
    }

    #[test]
    fn a_document_is_fresh_as_long_as_its_server_says_within_five_minutes_and_seven_days() {
        for (said, seconds) in [
            (None, 3600),
            (Some(""), 3600),
            (Some("public"), 3600),
            (Some("max-age=7200"), 7200),
            (Some("public, Max-Age = \"7200\""), 7200),
            (Some("max-age=7200, s-maxage=900"), 900),
            (Some("max-age=0"), 300),
            (Some("no-store"), 300),
            (Some("max-age=7200, no-cache"), 300),
            (Some("max-age=604801"), 604_800),
            (Some("max-age=99999999999999999999999"), 604_800),
            (Some("max-age=-1"), 3600),
            (Some("max-age=1h"), 3600),
            (Some("max-age="), 3600),
        ] {
            assert_eq!(fresh_for(said), seconds, "{said:?}");
        }
    }

    #[test]
    fn a_document_is_doubted_after_five_minutes_and_good_in_need_for_seven_days() {
        let age = DocumentAge::begin(NOW, Some("max-age=7200"));
        let after = |seconds| NOW + Duration::from_secs(seconds);
        assert!(age.is_fresh(after(7199)) && !age.is_fresh(after(7200)));
        assert!(!age.may_be_doubted(after(299)) && age.may_be_doubted(after(300)));
        assert!(age.is_good_in_need(after(604_799)) && !age.is_good_in_need(after(604_800)));
    }
}
