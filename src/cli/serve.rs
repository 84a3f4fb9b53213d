//! `mxcp-actor serve`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use url::Url;

use super::Surroundings;
use crate::app::{StartError, lifecycle};
use crate::config::{self, Config, Flags, Inputs, TransportKind};

/// What `serve` can be told. Each flag wins over the environment and over the files.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Serve {
    /// The profile to use (default: `MXCP_PROFILE`, then the project's own).
    #[arg(long)]
    profile: Option<String>,

    /// How clients reach the server.
    #[arg(long, value_parser = transport)]
    transport: Option<TransportKind>,

    /// A file with the access token of the client, for `--transport stdio` with a login provider; it is read anew for each
    /// call (default: the token in `MXCP_ACCESS_TOKEN`).
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// The authorization server where users log in, in the place of what the configuration says about logins: its tokens are
    /// accepted, and none are issued here.
    #[arg(long, value_name = "URL", value_parser = auth_server)]
    auth_server: Option<Url>,

    /// The address of the public listener.
    #[arg(long)]
    host: Option<String>,

    /// The port of the public listener; 0 lets the system choose.
    #[arg(long)]
    port: Option<u16>,

    /// Logs every step.
    #[arg(long)]
    debug: bool,

    /// Turns the built-in SQL tools on or off.
    #[arg(long, value_name = "true|false")]
    sql_tools: Option<bool>,

    /// Opens the database for reading only.
    #[arg(long)]
    readonly: bool,

    /// Keeps no sessions.
    #[arg(long)]
    stateless: bool,

    /// Skips definitions with mistakes instead of refusing to start.
    #[arg(long)]
    ignore_errors: bool,

    /// Prints what keeps the server from starting as JSON; not with `--transport stdio`.
    #[arg(long)]
    json_output: bool,
}

fn transport(name: &str) -> Result<TransportKind, String> {
    let known = TransportKind::NAMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, kind)| *kind).ok_or_else(|| {
        let names = TransportKind::NAMES.map(|(name, _)| name);
        format!("accepted: {}", names.join(", "))
    })
}

/// An issuer's identifier (RFC 8414 section 2), over plain http, too: for this machine.
fn auth_server(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if is_bare && url.fragment().is_none() && matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    Err("accepted: the https URL of an issuer, without user name, password, ? and #".to_owned())
}

impl Serve {
    /// Whether a program reads why the server did not start. Over stdio, standard output is the client's.
    pub(super) fn wants_json(&self) -> bool {
        self.json_output && self.transport != Some(TransportKind::Stdio)
    }

    pub(super) fn run(self, surroundings: &Surroundings) -> Result<(), StartError> {
        let ignore_errors = self.ignore_errors;
        let config = self.load(&surroundings.working_directory, &surroundings.environment)?;
        lifecycle::serve(config, ignore_errors)
    }

    fn load(
        self,
        working_directory: &Path,
        environment: &BTreeMap<String, String>,
    ) -> Result<Config, StartError> {
        let flags = Flags {
            profile: self.profile,
            transport: self.transport,
            token_file: self.token_file.map(|file| working_directory.join(file)),
            host: self.host,
            port: self.port,
            auth_server: self.auth_server,
            stateless: self.stateless,
            readonly: self.readonly,
            debug: self.debug,
            sql_tools: self.sql_tools,
        };
        Ok(config::load(&Inputs {
            working_directory,
            environment,
            flags: &flags,
        })?)
    }
}
