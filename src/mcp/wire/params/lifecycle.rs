//! Parameters of `initialize`. Must not live here: the negotiation (see `ProtocolVersion::negotiate`).

use std::borrow::Cow;

use crate::mcp::wire::capability::ClientCapabilities;
use crate::mcp::wire::metadata::ClientInfo;
use crate::mcp::wire::object::{Field, InvalidParams, Object};

/// Parameters of `initialize`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitializeParams<'a> {
    /// The version the client asks for, known or not.
    pub protocol_version: Cow<'a, str>,
    /// What the client can do for the whole session.
    pub capabilities: ClientCapabilities,
    /// For display only.
    pub client_info: ClientInfo<'a>,
}

impl<'a> InitializeParams<'a> {
    pub(super) fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        let capabilities = members.required(Field::Capabilities, "an object", Some)?;
        Ok(Self {
            protocol_version: members.string(Field::ProtocolVersion)?,
            capabilities: ClientCapabilities::read("params.capabilities", capabilities)?,
            client_info: ClientInfo::read(&members.object(Field::ClientInfo, "params.clientInfo")?)?,
        })
    }
}
