//! References inside settings: `${NAME}` and `file://PATH` get their value, `vault://` and `op://` are refused.
//! Nothing else in the server looks into the environment or into files for a setting.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::environment::Environment;
use super::folders::{Folders, HOME_IS_UNKNOWN};
use crate::yaml::{KeyPath, Mapping, Node, Problems, Replacement};

/// The longest file that a `file://` reference may name, in bytes.
const MAXIMUM_FILE_BYTES: u64 = 64 * 1024;

/// Gives references their values.
pub(super) struct References<'a> {
    environment: Environment<'a>,
    folders: &'a Folders,
}

impl<'a> References<'a> {
    pub(super) fn new(environment: Environment<'a>, folders: &'a Folders) -> Self {
        Self { environment, folders }
    }

    /// Replaces the references in every value below `node`.
    pub(super) fn resolve(&self, node: &mut Node, path: &KeyPath, problems: &mut Problems) {
        node.substitute(path, problems, &mut |text| self.replacement(text));
    }

    /// Replaces the references in the values of a mapping, except those below one key.
    pub(super) fn resolve_all_but(&self, spared: &str, root: &mut Node, problems: &mut Problems) {
        let keys = root.as_mapping().map(Mapping::entries).unwrap_or_default();
        let keys: Vec<String> = keys.iter().map(|entry| entry.key.text.clone()).collect();
        for key in keys.iter().filter(|key| *key != spared) {
            if let Some(value) = root.get_mut(key) {
                self.resolve(value, &KeyPath::root().key(key), problems);
            }
        }
    }

    /// The prefixes win over `${}`: what follows them is taken literally.
    fn replacement(&self, text: &str) -> Replacement {
        if let Some(path) = text.strip_prefix("file://") {
            return self.file(path);
        }
        for prefix in ["vault://", "op://"] {
            if text.starts_with(prefix) {
                return refused(format!(
                    "{prefix} references are not supported by this version; accepted are ${{NAME}} and file://PATH"
                ));
            }
        }
        if text.contains("${") {
            self.interpolated(text)
        } else {
            Replacement::default()
        }
    }

    fn file(&self, written: &str) -> Replacement {
        let Some(path) = self.folders.resolve(written) else {
            return refused(HOME_IS_UNKNOWN.to_owned());
        };
        match read_text(&path) {
            Ok(text) => {
                let text = text.trim().to_owned();
                let is_empty = text
                    .is_empty()
                    .then(|| format!("the file {} is empty", path.display()));
                Replacement {
                    text: Some(text),
                    warnings: is_empty.into_iter().collect(),
                    ..Replacement::default()
                }
            }
            Err(error) => refused(format!("the file {} cannot be read: {error}", path.display())),
        }
    }

    fn interpolated(&self, text: &str) -> Replacement {
        let mut result = Replacement::default();
        let mut value = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            value.push_str(before);
            rest = if let Some((name, remainder)) = after.split_once('}').filter(|(name, _)| is_name(name)) {
                match self.environment.get(name) {
                    Some(found) => value.push_str(found),
                    None => result
                        .errors
                        .push(format!("Environment variable {name} is not set")),
                }
                remainder
            } else {
                value.push_str("${");
                result.warnings.push(NOT_A_REFERENCE.to_owned());
                after
            };
        }
        value.push_str(rest);
        result.text = (value != text).then_some(value);
        result
    }
}

const NOT_A_REFERENCE: &str =
    "${ is kept as text here; a reference is ${NAME} with letters, digits and _ in the name";

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn refused(error: String) -> Replacement {
    Replacement {
        errors: vec![error],
        ..Replacement::default()
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    // Asked before opening, because opening a named pipe waits for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut text = String::new();
    let read = File::open(path)?
        .take(MAXIMUM_FILE_BYTES + 1)
        .read_to_string(&mut text)? as u64;
    if read > MAXIMUM_FILE_BYTES {
        let message = format!("it is longer than the {MAXIMUM_FILE_BYTES} bytes that are accepted");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}
