//! What a call takes and a list does not: the same for tools, resources and prompts, so that one path serves all three.

use std::sync::Arc;

use mxcp_actors::domain::audit_event::OperationType;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::messages::QueryLimits;

use crate::endpoints::model::{Limits, Parameter, TypeDefinition};
use crate::endpoints::registry::Routine;
use crate::mcp::sensitivity::EndpointSensitivity;
use crate::mcp::turns::Turns;

/// Something that can be called, read or asked for.
pub struct Endpoint {
    /// A tool, a resource or a prompt.
    pub kind: OperationType,
    /// Its name; a resource's URI or URI template.
    pub name: Arc<str>,
    /// Parameters, program and contract of the results.
    pub routine: Arc<Routine>,
    /// What the caller's token must have been granted, all of it.
    pub scopes: ScopeSet,
    /// Columns and shape of its results.
    pub plan: Arc<OutputPlan>,
    /// The limits of a call: the definition's own where it has some.
    pub limits: QueryLimits,
    /// `None` if as many of its queries may run at once as the server runs.
    pub(in crate::mcp) turns: Option<Turns>,
    /// Whether its answers may hold the caller's token at the identity provider.
    pub returns_token: bool,
    pub(in crate::mcp) sensitivity: EndpointSensitivity,
}

/// The parts of a definition that every kind has.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) kind: OperationType,
    pub(super) name: &'a str,
    pub(super) routine: &'a Arc<Routine>,
    pub(super) parameters: &'a [Parameter],
    pub(super) returns: Option<&'a TypeDefinition>,
    pub(super) scopes: &'a ScopeSet,
    /// The definition's own limits.
    pub(super) own_limits: &'a Limits,
    /// What holds where it has none.
    pub(super) limits: QueryLimits,
}

impl Endpoint {
    pub(super) fn new(written: &Written<'_>) -> Self {
        Self {
            kind: written.kind,
            name: Arc::from(written.name),
            routine: Arc::clone(written.routine),
            scopes: written.scopes.clone(),
            plan: Arc::new(written.routine.output.plan()),
            limits: limits_of(written.own_limits, written.limits),
            turns: written.own_limits.max_concurrent_queries.map(Turns::new),
            returns_token: false,
            sensitivity: EndpointSensitivity::compile(written.parameters, written.returns),
        }
    }
}

/// A definition's own limits where it has some, the general ones elsewhere.
fn limits_of(own: &Limits, general: QueryLimits) -> QueryLimits {
    QueryLimits {
        timeout: own.query_timeout.unwrap_or(general.timeout),
        result: ResultLimits {
            max_rows: own.max_rows.unwrap_or(general.result.max_rows),
            max_result_bytes: own.max_result_bytes.unwrap_or(general.result.max_result_bytes),
        },
    }
}
