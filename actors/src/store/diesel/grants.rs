//! Grants in the database.

use std::collections::HashMap;
use std::time::Duration;

use diesel::dsl::max;
use diesel::prelude::*;

use super::DieselStore;
use super::connection::{MultiBackend, StoreConnection};
use super::failure::Failure;
use super::grant_row::{self, GrantRow};
use super::schema::{access_tokens, grants, refresh_tokens};
use super::sweep::{SweepLock, delete_ended};
use super::transaction::{Outcome, is_changed, is_inserted};
use crate::domain::clock::Timestamp;
use crate::domain::grant::{Grant, GrantEnd, GrantId};
use crate::domain::sealing::Sealed;
use crate::domain::user::{UserAccount, UserKey};
use crate::store::{GrantRepository, StoreError, TakenTokens};

/// Ends up to `$most` grants that are pending (`is_null`) or active (`is_not_null`) and whose column `$end` is `$moment`
/// or earlier, and gives them back as they were.
///
/// One statement, so that each is given to one caller. It says the conditions twice: PostgreSQL looks at a row again
/// that another transaction changed meanwhile, but only by the outer ones.
macro_rules! end_overdue {
    ($connection:expr, $most:expr, $now:expr, $reason:ident, $activated:ident, $end:ident <= $moment:expr) => {{
        diesel::alias! { const OVERDUE: Alias<Overdue> = grants as overdue; }
        let overdue = OVERDUE
            .select(OVERDUE.field(grants::id))
            .filter(OVERDUE.field(grants::ended_at).is_null())
            .filter(OVERDUE.field(grants::activated_at).$activated())
            .filter(OVERDUE.field(grants::$end).le($moment.microseconds()))
            .order(OVERDUE.field(grants::$end))
            .limit(i64::from($most));
        let live = grants::table
            .filter(grants::id.eq_any(overdue))
            .filter(grants::ended_at.is_null())
            .filter(grants::activated_at.$activated())
            .filter(grants::$end.le($moment.microseconds()));
        let rows: Vec<GrantRow> = diesel::update(live)
            .set((
                grants::ended_at.eq($now.microseconds()),
                grants::end_reason.eq(GrantEnd::$reason.as_str()),
            ))
            .returning(<GrantRow as Selectable<MultiBackend>>::construct_selection())
            .get_results($connection)?;
        let as_they_were = rows.into_iter().map(|row| Grant::try_from(row.before_its_end()));
        as_they_were.collect::<Result<Vec<_>, _>>()?
    }};
}

/// When the newest of `$tokens` was issued, and when one of them was last found `$used`, for each grant of `$user` that has
/// not ended.
macro_rules! last_uses {
    ($connection:expr, $user:expr, $tokens:ident, $used:ident) => {{
        let rows: Vec<(String, Option<i64>, Option<i64>)> = $tokens::table
            .inner_join(grants::table)
            .filter(grants::user_issuer.eq(&$user.issuer))
            .filter(grants::user_subject.eq(&$user.subject))
            .filter(grants::ended_at.is_null())
            .group_by($tokens::grant_id)
            .select(($tokens::grant_id, max($tokens::issued_at), max($tokens::$used)))
            .load($connection)?;
        rows
    }};
}

fn has_upstream_tokens(connection: &mut StoreConnection, user: &UserKey) -> Result<bool, Failure> {
    let live = grants::table
        .filter(grants::user_issuer.eq(&user.issuer))
        .filter(grants::user_subject.eq(&user.subject))
        .filter(grants::ended_at.is_null())
        .filter(grants::upstream_tokens.is_not_null());
    Ok(live.count().get_result::<i64>(connection)? > 0)
}

impl GrantRepository for DieselStore {
    fn insert_grant(&self, grant: &Grant) -> Result<bool, StoreError> {
        let key = &grant.user.identity.key;
        let sought = (
            grants::user_issuer.eq(&key.issuer),
            grants::user_subject.eq(&key.subject),
            // There are no tokens yet.
            grants::tokens_end_at.eq(grant.created_at.microseconds()),
        );
        self.write("insert grant", |connection| {
            let row = GrantRow::try_from(grant)?;
            let insert = diesel::insert_into(grants::table).values((row, sought));
            is_inserted(insert.execute(connection))
        })
    }

