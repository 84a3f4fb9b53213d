//! What a client says it can do, and what a server needs of it.
//!
//! Must not live here: the server's own capabilities (see `result::lifecycle`) and which tool needs what.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{ObjectWriter, write_object, write_string};
use super::object::{Field, InvalidParams, Object};

/// How many extensions of a client are remembered; what comes after is read and forgotten.
const MAX_EXTENSIONS: usize = 64;

/// Capabilities of a client: what one declares in `initialize` or with each modern request, and also what a
/// server requires (`data.requiredCapabilities` has the same form).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCapabilities {
    /// The client lists roots.
    pub roots: bool,
    /// The client samples from a model.
    pub sampling: Option<SamplingCapability>,
    /// The client asks its user.
    pub elicitation: Option<ElicitationCapability>,
    /// Extensions by identifier, such as `io.modelcontextprotocol/tasks`.
    pub extensions: Vec<String>,
}

/// Parts of the sampling capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SamplingCapability {
    /// `tools` and `toolChoice` may be used.
    pub tools: bool,
    /// `includeContext` may be used.
    pub context: bool,
}

/// Modes of the elicitation capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ElicitationCapability {
    /// Form mode. An empty declaration means this mode alone.
    pub form: bool,
    /// URL mode.
    pub url: bool,
}

impl ClientCapabilities {
    /// Reads a declaration; unknown capabilities are ignored.
    pub(crate) fn read(path: &'static str, value: &RawValue) -> Result<Self, InvalidParams> {
        let declared = Object::read(path, value)?;
        let sampling = declared.optional_object(Field::Sampling, "capabilities.sampling")?;
        let elicitation = declared.optional_object(Field::Elicitation, "capabilities.elicitation")?;
        Ok(Self {
            roots: declared.optional_raw_object(Field::Roots)?.is_some(),
            sampling: sampling.map(|sampling| SamplingCapability {
                tools: sampling.has(Field::Tools),
                context: sampling.has(Field::Context),
            }),
            elicitation: elicitation.map(|modes| ElicitationCapability {
                form: modes.has(Field::Form) || !modes.has(Field::Url),
                url: modes.has(Field::Url),
            }),
            extensions: declared
                .optional(Field::Extensions, "an object", |value| {
                    serde_json::from_str(value.get()).ok().map(|Names(names)| names)
                })?
                .unwrap_or_default(),
        })
    }

    /// What `self` requires and `declared` does not have; `None` when nothing is missing.
    pub fn missing_from(&self, declared: &Self) -> Option<Self> {
        let missing = Self {
            roots: self.roots && !declared.roots,
            sampling: self.sampling.filter(|required| {
                declared
                    .sampling
                    .is_none_or(|has| (required.tools && !has.tools) || (required.context && !has.context))
            }),
            elicitation: self.elicitation.filter(|required| {
                declared
                    .elicitation
                    .is_none_or(|has| (required.form && !has.form) || (required.url && !has.url))
            }),
            extensions: self
                .extensions
                .iter()
                .filter(|required| !declared.extensions.contains(required))
                .cloned()
                .collect(),
        };
        (missing != Self::default()).then_some(missing)
    }

    /// Appends the capabilities as a `ClientCapabilities` object.
    pub fn write(&self, out: &mut Vec<u8>) {
        write_object(out, |object| {
            if self.roots {
                object.object("roots", |_| {});
            }
            if let Some(sampling) = self.sampling {
                object.object("sampling", |parts| {
                    write_part(parts, "tools", sampling.tools);
                    write_part(parts, "context", sampling.context);
                });
            }
            if let Some(modes) = self.elicitation {
                object.object("elicitation", |parts| {
                    write_part(parts, "form", modes.form);
                    write_part(parts, "url", modes.url);
                });
            }
            if !self.extensions.is_empty() {
                object.value("extensions", |out| write_extensions(out, &self.extensions));
            }
        });
    }
}

fn write_part(object: &mut ObjectWriter<'_>, name: &'static str, present: bool) {
    if present {
        object.object(name, |_| {});
    }
}

