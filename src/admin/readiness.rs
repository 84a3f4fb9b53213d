//! Whether this process should be sent work: not while it is stopping, and not while a part that every call needs does not
//! answer. Liveness is another question: whether only a restart helps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mxcp_actors::blocking::BlockingPool;
use mxcp_actors::error::CallError;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::gate::Gate;

/// How long an answer may be told again, so that any number of probes costs one question a second.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How long a part may take to answer. Probes give up after a few seconds themselves.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks one part. May block; an error says in words why the part cannot be used.
pub type Probe = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// One part and how it is asked.
#[derive(Clone)]
pub struct Check {
    /// `store`, `engine`, `provider`
    pub name: &'static str,
    /// Whether no call can be answered without it.
    pub is_required: bool,
    /// Asks it.
    pub probe: Probe,
}

/// What one part answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The part.
    pub name: &'static str,
    /// Whether no call can be answered without it.
    pub is_required: bool,
    /// Why it cannot be used, if it cannot.
    pub reason: Option<String>,
}

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(pub Vec<Finding>);

/// Asks all parts.
pub struct Readiness {
    gate: Arc<Gate>,
    checks: Vec<Check>,
    pool: BlockingPool,
    fresh_for: Duration,
    patience: Duration,
    latest: Mutex<Option<(Instant, Findings)>>,
}

impl Readiness {
    /// Asks these parts, on threads of `pool`.
    pub fn new(gate: Arc<Gate>, checks: Vec<Check>, pool: BlockingPool) -> Self {
        Self {
            gate,
            checks,
            pool,
            fresh_for: FRESH_FOR,
            patience: PATIENCE,
            latest: Mutex::default(),
        }
    }

    /// What the parts say, at most a second ago. That the process is stopping shows at once.
    pub async fn find(&self) -> Findings {
        if self.gate.is_closed() {
            return Findings(vec![Finding {
                name: "process",
                is_required: true,
                reason: Some("the server is stopping".to_owned()),
            }]);
        }
        let mut latest = self.latest.lock().await;
        match &*latest {
            Some((at, findings)) if at.elapsed() < self.fresh_for => return findings.clone(),
            _ => {}
        }
        let asked = self
            .checks
            .iter()
            .map(|check| tokio::spawn(ask(self.pool.clone(), check.clone(), self.patience)));
        let mut findings = Vec::with_capacity(self.checks.len());
        for (question, check) in asked.collect::<Vec<_>>().into_iter().zip(&self.checks) {
            findings.push(Finding {
                name: check.name,
                is_required: check.is_required,
                reason: question
                    .await
                    .unwrap_or_else(|_| Some(CallError::Crashed.to_string())),
            });
        }
        let findings = Findings(findings);
        *latest = Some((Instant::now(), findings.clone()));
        findings
    }
}

/// Why the part cannot be used, if it cannot.
async fn ask(pool: BlockingPool, check: Check, patience: Duration) -> Option<String> {
    let probe = check.probe;
    match tokio::time::timeout(patience, pool.run(move || probe())).await {
        Ok(Ok(answer)) => answer.err(),
        Ok(Err(CallError::Busy { .. })) => Some("earlier checks have not ended".to_owned()),
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("did not answer within {} s", patience.as_secs())),
    }
}

impl Findings {
    /// Whether this process should be sent work.
    pub fn is_ready(&self) -> bool {
        let mut required = self.0.iter().filter(|finding| finding.is_required);
        required.all(|finding| finding.reason.is_none())
    }

    /// `GET /ready`. Reasons can name hosts and files, so they are for those who may look.
    pub fn told(&self, with_reasons: bool) -> Value {
        let checks = self.0.iter().map(|finding| {
            let status = match (&finding.reason, finding.is_required) {
                (None, _) => "ok",
                (Some(_), true) => "failed",
                (Some(_), false) => "degraded",
            };
            let mut check = json!({ "name": finding.name, "status": status });
            if let (Some(reason), true) = (&finding.reason, with_reasons) {
                check["reason"] = reason.as_str().into();
            }
            check
        });
        json!({
            "status": if self.is_ready() { "ready" } else { "not_ready" },
            "checks": checks.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::atomic::{AtomicU32, Ordering};

    use mxcp_actors::blocking::BlockingSettings;

    use super::*;

    fn readiness(checks: Vec<Check>) -> (Arc<Gate>, Readiness) {
        let pool = BlockingPool::new(BlockingSettings {
            name: "probes",
            running: NonZeroU32::MIN,
            waiting: 2,
            retry_after: Duration::from_secs(1),
        });
        let gate = Arc::<Gate>::default();
        let readiness = Readiness {
            // Neither passes while a test runs, however long its threads wait for their turn.
            fresh_for: Duration::from_mins(10),
            patience: Duration::from_mins(10),
            ..Readiness::new(Arc::clone(&gate), checks, pool)
        };
        (gate, readiness)
    }

    fn check(name: &'static str, is_required: bool, answer: Result<(), &'static str>) -> Check {
        Check {
            name,
            is_required,
            probe: Arc::new(move || answer.map_err(str::to_owned)),
        }
    }

    #[tokio::test]
    async fn a_required_part_decides_and_every_reason_is_told_to_who_may_look() {
        let (_, readiness) = readiness(vec![
            check("store", true, Err("disk full")),
            check("engine", true, Ok(())),
        ]);
        let findings = readiness.find().await;
        assert!(!findings.is_ready());
        assert_eq!(
            findings.told(true),
            json!({ "status": "not_ready", "checks": [
                { "name": "store", "status": "failed", "reason": "disk full" },
                { "name": "engine", "status": "ok" },
            ] })
        );
        assert_eq!(
            findings.told(false)["checks"][0],
            json!({ "name": "store", "status": "failed" })
        );
    }

    #[tokio::test]
    async fn a_part_that_some_calls_do_without_degrades() {
        let (_, readiness) = readiness(vec![check("provider", false, Err("no route"))]);
        let findings = readiness.find().await;
        assert!(findings.is_ready());
        assert_eq!(findings.told(true)["checks"][0]["status"], "degraded");
    }

    #[tokio::test]
    async fn a_stop_shows_at_once_and_probes_within_a_second_share_one_answer() {
        let asked = Arc::new(AtomicU32::new(0));
        let counting = Arc::clone(&asked);
        let (gate, mut readiness) = readiness(vec![Check {
            name: "engine",
            is_required: true,
            probe: Arc::new(move || {
                counting.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }),
        }]);
        assert!(readiness.find().await.is_ready() && readiness.find().await.is_ready());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        readiness.fresh_for = Duration::ZERO;
        assert!(readiness.find().await.is_ready());
        assert_eq!(asked.load(Ordering::SeqCst), 2, "asked anew afterwards");
        gate.close();
        let findings = readiness.find().await;
        assert!(!findings.is_ready());
        assert_eq!(findings.0[0].reason.as_deref(), Some("the server is stopping"));
    }

    #[tokio::test]
    async fn a_probe_that_panics_is_a_reason() {
        let panicking: Probe = Arc::new(|| panic!("deliberate"));
        let (_, readiness) = readiness(vec![Check {
            name: "engine",
            is_required: true,
            probe: panicking,
        }]);
        assert!(!readiness.find().await.is_ready());
    }
}
