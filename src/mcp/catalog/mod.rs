//! What the server offers, in the protocol's terms: built once from the registry of definitions, swapped on reload.
//!
//! - `endpoint`: everything that a call takes, the same for tools, resources and prompts.
//! - `listing`: the four lists, in pages. `offered`: what stands in them, `contents`: what a resource holds.
//!
//! Must not live here: calling anything.

mod completions;
mod contents;
mod endpoint;
mod listing;
mod offered;

use std::sync::Arc;

use mxcp_actors::sql_executor::messages::QueryLimits;

pub use completions::{Completion, Completions};
pub use contents::Contents;
pub use endpoint::Endpoint;
use listing::Listing;
pub use listing::UnknownCursor;
pub use offered::{InvalidTool, Prompt, Readable, Tool};

use super::call::CallFailure;
use super::caller::Caller;
use super::visibility::{Hiding, Onlooker};
use super::wire::descriptor;
use super::wire::params::CompletionReference;
use super::wire::result::Shape;
use crate::endpoints::registry::Registry;

/// Everything that is offered.
pub struct Catalog {
    registry: Registry,
    hiding: Hiding,
    tools: Listing<Tool>,
    resources: Listing<Readable<descriptor::Resource>>,
    templates: Listing<Readable<descriptor::ResourceTemplate>>,
    prompts: Listing<Prompt>,
}

/// A resource that a URI names.
pub struct FoundResource<'catalog> {
    /// What reading it takes.
    pub endpoint: &'catalog Endpoint,
    /// The form of what it holds.
    pub contents: &'catalog Contents,
    /// The values that the URI has for the template's variables.
    pub variables: Vec<(String, String)>,
}

/// One of the four lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `tools/list`
    Tools,
    /// `resources/list`
    Resources,
    /// `resources/templates/list`
    ResourceTemplates,
    /// `prompts/list`
    Prompts,
}

impl Catalog {
    /// The catalog of a registry. `limits` hold where a definition has none of its own; `hiding` says who sees what.
    pub fn new(registry: Registry, limits: QueryLimits, hiding: Hiding) -> Result<Self, InvalidTool> {
        let tools = registry.tools().iter().map(|tool| Tool::new(tool, limits));
        let resources = registry.resources().iter();
        let templates = registry.resource_templates().iter();
        let prompts = registry
            .prompts()
            .iter()
            .map(|prompt| Prompt::new(prompt, limits));
        Ok(Self {
            tools: Listing::new(tools.collect::<Result<_, _>>()?, hiding),
            resources: Listing::new(
                resources
                    .map(|resource| Readable::resource(resource, limits))
                    .collect(),
                hiding,
            ),
            templates: Listing::new(
                templates
                    .map(|resource| Readable::template(resource, limits))
                    .collect(),
                hiding,
            ),
            prompts: Listing::new(prompts.collect(), hiding),
            registry,
            hiding,
        })
    }

    /// The definitions behind it.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The tool of that name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.find(name)
    }

    /// The prompt of that name.
    pub fn prompt(&self, name: &str) -> Option<&Prompt> {
        self.prompts.find(name)
    }

    /// The resource with that URI, or the one whose template matches it.
    pub fn resource(&self, uri: &str) -> Option<FoundResource<'_>> {
        let found = self.registry.resource(uri)?;
        let written = found.resource.definition.uri.value.as_str();
        let fixed = self
            .resources
            .find(written)
            .map(|resource| (&resource.endpoint, &resource.contents));
        let template = || {
            self.templates
                .find(written)
                .map(|template| (&template.endpoint, &template.contents))
        };
        let (endpoint, contents) = fixed.or_else(template)?;
        Some(FoundResource {
            endpoint,
            contents,
            variables: found.variables,
        })
    }

    /// The resource whose URI its definition writes like this, with its variables' names in braces.
    pub fn resource_as_written(&self, uri: &str) -> Option<&Endpoint> {
        let fixed = self.resources.find(uri).map(|resource| &resource.endpoint);
        fixed.or_else(|| self.templates.find(uri).map(|template| &template.endpoint))
    }

    /// What completes the arguments of a prompt, or of a resource whose URI is written like this.
    pub(super) fn completed(&self, reference: &CompletionReference<'_>) -> Option<(&Endpoint, &Completions)> {
        match reference {
            CompletionReference::Prompt(name) => {
                let prompt = self.prompts.find(name)?;
                Some((&prompt.endpoint, &prompt.completions))
            }
            CompletionReference::Resource(uri) => {
                let fixed = self.resources.find(uri);
                let fixed = fixed.map(|resource| (&resource.endpoint, &resource.completions));
                fixed.or_else(|| {
                    let template = self.templates.find(uri)?;
                    Some((&template.endpoint, &template.completions))
                })
            }
        }
    }

    /// Whether this caller may know of it.
    pub(super) fn shows(&self, caller: &Caller, endpoint: &Endpoint) -> bool {
        Onlooker::new(caller, self.hiding).sees(endpoint)
    }

    /// Whether a call that failed like this is answered as if there were nothing to call.
    pub(super) fn hides(&self, failure: &CallFailure) -> bool {
        self.hiding.covers(failure)
    }

    /// A page of a list as this caller sees it, as an encoded result: the first one, or the one that a cursor of an earlier
    /// page leads to.
    pub fn page(
        &self,
        list: List,
        cursor: Option<&str>,
        caller: &Caller,
        shape: Shape<'_>,
    ) -> Result<Arc<[u8]>, UnknownCursor> {
        match list {
            List::Tools => self.tools.page(cursor, caller, shape),
            List::Resources => self.resources.page(cursor, caller, shape),
            List::ResourceTemplates => self.templates.page(cursor, caller, shape),
            List::Prompts => self.prompts.page(cursor, caller, shape),
        }
    }
}
