//! The protocol without a transport: an admitted request goes in, an encoded response comes out.

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use mxcp_actors::audit_logger::audit_log::AuditLog;
use mxcp_actors::blocking::{BlockingPool, BlockingSettings};
use mxcp_actors::domain::call_context::{CallContext, TraceContext};
use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::randomness::Randomness;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::handle::Handle;
use mxcp_actors::sql_executor::actor::SqlExecutor;
use mxcp_actors::system::Actors;

use super::admission::{AdmittedNotification, AdmittedRequest};
use super::caller::Caller;
use super::calls::Calls;
use super::catalog::{Catalog, List};
use super::session::Session;
use super::sessions::Sessions;
use super::upstream_token::{UpstreamTokenError, UpstreamTokens};
use super::wire::descriptor::Implementation;
use super::wire::headers::RequestHeaders;
use super::wire::params::ListParams;
use super::wire::result::{
    CacheHint, CacheScope, DiscoverResult, EmptyResult, InitializeResult, ResourcesCapability,
    ServerCapabilities, ServerIdentity, Shape,
};
use super::wire::{
    ClientNotification, ClientRequest, Method, MethodSet, ProtocolVersion, RequestId, RpcError, response,
};
use super::{completion, prompts, resources, tools};

/// How long a client may keep what describes the server, in milliseconds: definitions change by reload only.
const DESCRIPTION_TTL: u64 = 60_000;

/// The methods that are answered. What is not among them is answered as unknown, and not advertised.
const SERVED: MethodSet = MethodSet::of(&[
    Method::Initialize,
    Method::Ping,
    Method::ServerDiscover,
    Method::ToolsList,
    Method::ToolsCall,
    Method::ResourcesList,
    Method::ResourcesTemplatesList,
    Method::ResourcesRead,
    Method::PromptsList,
    Method::PromptsGet,
    Method::CompletionComplete,
]);

/// Large results that policies look at. Each costs tens of milliseconds of one core, so few at once.
const JUDGING: BlockingSettings = BlockingSettings {
    name: "policies",
    running: NonZeroU32::MIN.saturating_add(1),
    waiting: 64,
    retry_after: Duration::from_secs(1),
};

/// A request's surroundings, for every feature.
pub(super) struct Asked<'a> {
    /// To be echoed.
    pub(super) id: &'a RequestId,
    /// The revision to answer in.
    pub(super) version: ProtocolVersion,
    /// Who asks.
    pub(super) caller: &'a Caller,
    /// The trace that the message itself names.
    trace: Option<TraceContext>,
}

impl<'a> Asked<'a> {
    /// A call that no message asked for.
    pub(super) fn directly(caller: &'a Caller) -> Self {
        const NO_MESSAGE: &RequestId = &RequestId::Integer(0);
        Self {
            id: NO_MESSAGE,
            version: ProtocolVersion::MODERN,
            caller,
            trace: None,
        }
    }
}

impl Asked<'_> {
    /// The call's context, within the message's own trace if it names one.
    pub(super) fn context(&self) -> CallContext {
        let context = self.caller.context.clone();
        CallContext {
            trace: self.trace.unwrap_or(context.trace),
            ..context
        }
    }
}

/// What recording calls takes.
#[derive(Clone)]
pub struct Audit {
    /// Where records go.
    pub log: AuditLog,
    /// The time of records.
    pub clock: Arc<dyn Clock>,
    /// The identifiers of records.
    pub randomness: Arc<dyn Randomness>,
    /// The name of this process among several.
    pub instance: String,
}

/// Everything that answering takes. Clones are the same server.
#[derive(Clone)]
pub struct McpServer {
    offer: Arc<Offer>,
    executor: Handle<SqlExecutor>,
    audit: Audit,
    judging: BlockingPool,
    upstream: Option<UpstreamTokens>,
}

/// What clients see, and what is counted of them.
struct Offer {
    identity: ServerIdentity,
    capabilities: ServerCapabilities,
    catalog: RwLock<Arc<Catalog>>,
    sessions: Sessions,
    calls: Calls,
}

impl McpServer {
    /// A server that offers what is in `catalog`.
    pub fn new(catalog: Catalog, sessions: Sessions, executor: Handle<SqlExecutor>, audit: Audit) -> Self {
        let implementation = Implementation {
            name: "mxcp-actor".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            title: None,
            description: None,
            icons: Vec::new(),
            website_url: None,
        };
        let offer = Offer {
            identity: ServerIdentity::new(implementation),
            capabilities: ServerCapabilities {
                tools: Some(false),
                prompts: Some(false),
                resources: Some(ResourcesCapability::default()),
                completions: true,
                ..ServerCapabilities::default()
            },
            calls: Calls::new(catalog.registry()),
            catalog: RwLock::new(Arc::new(catalog)),
            sessions,
        };
        Self {
            offer: Arc::new(offer),
            executor,
            audit,
            judging: BlockingPool::new(JUDGING),
            upstream: None,
        }
    }

    /// The same server, where users log in through `actors`: their tokens at the identity provider can be renewed.
    #[must_use]
    pub fn with_logins(self, actors: &Actors) -> Self {
        let upstream = UpstreamTokens::new(actors, self.audit.clone());
        Self {
            upstream: Some(upstream),
            ..self
        }
    }

    /// The same server, running its SQL through this actor of the pool.
    #[must_use]
    pub fn with_executor(&self, executor: Handle<SqlExecutor>) -> Self {
        Self {
            executor,
            ..self.clone()
        }
    }

