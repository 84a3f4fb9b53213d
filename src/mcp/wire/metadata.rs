//! The `_meta` of a request: who asks, in which version, with which wishes.
//!
//! Must not live here: what follows from it (see `mcp::era` and `mcp::admission`), and the parsing of trace
//! contexts, which is telemetry's.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::capability::ClientCapabilities;
use super::id::ProgressToken;
use super::log_level::LogLevel;
use super::object::{Field, InvalidParams, Object};
use super::raw;
use super::version::{Era, ProtocolVersion};

const PATH: &str = "params._meta";

/// The metadata of one request, parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestMetadata<'a> {
    /// `progressToken`: the client wants `notifications/progress` with this token.
    pub progress_token: Option<ProgressToken>,
    /// `io.modelcontextprotocol/protocolVersion`; present in every admitted modern request.
    pub protocol_version: Option<Cow<'a, str>>,
    /// `io.modelcontextprotocol/clientCapabilities`; present in every admitted modern request.
    pub client_capabilities: Option<ClientCapabilities>,
    /// `io.modelcontextprotocol/clientInfo`: for display only, nobody vouches for it.
    pub client_info: Option<ClientInfo<'a>>,
    /// `io.modelcontextprotocol/logLevel`: the client wants log messages of this severity and above.
    pub log_level: Option<LogLevel>,
    /// W3C Trace Context, as text. `None` also when it is not a string: a broken trace never breaks a call.
    pub trace_parent: Option<Cow<'a, str>>,
    /// W3C Trace Context, as text.
    pub trace_state: Option<Cow<'a, str>>,
    /// W3C Baggage, as text.
    pub baggage: Option<Cow<'a, str>>,
}

/// A client's description of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo<'a> {
    /// The program's name.
    pub name: Cow<'a, str>,
    /// The program's version.
    pub version: Cow<'a, str>,
    /// A name for people.
    pub title: Option<Cow<'a, str>>,
}

impl<'a> ClientInfo<'a> {
    /// Reads an `Implementation` as far as it is used.
    pub(crate) fn read(object: &Object<'a>) -> Result<Self, InvalidParams> {
        Ok(Self {
            name: object.string(Field::Name)?,
            version: object.string(Field::Version)?,
            title: object.optional_string(Field::Title)?,
        })
    }
}

impl<'a> RequestMetadata<'a> {
    /// Reads the metadata of a legacy request: the modern keys have no meaning there and are not looked at.
    pub(crate) fn read_legacy(metadata: &Object<'a>) -> Result<Self, InvalidParams> {
        let text = |field| metadata.get(field).and_then(raw::string);
        Ok(Self {
            progress_token: metadata.optional(
                Field::ProgressToken,
                "a string or an integer",
                ProgressToken::from_raw,
            )?,
            trace_parent: text(Field::TraceParent),
            trace_state: text(Field::TraceState),
            baggage: text(Field::Baggage),
            ..Self::default()
        })
    }

    /// Reads the metadata of a modern request, of which the version and the capabilities are required.
    pub(crate) fn read_modern(metadata: &Object<'a>) -> Result<Self, InvalidParams> {
        let capabilities: &RawValue =
            metadata.required(Field::ModernClientCapabilities, "an object", Some)?;
        let client_info = metadata.optional_object(
            Field::ModernClientInfo,
            "params._meta.io.modelcontextprotocol/clientInfo",
        )?;
        Ok(Self {
            protocol_version: Some(metadata.string(Field::ModernProtocolVersion)?),
            client_capabilities: Some(ClientCapabilities::read(
                "params._meta.io.modelcontextprotocol/clientCapabilities",
                capabilities,
            )?),
            client_info: client_info.as_ref().map(ClientInfo::read).transpose()?,
            log_level: metadata.optional(Field::ModernLogLevel, LogLevel::ACCEPTED, |value| {
                raw::string(value).and_then(|text| LogLevel::parse(&text))
            })?,
            ..Self::read_legacy(metadata)?
        })
    }
}

/// Collects the `_meta` of `params` without judging it.
pub(crate) fn collect<'a>(params: &Object<'a>) -> Result<Object<'a>, InvalidParams> {
    Ok(params
        .optional_object(Field::Metadata, PATH)?
        .unwrap_or(Object::empty(PATH)))
}

