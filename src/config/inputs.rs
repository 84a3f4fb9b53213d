//! What the configuration is made from besides files: the command line and the environment, both as parameters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use url::Url;

use super::user::TransportKind;

/// Everything that [`super::load`] depends on.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Where the search for `mxcp-site.yml` starts, as an absolute path.
    pub working_directory: &'a Path,
    /// The process environment.
    pub environment: &'a BTreeMap<String, String>,
    /// The command line.
    pub flags: &'a Flags,
}

/// The command line's say. Each field wins over the environment and over the files.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--profile`
    pub profile: Option<String>,
    /// `--transport`
    pub transport: Option<TransportKind>,
    /// `--token-file`, as an absolute path
    pub token_file: Option<PathBuf>,
    /// `--host`
    pub host: Option<String>,
    /// `--port`
    pub port: Option<u16>,
    /// `--auth-server`
    pub auth_server: Option<Url>,
    /// `--stateless`
    pub stateless: bool,
    /// `--readonly`
    pub readonly: bool,
    /// `--debug`
    pub debug: bool,
    /// `--sql-tools true|false`
    pub sql_tools: Option<bool>,
}
