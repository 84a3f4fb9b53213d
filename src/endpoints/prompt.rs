//! The messages of a prompt: Jinja templates, compiled once, rendered with checked arguments.
//!
//! Templates see their arguments and nothing else: no files, no environment, no other prompt. A name that does not exist is an
//! error, and so is the use of a member that does not, other than in a condition; a template that runs too long is stopped. Must
//! not live here: what arguments are (`params`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use minijinja::machinery::{Instruction, get_compiled_template};
use minijinja::{Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::model::{Message, Role};

/// Steps that one message may take; a message of a few pages takes some thousand.
const FUEL: u64 = 1_000_000;

/// Bytes that one message may have. Few steps can repeat a long argument often.
const MAXIMUM_LENGTH: usize = 4 * 1024 * 1024;

/// Compiled messages.
#[derive(Debug, Clone)]
pub struct PromptTemplates {
    environment: Environment<'static>,
    messages: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    name: String,
    role: Role,
    kind: String,
}

/// A message, ready to be sent. As JSON it has the keys of the file, as in MXCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedMessage {
    /// The text.
    #[serde(rename = "prompt")]
    pub text: String,
    /// Who speaks.
    pub role: Role,
    /// The kind of content, as the file says it.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A template that cannot be compiled or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// The text is no Jinja template.
    #[error("{0}")]
    Syntax(String),
    /// Rendering failed: a member that does not exist, an operation that makes no sense, too many steps.
    #[error("Message {message}: {reason}")]
    Render {
        /// The message's place in the list, from 0.
        message: usize,
        /// What failed.
        reason: String,
    },
}

impl PromptTemplates {
    /// Compiles messages; one error for each that is no template, with its place in the list.
    pub fn compile(messages: &[Message]) -> Result<Self, Vec<(usize, PromptError)>> {
        let mut environment = Environment::new();
        // A member that may be absent can be asked for; only its value cannot be used.
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_fuel(Some(FUEL));
        // Files were written for Jinja2, where texts and lists have Python's methods.
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        minijinja_contrib::add_to_environment(&mut environment);
        let mut lines = Vec::with_capacity(messages.len());
        let mut errors = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let name = format!("message {index}");
            if let Err(error) = environment.add_template_owned(name.clone(), message.template.value.clone()) {
                errors.push((index, PromptError::Syntax(describe(&error))));
            }
            lines.push(Line {
                name,
                role: message.role,
                kind: message.kind.value.clone(),
            });
        }
        match errors.is_empty() {
            true => Ok(Self {
                environment,
                messages: lines,
            }),
            false => Err(errors),
        }
    }

    /// For each message, the names that it uses and that are neither declared nor built in.
    pub fn undeclared(&self, declared: &BTreeSet<&str>) -> Vec<BTreeSet<String>> {
        let built_in: BTreeSet<&str> = self.environment.globals().map(|(name, _)| name).collect();
        let is_unknown =
            |name: &String| !declared.contains(name.as_str()) && !built_in.contains(name.as_str());
        let names = self.messages.iter().map(|line| {
            let template = self.environment.get_template(&line.name);
            template
                .map(|template| template.undeclared_variables(false))
                .unwrap_or_default()
        });
        names
            .map(|names| names.into_iter().filter(is_unknown).collect())
            .collect()
    }

    /// For each message, the filters and tests that it uses and that do not exist. Rendering looks them up only when it comes to
    /// them.
    pub fn unknown_operations(&self) -> Vec<BTreeSet<String>> {
        let lines = self.messages.iter();
        lines.map(|line| self.unknown_operations_of(line)).collect()
    }

    fn unknown_operations_of(&self, line: &Line) -> BTreeSet<String> {
        let Ok(template) = self.environment.get_template(&line.name) else {
            return BTreeSet::new();
        };
        let compiled = get_compiled_template(&template);
        let parts = std::iter::once(&compiled.instructions).chain(compiled.blocks.values());
        let instructions = parts.flat_map(|part| (0..).map_while(|index| part.get(index)));
        let operations = instructions.filter_map(|instruction| match instruction {
            Instruction::ApplyFilter(name, ..) => Some(("filter", *name)),
            Instruction::PerformTest(name, ..) => Some(("test", *name)),
            _ => None,
        });
        let unknown = operations.filter(|(kind, name)| !self.has(kind, name));
        unknown.map(|(kind, name)| format!("{kind} {name}")).collect()
    }

    /// Whether there is a filter or test of that name.
    fn has(&self, kind: &str, name: &str) -> bool {
        let question = format!("name is {kind}");
        let asked = self.environment.compile_expression(&question);
        let answer = asked.and_then(|asked| asked.eval(BTreeMap::from([("name", name)])));
        answer.is_ok_and(|answer| answer.is_true())
    }

    /// Renders all messages with checked arguments.
    pub fn render(&self, arguments: &Map<String, Value>) -> Result<Vec<RenderedMessage>, PromptError> {
        let messages = self.messages.iter().enumerate();
        messages
            .map(|(index, line)| {
                let text = self
                    .render_line(line, arguments)
                    .map_err(|reason| PromptError::Render {
                        message: index,
                        reason,
                    })?;
                Ok(RenderedMessage {
                    role: line.role,
                    kind: line.kind.clone(),
                    text,
                })
            })
            .collect()
    }

    fn render_line(&self, line: &Line, arguments: &Map<String, Value>) -> Result<String, String> {
        let template = self
            .environment
            .get_template(&line.name)
            .map_err(|error| describe(&error))?;
        let mut text = Text(Vec::new());
        match template.render_captured_to(arguments, &mut text) {
            Ok(_) => String::from_utf8(text.0).map_err(|error| error.to_string()),
            Err(error) if error.kind() == minijinja::ErrorKind::WriteFailure => Err(format!(
                "is longer than the {MAXIMUM_LENGTH} bytes that are accepted"
            )),
            Err(error) => Err(describe(&error)),
        }
    }
}

