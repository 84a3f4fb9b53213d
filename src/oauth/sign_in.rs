//! `GET /login`: a user wants to sign in to this server's own pages; no client is involved.

use mxcp_actors::provider_broker::messages::{BeginSignIn, SignInStart};

use super::approved::LoginFailure;
use super::browser::{self, Cookies, Next, Step};
use super::{Addresses, Services, Unavailable};

/// Why signing in does not begin. Shown on a page.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The identity provider did not do what it must.
    #[error("{0}")]
    Provider(String),
    /// The server cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Begins to sign in: with our login form, or at the identity provider.
pub async fn sign_in(
    services: &Services,
    addresses: &Addresses,
    cookies: Cookies,
) -> Result<Step, SignInError> {
    let message = BeginSignIn {
        browser: cookies.browser,
        public_url: addresses.issuer().to_owned(),
    };
    let begun = services.actors.broker.ask(message).await;
    let begun = begun.map_err(Unavailable::from)?;
    Ok(match begun.map_err(LoginFailure::from)? {
        SignInStart::LogIn(begun) => browser::first_page(begun, None),
        SignInStart::Provider(departure) => Step {
            next: Next::Provider(departure.url),
            new_browser: departure.new_browser,
            new_session: None,
        },
    })
}

impl From<LoginFailure> for SignInError {
    fn from(failure: LoginFailure) -> Self {
        match failure {
            LoginFailure::Provider(error) => {
                log::warn!("{error}");
                Self::Provider(error.to_string())
            }
            LoginFailure::Unavailable(error) => Self::Unavailable(error),
        }
    }
}
