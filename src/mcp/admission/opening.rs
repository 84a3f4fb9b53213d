//! The first step: a body parsed, its era chosen, its identifier at hand for any refusal.
//!
//! Must not live here: the rules of either era.

use crate::mcp::era::{self, Evidence};
use crate::mcp::wire::envelope::{self, Message};
use crate::mcp::wire::headers::{FieldValue, StandardHeaders};
use crate::mcp::wire::{
    Era, ErrorKind, Incoming, InvalidMessage, Limits, Method, Params, RequestId, RpcError,
};

use super::{Admitted, Candidate, Context, Refused, legacy, modern};

/// A message that was read and not yet judged.
#[derive(Clone, Debug)]
pub struct Opening<'a, 'h> {
    parsed: Parsed<'a>,
    /// `None` over stdio, where the body says it all.
    headers: Option<StandardHeaders<'h>>,
    era: Era,
}

#[derive(Clone, Debug)]
enum Parsed<'a> {
    Unreadable(InvalidMessage),
    Single(Candidate<'a>),
    Batch(Vec<Result<Candidate<'a>, InvalidMessage>>),
}

impl<'a, 'h> Opening<'a, 'h> {
    /// Reads a body. `headers` are those of the HTTP request, and `None` for a line of stdio.
    pub fn read(headers: Option<StandardHeaders<'h>>, body: &'a [u8], limits: &Limits) -> Self {
        let parsed = match envelope::parse(body, limits) {
            Err(invalid) => Parsed::Unreadable(invalid),
            Ok(Incoming::Single(message)) => Parsed::Single(candidate(message)),
            Ok(Incoming::Batch(entries)) => {
                Parsed::Batch(entries.into_iter().map(|entry| entry.map(candidate)).collect())
            }
        };
        let era = era::choose(evidence(&parsed, headers.as_ref()));
        Self { parsed, headers, era }
    }

    /// The era the message is judged and answered in.
    pub const fn era(&self) -> Era {
        self.era
    }

    /// The request to echo in an answer.
    pub fn request_id(&self) -> Option<&RequestId> {
        match &self.parsed {
            Parsed::Unreadable(invalid) => invalid.id.as_ref(),
            Parsed::Single(candidate) => candidate.id(),
            Parsed::Batch(_) => None,
        }
    }

    /// Whether a refusal may be sent where there is no status that could tell: not to a notification or a response.
    pub const fn wants_answer(&self) -> bool {
        match &self.parsed {
            Parsed::Single(candidate) => candidate.wants_answer(),
            Parsed::Unreadable(_) | Parsed::Batch(_) => true,
        }
    }

    /// Whether this is an `initialize` that opens a legacy session, for which no session is looked up.
    pub fn opens_session(&self) -> bool {
        match &self.parsed {
            Parsed::Single(Candidate::Request { method, .. }) => {
                self.era == Era::Legacy && method == Method::Initialize.as_str()
            }
            Parsed::Single(Candidate::Notification { .. } | Candidate::Response(_))
            | Parsed::Unreadable(_)
            | Parsed::Batch(_) => false,
        }
    }

    /// Whether this is a legacy message that belongs into a session. One of the wrong media type, and one that
    /// cannot be read, is refused for that first.
    pub fn needs_session(&self) -> bool {
        self.era == Era::Legacy
            && !self.opens_session()
            && !matches!(self.parsed, Parsed::Unreadable(_))
            && self.check_media_types().is_ok()
    }

    /// The legacy session that the message names. A message that needs no session has none, whatever it says.
    ///
    /// # Errors
    /// 404 when the header cannot name a session: it came twice, or has other than visible ASCII.
    pub fn session_id(&self) -> Result<Option<&'h str>, Refused> {
        let header = self
            .headers
            .as_ref()
            .map(|headers| headers.session_id)
            .unwrap_or_default();
        if !self.needs_session() {
            return Ok(None);
        }
        match header {
            FieldValue::Absent => Ok(None),
            FieldValue::Text(id) if is_session_id(id) => Ok(Some(id)),
            FieldValue::Text(_) | FieldValue::Unusable => Err(self.session_not_found()),
        }
    }

    /// The refusal of a message whose session has ended or never was; the client then initializes again.
    pub fn session_not_found(&self) -> Refused {
        self.refuse(&RpcError::new(ErrorKind::SessionNotFound, "Session not found"))
    }

    /// The refusal of a message that must name its session and does not.
    pub fn session_required(&self) -> Refused {
        let problem = "Invalid request: Mcp-Session-Id is missing, must be the one that initialize answered";
        self.refuse(&RpcError::new(ErrorKind::SessionRequired, problem))
    }

    /// The refusal of this message for `error`, in its era and with its identifier.
    pub fn refuse(&self, error: &RpcError) -> Refused {
        Refused::new(self.request_id(), error, self.era)
    }

    /// Judges the message.
    pub fn admit(self, context: Context) -> Result<Admitted<'a>, Refused> {
        self.check_media_types()?;
        let (era, headers) = (self.era, self.headers);
        match (self.parsed, era) {
            (Parsed::Unreadable(invalid), _) => Err(Refused::new(invalid.id.as_ref(), &invalid.error, era)),
            (Parsed::Single(candidate), Era::Modern) => {
                let id = candidate.id().cloned();
                modern::admit(candidate, headers.as_ref(), context)
                    .map_err(|error| Refused::new(id.as_ref(), &error, era))
            }
            (Parsed::Single(candidate), Era::Legacy) => {
                let id = candidate.id().cloned();
                legacy::admit(candidate, headers.as_ref(), context)
                    .map_err(|error| Refused::new(id.as_ref(), &error, era))
            }
            (Parsed::Batch(entries), _) => legacy::admit_batch(entries, era, headers.as_ref(), context)
                .map_err(|error| Refused::new(None, &error, era)),
        }
    }

    fn check_media_types(&self) -> Result<(), Refused> {
        let Some(headers) = &self.headers else {
            return Ok(());
        };
        if !headers.content_type_is_json {
            let problem = "Invalid request: Content-Type must be application/json";
            return Err(self.refuse(&RpcError::new(ErrorKind::UnsupportedMediaType, problem)));
        }
        if !headers.accepts_both_media_types {
            let problem = "Invalid request: Accept must list application/json and text/event-stream";
            return Err(self.refuse(&RpcError::new(ErrorKind::NotAcceptable, problem)));
        }
        Ok(())
    }
}

/// Visible ASCII (specification 2025-11-25, *Transports*, session management).
fn is_session_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn candidate(message: Message<'_>) -> Candidate<'_> {
    match message {
        Message::Request(request) => Candidate::Request {
            id: request.id,
            method: request.method,
            params: Params::read(request.params),
        },
        Message::Notification(notification) => Candidate::Notification {
            method: notification.method,
            params: Params::read(notification.params),
        },
        Message::Response(response) => Candidate::Response(response),
    }
}

fn evidence<'e>(parsed: &'e Parsed<'_>, headers: Option<&StandardHeaders<'e>>) -> Evidence<'e> {
    let version_header = headers.and_then(|headers| headers.protocol_version.text());
    match parsed {
        Parsed::Single(
            Candidate::Request { method, params, .. } | Candidate::Notification { method, params },
        ) => Evidence {
            method: Some(method),
            metadata: params.as_ref().ok().and_then(Params::era),
            version_header,
        },
        Parsed::Single(Candidate::Response(_)) | Parsed::Unreadable(_) | Parsed::Batch(_) => Evidence {
            version_header,
            ..Evidence::default()
        },
    }
}
