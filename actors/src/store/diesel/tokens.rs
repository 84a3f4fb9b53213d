//! Tokens in the database, and the three transactions that create them.
//!
//! Exchanging begins with the grant's row: whoever changes it first goes on, everybody else waits for it and then finds out
//! that it changed. Why nothing happened is looked up only then.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::authorization_codes::USED_UP;
use super::connection::StoreConnection;
use super::failure::Failure;
use super::grant_row::GrantRow;
use super::schema::{access_tokens, authorization_codes, grants, refresh_tokens};
use super::sweep::{SweepLock, delete_ended};
use super::token_rows::{AccessTokenRow, RefreshTokenRow, SuccessionColumns};
use super::transaction::{Outcome, exactly, insert_in_savepoint, is_changed};
use super::{DieselStore, client_use};
use crate::domain::clock::Timestamp;
use crate::domain::grant::Grant;
use crate::domain::secret::SecretDigest;
use crate::domain::token::{AccessTokenRecord, RefreshTokenRecord, RefreshTokenState, Succession};
use crate::store::tokens::{DirectIssue, Redemption, RedemptionOutcome, Rotation, RotationOutcome};
use crate::store::{StoreError, TokenRepository};

/// Each issue adds one grant, so that more than one is too many only where several were issued at the same moment.
const SURPLUS_AT_ONCE: i64 = 100;

impl TokenRepository for DieselStore {
    fn issue_directly(&self, issue: &DirectIssue) -> Result<bool, StoreError> {
        self.transaction("issue access token", |connection| {
            if !insert_active_grant(connection, issue)? {
                return Ok(Outcome::Undo(false));
            }
            insert_tokens(connection, &issue.access_token, None)?;
            delete_surplus(connection, issue)?;
            client_use::record(connection, &issue.client_use)?;
            Ok(Outcome::Keep(true))
        })
    }

    fn redeem_code(&self, redemption: &Redemption) -> Result<RedemptionOutcome, StoreError> {
        self.transaction("redeem code", |connection| {
            if !(activate_grant(connection, redemption)? && consume_code(connection, redemption)?) {
                return why_not_redeemed(connection, redemption).map(Outcome::Undo);
            }
            let refresh_token = redemption.refresh_token.as_ref();
            insert_tokens(connection, &redemption.access_token, refresh_token)?;
            client_use::record(connection, &redemption.client_use)?;
            Ok(Outcome::Keep(RedemptionOutcome::Redeemed))
        })
    }

    fn rotate(&self, rotation: &Rotation) -> Result<RotationOutcome, StoreError> {
        self.transaction("rotate refresh token", |connection| {
            if !prolong_active_grant(connection, rotation)? {
                return why_not_rotated(connection, rotation).map(Outcome::Undo);
            }
            if !mark_rotated(connection, rotation)? {
                return Ok(Outcome::Undo(RotationOutcome::AlreadyRotated));
            }
            insert_tokens(connection, &rotation.access_token, Some(&rotation.refresh_token))?;
            client_use::record(connection, &rotation.client_use)?;
            Ok(Outcome::Keep(RotationOutcome::Rotated))
        })
    }

    fn find_access_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<(AccessTokenRecord, Grant)>, StoreError> {
        self.read("find access token", |connection| {
            let found = access_tokens::table
                .find(digest.as_bytes().as_slice())
                .inner_join(grants::table)
                .select((AccessTokenRow::as_select(), GrantRow::as_select()))
                .first::<(AccessTokenRow, GrantRow)>(connection)
                .optional()?;
            let read =
                |(token, grant): (AccessTokenRow, GrantRow)| Ok((token.try_into()?, grant.try_into()?));
            found.map(read).transpose()
        })
    }

    fn find_refresh_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<(RefreshTokenRecord, Grant)>, StoreError> {
        self.read("find refresh token", |connection| {
            let found = refresh_tokens::table
                .find(digest.as_bytes().as_slice())
                .inner_join(grants::table)
                .select((RefreshTokenRow::as_select(), GrantRow::as_select()))
                .first::<(RefreshTokenRow, GrantRow)>(connection)
                .optional()?;
            let read =
                |(token, grant): (RefreshTokenRow, GrantRow)| Ok((token.try_into()?, grant.try_into()?));
            found.map(read).transpose()
        })
    }