/// The era that the metadata speaks for; `None` when it has no modern key.
///
/// A modern key next to a known *legacy* version does not make a request modern: those versions have no
/// stateless form.
pub(crate) fn era(metadata: &Object<'_>) -> Option<Era> {
    let stated = metadata.get(Field::ModernProtocolVersion).and_then(raw::string);
    if let Some(version) = stated.as_deref().and_then(ProtocolVersion::parse) {
        return Some(version.era());
    }
    let modern = [
        Field::ModernProtocolVersion,
        Field::ModernClientCapabilities,
        Field::ModernClientInfo,
        Field::ModernLogLevel,
    ];
    modern
        .into_iter()
        .any(|key| metadata.has(key))
        .then_some(Era::Modern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<RequestMetadata<'_>, InvalidParams> {
        RequestMetadata::read_modern(&Object::read(PATH, serde_json::from_str(json).unwrap())?)
    }

    fn era_of(json: &str) -> Option<Era> {
        era(&Object::read(PATH, serde_json::from_str(json).unwrap()).unwrap())
    }

    #[test]
    fn every_key_is_read_once() {
        let metadata = read(
            r#"{"progressToken":"p","io.modelcontextprotocol/protocolVersion":"2026-07-28",
                "io.modelcontextprotocol/clientCapabilities":{"roots":{}},
                "io.modelcontextprotocol/clientInfo":{"name":"n","version":"1"},
                "io.modelcontextprotocol/logLevel":"warning",
                "traceparent":"00-1-2-01","tracestate":"a=b","baggage":"c=d","other":{}}"#,
        )
        .unwrap();
        assert_eq!(metadata.protocol_version.as_deref(), Some("2026-07-28"));
        assert!(metadata.client_capabilities.unwrap().roots);
        assert_eq!(metadata.client_info.unwrap().name, "n");
        assert_eq!(metadata.log_level, Some(LogLevel::Warning));
        assert!(metadata.progress_token.is_some());
        assert_eq!(metadata.trace_parent.as_deref(), Some("00-1-2-01"));
        assert_eq!(metadata.trace_state.as_deref(), Some("a=b"));
        assert_eq!(metadata.baggage.as_deref(), Some("c=d"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let version = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#;
        let capabilities = r#""io.modelcontextprotocol/clientCapabilities":{}"#;
        for (json, field) in [
            (
                "{}".to_owned(),
                "io.modelcontextprotocol/clientCapabilities: missing",
            ),
            (
                format!("{{{version}}}"),
                "io.modelcontextprotocol/clientCapabilities: missing",
            ),
            (
                format!("{{{capabilities}}}"),
                "io.modelcontextprotocol/protocolVersion: missing",
            ),
            (
                format!(r#"{{{version},"io.modelcontextprotocol/clientCapabilities":[]}}"#),
                "io.modelcontextprotocol/clientCapabilities: must be an object",
            ),
            (
                format!(r#"{{{version},{capabilities},"io.modelcontextprotocol/logLevel":"loud"}}"#),
                "io.modelcontextprotocol/logLevel: must be one of debug, info,",
            ),
            (
                format!(
                    r#"{{{version},{capabilities},"io.modelcontextprotocol/clientInfo":{{"name":"n"}}}}"#
                ),
                "io.modelcontextprotocol/clientInfo.version: missing",
            ),
            (
                format!(r#"{{{version},{capabilities},"progressToken":1.5}}"#),
                "progressToken: must be a string or an integer",
            ),
        ] {
            let problem = read(&json).unwrap_err().to_string();
            assert!(problem.contains(field), "{problem:?} should name {field:?}");
        }
    }

    #[test]
    fn a_broken_trace_context_is_ignored() {
        let metadata = RequestMetadata::read_legacy(
            &Object::read(PATH, serde_json::from_str(r#"{"traceparent":5}"#).unwrap()).unwrap(),
        );
        assert_eq!(metadata, Ok(RequestMetadata::default()));
    }

    #[test]
    fn modern_keys_speak_for_the_modern_era() {
        for (json, expected) in [
            ("{}", None),
            (r#"{"progressToken":1}"#, None),
            (r#"{"io.modelcontextprotocol/related-task":{}}"#, None),
            (
                r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#,
                Some(Era::Modern),
            ),
            (
                r#"{"io.modelcontextprotocol/protocolVersion":"v999.0.0"}"#,
                Some(Era::Modern),
            ),
            (
                r#"{"io.modelcontextprotocol/protocolVersion":7}"#,
                Some(Era::Modern),
            ),
            (
                r#"{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}"#,
                Some(Era::Legacy),
            ),
            (
                r#"{"io.modelcontextprotocol/clientCapabilities":{}}"#,
                Some(Era::Modern),
            ),
            (r#"{"io.modelcontextprotocol/clientInfo":{}}"#, Some(Era::Modern)),
            (
                r#"{"io.modelcontextprotocol/logLevel":"info"}"#,
                Some(Era::Modern),
            ),
        ] {
            assert_eq!(era_of(json), expected, "{json}");
        }
    }
}
