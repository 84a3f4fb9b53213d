//! Finding what a presented text is: tokens of both forms, by the digests under which they are stored.

use super::rules::TokenRules;
use super::signing::SigningKeyError;
use crate::domain::grant::Grant;
use crate::domain::opaque_token::{AccessToken, RefreshToken};
use crate::domain::secret::Secret;
use crate::domain::token::{AccessTokenRecord, RefreshTokenRecord};
use crate::store::StoreError;

impl TokenRules {
    /// The access token that this text is, of either form.
    pub(super) fn find_presented(
        &self,
        text: &Secret,
    ) -> Result<Option<(AccessTokenRecord, Grant)>, SigningKeyError> {
        if let Ok(value) = AccessToken::parse(text.expose()) {
            return Ok(self.find_access_token(&value)?);
        }
        match self.signing_keys.digest_of(text)? {
            Some(digest) => Ok(self.tokens.find_access_token(&digest)?),
            None => Ok(None),
        }
    }

    fn find_access_token(
        &self,
        value: &AccessToken,
    ) -> Result<Option<(AccessTokenRecord, Grant)>, StoreError> {
        for digest in value.digests(&self.keys) {
            if let Some(found) = self.tokens.find_access_token(&digest)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub(super) fn find_refresh_token(
        &self,
        value: &RefreshToken,
    ) -> Result<Option<(RefreshTokenRecord, Grant)>, StoreError> {
        for digest in value.digests(&self.keys) {
            if let Some(found) = self.tokens.find_refresh_token(&digest)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
