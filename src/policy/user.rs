//! The caller as policies see them: `user` in a condition.
//!
//! Every field exists for every caller; one without a value is null, and `has(user.x)` says whether it has one.

use std::collections::BTreeSet;

use mxcp_actors::domain::user::{Principal, UserIdentity};
use serde_json::{Map, Value};

/// The role of a caller who did not log in.
const ANONYMOUS: &str = "anonymous";
/// The role of a user to whom nothing gives another.
const DEFAULT_ROLE: &str = "user";

/// A field of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserField {
    /// The provider's stable identifier of the user.
    Id,
    /// The same, as MXCP calls it.
    UserId,
    /// The login name.
    Username,
    /// The verified e-mail address.
    Email,
    /// The display name.
    Name,
    /// The identity provider.
    Provider,
    /// The one role; never null.
    Role,
    /// What the operator's mapping permits; a list.
    Permissions,
    /// Groups, organisations or teams at the provider; a list.
    Groups,
    /// What `claim_mappings` gives; a list.
    Capabilities,
}

/// The value of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum FieldValue<'a> {
    Text(Option<&'a str>),
    Texts(&'a BTreeSet<String>),
}

/// The caller of one call.
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyUser {
    id: Option<String>,
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
    provider: Option<String>,
    role: String,
    permissions: BTreeSet<String>,
    groups: BTreeSet<String>,
    capabilities: BTreeSet<String>,
}

/// Whose invention a user context is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserContextOrigin {
    /// `--user-context` of a command.
    CommandLine,
    /// `user_context` of a definition's test.
    Test,
}

/// A user context that says something that no user can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("user context: {field} must be {expected}")]
pub struct UserContextError {
    /// The field.
    pub field: &'static str,
    /// What is accepted.
    pub expected: &'static str,
}

impl UserField {
    /// All fields.
    pub const ALL: [Self; 10] = [
        Self::Id,
        Self::UserId,
        Self::Username,
        Self::Email,
        Self::Name,
        Self::Provider,
        Self::Role,
        Self::Permissions,
        Self::Groups,
        Self::Capabilities,
    ];

    /// The name in conditions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::UserId => "user_id",
            Self::Username => "username",
            Self::Email => "email",
            Self::Name => "name",
            Self::Provider => "provider",
            Self::Role => "role",
            Self::Permissions => "permissions",
            Self::Groups => "groups",
            Self::Capabilities => "capabilities",
        }
    }

    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

impl PolicyUser {
    /// A caller who did not log in.
    pub fn anonymous() -> Self {
        Self {
            id: None,
            username: None,
            email: None,
            name: None,
            provider: None,
            role: ANONYMOUS.to_owned(),
            permissions: BTreeSet::new(),
            groups: BTreeSet::new(),
            capabilities: BTreeSet::new(),
        }
    }

    /// A user as the provider and the operator's mapping describe them.
    pub fn of_identity(identity: &UserIdentity) -> Self {
        let mapped = &identity.mapped;
        let role = mapped.role.as_ref().or(identity.role.as_ref());
        Self {
            id: Some(identity.key.subject.clone()),
            username: identity.username.clone(),
            email: identity.email.as_ref().map(ToString::to_string),
            name: identity.name.clone(),
            provider: Some(identity.provider.clone()),
            role: role.cloned().unwrap_or_else(|| DEFAULT_ROLE.to_owned()),
            permissions: identity.permissions.union(&mapped.permissions).cloned().collect(),
            groups: identity.groups.union(&mapped.groups).cloned().collect(),
            capabilities: identity.capabilities.clone(),
        }
    }

    /// The caller of a request: the authenticated user, or nobody.
    pub fn of_caller(principal: Option<&Principal>) -> Self {
        principal.map_or_else(Self::anonymous, |principal| {
            Self::of_identity(&principal.user.identity)
        })
    }

    /// A user made up for a command or a test. Members that are no field of users are ignored; what is missing is as MXCP
    /// has it: the provider and the identifiers are the origin's, the role is `user`.
    pub fn of_context(
        context: &Map<String, Value>,
        origin: UserContextOrigin,
    ) -> Result<Self, UserContextError> {
        let text = |field: UserField| text(context, field.as_str());
        let texts = |field: UserField| texts(context, field.as_str());
        let (provider, identifier) = match origin {
            UserContextOrigin::CommandLine => ("cli", "cli_user"),
            UserContextOrigin::Test => ("test", "test_user"),
        };
        let or = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
        let id = text(UserField::UserId)?.or(text(UserField::Id)?);
        Ok(Self {
            id: Some(or(id, identifier)),
            username: Some(or(text(UserField::Username)?, identifier)),
            email: text(UserField::Email)?,
            name: text(UserField::Name)?,
            provider: Some(or(text(UserField::Provider)?, provider)),
            role: or(text(UserField::Role)?, DEFAULT_ROLE),
            permissions: texts(UserField::Permissions)?,
            groups: texts(UserField::Groups)?,
            capabilities: texts(UserField::Capabilities)?,
        })
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (UserField, FieldValue<'_>)> {
        UserField::ALL.into_iter().map(|field| (field, self.field(field)))
    }

    fn field(&self, field: UserField) -> FieldValue<'_> {
        match field {
            UserField::Id | UserField::UserId => FieldValue::Text(self.id.as_deref()),
            UserField::Username => FieldValue::Text(self.username.as_deref()),
            UserField::Email => FieldValue::Text(self.email.as_deref()),
            UserField::Name => FieldValue::Text(self.name.as_deref()),
            UserField::Provider => FieldValue::Text(self.provider.as_deref()),
            UserField::Role => FieldValue::Text(Some(&self.role)),
            UserField::Permissions => FieldValue::Texts(&self.permissions),
            UserField::Groups => FieldValue::Texts(&self.groups),
            UserField::Capabilities => FieldValue::Texts(&self.capabilities),
        }
    }
}

/// Who it is for operators, without names and addresses.
impl std::fmt::Debug for PolicyUser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PolicyUser")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

fn text(context: &Map<String, Value>, field: &'static str) -> Result<Option<String>, UserContextError> {
    match context.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        // Identifiers at some providers are numbers; policies see them as text here as everywhere.
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(UserContextError {
            field,
            expected: "text",
        }),
    }
}

fn texts(context: &Map<String, Value>, field: &'static str) -> Result<BTreeSet<String>, UserContextError> {
    let refused = UserContextError {
        field,
        expected: "a list of texts",
    };
    match context.get(field) {
        None | Some(Value::Null) => Ok(BTreeSet::new()),
        Some(Value::Array(values)) => values
            .iter()
            .map(|value| value.as_str().map(str::to_owned).ok_or_else(|| refused.clone()))
            .collect(),
        Some(_) => Err(refused),
    }
}
