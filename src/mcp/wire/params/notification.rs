//! Notifications from a client. A malformed one is never answered; the caller goes on without it (specification,
//! *Cancellation*, error handling). Must not live here: notifications to a client (see
//! `wire::notification`).

use std::borrow::Cow;

use super::Params;
use crate::mcp::wire::id::{ProgressToken, RequestId};
use crate::mcp::wire::object::{Field, InvalidParams};

/// A notification with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientNotification<'a> {
    /// `notifications/initialized`: the handshake is done.
    Initialized,
    /// `notifications/cancelled`: the client no longer wants an answer.
    Cancelled {
        /// Which request.
        request_id: RequestId,
        /// Why, for the log.
        reason: Option<Cow<'a, str>>,
    },
    /// `notifications/progress`: of a request that this server sent.
    Progress {
        /// The token this server gave.
        token: ProgressToken,
        /// How far.
        progress: f64,
        /// Of how much.
        total: Option<f64>,
        /// In words.
        message: Option<Cow<'a, str>>,
    },
    /// `notifications/roots/list_changed`.
    RootsListChanged,
    /// Any other; to be ignored.
    Unknown,
}

impl<'a> ClientNotification<'a> {
    /// Reads the parameters of the notification `method`.
    pub fn read(method: &str, params: &Params<'a>) -> Result<Self, InvalidParams> {
        let members = &params.members;
        let number = |value: &serde_json::value::RawValue| serde_json::from_str(value.get()).ok();
        Ok(match method {
            "notifications/initialized" => Self::Initialized,
            "notifications/cancelled" => Self::Cancelled {
                request_id: members.required(
                    Field::RequestId,
                    "a string or an integer",
                    RequestId::from_raw,
                )?,
                reason: members.optional_string(Field::Reason)?,
            },
            "notifications/progress" => Self::Progress {
                token: members.required(
                    Field::ProgressToken,
                    "a string or an integer",
                    ProgressToken::from_raw,
                )?,
                progress: members.required(Field::Progress, "a number", number)?,
                total: members.optional(Field::Total, "a number", number)?,
                message: members.optional_string(Field::Message)?,
            },
            "notifications/roots/list_changed" => Self::RootsListChanged,
            _ => Self::Unknown,
        })
    }
}
