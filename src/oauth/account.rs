//! `/account`: a user sees which clients may act for them, and takes it back from one of them or from all.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use mxcp_actors::client_registry::FindClient;
use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::ClientId;
use mxcp_actors::domain::clock::Timestamp;
use mxcp_actors::domain::grant::{GrantEnd, GrantId};
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::{UserAccount, UserKey};
use mxcp_actors::provider_broker::messages::ForgetConsents;
use mxcp_actors::token_store::messages::UsedGrant;
use mxcp_actors::token_store::{ListGrantsOfUser, RevokeGrantsOfUser};

use super::browser::{Cookies, Standing};
use super::home::signed_in;
use super::parameters::{InvalidParameters, Parameters};
use super::{Caller, Services, Unavailable, own_form, upstream};

/// The most applications that one page shows: those used last.
const MOST_APPLICATIONS: usize = 100;

/// What a signed-in user sees.
#[derive(Debug)]
pub struct AccountView {
    /// Who it is.
    pub user: UserAccount,
    /// Goes into the page's forms.
    pub proof: String,
    /// What may act for them, the last used first.
    pub applications: Vec<ApplicationView>,
    /// How many more there are.
    pub more: usize,
}

/// A client that may act for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationView {
    /// Its identifier.
    pub id: ClientId,
    /// What it calls itself, or its identifier.
    pub name: String,
    /// Who vouches for the name.
    pub standing: Standing,
    /// What it may use.
    pub scopes: ScopeSet,
    /// How many logins it has: one for each machine or program that keeps tokens of its own.
    pub logins: usize,
    /// The login that was used last, by the name under which the audit log has it.
    pub reference: GrantId,
    /// The first of them.
    pub since: Timestamp,
    /// When one of them was last used. Its last call may have been later by the lifetime of an access token.
    pub last_used_at: Timestamp,
}

