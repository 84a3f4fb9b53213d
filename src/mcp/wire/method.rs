//! The request methods that this server has types for, and the revisions that have them.
//!
//! Must not live here: notifications (see `params::notification`) and what a method does.

use super::version::Era;

/// A request method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `initialize`, legacy only.
    Initialize,
    /// `ping`, legacy only.
    Ping,
    /// `server/discover`, modern only.
    ServerDiscover,
    /// `tools/list`.
    ToolsList,
    /// `tools/call`.
    ToolsCall,
    /// `resources/list`.
    ResourcesList,
    /// `resources/templates/list`.
    ResourcesTemplatesList,
    /// `resources/read`.
    ResourcesRead,
    /// `resources/subscribe`, legacy only.
    ResourcesSubscribe,
    /// `resources/unsubscribe`, legacy only.
    ResourcesUnsubscribe,
    /// `prompts/list`.
    PromptsList,
    /// `prompts/get`.
    PromptsGet,
    /// `completion/complete`.
    CompletionComplete,
    /// `logging/setLevel`, legacy only.
    LoggingSetLevel,
    /// `subscriptions/listen`, modern only.
    SubscriptionsListen,
}

/// The parameter that `Mcp-Name` mirrors (specification 2026-07-28, *Streamable HTTP*, standard request
/// headers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameSource {
    /// `params.name`.
    Name,
    /// `params.uri`.
    Uri,
}

impl Method {
    /// Every method, in the order of the enum.
    pub const ALL: [Self; 15] = [
        Self::Initialize,
        Self::Ping,
        Self::ServerDiscover,
        Self::ToolsList,
        Self::ToolsCall,
        Self::ResourcesList,
        Self::ResourcesTemplatesList,
        Self::ResourcesRead,
        Self::ResourcesSubscribe,
        Self::ResourcesUnsubscribe,
        Self::PromptsList,
        Self::PromptsGet,
        Self::CompletionComplete,
        Self::LoggingSetLevel,
        Self::SubscriptionsListen,
    ];

    /// The method as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Ping => "ping",
            Self::ServerDiscover => "server/discover",
            Self::ToolsList => "tools/list",
            Self::ToolsCall => "tools/call",
            Self::ResourcesList => "resources/list",
            Self::ResourcesTemplatesList => "resources/templates/list",
            Self::ResourcesRead => "resources/read",
            Self::ResourcesSubscribe => "resources/subscribe",
            Self::ResourcesUnsubscribe => "resources/unsubscribe",
            Self::PromptsList => "prompts/list",
            Self::PromptsGet => "prompts/get",
            Self::CompletionComplete => "completion/complete",
            Self::LoggingSetLevel => "logging/setLevel",
            Self::SubscriptionsListen => "subscriptions/listen",
        }
    }

    /// Reads a method; case-sensitive.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// Whether the era defines the method.
    pub const fn exists_in(self, era: Era) -> bool {
        match self {
            Self::Initialize
            | Self::Ping
            | Self::ResourcesSubscribe
            | Self::ResourcesUnsubscribe
            | Self::LoggingSetLevel => matches!(era, Era::Legacy),
            Self::ServerDiscover | Self::SubscriptionsListen => matches!(era, Era::Modern),
            Self::ToolsList
            | Self::ToolsCall
            | Self::ResourcesList
            | Self::ResourcesTemplatesList
            | Self::ResourcesRead
            | Self::PromptsList
            | Self::PromptsGet
            | Self::CompletionComplete => true,
        }
    }

    /// The parameter that the `Mcp-Name` header must repeat, for the methods that require the header.
    pub const fn name_source(self) -> Option<NameSource> {
        match self {
            Self::ToolsCall | Self::PromptsGet => Some(NameSource::Name),
            Self::ResourcesRead => Some(NameSource::Uri),
            Self::Initialize
            | Self::Ping
            | Self::ServerDiscover
            | Self::ToolsList
            | Self::ResourcesList
            | Self::ResourcesTemplatesList
            | Self::ResourcesSubscribe
            | Self::ResourcesUnsubscribe
            | Self::PromptsList
            | Self::CompletionComplete
            | Self::LoggingSetLevel
            | Self::SubscriptionsListen => None,
        }
    }
}

/// The methods a server answers. A method whose capability is not advertised is unknown to the client's eyes,
/// so it is left out here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodSet(u32);

impl MethodSet {
    /// Every method there are types for.
    pub const ALL: Self = Self::of(&Method::ALL);

    /// The set of `methods`.
    pub const fn of(methods: &[Method]) -> Self {
        let mut bits = 0;
        let mut rest = methods;
        while let [method, tail @ ..] = rest {
            bits |= 1 << *method as u32;
            rest = tail;
        }
        Self(bits)
    }

    /// The set without `methods`.
    #[must_use]
    pub const fn without(self, methods: &[Method]) -> Self {
        Self(self.0 & !Self::of(methods).0)
    }

    /// Whether the set has `method`.
    pub const fn contains(self, method: Method) -> bool {
        self.0 & (1 << method as u32) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_reads_back_as_it_is_written() {
        for method in Method::ALL {
            assert_eq!(Method::parse(method.as_str()), Some(method));
            assert!(MethodSet::ALL.contains(method));
        }
        assert_eq!(Method::parse("TOOLS/LIST"), None);
        assert_eq!(Method::parse("tools/list "), None);
    }

    #[test]
    fn each_era_has_its_own_methods() {
        let only = |era, other| {
            let methods = Method::ALL
                .into_iter()
                .filter(|m| m.exists_in(era) && !m.exists_in(other));
            methods.map(Method::as_str).collect::<Vec<_>>()
        };
        assert_eq!(
            only(Era::Legacy, Era::Modern),
            [
                "initialize",
                "ping",
                "resources/subscribe",
                "resources/unsubscribe",
                "logging/setLevel"
            ]
        );
        assert_eq!(
            only(Era::Modern, Era::Legacy),
            ["server/discover", "subscriptions/listen"]
        );
    }

    #[test]
    fn a_set_is_what_it_was_made_of() {
        let set = MethodSet::ALL.without(&[Method::PromptsList, Method::PromptsGet]);
        assert!(!set.contains(Method::PromptsList));
        assert!(!set.contains(Method::PromptsGet));
        assert!(set.contains(Method::ToolsCall));
        assert!(!MethodSet::of(&[Method::Ping]).contains(Method::Initialize));
    }
}
