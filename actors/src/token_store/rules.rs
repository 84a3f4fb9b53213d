//! How the store of tokens answers its messages, all but one: refreshing is in `refresh.rs`. Plain functions; the
//! repositories decide races.

use std::sync::Arc;

use super::TokenStoreSettings;
use super::messages::{
    IssueTokens, IssueTokensError, IssueTokensReply, ListGrantsOfUser, ListGrantsOfUserReply, OpenGrant,
    OpenGrantReply, ProvenKey, RememberUse, RememberUseReply, ReplaceUser, ReplaceUserReply, Revocation,
    RevokeGrant, RevokeGrantReply, RevokeGrantsOfUser, RevokeGrantsOfUserReply, RevokeToken,
    RevokeTokenReply, Sweep, SweepTokens, SweepTokensReply, UsedGrant, VerifyPurpose, VerifyToken,
    VerifyTokenError, VerifyTokenReply,
};
use super::signing::{Facts, SigningKeys};
use crate::domain::authorization_code::CodeBinding;
use crate::domain::client::ClientId;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::dpop::KeyThumbprint;
use crate::domain::grant::{Grant, GrantEnd, GrantId, GrantState};
use crate::domain::key_ring::KeyRing;
use crate::domain::opaque_token::{AccessToken, RefreshToken};
use crate::domain::randomness::Randomness;
use crate::domain::token::{
    AccessTokenRecord, AccessTokenText, RefreshTokenRecord, RefreshTokenState, TokenPair,
};
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::store::clients::ClientUse;
use crate::store::tokens::{Redemption, RedemptionOutcome};
use crate::store::{GrantRepository, ReplayIdentifierRepository, StoreError, TokenRepository};

/// Everything that the rules need. Cheap to clone, so that each message can be answered on a thread of its own.
#[derive(Clone)]
pub struct TokenRules {
    /// What the operator set.
    pub settings: TokenStoreSettings,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers and first tokens come from.
    pub randomness: Arc<dyn Randomness>,
    /// What tokens are digested, derived and sealed with.
    pub keys: Arc<KeyRing>,
    /// What signed tokens are signed and verified with.
    pub signing_keys: Arc<SigningKeys>,
    /// Where grants are kept.
    pub grants: Arc<dyn GrantRepository>,
    /// Where tokens are kept.
    pub tokens: Arc<dyn TokenRepository>,
    /// Where it is kept what was used once.
    pub identifiers: Arc<dyn ReplayIdentifierRepository>,
}

impl TokenRules {
    /// Opens a pending grant.
    pub fn open_grant(&self, message: OpenGrant) -> OpenGrantReply {
        let randomness = self.randomness.as_ref();
        let id = GrantId::generate(randomness)?;
        let upstream_tokens = message
            .upstream_tokens
            .map(|tokens| tokens.seal(&self.keys, randomness, id))
            .transpose()?;
        let now = self.clock.now();
        let grant = Grant {
            id,
            client: message.client,
            user: message.user,
            scopes: message.scopes,
            resource: message.resource,
            upstream_tokens,
            created_at: now,
            expires_at: self.settings.grant_lifetime.map(|lifetime| now + lifetime),
            state: GrantState::Pending,
        };
        if !self.grants.insert_grant(&grant)? {
            let reason = "a freshly drawn grant identifier is already there".to_owned();
            return Err(StoreError::Inconsistent {
                operation: "insert grant",
                reason,
            }
            .into());
        }
        Ok(id)
    }

