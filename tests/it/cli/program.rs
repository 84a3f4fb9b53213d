//! The program run to its end in a copy of a project from `tests/fixtures/commands`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::program;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/commands")
}

/// A copy of a project.
pub(super) struct Folder(TempDir);

/// What a run left behind.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Folder {
    /// A copy of the project `name`.
    pub(super) fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&fixtures().join(name), folder.path());
        Self(folder)
    }

    /// With a file of this content.
    pub(super) fn with(self, path: &str, content: &str) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the program in the project's folder.
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        self.finish(program(self.path()).args(arguments))
    }

    /// Runs the program in a folder below.
    pub(super) fn run_below(&self, below: &str, arguments: &[&str]) -> Ran {
        self.finish(
            program(self.path())
                .current_dir(self.path().join(below))
                .args(arguments),
        )
    }

    /// Runs a prepared command; the path of the folder becomes `<folder>` in what it says.
    pub(super) fn finish(&self, command: &mut Command) -> Ran {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let folder = self.path().canonicalize().unwrap();
        let told = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            text.replace(&*folder.to_string_lossy(), "<folder>")
                .replace(&*self.path().to_string_lossy(), "<folder>")
        };
        Ran {
            code: output.status.code(),
            stdout: told(output.stdout),
            stderr: told(output.stderr),
        }
    }
}

impl Ran {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {self:#?}"))
    }

    /// Fails unless standard output is exactly the file `expected/NAME`.
    pub(super) fn must_print(&self, name: &str) {
        let path = fixtures().join("expected").join(name);
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(self.stdout, expected, "{} differs", path.display());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
