//! What somebody may ask by: an attempt, a grant, a request, a trace or a record.

use mxcp_actors::domain::audit_event::AuditRecord;
use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::login_attempt::AttemptId;
use serde_json::Value;

use super::FlowError;

/// The longest reference, in characters.
const LONGEST: usize = 128;

/// What an attempt is asked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    text: String,
    attempt: Option<AttemptId>,
    grant: Option<GrantId>,
}

impl Reference {
    /// The reference as it was copied or typed.
    pub fn parse(text: &str) -> Result<Self, FlowError> {
        let text = text.trim();
        let is_one = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        match is_one {
            true => Ok(Self {
                attempt: AttemptId::parse(text).ok(),
                grant: GrantId::parse(text),
                text: text.to_owned(),
            }),
            false => Err(FlowError::NoReference { most: LONGEST }),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the record is meant.
    pub fn names(&self, record: &AuditRecord) -> bool {
        let is = |id: Option<&str>| id == Some(self.text.as_str());
        is(record.request_id.as_deref())
            || is(record.trace_id.as_deref())
            || is(Some(&record.record_id))
            || (self.attempt.is_some() && self.attempt == record.attempt_id)
            || (self.grant.is_some() && self.grant == grant_of(record))
    }
}

/// The grant of a record; earlier versions wrote it among the details alone.
pub fn grant_of(record: &AuditRecord) -> Option<GrantId> {
    let among_details = || record.input_data.get("grant").and_then(Value::as_str);
    record
        .grant_id
        .or_else(|| among_details().and_then(GrantId::parse))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_one_word_of_bounded_length() {
        for text in ["", "  ", "a b", "a\nb", "é", &"x".repeat(129)] {
            assert!(Reference::parse(text).is_err(), "{text:?}");
        }
        let typed = Reference::parse(" 7k2m9qxd0a4t\n").unwrap();
        assert_eq!(typed.attempt.unwrap().to_string(), "7K2M-9QXD-0A4T");
        assert_eq!(typed.as_str(), "7k2m9qxd0a4t");
    }
}
