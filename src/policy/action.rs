//! What follows from a condition that holds, held at load against what the definition declares.
//!
//! An action without effect is a warning, because MXCP accepts it; a field that is written wrongly would be shown to everybody.

use std::collections::BTreeSet;

use super::sensitive::Sensitive;
use super::stage::Stage;
use crate::endpoints::model::{ArrayRules, ObjectRules, PolicyAction, PolicyRule, TypeDefinition, TypeKind};
use crate::endpoints::result::Shape;
use crate::yaml::{Problems, suggestion};

/// The action of a rule.
#[derive(Debug)]
pub(super) enum Action {
    /// Refuses the call.
    Deny,
    /// Leaves fields out.
    FilterFields(BTreeSet<String>),
    /// Masks fields.
    MaskFields(BTreeSet<String>),
    /// Leaves out what the return type marks as sensitive.
    FilterSensitiveFields,
}

/// What a definition says about its result.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeclaredResult<'a> {
    pub(super) returns: Option<&'a TypeDefinition>,
    pub(super) sensitive: &'a Sensitive,
}

impl Action {
    /// The action of an output rule. `None` after reporting an error.
    pub(super) fn of_output(
        rule: &PolicyRule,
        result: DeclaredResult<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        warn_of_idle_fields(rule, problems);
        match rule.action {
            PolicyAction::Deny => Some(Self::Deny),
            PolicyAction::FilterFields => fields(rule, result.returns, problems).map(Self::FilterFields),
            PolicyAction::MaskFields => fields(rule, result.returns, problems).map(Self::MaskFields),
            PolicyAction::FilterSensitiveFields => {
                if result.sensitive.is_nothing() {
                    let because = "the return type marks nothing as sensitive";
                    warn_of_no_effect(rule, because, problems);
                }
                Some(Self::FilterSensitiveFields)
            }
        }
    }

    /// The action of an input rule. Only denying changes anything before a call.
    pub(super) fn of_input(rule: &PolicyRule, problems: &mut Problems) -> Option<Self> {
        warn_of_idle_fields(rule, problems);
        if rule.action != PolicyAction::Deny {
            warn_of_no_effect(rule, "only deny has one in an input rule", problems);
        }
        match rule.action {
            PolicyAction::Deny => Some(Self::Deny),
            PolicyAction::FilterFields => fields(rule, None, problems).map(Self::FilterFields),
            PolicyAction::MaskFields => fields(rule, None, problems).map(Self::MaskFields),
            PolicyAction::FilterSensitiveFields => Some(Self::FilterSensitiveFields),
        }
    }

    /// The word of files.
    pub(super) const fn as_str(&self) -> &'static str {
        word(match self {
            Self::Deny => PolicyAction::Deny,
            Self::FilterFields(_) => PolicyAction::FilterFields,
            Self::MaskFields(_) => PolicyAction::MaskFields,
            Self::FilterSensitiveFields => PolicyAction::FilterSensitiveFields,
        })
    }

    /// What a caller is told when the rule refuses. The reason of a rule that filters or masks explains that, not a refusal.
    pub(super) fn denial_reason(&self, stage: Stage, own: Option<&str>) -> String {
        let own = match self {
            Self::Deny => own,
            Self::FilterFields(_) | Self::MaskFields(_) | Self::FilterSensitiveFields => None,
        };
        own.unwrap_or(stage.default_reason()).to_owned()
    }
}

const fn word(action: PolicyAction) -> &'static str {
    match action {
        PolicyAction::Deny => "deny",
        PolicyAction::FilterFields => "filter_fields",
        PolicyAction::MaskFields => "mask_fields",
        PolicyAction::FilterSensitiveFields => "filter_sensitive_fields",
    }
}

/// The fields of a rule; none where the declared result has none.
fn fields(
    rule: &PolicyRule,
    returns: Option<&TypeDefinition>,
    problems: &mut Problems,
) -> Option<BTreeSet<String>> {
    require_fields(rule, problems)?;
    match returns.map(row_of) {
        None | Some(Row::Open) => {}
        Some(Row::Fields(row)) => warn_of_undeclared(rule, row, problems),
        Some(Row::NoFields) => {
            warn_of_no_effect(rule, "the declared result has no fields", problems);
            return Some(BTreeSet::new());
        }
    }
    Some(rule.fields.iter().map(|field| field.value.clone()).collect())
}

fn require_fields(rule: &PolicyRule, problems: &mut Problems) -> Option<()> {
    if rule.fields.is_empty() {
        let name = word(rule.action);
        let message = format!("the rule is incomplete: {name} needs fields, the names that it is about");
        return rule.condition.refuse(problems, message);
    }
    Some(())
}

fn warn_of_no_effect(rule: &PolicyRule, because: &str, problems: &mut Problems) {
    let name = word(rule.action);
    rule.condition
        .warn(problems, format!("the rule has no effect: {name}: {because}"));
}

fn warn_of_idle_fields(rule: &PolicyRule, problems: &mut Problems) {
    let takes_fields = matches!(rule.action, PolicyAction::FilterFields | PolicyAction::MaskFields);
    if let Some(field) = rule.fields.first().filter(|_| !takes_fields) {
        field.warn(problems, format!("{} does not look at fields", word(rule.action)));
    }
}

fn warn_of_undeclared(rule: &PolicyRule, row: &ObjectRules, problems: &mut Problems) {
    let declared: Vec<&str> = row.properties.iter().map(|(name, _)| name.as_str()).collect();
    for field in &rule.fields {
        if !declared.is_empty() && !declared.contains(&field.value.as_str()) {
            let hint = suggestion(&field.value, &declared);
            field.warn(
                problems,
                format!("the return type has no property {:?}{hint}", field.value),
            );
        }
    }
}

/// What a declared type says about the fields of its rows.
enum Row<'a> {
    Fields(&'a ObjectRules),
    /// Rows with any columns.
    Open,
    NoFields,
}

fn row_of(returns: &TypeDefinition) -> Row<'_> {
    let row = match &returns.kind {
        TypeKind::Array(ArrayRules { items, .. }) => items.as_deref(),
        _ => Some(returns),
    };
    match (Shape::of(returns), row.map(|row| &row.kind)) {
        (Shape::Rows | Shape::SingleRow, Some(TypeKind::Object(row))) => Row::Fields(row),
        (Shape::Rows | Shape::SingleRow, _) => Row::Open,
        (Shape::Values | Shape::SingleValue, _) => Row::NoFields,
    }
}