    fn record_first_use(&self, digest: &SecretDigest, at: Timestamp) -> Result<bool, StoreError> {
        let unused = access_tokens::table
            .find(digest.as_bytes().as_slice())
            .filter(access_tokens::first_used_at.is_null());
        self.transaction("record first use", |connection| {
            let used: Option<Option<Vec<u8>>> = diesel::update(unused)
                .set(access_tokens::first_used_at.eq(at.microseconds()))
                .returning(access_tokens::refresh_token)
                .get_result(connection)
                .optional()?;
            let Some(pair) = used else {
                return Ok(Outcome::Undo(false));
            };
            if let Some(refresh_token) = pair {
                let pair = refresh_tokens::table.find(refresh_token);
                let update =
                    diesel::update(pair).set(refresh_tokens::pair_first_used_at.eq(at.microseconds()));
                // The refresh token may have been swept already.
                is_changed(update.execute(connection)?)?;
            }
            Ok(Outcome::Keep(true))
        })
    }

    fn revoke_access_token(&self, digest: &SecretDigest, at: Timestamp) -> Result<bool, StoreError> {
        let valid = access_tokens::table
            .find(digest.as_bytes().as_slice())
            .filter(access_tokens::revoked_at.is_null());
        let update = diesel::update(valid).set(access_tokens::revoked_at.eq(at.microseconds()));
        self.write("revoke access token", |connection| {
            is_changed(update.execute(connection)?)
        })
    }

    fn delete_tokens_expired_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep("delete expired tokens", SweepLock::Tokens, |connection| {
            let access = delete_ended!(connection, access_tokens.digest, expires_at <= moment, most)?;
            let refresh = delete_ended!(connection, refresh_tokens.digest, expires_at <= moment, most)?;
            Ok(access + refresh)
        })
    }
}

/// Stores a grant whose tokens end with its access token; false if its identifier is taken.
fn insert_active_grant(connection: &mut StoreConnection, issue: &DirectIssue) -> Result<bool, Failure> {
    let key = &issue.grant.user.identity.key;
    let sought = (
        grants::user_issuer.eq(&key.issuer),
        grants::user_subject.eq(&key.subject),
        grants::tokens_end_at.eq(issue.access_token.expires_at.microseconds()),
    );
    let row = GrantRow::try_from(&issue.grant)?;
    insert_in_savepoint(connection, |connection| {
        diesel::insert_into(grants::table)
            .values((row, sought))
            .execute(connection)
    })
}

/// Deletes what the client holds too many of for its user. Their tokens go with them.
fn delete_surplus(connection: &mut StoreConnection, issue: &DirectIssue) -> Result<(), Failure> {
    diesel::alias! { const NEWER: Alias<Newer> = grants as newer; }
    let key = &issue.grant.user.identity.key;
    let surplus = NEWER
        .select(NEWER.field(grants::id))
        .filter(NEWER.field(grants::user_issuer).eq(&key.issuer))
        .filter(NEWER.field(grants::user_subject).eq(&key.subject))
        .filter(NEWER.field(grants::ended_at).is_null())
        .filter(NEWER.field(grants::client_id).eq(issue.grant.client.as_str()))
        .filter(NEWER.field(grants::upstream_tokens).is_null())
        .order((
            NEWER.field(grants::created_at).desc(),
            NEWER.field(grants::id).desc(),
        ))
        .limit(SURPLUS_AT_ONCE)
        .offset(issue.most.into());
    diesel::delete(grants::table.filter(grants::id.eq_any(surplus))).execute(connection)?;
    Ok(())
}

/// Makes a pending grant active; false if it is not pending.
fn activate_grant(connection: &mut StoreConnection, redemption: &Redemption) -> Result<bool, Failure> {
    let access_token_ends = redemption.access_token.expires_at;
    let refresh_token = redemption.refresh_token.as_ref();
    let tokens_end_at =
        refresh_token.map_or(access_token_ends, |token| token.expires_at.max(access_token_ends));
    let pending = grants::table
        .find(redemption.access_token.grant.to_string())
        .filter(grants::activated_at.is_null())
        .filter(grants::ended_at.is_null());
    let activated = diesel::update(pending)
        .set((
            grants::activated_at.eq(redemption.at.microseconds()),
            grants::tokens_end_at.eq(tokens_end_at.microseconds()),
        ))
        .execute(connection)?;
    is_changed(activated)
}

