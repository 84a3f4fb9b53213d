//! Rules against one call. Pure: no I/O, no clock, no log.

use serde_json::{Map, Value};

use super::action::Action;
use super::compile::{CompiledPolicies, Rule};
use super::condition::{ConditionFailure, Scope};
use super::denial::Denial;
use super::redact::Redaction;
use super::stage::Stage;
use super::trail::PolicyTrail;
use super::user::PolicyUser;

/// The output rules of a definition, by when they can be decided.
#[derive(Debug, Clone, Copy)]
pub enum OutputRules<'p> {
    /// There are none.
    None,
    /// No condition looks at the result: decide before the query, and let the engine leave columns out.
    OnUser(RulesOnUser<'p>),
    /// At least one condition looks at the result: run the query as if there were no policies, then decide.
    OnResponse(RulesOnResponse<'p>),
}

/// Output rules that need no result.
#[derive(Debug, Clone, Copy)]
pub struct RulesOnUser<'p>(&'p CompiledPolicies);

/// Output rules that need the result.
#[derive(Debug, Clone, Copy)]
pub struct RulesOnResponse<'p>(&'p CompiledPolicies);

impl CompiledPolicies {
    /// Whether this caller may call at all: the input rules that look at no argument.
    pub fn check_caller(&self, user: &PolicyUser, trail: &mut PolicyTrail) -> Result<(), Denial> {
        self.open(trail);
        let rules = self.input.iter().filter(|rule| rule.is_about_caller());
        judge_input(rules, || self.scope(user), trail)
    }

    /// Whether this caller, who may call, may do it with these arguments: the other input rules. Checked arguments as JSON, an
    /// absent one counts as null.
    pub fn check_arguments(
        &self,
        user: &PolicyUser,
        arguments: &Map<String, Value>,
        trail: &mut PolicyTrail,
    ) -> Result<(), Denial> {
        self.open(trail);
        let rules = self.input.iter().filter(|rule| !rule.is_about_caller());
        let scope = || {
            let mut scope = self.scope(user)?;
            for name in &self.reads.arguments {
                scope.bind_json(name, arguments.get(name).unwrap_or(&Value::Null))?;
            }
            Ok(scope)
        };
        judge_input(rules, scope, trail)
    }

    /// The output rules.
    pub fn output(&self) -> OutputRules<'_> {
        match (self.output.is_empty(), self.reads.response) {
            (true, _) => OutputRules::None,
            (false, false) => OutputRules::OnUser(RulesOnUser(self)),
            (false, true) => OutputRules::OnResponse(RulesOnResponse(self)),
        }
    }

    fn check_output<'v>(
        &self,
        scope: impl FnOnce() -> Result<Scope<'v>, ConditionFailure>,
        trail: &mut PolicyTrail,
    ) -> Result<Redaction, Denial> {
        self.open(trail);
        let mut redaction = Redaction::default();
        let mut last_action = None;
        judge(self.output.iter(), Stage::Output, scope, trail, |rule| {
            match &rule.action {
                Action::Deny => return Err(rule.denial(Stage::Output, None)),
                Action::FilterFields(fields) => redaction.drop_fields(fields),
                Action::MaskFields(fields) => redaction.mask_fields(fields),
                Action::FilterSensitiveFields => redaction.hide_sensitive(&self.sensitive),
            }
            last_action = Some(rule.action.as_str());
            Ok(())
        })?;
        if let Some(action) = last_action {
            trail.modified_by(action);
        }
        Ok(redaction)
    }

    fn open(&self, trail: &mut PolicyTrail) {
        if !self.is_empty() {
            trail.open();
        }
    }

    fn scope<'v>(&self, user: &'v PolicyUser) -> Result<Scope<'v>, ConditionFailure> {
        let mut scope = Scope::new(&self.patterns)?;
        scope.bind_user(user, &self.reads);
        Ok(scope)
    }
}

impl RulesOnUser<'_> {
    /// What this caller does not see, or that the answer is refused. A refused query need not run.
    pub fn check(self, user: &PolicyUser, trail: &mut PolicyTrail) -> Result<Redaction, Denial> {
        self.0.check_output(|| self.0.scope(user), trail)
    }
}

impl RulesOnResponse<'_> {
    /// What this caller does not see of this result, or that it is refused. `json` is the result in its final shape, with
    /// nothing left out; all conditions see it like that.
    pub fn check(self, user: &PolicyUser, json: &[u8], trail: &mut PolicyTrail) -> Result<Redaction, Denial> {
        let scope = || {
            let mut scope = self.0.scope(user)?;
            let mut reader = serde_json::Deserializer::from_slice(json);
            scope.bind_response(&mut reader)?;
            reader.end().map_err(|_| ConditionFailure::UnreadableValues)?;
            Ok(scope)
        };
        self.0.check_output(scope, trail)
    }
}

/// Every input rule that was kept denies, so the first that holds ends the loop.
fn judge_input<'r, 'v>(
    rules: impl Iterator<Item = &'r Rule>,
    scope: impl FnOnce() -> Result<Scope<'v>, ConditionFailure>,
    trail: &mut PolicyTrail,
) -> Result<(), Denial> {
    judge(rules, Stage::Input, scope, trail, |rule| {
        Err(rule.denial(Stage::Input, None))
    })
}

/// Evaluates rules in order. `fired` says what follows from one that holds; one that cannot be evaluated denies.
fn judge<'r, 'v>(
    rules: impl Iterator<Item = &'r Rule>,
    stage: Stage,
    scope: impl FnOnce() -> Result<Scope<'v>, ConditionFailure>,
    trail: &mut PolicyTrail,
    mut fired: impl FnMut(&Rule) -> Result<(), Denial>,
) -> Result<(), Denial> {
    let mut rules = rules.peekable();
    if rules.peek().is_none() {
        return Ok(());
    }
    let scope = scope();
    for rule in rules {
        trail.evaluating(&rule.label);
        let holds = match &scope {
            Ok(scope) => scope.holds(&rule.condition),
            Err(failure) => Err(failure.clone()),
        };
        let outcome = match holds {
            Ok(false) => Ok(()),
            Ok(true) => fired(rule),
            Err(failure) => Err(rule.denial(stage, Some(failure))),
        };
        if let Err(denial) = outcome {
            trail.denied(&denial);
            return Err(denial);
        }
    }
    Ok(())
}

impl Rule {
    fn denial(&self, stage: Stage, failure: Option<ConditionFailure>) -> Denial {
        Denial {
            stage,
            rule: self.position,
            location: self.location.clone(),
            is_standing: stage == Stage::Input && self.is_about_caller(),
            reason: self.action.denial_reason(stage, self.reason.as_deref()),
            failure: failure.map(Box::new),
        }
    }
}