    /// The caller's token at the identity provider, renewed.
    pub(super) async fn renew_external_token(&self, caller: &Caller) -> Result<Secret, UpstreamTokenError> {
        let (Some(upstream), Some(principal)) = (&self.upstream, &caller.principal) else {
            return Err(UpstreamTokenError::NotNow);
        };
        upstream.renewed(principal, caller).await
    }

    /// The methods that are answered.
    pub fn served(&self) -> MethodSet {
        SERVED
    }

    /// The legacy sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.offer.sessions
    }

    /// Counts calls.
    pub fn calls(&self) -> &Calls {
        &self.offer.calls
    }

    /// Records calls.
    pub(super) fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Holds large results against policies.
    pub(super) fn judging(&self) -> &BlockingPool {
        &self.judging
    }

    /// Runs SQL.
    pub(super) fn executor(&self) -> &Handle<SqlExecutor> {
        &self.executor
    }

    /// What is offered now. A call keeps the catalog that it began with.
    pub(super) fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.offer.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn shape(&self, version: ProtocolVersion) -> Shape<'_> {
        Shape {
            version,
            server: &self.offer.identity,
        }
    }

    /// Answers one request, encoded with its id. `headers` is `None` over stdio.
    pub async fn answer<H: RequestHeaders + ?Sized>(
        &self,
        request: AdmittedRequest<'_>,
        version: ProtocolVersion,
        caller: &Caller,
        headers: Option<&H>,
    ) -> Result<Vec<u8>, RpcError> {
        let method = request.method;
        let answer = self.dispatch(request, version, caller, headers).await;
        self.offer.calls.answered(method, version.era(), answer.is_ok());
        answer
    }

    async fn dispatch<H: RequestHeaders + ?Sized>(
        &self,
        request: AdmittedRequest<'_>,
        version: ProtocolVersion,
        caller: &Caller,
        headers: Option<&H>,
    ) -> Result<Vec<u8>, RpcError> {
        let id = &request.id;
        let asked = Asked {
            id,
            version,
            caller,
            // What the message says of its trace is nearer to the model than what the connection says.
            trace: request
                .metadata
                .trace_parent
                .as_deref()
                .and_then(TraceContext::parse),
        };
        match ClientRequest::read(request.method, &request.params)? {
            ClientRequest::Initialize(_) => Ok(self.initialize(id, version)),
            ClientRequest::Ping => Ok(response::result(id, &EmptyResult, self.shape(version))),
            ClientRequest::ServerDiscover => Ok(self.discover(id, version)),
            ClientRequest::ToolsList(page) => self.list(&asked, List::Tools, &page),
            ClientRequest::ToolsCall(call) => tools::call(self, &asked, &call, headers).await,
            ClientRequest::ResourcesList(page) => self.list(&asked, List::Resources, &page),
            ClientRequest::ResourcesTemplatesList(page) => self.list(&asked, List::ResourceTemplates, &page),
            ClientRequest::ResourcesRead(read) => resources::read(self, &asked, &read).await,
            ClientRequest::PromptsList(page) => self.list(&asked, List::Prompts, &page),
            ClientRequest::PromptsGet(get) => prompts::get(self, &asked, &get).await,
            ClientRequest::CompletionComplete(complete) => {
                completion::complete(self, &asked, &complete).await
            }
            // Not in `SERVED`, so admission has answered them.
            ClientRequest::ResourcesSubscribe(_)
            | ClientRequest::ResourcesUnsubscribe(_)
            | ClientRequest::LoggingSetLevel(_)
            | ClientRequest::SubscriptionsListen(_) => {
                Err(RpcError::method_not_found(request.method.as_str()))
            }
        }
    }

    fn initialize(&self, id: &RequestId, version: ProtocolVersion) -> Vec<u8> {
        let result = InitializeResult {
            protocol_version: version,
            capabilities: &self.offer.capabilities,
            server: self.offer.identity.implementation(),
            instructions: None,
        };
        response::result(id, &result, self.shape(version))
    }

    fn discover(&self, id: &RequestId, version: ProtocolVersion) -> Vec<u8> {
        let result = DiscoverResult {
            capabilities: &self.offer.capabilities,
            instructions: None,
            cache: CacheHint {
                ttl_milliseconds: DESCRIPTION_TTL,
                scope: CacheScope::Public,
            },
        };
        response::result(id, &result, self.shape(version))
    }

    /// One page of what is offered.
    fn list(&self, asked: &Asked<'_>, list: List, page: &ListParams<'_>) -> Result<Vec<u8>, RpcError> {
        let catalog = self.catalog();
        let result = catalog
            .page(
                list,
                page.cursor.as_deref(),
                asked.caller,
                self.shape(asked.version),
            )
            .map_err(|unknown| RpcError::invalid_params(&unknown.to_string()))?;
        Ok(response::encoded_result(asked.id, &result))
    }

    /// Takes note of a notification. Malformed and unknown ones are ignored, as JSON-RPC asks.
    pub fn notice(&self, notification: &AdmittedNotification<'_>, session: Option<&Session>) {
        let read = ClientNotification::read(&notification.method, &notification.params);
        if let (Ok(ClientNotification::Cancelled { request_id, .. }), Some(session)) = (read, session) {
            self.offer.sessions.cancel(session, &request_id);
        }
    }
}
