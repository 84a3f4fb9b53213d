//! Which era a message belongs to, judged by the message itself and never by the URL, so that both live on
//! one endpoint.
//!
//! Must not live here: what the era then requires (see `admission`).

use super::wire::{Era, Method, ProtocolVersion};

/// What the choice rests on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'e> {
    /// The method of a request or notification.
    pub method: Option<&'e str>,
    /// The era that the message's own `_meta` speaks for, if it has one of the modern keys.
    pub metadata: Option<Era>,
    /// `MCP-Protocol-Version`.
    pub version_header: Option<&'e str>,
}

/// Chooses the era (specification 2026-07-28, *Versioning and Compatibility*, backward compatibility).
///
/// * `initialize` opens a legacy session unless its own metadata is modern: the header of a client that falls
///   back may still name the version it tried first.
/// * `server/discover` exists only in the modern era.
/// * Otherwise modern metadata or the modern version header make a message modern. When the two disagree it
///   is modern too, so that the disagreement is answered as a header mismatch.
pub fn choose(evidence: Evidence<'_>) -> Era {
    let modern_metadata = evidence.metadata == Some(Era::Modern);
    match evidence.method.and_then(Method::parse) {
        Some(Method::Initialize) if !modern_metadata => Era::Legacy,
        Some(Method::ServerDiscover) => Era::Modern,
        _ if modern_metadata || evidence.version_header == Some(ProtocolVersion::MODERN.as_str()) => {
            Era::Modern
        }
        _ => Era::Legacy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_message_decides() {
        use Era::{Legacy, Modern};
        for (method, metadata, version_header, expected) in [
            ("initialize", None, None, Legacy),
            ("initialize", None, Some("2025-11-25"), Legacy),
            ("initialize", None, Some("2026-07-28"), Legacy),
            ("initialize", Some(Modern), None, Modern),
            ("initialize", Some(Legacy), Some("2026-07-28"), Legacy),
            ("server/discover", None, None, Modern),
            ("server/discover", None, Some("2025-11-25"), Modern),
            ("server/discover", None, Some("2026-07-28"), Modern),
            ("tools/list", None, None, Legacy),
            ("tools/list", None, Some("2025-06-18"), Legacy),
            ("tools/list", None, Some("v999.0.0"), Legacy),
            ("tools/list", None, Some("2026-07-28"), Modern),
            ("tools/list", Some(Modern), None, Modern),
            ("tools/list", Some(Modern), Some("2025-11-25"), Modern),
            ("tools/list", Some(Legacy), None, Legacy),
            ("tools/list", Some(Legacy), Some("2025-11-25"), Legacy),
            ("tools/list", Some(Legacy), Some("2026-07-28"), Modern),
            ("ping", Some(Modern), Some("2026-07-28"), Modern),
            ("unknown/method", None, None, Legacy),
            ("notifications/cancelled", None, Some("2026-07-28"), Modern),
        ] {
            let evidence = Evidence {
                method: Some(method),
                metadata,
                version_header,
            };
            assert_eq!(choose(evidence), expected, "{evidence:?}");
        }
        assert_eq!(
            choose(Evidence::default()),
            Legacy,
            "a response belongs to a session"
        );
        let response = Evidence {
            version_header: Some("2026-07-28"),
            ..Evidence::default()
        };
        assert_eq!(choose(response), Modern);
    }
}
