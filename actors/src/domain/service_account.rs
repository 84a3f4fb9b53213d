//! Service accounts: who a client is that calls in its own name and for no user (RFC 6749 section 4.4).
//!
//! To everything behind the door a service account is a user like another. Its key is its own: no provider vouches under
//! this issuer, so whatever a user of a provider is called, and whatever the provider says, is somebody else.

use std::collections::{BTreeSet, HashMap};

use super::client::ClientId;
use super::scope::ScopeSet;
use super::user::{UserIdentity, UserKey};

/// What records and policies see as the provider of a service account.
pub const SERVICE_ACCOUNT_PROVIDER: &str = "service_account";

/// The name of a client's service account, and its subject.
#[must_use]
pub fn service_account_name(client: &str) -> String {
    format!("service-account-{client}")
}

/// What the operator says of a service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// The name that is shown: the client's.
    pub name: Option<String>,
    /// The scopes that it may have at most: the client's.
    pub scopes: ScopeSet,
    /// What policies see as `user.role`.
    pub role: Option<String>,
    /// What policies see as `user.permissions`.
    pub permissions: BTreeSet<String>,
    /// What policies see as `user.groups`.
    pub groups: BTreeSet<String>,
}

/// The service accounts of a server: one for each client that may call in its own name.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceAccounts {
    issuer: String,
    identities: HashMap<ClientId, UserIdentity>,
}

impl ServiceAccounts {
    /// None yet, in this project.
    #[must_use]
    pub fn new(project: &str) -> Self {
        Self {
            issuer: format!("urn:mxcp-actor:{project}:service-accounts"),
            identities: HashMap::new(),
        }
    }

    /// Lets a client call in its own name.
    pub fn add(&mut self, client: ClientId, account: ServiceAccount) {
        let username = service_account_name(client.as_str());
        let key = UserKey {
            issuer: self.issuer.clone(),
            subject: username.clone(),
        };
        let identity = UserIdentity {
            username: Some(username),
            name: account.name,
            role: account.role,
            permissions: account.permissions,
            groups: account.groups,
            scopes: account.scopes,
            ..UserIdentity::bare(key, SERVICE_ACCOUNT_PROVIDER)
        };
        self.identities.insert(client, identity);
    }

    /// The account of this client, if it has one.
    #[must_use]
    pub fn of(&self, client: &ClientId) -> Option<&UserIdentity> {
        self.identities.get(client)
    }

    /// All of them, in no order.
    pub fn identities(&self) -> impl Iterator<Item = &UserIdentity> {
        self.identities.values()
    }

    /// What vouches for them: the first half of their keys.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether no client may call in its own name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }
}
