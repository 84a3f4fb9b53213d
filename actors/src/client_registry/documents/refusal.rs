//! Why a document is not relied on. The messages name no address and repeat nothing of the document: they may be shown to
//! anybody.

use crate::client_registry::reading_bounds::TooManyReadings;
use crate::domain::client::{InvalidDocumentUrl, InvalidMetadataDocument, PolicyRefusal};
use crate::outbound::OutboundError;

/// Why there is no client under a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefusal {
    /// The operator has switched such clients off.
    #[error("this server does not take applications from metadata documents; the application must register")]
    SwitchedOff,
    /// The identifier cannot be the URL of a document.
    #[error(transparent)]
    Url(#[from] InvalidDocumentUrl),
    /// The operator does not accept what lies there.
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// Its server was not asked, or did not answer.
    #[error("{0}")]
    Outbound(#[from] OutboundError),
    /// Its server sends elsewhere, where nobody follows.
    #[error("its server redirects, and redirects are not followed")]
    Redirect,
    /// Its server has no document.
    #[error("its server answers with the status {0}")]
    Status(u16),
    /// Its server calls it something else.
    #[error("its media type is not application/json")]
    MediaType,
    /// It is no JSON object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// It does not describe a client that may be served.
    #[error(transparent)]
    Content(#[from] InvalidMetadataDocument),
    /// This network, or everybody together, asks for too many documents.
    #[error(transparent)]
    TooMany(#[from] TooManyReadings),
}

impl DocumentRefusal {
    /// Whether the same document may well be good a little later, so that what it said before still counts.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::TooMany(_) => true,
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::Outbound(error) => error.is_temporary(),
            Self::SwitchedOff
            | Self::Url(_)
            | Self::Policy(_)
            | Self::Redirect
            | Self::MediaType
            | Self::NotAnObject
            | Self::Content(_) => false,
        }
    }
}
