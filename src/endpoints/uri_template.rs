//! URI templates of RFC 6570, level 1: `notes://{owner}/{id}`. No lookup, no resources here.

use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use regex::Regex;

/// What RFC 3986 calls unreserved stays as it is; everything else is encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A template, ready to match. A template without variables matches its own text.
#[derive(Debug, Clone)]
pub struct UriTemplate {
    text: String,
    parts: Vec<Part>,
    pattern: Regex,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UriTemplateError {
    /// RFC 3986, section 3.1.
    #[error("expected a URI that starts with a scheme, such as notes://")]
    NoScheme,
    /// A brace without its other half.
    #[error("a brace is not closed, or not opened")]
    UnbalancedBrace,
    /// An expression of a higher level, or no name.
    #[error("{{{0}}} is not accepted: expected a name of letters, digits and _ in braces")]
    NotAVariable(String),
    /// Nobody could tell where one ends and the next starts.
    #[error("{{{0}}} and {{{1}}} need something between them")]
    Adjacent(String, String),
    /// Two values for one name.
    #[error("{{{0}}} is used twice")]
    Repeated(String),
    /// Longer than anything that is matched.
    #[error("the template is too long")]
    TooLong,
}

impl UriTemplate {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, UriTemplateError> {
        let parts = split(text)?;
        let has_scheme = matches!(parts.first(), Some(Part::Literal(literal)) if starts_with_scheme(literal));
        if !has_scheme {
            return Err(UriTemplateError::NoScheme);
        }
        check_variables(&parts)?;
        let mut pattern = String::from("^");
        for part in &parts {
            match part {
                Part::Literal(literal) => pattern.push_str(&regex::escape(literal)),
                Part::Variable(_) => pattern.push_str("([^/]+)"),
            }
        }
        pattern.push('$');
        Ok(Self {
            text: text.to_owned(),
            pattern: Regex::new(&pattern).map_err(|_| UriTemplateError::TooLong)?,
            parts,
        })
    }

    /// The template as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Names of the variables, in their order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Whether there is any variable.
    pub fn is_template(&self) -> bool {
        self.variables().next().is_some()
    }

    /// The template with nameless variables: equal for templates that match the same URIs.
    pub fn skeleton(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Literal(literal) => literal.as_str(),
            Part::Variable(_) => "{}",
        });
        parts.collect()
    }

    /// How much of the template is literal: of two templates that match a URI, the one with more is meant.
    pub fn literal_length(&self) -> usize {
        let lengths = self.parts.iter().map(|part| match part {
            Part::Literal(literal) => literal.len(),
            Part::Variable(_) => 0,
        });
        lengths.sum()
    }

    /// The variables' values, percent-decoded, if the URI matches. Each variable is one or more characters without `/`.
    /// A value that is not UTF-8 after decoding does not match.
    pub fn matches(&self, uri: &str) -> Option<Vec<(String, String)>> {
        let found = self.pattern.captures(uri)?;
        let values = found.iter().skip(1);
        self.variables()
            .zip(values)
            .map(|(name, value)| {
                let decoded = percent_decode_str(value?.as_str()).decode_utf8().ok()?;
                Some((name.to_owned(), decoded.into_owned()))
            })
            .collect()
    }

    /// The URI for the given values, percent-encoded. `None` if a value is missing or empty.
    pub fn expand(&self, value_of: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut uri = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => uri.push_str(literal),
                Part::Variable(name) => {
                    let value = value_of(name).filter(|value| !value.is_empty())?;
                    write!(uri, "{}", utf8_percent_encode(&value, RESERVED)).ok()?;
                }
            }
        }
        Some(uri)
    }
}

impl fmt::Display for UriTemplate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn split(text: &str) -> Result<Vec<Part>, UriTemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, tail)) = rest.split_once('{') {
        if literal.contains('}') {
            return Err(UriTemplateError::UnbalancedBrace);
        }
        let (name, tail) = tail.split_once('}').ok_or(UriTemplateError::UnbalancedBrace)?;
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        parts.push(Part::Variable(name.to_owned()));
        rest = tail;
    }
    if rest.contains('}') {
        return Err(UriTemplateError::UnbalancedBrace);
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(parts)
}

fn check_variables(parts: &[Part]) -> Result<(), UriTemplateError> {
    let mut seen: Vec<&str> = Vec::new();
    let mut previous: Option<&str> = None;
    for part in parts {
        let Part::Variable(name) = part else {
            previous = None;
            continue;
        };
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(UriTemplateError::NotAVariable(name.clone()));
        }
        if let Some(previous) = previous {
            return Err(UriTemplateError::Adjacent(previous.to_owned(), name.clone()));
        }
        if seen.contains(&name.as_str()) {
            return Err(UriTemplateError::Repeated(name.clone()));
        }
        seen.push(name);
        previous = Some(name);
    }
    Ok(())
}

fn starts_with_scheme(literal: &str) -> bool {
    let Some((scheme, _)) = literal.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

#[cfg(test)]
mod tests;
