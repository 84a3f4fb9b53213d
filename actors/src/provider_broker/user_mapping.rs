//! What the operator's `user_mapping` makes of a user: role, permissions, groups and scopes, by what the provider says. Pure.

use std::collections::BTreeSet;

use super::claim_mappings::claim_values;
use crate::domain::mapped_rights::MappedRights;
use crate::domain::scope::ScopeSet;
use crate::domain::user::UserIdentity;

/// Rules in the order in which they are written. The first that gives a role decides about the role; permissions, groups and scopes
/// of all rules that hold add up.
///
/// A scope that any rule gives is kept from those to whom no rule gives it. Other scopes are not the mapping's business.
#[derive(Clone, Debug, Default)]
pub struct UserMapping {
    rules: Vec<MappingRule>,
    /// The scopes that rules give.
    restricted: ScopeSet,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct MappingRule {
    /// All of them must hold.
    pub conditions: Vec<MappingCondition>,
    /// The role to give.
    pub role: Option<String>,
    /// The permissions to give.
    pub permissions: BTreeSet<String>,
    /// The groups to give.
    pub groups: BTreeSet<String>,
    /// The scopes to give.
    pub scopes: ScopeSet,
}

/// What must be so about a user: one of the values.
#[derive(Clone, Debug)]
pub enum MappingCondition {
    /// The provider's stable identifier of the user.
    Id(BTreeSet<String>),
    /// The login name, exactly.
    Username(BTreeSet<String>),
    /// The verified e-mail address; values in lower case.
    Email(BTreeSet<String>),
    /// The domain of the verified e-mail address; values in lower case.
    Domain(BTreeSet<String>),
    /// A group at the provider, exactly.
    Group(BTreeSet<String>),
    /// A claim, found by its path as in `claim_mappings`.
    Claim {
        /// The path.
        path: String,
        /// The values.
        values: BTreeSet<String>,
    },
}

impl UserMapping {
    /// A mapping with these rules.
    #[must_use]
    pub fn new(rules: Vec<MappingRule>) -> Self {
        let none = ScopeSet::empty();
        let restricted = rules.iter().fold(none, |all, rule| all.union(&rule.scopes));
        Self { rules, restricted }
    }

