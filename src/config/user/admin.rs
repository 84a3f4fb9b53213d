//! `admin`: the operator's interface, on a port or a socket of its own and never on the public one.

use std::path::PathBuf;

use crate::config::Secret;
use crate::config::folders::HOME_IS_UNKNOWN;
use crate::config::surroundings::Surroundings;
use crate::config::values::{host, is_loopback_host, port};
use crate::yaml::{FromYaml, Item, KeyPath, Location, Problems};

const DEFAULT_PORT: u16 = 8001;
const DEFAULT_SOCKET: &str = "/run/mxcp/mxcp.sock";

/// A shorter token can be guessed by someone who tries long enough.
const SHORTEST_ADVISABLE_TOKEN: usize = 16;

/// The section as written.
#[derive(Default)]
pub(in crate::config) struct AdminFile {
    listener: Option<AdminListener>,
}

/// How operators reach the server.
#[derive(Clone, Debug, Default)]
pub struct Admin {
    /// HTTP, if `admin.enabled` is set.
    pub listener: Option<AdminListener>,
    /// The Unix socket, if `MXCP_ADMIN_ENABLED` is set.
    pub socket: Option<PathBuf>,
}

/// The operator's HTTP interface.
#[derive(Clone, Debug)]
pub struct AdminListener {
    /// The address to listen on; `localhost` unless told otherwise.
    pub host: String,
    /// The port to listen on.
    pub port: u16,
    /// The token of those who may do everything. Only a loopback listener may do without.
    pub token: Option<Secret>,
    /// The token of those who may look.
    pub viewer_token: Option<Secret>,
}

impl FromYaml for AdminFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("Admin configuration");
        let enabled = fields.optional("enabled").unwrap_or(false);
        let host = fields.optional_with("host", host);
        let port = fields.optional_with("port", port).unwrap_or(DEFAULT_PORT);
        let host = host.map_or_else(|| "localhost".to_owned(), |host| host.value);
        let is_exposed = enabled && !is_loopback_host(&host);
        let token: Option<Secret> = match is_exposed {
            true => fields.required("token"),
            false => fields.optional("token"),
        };
        let viewer_token: Option<Secret> = fields.optional("viewer_token");
        let is_short = |token: &Secret| token.expose().chars().count() < SHORTEST_ADVISABLE_TOKEN;
        for (key, token) in [("token", &token), ("viewer_token", &viewer_token)] {
            if token.as_ref().is_some_and(is_short) {
                fields.warn(
                    key,
                    format!("is shorter than {SHORTEST_ADVISABLE_TOKEN} characters and can be guessed"),
                );
            }
        }
        if is_exposed {
            fields.warn(
                "host",
                "is not a loopback address: the token crosses the network unencrypted",
            );
        }
        fields.finish();
        let listener = AdminListener {
            host,
            port,
            token,
            viewer_token,
        };
        Some(Self {
            listener: enabled.then_some(listener),
        })
    }
}

impl AdminFile {
    /// The socket is asked for by the environment only.
    pub(in crate::config) fn resolve(
        self,
        surroundings: Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Admin> {
        let Surroundings {
            environment, folders, ..
        } = surroundings;
        let has_socket = environment
            .switch("MXCP_ADMIN_ENABLED", problems)
            .unwrap_or(false);
        let socket = environment.setting("MXCP_ADMIN_SOCKET").unwrap_or(DEFAULT_SOCKET);
        let socket = folders.resolve(socket).or_else(|| {
            problems.error(
                Location::whole("environment"),
                KeyPath::root().key("MXCP_ADMIN_SOCKET"),
                HOME_IS_UNKNOWN,
            );
            None
        })?;
        Some(Admin {
            listener: self.listener,
            socket: has_socket.then_some(socket),
        })
    }
}
