//! Logging: one line per event on standard error, so that standard output stays free for results and for stdio.

use env_logger::Env;

/// Starts logging. `RUST_LOG` wins over the default, which is INFO, or DEBUG when asked for.
pub fn start_logging(debug: bool) {
    let default = if debug { "debug" } else { "info,actix_server=warn" };
    env_logger::Builder::from_env(Env::default().default_filter_or(default))
        .format_target(false)
        .init();
}