    /// The user with what the rules give now, whatever they gave before, and without the scopes that they keep back.
    #[must_use]
    pub fn apply(&self, identity: UserIdentity) -> UserIdentity {
        let scopes = identity.scopes.union(&identity.mapped.withheld_scopes);
        let mut mapped = MappedRights::default();
        let mut given = ScopeSet::empty();
        for rule in self.rules.iter().filter(|rule| rule.holds(&identity)) {
            mapped.role = mapped.role.or_else(|| rule.role.clone());
            mapped.permissions.extend(rule.permissions.iter().cloned());
            mapped.groups.extend(rule.groups.iter().cloned());
            given = given.union(&rule.scopes);
        }
        let withheld = self.restricted.difference(&given);
        mapped.withheld_scopes = scopes.intersection(&withheld);
        UserIdentity {
            scopes: scopes.difference(&withheld),
            mapped,
            ..identity
        }
    }
}

impl MappingRule {
    fn holds(&self, identity: &UserIdentity) -> bool {
        self.conditions.iter().all(|condition| condition.holds(identity))
    }
}

impl MappingCondition {
    fn holds(&self, identity: &UserIdentity) -> bool {
        let email = identity.email.as_ref();
        match self {
            Self::Id(ids) => ids.contains(&identity.key.subject),
            Self::Username(names) => identity
                .username
                .as_ref()
                .is_some_and(|name| names.contains(name)),
            Self::Email(emails) => email.is_some_and(|email| emails.contains(&email.as_str().to_lowercase())),
            Self::Domain(domains) => email.is_some_and(|email| domains.contains(&email.domain())),
            Self::Group(groups) => !groups.is_disjoint(&identity.groups),
            Self::Claim { path, values } => claim_values(&identity.profile, path)
                .iter()
                .any(|value| values.contains(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::user::{UserKey, VerifiedEmail};

    fn texts(values: &[&str]) -> BTreeSet<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn scopes(names: &str) -> ScopeSet {
        ScopeSet::parse(names).unwrap()
    }

    fn ada() -> UserIdentity {
        let key = UserKey {
            issuer: "https://idp.example".to_owned(),
            subject: "7".to_owned(),
        };
        UserIdentity {
            username: Some("ada".to_owned()),
            email: VerifiedEmail::from_claims("Ada@Example.com", true),
            groups: texts(&["acme/platform"]),
            profile: json!({ "realm": { "roles": ["auditor", 5] } })
                .as_object()
                .unwrap()
                .clone(),
            ..UserIdentity::bare(key, "github")
        }
    }

    fn with_scopes(scopes: &ScopeSet) -> UserIdentity {
        UserIdentity {
            scopes: scopes.clone(),
            ..ada()
        }
    }

    fn rule(conditions: Vec<MappingCondition>, role: &str, given: &str) -> MappingRule {
        MappingRule {
            conditions,
            role: Some(role.to_owned()),
            permissions: texts(&[&format!("{role}.read")]),
            groups: texts(&[&format!("{role}s")]),
            scopes: scopes(given),
        }
    }

    fn claim(path: &str, value: &str) -> MappingCondition {
        MappingCondition::Claim {
            path: path.to_owned(),
            values: texts(&[value]),
        }
    }

    #[test]
    fn each_kind_of_condition_holds_for_its_own_values_alone() {
        use MappingCondition::{Domain, Email, Group, Id, Username};
        for (condition, holds) in [
            (Id(texts(&["7", "8"])), true),
            (Id(texts(&["ada"])), false),
            (Username(texts(&["ada"])), true),
            (Username(texts(&["Ada", "7"])), false),
            (Email(texts(&["ada@example.com"])), true),
            (Email(texts(&["example.com", "eve@example.com"])), false),
            (Domain(texts(&["example.com"])), true),
            (Domain(texts(&["ample.com", "ada@example.com", "com"])), false),
            (Group(texts(&["other", "acme/platform"])), true),
            (Group(texts(&["acme", "platform"])), false),
            (claim("realm.roles", "auditor"), true),
            (claim("realm.roles", "5"), true),
            (claim("realm.roles", "admin"), false),
            (claim("realm", "auditor"), false),
        ] {
            let name = format!("{condition:?}");
            let mapping = UserMapping::new(vec![rule(vec![condition], "x", "")]);
            let mapped = mapping.apply(ada()).mapped;
            assert_eq!(mapped.role.is_some(), holds, "{name}");
        }
    }

    #[test]
    fn somebody_of_whom_nothing_is_known_matches_nothing() {
        use MappingCondition::{Domain, Email, Group, Username};
        let nobody = UserIdentity::bare(ada().key, "github");
        let any = || texts(&["", "ada", "example.com"]);
        let conditions = [
            Username(any()),
            Email(any()),
            Domain(any()),
            Group(any()),
            claim("", ""),
        ];
        for condition in conditions {
            let mapping = UserMapping::new(vec![rule(vec![condition], "x", "")]);
            let mapped = mapping.apply(nobody.clone()).mapped;
            assert_eq!(mapped, MappedRights::default());
        }
    }

    #[test]
    fn all_conditions_of_a_rule_must_hold_and_rights_add_up_but_the_first_role_stays() {
        let name = |name: &str| MappingCondition::Username(texts(&[name]));
        let group = |name: &str| MappingCondition::Group(texts(&[name]));
        let mapping = UserMapping::new(vec![
            rule(vec![name("ada"), group("acme")], "never", "mcp:never"),
            rule(vec![name("ada"), group("acme/platform")], "engineer", "mcp:write"),
            rule(vec![name("eve")], "stranger", "mcp:strange"),
            rule(vec![claim("realm.roles", "auditor")], "auditor", "mcp:audit"),
        ]);
        let all = scopes("mcp:read mcp:write mcp:audit mcp:never mcp:strange");
        let found = mapping.apply(with_scopes(&all));
        assert_eq!(found.mapped.role.as_deref(), Some("engineer"));
        assert_eq!(
            found.mapped.permissions,
            texts(&["auditor.read", "engineer.read"])
        );
        assert_eq!(found.mapped.groups, texts(&["auditors", "engineers"]));
        // What no rule names is everybody's.
        assert_eq!(found.scopes, scopes("mcp:read mcp:write mcp:audit"));
        // What the provider says stays as it is.
        assert_eq!(found.groups, ada().groups);
        // A mapping gives no scope that nobody may have.
        let reader = with_scopes(&scopes("mcp:read"));
        assert_eq!(mapping.apply(reader).scopes, scopes("mcp:read"));
    }

    #[test]
    fn a_changed_mapping_leaves_nothing_of_the_one_before() {
        let all = scopes("mcp:read mcp:write");
        let name = MappingCondition::Username(texts(&["eve"]));
        let before = UserMapping::new(vec![rule(
            vec![MappingCondition::Id(texts(&["7"]))],
            "admin",
            "mcp:read",
        )]);
        let after = UserMapping::new(vec![rule(vec![name], "admin", "mcp:write")]);
        let changed = after.apply(before.apply(with_scopes(&all)));
        assert_eq!(
            (changed.mapped.role.as_ref(), changed.mapped.groups.len()),
            (None, 0)
        );
        assert_eq!(changed.scopes, scopes("mcp:read"));
        assert_eq!(UserMapping::default().apply(changed), with_scopes(&all));
    }
}
