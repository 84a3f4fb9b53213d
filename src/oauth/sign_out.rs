//! `POST /logout`: a user signs out of this browser. Grants of clients live on; they are ended one by one or by the
//! operator.

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::provider_broker::messages::{EndBrowserSession, FindBrowserSession};

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