/// Why nothing was taken back. Shown on a page.
#[derive(Debug, thiserror::Error)]
pub enum AccountRefusal {
    /// The form cannot be read.
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// It names no client.
    #[error("client_id is no identifier of a client")]
    NoClient,
    /// The browser's session is over, or there was none.
    #[error("You are not signed in any more. Sign in and try again.")]
    NotSignedIn,
    /// The form was not on a page of this browser session.
    #[error("The page is of another session. Open it again and repeat what you did.")]
    OtherSession,
    /// The server cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What the user of this browser sees; `None` if nobody is signed in.
pub async fn account(services: &Services, cookies: Cookies) -> Result<Option<AccountView>, Unavailable> {
    let Some(session) = cookies.session.clone() else {
        return Ok(None);
    };
    let Some(user) = signed_in(services, cookies).await? else {
        return Ok(None);
    };
    let question = ListGrantsOfUser {
        user: user.identity.key.clone(),
    };
    let mut applications = by_client(services.actors.tokens.ask(question).await??);
    let more = applications.len().saturating_sub(MOST_APPLICATIONS);
    applications.truncate(MOST_APPLICATIONS);
    for application in &mut applications {
        name(services, application).await?;
    }
    Ok(Some(AccountView {
        user,
        proof: own_form::proof(&session),
        applications,
        more,
    }))
}

/// Takes back what one client may do for the user of this browser.
pub async fn take_back(
    services: &Services,
    caller: &Caller,
    cookies: Cookies,
    form: &Parameters,
) -> Result<(), AccountRefusal> {
    let client = ClientId::parse(form.required("client_id")?).map_err(|_| AccountRefusal::NoClient)?;
    let user = whose_form(services, cookies, form).await?;
    end_grants(services, caller, &user, Some(client)).await?;
    Ok(())
}

/// Whose page a form was on.
pub(super) async fn whose_form(
    services: &Services,
    cookies: Cookies,
    form: &Parameters,
) -> Result<UserAccount, AccountRefusal> {
    let session: Secret = cookies.session.clone().ok_or(AccountRefusal::NotSignedIn)?;
    let user = signed_in(services, cookies).await?;
    let user = user.ok_or(AccountRefusal::NotSignedIn)?;
    match form.optional(own_form::FIELD)? {
        Some(proof) if own_form::is_proven(&session, proof) => Ok(user),
        _ => Err(AccountRefusal::OtherSession),
    }
}

/// Ends the user's grants for one client, or all of them, and asks for consent again the next time. Consents go first: if the
/// store fails there, nothing has ended, and who tries again is asked about the same grants.
pub(super) async fn end_grants(
    services: &Services,
    caller: &Caller,
    user: &UserAccount,
    client: Option<ClientId>,
) -> Result<(), Unavailable> {
    let reason = GrantEnd::RevokedByUser;
    let key = &user.identity.key;
    let acting = match &client {
        Some(client) => BTreeSet::from([client.clone()]),
        None => acting_clients(services, key).await?,
    };
    for client in &acting {
        forget_consent(services, key, client).await?;
    }
    let request = RevokeGrantsOfUser {
        user: key.clone(),
        client,
        reason,
    };
    let ended = services.actors.tokens.ask(request).await??;
    for grant in &ended {
        services
            .event(AuthenticationEvent::TokenRevoked, caller)
            .client(&grant.client)
            .user(&user.identity)
            .of_grant(grant.id)
            .detail("reason", &reason.as_str())
            .write();
        upstream::revoke(services, grant.id).await;
    }
    // Of a login whose code is under way no client acts yet.
    for grant in ended.iter().filter(|grant| !acting.contains(&grant.client)) {
        forget_consent(services, key, &grant.client).await?;
    }
    Ok(())
}

async fn acting_clients(services: &Services, user: &UserKey) -> Result<BTreeSet<ClientId>, Unavailable> {
    let question = ListGrantsOfUser { user: user.clone() };
    let grants = services.actors.tokens.ask(question).await??;
    let clients = grants.into_iter().map(|UsedGrant { grant, .. }| grant.client);
    Ok(clients.collect())
}

async fn forget_consent(services: &Services, user: &UserKey, client: &ClientId) -> Result<(), Unavailable> {
    let forget = ForgetConsents {
        user: user.clone(),
        client: client.clone(),
    };
    services.actors.broker.ask(forget).await??;
    Ok(())
}

/// One entry for each client, the last used first.
fn by_client(grants: Vec<UsedGrant>) -> Vec<ApplicationView> {
    let mut applications: HashMap<ClientId, ApplicationView> = HashMap::new();
    for UsedGrant { grant, last_used_at } in grants {
        match applications.entry(grant.client) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.logins += 1;
                known.since = known.since.min(grant.created_at);
                if last_used_at > known.last_used_at {
                    known.last_used_at = last_used_at;
                    known.reference = grant.id;
                }
                known.scopes = known.scopes.union(&grant.scopes);
            }
            Entry::Vacant(place) => {
                let id = place.key().clone();
                place.insert(ApplicationView {
                    name: id.to_string(),
                    id,
                    standing: Standing::Unverified,
                    scopes: grant.scopes,
                    logins: 1,
                    reference: grant.id,
                    since: grant.created_at,
                    last_used_at,
                });
            }
        }
    }
    let mut applications: Vec<_> = applications.into_values().collect();
    applications.sort_by(|one, other| (other.last_used_at, &one.id).cmp(&(one.last_used_at, &other.id)));
    applications
}

/// Says how the client presents itself. A client that is known no more keeps its identifier as its name.
async fn name(services: &Services, application: &mut ApplicationView) -> Result<(), Unavailable> {
    let id = application.id.clone();
    if let Some(client) = services.actors.clients.ask(FindClient { id }).await?? {
        application.standing = Standing::of(&client);
        application.name = client.name.unwrap_or_else(|| client.id.to_string());
    }
    Ok(())
}
