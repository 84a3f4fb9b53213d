//! `auth.user_mapping`: what users have in policies beyond what the provider says.

use std::collections::BTreeSet;

use mxcp_actors::provider_broker::user_mapping::MappingCondition;

use crate::config::values::scopes;
use crate::yaml::{Fields, FromYaml, Item, Located};

const CONDITIONS: [&str; 6] = ["id", "username", "email", "domain", "group", "claim"];
const RIGHTS: [&str; 4] = ["role", "permissions", "groups", "scopes"];

/// One rule: for whom, and what.
#[derive(Clone, Debug)]
pub struct UserMappingRule {
    /// All of them must hold.
    pub conditions: Vec<MappingCondition>,
    /// The role to give.
    pub role: Option<String>,
    /// The permissions to give.
    pub permissions: BTreeSet<String>,
    /// The groups to give.
    pub groups: BTreeSet<String>,
    /// The scopes to give, which nobody has to whom no rule gives them.
    pub scopes: Option<Located<Vec<String>>>,
}

impl FromYaml for UserMappingRule {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("User mapping rule");
        let has_any = |keys: &[&str]| keys.iter().any(|key| !fields.is_absent(key));
        let (has_condition, has_right) = (has_any(&CONDITIONS), has_any(&RIGHTS));
        let conditions = conditions(&mut fields);
        let role = fields.optional_with("role", Item::non_empty_string);
        let permissions = values(&mut fields, "permissions");
        let groups = values(&mut fields, "groups");
        let scopes = fields.optional_with("scopes", |item| Located::read_with(item, scopes));
        if !has_condition {
            fields.refuse_all(
                "it holds for nobody: expected at least one of id, username, email, domain, group, claim",
            );
        }
        if !has_right {
            fields.refuse_all("it gives nothing: expected at least one of role, permissions, groups, scopes");
        }
        fields.finish();
        Some(Self {
            conditions,
            role,
            permissions: permissions.unwrap_or_default(),
            groups: groups.unwrap_or_default(),
            scopes,
        })
    }
}

fn conditions(fields: &mut Fields<'_>) -> Vec<MappingCondition> {
    let lower = |texts: BTreeSet<String>| texts.iter().map(|text| text.to_lowercase()).collect();
    let conditions = [
        values(fields, "id").map(MappingCondition::Id),
        values(fields, "username").map(MappingCondition::Username),
        values(fields, "email").map(|emails| MappingCondition::Email(lower(emails))),
        values(fields, "domain").map(|domains| MappingCondition::Domain(lower(domains))),
        values(fields, "group").map(MappingCondition::Group),
        claim(fields),
    ];
    conditions.into_iter().flatten().collect()
}

/// `claim` and `value`, which belong together.
fn claim(fields: &mut Fields<'_>) -> Option<MappingCondition> {
    let path = fields.optional_with("claim", Item::non_empty_string);
    let values = values(fields, "value");
    match (fields.is_absent("claim"), fields.is_absent("value")) {
        (false, true) => fields.refuse(
            "claim",
            "the key value is missing: expected the value of the claim, or a list of values",
        ),
        (true, false) => fields.refuse("value", "the key claim is missing: expected the path of a claim"),
        (true, true) | (false, false) => {}
    }
    Some(MappingCondition::Claim {
        path: path?,
        values: values?,
    })
}

/// A text, or a list of texts with at least one.
fn values(fields: &mut Fields<'_>, key: &'static str) -> Option<BTreeSet<String>> {
    fields.optional_with(key, |mut item| {
        let values: Vec<String> = item.again().one_or_many()?;
        match values.is_empty() || values.iter().any(String::is_empty) {
            true => item.refuse("expected a text, or a list of texts, none of them empty"),
            false => Some(values.into_iter().collect()),
        }
    })
}
