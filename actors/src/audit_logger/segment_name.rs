//! How segments are named, for writing and for finding them again.
//!
//! `logs-dev.jsonl` is the base. Ours are `logs-dev-20240101T000000-a1b2c3d4.jsonl`, with `-2` and so on at the end when
//! one second sees several; MXCP's have no instance. The schema file is `logs-dev_schemas.jsonl`.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::domain::clock::Timestamp;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};

const EXTENSION: &str = ".jsonl";
/// `YYYYMMDDTHHMMSS`
const TIME_LENGTH: usize = 15;

/// The name of one server process among those that share a folder, as it stands in the names of its segments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstanceId(String);

/// The text cannot name an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an instance id has 1 to 32 characters out of a-z and 0-9")]
pub struct InvalidInstanceId;

impl InstanceId {
    /// Takes a name that somebody chose, for example from the host's.
    pub fn parse(text: &str) -> Result<Self, InvalidInstanceId> {
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if (1..=32).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidInstanceId)
        }
    }

    /// A random name of eight hexadecimal digits.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        let number = u32::from_be_bytes(randomness.bytes()?);
        Ok(Self(format!("{number:08x}")))
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The folder and the beginning that all names of one log share.
#[derive(Clone, Debug)]
pub(super) struct SegmentNames {
    base: PathBuf,
    folder: PathBuf,
    stem: String,
}

impl SegmentNames {
    pub(super) fn of(base_path: &Path) -> Self {
        let stem = base_path.file_stem().unwrap_or(base_path.as_os_str());
        let folder = match base_path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        Self {
            base: base_path.to_owned(),
            folder: folder.to_owned(),
            stem: stem.to_string_lossy().into_owned(),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The base itself, which only versions of MXCP before segments have written.
    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    pub(super) fn schemas(&self) -> PathBuf {
        self.folder.join(format!("{}_schemas{EXTENSION}", self.stem))
    }

    /// The `number`th segment (from 1) that `instance` begins in the second of `now`.
    pub(super) fn segment(&self, now: Timestamp, instance: &InstanceId, number: u32) -> PathBuf {
        let time: String = now
            .to_string()
            .chars()
            .filter(|character| character.is_ascii_digit() || *character == 'T')
            .take(TIME_LENGTH)
            .collect();
        let suffix = if number > 1 {
            format!("-{number}")
        } else {
            String::new()
        };
        self.folder
            .join(format!("{}-{time}-{instance}{suffix}{EXTENSION}", self.stem))
    }

    /// Whether this is the name of a segment of this log, whoever wrote it.
    pub(super) fn is_segment(&self, file_name: &str) -> bool {
        let name = file_name.strip_suffix(EXTENSION);
        let rest = name
            .and_then(|name| name.strip_prefix(&self.stem))
            .and_then(|rest| rest.strip_prefix('-'));
        let Some((time, rest)) = rest.and_then(|rest| rest.split_at_checked(TIME_LENGTH)) else {
            return false;
        };
        let is_in_place = |(at, byte): (usize, u8)| {
            if at == 8 {
                byte == b'T'
            } else {
                byte.is_ascii_digit()
            }
        };
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        time.bytes().enumerate().all(is_in_place)
            && (rest.is_empty() || rest.starts_with('-') && rest.bytes().all(is_allowed))
    }
}
