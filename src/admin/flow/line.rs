//! A record as a step of an attempt: which step, how it went, and how sure it is that it belongs there.

use mxcp_actors::domain::audit_event::{AuditRecord, AuthenticationEvent, OperationStatus, OperationType};
use mxcp_actors::domain::clock::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The steps of a login, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The client reads where to log in.
    Discovery,
    /// The client introduces itself.
    Register,
    /// The browser brings the client's request.
    Authorize,
    /// The user types a password here.
    LogIn,
    /// The user decides.
    Consent,
    /// The browser leaves for the identity provider.
    Upstream,
    /// The browser comes back from there.
    Callback,
    /// The browser is sent back to the client.
    Code,
    /// The client exchanges its code.
    Token,
    /// The client uses its tokens.
    Call,
    /// The client renews them.
    Refresh,
    /// The login ends.
    End,
}

impl Stage {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Register => "register",
            Self::Authorize => "authorize",
            Self::LogIn => "log in",
            Self::Consent => "consent",
            Self::Upstream => "upstream",
            Self::Callback => "callback",
            Self::Code => "code",
            Self::Token => "token",
            Self::Call => "call",
            Self::Refresh => "refresh",
            Self::End => "end",
        }
    }

    /// The step that a record is about.
    pub fn of(record: &AuditRecord) -> Self {
        use AuthenticationEvent as E;
        if record.operation_type != OperationType::Auth {
            return Self::Call;
        }
        let Some(event) = AuthenticationEvent::from_word(&record.operation_name) else {
            return Self::Token;
        };
        match event {
            E::MetadataRead => Self::Discovery,
            E::ClientRegistered => Self::Register,
            E::AuthorizationRequested | E::AuthorizationRefused => Self::Authorize,
            E::PageRefused => match detail(record, "page") {
                Some("login") => Self::LogIn,
                Some("callback") => Self::Callback,
                _ => Self::Consent,
            },
            E::ConsentGiven | E::ConsentDenied => Self::Consent,
            E::LoginStarted => Self::Upstream,
            E::LoginSucceeded if record.user.user_provider.as_deref() == Some("local") => Self::LogIn,
            E::LoginFailed if detail(record, "provider").is_none() => Self::LogIn,
            E::LoginSucceeded | E::LoginFailed => Self::Callback,
            E::CodeIssued => Self::Code,
            E::TokenIssued | E::RequestRefused | E::CodeReplayed => Self::Token,
            E::TokenRefreshed => Self::Refresh,
            E::TokenRevoked | E::RefreshTokenReused | E::LoggedOut => Self::End,
        }
    }
}

/// Why a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Its record names the attempt, its grant or the reference.
    Exact,
    /// Probably of the attempt: the same client at the same time.
    SameClient,
    /// Perhaps of the attempt: the same network at the same time.
    SameNetwork,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// When.
    pub time: Timestamp,
    /// Since the line before, in milliseconds.
    pub after_ms: u64,
    /// Which.
    pub step: Stage,
    /// The record's own word.
    pub event: String,
    /// How it went.
    pub status: OperationStatus,
    /// Whether it belongs here.
    pub certainty: Certainty,
    /// Where the request came from.
    pub network: Option<String>,
    /// The client.
    pub client_id: Option<String>,
    /// What it calls itself.
    pub client_name: Option<String>,
    /// Who.
    pub user: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// Where the client wanted its answer.
    pub redirect_uri: Option<String>,
    /// What was asked for or granted.
    pub scope: Option<String>,
    /// The document that was read, the provider, or why a login ended.
    pub detail: Option<String>,
    /// The request, as the log has it.
    pub request_id: Option<String>,
    /// The process that wrote it.
    pub instance_id: Option<String>,
}

impl Line {
    /// The record as a step.
    pub fn new(record: &AuditRecord, certainty: Certainty) -> Self {
        let text = |name| detail(record, name).map(str::to_owned);
        let user = &record.user;
        Self {
            time: record.timestamp,
            after_ms: 0,
            step: Stage::of(record),
            event: record.operation_name.clone(),
            status: record.operation_status,
            certainty,
            client_id: record.client_id.clone(),
            user: user.user_name.clone().or_else(|| user.user_id.clone()),
            error: record.error.clone(),
            request_id: record.request_id.clone(),
            instance_id: record.instance_id.clone(),
            // The details of a call are its arguments, which are not the login's.
            ..match record.operation_type {
                OperationType::Auth => Self {
                    network: text("network"),
                    client_name: text("client_name"),
                    redirect_uri: text("redirect_uri"),
                    scope: text("scope"),
                    detail: text("document")
                        .or_else(|| text("reason"))
                        .or_else(|| text("provider"))
                        .or_else(|| text("revoked")),
                    ..Self::nothing()
                },
                OperationType::Tool | OperationType::Resource | OperationType::Prompt => Self::nothing(),
            }
        }
    }

    /// A line that says nothing.
    fn nothing() -> Self {
        Self {
            time: Timestamp::UNIX_EPOCH,
            after_ms: 0,
            step: Stage::Discovery,
            event: String::new(),
            status: OperationStatus::Success,
            certainty: Certainty::Exact,
            network: None,
            client_id: None,
            client_name: None,
            user: None,
            error: None,
            redirect_uri: None,
            scope: None,
            detail: None,
            request_id: None,
            instance_id: None,
        }
    }

    /// Whether it is surely of the attempt.
    pub fn is_exact(&self) -> bool {
        self.certainty == Certainty::Exact
    }

    /// Whether it is this event.
    pub fn is(&self, event: AuthenticationEvent) -> bool {
        self.event == event.as_str()
    }
}

fn detail<'a>(record: &'a AuditRecord, name: &str) -> Option<&'a str> {
    record.input_data.get(name).and_then(Value::as_str)
}