/// A text that refuses to grow beyond [`MAXIMUM_LENGTH`].
struct Text(Vec<u8>);

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.len().saturating_add(bytes.len()) <= MAXIMUM_LENGTH {
            true => self.0.write(bytes),
            false => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The error in one line: what, and where in the template. Never its values.
fn describe(error: &minijinja::Error) -> String {
    let place = error.line().map(|line| format!(" (line {line} of the template)"));
    let detail = error.detail().map(|detail| format!(": {detail}"));
    format!(
        "{}{}{}",
        error.kind(),
        detail.unwrap_or_default(),
        place.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::{KeyPath, Located, Location};

    fn message(template: &str) -> Message {
        let template = Located {
            value: template.to_owned(),
            location: Location::whole("test"),
            path: KeyPath::root(),
        };
        Message {
            role: Role::User,
            kind: template.clone_place("text".to_owned()),
            template,
        }
    }

    fn compile(template: &str) -> PromptTemplates {
        PromptTemplates::compile(&[message(template)]).unwrap()
    }

    fn render(template: &str, arguments: &Value) -> Result<String, String> {
        let rendered = compile(template)
            .render(arguments.as_object().unwrap())
            .map_err(|error| error.to_string())?;
        Ok(rendered.into_iter().map(|message| message.text).collect())
    }

    #[test]
    fn arguments_are_put_into_messages() {
        let arguments = json!({ "name": "Ada <a@b.c>", "items": [1, 2], "on": true });
        for (template, text) in [
            ("Hello {{ name }}!", "Hello Ada <a@b.c>!"),
            ("{% for i in items %}{{ i }};{% endfor %}", "1;2;"),
            ("{{ name.upper() }} {{ name | length }}", "ADA <A@B.C> 11"),
            ("{% if on %}yes{% else %}no{% endif %}", "yes"),
            ("{% for i in range(3) %}{{ loop.index }}{% endfor %}", "123"),
            ("{% set x = 1 %}{{ x }}", "1"),
            (
                "{{ items | tojson }} {{ name | urlencode }}",
                "[1,2] Ada%20%3Ca%40b.c%3E",
            ),
            (
                "{{ name | truncate(length=6, killwords=true, end='…', leeway=0) }} {{ name | wordcount }}",
                "Ada <… 4",
            ),
        ] {
            assert_eq!(render(template, &arguments).as_deref(), Ok(text), "{template}");
        }
    }

    #[test]
    fn an_argument_is_never_a_template() {
        let arguments = json!({ "name": "{{ 7 * 7 }}" });
        assert_eq!(render("{{ name }}", &arguments).as_deref(), Ok("{{ 7 * 7 }}"));
    }

    #[test]
    fn names_that_are_not_declared_are_found() {
        let templates =
            compile("{{ name }} {{ nme }} {% for i in range(2) %}{{ i }}{% endfor %}{% set y = 1 %}{{ y }}");
        let declared = BTreeSet::from(["name"]);
        assert_eq!(
            templates.undeclared(&declared),
            [BTreeSet::from(["nme".to_owned()])]
        );
    }

    #[test]
    fn filters_and_tests_that_do_not_exist_are_found_wherever_they_stand() {
        let templates = compile(
            "{% if false %}{{ 1 | shout }}{% endif %}{% block b %}{{ 1 is prime }}{% endblock %}{{ 1 | int | string is odd }}{{ '| no' }}",
        );
        assert_eq!(
            templates.unknown_operations(),
            [BTreeSet::from([
                "filter shout".to_owned(),
                "test prime".to_owned()
            ])]
        );
    }

    #[test]
    fn what_does_not_exist_is_an_error_that_says_where() {
        let error = render("one\n{{ user.nme }}", &json!({ "user": { "name": "x" } })).unwrap_err();
        assert_eq!(error, "Message 0: undefined value (line 2 of the template)");
    }

    #[test]
    fn a_member_may_be_asked_for_before_it_is_used() {
        let template = "{% if user.name %}{{ user.name }}{% endif %}{{ user.name or 'nobody' }}{{ user.name | default('x') }}";
        assert_eq!(render(template, &json!({ "user": {} })).as_deref(), Ok("nobodyx"));
        assert_eq!(
            render(template, &json!({ "user": { "name": "Ada" } })).as_deref(),
            Ok("AdaAdaAda")
        );
    }

    #[test]
    fn a_template_that_runs_too_long_is_stopped() {
        let template =
            "{% for i in range(9999) %}{% for j in range(9999) %}{{ i * j }}{% endfor %}{% endfor %}";
        let error = render(template, &json!({})).unwrap_err();
        assert!(error.starts_with("Message 0: engine ran out of fuel"), "{error}");
    }

    #[test]
    fn a_message_does_not_grow_without_bounds() {
        let long = "x".repeat(1_000_000);
        let template = "{% for i in range(9) %}{{ long }}{% endfor %}";
        let error = render(template, &json!({ "long": long })).unwrap_err();
        assert_eq!(
            error,
            "Message 0: is longer than the 4194304 bytes that are accepted"
        );
    }

    #[test]
    fn files_and_other_prompts_are_out_of_reach() {
        for template in [
            "{% include '/etc/passwd' %}",
            "{% extends 'x' %}",
            "{% import 'x' as y %}",
        ] {
            let error = render(template, &json!({})).unwrap_err();
            assert!(error.starts_with("Message 0: template not found"), "{error}");
        }
    }

    #[test]
    fn a_text_that_is_no_template_is_refused_at_load() {
        let errors = PromptTemplates::compile(&[message("fine"), message("a\n{% if %}")]).unwrap_err();
        assert_eq!(
            errors,
            [(
                1,
                PromptError::Syntax(
                    "syntax error: unexpected end of block (line 2 of the template)".to_owned()
                )
            )]
        );
    }
}
