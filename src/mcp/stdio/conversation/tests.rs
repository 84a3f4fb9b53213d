//! A request that panics, among others.

use std::num::NonZeroU32;

use mxcp_actors::audit_logger::audit_log::AuditLog;
use mxcp_actors::blocking::{BlockingPool, BlockingSettings};
use mxcp_actors::domain::audit_event::CallerType;
use mxcp_actors::domain::call_context::CallContext;
use mxcp_actors::domain::clock::{Clock, FixedClock, Timestamp};
use mxcp_actors::domain::randomness::{Randomness, SeededRandomness};
use mxcp_actors::handle::HandleSettings;
use mxcp_actors::replica_bus::ReplicaBus;
use mxcp_actors::session_registry::SessionRegistrySettings;
use mxcp_actors::session_registry::actor::SessionRegistry;
use mxcp_actors::session_registry::rules::SessionRules;
use mxcp_actors::sql_executor::actor::{SqlExecutor, SqlExecutorSettings, WriteOffRule};
use mxcp_actors::sql_executor::admission::AdmissionLimits;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::messages::QueryLimits;
use mxcp_actors::store::MemoryStore;
use serde_json::{Value, json};

use super::*;
use crate::endpoints::registry::Registry;
use crate::mcp::catalog::Catalog;
use crate::mcp::server::Audit;
use crate::mcp::sessions::Sessions;
use crate::mcp::visibility::Hiding;

const PATIENCE: Duration = Duration::from_secs(10);

/// Finding out who calls panics; nobody needs to be found out.
struct Unlucky;

impl Callers for Unlucky {
    fn nobody(&self) -> Caller {
        Caller {
            principal: None,
            context: CallContext::anonymous("test"),
            came_by: CallerType::Stdio,
            session: None,
            headers: Arc::default(),
        }
    }

    async fn caller(&self) -> Result<Caller, RpcError> {
        panic!("as the test asked");
    }
}

/// A server that offers nothing.
fn server() -> McpServer {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(Timestamp::from_seconds(1)));
    let randomness: Arc<dyn Randomness> = Arc::new(SeededRandomness::new(1));
    let rules = SessionRules {
        settings: SessionRegistrySettings::default(),
        clock: Arc::clone(&clock),
        randomness: Arc::clone(&randomness),
        repository: Arc::new(MemoryStore::new()),
    };
    let pool = BlockingPool::new(BlockingSettings {
        name: "sessions",
        running: NonZeroU32::MIN,
        waiting: 1,
        retry_after: PATIENCE,
    });
    let handle = HandleSettings {
        name: "sessions",
        capacity: 1,
        deadline: PATIENCE,
        retry_after: PATIENCE,
    };
    let registry = SessionRegistry::launch(rules, pool, handle, ReplicaBus::alone());
    let generation = Generation::in_memory(&InstanceSettings::default()).unwrap();
    let sql = SqlExecutorSettings {
        workers: 1,
        admission: AdmissionLimits {
            max_waiting: 1,
            max_waiting_per_share: 1,
            max_running_per_share: 1,
        },
        write_off: WriteOffRule {
            grace: PATIENCE,
            most_stand_ins: 1,
            burdens_caller: true,
        },
        deadline: PATIENCE,
    };
    let executor = SqlExecutor::launch(&generation, sql).unwrap();
    McpServer::new(
        Catalog::new(
            Registry::new(Vec::new()),
            QueryLimits::default(),
            Hiding {
                denied: true,
                out_of_scope: true,
            },
        )
        .unwrap(),
        Sessions::new(registry.handle.clone(), ReplicaBus::alone()),
        executor.executors.handle(),
        Audit {
            log: AuditLog::off(),
            clock,
            randomness,
            instance: "test".to_owned(),
        },
    )
}

#[test]
fn a_request_that_panics_is_answered_and_the_conversation_goes_on() {
    actix_rt::System::new().block_on(async {
        let (answers, mut answered) = mpsc::channel(4);
        let mut conversation = Conversation::new(Arc::new(server()), Unlucky, answers);
        let metadata = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        });
        for (id, method) in [(1, "tools/list"), (2, "server/discover")] {
            let message =
                json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": { "_meta": metadata } });
            conversation
                .take(Line::Text(message.to_string().into_bytes()))
                .await;
            let line = tokio::time::timeout(PATIENCE, answered.recv()).await;
            let answer: Value = serde_json::from_slice(&line.unwrap().unwrap()).unwrap();
            assert_eq!(answer["id"], id, "{answer}");
            match method {
                "tools/list" => assert_eq!(answer["error"]["code"], -32603, "{answer}"),
                _ => assert!(answer["result"]["capabilities"].is_object(), "{answer}"),
            }
        }
        conversation.finish(Duration::ZERO, CancelReason::Shutdown).await;
    });
}
