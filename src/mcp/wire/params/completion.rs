//! Parameters of `completion/complete`. Must not live here: the values that complete.

use std::borrow::Cow;
use std::fmt;

use super::prompts::{NamedTexts, named_texts};
use crate::mcp::wire::object::{Field, InvalidParams, Object};

/// Parameters of `completion/complete`.
#[derive(Clone, PartialEq, Eq)]
pub struct CompleteParams<'a> {
    /// What the argument belongs to.
    pub reference: CompletionReference<'a>,
    /// The name of the argument.
    pub argument: Cow<'a, str>,
    /// What was typed so far.
    pub value: Cow<'a, str>,
    /// Arguments that have a value already (since 2025-06-18).
    pub known_arguments: NamedTexts<'a>,
}

/// What is being completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompletionReference<'a> {
    /// `ref/prompt`: a prompt by name.
    Prompt(Cow<'a, str>),
    /// `ref/resource`: a resource or a template by URI.
    Resource(Cow<'a, str>),
}

/// Without what was typed: values of arguments may be confidential, and logs are not.
impl fmt::Debug for CompleteParams<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut complete = formatter.debug_struct("CompleteParams");
        complete
            .field("reference", &self.reference)
            .field("argument", &self.argument);
        complete.finish_non_exhaustive()
    }
}

impl<'a> CompleteParams<'a> {
    pub(super) fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        let reference = members.object(Field::Reference, "params.ref")?;
        let argument = members.object(Field::Argument, "params.argument")?;
        let context = members.optional_object(Field::Context, "params.context")?;
        Ok(Self {
            reference: match &*reference.string(Field::Type)? {
                "ref/prompt" => CompletionReference::Prompt(reference.string(Field::Name)?),
                "ref/resource" => CompletionReference::Resource(reference.string(Field::Uri)?),
                _ => return Err(reference.wrong(Field::Type, "\"ref/prompt\" or \"ref/resource\"")),
            },
            argument: argument.string(Field::Name)?,
            value: argument.string(Field::Value)?,
            known_arguments: match context {
                Some(context) => named_texts(&context, Field::Arguments)?,
                None => Vec::new(),
            },
        })
    }
}
