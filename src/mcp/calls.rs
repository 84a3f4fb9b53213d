//! How many messages were answered and how long calls took, for metrics. Counters exist from the start for everything
//! that is offered; what clients make up is not counted by name.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mxcp_actors::domain::audit_event::{OperationStatus, OperationType, PolicyDecision};
use mxcp_actors::measure::{Histogram, HistogramStatus};

use super::wire::{Era, Method};
use crate::endpoints::registry::Registry;

/// Counters of one tool, resource or prompt.
#[derive(Debug, Default)]
pub struct EndpointCalls {
    succeeded: AtomicU64,
    failed: AtomicU64,
    denied: AtomicU64,
    took: Histogram,
}

/// Messages with one method in one era.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCount {
    /// The method.
    pub method: &'static str,
    /// `modern` or `legacy`
    pub era: &'static str,
    /// `success` or `error`
    pub outcome: &'static str,
    /// How many.
    pub count: u64,
}

/// The eras and outcomes, in the order of the counters.
const ERAS: [(Era, &str); 2] = [(Era::Modern, "modern"), (Era::Legacy, "legacy")];
const OUTCOMES: [(bool, &str); 2] = [(true, "success"), (false, "error")];

/// All counters.
#[derive(Debug, Default)]
pub struct Calls {
    /// By kind, then by name.
    endpoints: HashMap<&'static str, HashMap<String, EndpointCalls>>,
    requests: [[[AtomicU64; OUTCOMES.len()]; ERAS.len()]; Method::ALL.len()],
}

impl Calls {
    /// Counters for everything that is offered.
    pub fn new(registry: &Registry) -> Self {
        let named = |names: Vec<&str>| {
            let names = names
                .into_iter()
                .map(|name| (name.to_owned(), EndpointCalls::default()));
            names.collect::<HashMap<_, _>>()
        };
        let tools = registry
            .tools()
            .iter()
            .map(|tool| tool.definition.name.value.as_str());
        let resources = registry.resources().iter().chain(registry.resource_templates());
        let resources = resources.map(|resource| resource.definition.uri.value.as_str());
        let prompts = registry
            .prompts()
            .iter()
            .map(|prompt| prompt.definition.name.value.as_str());
        Self {
            endpoints: HashMap::from([
                (kind(OperationType::Tool), named(tools.collect())),
                (kind(OperationType::Resource), named(resources.collect())),
                (kind(OperationType::Prompt), named(prompts.collect())),
            ]),
            requests: Default::default(),
        }
    }

    /// A message was answered.
    pub(super) fn answered(&self, method: Method, era: Era, is_success: bool) {
        let of_method = self.requests.get(method as usize);
        let of_era = of_method.and_then(|eras| eras.get(usize::from(era != Era::Modern)));
        if let Some(count) = of_era.and_then(|outcomes| outcomes.get(usize::from(!is_success))) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A call has ended.
    pub(super) fn ended(
        &self,
        operation: (OperationType, &str),
        status: OperationStatus,
        decision: Option<PolicyDecision>,
        took: Duration,
    ) {
        let (kind_of_it, name) = operation;
        let Some(calls) = self
            .endpoints
            .get(kind(kind_of_it))
            .and_then(|named| named.get(name))
        else {
            return;
        };
        let count = match (decision, status) {
            (Some(PolicyDecision::Deny), _) => &calls.denied,
            (_, OperationStatus::Success) => &calls.succeeded,
            (_, OperationStatus::Error) => &calls.failed,
        };
        count.fetch_add(1, Ordering::Relaxed);
        calls.took.record(took);
    }

    /// Messages so far, those that there were.
    pub fn requests(&self) -> Vec<RequestCount> {
        let mut rows = Vec::new();
        for (method, eras) in Method::ALL.iter().zip(&self.requests) {
            for ((_, era), outcomes) in ERAS.iter().zip(eras) {
                for ((_, outcome), count) in OUTCOMES.iter().zip(outcomes) {
                    let count = count.load(Ordering::Relaxed);
                    if count > 0 {
                        let method = method.as_str();
                        rows.push(RequestCount {
                            method,
                            era,
                            outcome,
                            count,
                        });
                    }
                }
            }
        }
        rows
    }

    /// Kind, name and counters of everything that is offered, in that order.
    pub fn endpoints(&self) -> Vec<(&'static str, &str, &EndpointCalls)> {
        let mut rows: Vec<_> = self
            .endpoints
            .iter()
            .flat_map(|(kind, named)| named.iter().map(|(name, calls)| (*kind, name.as_str(), calls)))
            .collect();
        rows.sort_by_key(|(kind, name, _)| (*kind, *name));
        rows
    }
}

const fn kind(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Tool => "tool",
        OperationType::Resource => "resource",
        OperationType::Prompt => "prompt",
        OperationType::Auth => "auth",
    }
}

impl EndpointCalls {
    /// Calls that ended well.
    pub fn succeeded(&self) -> u64 {
        self.succeeded.load(Ordering::Relaxed)
    }

    /// Calls that did not, and were not denied.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Calls that a policy denied.
    pub fn denied(&self) -> u64 {
        self.denied.load(Ordering::Relaxed)
    }

    /// How long calls took.
    pub fn took(&self) -> HistogramStatus {
        self.took.status()
    }
}