    fn find_grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.read("find grant", |connection| {
            let row = grants::table
                .find(id.to_string())
                .select(GrantRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(Grant::try_from).transpose()?)
        })
    }

    fn count_live_grants(&self) -> Result<u64, StoreError> {
        self.read("count grants", |connection| {
            let live = grants::table.filter(grants::ended_at.is_null());
            let count: i64 = live.count().get_result(connection)?;
            Ok(count.cast_unsigned())
        })
    }

    fn live_grants_of_user(&self, user: &UserKey) -> Result<Vec<Grant>, StoreError> {
        self.read("list grants of user", |connection| {
            let rows: Vec<GrantRow> = grants::table
                .filter(grants::user_issuer.eq(&user.issuer))
                .filter(grants::user_subject.eq(&user.subject))
                .filter(grants::ended_at.is_null())
                .order((grants::created_at, grants::id))
                .select(GrantRow::as_select())
                .load(connection)?;
            Ok(rows.into_iter().map(Grant::try_from).collect::<Result<_, _>>()?)
        })
    }

    fn live_users_of_issuer(&self, issuer: &str) -> Result<Vec<UserKey>, StoreError> {
        self.read("list users with grants", |connection| {
            let subjects: Vec<String> = grants::table
                .filter(grants::user_issuer.eq(issuer))
                .filter(grants::ended_at.is_null())
                .select(grants::user_subject)
                .distinct()
                .load(connection)?;
            let key = |subject| UserKey {
                issuer: issuer.to_owned(),
                subject,
            };
            Ok(subjects.into_iter().map(key).collect())
        })
    }

    fn last_uses_of_user(&self, user: &UserKey) -> Result<HashMap<GrantId, Timestamp>, StoreError> {
        self.read("list uses of grants", |connection| {
            let mut rows = last_uses!(connection, user, access_tokens, first_used_at);
            rows.extend(last_uses!(connection, user, refresh_tokens, pair_first_used_at));
            let mut latest = HashMap::new();
            for (grant, issued_at, used_at) in rows {
                let (Some(grant), Some(time)) = (GrantId::parse(&grant), issued_at.max(used_at)) else {
                    continue;
                };
                let time = Timestamp::from_microseconds(time);
                let kept = latest.entry(grant).or_insert(time);
                *kept = time.max(*kept);
            }
            Ok(latest)
        })
    }

    fn end_grant(&self, id: GrantId, at: Timestamp, reason: GrantEnd) -> Result<bool, StoreError> {
        let live = grants::table
            .find(id.to_string())
            .filter(grants::ended_at.is_null());
        let update = diesel::update(live).set((
            grants::ended_at.eq(at.microseconds()),
            grants::end_reason.eq(reason.as_str()),
        ));
        self.write("end grant", |connection| is_changed(update.execute(connection)?))
    }

    fn end_overdue_grants(
        &self,
        pending_before: Timestamp,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Grant>, StoreError> {
        let pending_until = pending_before - Duration::from_micros(1);
        self.sweep("end overdue grants", SweepLock::OverdueGrants, |connection| {
            let mut ended = end_overdue!(
                connection,
                most,
                now,
                CodeNeverRedeemed,
                is_null,
                created_at <= pending_until
            );
            ended.extend(end_overdue!(
                connection,
                left(most, &ended),
                now,
                Expired,
                is_null,
                expires_at <= now
            ));
            ended.extend(end_overdue!(
                connection,
                left(most, &ended),
                now,
                Expired,
                is_not_null,
                expires_at <= now
            ));
            ended.extend(end_overdue!(
                connection,
                left(most, &ended),
                now,
                Expired,
                is_not_null,
                tokens_end_at <= now
            ));
            Ok(ended)
        })
    }

    fn replace_upstream_tokens(
        &self,
        id: GrantId,
        expected: &Sealed,
        replacement: &Sealed,
    ) -> Result<bool, StoreError> {
        let unchanged = grants::table
            .find(id.to_string())
            .filter(grants::ended_at.is_null())
            .filter(grants::upstream_tokens.eq(expected.as_bytes()));
        let update = diesel::update(unchanged).set(grants::upstream_tokens.eq(replacement.as_bytes()));
        self.write("replace upstream tokens", |connection| {
            is_changed(update.execute(connection)?)
        })
    }

    fn take_upstream_tokens(&self, id: GrantId) -> Result<Option<TakenTokens>, StoreError> {
        let ended = || {
            let grant = grants::table.find(id.to_string());
            let ended = grant.filter(grants::ended_at.is_not_null());
            ended.filter(grants::upstream_tokens.is_not_null())
        };
        self.transaction("take upstream tokens", |connection| {
            let row = ended().select(GrantRow::as_select()).first(connection);
            let Some(row) = row.optional()? else {
                return Ok(Outcome::Undo(None));
            };
            let Grant {
                user,
                upstream_tokens: Some(tokens),
                ..
            } = Grant::try_from(row)?
            else {
                return Ok(Outcome::Undo(None));
            };
            let forget = diesel::update(ended()).set(grants::upstream_tokens.eq(None::<Vec<u8>>));
            if !is_changed(forget.execute(connection)?)? {
                return Ok(Outcome::Undo(None));
            }
            Ok(Outcome::Keep(Some(TakenTokens {
                were_last: !has_upstream_tokens(connection, &user.identity.key)?,
                provider: user.identity.provider,
                tokens,
            })))
        })
    }

    fn has_upstream_tokens(&self, user: &UserKey) -> Result<bool, StoreError> {
        self.read("ask for upstream tokens", |connection| {
            has_upstream_tokens(connection, user)
        })
    }

    fn replace_user(&self, id: GrantId, user: &UserAccount) -> Result<bool, StoreError> {
        let (id, key) = (id.to_string(), &user.identity.key);
        let live = grants::table
            .find(&id)
            .filter(grants::user_issuer.eq(&key.issuer))
            .filter(grants::user_subject.eq(&key.subject))
            .filter(grants::ended_at.is_null());
        self.write("replace user of grant", |connection| {
            let account = grant_row::user_account(&id, user)?;
            let update = diesel::update(live).set(grants::user_account.eq(account));
            is_changed(update.execute(connection)?)
        })
    }

    fn delete_grants_ended_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep("delete ended grants", SweepLock::EndedGrants, |connection| {
            Ok(delete_ended!(connection, grants.id, ended_at <= moment, most)?)
        })
    }
}

/// How many more grants a sweep may end.
fn left(most: u32, ended: &[Grant]) -> u32 {
    most.saturating_sub(u32::try_from(ended.len()).unwrap_or(u32::MAX))
}
