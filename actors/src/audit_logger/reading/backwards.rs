//! The lines of a file from the last to the first, in bounded memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much memory reading may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadingBounds {
    /// Bytes read at once.
    pub(super) block: u64,
    /// Bytes of a line at most.
    pub(super) longest_line: usize,
}

impl Default for ReadingBounds {
    /// 64 KiB, and 16 MiB: MXCP writes results uncut, ours are far below.
    fn default() -> Self {
        Self {
            block: 64 * 1024,
            longest_line: 16 * 1024 * 1024,
        }
    }
}

/// A piece of the file between two line feeds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A line that is not empty.
    Line {
        /// Without its line feed.
        bytes: Vec<u8>,
        /// Whether there was a line feed.
        is_finished: bool,
    },
    /// A line longer than allowed.
    Oversized,
}

/// Reads a file backwards. What is appended after it was opened is not seen.
pub(super) struct BackwardLines<R = File> {
    source: R,
    bounds: ReadingBounds,
    /// What lies before this offset has not been read.
    unread: u64,
    /// Read, but not given out.
    block: Vec<u8>,
    /// The line whose beginning is looked for: its pieces, last first.
    tail: Vec<Vec<u8>>,
    tail_length: usize,
    is_finished: bool,
}

impl BackwardLines {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self::new(file, length, ReadingBounds::default()))
    }
}

impl<R: Read + Seek> BackwardLines<R> {
    pub(super) fn new(source: R, length: u64, bounds: ReadingBounds) -> Self {
        Self {
            source,
            bounds,
            unread: length,
            block: Vec::new(),
            tail: Vec::new(),
            tail_length: 0,
            is_finished: false,
        }
    }

    /// The line before the last one given out; empty lines are passed over.
    pub(super) fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        loop {
            if self.block.is_empty() && !self.read_block()? {
                return Ok(self.end_line());
            }
            match self.block.iter().rposition(|byte| *byte == b'\n') {
                None => {
                    let block = std::mem::take(&mut self.block);
                    self.keep(block);
                }
                Some(at) => {
                    let rest = self.block.split_off(at + 1);
                    self.block.truncate(at);
                    self.keep(rest);
                    let piece = self.end_line();
                    self.is_finished = true;
                    if piece.is_some() {
                        return Ok(piece);
                    }
                }
            }
        }
    }

    /// Puts a piece in front of the line; of a line that is too long only the length is kept.
    fn keep(&mut self, piece: Vec<u8>) {
        self.tail_length = self.tail_length.saturating_add(piece.len());
        if self.tail_length > self.bounds.longest_line {
            self.tail.clear();
        } else if !piece.is_empty() {
            self.tail.push(piece);
        }
    }

    fn end_line(&mut self) -> Option<Piece> {
        let length = std::mem::take(&mut self.tail_length);
        let pieces = std::mem::take(&mut self.tail);
        if length > self.bounds.longest_line {
            return Some(Piece::Oversized);
        }
        let bytes: Vec<u8> = pieces.into_iter().rev().flatten().collect();
        (!bytes.trim_ascii().is_empty()).then_some(Piece::Line {
            bytes,
            is_finished: self.is_finished,
        })
    }

    /// Reads the block before those already read. Whether there was one.
    fn read_block(&mut self) -> io::Result<bool> {
        let size = self.unread.min(self.bounds.block);
        if size == 0 {
            return Ok(false);
        }
        self.unread -= size;
        self.source.seek(SeekFrom::Start(self.unread))?;
        // A block fits into memory, and so into `usize`.
        self.block.resize(usize::try_from(size).unwrap_or_default(), 0);
        self.source.read_exact(&mut self.block)?;
        Ok(true)
    }
}
