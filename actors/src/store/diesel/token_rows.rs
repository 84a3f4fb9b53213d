//! Access and refresh tokens as rows.

use diesel::prelude::*;

use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::{access_tokens, refresh_tokens};
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;
use crate::domain::token::{AccessTokenRecord, RefreshTokenRecord, RefreshTokenState, Succession};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = access_tokens)]
pub(super) struct AccessTokenRow {
    digest: Vec<u8>,
    grant_id: String,
    refresh_token: Option<Vec<u8>>,
    scopes: String,
    resource: String,
    bound_to: Option<String>,
    issued_at: i64,
    expires_at: i64,
    first_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl From<&AccessTokenRecord> for AccessTokenRow {
    fn from(token: &AccessTokenRecord) -> Self {
        Self {
            digest: token.digest.as_bytes().to_vec(),
            grant_id: token.grant.to_string(),
            refresh_token: token.refresh_token.map(|digest| digest.as_bytes().to_vec()),
            scopes: token.scopes.to_string(),
            resource: token.resource.to_string(),
            bound_to: token.bound_to.as_ref().map(|key| key.as_str().to_owned()),
            issued_at: token.issued_at.microseconds(),
            expires_at: token.expires_at.microseconds(),
            first_used_at: token.first_used_at.map(Timestamp::microseconds),
            revoked_at: token.revoked_at.map(Timestamp::microseconds),
        }
    }
}

impl TryFrom<AccessTokenRow> for AccessTokenRecord {
    type Error = InvalidRow;

    fn try_from(row: AccessTokenRow) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("access_tokens", &row.digest);
        let refresh_token = row
            .refresh_token
            .map(|digest| context.digest("refresh_token", &digest));
        Ok(Self {
            digest: context.digest("digest", &row.digest)?,
            grant: context.grant_id("grant_id", &row.grant_id)?,
            refresh_token: refresh_token.transpose()?,
            scopes: context.scopes("scopes", &row.scopes)?,
            resource: context.resource("resource", &row.resource)?,
            bound_to: context.thumbprint("bound_to", row.bound_to.as_deref())?,
            issued_at: timestamp(row.issued_at),
            expires_at: timestamp(row.expires_at),
            first_used_at: row.first_used_at.map(timestamp),
            revoked_at: row.revoked_at.map(timestamp),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens)]
pub(super) struct RefreshTokenRow {
    digest: Vec<u8>,
    grant_id: String,
    client_id: String,
    scopes: String,
    resource: String,
    bound_to: Option<String>,
    issued_at: i64,
    expires_at: i64,
    pair_first_used_at: Option<i64>,
    #[diesel(embed)]
    succession: SuccessionColumns,
}

/// All of these or none.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = refresh_tokens)]
#[diesel(treat_none_as_null = true)]
pub(super) struct SuccessionColumns {
    rotated_at: Option<i64>,
    rotation_key: Option<Vec<u8>>,
    next_access_token: Option<Vec<u8>>,
    next_refresh_token: Option<Vec<u8>>,
}

impl From<RefreshTokenState> for SuccessionColumns {
    fn from(state: RefreshTokenState) -> Self {
        let succession = match state {
            RefreshTokenState::Unused => None,
            RefreshTokenState::Rotated(succession) => Some(succession),
        };
        let bytes = |digest: SecretDigest| digest.as_bytes().to_vec();
        Self {
            rotated_at: succession.map(|succession| succession.at.microseconds()),
            rotation_key: succession.map(|succession| succession.key.as_bytes().to_vec()),
            next_access_token: succession.map(|succession| bytes(succession.access_token)),
            next_refresh_token: succession.map(|succession| bytes(succession.refresh_token)),
        }
    }
}

impl SuccessionColumns {
    fn read(self, context: &RowContext) -> Result<RefreshTokenState, InvalidRow> {
        let Self {
            rotated_at,
            rotation_key,
            next_access_token,
            next_refresh_token,
        } = self;
        match (rotated_at, rotation_key, next_access_token, next_refresh_token) {
            (None, None, None, None) => Ok(RefreshTokenState::Unused),
            (Some(at), Some(key), Some(access_token), Some(refresh_token)) => {
                Ok(RefreshTokenState::Rotated(Succession {
                    at: timestamp(at),
                    key: context.key("rotation_key", &key)?,
                    access_token: context.digest("next_access_token", &access_token)?,
                    refresh_token: context.digest("next_refresh_token", &refresh_token)?,
                }))
            }
            _ => Err(context.invalid("rotated_at", "half of a succession")),
        }
    }
}

impl From<&RefreshTokenRecord> for RefreshTokenRow {
    fn from(token: &RefreshTokenRecord) -> Self {
        Self {
            digest: token.digest.as_bytes().to_vec(),
            grant_id: token.grant.to_string(),
            client_id: token.client.to_string(),
            scopes: token.scopes.to_string(),
            resource: token.resource.to_string(),
            bound_to: token.bound_to.as_ref().map(|key| key.as_str().to_owned()),
            issued_at: token.issued_at.microseconds(),
            expires_at: token.expires_at.microseconds(),
            pair_first_used_at: token.pair_first_used_at.map(Timestamp::microseconds),
            succession: token.state.into(),
        }
    }
}

impl TryFrom<RefreshTokenRow> for RefreshTokenRecord {
    type Error = InvalidRow;

    fn try_from(row: RefreshTokenRow) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("refresh_tokens", &row.digest);
        Ok(Self {
            digest: context.digest("digest", &row.digest)?,
            grant: context.grant_id("grant_id", &row.grant_id)?,
            client: context.client_id("client_id", &row.client_id)?,
            scopes: context.scopes("scopes", &row.scopes)?,
            resource: context.resource("resource", &row.resource)?,
            bound_to: context.thumbprint("bound_to", row.bound_to.as_deref())?,
            issued_at: timestamp(row.issued_at),
            expires_at: timestamp(row.expires_at),
            pair_first_used_at: row.pair_first_used_at.map(timestamp),
            state: row.succession.read(&context)?,
        })
    }
}
