//! `mxcp-actor serve`

use clap::Args;

use crate::app::{StartError, lifecycle};

/// What `serve` can be told.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The port of the public listener.
    #[arg(long, default_value_t = 8000)]
    port: u16,

    /// The address of the public listener.
    #[arg(long, default_value = "localhost")]
    host: String,

    /// Logs every step.
    #[arg(long, env = "MXCP_DEBUG", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) debug: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), StartError> {
        lifecycle::serve(&self.host, self.port)
    }
}
