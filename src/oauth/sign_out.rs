//! `POST /logout`: a user signs out of this browser, or everywhere. Grants of clients live on after the first and end with
//! the second.

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::provider_broker::messages::{
    EndBrowserSession, EndBrowserSessionsOfUser, FindBrowserSession,
};

use super::account::{self, AccountRefusal};
use super::browser::{self, Cookies};
use super::log_in::interaction_of;
use super::parameters::Parameters;
use super::{Addresses, Caller, Services, Unavailable};

/// Ends the browser's session, if it has one, and says where to go: back to the login that another user is to
/// continue, or to the front page.
pub async fn sign_out(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    form: &Parameters,
) -> Result<String, Unavailable> {
    if let Some(session) = cookies.session.clone() {
        let question = FindBrowserSession {
            session: session.clone(),
        };
        let signed_in = services.actors.broker.ask(question).await??;
        services
            .actors
            .broker
            .ask(EndBrowserSession { session })
            .await??;
        if let Some(signed_in) = signed_in {
            let event = services.event(AuthenticationEvent::LoggedOut, caller);
            event.user(&signed_in.user.identity).write();
        }
    }
    // A page that waits for a decision is its user's; for anybody else it is the login form.
    Ok(interaction_of(form).map_or_else(
        |_| addresses.path("/"),
        |interaction| browser::page_address(addresses, &interaction),
    ))
}

/// Signs the user of this browser out of every browser, and ends all grants: no application may act for them any more.
pub async fn sign_out_everywhere(
    services: &Services,
    caller: &Caller,
    cookies: Cookies,
    form: &Parameters,
) -> Result<(), AccountRefusal> {
    let user = account::whose_form(services, cookies, form).await?;
    account::end_grants(services, caller, &user, None).await?;
    let key = user.identity.key.clone();
    let ended = services.actors.broker.ask(EndBrowserSessionsOfUser { user: key });
    let sessions = ended
        .await
        .map_err(Unavailable::from)?
        .map_err(Unavailable::from)?;
    services
        .event(AuthenticationEvent::LoggedOut, caller)
        .user(&user.identity)
        .detail("browsers", &sessions)
        .write();
    Ok(())
}
