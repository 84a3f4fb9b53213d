//! Standard input and output as two channels, each served by a plain thread: a read of standard input cannot be given up,
//! and a runtime's own blocking thread would keep the process from ending.
//!
//! Standard output belongs to the protocol. Whatever else in the process writes there, a library or a pragma in SQL,
//! finds standard error in its place.

use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::mcp::stdio::lines::{Line, MOST_LINE_BYTES, next_line};

/// Lines that were read and not yet taken. Each may be large, and taking one is quick.
const LINES_AHEAD: usize = 4;

/// Answers that were given and not yet written. A client that reads slowly holds the calls up, not the memory.
const ANSWERS_AHEAD: usize = 16;

/// How long the last answers may take to be written.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The process's standard output, claimed for the protocol.
pub(in crate::app) struct Streams {
    output: File,
}

/// The streams while they are read and written.
pub(super) struct Open {
    /// The client's lines; ends with standard input.
    pub(super) lines: mpsc::Receiver<Line>,
    /// Lines for the client; closed when nobody reads them.
    pub(super) answers: mpsc::Sender<Vec<u8>>,
    written: oneshot::Receiver<()>,
}

impl Streams {
    /// Takes standard output, before anything else in the process can write to it.
    pub(in crate::app) fn claim() -> io::Result<Self> {
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(Self {
            output: File::from(output),
        })
    }

    /// Starts reading and writing.
    pub(super) fn open(self) -> io::Result<Open> {
        let (to_lines, lines) = mpsc::channel(LINES_AHEAD);
        let (answers, to_write) = mpsc::channel(ANSWERS_AHEAD);
        let (done, written) = oneshot::channel();
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || read(&to_lines))?;
        thread::Builder::new().name("stdout".to_owned()).spawn(move || {
            write(self.output, to_write);
            // Nobody waits for it if the process ends for another reason.
            done.send(()).ok();
        })?;
        Ok(Open {
            lines,
            answers,
            written,
        })
    }
}

impl Open {
    /// Waits a moment for the last answers to be written.
    pub(super) async fn close(self) {
        drop((self.answers, self.lines));
        if tokio::time::timeout(LAST_ANSWERS, self.written).await.is_err() {
            log::warn!("the client did not read the last answers");
        }
    }
}

fn read(lines: &mpsc::Sender<Line>) {
    let mut input = BufReader::new(io::stdin().lock());
    loop {
        match next_line(&mut input, MOST_LINE_BYTES) {
            Ok(Some(line)) => {
                if lines.blocking_send(line).is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => return log::error!("standard input cannot be read any more: {error}"),
        }
    }
}

fn write(mut output: File, mut answers: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = answers.blocking_recv() {
        if let Err(error) = output.write_all(&line) {
            return log::info!("standard output cannot be written any more: {error}");
        }
    }
}