/// Identifiers come from outside and are escaped, unlike the names an [`ObjectWriter`] writes.
fn write_extensions(out: &mut Vec<u8>, identifiers: &[String]) {
    out.push(b'{');
    for (index, identifier) in identifiers.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(out, identifier.as_bytes());
        out.extend_from_slice(b":{}");
    }
    out.push(b'}');
}

/// The member names of an object.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CollectNames;
        impl<'de> Visitor<'de> for CollectNames {
            type Value = Names;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while names.len() < MAX_EXTENSIONS
                    && let Some((name, _)) = map.next_entry::<String, IgnoredAny>()?
                {
                    names.push(name);
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(CollectNames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ClientCapabilities, InvalidParams> {
        ClientCapabilities::read("params.capabilities", serde_json::from_str(json).unwrap())
    }

    fn written(capabilities: &ClientCapabilities) -> String {
        let mut out = Vec::new();
        capabilities.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_declaration_reads_back() {
        for json in [
            "{}",
            r#"{"roots":{}}"#,
            r#"{"sampling":{}}"#,
            r#"{"sampling":{"tools":{},"context":{}}}"#,
            r#"{"elicitation":{"form":{}}}"#,
            r#"{"elicitation":{"form":{},"url":{}}}"#,
            r#"{"elicitation":{"url":{}}}"#,
            r#"{"extensions":{"io.modelcontextprotocol/tasks":{},"a\"b":{}}}"#,
        ] {
            assert_eq!(written(&read(json).unwrap()), json);
        }
    }

    #[test]
    fn an_empty_elicitation_capability_means_form_mode() {
        let form_only = ElicitationCapability {
            form: true,
            url: false,
        };
        assert_eq!(
            read(r#"{"elicitation":{}}"#).unwrap().elicitation,
            Some(form_only)
        );
    }

    #[test]
    fn unknown_and_null_capabilities_are_ignored_and_wrong_ones_named() {
        let declared = read(r#"{"experimental":{"x":{}},"tasks":{},"sampling":null}"#).unwrap();
        assert_eq!(declared, ClientCapabilities::default());
        assert_eq!(
            read(r#"{"roots":true}"#).unwrap_err().to_string(),
            "params.capabilities.roots: must be an object"
        );
        assert_eq!(
            read(r#"{"sampling":1}"#).unwrap_err().to_string(),
            "capabilities.sampling: must be an object"
        );
    }

    #[test]
    fn what_is_missing_is_what_was_required() {
        let all = r#"{"roots":{},"sampling":{"tools":{}},"elicitation":{"url":{}},"extensions":{"a/b":{}}}"#;
        for (declared, required, missing) in [
            ("{}", "{}", None),
            (all, all, None),
            ("{}", r#"{"sampling":{}}"#, Some(r#"{"sampling":{}}"#)),
            (
                r#"{"sampling":{}}"#,
                r#"{"sampling":{"tools":{}}}"#,
                Some(r#"{"sampling":{"tools":{}}}"#),
            ),
            (
                r#"{"elicitation":{}}"#,
                r#"{"elicitation":{"url":{}},"roots":{}}"#,
                Some(r#"{"roots":{},"elicitation":{"url":{}}}"#),
            ),
            (
                r#"{"extensions":{"a/b":{}}}"#,
                r#"{"extensions":{"a/b":{},"c/d":{}}}"#,
                Some(r#"{"extensions":{"c/d":{}}}"#),
            ),
        ] {
            let found = read(required).unwrap().missing_from(&read(declared).unwrap());
            assert_eq!(
                found.as_ref().map(written).as_deref(),
                missing,
                "{required} of {declared}"
            );
        }
    }

    #[test]
    fn only_so_many_extensions_are_remembered() {
        let many: Vec<_> = (0..MAX_EXTENSIONS + 10)
            .map(|n| format!(r#""x/{n}":{{}}"#))
            .collect();
        let declared = read(&format!(r#"{{"extensions":{{{}}}}}"#, many.join(","))).unwrap();
        assert_eq!(declared.extensions.len(), MAX_EXTENSIONS);
    }
}
