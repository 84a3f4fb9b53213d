//! What a definition file says, as it was written, with the place of everything that a later message may point at.
//!
//! Lives here: the types of a file's parts and how each is read from YAML. Must not live here: files and folders (`load`), SQL
//! (`check`), what arguments become (`params`), what policies mean.
//!
//! To add a key: read it in the `FromYaml` of its part, before `finish`.

mod annotations;
mod constant;
mod definition;
mod icon;
mod limits;
mod policy_rules;
mod prompt;
mod resource;
mod rules;
mod scopes;
mod source;
mod test_case;
#[cfg(test)]
mod tests;
mod tool;
mod type_definition;

pub use annotations::Annotations;
pub use definition::{Definition, Kind};
pub use icon::{Icon, IconTheme};
pub use limits::Limits;
pub use policy_rules::{PolicyAction, PolicyRule, PolicyRules};
pub use prompt::{Message, Prompt, Role};
pub use resource::Resource;
pub use rules::{ArrayRules, NumberRules, ObjectRules, StringFormat, StringRules};
pub use source::{Source, SqlSource};
pub use test_case::TestCase;
pub use tool::Tool;
pub use type_definition::{Parameter, TypeDefinition, TypeKind};
