//! `/`: what this server is, and who is signed in.

use mxcp_actors::domain::user::UserAccount;
use mxcp_actors::provider_broker::messages::FindBrowserSession;

use super::browser::Cookies;
use super::{Services, Unavailable};

/// Who is signed in to this server's own pages, if anybody.
pub async fn signed_in(services: &Services, cookies: Cookies) -> Result<Option<UserAccount>, Unavailable> {
    let Some(session) = cookies.session else {
        return Ok(None);
    };
    let found = services
        .actors
        .broker
        .ask(FindBrowserSession { session })
        .await??;
    Ok(found.map(|signed_in| signed_in.user))
}
