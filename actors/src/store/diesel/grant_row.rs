//! A grant as a row. Tokens are read together with theirs.

use diesel::prelude::*;

use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::grants;
use crate::domain::clock::Timestamp;
use crate::domain::grant::{Grant, GrantEnd, GrantState};
use crate::domain::sealing::Sealed;
use crate::domain::user::UserAccount;

const TABLE: &str = "grants";

/// The columns that a grant is read from.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = grants)]
pub(super) struct GrantRow {
    id: String,
    client_id: String,
    user_account: String,
    scopes: String,
    resource: String,
    upstream_tokens: Option<Vec<u8>>,
    created_at: i64,
    expires_at: Option<i64>,
    activated_at: Option<i64>,
    ended_at: Option<i64>,
    end_reason: Option<String>,
}

impl GrantRow {
    /// The same grant as it was before it ended: the moment of its activation outlives its end.
    pub(super) fn before_its_end(self) -> Self {
        Self {
            ended_at: None,
            end_reason: None,
            ..self
        }
    }
}

impl TryFrom<&Grant> for GrantRow {
    type Error = InvalidRow;

    fn try_from(grant: &Grant) -> Result<Self, InvalidRow> {
        let id = grant.id.to_string();
        let (activated_at, end) = match grant.state {
            GrantState::Pending => (None, None),
            GrantState::Active { since } => (Some(since), None),
            GrantState::Ended { at, reason } => (None, Some((at, reason))),
        };
        Ok(Self {
            client_id: grant.client.to_string(),
            user_account: user_account(&id, &grant.user)?,
            scopes: grant.scopes.to_string(),
            resource: grant.resource.to_string(),
            upstream_tokens: grant
                .upstream_tokens
                .as_ref()
                .map(|sealed| sealed.as_bytes().to_vec()),
            created_at: grant.created_at.microseconds(),
            expires_at: grant.expires_at.map(Timestamp::microseconds),
            activated_at: activated_at.map(Timestamp::microseconds),
            ended_at: end.map(|(at, _)| at.microseconds()),
            end_reason: end.map(|(_, reason)| reason.as_str().to_owned()),
            id,
        })
    }
}

impl TryFrom<GrantRow> for Grant {
    type Error = InvalidRow;

    fn try_from(row: GrantRow) -> Result<Self, InvalidRow> {
        let context = RowContext::named(TABLE, &row.id);
        Ok(Self {
            id: context.grant_id("id", &row.id)?,
            client: context.client_id("client_id", &row.client_id)?,
            user: context.json("user_account", &row.user_account)?,
            scopes: context.scopes("scopes", &row.scopes)?,
            resource: context.resource("resource", &row.resource)?,
            state: state(&row, &context)?,
            upstream_tokens: row.upstream_tokens.map(Sealed::from_bytes),
            created_at: timestamp(row.created_at),
            expires_at: row.expires_at.map(timestamp),
        })
    }
}

/// What is known of the user, as it stands in the row of this grant.
pub(super) fn user_account(id: &str, user: &UserAccount) -> Result<String, InvalidRow> {
    RowContext::named(TABLE, id).to_json("user_account", user)
}

fn state(row: &GrantRow, context: &RowContext) -> Result<GrantState, InvalidRow> {
    match (row.activated_at, row.ended_at, &row.end_reason) {
        (None, None, None) => Ok(GrantState::Pending),
        (Some(since), None, None) => Ok(GrantState::Active {
            since: timestamp(since),
        }),
        (_, Some(at), Some(word)) => {
            let unknown = || context.invalid("end_reason", "not the word for a reason");
            Ok(GrantState::Ended {
                at: timestamp(at),
                reason: GrantEnd::from_word(word).ok_or_else(unknown)?,
            })
        }
        (_, Some(_), None) | (_, None, Some(_)) => Err(context.invalid(
            "end_reason",
            "a grant ends with a moment and a reason, or not at all",
        )),
    }
}
