//! The names that a condition may use.

use crate::policy::stage::Stage;
use crate::yaml::suggestion;

/// The caller.
pub(in crate::policy) const USER: &str = "user";
/// The result of the call.
pub(in crate::policy) const RESPONSE: &str = "response";

/// The variables of one stage of one definition.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Variables<'a> {
    stage: Stage,
    arguments: Vec<&'a str>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    User,
    Response,
    Argument,
}

impl<'a> Variables<'a> {
    /// The variables for the arguments of a definition.
    pub(in crate::policy) fn new(stage: Stage, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            stage,
            arguments: arguments.into_iter().collect(),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<Variable> {
        match (self.stage, name) {
            (_, USER) => Some(Variable::User),
            (Stage::Output, RESPONSE) => Some(Variable::Response),
            (Stage::Input, name) if self.arguments.contains(&name) => Some(Variable::Argument),
            (Stage::Input | Stage::Output, _) => None,
        }
    }

    /// Why there is no such variable, as the end of a sentence.
    pub(super) fn hint(&self, name: &str) -> String {
        match self.stage {
            Stage::Input if name == RESPONSE => {
                ": input rules run before there is a response; use an output rule".to_owned()
            }
            Stage::Input => {
                let mut known = self.arguments.clone();
                known.push(USER);
                suggestion(name, &known)
            }
            Stage::Output if self.arguments.contains(&name) => {
                ": output rules see user and response; use an input rule for arguments".to_owned()
            }
            Stage::Output => suggestion(name, &[USER, RESPONSE]),
        }
    }
}
