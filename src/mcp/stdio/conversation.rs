//! One client's conversation: its lines in order, its requests at once, its era fixed by the handshake.
//!
//! Notifications take effect in the order of the lines, so that a cancellation finds the request before it. Requests run
//! beside each other up to a bound; a client that does not read its answers stops being read, and nothing piles up.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::cancel::{CancelReason, CancelToken};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::caught::caught;
use super::lines::{Line, MOST_LINE_BYTES};
use crate::mcp::admission::{Admitted, AdmittedMessage, AdmittedRequest, Content, Context, Opening, Refused};
use crate::mcp::caller::Caller;
use crate::mcp::server::McpServer;
use crate::mcp::session::{Running, Session};
use crate::mcp::wire::{
    ClientRequest, Era, InvalidMessage, Limits, Method, ProtocolVersion, RequestId, RpcError, frame, response,
};

/// Requests that may be under way at once: far more than a client asks for, and few enough to hold all their answers.
pub const MOST_RUNNING: usize = 256;

/// How long calls that were interrupted may take to say so.
const INTERRUPTED_GRACE: Duration = Duration::from_secs(1);

/// Who speaks on the other side of the streams.
pub trait Callers: Send + Sync + 'static {
    /// Nobody in particular: for what anyone may ask, such as what the server is.
    fn nobody(&self) -> Caller;

    /// The caller of one call, found out anew each time; the error is the answer to the call.
    fn caller(&self) -> impl Future<Output = Result<Caller, RpcError>>;
}

/// The streams' client as far as it has spoken.
pub struct Conversation<C> {
    parts: Arc<Parts<C>>,
    /// The version that `initialize` negotiated; `None` while nobody has said it.
    negotiated: Option<ProtocolVersion>,
    places: Arc<Semaphore>,
    tasks: JoinSet<()>,
}

/// What every request needs.
struct Parts<C> {
    server: Arc<McpServer>,
    callers: C,
    session: Arc<Session>,
    answers: mpsc::Sender<Vec<u8>>,
}

/// A request's entry in the table of what can be cancelled.
struct Entry {
    token: CancelToken,
    _running: Running,
}

impl<C: Callers> Conversation<C> {
    /// A conversation that has not begun. Answers go to `answers`, each a line with its end.
    pub fn new(server: Arc<McpServer>, callers: C, answers: mpsc::Sender<Vec<u8>>) -> Self {
        Self {
            parts: Arc::new(Parts {
                server,
                callers,
                session: Session::of_connection(),
                answers,
            }),
            negotiated: None,
            places: Arc::new(Semaphore::new(MOST_RUNNING)),
            tasks: JoinSet::new(),
        }
    }

    /// Takes one line. Waits only while the client does not read its answers.
    pub async fn take(&mut self, line: Line) {
        while self.tasks.try_join_next().is_some() {}
        let refusal = match line {
            Line::Text(text) => self.message(text),
            Line::TooLong => {
                let problem = format!("the message is larger than {MOST_LINE_BYTES} bytes");
                Some(response::error(
                    None,
                    &RpcError::invalid_request(&problem),
                    self.era(),
                ))
            }
        };
        if let Some(body) = refusal {
            self.parts.send(&body).await;
        }
    }

    /// Takes a message; the answer is a refusal to send.
    fn message(&mut self, text: Vec<u8>) -> Option<Vec<u8>> {
        let context = Context {
            served: self.parts.server.served(),
            session_version: self.negotiated,
        };
        let opening = Opening::read(None, &text, &Limits::default());
        let wants_answer = opening.wants_answer();
        let kept = self.keep_to_the_era(&opening);
        let admitted = match kept.and_then(|()| opening.admit(context)) {
            Ok(admitted) => admitted,
            Err(refused) if wants_answer => return Some(refused.body),
            Err(refused) => {
                log::debug!("a message that wants no answer was refused: {:?}", refused.kind);
                return None;
            }
        };
        let entries = match self.note(&admitted) {
            Ok(Some(entries)) => entries,
            Ok(None) => return None,
            Err(refused) => return Some(refused),
        };
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let busy =
                format!("busy: {MOST_RUNNING} requests are under way; wait for an answer and try again");
            let id = match &admitted.content {
                Content::Single(AdmittedMessage::Request(request)) => Some(&request.id),
                _ => None,
            };
            return Some(response::error(id, &RpcError::internal(busy), admitted.era));
        };
        drop(admitted);
        let parts = Arc::clone(&self.parts);
        self.tasks
            .spawn_local(async move { parts.answer(&text, context, entries, place).await });
        None
    }

    /// After `initialize` the process speaks the version that was negotiated, and no other (specification 2026-07-28,
    /// *Versioning and Compatibility*).
    fn keep_to_the_era(&self, opening: &Opening<'_, '_>) -> Result<(), Refused> {
        match self.negotiated {
            Some(version) if opening.era() == Era::Modern => {
                let problem = format!(
                    "this connection was opened with initialize and speaks {}",
                    version.as_str()
                );
                Err(Refused::new(
                    opening.request_id(),
                    &RpcError::invalid_request(&problem),
                    Era::Legacy,
                ))
            }
            _ => Ok(()),
        }
    }

    /// What a message changes at once, in the order of the lines. Answers an entry for each request in it, `None` if
    /// nothing in it wants an answer, or the refusal of a request that comes before the handshake.
    fn note(&mut self, admitted: &Admitted<'_>) -> Result<Option<Vec<Entry>>, Vec<u8>> {
        let unready = |id: Option<&RequestId>| {
            let error = RpcError::invalid_request("initialize must come first");
            Err(response::error(id, &error, Era::Legacy))
        };
        let is_unready = admitted.era == Era::Legacy && self.negotiated.is_none();
        match &admitted.content {
            Content::Batch(_) if is_unready => unready(None),
            Content::Batch(messages) => {
                let entries: Vec<Entry> = messages
                    .iter()
                    .filter_map(|message| self.entry_of(message.as_ref().ok()?))
                    .collect();
                let wants_answer = !entries.is_empty() || messages.iter().any(Result::is_err);
                Ok(wants_answer.then_some(entries))
            }
            Content::Single(AdmittedMessage::Request(request))
                if is_unready && !matches!(request.method, Method::Initialize | Method::Ping) =>
            {
                unready(Some(&request.id))
            }
            Content::Single(message) => {
                // One that will be refused for its parameters opens nothing, as over HTTP.
                if let AdmittedMessage::Request(request) = message
                    && request.method == Method::Initialize
                    && ClientRequest::read(request.method, &request.params).is_ok()
                {
                    self.negotiated = Some(admitted.version);
                }
                Ok(self.entry_of(message).map(|entry| vec![entry]))
            }
        }
    }

    fn entry_of(&self, message: &AdmittedMessage<'_>) -> Option<Entry> {
        match message {
            AdmittedMessage::Request(request) => {
                let token = CancelToken::new();
                let running = self.parts.session.begin(&request.id, &token);
                Some(Entry {
                    token,
                    _running: running,
                })
            }
            AdmittedMessage::Notification(notification) => {
                self.parts.server.notice(notification, Some(&self.parts.session));
                None
            }
            AdmittedMessage::Response(_) => None,
        }
    }

    fn era(&self) -> Era {
        self.negotiated.map_or(Era::Modern, ProtocolVersion::era)
    }

    /// Nobody speaks any more: what runs may end within `grace`, then it is stopped for `reason`.
    pub async fn finish(mut self, grace: Duration, reason: CancelReason) {
        if tokio::time::timeout(grace, join(&mut self.tasks)).await.is_ok() {
            return;
        }
        self.parts.session.cancel_all(reason);
        // What does not end now is dropped with the tasks, and its queries with it.
        drop(tokio::time::timeout(INTERRUPTED_GRACE, join(&mut self.tasks)).await);
    }
}

