//! The filter of `subscriptions/listen`. Must not live here: streams and who listens.

use crate::mcp::wire::json::ObjectWriter;
use crate::mcp::wire::object::{Field, InvalidParams, Object};

/// Which changes a client wants to hear of, and also which of them a server grants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionFilter {
    /// Changes of the tool list.
    pub tools_list_changed: bool,
    /// Changes of the prompt list.
    pub prompts_list_changed: bool,
    /// Changes of the resource list.
    pub resources_list_changed: bool,
    /// Updates of these resources, by URI.
    pub resource_subscriptions: Vec<String>,
}

impl SubscriptionFilter {
    pub(super) fn read(members: &Object<'_>) -> Result<Self, InvalidParams> {
        let filter = members.object(Field::Notifications, "params.notifications")?;
        Ok(Self {
            tools_list_changed: filter.flag(Field::ToolsListChanged)?,
            prompts_list_changed: filter.flag(Field::PromptsListChanged)?,
            resources_list_changed: filter.flag(Field::ResourcesListChanged)?,
            resource_subscriptions: filter
                .optional(Field::ResourceSubscriptions, "an array of strings", |value| {
                    serde_json::from_str(value.get()).ok()
                })?
                .unwrap_or_default(),
        })
    }

    /// Writes what is wanted and leaves out the rest.
    pub(crate) fn write_members(&self, object: &mut ObjectWriter<'_>) {
        for (name, wanted) in [
            ("toolsListChanged", self.tools_list_changed),
            ("promptsListChanged", self.prompts_list_changed),
            ("resourcesListChanged", self.resources_list_changed),
        ] {
            if wanted {
                object.boolean(name, true);
            }
        }
        if !self.resource_subscriptions.is_empty() {
            object.strings("resourceSubscriptions", &self.resource_subscriptions);
        }
    }
}
