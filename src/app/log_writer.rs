//! The thread that writes the server's own log, so that no call waits for whoever reads it.
//!
//! Lines are collected for twenty milliseconds, and written together. A reader that stalls costs lines, once the buffer is
//! full; they are counted, and the log says so. Where lines go is not decided here.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long lines are collected after a write before the next one. A line after a pause is written at once.
const COLLECT_FOR: Duration = Duration::from_millis(20);
/// Bytes that may wait: a second of twenty thousand calls.
const CAPACITY: usize = 4 * 1024 * 1024;
/// How long the end waits for the last lines, in case nobody reads them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a logger puts its lines: whole ones, each in one write. Never waits.
#[derive(Clone)]
pub(super) struct Outlet(Arc<Shared>);

/// The running thread. Dropped, it has written everything, unless nobody reads it.
#[must_use = "what is dropped writes no more"]
pub struct LogWriter {
    shared: Arc<Shared>,
    /// How long the end waits for the last lines.
    patience: Duration,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    to_writer: Condvar,
    finished: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<u8>,
    /// Lines that found no place since the last write.
    lost: u64,
    phase: Phase,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The writer waits for a line.
    #[default]
    Idle,
    /// The writer writes or collects, and will look for lines by itself.
    Busy,
    /// The last lines are being written.
    Closing,
    Finished,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogWriter {
    /// Starts the thread, which writes to `sink`.
    pub(super) fn start(sink: impl Write + Send + 'static) -> io::Result<(Self, Outlet)> {
        let shared = Arc::<Shared>::default();
        let of_thread = Arc::clone(&shared);
        thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || of_thread.write_until_closed(sink))?;
        let writer = Self {
            shared: Arc::clone(&shared),
            patience: PATIENCE,
        };
        Ok((writer, Outlet(shared)))
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.phase = Phase::Closing;
        self.shared.to_writer.notify_one();
        let finished = &self.shared.finished;
        drop(finished.wait_timeout_while(state, self.patience, |state| state.phase != Phase::Finished));
    }
}

impl Write for Outlet {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if state.phase == Phase::Finished {
            drop(state);
            io::stderr().write_all(line)?;
            return Ok(line.len());
        }
        if state.lines.len() + line.len() > CAPACITY {
            state.lost += 1;
            return Ok(line.len());
        }
        state.lines.extend_from_slice(line);
        if state.phase == Phase::Idle {
            state.phase = Phase::Busy;
            self.0.to_writer.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn write_until_closed(&self, mut sink: impl Write) {
        let mut batch = Vec::new();
        let mut state = self.lock();
        loop {
            batch.clear();
            std::mem::swap(&mut state.lines, &mut batch);
            let lost = std::mem::take(&mut state.lost);
            if batch.is_empty() && state.phase == Phase::Closing {
                state.phase = Phase::Finished;
                self.finished.notify_all();
                return;
            }
            state = if batch.is_empty() {
                state.phase = Phase::Idle;
                let waited = self
                    .to_writer
                    .wait_while(state, |state| state.phase == Phase::Idle);
                waited.unwrap_or_else(PoisonError::into_inner)
            } else {
                drop(state);
                // Whoever would be told that the log cannot be written would be told in the log.
                sink.write_all(&batch).and_then(|()| sink.flush()).ok();
                if lost > 0 {
                    log::error!(
                        "log: nobody took its lines in time; {lost} of them are missing before this one"
                    );
                }
                self.collect()
            };
        }
    }

    /// Lets lines come in for a while, unless these are the last.
    fn collect(&self) -> MutexGuard<'_, State> {
        let waited = self
            .to_writer
            .wait_timeout_while(self.lock(), COLLECT_FOR, |state| state.phase == Phase::Busy);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Tells of each write that it holds it, and takes it when the test lets it.
    struct Reader {
        holds: mpsc::Sender<()>,
        may_read: mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<String>>>,
    }

    impl Write for Reader {
        fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
            self.holds.send(()).ok();
            // Without a test that holds it up it reads at once.
            self.may_read.recv().ok();
            let lines_read = String::from_utf8(lines.to_vec()).unwrap();
            self.written.lock().unwrap().push(lines_read);
            Ok(lines.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Log {
        writer: LogWriter,
        outlet: Outlet,
        reader_holds: mpsc::Receiver<()>,
        let_read: mpsc::Sender<()>,
        written: Arc<Mutex<Vec<String>>>,
    }

    /// A log whose reader holds its first line, so that whatever is logged next waits in the buffer.
    fn log_whose_reader_holds(first: &[u8]) -> Log {
        let (holds, reader_holds) = mpsc::channel();
        let (let_read, may_read) = mpsc::channel();
        let written = Arc::<Mutex<Vec<String>>>::default();
        let (mut writer, outlet) = LogWriter::start(Reader {
            holds,
            may_read,
            written: Arc::clone(&written),
        })
        .unwrap();
        // A machine that is busy may let the writer wait for longer than a server would at its end.
        writer.patience = Duration::from_mins(1);
        let mut log = Log {
            writer,
            outlet,
            reader_holds,
            let_read,
            written,
        };
        log.outlet.write_all(first).unwrap();
        log.reader_holds.recv().unwrap();
        log
    }

    impl Log {
        /// Everything that was written, once the reader reads again and the log has ended.
        fn end(self) -> Vec<String> {
            drop(self.let_read);
            drop(self.writer);
            std::mem::take(&mut self.written.lock().unwrap())
        }
    }

    #[test]
    fn what_was_logged_before_the_end_is_written_in_order_and_together() {
        let mut log = log_whose_reader_holds(b"first\n");
        let lines: Vec<_> = (0..100).map(|number| format!("{number:02}\n")).collect();
        for line in &lines {
            log.outlet.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(log.end(), ["first\n".to_owned(), lines.concat()]);
    }

    #[test]
    fn a_reader_that_stalls_holds_nobody_up_and_costs_what_found_no_place() {
        let mut log = log_whose_reader_holds(b"first\n");
        let line = "x".repeat(1024);
        let find_place = CAPACITY / line.len();
        for _ in 0..(find_place + 7) {
            log.outlet.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(log.outlet.0.lock().lost, 7);
        let written = log.end();
        assert_eq!(written.len(), 2);
        assert_eq!(written[0], "first\n");
        assert!(
            written[1] == line.repeat(find_place),
            "other than what found a place"
        );
    }

    #[test]
    fn an_end_that_nobody_reads_is_not_waited_for() {
        let mut log = log_whose_reader_holds(b"first\n");
        log.writer.patience = Duration::ZERO;
        drop(log.writer);
        assert_eq!(*log.written.lock().unwrap(), Vec::<String>::new());
    }
}
