//! `POST /login`: a user has typed a name and a password.

use std::time::Duration;

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::interaction::InteractionRefusal;
use mxcp_actors::domain::pending_login::LoginPurpose;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::provider_broker::errors::LogInError;
use mxcp_actors::provider_broker::messages::{FindInteraction, LogInWithPassword, LoggedIn};

use super::browser::{self, Cookies, LogInView, Next, PageRefusal, Step};
use super::parameters::{InvalidParameters, Parameters};
use super::{Addresses, Caller, Services, Unavailable};

/// The longest name that is read, in bytes.
const LONGEST_USERNAME: usize = 256;
/// The longest value of a page, in bytes.
const LONGEST_INTERACTION: usize = 256;

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInFailure {
    /// The form cannot be read.
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// The name or the password is wrong; the form is shown again.
    #[error("The username or the password is wrong.")]
    WrongCredentials(LogInView),
    /// Too many wrong passwords; the form is shown again.
    #[error("Too many failed logins. Try again in {} seconds.", retry_after.as_secs().max(1))]
    Throttled {
        /// The form.
        view: LogInView,
        /// When to try again.
        retry_after: Duration,
    },
    /// The form's page is not good.
    #[error(transparent)]
    Page(#[from] PageRefusal),
}

/// Logs a user in, and leads the browser on to the consent page or to our front page.
pub async fn log_in(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    form: &Parameters,
) -> Result<Step, LogInFailure> {
    let step = try_to_log_in(services, addresses, caller, cookies, form).await;
    if let Err(LogInFailure::Page(refusal)) = &step {
        services.page_refused(caller, "login", refusal);
    }
    step
}

async fn try_to_log_in(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    form: &Parameters,
) -> Result<Step, LogInFailure> {
    let interaction = interaction_of(form)?;
    let username = form
        .optional_within("username", LONGEST_USERNAME)?
        .unwrap_or_default();
    let attempt = LogInWithPassword {
        interaction: interaction.clone(),
        browser: cookies.browser.clone(),
        session: cookies.session.clone(),
        username: username.to_owned(),
        password: Secret::new(form.optional("password")?.unwrap_or_default()),
        network: caller.network,
    };
    let attempted = services.actors.broker.ask(attempt).await.map_err(unavailable)?;
    match attempted {
        Ok(logged_in) => Ok(welcome(services, addresses, caller, &interaction, logged_in)),
        Err(LogInError::Refused(InteractionRefusal::AlreadyDecided { purpose, .. })) => {
            Ok(Step::plain(Next::Own(browser::begin_again(addresses, &purpose))))
        }
        // The back button, after the right password: the consent page is due.
        Err(LogInError::Refused(InteractionRefusal::OtherStage)) => Ok(Step::plain(Next::Own(
            browser::page_address(addresses, &interaction),
        ))),
        Err(error) => {
            let failure = failure(services, cookies, interaction, error).await?;
            record_failure(services, caller, username, &failure);
            Err(failure)
        }
    }
}

/// The value of a page, from its form or from the query of its address.
pub(super) fn interaction_of(parameters: &Parameters) -> Result<Secret, InvalidParameters> {
    let value = parameters.optional_within("interaction", LONGEST_INTERACTION)?;
    let missing = InvalidParameters::Missing { name: "interaction" };
    value.map(Secret::new).ok_or(missing)
}

fn welcome(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    interaction: &Secret,
    logged_in: LoggedIn,
) -> Step {
    let identity = &logged_in.user.identity;
    let mut event = services
        .event(AuthenticationEvent::LoginSucceeded, caller)
        .user(identity);
    let next = match &logged_in.purpose {
        LoginPurpose::SignIn => addresses.path("/"),
        LoginPurpose::Authorize(request) => {
            event = event.request(request);
            browser::page_address(addresses, interaction)
        }
    };
    event.write();
    Step {
        next: Next::Own(next),
        new_browser: None,
        new_session: Some(logged_in.session),
    }
}

/// Only what a guesser can cause is a failed login.
fn record_failure(services: &Services, caller: &Caller, username: &str, failure: &LogInFailure) {
    let view = match failure {
        LogInFailure::WrongCredentials(view) | LogInFailure::Throttled { view, .. } => view,
        LogInFailure::Parameters(_) | LogInFailure::Page(_) => return,
    };
    let event = services.event(AuthenticationEvent::LoginFailed, caller);
    let event = event.attempt(view.attempt).detail("username", &username);
    event.refused(failure).write();
}

async fn failure(
    services: &Services,
    cookies: Cookies,
    interaction: Secret,
    error: LogInError,
) -> Result<LogInFailure, LogInFailure> {
    Ok(match error {
        LogInError::WrongCredentials => {
            LogInFailure::WrongCredentials(view(services, cookies, interaction).await?)
        }
        LogInError::Throttled { retry_after } => LogInFailure::Throttled {
            view: view(services, cookies, interaction).await?,
            retry_after,
        },
        LogInError::Refused(refusal) => LogInFailure::Page(refusal.into()),
        LogInError::NoPasswords | LogInError::Password(_) => unavailable(Unavailable::broken(&error)),
        LogInError::Randomness(error) => unavailable(error),
        LogInError::Store(error) => unavailable(error),
    })
}

/// The form once more, with what it says about the client.
async fn view(services: &Services, cookies: Cookies, interaction: Secret) -> Result<LogInView, LogInFailure> {
    let found = services.actors.broker.ask(FindInteraction {
        interaction: interaction.clone(),
        browser: cookies.browser,
        session: cookies.session,
    });
    let found = found.await.map_err(unavailable)?.map_err(PageRefusal::from)?;
    let client = match &found.purpose {
        LoginPurpose::SignIn => None,
        LoginPurpose::Authorize(request) => {
            let client = services.client_of(request).await?;
            Some(browser::ClientView::new(&client, request))
        }
    };
    Ok(LogInView {
        interaction,
        client,
        attempt: found.purpose.attempt(),
    })
}

fn unavailable(error: impl Into<Unavailable>) -> LogInFailure {
    LogInFailure::Page(PageRefusal::Unavailable(error.into()))
}
