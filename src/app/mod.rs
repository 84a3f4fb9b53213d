//! The composition root: what is built from what, and how the process starts, runs and stops.

pub mod lifecycle;
pub mod telemetry;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The public address cannot be listened on.
    #[error("cannot listen on {host}:{port}: {source}")]
    Listen {
        /// The configured host.
        host: String,
        /// The configured port.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The server stopped with an error.
    #[error("the server stopped: {0}")]
    Server(std::io::Error),
}
