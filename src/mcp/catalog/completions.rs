//! What completes the arguments of something that is offered, ready to be asked.

use std::collections::BTreeMap;

use super::endpoint::{Endpoint, Written};
use crate::endpoints::completion;

/// What completes one argument.
pub enum Completion {
    /// These values.
    Values(Vec<String>),
    /// What a call of this answers.
    Query(Box<Endpoint>),
}

/// What completes the arguments of one definition, by their names.
pub type Completions = BTreeMap<String, Completion>;

/// The completions of a definition. Whoever may use it may have its arguments completed, within the same limits; records name
/// the definition and the argument.
pub(super) fn of(written: &Written<'_>, completions: &completion::Completions) -> Completions {
    let ready = completions.iter().map(|(argument, completion)| {
        let completion = match completion {
            completion::Completion::Values(values) => Completion::Values(values.clone()),
            completion::Completion::Query(routine) => {
                let name = format!("{}#{argument}", written.name);
                Completion::Query(Box::new(Endpoint::new(&Written {
                    name: &name,
                    routine,
                    returns: None,
                    ..*written
                })))
            }
        };
        (argument.clone(), completion)
    });
    ready.collect()
}
