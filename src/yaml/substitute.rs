//! Replaces references in a tree by their values. What a reference looks like and where its value comes from is
//! the caller's business.

use super::node::{Node, ScalarStyle, Value};
use super::{KeyPath, Problems};

/// What becomes of one scalar. The default leaves it as it is.
#[derive(Default)]
pub struct Replacement {
    /// The new text, if the scalar holds a reference.
    pub text: Option<String>,
    /// Why a reference has no value; with an error the scalar counts as unreadable.
    pub errors: Vec<String>,
    /// What the operator should know about a reference that has a value.
    pub warnings: Vec<String>,
}

impl Node {
    /// Hands every scalar's text to `replace` and does what it answers, reporting at the scalar. Keys are not
    /// touched.
    pub fn substitute(
        &mut self,
        path: &KeyPath,
        problems: &mut Problems,
        replace: &mut dyn FnMut(&str) -> Replacement,
    ) {
        match &mut self.value {
            Value::Scalar(scalar) => {
                let Replacement {
                    text,
                    errors,
                    warnings,
                } = replace(&scalar.text);
                if !errors.is_empty() {
                    scalar.style = ScalarStyle::Unresolved;
                } else if let Some(text) = text {
                    scalar.text = text;
                    scalar.style = ScalarStyle::Substituted;
                }
                for error in errors {
                    problems.error(self.location.clone(), path.clone(), error);
                }
                for warning in warnings {
                    problems.warning(self.location.clone(), path.clone(), warning);
                }
            }
            Value::Sequence(elements) => {
                for (index, element) in elements.iter_mut().enumerate() {
                    element.substitute(&path.index(index), problems, replace);
                }
            }
            Value::Mapping(mapping) => {
                for entry in &mut mapping.entries {
                    entry
                        .value
                        .substitute(&path.key(&entry.key.text), problems, replace);
                }
            }
        }
    }
}
