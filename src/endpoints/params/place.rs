//! Where in the arguments a value stands. Nothing is allocated until a message needs it.

use std::fmt;

use crate::yaml::KeyPath;

/// Lists and objects may be inside each other this deep.
pub(super) const MAXIMUM_DEPTH: usize = 64;

/// Longer names are cut in messages.
const LONGEST_NAME: usize = 64;

/// A place, by the way to it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    /// The arguments as a whole.
    pub(super) const fn root() -> Self {
        Self {
            parent: None,
            step: Step::Root,
            depth: 0,
        }
    }

    pub(super) const fn name(&'a self, name: &'a str) -> Self {
        self.step(Step::Name(name))
    }

    pub(super) const fn index(&'a self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    const fn step(&'a self, step: Step<'a>) -> Self {
        Self {
            parent: Some(self),
            step,
            depth: self.depth + 1,
        }
    }

    /// How many lists and objects are around it.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    fn path(&self) -> KeyPath {
        let around = self.parent.map(Place::path).unwrap_or_default();
        match self.step {
            Step::Root => around,
            Step::Name(name) => match name.char_indices().nth(LONGEST_NAME) {
                Some((end, _)) => around.key(&format!("{}…", name.get(..end).unwrap_or_default())),
                None => around.key(name),
            },
            Step::Index(index) => around.index(index),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path())
    }
}
