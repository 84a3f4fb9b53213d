//! A log file that is rotated by size, named as MXCP's users know it: `mxcp.log`, then `mxcp.log.1`, the newest of the
//! old ones, to `mxcp.log.N`.
//!
//! Written here because the libraries for it bring a calendar and a compressor along.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::config::LogFile;

/// Log lines name users: nobody but the server's own account reads them.
const MODE: u32 = 0o600;

/// Why the file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct LogFileError {
    path: PathBuf,
    source: io::Error,
}

/// The open file.
pub(super) struct RotatingFile {
    settings: LogFile,
    file: File,
    size: u64,
}

impl RotatingFile {
    /// Opens the file, and makes it and its folder if they are not there.
    pub(super) fn open(settings: LogFile) -> Result<Self, LogFileError> {
        let failed = |source| LogFileError {
            path: settings.path.clone(),
            source,
        };
        if let Some(folder) = settings.path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = append(&settings.path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Self { settings, file, size })
    }

    /// `path`, `path.1`, …
    fn numbered(&self, number: u32) -> PathBuf {
        match number {
            0 => self.settings.path.clone(),
            number => {
                let mut name = OsString::from(&self.settings.path);
                name.push(format!(".{number}"));
                PathBuf::from(name)
            }
        }
    }

    fn rotate(&mut self) -> io::Result<()> {
        match self.settings.backup_count {
            0 => remove(&self.settings.path)?,
            count => {
                for number in (0..count).rev() {
                    let from = self.numbered(number);
                    if from.exists() {
                        fs::rename(from, self.numbered(number + 1))?;
                    }
                }
            }
        }
        self.file = append(&self.settings.path)?;
        self.size = 0;
        Ok(())
    }
}

impl Write for RotatingFile {
    /// Takes a whole line. The file is rotated before the line that it has no place for.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let length = line.len() as u64;
        if self.size > 0 && self.size + length > self.settings.max_bytes {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.size += length;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Removes a file that somebody else may have removed already.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(MODE).open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn written(lines: &[&str], backup_count: u32) -> (tempfile::TempDir, Vec<(String, String)>) {
        let folder = tempfile::tempdir().unwrap();
        let settings = LogFile {
            path: folder.path().join("logs/server.log"),
            max_bytes: 10,
            backup_count,
        };
        let mut file = RotatingFile::open(settings).unwrap();
        for line in lines {
            file.write_all(line.as_bytes()).unwrap();
        }
        let mut files: Vec<_> = fs::read_dir(folder.path().join("logs"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect();
        files.sort();
        (folder, files)
    }

    fn named(name: &str, content: &str) -> (String, String) {
        (name.to_owned(), content.to_owned())
    }

    #[test]
    fn a_full_file_makes_room_and_the_oldest_goes() {
        let (_folder, files) = written(&["first\n", "second\n", "third\n", "four\n", "five\n"], 2);
        assert_eq!(
            files,
            [
                named("server.log", "four\nfive\n"),
                named("server.log.1", "third\n"),
                named("server.log.2", "second\n"),
            ]
        );
    }

    #[test]
    fn a_line_beyond_the_size_is_kept_whole_and_without_backups_the_file_begins_anew() {
        let (_folder, files) = written(&["a line that is too long\n", "next\n"], 0);
        assert_eq!(files, [named("server.log", "next\n")]);
    }

    #[test]
    fn a_file_that_somebody_took_away_is_begun_anew() {
        for backup_count in [0, 1] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("server.log");
            let mut file = RotatingFile::open(LogFile {
                path: path.clone(),
                max_bytes: 10,
                backup_count,
            })
            .unwrap();
            file.write_all(b"first line\n").unwrap();
            fs::remove_file(&path).unwrap();
            file.write_all(b"second line\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "second line\n");
        }
    }

    #[test]
    fn nobody_else_reads_it() {
        let (folder, _) = written(&["x\n"], 1);
        let mode = fs::metadata(folder.path().join("logs/server.log"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
