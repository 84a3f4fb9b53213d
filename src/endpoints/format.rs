//! The texts that a string's `format` accepts. What a format becomes in SQL is decided where arguments are read.

use super::duration;
use super::model::StringFormat;
use super::number::ExactNumber;
use super::temporal;

impl StringFormat {
    /// What the format accepts, in the words of messages.
    pub(crate) const fn expectation(self) -> &'static str {
        match self {
            Self::Email => "an e-mail address (name@example.org)",
            Self::Uri => "a URI (https://example.org/path)",
            Self::Date => "a date (YYYY-MM-DD)",
            Self::Time => "a time (HH:MM:SS, without an offset)",
            Self::DateTime => "a date and time (YYYY-MM-DDTHH:MM:SS, with or without an offset)",
            Self::Duration => "an ISO 8601 duration (P1DT2H30M)",
            Self::Timestamp => "seconds since 1970-01-01T00:00:00Z",
        }
    }

    /// Whether the text has the format.
    pub(crate) fn accepts(self, text: &str) -> bool {
        match self {
            Self::Email => is_email(text),
            Self::Uri => is_uri(text),
            Self::Date => temporal::parse_date(text).is_some(),
            Self::Time => temporal::parse_time(text).is_some(),
            Self::DateTime => temporal::parse_date_time(text).is_some(),
            Self::Duration => duration::is_duration(text),
            Self::Timestamp => ExactNumber::parse(text)
                .and_then(temporal::parse_epoch_seconds)
                .is_some(),
        }
    }
}

/// One `@` with something before it and a domain with a dot behind it; no white space. Only a mail server knows more.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && labels.len() >= 2
        && labels
            .iter()
            .all(|label| !label.is_empty() && !label.contains('@'))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// RFC 3986: a scheme, a colon, and characters that may stand in a URI.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let is_forbidden = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    };
    is_scheme && !rest.is_empty() && !rest.contains(is_forbidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_format(format: StringFormat, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(format.accepts(text), "{text:?} is {}", format.expectation());
        }
        for text in bad {
            assert!(!format.accepts(text), "{text:?} is not {}", format.expectation());
        }
    }

    #[test]
    fn addresses() {
        let bad = [
            "a", "a@b", "@b.c", "a@b.", "a@.c", "a b@c.d", "a@b@c.d", "a@b.c\n",
        ];
        assert_format(
            StringFormat::Email,
            &["a@b.c", "first.last+tag@sub.example.org"],
            &bad,
        );
        let bad = ["example.org", "http:", ":x", "1a:b", "http://a b", "a:<b>", ""];
        assert_format(
            StringFormat::Uri,
            &["https://example.org/x?y#z", "urn:isbn:1", "mailto:a@b.c"],
            &bad,
        );
    }

    #[test]
    fn dates_and_times() {
        assert_format(StringFormat::Date, &["2024-02-29"], &["2023-02-29", "29.02.2024"]);
        assert_format(StringFormat::Time, &["10:11:12"], &["10:11:12Z"]);
        assert_format(
            StringFormat::DateTime,
            &["2024-01-02T03:04:05Z", "2024-01-02"],
            &["now"],
        );
        assert_format(
            StringFormat::Timestamp,
            &["1700000000", "0.5"],
            &["2024-01-02", ""],
        );
    }
}