    /// Spends a code and issues the first pair. Whoever comes second ends what the first one got, because one of
    /// the two is not the client (RFC 6749 section 4.1.2).
    pub fn issue(&self, message: &IssueTokens) -> IssueTokensReply {
        let randomness = self.randomness.as_ref();
        let binding = message.code.binding();
        let access_token = AccessToken::generate(randomness)?;
        let refresh_token = message
            .with_refresh_token
            .then(|| RefreshToken::generate(randomness))
            .transpose()?;
        let redemption = self.redemption(message, &access_token, refresh_token.as_ref());
        let (at, expires_at) = (redemption.at, redemption.access_token.expires_at);
        // Before the code is spent, so that no login is lost for want of a key.
        let access_token = match self.signing_keys.signer()? {
            None => AccessTokenText::Opaque(access_token),
            Some(signer) => {
                let grant = self.grants.find_grant(binding.grant)?;
                let grant = grant.ok_or(IssueTokensError::CodeExpired)?;
                AccessTokenText::Signed(signer.sign(&Facts {
                    issuer: &message.issuer,
                    grant: &grant,
                    token: &redemption.access_token,
                })?)
            }
        };
        match self.tokens.redeem_code(&redemption)? {
            RedemptionOutcome::Redeemed => Ok(TokenPair {
                access_token,
                refresh_token,
                bound_to: redemption.access_token.bound_to,
                expires_at,
                scopes: binding.scopes.clone(),
            }),
            RedemptionOutcome::AlreadyConsumed => {
                self.grants.end_grant(binding.grant, at, GrantEnd::CodeReplayed)?;
                Err(IssueTokensError::CodeReplayed { grant: binding.grant })
            }
            RedemptionOutcome::CodeExpired | RedemptionOutcome::GrantEnded => {
                Err(IssueTokensError::CodeExpired)
            }
        }
    }

    /// Who may call with this token. If this is a use, the first one is written down before the answer, because a refresh token may
    /// not be repeated once its successors were used. Who has a bound token without its key can do nothing with it, and must not
    /// spoil its owner's repeat either.
    pub fn verify(&self, message: &VerifyToken) -> VerifyTokenReply {
        let found = self.find_presented(&message.token)?;
        let (token, mut grant) = found.ok_or(VerifyTokenError::Unknown)?;
        let now = self.clock.now();
        let (sealed, grant_id) = (grant.upstream_tokens.take(), grant.id);
        let mut principal = token.check(grant, &message.resource, now)?;
        if let Some(sealed) = sealed {
            // Opened here, where it is kept for as long as the token counts as verified, and not for each call.
            let tokens = UpstreamTokens::unseal(&sealed, &self.keys, grant_id)?;
            principal.upstream = Some(tokens.access());
        }
        let is_use = match &message.purpose {
            VerifyPurpose::Call { key } => *key == principal.bound_to,
            VerifyPurpose::Inspection => false,
        };
        if is_use && token.first_used_at.is_none() {
            self.tokens.record_first_use(&token.digest, now)?;
        }
        Ok(principal)
    }

    /// Writes down what is known now of a grant's user.
    pub fn replace_user(&self, message: &ReplaceUser) -> ReplaceUserReply {
        self.grants.replace_user(message.grant, &message.user)
    }

    /// Ends a grant.
    pub fn revoke_grant(&self, message: RevokeGrant) -> RevokeGrantReply {
        self.grants
            .end_grant(message.grant, self.clock.now(), message.reason)
    }

    /// What a user's clients hold, and when they used it.
    pub fn list_grants_of_user(&self, message: &ListGrantsOfUser) -> ListGrantsOfUserReply {
        let now = self.clock.now();
        let last_uses = self.grants.last_uses_of_user(&message.user)?;
        let grants = self.grants.live_grants_of_user(&message.user)?;
        let usable = grants.into_iter().filter(|grant| grant.is_usable(now));
        let used = usable.filter_map(|grant| {
            let last_used_at = *last_uses.get(&grant.id)?;
            Some(UsedGrant { grant, last_used_at })
        });
        Ok(used.collect())
    }

    /// Ends the grants of a user, or those for one client.
    pub fn revoke_grants_of_user(&self, message: &RevokeGrantsOfUser) -> RevokeGrantsOfUserReply {
        let now = self.clock.now();
        let mut ended = Vec::new();
        let is_meant = |grant: &Grant| {
            message
                .client
                .as_ref()
                .is_none_or(|client| grant.client == *client)
        };
        let grants = self.grants.live_grants_of_user(&message.user)?;
        for grant in grants.into_iter().filter(is_meant) {
            if self.grants.end_grant(grant.id, now, message.reason)? {
                ended.push(grant);
            }
        }
        Ok(ended)
    }

