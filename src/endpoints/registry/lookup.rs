//! Names and URIs to definitions.

use std::collections::HashMap;
use std::sync::Arc;

use mxcp_actors::domain::scope::ScopeSet;

use super::{Runnable, RunnablePrompt, RunnableResource, RunnableTool};

/// All definitions of one load.
#[derive(Debug, Default)]
pub struct Registry {
    tools: Index<RunnableTool>,
    prompts: Index<RunnablePrompt>,
    /// Resources without variables, by URI.
    resources: Index<RunnableResource>,
    /// Resources with variables; of two that match, the one with more literal text comes first.
    templates: Vec<Arc<RunnableResource>>,
}

/// A resource and the values of its URI's variables, decoded.
#[derive(Debug, Clone)]
pub struct FoundResource {
    /// The resource.
    pub resource: Arc<RunnableResource>,
    /// Variables and their values: arguments that are all text.
    pub variables: Vec<(String, String)>,
}

/// Definitions by name, and in the order of their names.
#[derive(Debug)]
struct Index<T> {
    ordered: Vec<Arc<T>>,
    by_name: HashMap<String, Arc<T>>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self {
            ordered: Vec::new(),
            by_name: HashMap::new(),
        }
    }
}

impl<T> Index<T> {
    fn new(mut definitions: Vec<Arc<T>>, name: impl Fn(&T) -> &str) -> Self {
        definitions.sort_by(|left, right| name(left).cmp(name(right)));
        let by_name = definitions
            .iter()
            .map(|definition| (name(definition).to_owned(), Arc::clone(definition)));
        Self {
            by_name: by_name.collect(),
            ordered: definitions,
        }
    }
}

impl Registry {
    /// Takes checked definitions, whose names and URIs differ.
    pub fn new(definitions: impl IntoIterator<Item = Runnable>) -> Self {
        let (mut tools, mut prompts) = (Vec::new(), Vec::new());
        let (mut resources, mut templates) = (Vec::new(), Vec::new());
        for definition in definitions {
            match definition {
                Runnable::Tool(tool) => tools.push(tool),
                Runnable::Prompt(prompt) => prompts.push(prompt),
                Runnable::Resource(resource) if resource.definition.uri.value.is_template() => {
                    templates.push(resource);
                }
                Runnable::Resource(resource) => resources.push(resource),
            }
        }
        templates.sort_by(|left, right| {
            let (left, right) = (&left.definition.uri.value, &right.definition.uri.value);
            let by_length = right.literal_length().cmp(&left.literal_length());
            by_length.then_with(|| left.as_str().cmp(right.as_str()))
        });
        Self {
            tools: Index::new(tools, |tool| &tool.definition.name.value),
            prompts: Index::new(prompts, |prompt| &prompt.definition.name.value),
            resources: Index::new(resources, |resource| resource.definition.uri.value.as_str()),
            templates,
        }
    }

    /// The tool of that name.
    pub fn tool(&self, name: &str) -> Option<&Arc<RunnableTool>> {
        self.tools.by_name.get(name)
    }

    /// The prompt of that name.
    pub fn prompt(&self, name: &str) -> Option<&Arc<RunnablePrompt>> {
        self.prompts.by_name.get(name)
    }

    /// The resource with that URI, or the one whose template matches it.
    pub fn resource(&self, uri: &str) -> Option<FoundResource> {
        if let Some(resource) = self.resources.by_name.get(uri) {
            return Some(FoundResource {
                resource: Arc::clone(resource),
                variables: Vec::new(),
            });
        }
        self.templates.iter().find_map(|resource| {
            let variables = resource.definition.uri.value.matches(uri)?;
            Some(FoundResource {
                resource: Arc::clone(resource),
                variables,
            })
        })
    }

    /// The resource whose URI is written like this in its file, as command lines address it.
    pub fn resource_by_template(&self, template: &str) -> Option<&Arc<RunnableResource>> {
        let by_template = || {
            self.templates
                .iter()
                .find(|resource| resource.definition.uri.value.as_str() == template)
        };
        self.resources.by_name.get(template).or_else(by_template)
    }

    /// What each definition needs of a caller's token, under its name or URI.
    pub fn scopes(&self) -> impl Iterator<Item = (&str, &ScopeSet)> {
        let tools = self.tools().iter().map(|tool| &tool.definition);
        let tools = tools.map(|tool| (tool.name.value.as_str(), &tool.scopes));
        let resources = self.resources().iter().chain(self.resource_templates());
        let resources = resources.map(|resource| &resource.definition);
        let resources = resources.map(|resource| (resource.uri.value.as_str(), &resource.scopes));
        let prompts = self.prompts().iter().map(|prompt| &prompt.definition);
        let prompts = prompts.map(|prompt| (prompt.name.value.as_str(), &prompt.scopes));
        tools.chain(resources).chain(prompts)
    }

    /// All tools, by name.
    pub fn tools(&self) -> &[Arc<RunnableTool>] {
        &self.tools.ordered
    }

    /// All prompts, by name.
    pub fn prompts(&self) -> &[Arc<RunnablePrompt>] {
        &self.prompts.ordered
    }

    /// All resources without variables, by URI.
    pub fn resources(&self) -> &[Arc<RunnableResource>] {
        &self.resources.ordered
    }

    /// All resources with variables, those with more literal text first.
    pub fn resource_templates(&self) -> &[Arc<RunnableResource>] {
        &self.templates
    }
}
