//! Tools, resources and prompts as they are listed, each with its [`Endpoint`] and what its kind alone needs.

use std::sync::Arc;

use mxcp_actors::domain::audit_event::OperationType;
use mxcp_actors::sql_executor::messages::QueryLimits;

use super::completions::{self, Completions};
use super::contents::Contents;
use super::endpoint::{Endpoint, Written};
use super::listing::Entry;
use crate::endpoints::model::{self, Limits};
use crate::endpoints::registry::{RunnablePrompt, RunnableResource, RunnableTool};
use crate::mcp::wire::descriptor::{self, IconTheme, PromptArgument, ToolAnnotations};
use crate::mcp::wire::headers::parameter::{HeaderDeclarationError, HeaderParameter, declared_in};
use crate::mcp::wire::result::CallToolResult;

/// A tool.
pub struct Tool {
    /// What a call of it takes.
    pub endpoint: Endpoint,
    /// Arguments that modern clients repeat in headers.
    pub header_parameters: Vec<HeaderParameter>,
    descriptor: descriptor::Tool,
}

/// A resource, or a family of resources.
pub struct Readable<D> {
    /// What reading it takes.
    pub endpoint: Endpoint,
    /// The form of what it holds.
    pub contents: Contents,
    /// What completes the variables of its URI.
    pub completions: Completions,
    descriptor: D,
}

/// A prompt.
pub struct Prompt {
    /// What asking for it takes.
    pub endpoint: Endpoint,
    /// What completes its arguments.
    pub completions: Completions,
    descriptor: descriptor::Prompt,
}

/// A tool whose declared headers break the rules of the protocol.
#[derive(Debug, thiserror::Error)]
#[error("{tool}: {source}")]
pub struct InvalidTool {
    tool: String,
    source: HeaderDeclarationError,
}

impl Tool {
    pub(super) fn new(tool: &Arc<RunnableTool>, limits: QueryLimits) -> Result<Self, InvalidTool> {
        let written = &tool.definition;
        let invalid = |source| InvalidTool {
            tool: written.name.value.clone(),
            source,
        };
        let schema = serde_json::from_str(tool.input_schema.get()).unwrap_or_default();
        Ok(Self {
            endpoint: Endpoint {
                returns_token: written.returns_token,
                ..Endpoint::new(&Written {
                    kind: OperationType::Tool,
                    name: &written.name.value,
                    routine: &tool.routine,
                    parameters: &written.parameters,
                    returns: written.returns.as_ref(),
                    scopes: &written.scopes,
                    own_limits: &written.limits,
                    limits,
                })
            },
            header_parameters: declared_in(&schema).map_err(invalid)?,
            descriptor: descriptor::Tool {
                name: written.name.value.clone(),
                title: written.title.clone(),
                description: written.description.clone(),
                input_schema: tool.input_schema.clone(),
                output_schema: tool.output_schema.clone(),
                annotations: annotations(&written.annotations),
                icons: icons(&written.icons),
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
}

impl Entry for Tool {
    type Descriptor = descriptor::Tool;

    fn key(&self) -> &str {
        &self.descriptor.name
    }

    fn descriptor(&self) -> &Self::Descriptor {
        &self.descriptor
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Readable<descriptor::Resource> {
    pub(super) fn resource(resource: &Arc<RunnableResource>, limits: QueryLimits) -> Self {
        let (written, contents) = (&resource.definition, Contents::of(resource));
        Self {
            endpoint: Endpoint::new(&written_of(resource, limits)),
            completions: completions::of(&written_of(resource, limits), &resource.completions),
            descriptor: descriptor::Resource {
                uri: written.uri.value.as_str().to_owned(),
                name: resource.name().to_owned(),
                title: written.title.clone(),
                description: written.description.clone(),
                mime_type: Some(contents.mime_type().to_owned()),
                annotations: None,
                size: None,
                icons: icons(&written.icons),
                metadata: None,
            },
            contents,
        }
    }
}

impl Readable<descriptor::ResourceTemplate> {
    pub(super) fn template(resource: &Arc<RunnableResource>, limits: QueryLimits) -> Self {
        let (written, contents) = (&resource.definition, Contents::of(resource));
        Self {
            endpoint: Endpoint::new(&written_of(resource, limits)),
            completions: completions::of(&written_of(resource, limits), &resource.completions),
            descriptor: descriptor::ResourceTemplate {
                uri_template: written.uri.value.as_str().to_owned(),
                name: resource.name().to_owned(),
                title: written.title.clone(),
                description: written.description.clone(),
                mime_type: Some(contents.mime_type().to_owned()),
                annotations: None,
                icons: icons(&written.icons),
                metadata: None,
            },
            contents,
        }
    }
}

fn written_of(resource: &RunnableResource, limits: QueryLimits) -> Written<'_> {
    let written = &resource.definition;
    Written {
        kind: OperationType::Resource,
        name: written.uri.value.as_str(),
        routine: &resource.routine,
        parameters: &written.parameters,
        returns: written.returns.as_ref(),
        scopes: &written.scopes,
        own_limits: &written.limits,
        limits,
    }
}

impl Entry for Readable<descriptor::Resource> {
    type Descriptor = descriptor::Resource;

    fn key(&self) -> &str {
        &self.descriptor.uri
    }

    fn descriptor(&self) -> &Self::Descriptor {
        &self.descriptor
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Entry for Readable<descriptor::ResourceTemplate> {
    type Descriptor = descriptor::ResourceTemplate;

    fn key(&self) -> &str {
        &self.descriptor.uri_template
    }

    fn descriptor(&self) -> &Self::Descriptor {
        &self.descriptor
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Prompt {
    pub(super) fn new(prompt: &Arc<RunnablePrompt>, limits: QueryLimits) -> Self {
        let written = &prompt.definition;
        let argument = |parameter: &model::Parameter| PromptArgument {
            name: parameter.name.value.clone(),
            title: None,
            description: parameter.definition.description.clone(),
            required: parameter.is_required(),
        };
        let parts = Written {
            kind: OperationType::Prompt,
            name: &written.name.value,
            routine: &prompt.routine,
            parameters: &written.parameters,
            returns: None,
            scopes: &written.scopes,
            own_limits: &Limits::default(),
            limits,
        };
        Self {
            endpoint: Endpoint::new(&parts),
            completions: completions::of(&parts, &prompt.completions),
            descriptor: descriptor::Prompt {
                name: written.name.value.clone(),
                title: written.title.clone(),
                description: written.description.clone(),
                arguments: written.parameters.iter().map(argument).collect(),
                icons: icons(&written.icons),
                metadata: None,
            },
        }
    }

    /// What it is for.
    pub fn description(&self) -> Option<&str> {
        self.descriptor.description.as_deref()
    }
}

impl Entry for Prompt {
    type Descriptor = descriptor::Prompt;

    fn key(&self) -> &str {
        &self.descriptor.name
    }

    fn descriptor(&self) -> &Self::Descriptor {
        &self.descriptor
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
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

fn icons(written: &[model::Icon]) -> Vec<descriptor::Icon> {
    let icon = |icon: &model::Icon| descriptor::Icon {
        source: icon.source.clone(),
        mime_type: icon.mime_type.clone(),
        sizes: icon.sizes.clone(),
        theme: icon.theme.map(|theme| match theme {
            model::IconTheme::Light => IconTheme::Light,
            model::IconTheme::Dark => IconTheme::Dark,
        }),
    };
    written.iter().map(icon).collect()
}
