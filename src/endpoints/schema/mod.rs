//! JSON Schemas of arguments and results, written once when a definition is loaded.
//!
//! Inlined, without `$ref` and without unions in inputs, because model providers refuse or misread them; with everything that
//! the definition says (`enum`, bounds, formats, defaults, examples), because a model that knows the rules keeps them. What is
//! published is what is enforced, and a client that validates never refuses what this server answers: rules that other languages
//! read otherwise are published for arguments alone, where they help a model, and not at all if they cannot be read elsewhere.

mod input;
mod output;
mod pattern;
mod portable;
#[cfg(test)]
mod tests;
mod written;

pub use input::input_schema;
pub use output::output_schema;
pub(crate) use portable::check_names;
