//! How [`IssueAccessToken`] and [`RetainUsers`] are answered: grants that no user opened in a browser.

use super::messages::{
    IssueAccessToken, IssueAccessTokenError, IssueAccessTokenReply, RetainUsers, RetainUsersReply,
};
use super::rules::TokenRules;
use crate::domain::grant::{Grant, GrantEnd, GrantId, GrantState};
use crate::domain::opaque_token::AccessToken;
use crate::domain::token::{AccessTokenRecord, TokenPair};
use crate::domain::user::UserAccount;
use crate::store::StoreError;
use crate::store::tokens::DirectIssue;

impl TokenRules {
    /// Issues an access token, and the grant that ends with it.
    pub fn issue_access_token(&self, message: IssueAccessToken) -> IssueAccessTokenReply {
        let randomness = self.randomness.as_ref();
        let (id, value) = (GrantId::generate(randomness)?, AccessToken::generate(randomness)?);
        let issuer = message.issuer.clone();
        let issue = self.direct_issue(id, &value, message);
        let access_token = self.text(value, &issue.grant, &issue.access_token, &issuer)?;
        if !self.tokens.issue_directly(&issue)? {
            return Err(IssueAccessTokenError::Store(StoreError::Inconsistent {
                operation: "issue access token",
                reason: "a freshly drawn grant identifier is already there".to_owned(),
            }));
        }
        let pair = TokenPair {
            access_token,
            refresh_token: None,
            expires_at: issue.access_token.expires_at,
            scopes: issue.access_token.scopes,
            bound_to: issue.access_token.bound_to,
        };
        Ok((id, pair))
    }

    fn direct_issue(&self, id: GrantId, value: &AccessToken, message: IssueAccessToken) -> DirectIssue {
        let now = self.clock.now();
        let expires_at = now + self.settings.access_token_lifetime;
        let access_token = AccessTokenRecord {
            digest: value.digest(&self.keys),
            grant: id,
            refresh_token: None,
            scopes: message.scopes.clone(),
            resource: message.resource.clone(),
            issued_at: now,
            expires_at,
            first_used_at: None,
            revoked_at: None,
            bound_to: message.bound_to,
        };
        let client_use = self.client_use(&message.client, now);
        let grant = Grant {
            id,
            client: message.client,
            user: UserAccount {
                identity: message.identity,
                created_at: now,
                last_login_at: now,
            },
            scopes: message.scopes,
            resource: message.resource,
            upstream_tokens: None,
            created_at: now,
            expires_at: Some(expires_at),
            state: GrantState::Active { since: now },
        };
        DirectIssue {
            grant,
            access_token,
            most: self.settings.most_direct_grants,
            client_use,
        }
    }

    /// Ends what users of the issuer hold that are not among these, or are not any more what they were.
    pub fn retain_users(&self, message: &RetainUsers) -> RetainUsersReply {
        let now = self.clock.now();
        let mut ended = Vec::new();
        for user in self.grants.live_users_of_issuer(&message.issuer)? {
            let known = message.users.get(&user);
            for grant in self.grants.live_grants_of_user(&user)? {
                let is_stale = known != Some(&grant.user.identity);
                if is_stale
                    && self
                        .grants
                        .end_grant(grant.id, now, GrantEnd::RevokedByOperator)?
                {
                    ended.push(grant);
                }
            }
        }
        Ok(ended)
    }
}
