//! Whether the identity provider still stands behind a login: asked when the client refreshes, by renewing the provider's tokens
//! if they have ended. So a user who was disabled there loses access here with the next refresh after that.
//!
//! A provider that cannot be asked is no reason to end a login, or to hold up its client: the next refresh asks again.

use mxcp_actors::domain::grant::Grant;
use mxcp_actors::token_store::messages::UpstreamRefreshError;
use mxcp_actors::upstream_renewal::{Begun, RenewalError, Renewed, UpstreamRenewals};

use super::{LoginKind, Services};

/// The provider has ended the login, and with it the grant.
pub(super) struct EndedUpstream {
    /// Whether the grant ended by this question: one among many.
    pub(super) is_first: bool,
}

/// Asks the provider if there is something to ask: nobody can renew what came without a refresh token.
pub(super) async fn check(services: &Services, grant: &Grant) -> Result<(), EndedUpstream> {
    if services.settings.login == LoginKind::Password || grant.upstream_tokens.is_none() {
        return Ok(());
    }
    let renewals = UpstreamRenewals::new(&services.actors);
    let renewal = match renewals.begin(grant.id, &grant.user.identity.key).await {
        Ok(Begun::Yours(renewal)) => renewal,
        Ok(Begun::Ready(_) | Begun::UnderWay(_))
        | Err(RenewalError::Refresh(UpstreamRefreshError::NotRefreshable)) => return Ok(()),
        Err(error) => {
            log::warn!("the provider is not asked about the grant {}: {error}", grant.id);
            return Ok(());
        }
    };
    // A client that goes away must not take the only new pair along.
    let task = tokio::spawn(async move { renewals.renew(renewal).await });
    match task.await {
        Ok(Ok(Renewed::Refused { error: _, is_first })) => Err(EndedUpstream { is_first }),
        Ok(Ok(Renewed::Access(_) | Renewed::GrantEnded | Renewed::Postponed(_))) => Ok(()),
        Ok(Err(error)) => {
            log::warn!("the tokens of the grant {} are not renewed: {error}", grant.id);
            Ok(())
        }
        Err(error) => {
            log::error!(
                "the renewal of the tokens of the grant {} crashed: {error}",
                grant.id
            );
            Ok(())
        }
    }
}
