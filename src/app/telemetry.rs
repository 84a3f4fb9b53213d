//! Logging: one line per event on standard error, so that standard output stays free for results and for stdio, and in a
//! file if one is configured.

use std::borrow::Cow;
use std::io::{self, Write};

use env_logger::Target;
use log::LevelFilter;

use super::StartError;
use super::log_file::RotatingFile;
use super::log_writer::LogWriter;
use crate::config::{LogLevel, Logging};
use crate::http::request_ids;

/// Starts logging as configured. Lines of a request end with its name. They are written by a thread of their own until the
/// answer is dropped, and by whoever logs from then on.
pub fn start_logging(logging: &Logging) -> Result<LogWriter, StartError> {
    let level = match logging.level {
        _ if !logging.enabled => LevelFilter::Off,
        LogLevel::Debug => LevelFilter::Debug,
        LogLevel::Info => LevelFilter::Info,
        LogLevel::Warning => LevelFilter::Warn,
        LogLevel::Error | LogLevel::Critical => LevelFilter::Error,
    };
    let mut builder = env_logger::Builder::new();
    builder.filter_level(level).format(|out, record| {
        let mut request = String::new();
        request_ids::write_current(&mut request).map_err(io::Error::other)?;
        let (time, level) = (out.timestamp_millis(), record.level());
        writeln!(
            out,
            "[{time} {level:5}] {}{request}",
            one_line(&record.args().to_string())
        )
    });
    if level < LevelFilter::Debug {
        // What the HTTP library says about itself is of interest only when looking for a fault.
        builder.filter_module("actix_server", LevelFilter::Warn.min(level));
    }
    let file = logging.file.clone().filter(|_| logging.enabled);
    let places = Places {
        file: file.map(RotatingFile::open).transpose()?,
    };
    let (writer, outlet) = LogWriter::start(places).map_err(StartError::Thread)?;
    builder.target(Target::Pipe(Box::new(outlet))).init();
    Ok(writer)
}

/// Starts logging for a command that answers once: what is wrong, or every step.
pub fn start_command_logging(debug: bool) {
    let level = match debug {
        true => LevelFilter::Debug,
        false => LevelFilter::Warn,
    };
    let mut builder = env_logger::Builder::new();
    builder.filter_level(level).format_target(false).init();
}

/// The text without line breaks and other control characters: what clients send must not look like a line of ours.
fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    Cow::Owned(line)
}

/// Standard error, and the log file if there is one.
struct Places {
    file: Option<RotatingFile>,
}

impl Write for Places {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut standard_error = io::stderr().lock();
        // Neither keeps the other from its lines: a full disk must not silence the journal.
        let written = standard_error.write_all(lines);
        if let Some(file) = &mut self.file {
            let mut lines = lines.split_inclusive(|byte| *byte == b'\n');
            if let Err(error) = lines.try_for_each(|line| file.write_all(line)) {
                writeln!(standard_error, "the log file cannot be written: {error}")?;
            }
        }
        written.map(|()| lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_it_holds() {
        assert_eq!(one_line("plain, but Grüße"), "plain, but Grüße");
        assert_eq!(one_line("a\r\n[INFO] b\u{1b}[0m"), "a\\r\\n[INFO] b\\u{1b}[0m");
    }
}
