//! `POST /mcp`: one message in, one answer out.
//!
//! In the modern era a client that goes away has cancelled its request: actix drops this handler's future, and with it
//! the guard that trips the call's token. In the legacy era going away means nothing, so the work runs on a task of its
//! own and only `notifications/cancelled` stops it.

use std::sync::Arc;

use actix_web::http::header::WWW_AUTHENTICATE;
use actix_web::web::{self, Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::caller::{self, Lines};
use super::{MOST_BODY_BYTES, McpState, reply};
use crate::http::extract::{bearer, body};
use crate::http::middleware::origin;
use crate::http::request_ids;
use crate::mcp::admission::{Admitted, AdmittedMessage, AdmittedRequest, Content, Context, Opening};
use crate::mcp::caller::Caller;
use crate::mcp::session::Session;
use crate::mcp::wire::envelope::Limits;
use crate::mcp::wire::headers::StandardHeaders;
use crate::mcp::wire::{Era, InvalidMessage, Method, ProtocolVersion, RequestId, RpcError, response};

/// The handler. See the module's documentation.
pub(in crate::http) async fn post(
    request: HttpRequest,
    payload: Payload,
    state: web::Data<McpState>,
) -> HttpResponse {
    if let Err(refused) = origin::check(&request, state.public_url.allowed_hosts()) {
        return reply::wrong_origin(refused);
    }
    let caller = match caller::identify(&request, &state).await {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    let body = match body::read(&request, payload, MOST_BODY_BYTES).await {
        Ok(body) => body,
        Err(error) => return reply::no_body(error),
    };
    let lines = Lines(&request);
    let opening = Opening::read(Some(StandardHeaders::read(&lines)), &body, &Limits::default());
    match opening.era() {
        Era::Modern => {
            let guard = caller.context.cancel_on_drop();
            let answer = Exchange {
                state: &state,
                caller: &caller,
                request: &request,
            }
            .run(opening)
            .await;
            guard.disarm();
            answer
        }
        Era::Legacy => {
            drop(opening);
            let name = Arc::clone(&caller.context.request_id);
            let work = detached(request.clone(), body, state, caller);
            let task = actix_rt::spawn(request_ids::named(name, work));
            task.await
                .unwrap_or_else(|_| HttpResponse::InternalServerError().finish())
        }
    }
}

/// The same exchange, owning what it needs, so that it outlives the connection.
async fn detached(
    request: HttpRequest,
    body: Bytes,
    state: web::Data<McpState>,
    caller: Caller,
) -> HttpResponse {
    let lines = Lines(&request);
    let opening = Opening::read(Some(StandardHeaders::read(&lines)), &body, &Limits::default());
    Exchange {
        state: &state,
        caller: &caller,
        request: &request,
    }
    .run(opening)
    .await
}

/// One message and what it is answered with.
struct Exchange<'a> {
    state: &'a McpState,
    caller: &'a Caller,
    request: &'a HttpRequest,
}

impl Exchange<'_> {
    async fn run(&self, opening: Opening<'_, '_>) -> HttpResponse {
        let session = match self.session(&opening).await {
            Ok(session) => session,
            Err(answer) => return answer,
        };
        let context = Context {
            served: self.state.server.served(),
            session_version: session.as_ref().map(|session| session.version()),
        };
        let admitted = match opening.admit(context) {
            Ok(admitted) => admitted,
            Err(refused) => return reply::refused(refused),
        };
        let Admitted {
            era,
            version,
            content,
        } = admitted;
        let conversation = Conversation {
            exchange: self,
            session,
            era,
            version,
        };
        match content {
            Content::Single(message) => conversation.single(message).await,
            Content::Batch(entries) => conversation.batch(entries).await,
        }
    }

    /// The legacy session that the message belongs to, or the answer to a message that names a wrong one.
    async fn session(&self, opening: &Opening<'_, '_>) -> Result<Option<Arc<Session>>, HttpResponse> {
        if self.state.stateless || !opening.needs_session() {
            return Ok(None);
        }
        let named = opening.session_id().map_err(reply::refused)?;
        let id = named.ok_or_else(|| reply::refused(opening.session_required()))?;
        match self.state.server.sessions().find(id, &self.caller.owner()).await {
            Ok(Ok(session)) => Ok(Some(session)),
            Ok(Err(none)) => {
                caller::note_no_session(self.request, self.state, self.caller, &none);
                Err(reply::refused(opening.session_not_found()))
            }
            Err(error) => Err(reply::sessions_unavailable(opening.request_id(), &error)),
        }
    }
}

