//! Logging: one line per event on standard error, so that standard output stays free for results and for stdio.

use log::LevelFilter;

use crate::config::{LogLevel, Logging};

/// Starts logging at the configured level.
pub fn start_logging(logging: &Logging) {
    let level = match logging.level {
        _ if !logging.enabled => LevelFilter::Off,
        LogLevel::Debug => LevelFilter::Debug,
        LogLevel::Info => LevelFilter::Info,
        LogLevel::Warning => LevelFilter::Warn,
        LogLevel::Error | LogLevel::Critical => LevelFilter::Error,
    };
    let mut builder = env_logger::Builder::new();
    builder.filter_level(level).format_target(false);
    if level < LevelFilter::Debug {
        // What the HTTP library says about itself is of interest only when looking for a fault.
        builder.filter_module("actix_server", LevelFilter::Warn.min(level));
    }
    builder.init();
}
