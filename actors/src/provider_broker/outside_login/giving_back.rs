//! When the provider has its tokens back: the one place that decides it, whichever way a login ended.
//!
//! A provider may end more than it is told to: Keycloak ends what the client has of the user's session, Google and Auth0
//! everything that the user gave the app. So nothing is given back while another grant of the same user lives by that login;
//! the tokens are forgotten here, and the last one to end takes the login at the provider along. The store is asked when it
//! is a revocation's turn, not when it begins to wait. It answers for all replicas, and a grant that ended is asked about
//! after its end: of two that end at once, the later one is the last.

use super::OutsideLogins;
use crate::domain::grant::GrantId;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::UserKey;
use crate::error::CallError;
use crate::provider_broker::errors::UpstreamError;
use crate::provider_broker::messages::{
    DiscardUpstreamTokens, DiscardUpstreamTokensReply, ReleaseUpstreamTokens, ReleaseUpstreamTokensReply,
    RevokeUpstreamTokens, RevokeUpstreamTokensReply,
};
use crate::provider_broker::releases::Released;
use crate::token_store::{HasUpstreamTokens, TakeUpstreamTokens};

impl OutsideLogins {
    /// Lets an ended grant's tokens go, without anybody waiting for the provider.
    pub(in crate::provider_broker) fn release(
        &self,
        ReleaseUpstreamTokens { grant }: ReleaseUpstreamTokens,
    ) -> ReleaseUpstreamTokensReply {
        let logins = self.clone();
        let let_go = async move { logins.let_go_of_grant(grant).await };
        self.releases.begin(format!("of the ended grant {grant}"), let_go);
    }

    /// Lets an ended grant's tokens go, and waits for the provider if it is told.
    pub(in crate::provider_broker) async fn revoke(
        self,
        RevokeUpstreamTokens { grant }: RevokeUpstreamTokens,
    ) -> Result<RevokeUpstreamTokensReply, CallError> {
        Ok(self.let_go_of_grant(grant).await)
    }

    /// Lets tokens go that no grant will hold.
    pub(in crate::provider_broker) fn discard(
        &self,
        message: DiscardUpstreamTokens,
    ) -> DiscardUpstreamTokensReply {
        self.let_go(message.user, message.tokens);
    }

    /// The same, without anybody waiting for the provider.
    pub(in crate::provider_broker) fn let_go(&self, user: UserKey, tokens: UpstreamTokens) {
        let logins = self.clone();
        let let_go = async move {
            if logins.tokens.ask(HasUpstreamTokens { user }).await?? {
                return Ok(Released::Forgotten);
            }
            logins.give_back(&tokens).await
        };
        self.releases.begin("that no grant holds", let_go);
    }

    async fn let_go_of_grant(&self, grant: GrantId) -> Result<Released, UpstreamError> {
        let taken = self.tokens.ask(TakeUpstreamTokens { grant }).await??;
        let Some(taken) = taken.filter(|taken| taken.were_last) else {
            return Ok(Released::Forgotten);
        };
        let tokens = self.unseal(&taken.provider, grant, &taken.tokens)?;
        self.give_back(&tokens).await
    }

    async fn give_back(&self, tokens: &UpstreamTokens) -> Result<Released, UpstreamError> {
        let revoked = self.provider.revoke(tokens).await;
        self.health.note(revoked)?;
        Ok(Released::GivenBack)
    }
}