async fn join(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

impl<C: Callers> Parts<C> {
    /// Answers what was admitted once already; the text is read again because a task owns what it needs.
    async fn answer(&self, text: &[u8], context: Context, entries: Vec<Entry>, _place: OwnedSemaphorePermit) {
        let opening = Opening::read(None, text, &Limits::default());
        let answer = match opening.admit(context) {
            Err(refused) => Some(refused.body),
            Ok(Admitted {
                era,
                version,
                content,
            }) => match (content, entries.as_slice()) {
                (Content::Single(AdmittedMessage::Request(request)), [entry]) => {
                    self.request(request, era, version, entry).await
                }
                (Content::Single(_), _) => None,
                (Content::Batch(messages), entries) => self.batch(messages, era, version, entries).await,
            },
        };
        if let Some(body) = answer {
            self.send(&body).await;
        }
    }

    /// The response, unless the client said that it does not want it (specification, *Cancellation*).
    async fn request(
        &self,
        request: AdmittedRequest<'_>,
        era: Era,
        version: ProtocolVersion,
        entry: &Entry,
    ) -> Option<Vec<u8>> {
        let (id, method) = (request.id.clone(), request.method);
        let outcome = caught(self.outcome(request, version, entry)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            log::error!(
                "a {} request panicked; it is answered with an error",
                method.as_str()
            );
            Err(RpcError::internal("the server failed on this request"))
        });
        if entry.token.reason() == Some(CancelReason::ClientCancelled) {
            return None;
        }
        Some(outcome.unwrap_or_else(|error| response::error(Some(&id), &error, era)))
    }

    async fn outcome(
        &self,
        request: AdmittedRequest<'_>,
        version: ProtocolVersion,
        entry: &Entry,
    ) -> Result<Vec<u8>, RpcError> {
        let mut caller = self.caller_of(request.method).await?;
        caller.context.cancel = entry.token.clone();
        let guard = caller.context.cancel_on_drop();
        let no_headers: Option<&[(&str, &str)]> = None;
        let outcome = self.server.answer(request, version, &caller, no_headers).await;
        guard.disarm();
        outcome
    }

    /// The responses to a batch of 2025-03-26, in its order; `None` if nothing in it wants one.
    async fn batch(
        &self,
        messages: Vec<Result<AdmittedMessage<'_>, InvalidMessage>>,
        era: Era,
        version: ProtocolVersion,
        entries: &[Entry],
    ) -> Option<Vec<u8>> {
        let mut entries = entries.iter();
        let mut answers = Vec::new();
        for message in messages {
            match message {
                Ok(AdmittedMessage::Request(request)) => {
                    let entry = entries.next()?;
                    answers.extend(self.request(request, era, version, entry).await);
                }
                Ok(AdmittedMessage::Notification(_) | AdmittedMessage::Response(_)) => {}
                Err(invalid) => answers.push(response::error(invalid.id.as_ref(), &invalid.error, era)),
            }
        }
        (!answers.is_empty()).then(|| response::batch(answers))
    }

    async fn caller_of(&self, method: Method) -> Result<Caller, RpcError> {
        match method {
            Method::Initialize | Method::Ping | Method::ServerDiscover => Ok(self.callers.nobody()),
            _ => self.callers.caller().await,
        }
    }

    /// A client that does not listen any more is noticed by whoever owns the streams.
    async fn send(&self, body: &[u8]) {
        drop(self.answers.send(frame::line(body)).await);
    }
}
