//! Refusals that come after the configuration was read, with the place of the setting that they are about.

use super::StartError;
use crate::config::Written;

impl StartError {
    /// The same refusal with the file, line and column of its setting, if it was written somewhere.
    #[must_use]
    pub fn placed(self, written: &Written) -> Self {
        match self.setting().and_then(|setting| written.place(setting)) {
            Some(place) => Self::Placed {
                place: place.clone(),
                refusal: Box::new(self),
            },
            None => self,
        }
    }

    /// The setting that the refusal is about, by its way below its file or the active profile.
    fn setting(&self) -> Option<&'static str> {
        match self {
            Self::NoTransport => Some("transport.provider"),
            Self::Listen { setting, .. }
            | Self::Folder { setting, .. }
            | Self::Audit { setting, .. }
            | Self::Store { setting, .. } => Some(setting),
            Self::Tls(_) => Some("transport.http.tls"),
            Self::Services(_) | Self::Addresses(_) => Some("transport.http.base_url"),
            Self::Database(_) => Some("duckdb.path"),
            Self::InitFile { .. } => Some("duckdb.init_file"),
            Self::NoProvider(_) => Some("auth.provider"),
            Self::NoVerifier | Self::NoAudience { .. } => Some("auth.mode"),
            Self::ReadableStore { .. } => Some("auth.persistence.path"),
            Self::LocalUser { .. } => Some("auth.local.users"),
            Self::Client { .. } => Some("auth.clients"),
            Self::Scope(_) => Some("auth"),
            Self::LogFile(_) => Some("logging.path"),
            Self::Placed { .. }
            | Self::Problems(_)
            | Self::Definitions { .. }
            | Self::Tool(_)
            | Self::ProjectFolder { .. }
            | Self::Query(_)
            | Self::NoAudienceAtServer
            | Self::AuthServer { .. }
            | Self::Certificates(_)
            | Self::Actors(_)
            | Self::NoDatabase
            | Self::Randomness(_)
            | Self::Thread(_)
            | Self::Streams(_)
            | Self::Socket(_)
            | Self::Signals(_)
            | Self::SecondSignal
            | Self::DatabaseLost
            | Self::ServiceAccounts(_)
            | Self::Server(_) => None,
        }
    }
}
