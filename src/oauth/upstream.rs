//! Telling the identity provider that its tokens are not needed any more. A courtesy: the grant has ended here, whatever
//! the provider answers. Nobody waits for that answer; the broker says in the log which tokens it could not give back.

use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::upstream_tokens::UpstreamTokens;
use mxcp_actors::provider_broker::messages::{DiscardUpstreamTokens, ReleaseUpstreamTokens};
use mxcp_actors::token_store::FindEndedUpstream;

use super::{LoginKind, Services, Unavailable};

/// Lets the tokens of a grant that has ended go back.
pub(super) async fn revoke(services: &Services, grant: GrantId) {
    if services.settings.login == LoginKind::Password {
        return;
    }
    if let Err(error) = release(services, grant).await {
        log::warn!("upstream tokens of the ended grant {grant} are not revoked: {error}");
    }
}

async fn release(services: &Services, grant: GrantId) -> Result<(), Unavailable> {
    let found = services.actors.tokens.ask(FindEndedUpstream { grant }).await??;
    let Some((provider, tokens)) = found else {
        return Ok(());
    };
    let request = ReleaseUpstreamTokens {
        provider,
        grant,
        tokens,
    };
    Ok(services.actors.broker.ask(request).await?)
}

/// Lets tokens that no grant will hold go back.
pub(super) async fn discard(services: &Services, tokens: UpstreamTokens) {
    if let Err(error) = services.actors.broker.ask(DiscardUpstreamTokens { tokens }).await {
        log::warn!("upstream tokens that no grant holds are not revoked: {error}");
    }
}
