//! Telling the identity provider that its tokens are not needed any more. A courtesy: the grant has ended here, whatever
//! the provider answers, and what it does not answer is in the log.

use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::upstream_tokens::UpstreamTokens;
use mxcp_actors::provider_broker::messages::{DiscardUpstreamTokens, RevokeUpstreamTokens};
use mxcp_actors::token_store::FindEndedUpstream;

use super::{LoginKind, Services, Unavailable};

/// Revokes the tokens of a grant that has ended.
pub(super) async fn revoke(services: &Services, grant: GrantId) {
    if services.settings.login == LoginKind::Password {
        return;
    }
    if let Err(error) = try_revoke(services, grant).await {
        log::warn!("upstream tokens of the ended grant {grant} were not revoked: {error}");
    }
}

async fn try_revoke(services: &Services, grant: GrantId) -> Result<(), Unavailable> {
    let found = services.actors.tokens.ask(FindEndedUpstream { grant }).await??;
    let Some((provider, tokens)) = found else {
        return Ok(());
    };
    let request = RevokeUpstreamTokens {
        provider,
        grant,
        tokens,
    };
    let revoked = services.actors.broker.ask(request).await?;
    revoked.map_err(|error| Unavailable::down(&error))
}

/// Revokes tokens that no grant will hold.
pub(super) async fn discard(services: &Services, tokens: UpstreamTokens) {
    if let Err(error) = services.actors.broker.ask(DiscardUpstreamTokens { tokens }).await {
        log::warn!("upstream tokens that no grant holds were not revoked: {error}");
    }
}
