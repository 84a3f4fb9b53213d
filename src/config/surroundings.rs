//! What the meaning of a section depends on besides its own text.

use super::environment::Environment;
use super::folders::Folders;
use super::inputs::Flags;

/// The environment, the command line and the folders that paths are relative to.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) environment: Environment<'a>,
    pub(super) flags: &'a Flags,
    pub(super) folders: &'a Folders,
}
