//! What the server offers, in the protocol's terms: built once from the registry of definitions, swapped on reload.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::messages::QueryLimits;

use super::sensitivity::EndpointSensitivity;
use super::wire::ProtocolVersion;
use super::wire::descriptor::{self, IconTheme, ToolAnnotations};
use super::wire::headers::parameter::{HeaderDeclarationError, HeaderParameter, declared_in};
use super::wire::result::{CacheHint, CacheScope, CallToolResult, ListResult, Shape};
use crate::endpoints::model;
use crate::endpoints::registry::{Registry, RunnableTool};
use crate::endpoints::result::OutputError;

/// How long a client may keep a list, in milliseconds: lists change by reload only.
const LIST_TTL: u64 = 60_000;

/// A tool as it is listed, and everything that a call of it takes.
pub struct Tool {
    /// The definition, compiled.
    pub definition: Arc<RunnableTool>,
    /// Arguments that modern clients repeat in headers.
    pub header_parameters: Vec<HeaderParameter>,
    /// Columns and shape of its results.
    pub plan: Arc<OutputPlan>,
    /// The limits of a call: the tool's own where it has some.
    pub limits: QueryLimits,
    pub(super) sensitivity: EndpointSensitivity,
    descriptor: descriptor::Tool,
}

/// Everything that is offered.
pub struct Catalog {
    registry: Registry,
    tools: Vec<Tool>,
    lists: [OnceLock<Vec<u8>>; ProtocolVersion::ALL.len()],
}

/// A tool whose declared headers break the rules of the protocol.
#[derive(Debug, thiserror::Error)]
#[error("{tool}: {source}")]
pub struct InvalidTool {
    tool: String,
    source: HeaderDeclarationError,
}

impl Catalog {
    /// The catalog of a registry. `limits` hold where a definition has none of its own.
    pub fn new(registry: Registry, limits: QueryLimits) -> Result<Self, InvalidTool> {
        let tools = registry
            .tools()
            .iter()
            .map(|tool| Tool::new(tool, limits))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            registry,
            tools,
            lists: Default::default(),
        })
    }

    /// The definitions behind it.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The tool of that name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        // In the order of their names, as the registry is.
        let place = self
            .tools
            .binary_search_by(|tool| tool.descriptor.name.as_str().cmp(name))
            .ok()?;
        self.tools.get(place)
    }

    /// The encoded result of `tools/list`, written once for each revision.
    pub fn tools_list(&self, shape: Shape<'_>) -> Cow<'_, [u8]> {
        let encode = || {
            let items: Vec<&descriptor::Tool> = self.tools.iter().map(|tool| &tool.descriptor).collect();
            shape.encode(&ListResult {
                items,
                next_cursor: None,
                cache: CacheHint {
                    ttl_milliseconds: LIST_TTL,
                    scope: CacheScope::Public,
                },
            })
        };
        let place = ProtocolVersion::ALL
            .iter()
            .position(|version| *version == shape.version);
        match place.and_then(|place| self.lists.get(place)) {
            Some(list) => Cow::Borrowed(list.get_or_init(encode)),
            None => Cow::Owned(encode()),
        }
    }
}

impl Tool {
    fn new(definition: &Arc<RunnableTool>, limits: QueryLimits) -> Result<Self, InvalidTool> {
        let written = &definition.definition;
        let invalid = |source| InvalidTool {
            tool: written.name.value.clone(),
            source,
        };
        let schema = serde_json::from_str(definition.input_schema.get()).unwrap_or_default();
        Ok(Self {
            definition: Arc::clone(definition),
            header_parameters: declared_in(&schema).map_err(invalid)?,
            plan: Arc::new(definition.output.plan()),
            limits: limits_of(&written.limits, limits),
            sensitivity: EndpointSensitivity::compile(&written.parameters, written.returns.as_ref()),
            descriptor: descriptor::Tool {
                name: written.name.value.clone(),
                title: written.title.clone(),
                description: written.description.clone(),
                input_schema: definition.input_schema.clone(),
                output_schema: definition.output_schema.clone(),
                annotations: annotations(&written.annotations),
                icons: written.icons.iter().map(icon).collect(),
                metadata: None,
            },
        })
    }

    /// The result of a call in its final form: structured where a return type is declared, text alone where none is.
    pub fn result<'json>(&self, json: &'json [u8]) -> CallToolResult<'json> {
        let result = CallToolResult::from_json(json);
        match self.descriptor.output_schema {
            Some(_) => result,
            None => CallToolResult {
                structured: None,
                ..result
            },
        }
    }

    /// The engine's answer held against the declared return type.
    pub fn check(&self, json: &[u8]) -> Result<(), OutputError> {
        self.definition.output.check(json, &self.plan)
    }
}

fn limits_of(own: &model::Limits, general: QueryLimits) -> QueryLimits {
    QueryLimits {
        timeout: own.query_timeout.unwrap_or(general.timeout),
        result: ResultLimits {
            max_rows: own.max_rows.unwrap_or(general.result.max_rows),
            max_result_bytes: own.max_result_bytes.unwrap_or(general.result.max_result_bytes),
        },
    }
}

fn annotations(written: &model::Annotations) -> Option<ToolAnnotations> {
    let annotations = ToolAnnotations {
        title: written.title.clone(),
        read_only: written.read_only,
        destructive: written.destructive,
        idempotent: written.idempotent,
        open_world: written.open_world,
    };
    (annotations != ToolAnnotations::default()).then_some(annotations)
}

fn icon(written: &model::Icon) -> descriptor::Icon {
    descriptor::Icon {
        source: written.source.clone(),
        mime_type: written.mime_type.clone(),
        sizes: written.sizes.clone(),
        theme: written.theme.map(|theme| match theme {
            model::IconTheme::Light => IconTheme::Light,
            model::IconTheme::Dark => IconTheme::Dark,
        }),
    }
}
