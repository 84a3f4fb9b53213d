//! The protocol revisions, the two eras, and which revision knows which field.
//!
//! Must not live here: how a message's era is found (see `mcp::era`) and the writing of fields.

/// The two forms of the protocol (specification, *Versioning and Compatibility*, terminology).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Era {
    /// 2024-11-05 to 2025-11-25: an `initialize` handshake opens a session.
    Legacy,
    /// 2026-07-28 and later: each request carries its version and the client's capabilities.
    Modern,
}

/// A published revision of the protocol, ordered by date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// 2024-11-05, the first revision.
    V2024_11_05,
    /// 2025-03-26: Streamable HTTP, and the only revision with JSON-RPC batches.
    V2025_03_26,
    /// 2025-06-18: structured output, `MCP-Protocol-Version`.
    V2025_06_18,
    /// 2025-11-25: icons, resumable server-closed streams.
    V2025_11_25,
    /// 2026-07-28: stateless, the first modern revision.
    V2026_07_28,
}

impl ProtocolVersion {
    /// Every revision this server speaks, newest first.
    pub const ALL: [Self; 5] = [
        Self::V2026_07_28,
        Self::V2025_11_25,
        Self::V2025_06_18,
        Self::V2025_03_26,
        Self::V2024_11_05,
    ];

    /// The newest revision that has a handshake; the answer to an `initialize` that asks for an unknown one.
    pub const LATEST_LEGACY: Self = Self::V2025_11_25;

    /// The modern revision.
    pub const MODERN: Self = Self::V2026_07_28;

    /// What a legacy request without `MCP-Protocol-Version` and without a session speaks
    /// (specification 2025-11-25, *Transports*, protocol version header).
    pub const WITHOUT_HEADER: Self = Self::V2025_03_26;

    /// The revision as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// Reads a revision; `None` when this server does not know it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == text)
    }

    /// The era the revision belongs to.
    pub const fn era(self) -> Era {
        match self {
            Self::V2024_11_05 | Self::V2025_03_26 | Self::V2025_06_18 | Self::V2025_11_25 => Era::Legacy,
            Self::V2026_07_28 => Era::Modern,
        }
    }

    /// The version to answer an `initialize` with: the one asked for if it has a handshake, otherwise
    /// [`Self::LATEST_LEGACY`]. Never a modern one.
    pub fn negotiate(requested: &str) -> Self {
        Self::parse(requested)
            .filter(|version| version.era() == Era::Legacy)
            .unwrap_or(Self::LATEST_LEGACY)
    }

    /// Whether the revision defines `feature`.
    pub fn knows(self, feature: Feature) -> bool {
        self >= feature.since()
    }
}

/// Something that a revision added and that an older peer must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `annotations` of a tool.
    ToolAnnotations,
    /// Content of type `audio`.
    AudioContent,
    /// `message` in `notifications/progress`.
    ProgressMessage,
    /// The `completions` server capability.
    CompletionsCapability,
    /// `title` of tools, resources, prompts, arguments and implementations.
    Titles,
    /// `structuredContent` of a tool result and `outputSchema` of a tool.
    StructuredOutput,
    /// Content of type `resource_link`.
    ResourceLinks,
    /// `_meta` of tools, resources and prompts.
    DescriptorMetadata,
    /// `lastModified` among annotations.
    LastModified,
    /// `icons`.
    Icons,
    /// `description` and `websiteUrl` of an implementation.
    ImplementationDetails,
    /// The event with an identifier and empty data that opens a resumable stream. Older clients fail to parse
    /// it.
    PrimingEvent,
    /// `resultType`, caching hints and `serverInfo` in the `_meta` of each result.
    ResultEnvelope,
    /// `extensions` among capabilities.
    Extensions,
}

impl Feature {
    /// The first revision that defines the feature.
    pub const fn since(self) -> ProtocolVersion {
        match self {
            Self::ToolAnnotations
            | Self::AudioContent
            | Self::ProgressMessage
            | Self::CompletionsCapability => ProtocolVersion::V2025_03_26,
            Self::Titles
            | Self::StructuredOutput
            | Self::ResourceLinks
            | Self::DescriptorMetadata
            | Self::LastModified => ProtocolVersion::V2025_06_18,
            Self::Icons | Self::ImplementationDetails | Self::PrimingEvent => ProtocolVersion::V2025_11_25,
            Self::ResultEnvelope | Self::Extensions => ProtocolVersion::V2026_07_28,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_reads_back_as_it_is_written() {
        for version in ProtocolVersion::ALL {
            assert_eq!(ProtocolVersion::parse(version.as_str()), Some(version));
        }
        for unknown in ["", "2024-10-07", "2026-07-28 ", "v999.0.0", "2025-6-18"] {
            assert_eq!(ProtocolVersion::parse(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn versions_are_ordered_by_date() {
        let mut oldest_first = ProtocolVersion::ALL;
        oldest_first.sort();
        let written: Vec<_> = oldest_first.iter().map(|version| version.as_str()).collect();
        assert_eq!(
            written,
            [
                "2024-11-05",
                "2025-03-26",
                "2025-06-18",
                "2025-11-25",
                "2026-07-28"
            ]
        );
    }

    #[test]
    fn the_handshake_never_answers_with_a_modern_version() {
        for (requested, answered) in [
            ("2024-11-05", "2024-11-05"),
            ("2025-03-26", "2025-03-26"),
            ("2025-06-18", "2025-06-18"),
            ("2025-11-25", "2025-11-25"),
            ("2026-07-28", "2025-11-25"),
            ("2024-10-07", "2025-11-25"),
            ("", "2025-11-25"),
        ] {
            assert_eq!(
                ProtocolVersion::negotiate(requested).as_str(),
                answered,
                "{requested:?}"
            );
        }
    }

    #[test]
    fn each_feature_begins_with_its_revision() {
        for (feature, first) in [
            (Feature::ToolAnnotations, "2025-03-26"),
            (Feature::AudioContent, "2025-03-26"),
            (Feature::ProgressMessage, "2025-03-26"),
            (Feature::CompletionsCapability, "2025-03-26"),
            (Feature::Titles, "2025-06-18"),
            (Feature::StructuredOutput, "2025-06-18"),
            (Feature::ResourceLinks, "2025-06-18"),
            (Feature::DescriptorMetadata, "2025-06-18"),
            (Feature::LastModified, "2025-06-18"),
            (Feature::Icons, "2025-11-25"),
            (Feature::ImplementationDetails, "2025-11-25"),
            (Feature::PrimingEvent, "2025-11-25"),
            (Feature::ResultEnvelope, "2026-07-28"),
            (Feature::Extensions, "2026-07-28"),
        ] {
            let knowing = ProtocolVersion::ALL
                .into_iter()
                .filter(|version| version.knows(feature))
                .min();
            assert_eq!(knowing.map(ProtocolVersion::as_str), Some(first), "{feature:?}");
        }
    }
}
