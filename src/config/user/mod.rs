//! The user configuration (`~/.mxcp/config.yml`): what belongs to a machine or an operator and never into a
//! repository. One file per section; `auth` has a folder of its own.
//!
//! [`UserFile`] is the file as written, with defaults filled in where they need nothing else.

mod admin;
mod limits;
mod logging;
mod models;
mod profile;
mod rate_limits;
mod secrets;
mod telemetry;
mod tls;
mod transport;
mod vaults;

pub use admin::{Admin, AdminListener};
pub use limits::Limits;
pub use logging::{LogFile, LogLevel, Logging};
pub use models::{Model, ModelKind, Models};
pub use rate_limits::RateLimits;
pub use secrets::DuckdbSecret;
pub use telemetry::{Metrics, Telemetry, Tracing};
pub use tls::Tls;
pub use transport::{AccessToken, Http, Transport, TransportKind};
pub use vaults::{OnePassword, Vault};

pub(super) use admin::AdminFile;
pub(super) use logging::LoggingFile;
pub(super) use profile::{ActiveProfile, UserProfile};
pub(super) use transport::TransportFile;

use super::version;
use crate::yaml::Item;

/// The file as written.
#[derive(Default)]
pub(super) struct UserFile {
    pub(super) transport: TransportFile,
    pub(super) models: Models,
    pub(super) vault: Option<Vault>,
    pub(super) onepassword: Option<OnePassword>,
    pub(super) logging: LoggingFile,
    pub(super) admin: AdminFile,
    pub(super) limits: Limits,
    pub(super) profile: UserProfile,
}

impl UserFile {
    /// Reads the file; of `projects`, only the active profile. Without names all projects are left alone.
    pub(super) fn read(item: Item<'_>, active: Option<ActiveProfile<'_>>) -> Option<Self> {
        let mut fields = item.fields_or_empty()?;
        version::check(&mut fields);
        let profile = match (active, fields.take("projects")) {
            (Some(active), Some(projects)) => active.read(projects),
            (Some(active), None) if !active.may_be_absent => active.missing(&mut fields),
            (_, None) | (None, _) => None,
        };
        let file = Self {
            transport: fields.optional("transport").unwrap_or_default(),
            models: fields.optional("models").unwrap_or_default(),
            vault: fields.optional("vault"),
            onepassword: fields.optional("onepassword"),
            logging: fields.optional("logging").unwrap_or_default(),
            admin: fields.optional("admin").unwrap_or_default(),
            limits: fields.optional("limits").unwrap_or_default(),
            profile: profile.unwrap_or_default(),
        };
        fields.finish();
        Some(file)
    }
}