    /// Revokes a token that its client gave back. A refresh token takes its grant along, an access token does not.
    pub fn revoke_token(&self, message: &RevokeToken) -> RevokeTokenReply {
        let now = self.clock.now();
        let text = message.token.expose();
        if let Ok(value) = RefreshToken::parse(text) {
            let Some((token, _)) = self.find_refresh_token(&value)? else {
                return Ok(Revocation::Nothing);
            };
            if token.client != message.client {
                return Ok(Revocation::NotOfClient);
            }
            let is_ended = self
                .grants
                .end_grant(token.grant, now, GrantEnd::RevokedByClient)?;
            return Ok(if is_ended {
                Revocation::Grant(token.grant)
            } else {
                Revocation::Nothing
            });
        }
        let Some((token, grant)) = self.find_presented(&message.token)? else {
            return Ok(Revocation::Nothing);
        };
        if grant.client != message.client {
            return Ok(Revocation::NotOfClient);
        }
        let is_revoked = self.tokens.revoke_access_token(&token.digest, now)?;
        Ok(if is_revoked {
            Revocation::AccessToken(token.grant)
        } else {
            Revocation::Nothing
        })
    }

    /// How many grants have not ended.
    pub fn count(&self) -> Result<u64, StoreError> {
        self.grants.count_live_grants()
    }

    /// Ends overdue grants and forgets what ended long ago.
    pub fn sweep(&self, message: SweepTokens) -> SweepTokensReply {
        let now = self.clock.now();
        let forgotten = now - self.settings.retention;
        let pending_before = now - self.settings.pending_grant_lifetime;
        let deleted_grants = self.grants.delete_grants_ended_before(forgotten, message.most)?;
        let deleted_tokens = self
            .tokens
            .delete_tokens_expired_before(forgotten, message.most)?;
        if let Err(error) = self.signing_keys.sweep() {
            log::warn!("the signing keys were not swept: {error}");
        }
        let deleted_identifiers = self.identifiers.delete_expired_identifiers(now, message.most)?;
        // Last: whoever asked learns only from this answer which grants have ended, and no failure may come in between.
        let ended_grants = self
            .grants
            .end_overdue_grants(pending_before, now, message.most)?;
        Ok(Sweep {
            ended_grants,
            deleted_grants,
            deleted_tokens,
            deleted_identifiers,
        })
    }

    /// Notes that something was used that may be used once.
    pub fn remember_use(&self, RememberUse(used): RememberUse) -> RememberUseReply {
        self.identifiers
            .remember_identifier(&used.identifier, used.ends_at, self.clock.now())
    }

    /// What spending `code` on these values writes.
    fn redemption(
        &self,
        IssueTokens { code, key, .. }: &IssueTokens,
        access_token: &AccessToken,
        refresh_token: Option<&RefreshToken>,
    ) -> Redemption {
        let now = self.clock.now();
        let CodeBinding {
            grant,
            client,
            resource,
            scopes,
            ..
        } = code.binding().clone();
        let client_use = self.client_use(&client, now);
        let refresh_token = refresh_token.map(|value| RefreshTokenRecord {
            digest: value.digest(&self.keys),
            grant,
            client,
            scopes: scopes.clone(),
            resource: resource.clone(),
            bound_to: refresh_key(key.as_ref()),
            issued_at: now,
            expires_at: now + self.settings.refresh_token_lifetime,
            pair_first_used_at: None,
            state: RefreshTokenState::Unused,
        });
        let access_token = AccessTokenRecord {
            digest: access_token.digest(&self.keys),
            grant,
            refresh_token: refresh_token.as_ref().map(|record| record.digest),
            scopes,
            resource,
            bound_to: key.as_ref().map(|key| key.thumbprint.clone()),
            issued_at: now,
            expires_at: now + self.settings.access_token_lifetime,
            first_used_at: None,
            revoked_at: None,
        };
        Redemption {
            code: *code.digest(),
            at: now,
            access_token,
            refresh_token,
            client_use,
        }
    }

    /// What issuing tokens notes about their client.
    pub(super) fn client_use(&self, client: &ClientId, at: Timestamp) -> ClientUse {
        ClientUse {
            client: client.clone(),
            at,
            lifetime: self.settings.used_client_lifetime,
        }
    }
}

/// What a refresh token is bound to that is issued for this key.
pub(super) fn refresh_key(key: Option<&ProvenKey>) -> Option<KeyThumbprint> {
    let key = key.filter(|key| key.binds_refresh_token)?;
    Some(key.thumbprint.clone())
}
