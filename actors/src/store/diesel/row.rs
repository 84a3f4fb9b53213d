//! From columns to domain values and back: what several tables have in common.
//!
//! A row is trusted as little as any other input. What does not parse is reported by table, column and row, and never
//! by its value.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::client::ClientId;
use crate::domain::clock::Timestamp;
use crate::domain::dpop::KeyThumbprint;
use crate::domain::grant::GrantId;
use crate::domain::key_ring::KeyId;
use crate::domain::redirect_uri::{RedirectTrust, RedirectUri};
use crate::domain::resource::ResourceIndicator;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::SecretDigest;

/// A row that contradicts the rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}.{column} of row {row}: {reason}")]
pub(super) struct InvalidRow {
    table: &'static str,
    column: &'static str,
    /// An identifier that is no secret, or the first bytes of a digest.
    row: String,
    reason: String,
}

/// Reads and writes the columns of one row, and knows which row that is when something is wrong with it.
pub(super) struct RowContext {
    table: &'static str,
    row: String,
}

impl RowContext {
    /// A row whose identifier is no secret.
    pub(super) fn named(table: &'static str, identifier: &str) -> Self {
        Self {
            table,
            row: identifier.to_owned(),
        }
    }

    /// A row that is identified by a digest, of which an operator needs no more than the beginning.
    pub(super) fn digested(table: &'static str, digest: &[u8]) -> Self {
        let beginning = digest.first_chunk().copied().unwrap_or_default();
        Self {
            table,
            row: format!("{:08x}", u32::from_be_bytes(beginning)),
        }
    }

    pub(super) fn invalid(&self, column: &'static str, reason: impl fmt::Display) -> InvalidRow {
        InvalidRow {
            table: self.table,
            column,
            row: self.row.clone(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn digest(&self, column: &'static str, bytes: &[u8]) -> Result<SecretDigest, InvalidRow> {
        self.array(column, bytes).map(SecretDigest::from_bytes)
    }

    pub(super) fn key(&self, column: &'static str, bytes: &[u8]) -> Result<KeyId, InvalidRow> {
        self.array(column, bytes).map(KeyId::from_bytes)
    }

    pub(super) fn array<const N: usize>(
        &self,
        column: &'static str,
        bytes: &[u8],
    ) -> Result<[u8; N], InvalidRow> {
        let reason = || self.invalid(column, format_args!("{} bytes instead of {N}", bytes.len()));
        bytes.try_into().map_err(|_| reason())
    }

    pub(super) fn grant_id(&self, column: &'static str, text: &str) -> Result<GrantId, InvalidRow> {
        GrantId::parse(text).ok_or_else(|| self.invalid(column, "not the identifier of a grant"))
    }

    pub(super) fn thumbprint(
        &self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<KeyThumbprint>, InvalidRow> {
        let parse = |text| KeyThumbprint::parse(text).map_err(|error| self.invalid(column, error));
        text.map(parse).transpose()
    }

    pub(super) fn client_id(&self, column: &'static str, text: &str) -> Result<ClientId, InvalidRow> {
        ClientId::parse(text).map_err(|error| self.invalid(column, error))
    }

    pub(super) fn scopes(&self, column: &'static str, text: &str) -> Result<ScopeSet, InvalidRow> {
        ScopeSet::parse(text).map_err(|error| self.invalid(column, error))
    }

    pub(super) fn resource(&self, column: &'static str, text: &str) -> Result<ResourceIndicator, InvalidRow> {
        ResourceIndicator::parse(text).map_err(|error| self.invalid(column, error))
    }

    /// The trust is that of the most trusted client: what was not acceptable was never stored.
    pub(super) fn redirect_uri(&self, column: &'static str, text: &str) -> Result<RedirectUri, InvalidRow> {
        RedirectUri::parse(text, RedirectTrust::Configured).map_err(|error| self.invalid(column, error))
    }

    pub(super) fn json<T: DeserializeOwned>(
        &self,
        column: &'static str,
        text: &str,
    ) -> Result<T, InvalidRow> {
        // serde's own message repeats values.
        serde_json::from_str(text).map_err(|error| {
            self.invalid(
                column,
                format_args!("unexpected JSON at character {}", error.column()),
            )
        })
    }

    /// The text to store for a value that only the domain looks into.
    pub(super) fn to_json(&self, column: &'static str, value: &impl Serialize) -> Result<String, InvalidRow> {
        serde_json::to_string(value).map_err(|_| self.invalid(column, "the value cannot be written as JSON"))
    }
}

pub(super) fn timestamp(microseconds: i64) -> Timestamp {
    Timestamp::from_microseconds(microseconds)
}
