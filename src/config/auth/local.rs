//! `auth.local`: users with passwords, for demonstrations, tests and machines without an identity provider.

use std::collections::BTreeSet;

use crate::config::Secret;
use crate::yaml::{FromYaml, Item, Located};

pub(super) const SUBJECT: &str = "Local login configuration";

/// Users with passwords.
#[derive(Clone, Debug)]
pub struct Local {
    /// The users, each with another name.
    pub users: Vec<LocalUser>,
    /// Whether token introspection needs no client authentication, from loopback peers only.
    pub open_introspection: bool,
}

/// One user.
#[derive(Clone, Debug)]
pub struct LocalUser {
    /// The name to log in with.
    pub username: String,
    /// The Argon2 hash of the password in PHC form.
    pub password_hash: Secret,
    /// The name to show.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The role that policies see.
    pub role: Option<String>,
    /// The permissions that policies see.
    pub permissions: Vec<String>,
    /// The groups that policies see.
    pub groups: Vec<String>,
}

impl FromYaml for Local {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let users = fields.required_with("users", users);
        let open_introspection = fields.optional("open_introspection").unwrap_or(false);
        if open_introspection {
            fields.warn(
                "open_introspection",
                "every program on this machine may ask about every token without a secret",
            );
        }
        fields.finish();
        Some(Self {
            users: users?,
            open_introspection,
        })
    }
}

fn users(mut item: Item<'_>) -> Option<Vec<LocalUser>> {
    let users = item.again().list_with(Located::<LocalUser>::from_yaml)?;
    if users.is_empty() {
        return item.refuse("expected at least one user: nobody could log in");
    }
    let mut names = BTreeSet::new();
    let twice = users
        .iter()
        .find(|user| !names.insert(user.value.username.as_str()));
    if let Some(user) = twice {
        let message = format!("the username {:?} appears twice", user.value.username);
        return item.refuse_at(user, message);
    }
    Some(users.into_iter().map(|user| user.value).collect())
}

impl FromYaml for LocalUser {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("User");
        let username = fields.required_string("username");
        let password_hash = fields.required_with("password_hash", password_hash);
        let name = fields.optional("name");
        let email = fields.optional("email");
        let role = fields.optional("role");
        let permissions = fields.string_list("permissions").unwrap_or_default();
        let groups = fields.string_list("groups").unwrap_or_default();
        fields.finish();
        Some(Self {
            username: username?,
            password_hash: password_hash?,
            name,
            email,
            role,
            permissions,
            groups,
        })
    }
}

/// Only the shape is looked at here; whether the hash can be verified is the login's business.
fn password_hash(mut item: Item<'_>) -> Option<Secret> {
    let hash = Secret::from_yaml(item.again())?;
    let fields = hash.expose().split('$').count();
    if hash.expose().starts_with("$argon2") && fields == 6 {
        return Some(hash);
    }
    item.refuse("expected an Argon2 hash in PHC form ($argon2id$v=19$m=…,t=…,p=…$salt$hash), not a password")
}
