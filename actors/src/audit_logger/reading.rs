//! Segments read back, newest record first: ours, those of other instances in the same folder, and MXCP's.
//!
//! Each segment is read from its end, line by line, and the segments are merged by time. A segment is opened only when
//! what is left of the others is older than its last change (with some minutes to spare), so that the newest hundred records of a year's folder cost
//! one file. Memory is bounded by the open segments' blocks and one record each. What is no record, a line torn by a
//! kill or something foreign, is skipped and counted.

mod backwards;
mod filter;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::backwards::{BackwardLines, Piece};
pub use self::filter::AuditFilter;
use super::segment_name::SegmentNames;
use crate::domain::audit_event::AuditRecord;
use crate::domain::clock::Timestamp;

/// How far times may disagree: a clock that was set back, a call whose record came late, a file server's clock.
const DISORDER: Duration = Duration::from_mins(5);

/// The folder of the segments cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("audit log: cannot read the folder {}: {source}", folder.display())]
pub struct ReadError {
    /// Where segments were looked for.
    pub folder: PathBuf,
    /// What the operating system says.
    pub source: io::Error,
}

/// What was found that is no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Last lines that were not finished: the process was killed, or is writing right now.
    pub torn_lines: u64,
    /// Lines that are no records.
    pub foreign_lines: u64,
    /// Lines longer than any record (16 MiB).
    pub oversized_lines: u64,
    /// Segments that could not be read, or not to their beginning.
    pub unreadable_segments: u64,
}

/// The records that pass a filter, newest first.
pub struct AuditReader {
    filter: AuditFilter,
    left: usize,
    /// Segments not opened yet, the one that was changed last at the end.
    waiting: Vec<Waiting>,
    open: BinaryHeap<Head>,
    skipped: Skipped,
}

/// A segment that may hold records up to this moment.
struct Waiting {
    newest: Timestamp,
    path: PathBuf,
}

/// An open segment and its newest record that was not given out.
struct Head {
    record: AuditRecord,
    path: PathBuf,
    lines: BackwardLines,
}

/// Reads the log whose segments are named after `base_path`. A folder that does not exist holds no records.
pub fn read_log(base_path: &Path, filter: AuditFilter) -> Result<AuditReader, ReadError> {
    read_logs(&[base_path.to_owned()], filter)
}

/// Reads several logs as one, such as those of replicas that write into folders of their own.
pub fn read_logs(base_paths: &[PathBuf], filter: AuditFilter) -> Result<AuditReader, ReadError> {
    let mut waiting = Vec::new();
    for base_path in base_paths {
        let names = SegmentNames::of(base_path);
        match segments(&names, &filter) {
            Ok(found) => waiting.extend(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(ReadError {
                    folder: names.folder().to_owned(),
                    source,
                });
            }
        }
    }
    waiting.sort_by(|one, other| (one.newest, &one.path).cmp(&(other.newest, &other.path)));
    Ok(AuditReader {
        left: filter.limit.unwrap_or(usize::MAX),
        filter,
        waiting,
        open: BinaryHeap::new(),
        skipped: Skipped::default(),
    })
}

fn segments(names: &SegmentNames, filter: &AuditFilter) -> io::Result<Vec<Waiting>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(names.folder())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_ours = names.is_segment(&name) || path.file_name() == names.base().file_name();
        // A file that vanishes now, or that cannot be asked, is tried when its turn comes.
        let metadata = fs::metadata(&path);
        if !is_ours || metadata.as_ref().is_ok_and(|metadata| !metadata.is_file()) {
            continue;
        }
        let newest = metadata.map_or(Timestamp::MAX, |metadata| newest_possible(&metadata));
        if filter.since.is_none_or(|since| newest >= since) {
            found.push(Waiting { newest, path });
        }
    }
    Ok(found)
}

/// File systems stamp a change with a clock of their own.
fn newest_possible(metadata: &fs::Metadata) -> Timestamp {
    Timestamp::from_seconds(metadata.mtime()) + DISORDER
}

impl AuditReader {
    /// What was passed over until now.
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// Opens every segment that may hold something newer than what is open.
    fn open_due(&mut self) {
        while let Some(next) = self.waiting.pop_if(|next| {
            self.open
                .peek()
                .is_none_or(|newest| next.newest >= newest.record.timestamp)
        }) {
            match BackwardLines::open(&next.path) {
                Ok(lines) => self.advance(next.path, lines),
                Err(error) => self.give_up(&next.path, &error),
            }
        }
    }

    /// Puts a segment back with its next record, or lets it go at its end.
    fn advance(&mut self, path: PathBuf, mut lines: BackwardLines) {
        loop {
            match lines.next_piece() {
                Ok(None) => return,
                Ok(Some(Piece::Oversized)) => self.skipped.oversized_lines += 1,
                Ok(Some(Piece::Line { bytes, is_finished })) => match serde_json::from_slice(&bytes) {
                    Ok(record) => return self.open.push(Head { record, path, lines }),
                    Err(_) if is_finished => self.skipped.foreign_lines += 1,
                    Err(_) => self.skipped.torn_lines += 1,
                },
                Err(error) => return self.give_up(&path, &error),
            }
        }
    }

    fn give_up(&mut self, path: &Path, error: &io::Error) {
        log::warn!("audit log: cannot read {}: {error}", path.display());
        self.skipped.unreadable_segments += 1;
    }
}

impl Iterator for AuditReader {
    type Item = AuditRecord;

    fn next(&mut self) -> Option<AuditRecord> {
        while self.left > 0 {
            self.open_due();
            let Head { record, path, lines } = self.open.pop()?;
            let is_over = self
                .filter
                .since
                .is_some_and(|since| record.timestamp + DISORDER < since);
            if is_over {
                return None;
            }
            self.advance(path, lines);
            if self.filter.accepts(&record) {
                self.left -= 1;
                return Some(record);
            }
        }
        None
    }
}

impl Head {
    fn rank(&self) -> (Timestamp, &Path) {
        (self.record.timestamp, &self.path)
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}