/// Consumes an issued code in time; false if it is something else, or gone.
fn consume_code(connection: &mut StoreConnection, redemption: &Redemption) -> Result<bool, Failure> {
    let at = redemption.at.microseconds();
    let issued = authorization_codes::table
        .find(redemption.code.as_bytes().as_slice())
        .filter(authorization_codes::consumed_at.is_null())
        .filter(authorization_codes::failed_verifications.lt(USED_UP))
        .filter(authorization_codes::expires_at.gt(at));
    let consumed = diesel::update(issued)
        .set(authorization_codes::consumed_at.eq(at))
        .execute(connection)?;
    is_changed(consumed)
}

fn why_not_redeemed(
    connection: &mut StoreConnection,
    redemption: &Redemption,
) -> Result<RedemptionOutcome, Failure> {
    let code: Option<(Option<i64>, i32, i64)> = authorization_codes::table
        .find(redemption.code.as_bytes().as_slice())
        .select((
            authorization_codes::consumed_at,
            authorization_codes::failed_verifications,
            authorization_codes::expires_at,
        ))
        .first(connection)
        .optional()?;
    Ok(match code {
        Some((Some(_), _, _)) => RedemptionOutcome::AlreadyConsumed,
        Some((None, failed, expires_at)) if failed < USED_UP && expires_at > redemption.at.microseconds() => {
            RedemptionOutcome::GrantEnded
        }
        Some((None, _, _)) | None => RedemptionOutcome::CodeExpired,
    })
}

/// Lets an active grant live as long as its successor tokens; false if it is not active.
fn prolong_active_grant(connection: &mut StoreConnection, rotation: &Rotation) -> Result<bool, Failure> {
    let end = rotation
        .access_token
        .expires_at
        .max(rotation.refresh_token.expires_at);
    let end = end.microseconds().into_sql::<BigInt>();
    let latest = case_when(grants::tokens_end_at.lt(end), end).otherwise(grants::tokens_end_at);
    let active = grants::table
        .find(rotation.refresh_token.grant.to_string())
        .filter(grants::activated_at.is_not_null())
        .filter(grants::ended_at.is_null());
    let prolonged = diesel::update(active)
        .set(grants::tokens_end_at.eq(latest))
        .execute(connection)?;
    is_changed(prolonged)
}

/// Marks an unused refresh token of the grant as rotated; false if it is not unused, or gone.
fn mark_rotated(connection: &mut StoreConnection, rotation: &Rotation) -> Result<bool, Failure> {
    let unused = refresh_tokens::table
        .find(rotation.presented.as_bytes().as_slice())
        .filter(refresh_tokens::grant_id.eq(rotation.refresh_token.grant.to_string()))
        .filter(refresh_tokens::rotated_at.is_null());
    let succession = SuccessionColumns::from(RefreshTokenState::Rotated(Succession {
        at: rotation.at,
        key: rotation.key,
        access_token: rotation.access_token.digest,
        refresh_token: rotation.refresh_token.digest,
    }));
    is_changed(diesel::update(unused).set(succession).execute(connection)?)
}

fn why_not_rotated(
    connection: &mut StoreConnection,
    rotation: &Rotation,
) -> Result<RotationOutcome, Failure> {
    let presented: Option<Vec<u8>> = refresh_tokens::table
        .find(rotation.presented.as_bytes().as_slice())
        .select(refresh_tokens::digest)
        .first(connection)
        .optional()?;
    Ok(match presented {
        Some(_) => RotationOutcome::GrantEnded,
        None => RotationOutcome::AlreadyRotated,
    })
}

fn insert_tokens(
    connection: &mut StoreConnection,
    access_token: &AccessTokenRecord,
    refresh_token: Option<&RefreshTokenRecord>,
) -> Result<(), Failure> {
    let row = AccessTokenRow::from(access_token);
    exactly(
        1,
        diesel::insert_into(access_tokens::table)
            .values(row)
            .execute(connection)?,
    )?;
    if let Some(refresh_token) = refresh_token {
        let row = RefreshTokenRow::from(refresh_token);
        exactly(
            1,
            diesel::insert_into(refresh_tokens::table)
                .values(row)
                .execute(connection)?,
        )?;
    }
    Ok(())
}
