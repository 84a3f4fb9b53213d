//! The size of a tree, by which aliases are charged when they repeat it.

use super::node::{Node, Value};

/// How many values a tree holds and how deep it is.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) nodes: usize,
    pub(super) depth: usize,
}

impl Node {
    /// Recursive, over a tree whose depth was checked while it was built.
    pub(super) fn extent(&self) -> Extent {
        let children: Box<dyn Iterator<Item = &Self>> = match &self.value {
            Value::Scalar(_) => return Extent { nodes: 1, depth: 0 },
            Value::Sequence(elements) => Box::new(elements.iter()),
            Value::Mapping(mapping) => Box::new(mapping.entries.iter().map(|entry| &entry.value)),
        };
        let empty = Extent { nodes: 1, depth: 1 };
        children.map(Self::extent).fold(empty, |sum, child| Extent {
            nodes: sum.nodes + child.nodes,
            depth: sum.depth.max(child.depth + 1),
        })
    }
}
