//! Telling the broker that the identity provider's tokens are not needed any more. A courtesy: the grant has ended here,
//! whatever the provider answers, and whether it is told at all is the broker's rule. Nobody waits for that.

use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::upstream_tokens::UpstreamTokens;
use mxcp_actors::domain::user::UserAccount;
use mxcp_actors::provider_broker::messages::{DiscardUpstreamTokens, ReleaseUpstreamTokens};

use super::{LoginKind, Services};

/// Lets the tokens of a grant that has ended go back.
pub(super) async fn revoke(services: &Services, grant: GrantId) {
    if services.settings.login == LoginKind::Password {
        return;
    }
    if let Err(error) = services.actors.broker.ask(ReleaseUpstreamTokens { grant }).await {
        log::warn!("upstream tokens of the ended grant {grant} are not revoked: {error}");
    }
}

/// Lets tokens of this user that no grant will hold go back.
pub(super) async fn discard(services: &Services, user: &UserAccount, tokens: UpstreamTokens) {
    let user = user.identity.key.clone();
    let request = DiscardUpstreamTokens { user, tokens };
    if let Err(error) = services.actors.broker.ask(request).await {
        log::warn!("upstream tokens that no grant holds are not revoked: {error}");
    }
}
