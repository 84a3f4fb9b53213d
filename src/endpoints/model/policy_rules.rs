//! `policies`: the rules as written. What a condition means, and whether it is one, is for the policy room to say.

use crate::yaml::{FromYaml, Item, Located, Location};

/// Rules before and after a call, each list in the order in which it is applied.
#[derive(Debug, Clone, Default)]
pub struct PolicyRules {
    /// Applied to the caller and the arguments.
    pub input: Vec<PolicyRule>,
    /// Applied to the caller and the result.
    pub output: Vec<PolicyRule>,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct PolicyRule {
    /// Where the rule starts.
    pub location: Location,
    /// A CEL expression.
    pub condition: Located<String>,
    /// What happens when it holds.
    pub action: PolicyAction,
    /// What a denied caller is told.
    pub reason: Option<String>,
    /// The fields that the action is about.
    pub fields: Vec<Located<String>>,
}

/// What a rule does when its condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyAction {
    /// Refuses the call.
    Deny,
    /// Leaves fields out.
    FilterFields,
    /// Replaces the values of fields.
    MaskFields,
    /// Leaves out what the return type marks as sensitive.
    FilterSensitiveFields,
}

impl PolicyRules {
    /// Whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.input.is_empty() && self.output.is_empty()
    }
}

impl FromYaml for PolicyRules {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let input = fields.optional("input");
        let output = fields.optional("output");
        fields.finish();
        Some(Self {
            input: input.unwrap_or_default(),
            output: output.unwrap_or_default(),
        })
    }
}

impl FromYaml for PolicyRule {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the rule");
        let location = fields.location().clone();
        let condition = fields.required_with("condition", |condition| {
            Located::read_with(condition, Item::non_empty_string)
        });
        let action = fields.required_with("action", |action| {
            action.choice(&[
                ("deny", PolicyAction::Deny),
                ("filter_fields", PolicyAction::FilterFields),
                ("mask_fields", PolicyAction::MaskFields),
                ("filter_sensitive_fields", PolicyAction::FilterSensitiveFields),
            ])
        });
        let reason = fields.optional_string("reason");
        let names = fields.optional_with("fields", Item::one_or_many);
        fields.finish();
        Some(Self {
            location,
            condition: condition?,
            action: action?,
            reason,
            fields: names.unwrap_or_default(),
        })
    }
}
