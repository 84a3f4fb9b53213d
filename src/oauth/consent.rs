//! `/consent`: the page on which a user decides about a client, and the answer.

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::authorization_request::AuthorizationRequest;
use mxcp_actors::domain::interaction::InteractionRefusal;
use mxcp_actors::domain::pending_login::LoginPurpose;
use mxcp_actors::provider_broker::ApprovedRequest;
use mxcp_actors::provider_broker::errors::InteractionError;
use mxcp_actors::provider_broker::messages::{
    DecideConsent, DecidedConsent, Decision, FindInteraction, ForgetConsents,
};

use super::authorization_response::ResponseTarget;
use super::browser::{self, Cookies, Next, PageRefusal, Step};
use super::error_description::error_description;
use super::log_in::interaction_of;
use super::parameters::{InvalidParameters, Parameters};
use super::{Addresses, Caller, Services, Unavailable, approved, home};

/// What a client is told whose user said no.
const USER_REFUSED: &str = "the user refused";

/// Why there is no page, or no decision.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The form or the query cannot be read.
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// The form has no decision.
    #[error("decision is not one of approve and deny")]
    NoDecision,
    /// The user says no to what the same page approved.
    #[error(
        "this page was answered before: the application was allowed, and saying no now changes nothing. A login that waits \
         at the identity provider ends when you do not finish it; otherwise sign out in the application"
    )]
    ApprovedBefore,
    /// The page is not good.
    #[error(transparent)]
    Page(PageRefusal),
}

/// Shows the page that an interaction waits at.
pub async fn show(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    query: &Parameters,
) -> Result<Step, ConsentError> {
    let step = find(services, addresses, cookies, query).await;
    record_failure(services, caller, step)
}

async fn find(
    services: &Services,
    addresses: &Addresses,
    cookies: Cookies,
    query: &Parameters,
) -> Result<Step, ConsentError> {
    let interaction = interaction_of(query)?;
    let found = services.actors.broker.ask(FindInteraction {
        interaction: interaction.clone(),
        browser: cookies.browser,
        session: cookies.session,
    });
    let found = match found.await.map_err(unavailable)? {
        Ok(found) => found,
        Err(InteractionError::Refused(InteractionRefusal::AlreadyDecided { purpose, .. })) => {
            return Ok(begin_again(addresses, &purpose));
        }
        Err(error) => return Err(ConsentError::Page(error.into())),
    };
    let next = match &found.purpose {
        LoginPurpose::SignIn => browser::page(interaction, found.page, None),
        LoginPurpose::Authorize(request) => {
            let client = services.client_of(request).await.map_err(ConsentError::Page)?;
            browser::page(interaction, found.page, Some((&client, request)))
        }
    };
    Ok(Step::plain(next))
}

fn record_failure(
    services: &Services,
    caller: &Caller,
    step: Result<Step, ConsentError>,
) -> Result<Step, ConsentError> {
    if let Err(ConsentError::Page(refusal)) = &step {
        services.page_refused(caller, "consent", refusal);
    }
    step
}

/// Takes the user's decision.
pub async fn decide(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    form: &Parameters,
) -> Result<Step, ConsentError> {
    let step = take_decision(services, addresses, caller, cookies, form).await;
    record_failure(services, caller, step)
}

async fn take_decision(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    form: &Parameters,
) -> Result<Step, ConsentError> {
    let decision = match form.optional("decision")? {
        Some("approve") => Decision::Approve,
        Some("deny") => Decision::Deny,
        Some(_) | None => return Err(ConsentError::NoDecision),
    };
    let interaction = interaction_of(form)?;
    let decided = services.actors.broker.ask(DecideConsent {
        interaction: interaction.clone(),
        browser: cookies.browser.clone(),
        session: cookies.session.clone(),
        decision,
    });
    match decided.await.map_err(unavailable)? {
        Ok(DecidedConsent::Approved(approved)) => {
            record(services, caller, &approved);
            go_on(services, addresses, caller, cookies, approved).await
        }
        Ok(DecidedConsent::Denied(request)) => {
            let event = services.event(AuthenticationEvent::ConsentDenied, caller);
            event.request(&request).refused(&USER_REFUSED).write();
            deny(services, addresses, cookies, &request).await
        }
        // Its user has signed out, or the session has ended: the login form is due.
        Err(InteractionError::Refused(InteractionRefusal::OtherStage)) => Ok(Step::plain(Next::Own(
            browser::page_address(addresses, &interaction),
        ))),
        Err(InteractionError::Refused(InteractionRefusal::AlreadyDecided { purpose, is_denied })) => {
            match (decision, *purpose) {
                (Decision::Deny, LoginPurpose::Authorize(request)) if is_denied => {
                    // Whoever denies twice does not want to be asked again.
                    deny(services, addresses, cookies, &request).await
                }
                (Decision::Deny, LoginPurpose::Authorize(request)) => {
                    // The client hears one answer: it has a code, or gets one once the user has logged in.
                    forget_consents(services, cookies, &request).await?;
                    Err(ConsentError::ApprovedBefore)
                }
                (_, purpose) => Ok(begin_again(addresses, &purpose)),
            }
        }
        Err(error) => Err(ConsentError::Page(error.into())),
    }
}

async fn go_on(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    approved: ApprovedRequest,
) -> Result<Step, ConsentError> {
    let client = services
        .client_of(approved.request())
        .await
        .map_err(ConsentError::Page)?;
    let target = ResponseTarget::from(approved.request());
    let step = approved::go_on(services, addresses, caller, cookies, client, approved).await;
    Ok(step.unwrap_or_else(|failure| Step::plain(Next::Client(failure.tell(&target, addresses.issuer())))))
}

/// Tells the client.
async fn deny(
    services: &Services,
    addresses: &Addresses,
    cookies: Cookies,
    request: &AuthorizationRequest,
) -> Result<Step, ConsentError> {
    forget_consents(services, cookies, request).await?;
    let target = ResponseTarget::from(request);
    let response = target.error(
        addresses.issuer(),
        "access_denied",
        error_description(&USER_REFUSED),
    );
    Ok(Step::plain(Next::Client(response)))
}

/// What the user may have agreed to before does not count any more, or else the back button would approve what was just
/// denied.
async fn forget_consents(
    services: &Services,
    cookies: Cookies,
    request: &AuthorizationRequest,
) -> Result<(), ConsentError> {
    let signed_in = home::signed_in(services, cookies).await;
    if let Some(user) = signed_in.map_err(unavailable)? {
        let forgotten = services.actors.broker.ask(ForgetConsents {
            user: user.identity.key,
            client: request.client.clone(),
        });
        forgotten.await.map_err(unavailable)?.map_err(unavailable)?;
    }
    Ok(())
}

fn record(services: &Services, caller: &Caller, approved: &ApprovedRequest) {
    let request = approved.request();
    let mut event = services
        .event(AuthenticationEvent::ConsentGiven, caller)
        .request(request)
        .detail("redirect_uri", &request.redirect_uri);
    if let Some(scopes) = &request.asked {
        event = event.scopes(scopes);
    }
    if let Some(user) = approved.user() {
        event = event.user(&user.identity);
    }
    event.write();
}

/// A second click or the back button leads to the same request anew instead of into a dead end.
fn begin_again(addresses: &Addresses, purpose: &LoginPurpose) -> Step {
    Step::plain(Next::Own(browser::begin_again(addresses, purpose)))
}

fn unavailable(error: impl Into<Unavailable>) -> ConsentError {
    ConsentError::Page(PageRefusal::Unavailable(error.into()))
}
