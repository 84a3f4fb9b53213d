//! Checked definitions with everything that a call needs, compiled.

use std::sync::Arc;

use mxcp_actors::sql_executor::engine::statement::Statement;
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::value::RawValue;

use crate::endpoints::model::{Prompt, Resource, Tool};
use crate::endpoints::params::ParameterSet;
use crate::endpoints::prompt::{PromptError, PromptTemplates, RenderedMessage};
use crate::endpoints::result::OutputContract;

/// What a call runs. Another engine or language would be another variant.
#[derive(Debug, Clone)]
pub enum Program {
    /// One prepared statement.
    Sql(Statement),
}

/// A definition that can be used. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Runnable {
    /// A tool.
    Tool(Arc<RunnableTool>),
    /// A resource.
    Resource(Arc<RunnableResource>),
    /// A prompt.
    Prompt(Arc<RunnablePrompt>),
}

/// A tool that can be called.
#[derive(Debug)]
pub struct RunnableTool {
    /// The definition as written.
    pub definition: Tool,
    /// Its parameters, compiled.
    pub parameters: ParameterSet,
    /// What runs.
    pub program: Program,
    /// What its results must be.
    pub output: OutputContract,
    /// The JSON Schema of its arguments.
    pub input_schema: Box<RawValue>,
    /// The JSON Schema of its structured result; `None` where no return type is declared.
    pub output_schema: Option<Box<RawValue>>,
}

/// A resource that can be read.
#[derive(Debug)]
pub struct RunnableResource {
    /// The definition as written.
    pub definition: Resource,
    /// Its parameters, compiled.
    pub parameters: ParameterSet,
    /// What runs.
    pub program: Program,
    /// What its contents must be.
    pub output: OutputContract,
}

/// A prompt that can be rendered.
#[derive(Debug)]
pub struct RunnablePrompt {
    /// The definition as written.
    pub definition: Prompt,
    /// Its parameters, compiled.
    pub parameters: ParameterSet,
    /// Its messages, compiled.
    pub templates: PromptTemplates,
}

impl Runnable {
    pub(crate) fn tool(tool: RunnableTool) -> Self {
        Self::Tool(Arc::new(tool))
    }

    pub(crate) fn resource(resource: RunnableResource) -> Self {
        Self::Resource(Arc::new(resource))
    }

    pub(crate) fn prompt(prompt: RunnablePrompt) -> Self {
        Self::Prompt(Arc::new(prompt))
    }
}

impl RunnableResource {
    /// The name that clients see: the URI where the file gives none.
    pub fn name(&self) -> &str {
        let uri = self.definition.uri.value.as_str();
        self.definition.name.as_deref().unwrap_or(uri)
    }
}

impl RunnablePrompt {
    /// The messages for checked arguments.
    ///
    /// # Errors
    /// A template asks for something that the arguments do not have, or runs too long.
    pub fn render(&self, arguments: &[(String, SqlValue)]) -> Result<Vec<RenderedMessage>, PromptError> {
        self.templates.render(&self.parameters.to_json(arguments))
    }
}
