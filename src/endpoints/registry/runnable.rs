//! Checked definitions with everything that a call needs, compiled.

use std::sync::Arc;

use mxcp_actors::sql_executor::engine::statement::Statement;
use serde_json::value::RawValue;

use crate::endpoints::completion::Completions;
use crate::endpoints::model::{Prompt, Resource, Tool};
use crate::endpoints::params::ParameterSet;
use crate::endpoints::prompt::PromptTemplates;
use crate::endpoints::result::OutputContract;
use crate::policy::CompiledPolicies;

/// What a call runs. Another engine or language would be another variant.
#[derive(Debug, Clone)]
pub enum Program {
    /// One prepared statement.
    Sql(Statement),
    /// The statement that the caller wrote, under the guard. It is the argument `sql`.
    CallerSql {
        /// Whether the statement may read the token that the identity provider issued for the caller.
        sees_external_token: bool,
    },
    /// The messages of a prompt.
    Messages(Box<PromptTemplates>),
}

/// What a call takes, whatever kind of definition it is a call of.
#[derive(Debug)]
pub struct Routine {
    /// The parameters, compiled.
    pub parameters: ParameterSet,
    /// What runs.
    pub program: Program,
    /// What its results must be.
    pub output: OutputContract,
    /// Who may call, and what they see of the results.
    pub policies: CompiledPolicies,
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
    /// What a call of it takes.
    pub routine: Arc<Routine>,
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
    /// What reading it takes.
    pub routine: Arc<Routine>,
    /// What its arguments can be completed to.
    pub completions: Completions,
}

/// A prompt that can be rendered.
#[derive(Debug)]
pub struct RunnablePrompt {
    /// The definition as written.
    pub definition: Prompt,
    /// What rendering it takes.
    pub routine: Arc<Routine>,
    /// What its arguments can be completed to.
    pub completions: Completions,
}

impl Runnable {
    /// Takes away the check of results; their shape stays. For a definition that nobody else holds yet: in any other it stays.
    pub fn skip_output_check(&mut self) {
        let routine = match self {
            Self::Tool(tool) => Arc::get_mut(tool).map(|tool| &mut tool.routine),
            Self::Resource(resource) => Arc::get_mut(resource).map(|resource| &mut resource.routine),
            Self::Prompt(prompt) => Arc::get_mut(prompt).map(|prompt| &mut prompt.routine),
        };
        if let Some(routine) = routine.and_then(Arc::get_mut) {
            routine.output = routine.output.unchecked();
        }
    }

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
