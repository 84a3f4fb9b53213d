//! Interactions in the database.

use diesel::prelude::*;

use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::interactions;
use super::sweep::{SweepLock, delete_ended};
use super::transaction::is_changed;
use super::{DieselStore, login_purpose};
use crate::domain::clock::Timestamp;
use crate::domain::interaction::{Interaction, InteractionStage};
use crate::domain::secret::SecretDigest;
use crate::domain::user::UserKey;
use crate::store::clients::ClientNeed;
use crate::store::{InteractionRepository, StoreError};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = interactions)]
struct InteractionRow {
    id: Vec<u8>,
    browser: Vec<u8>,
    request: Option<String>,
    #[diesel(embed)]
    stage: StageColumns,
    created_at: i64,
    expires_at: i64,
}

/// A stage as its word and the user that belongs to one of them.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = interactions)]
#[diesel(treat_none_as_null = true)]
struct StageColumns {
    stage: String,
    user_issuer: Option<String>,
    user_subject: Option<String>,
}

impl From<&InteractionStage> for StageColumns {
    fn from(stage: &InteractionStage) -> Self {
        let (word, user) = match stage {
            InteractionStage::LogIn => ("log_in", None),
            InteractionStage::Consent { user } => ("consent", user.as_ref()),
            InteractionStage::Decided => ("decided", None),
            InteractionStage::Denied => ("denied", None),
        };
        Self {
            stage: word.to_owned(),
            user_issuer: user.map(|user| user.issuer.clone()),
            user_subject: user.map(|user| user.subject.clone()),
        }
    }
}

impl StageColumns {
    fn read(self, context: &RowContext) -> Result<InteractionStage, InvalidRow> {
        let user = self
            .user_issuer
            .zip(self.user_subject)
            .map(|(issuer, subject)| UserKey { issuer, subject });
        match self.stage.as_str() {
            "log_in" => Ok(InteractionStage::LogIn),
            "consent" => Ok(InteractionStage::Consent { user }),
            "decided" => Ok(InteractionStage::Decided),
            "denied" => Ok(InteractionStage::Denied),
            _ => Err(context.invalid("stage", "not the word for a stage")),
        }
    }
}

impl TryFrom<&Interaction> for InteractionRow {
    type Error = InvalidRow;

    fn try_from(interaction: &Interaction) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("interactions", interaction.id.as_bytes());
        Ok(Self {
            id: interaction.id.as_bytes().to_vec(),
            browser: interaction.browser.as_bytes().to_vec(),
            request: login_purpose::to_column(&context, &interaction.purpose)?,
            stage: StageColumns::from(&interaction.stage),
            created_at: interaction.created_at.microseconds(),
            expires_at: interaction.expires_at.microseconds(),
        })
    }
}

impl TryFrom<InteractionRow> for Interaction {
    type Error = InvalidRow;

    fn try_from(row: InteractionRow) -> Result<Self, InvalidRow> {
        let context = RowContext::digested("interactions", &row.id);
        Ok(Self {
            id: context.digest("id", &row.id)?,
            browser: context.digest("browser", &row.browser)?,
            purpose: login_purpose::from_column(&context, row.request.as_deref())?,
            stage: row.stage.read(&context)?,
            created_at: timestamp(row.created_at),
            expires_at: timestamp(row.expires_at),
        })
    }
}

impl InteractionRepository for DieselStore {
    fn insert_interaction(&self, interaction: &Interaction) -> Result<bool, StoreError> {
        let need = ClientNeed::of_login(&interaction.purpose, interaction.expires_at);
        let row = InteractionRow::try_from(interaction);
        self.insert_needing("insert interaction", need, row, |connection, row| {
            let insert = diesel::insert_into(interactions::table).values(row);
            insert.execute(connection)
        })
    }

    fn find_interaction(&self, id: &SecretDigest) -> Result<Option<Interaction>, StoreError> {
        self.read("find interaction", |connection| {
            let row = interactions::table
                .find(id.as_bytes().as_slice())
                .select(InteractionRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(Interaction::try_from).transpose()?)
        })
    }

    fn advance_interaction(
        &self,
        id: &SecretDigest,
        expected: &InteractionStage,
        next: &InteractionStage,
    ) -> Result<bool, StoreError> {
        let (expected, next) = (StageColumns::from(expected), StageColumns::from(next));
        let at_stage = interactions::table
            .find(id.as_bytes().as_slice())
            .filter(interactions::stage.eq(expected.stage));
        self.write("advance interaction", |connection| {
            let advanced = if let Some((issuer, subject)) = expected.user_issuer.zip(expected.user_subject) {
                let waiting = at_stage
                    .filter(interactions::user_issuer.eq(issuer))
                    .filter(interactions::user_subject.eq(subject));
                diesel::update(waiting).set(next).execute(connection)?
            } else {
                // `= NULL` is never true, so that there being no user is a condition of its own.
                let waiting = at_stage.filter(interactions::user_issuer.is_null());
                diesel::update(waiting).set(next).execute(connection)?
            };
            is_changed(advanced)
        })
    }

    fn delete_expired_interactions(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.sweep(
            "delete expired interactions",
            SweepLock::Interactions,
            |connection| {
                Ok(delete_ended!(
                    connection,
                    interactions.id,
                    expires_at <= now,
                    most
                )?)
            },
        )
    }
}
