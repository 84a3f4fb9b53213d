//! Notifications to a client. Must not live here: when they may be sent.

use std::borrow::Cow;

use super::id::{ProgressToken, RequestId};
use super::json::{EncodedJson, ObjectWriter, write_object};
use super::log_level::LogLevel;
use super::params::SubscriptionFilter;
use super::version::{Era, Feature, ProtocolVersion};

/// A notification to a client.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerNotification<'a> {
    /// How far a request has come; `progress` must grow from one to the next.
    Progress {
        /// The token the client gave.
        token: &'a ProgressToken,
        /// How far.
        progress: f64,
        /// Of how much.
        total: Option<f64>,
        /// In words (since 2025-03-26).
        message: Option<Cow<'a, str>>,
    },
    /// A log message.
    Message {
        /// How severe.
        level: LogLevel,
        /// Where from.
        logger: Option<Cow<'a, str>>,
        /// What.
        data: EncodedJson<'a>,
    },
    /// The tool list changed.
    ToolsListChanged,
    /// The prompt list changed.
    PromptsListChanged,
    /// The resource list changed.
    ResourcesListChanged,
    /// A resource changed.
    ResourceUpdated {
        /// Which.
        uri: Cow<'a, str>,
    },
    /// A subscription was granted; the first message of its stream.
    SubscriptionsAcknowledged {
        /// What of the request is granted.
        granted: &'a SubscriptionFilter,
    },
    /// A request that this server sent is no longer of interest.
    Cancelled {
        /// Which.
        request: &'a RequestId,
        /// Why.
        reason: Option<Cow<'a, str>>,
    },
}

impl ServerNotification<'_> {
    /// The method as it is written on the wire.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Progress { .. } => "notifications/progress",
            Self::Message { .. } => "notifications/message",
            Self::ToolsListChanged => "notifications/tools/list_changed",
            Self::PromptsListChanged => "notifications/prompts/list_changed",
            Self::ResourcesListChanged => "notifications/resources/list_changed",
            Self::ResourceUpdated { .. } => "notifications/resources/updated",
            Self::SubscriptionsAcknowledged { .. } => "notifications/subscriptions/acknowledged",
            Self::Cancelled { .. } => "notifications/cancelled",
        }
    }

    /// The message. `subscription` is the listen request on whose stream it is sent; legacy peers are not
    /// told of it.
    pub fn encode(&self, version: ProtocolVersion, subscription: Option<&RequestId>) -> Vec<u8> {
        let subscription = subscription.filter(|_| version.era() == Era::Modern);
        let mut out = Vec::with_capacity(256);
        write_object(&mut out, |message| {
            message.string("jsonrpc", "2.0");
            message.string("method", self.method());
            if subscription.is_some() || self.has_params() {
                message.object("params", |params| {
                    if let Some(request) = subscription {
                        params.object("_meta", |metadata| {
                            metadata
                                .value("io.modelcontextprotocol/subscriptionId", |out| request.write(out));
                        });
                    }
                    self.write_params(version, params);
                });
            }
        });
        out
    }

    const fn has_params(&self) -> bool {
        !matches!(
            self,
            Self::ToolsListChanged | Self::PromptsListChanged | Self::ResourcesListChanged
        )
    }

    fn write_params(&self, version: ProtocolVersion, params: &mut ObjectWriter<'_>) {
        match self {
            Self::Progress {
                token,
                progress,
                total,
                message,
            } => {
                params.value("progressToken", |out| token.write(out));
                params.number("progress", *progress);
                if let Some(total) = total {
                    params.number("total", *total);
                }
                if version.knows(Feature::ProgressMessage) {
                    params.optional_string("message", message.as_deref());
                }
            }
            Self::Message { level, logger, data } => {
                params.string("level", level.as_str());
                params.optional_string("logger", logger.as_deref());
                params.raw("data", data.as_bytes());
            }
            Self::ToolsListChanged | Self::PromptsListChanged | Self::ResourcesListChanged => {}
            Self::ResourceUpdated { uri } => params.string("uri", uri),
            Self::SubscriptionsAcknowledged { granted } => {
                params.object("notifications", |filter| granted.write_members(filter));
            }
            Self::Cancelled { request, reason } => {
                params.value("requestId", |out| request.write(out));
                params.optional_string("reason", reason.as_deref());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(
        notification: &ServerNotification<'_>,
        version: &str,
        subscription: Option<&RequestId>,
    ) -> String {
        let version = ProtocolVersion::parse(version).unwrap();
        String::from_utf8(notification.encode(version, subscription)).unwrap()
    }

    #[test]
    fn progress_has_a_message_since_2025_03_26() {
        let token = ProgressToken::from_raw(serde_json::from_str("\"t\"").unwrap()).unwrap();
        let progress = ServerNotification::Progress {
            token: &token,
            progress: 50.0,
            total: Some(100.0),
            message: Some("half".into()),
        };
        let head = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":50,"#;
        assert_eq!(
            written(&progress, "2024-11-05", None),
            format!(r#"{head}"total":100}}}}"#)
        );
        assert_eq!(
            written(&progress, "2025-03-26", None),
            format!(r#"{head}"total":100,"message":"half"}}}}"#)
        );
    }

    #[test]
    fn a_stream_of_a_subscription_says_so_in_the_modern_era() {
        let listen = RequestId::Integer(1);
        for (notification, version, expected) in [
            (
                ServerNotification::ToolsListChanged,
                "2025-11-25",
                r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#,
            ),
            (
                ServerNotification::ToolsListChanged,
                "2026-07-28",
                concat!(
                    r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":"#,
                    r#"{"io.modelcontextprotocol/subscriptionId":1}}}"#
                ),
            ),
            (
                ServerNotification::ResourceUpdated { uri: "a://b".into() },
                "2026-07-28",
                concat!(
                    r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"_meta":"#,
                    r#"{"io.modelcontextprotocol/subscriptionId":1},"uri":"a://b"}}"#
                ),
            ),
            (
                ServerNotification::SubscriptionsAcknowledged {
                    granted: &SubscriptionFilter {
                        tools_list_changed: true,
                        resource_subscriptions: vec!["a://b".to_owned()],
                        ..SubscriptionFilter::default()
                    },
                },
                "2026-07-28",
                concat!(
                    r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":"#,
                    r#"{"io.modelcontextprotocol/subscriptionId":1},"notifications":"#,
                    r#"{"toolsListChanged":true,"resourceSubscriptions":["a://b"]}}}"#
                ),
            ),
        ] {
            assert_eq!(written(&notification, version, Some(&listen)), expected);
        }
    }

    #[test]
    fn log_messages_and_cancellations() {
        let message = ServerNotification::Message {
            level: LogLevel::Info,
            logger: Some("sql".into()),
            data: EncodedJson::checked("{\"rows\":1}").unwrap(),
        };
        assert_eq!(
            written(&message, "2025-06-18", None),
            concat!(
                r#"{"jsonrpc":"2.0","method":"notifications/message","params":"#,
                r#"{"level":"info","logger":"sql","data":{"rows":1}}}"#
            )
        );
        let request = RequestId::Text("7".into());
        let cancelled = ServerNotification::Cancelled {
            request: &request,
            reason: None,
        };
        assert_eq!(
            written(&cancelled, "2025-06-18", None),
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7"}}"#
        );
    }
}
