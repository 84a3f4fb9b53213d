//! The rules of one definition at load: every condition compiled, every mistake reported with its place.

use std::sync::Arc;

use super::action::{Action, DeclaredResult};
use super::condition::{Condition, Patterns, Reads, Variables};
use super::sensitive::Sensitive;
use super::stage::Stage;
use crate::endpoints::model::{Parameter, PolicyRule, PolicyRules, TypeDefinition};
use crate::yaml::{Location, Problems};

/// What the rules of a definition are about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The parameters, which input rules see by name.
    pub parameters: &'a [Parameter],
    /// The declared result.
    pub returns: Option<&'a TypeDefinition>,
}

/// The rules of one definition, ready for calls.
#[derive(Debug)]
pub struct CompiledPolicies {
    /// Only rules that deny.
    pub(super) input: Vec<Rule>,
    pub(super) output: Vec<Rule>,
    pub(super) patterns: Arc<Patterns>,
    pub(super) reads: Reads,
    pub(super) sensitive: Arc<Sensitive>,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// Its place in its list as written.
    pub(super) position: usize,
    /// Its name in the audit log.
    pub(super) label: Arc<str>,
    pub(super) location: Location,
    pub(super) condition: Condition,
    pub(super) action: Action,
    pub(super) reason: Option<String>,
}

impl CompiledPolicies {
    /// Compiles the rules of a definition. `None` after reporting at least one error.
    pub fn compile(rules: &PolicyRules, subject: &Subject<'_>, problems: &mut Problems) -> Option<Self> {
        warn_of_shadowed_argument(rules, subject, problems);
        let sensitive = Sensitive::compile(subject.returns);
        let result = DeclaredResult {
            returns: subject.returns,
            sensitive: &sensitive,
        };
        let mut compiler = Compiler {
            subject,
            patterns: Patterns::default(),
            problems,
        };
        let input = compiler.list(&rules.input, Stage::Input, Action::of_input);
        let output = compiler.list(&rules.output, Stage::Output, |rule, problems| {
            Action::of_output(rule, result, problems)
        });
        let patterns = Arc::new(compiler.patterns);
        let (mut input, output) = (input?, output?);
        input.retain(|rule| matches!(rule.action, Action::Deny));
        let mut reads = Reads::default();
        for rule in input.iter().chain(&output) {
            reads.extend(rule.condition.reads());
        }
        Some(Self {
            input,
            output,
            patterns,
            reads,
            sensitive: Arc::new(sensitive),
        })
    }

    /// Whether no rule can have an effect.
    pub fn is_empty(&self) -> bool {
        self.input.is_empty() && self.output.is_empty()
    }

    /// Whether some callers may be refused whatever their arguments are.
    pub fn may_refuse_callers(&self) -> bool {
        self.input.iter().any(Rule::is_about_caller)
    }

    /// What the conditions look at: what a cached result depends on beyond the arguments.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }
}

impl Rule {
    /// Whether the caller alone decides.
    pub(super) fn is_about_caller(&self) -> bool {
        let reads = self.condition.reads();
        reads.arguments.is_empty() && !reads.response
    }
}

struct Compiler<'a> {
    subject: &'a Subject<'a>,
    patterns: Patterns,
    problems: &'a mut Problems,
}

impl Compiler<'_> {
    /// Every rule is compiled, whatever is wrong with others.
    fn list(
        &mut self,
        rules: &[PolicyRule],
        stage: Stage,
        action: impl Fn(&PolicyRule, &mut Problems) -> Option<Action>,
    ) -> Option<Vec<Rule>> {
        let compiled: Vec<Option<Rule>> = rules
            .iter()
            .enumerate()
            .map(|(position, written)| {
                let action = action(written, self.problems);
                let condition = self.condition(written, stage);
                let (condition, action) = condition.zip(action)?;
                Some(Rule {
                    position,
                    label: format!("{stage}[{position}]: {}", written.condition.value).into(),
                    location: written.location.clone(),
                    condition,
                    action,
                    reason: written.reason.clone(),
                })
            })
            .collect();
        compiled.into_iter().collect()
    }

    fn condition(&mut self, rule: &PolicyRule, stage: Stage) -> Option<Condition> {
        let parameters = self.subject.parameters.iter();
        let arguments = parameters.map(|parameter| parameter.name.value.as_str());
        let variables = Variables::new(stage, arguments);
        let written = &rule.condition;
        match Condition::compile(&written.value, &variables, &mut self.patterns) {
            Ok(condition) => Some(condition),
            Err(errors) => {
                for error in errors {
                    written.refuse::<()>(self.problems, error.to_string());
                }
                None
            }
        }
    }
}

fn warn_of_shadowed_argument(rules: &PolicyRules, subject: &Subject<'_>, problems: &mut Problems) {
    let mut parameters = subject.parameters.iter();
    if let Some(parameter) = parameters.find(|parameter| parameter.name.value == "user")
        && !rules.input.is_empty()
    {
        parameter.name.warn(
            problems,
            "policies cannot see this argument: in a condition, user is the caller",
        );
    }
}
