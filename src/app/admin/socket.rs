//! The file of the Unix socket: nobody else may open it, and it is there exactly as long as somebody answers.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// For the server's own account alone: the mode is the only proof that is asked for.
const MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another server answers there.
    #[error("MXCP_ADMIN_SOCKET: {}: another server listens there; stop it, or choose another path", .0.display())]
    InUse(PathBuf),
    /// Something else has that name.
    #[error("MXCP_ADMIN_SOCKET: {}: there is something that is no socket; choose another path", .0.display())]
    NoSocket(PathBuf),
    /// The system said no.
    #[error("MXCP_ADMIN_SOCKET: {}: {source}", path.display())]
    System {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The socket's file, which goes with this value.
pub(super) struct Socket {
    path: PathBuf,
    /// Whether it is still ours: a file is known by device and number.
    file: (u64, u64),
}

impl Socket {
    /// Listens at `path`; a file that a crashed server left behind is replaced.
    ///
    /// The socket is made in a folder that nobody else can enter, gets its mode there and is then moved to its place, so
    /// that there is no moment at which somebody else could open it.
    pub(super) fn bind(path: &Path) -> Result<(Self, UnixListener), SocketError> {
        let failed = |source| SocketError::System {
            path: path.to_owned(),
            source,
        };
        let folder = path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder).map_err(failed)?;
        check_place(path)?;
        let private = folder.join(format!(".mxcp-admin-{}", std::process::id()));
        clear(&private).map_err(failed)?;
        fs::DirBuilder::new()
            .mode(FOLDER_MODE)
            .create(&private)
            .map_err(failed)?;
        let moved = make(&private.join("s"), path);
        fs::remove_dir_all(&private).map_err(failed)?;
        let (file, listener) = moved.map_err(failed)?;
        let path = path.to_owned();
        Ok((Self { path, file }, listener))
    }

    /// What the system said about this socket.
    pub(super) fn error(&self, source: io::Error) -> SocketError {
        SocketError::System {
            path: self.path.clone(),
            source,
        }
    }
}

/// In a container every process has the same number: what one left behind that was killed here must not keep the next from
/// starting.
fn clear(private: &Path) -> io::Result<()> {
    match fs::remove_dir_all(private) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn make(private: &Path, path: &Path) -> io::Result<((u64, u64), UnixListener)> {
    let listener = UnixListener::bind(private)?;
    fs::set_permissions(private, Permissions::from_mode(MODE))?;
    fs::rename(private, path)?;
    Ok((file_at(path)?, listener))
}

fn file_at(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Nothing is there, or a socket at which nobody answers.
fn check_place(path: &Path) -> Result<(), SocketError> {
    let is_socket = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(metadata) => metadata.file_type().is_socket(),
    };
    match (is_socket, UnixStream::connect(path).is_ok()) {
        (false, _) => Err(SocketError::NoSocket(path.to_owned())),
        (true, true) => Err(SocketError::InUse(path.to_owned())),
        (true, false) => Ok(()),
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if file_at(&self.path).is_ok_and(|file| file == self.file)
            && let Err(error) = fs::remove_file(&self.path)
        {
            log::warn!("{} could not be removed: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_private_replaces_a_stale_one_and_goes_with_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/admin.sock");
        fs::create_dir(folder.path().join("run")).unwrap();
        drop(UnixListener::bind(&path).unwrap());
        let (socket, _listener) = Socket::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(UnixStream::connect(&path).is_ok());
        assert!(matches!(Socket::bind(&path), Err(SocketError::InUse(_))));
        drop(socket);
        assert_eq!(fs::read_dir(folder.path().join("run")).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_server_of_the_same_number_left_behind_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!(".mxcp-admin-{}", std::process::id()));
        fs::create_dir(&left).unwrap();
        drop(UnixListener::bind(left.join("s")).unwrap());
        let bound = Socket::bind(&folder.path().join("admin.sock"));
        assert!(bound.is_ok(), "{:?}", bound.err());
        assert!(!left.exists());
    }

    #[test]
    fn other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(Socket::bind(&path), Err(SocketError::NoSocket(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn a_file_that_somebody_else_put_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let (socket, _listener) = Socket::bind(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "theirs").unwrap();
        drop(socket);
        assert!(path.exists());
    }
}