/// An admitted message's surroundings.
struct Conversation<'a> {
    exchange: &'a Exchange<'a>,
    session: Option<Arc<Session>>,
    era: Era,
    version: ProtocolVersion,
}

impl Conversation<'_> {
    async fn single(&self, message: AdmittedMessage<'_>) -> HttpResponse {
        let request = match message {
            AdmittedMessage::Request(request) => request,
            AdmittedMessage::Notification(notification) => {
                self.exchange
                    .state
                    .server
                    .notice(&notification, self.session.as_deref());
                return reply::accepted();
            }
            AdmittedMessage::Response(_) => return reply::accepted(),
        };
        let (id, method) = (request.id.clone(), request.method);
        match self.answer(request, self.exchange.caller).await {
            Ok(body) if method == Method::Initialize => self.opened(&id, body).await,
            Ok(body) => reply::result(body),
            Err(error) => {
                let mut answer = reply::error(Some(&id), &error, self.era);
                self.challenge(&error, &mut answer);
                answer
            }
        }
    }

    /// A token that was not granted enough is told what to ask for (RFC 6750, section 3.1).
    fn challenge(&self, error: &RpcError, answer: &mut HttpResponse) {
        let Exchange { state, request, .. } = self.exchange;
        if let (Some(required), Some(services)) = (error.required_scopes(), &state.authentication)
            && let Some(challenge) = bearer::insufficient_scope(request, services, required)
        {
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
    }

    async fn answer(&self, request: AdmittedRequest<'_>, caller: &Caller) -> Result<Vec<u8>, RpcError> {
        let Exchange {
            state, request: http, ..
        } = self.exchange;
        let lines = Lines(http);
        let Some(session) = &self.session else {
            return state
                .server
                .answer(request, self.version, caller, Some(&lines))
                .await;
        };
        let _running = session.begin(&request.id, &caller.context.cancel);
        let caller = caller.within(session);
        state
            .server
            .answer(request, self.version, &caller, Some(&lines))
            .await
    }

    /// The answer to `initialize` carries the session's id, unless there are no sessions.
    async fn opened(&self, request: &RequestId, body: Vec<u8>) -> HttpResponse {
        let Exchange { state, caller, .. } = self.exchange;
        if state.stateless {
            return reply::result(body);
        }
        match state.server.sessions().open(caller.owner(), self.version).await {
            Ok(id) => reply::opened(&id, body),
            Err(error) => reply::sessions_unavailable(Some(request), &error),
        }
    }

    /// A batch of 2025-03-26: every request in it is answered, in order.
    async fn batch(&self, entries: Vec<Result<AdmittedMessage<'_>, InvalidMessage>>) -> HttpResponse {
        let mut answers = Vec::new();
        for entry in entries {
            match entry {
                Ok(AdmittedMessage::Request(request)) => {
                    let id = request.id.clone();
                    let caller = self.exchange.caller.for_one_of_several();
                    let answer = self.answer(request, &caller).await;
                    answers.push(answer.unwrap_or_else(|error| response::error(Some(&id), &error, self.era)));
                }
                Ok(AdmittedMessage::Notification(notification)) => {
                    self.exchange
                        .state
                        .server
                        .notice(&notification, self.session.as_deref());
                }
                Ok(AdmittedMessage::Response(_)) => {}
                Err(invalid) => {
                    answers.push(response::error(invalid.id.as_ref(), &invalid.error, self.era));
                }
            }
        }
        match answers.is_empty() {
            true => reply::accepted(),
            false => reply::result(response::batch(answers)),
        }
    }
}
