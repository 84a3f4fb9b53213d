//! A client as a row: the words and texts that stand for what a client is.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::row::{InvalidRow, RowContext, timestamp};
use super::schema::clients;
use crate::domain::client::{
    Client, ClientCredential, ClientKeys, ClientOrigin, DocumentAge, GrantType, SecretPlace,
};
use crate::domain::clock::Timestamp;
use crate::domain::redirect_uri::RedirectUri;

const TABLE: &str = "clients";
/// The word for clients that a document describes.
const DOCUMENT: &str = "metadata_document";

/// All columns but the fingerprint, which only the database compares.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = clients)]
pub(super) struct ClientRow {
    id: String,
    origin: String,
    name: Option<String>,
    #[diesel(embed)]
    credential: CredentialColumns,
    redirect_uris: String,
    grant_types: String,
    scopes: String,
    metadata: String,
    created_at: i64,
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
    document_fresh_until: Option<i64>,
}

/// What a document says about a client, without what the client did here.
#[derive(AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
pub(super) struct DescriptionRow {
    name: Option<String>,
    keys: Option<String>,
    keys_address: Option<String>,
    redirect_uris: String,
    grant_types: String,
    scopes: String,
    metadata: String,
    created_at: i64,
    document_fresh_until: Option<i64>,
}

/// A public client has none of these; any other has one kind.
#[derive(Default, Queryable, Selectable, Insertable)]
#[diesel(table_name = clients)]
pub(super) struct CredentialColumns {
    secret_place: Option<String>,
    secret_digest: Option<Vec<u8>>,
    keys: Option<String>,
    keys_address: Option<String>,
}

impl TryFrom<&Client> for ClientRow {
    type Error = InvalidRow;

    fn try_from(client: &Client) -> Result<Self, InvalidRow> {
        let context = RowContext::named(TABLE, client.id.as_str());
        let age = match client.origin {
            ClientOrigin::MetadataDocument(age) => Some(age),
            ClientOrigin::Configured | ClientOrigin::Registered => None,
        };
        let redirect_uris: Vec<_> = client.redirect_uris.iter().map(RedirectUri::as_str).collect();
        let grant_types: Vec<_> = client
            .grant_types
            .iter()
            .map(|grant_type| grant_type.as_str())
            .collect();
        Ok(Self {
            id: client.id.to_string(),
            origin: origin_word(client.origin).to_owned(),
            name: client.name.clone(),
            credential: CredentialColumns::write(&client.credential, &context)?,
            redirect_uris: context.to_json("redirect_uris", &redirect_uris)?,
            grant_types: grant_types.join(" "),
            scopes: client.scopes.to_string(),
            metadata: context.to_json("metadata", &client.metadata)?,
            created_at: client.created_at.microseconds(),
            last_used_at: client.last_used_at.map(Timestamp::microseconds),
            expires_at: client.expires_at.map(Timestamp::microseconds),
            document_fresh_until: age.map(|age| age.fresh_until.microseconds()),
        })
    }
}

impl From<ClientRow> for DescriptionRow {
    fn from(row: ClientRow) -> Self {
        Self {
            name: row.name,
            keys: row.credential.keys,
            keys_address: row.credential.keys_address,
            redirect_uris: row.redirect_uris,
            grant_types: row.grant_types,
            scopes: row.scopes,
            metadata: row.metadata,
            created_at: row.created_at,
            document_fresh_until: row.document_fresh_until,
        }
    }
}

impl TryFrom<ClientRow> for Client {
    type Error = InvalidRow;

    fn try_from(row: ClientRow) -> Result<Self, InvalidRow> {
        let context = RowContext::named(TABLE, &row.id);
        let redirect_uris: Vec<String> = context.json("redirect_uris", &row.redirect_uris)?;
        let redirect_uris = redirect_uris
            .iter()
            .map(|uri| context.redirect_uri("redirect_uris", uri));
        Ok(Self {
            id: context.client_id("id", &row.id)?,
            origin: origin(&row.origin, row.created_at, row.document_fresh_until)
                .ok_or_else(|| context.invalid("origin", "not an origin with what belongs to it"))?,
            name: row.name,
            credential: row.credential.read(&context)?,
            redirect_uris: redirect_uris.collect::<Result<_, _>>()?,
            grant_types: grant_types(&row.grant_types)
                .ok_or_else(|| context.invalid("grant_types", "not a list of grant types"))?,
            scopes: context.scopes("scopes", &row.scopes)?,
            created_at: timestamp(row.created_at),
            last_used_at: row.last_used_at.map(timestamp),
            expires_at: row.expires_at.map(timestamp),
            metadata: context.json("metadata", &row.metadata)?,
        })
    }
}

impl CredentialColumns {
    fn write(credential: &ClientCredential, context: &RowContext) -> Result<Self, InvalidRow> {
        let none = Self::default();
        Ok(match credential {
            ClientCredential::Public => none,
            ClientCredential::Secret { place, digest } => Self {
                secret_place: Some(place_word(*place).to_owned()),
                secret_digest: Some(digest.as_bytes().to_vec()),
                ..none
            },
            ClientCredential::Keys(ClientKeys::Inline(keys)) => Self {
                keys: Some(context.to_json("keys", keys)?),
                ..none
            },
            ClientCredential::Keys(ClientKeys::Address(address)) => Self {
                keys_address: Some(address.clone()),
                ..none
            },
        })
    }

    fn read(self, context: &RowContext) -> Result<ClientCredential, InvalidRow> {
        match (
            self.secret_place,
            self.secret_digest,
            self.keys,
            self.keys_address,
        ) {
            (None, None, None, None) => Ok(ClientCredential::Public),
            (Some(word), Some(digest), None, None) => Ok(ClientCredential::Secret {
                place: place(&word)
                    .ok_or_else(|| context.invalid("secret_place", "not the word for a place"))?,
                digest: context.digest("secret_digest", &digest)?,
            }),
            (None, None, Some(keys), None) => Ok(ClientCredential::Keys(ClientKeys::Inline(
                context.json("keys", &keys)?,
            ))),
            (None, None, None, Some(address)) => Ok(ClientCredential::Keys(ClientKeys::Address(address))),
            _ => Err(context.invalid("secret_digest", "a client has one kind of credential")),
        }
    }
}

const fn origin_word(origin: ClientOrigin) -> &'static str {
    match origin {
        ClientOrigin::Configured => "configured",
        ClientOrigin::Registered => "registered",
        ClientOrigin::MetadataDocument(_) => DOCUMENT,
    }
}

fn origin(word: &str, created_at: i64, fresh_until: Option<i64>) -> Option<ClientOrigin> {
    if word == DOCUMENT {
        return Some(ClientOrigin::MetadataDocument(DocumentAge {
            read_at: timestamp(created_at),
            fresh_until: timestamp(fresh_until?),
        }));
    }
    [ClientOrigin::Configured, ClientOrigin::Registered]
        .into_iter()
        .find(|origin| origin_word(*origin) == word)
}

const fn place_word(place: SecretPlace) -> &'static str {
    match place {
        SecretPlace::Header => "header",
        SecretPlace::Body => "body",
        SecretPlace::HeaderOrBody => "header_or_body",
    }
}

fn place(word: &str) -> Option<SecretPlace> {
    [SecretPlace::Header, SecretPlace::Body, SecretPlace::HeaderOrBody]
        .into_iter()
        .find(|place| place_word(*place) == word)
}

fn grant_types(text: &str) -> Option<BTreeSet<GrantType>> {
    text.split_terminator(' ').map(GrantType::from_value).collect()
}
