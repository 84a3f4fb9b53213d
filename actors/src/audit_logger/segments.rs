//! Segments: files of whole lines, none larger than allowed, begun when there is something to write.
//!
//! A write that fails leaves nothing behind: what it had written is cut off, or, where even that fails, the segment is
//! left as it is and the next attempt begins another. A segment that was moved or deleted is never written again.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::Batch;
use super::disk::Disk;
use super::schema_file;
use super::segment_name::{InstanceId, SegmentNames};
use super::settings::AuditLoggerSettings;
use super::status::RecordCounts;
use crate::domain::clock::Clock;

/// Segments that one process may begin within one second.
const MOST_PER_SECOND: u32 = 10_000;

/// What could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentAction {
    /// Create the folder.
    CreateFolder,
    /// Write the schema file.
    WriteSchema,
    /// Begin a segment.
    CreateSegment,
    /// Write records.
    Write,
    /// Make written records survive a power failure.
    Synchronise,
}

impl fmt::Display for SegmentAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::CreateFolder => "create the folder",
            Self::WriteSchema => "write the schema file",
            Self::CreateSegment => "begin the segment",
            Self::Write => "write to the segment",
            Self::Synchronise => "synchronise the segment",
        })
    }
}

/// Records could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("audit log: cannot {action} {}: {reason}", path.display())]
pub struct SegmentError {
    /// What failed.
    pub action: SegmentAction,
    /// On which file or folder.
    pub path: PathBuf,
    /// The kind of failure.
    pub kind: ErrorKind,
    /// What the operating system says.
    pub reason: String,
}

impl SegmentError {
    fn new(action: SegmentAction, path: &Path, error: &io::Error) -> Self {
        Self {
            action,
            path: path.to_owned(),
            kind: error.kind(),
            reason: error.to_string(),
        }
    }
}

struct OpenSegment<F> {
    file: F,
    path: PathBuf,
    /// Bytes of whole lines.
    length: u64,
}

/// The segments of one process.
pub(super) struct Segments<D: Disk> {
    disk: D,
    clock: Arc<dyn Clock>,
    names: SegmentNames,
    instance: InstanceId,
    max_file_size: u64,
    open: Option<OpenSegment<D::File>>,
}

impl<D: Disk> Segments<D> {
    pub(super) fn new(settings: &AuditLoggerSettings, disk: D, clock: Arc<dyn Clock>) -> Self {
        Self {
            disk,
            clock,
            names: SegmentNames::of(&settings.base_path),
            instance: settings.instance.clone(),
            max_file_size: settings.max_file_size,
            open: None,
        }
    }

    /// Makes the folder and the schema file. Segments are begun when there is something to write.
    pub(super) fn prepare(&self) -> Result<(), SegmentError> {
        let folder = self.names.folder();
        self.disk
            .create_folder(folder)
            .map_err(|error| SegmentError::new(SegmentAction::CreateFolder, folder, &error))?;
        let path = self.names.schemas();
        schema_file::register(&path, self.clock.now())
            .map_err(|error| SegmentError::new(SegmentAction::WriteSchema, &path, &error))
    }

    /// Writes as many lines of the batch as have place in one segment, and says which, and how many bytes.
    pub(super) fn append(&mut self, batch: &mut Batch) -> Result<(RecordCounts, usize), SegmentError> {
        let room = self.room()?;
        let mut front = batch.front(room);
        if front.lines == 0 {
            self.end_segment()?;
            front = batch.front(self.max_file_size);
        }
        if front.lines == 0 {
            // Larger than a whole segment: it gets one of its own.
            front = batch.first(1);
        }
        let bytes = front.bytes.len();
        let lines = front.lines;
        let mut segment = match self.open.take() {
            Some(segment) => segment,
            None => self.begin_segment()?,
        };
        if let Err(error) = self.disk.append(&mut segment.file, front.bytes) {
            let failure = SegmentError::new(SegmentAction::Write, &segment.path, &error);
            if self.disk.cut_back(&mut segment.file, segment.length).is_ok() {
                self.open = Some(segment);
            }
            return Err(failure);
        }
        segment.length += bytes as u64;
        self.open = Some(segment);
        Ok((batch.advance(lines), bytes))
    }

    /// Makes what was written survive a power failure.
    pub(super) fn synchronise(&mut self) -> Result<(), SegmentError> {
        let Some(segment) = &mut self.open else {
            return Ok(());
        };
        self.disk
            .synchronise(&mut segment.file)
            .map_err(|error| SegmentError::new(SegmentAction::Synchronise, &segment.path, &error))
    }

    /// Bytes that the open segment has left.
    fn room(&mut self) -> Result<u64, SegmentError> {
        if let Some(segment) = self
            .open
            .take_if(|segment| !self.disk.is_in_place(&segment.file, &segment.path))
        {
            log::warn!(
                "audit log: {} was moved or deleted; another segment begins",
                segment.path.display()
            );
        }
        let length = self.open.as_ref().map_or(0, |segment| segment.length);
        if length >= self.max_file_size {
            self.end_segment()?;
            return Ok(self.max_file_size);
        }
        Ok(self.max_file_size - length)
    }

    fn end_segment(&mut self) -> Result<(), SegmentError> {
        self.synchronise()?;
        self.open = None;
        Ok(())
    }

    fn begin_segment(&self) -> Result<OpenSegment<D::File>, SegmentError> {
        self.prepare()?;
        let now = self.clock.now();
        let mut number = 1;
        loop {
            let path = self.names.segment(now, &self.instance, number);
            match self.disk.create(&path) {
                Ok(file) => {
                    return Ok(OpenSegment {
                        file,
                        path,
                        length: 0,
                    });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists && number < MOST_PER_SECOND => {
                    number += 1;
                }
                Err(error) => return Err(SegmentError::new(SegmentAction::CreateSegment, &path, &error)),
            }
        }
    }
}
