//! What the project's definitions need of a caller's token, seen from the start: what the metadata tells clients, and what
//! nobody can ever have.

use mxcp_actors::domain::scope::{InvalidScope, ScopeSet};

use crate::config::{Auth, AuthMode};
use crate::endpoints::registry::Registry;

/// Everything that single definitions need.
pub(super) fn of_endpoints(registry: &Registry) -> ScopeSet {
    let all = registry.scopes().map(|(_, scopes)| scopes);
    all.fold(ScopeSet::empty(), |all, scopes| all.union(scopes))
}

/// Everything that a client of this server can be granted: what any client may register for, and what the configured ones
/// may have.
pub(super) fn grantable(auth: &Auth) -> Result<ScopeSet, InvalidScope> {
    let of_clients = auth.clients.iter().flat_map(|client| &client.scopes);
    let all = auth.registration_scopes.iter().chain(of_clients);
    ScopeSet::from_tokens(all.map(String::as_str))
}

/// Warns about definitions that nobody can call.
pub(super) fn warn_unreachable(auth: &Auth, registry: &Registry) -> Result<(), InvalidScope> {
    if auth.mode != AuthMode::Issuer {
        // What another server grants is not known here.
        return Ok(());
    }
    let grantable = grantable(auth)?;
    for (name, scopes) in registry.scopes() {
        if auth.is_open() && !scopes.is_empty() {
            log::warn!(
                "{name}: needs the scopes {scopes}, and without a provider nobody has any: every call is refused"
            );
            continue;
        }
        let unreachable = scopes.difference(&grantable);
        if !unreachable.is_empty() {
            log::warn!(
                "{name}: no client can be granted {unreachable}, so every call is refused; add it to \
                 auth.registration.allowed_scopes or to the scopes of a client in auth.clients"
            );
        }
    }
    Ok(())
}
