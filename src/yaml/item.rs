//! One value while it is read: the node, the way to it, and where to report. The readers themselves are in
//! `scalars` and `collections`.

use super::node::{Node, ScalarStyle};
use super::{KeyPath, Located, Location, Problems};

/// A value to be read. Every reader consumes the item and answers `None` after reporting an error.
pub struct Item<'a> {
    pub(super) node: &'a Node,
    pub(super) path: KeyPath,
    pub(super) problems: &'a mut Problems,
}

impl<'a> Item<'a> {
    /// The whole file.
    pub fn root(node: &'a Node, problems: &'a mut Problems) -> Self {
        Self::new(node, KeyPath::root(), problems)
    }

    /// A value at a path.
    pub fn new(node: &'a Node, path: KeyPath, problems: &'a mut Problems) -> Self {
        Self { node, path, problems }
    }

    /// The value itself.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// Where the value starts.
    pub fn location(&self) -> &'a Location {
        self.node.location()
    }

    /// The way to the value.
    pub fn path(&self) -> &KeyPath {
        &self.path
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        self.node.is_null()
    }

    /// Reports an error at this value. Answers `None`, so that a reader can end with `return item.refuse(…)`.
    pub fn refuse<T>(self, message: impl Into<String>) -> Option<T> {
        self.problems
            .error(self.node.location().clone(), self.path, message);
        None
    }

    /// Reports an error at a value inside this one. Answers `None`.
    pub fn refuse_at<T>(self, place: &Located<impl Sized>, message: impl Into<String>) -> Option<T> {
        place.refuse(self.problems, message)
    }

    /// Reports a warning at this value.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.problems
            .warning(self.node.location().clone(), self.path.clone(), message);
    }

    /// Reads a second time, or as another type: a shorter-lived item on the same value.
    pub fn again(&mut self) -> Item<'_> {
        Item {
            node: self.node,
            path: self.path.clone(),
            problems: self.problems,
        }
    }

    /// Reports that another kind of value was wanted.
    pub fn refuse_kind<T>(self, wanted: &str) -> Option<T> {
        if self.is_unresolved() {
            return None;
        }
        let found = self.node.kind();
        self.refuse(format!("expected {wanted}, found {found}"))
    }

    /// Whether the value is a reference without a value, which was reported when it was looked up.
    pub(super) fn is_unresolved(&self) -> bool {
        self.has_style(ScalarStyle::Unresolved)
    }

    pub(super) fn has_style(&self, style: ScalarStyle) -> bool {
        self.node
            .as_scalar()
            .is_some_and(|scalar| scalar.style() == style)
    }
}
