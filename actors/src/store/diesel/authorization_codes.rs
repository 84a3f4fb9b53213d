//! Authorization codes in the database.

use diesel::prelude::*;

use super::DieselStore;
use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::authorization_codes;
use super::sweep::{SweepLock, delete_ended};
use crate::domain::authorization_code::{
    AuthorizationCode, CodeBinding, CodeState, MOST_FAILED_VERIFICATIONS,
};
use crate::domain::clock::Timestamp;
use crate::domain::pkce::CodeChallenge;
use crate::domain::secret::SecretDigest;
use crate::store::clients::ClientNeed;
use crate::store::{AuthorizationCodeRepository, StoreError};

/// As a column, this many wrong verifiers mean that a code is used up.
pub(super) const USED_UP: i32 = MOST_FAILED_VERIFICATIONS.cast_signed();

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = authorization_codes)]
struct CodeRow {
    digest: Vec<u8>,
    grant_id: String,
    client_id: String,
    redirect_uri: String,
    challenge: String,
    resource: String,
    scopes: String,
    issued_at: i64,
    expires_at: i64,
    failed_verifications: i32,
    consumed_at: Option<i64>,
    bound_to: Option<String>,
}

impl From<&AuthorizationCode> for CodeRow {
    fn from(code: &AuthorizationCode) -> Self {
        let (failed_verifications, consumed_at) = match code.state {
            CodeState::Issued { failed_verifications } => (failed_verifications.cast_signed(), None),
            CodeState::Consumed { at } => (0, Some(at.microseconds())),
            CodeState::Expired => (USED_UP, None),
        };
        Self {
            digest: code.digest.as_bytes().to_vec(),
            grant_id: code.binding.grant.to_string(),
            client_id: code.binding.client.to_string(),
            redirect_uri: code.binding.redirect_uri.as_str().to_owned(),
            challenge: code.binding.challenge.as_str().to_owned(),
            resource: code.binding.resource.to_string(),
            scopes: code.binding.scopes.to_string(),
            issued_at: code.issued_at.microseconds(),
            expires_at: code.expires_at.microseconds(),
            failed_verifications,
            consumed_at,
            bound_to: code.binding.bound_to.as_ref().map(|key| key.as_str().to_owned()),
        }
    }
}

impl TryFrom<CodeRow> for AuthorizationCode {
    type Error = InvalidRow;

    fn try_from(row: CodeRow) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("authorization_codes", &row.digest);
        let challenge = CodeChallenge::from_text(&row.challenge);
        Ok(Self {
            digest: context.digest("digest", &row.digest)?,
            binding: CodeBinding {
                grant: context.grant_id("grant_id", &row.grant_id)?,
                client: context.client_id("client_id", &row.client_id)?,
                redirect_uri: context.redirect_uri("redirect_uri", &row.redirect_uri)?,
                challenge: challenge.map_err(|error| context.invalid("challenge", error))?,
                resource: context.resource("resource", &row.resource)?,
                scopes: context.scopes("scopes", &row.scopes)?,
                bound_to: context.thumbprint("bound_to", row.bound_to.as_deref())?,
            },
            issued_at: timestamp(row.issued_at),
            expires_at: timestamp(row.expires_at),
            state: state(row.failed_verifications, row.consumed_at),
        })
    }
}

fn state(failed_verifications: i32, consumed_at: Option<i64>) -> CodeState {
    match consumed_at {
        Some(at) => CodeState::Consumed { at: timestamp(at) },
        None if failed_verifications >= USED_UP => CodeState::Expired,
        None => CodeState::Issued {
            failed_verifications: failed_verifications.cast_unsigned(),
        },
    }
}

impl AuthorizationCodeRepository for DieselStore {
    fn insert_code(&self, code: &AuthorizationCode) -> Result<bool, StoreError> {
        let need = ClientNeed::waiting(&code.binding.client, code.expires_at);
        let row = Ok(CodeRow::from(code));
        self.insert_needing("insert code", Some(need), row, |connection, row| {
            let insert = diesel::insert_into(authorization_codes::table).values(&row);
            insert.execute(connection)
        })
    }

    fn find_code(&self, digest: &SecretDigest) -> Result<Option<AuthorizationCode>, StoreError> {
        self.read("find code", |connection| {
            let row = authorization_codes::table
                .find(digest.as_bytes().as_slice())
                .select(CodeRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(AuthorizationCode::try_from).transpose()?)
        })
    }

    fn record_failed_verification(&self, digest: &SecretDigest) -> Result<Option<CodeState>, StoreError> {
        let issued = authorization_codes::table
            .find(digest.as_bytes().as_slice())
            .filter(authorization_codes::consumed_at.is_null())
            .filter(authorization_codes::failed_verifications.lt(USED_UP));
        self.write("record failed verification", |connection| {
            let failed = diesel::update(issued)
                .set(
                    authorization_codes::failed_verifications
                        .eq(authorization_codes::failed_verifications + 1),
                )
                .returning(authorization_codes::failed_verifications)
                .get_result(connection)
                .optional()?;
            Ok(failed.map(|failed| state(failed, None)))
        })
    }

    fn delete_codes_expired_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep(
            "delete expired codes",
            SweepLock::AuthorizationCodes,
            |connection| {
                Ok(delete_ended!(
                    connection,
                    authorization_codes.digest,
                    expires_at <= moment,
                    most
                )?)
            },
        )
    }
}
