//! `auth.clients`: OAuth clients that need not register.

use std::collections::BTreeMap;

use mxcp_actors::domain::client::ClientKeys;
use url::Url;

use super::service_account;
use super::{DEFAULT_SCOPE, ServiceAccount};
use crate::config::Secret;
use crate::config::values::{is_loopback, located_text, scopes, web_address};
use crate::yaml::{Fields, FromYaml, Item, Located, Location, Problems};

/// Where the MCP command line client waits for its code.
const DEFAULT_REDIRECT_URIS: [&str; 2] = [
    "http://127.0.0.1:49153/oauth/callback",
    "http://localhost:49153/oauth/callback",
];

/// Schemes that would run code or read files in the user's browser.
const DANGEROUS_SCHEMES: [&str; 6] = ["javascript", "data", "vbscript", "file", "blob", "about"];

/// A client as RFC 7591 section 2 describes it.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`
    pub id: String,
    /// `client_name`
    pub name: String,
    /// The secret of a confidential client; a client without one and without keys is public.
    pub secret: Option<Secret>,
    /// The public keys of a client that signs who it is.
    pub keys: Option<ClientKeys>,
    /// The redirect URIs, compared byte by byte.
    pub redirect_uris: Vec<String>,
    /// What the client may ask the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// The scopes that the client may have.
    pub scopes: Vec<String>,
    /// Who the client is when it calls in its own name; only if it may.
    pub service_account: Option<ServiceAccount>,
}

/// What a client may ask the token endpoint for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// `authorization_code`
    AuthorizationCode,
    /// `refresh_token`
    RefreshToken,
    /// `client_credentials`
    ClientCredentials,
    /// `urn:ietf:params:oauth:grant-type:jwt-bearer`
    JwtBearer,
}

/// A client as written, with the places of what is checked later.
pub(in crate::config) struct ClientFile {
    pub(super) id: Located<String>,
    name: String,
    secret: Option<Secret>,
    keys: Option<ClientKeys>,
    pub(in crate::config) redirect_uris: Vec<Located<RedirectUri>>,
    pub(super) grant_types: Vec<GrantType>,
    scopes: Option<Vec<String>>,
    pub(super) service_account: Option<ServiceAccount>,
}

/// An absolute URI without a fragment (RFC 6749 section 3.1.2), as text and as URL.
pub(in crate::config) struct RedirectUri {
    text: String,
    pub(in crate::config) url: Url,
}

impl FromYaml for GrantType {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[
            ("authorization_code", Self::AuthorizationCode),
            ("refresh_token", Self::RefreshToken),
            ("client_credentials", Self::ClientCredentials),
            ("urn:ietf:params:oauth:grant-type:jwt-bearer", Self::JwtBearer),
        ])
    }
}

impl FromYaml for RedirectUri {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        let text = item.again().non_empty_string()?;
        let url = match Url::parse(&text) {
            Ok(url) => url,
            Err(error) => {
                return item.refuse(format!(
                    "expected an absolute URI such as https://app.example.com/callback: {error}"
                ));
            }
        };
        if text.contains('#') {
            return item.refuse("a redirect URI must not have a fragment (#…)");
        }
        if DANGEROUS_SCHEMES.contains(&url.scheme()) {
            return item.refuse(format!(
                "the scheme {} is not accepted for a redirect URI",
                url.scheme()
            ));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            item.warn(
                "is http and not a loopback address: authorization codes would cross the network unencrypted",
            );
        }
        Some(Self { text, url })
    }
}

impl FromYaml for ClientFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("Client configuration");
        let id = fields.required_with("client_id", located_text);
        let name = fields.required_string("name");
        let secret = fields.optional("client_secret");
        let keys = read_keys(&mut fields);
        let redirect_uris = fields.optional_with("redirect_uris", Item::one_or_many);
        let grant_types: Option<Vec<GrantType>> = fields.optional_with("grant_types", Item::one_or_many);
        let grant_types = grant_types
            .filter(|types| !types.is_empty())
            .unwrap_or(vec![GrantType::AuthorizationCode]);
        let scopes = fields.optional_with("scopes", scopes);
        let service_account = service_account::read(&mut fields, &grant_types);
        refuse_unproven(&mut fields, &grant_types);
        fields.finish();
        Some(Self {
            id: id?,
            name: name?,
            secret,
            keys,
            redirect_uris: redirect_uris.unwrap_or_default(),
            grant_types,
            scopes,
            service_account,
        })
    }
}

/// Everyone can claim to be a public client: it gets no token without a user who logs in and agrees.
fn refuse_unproven(fields: &mut Fields<'_>, grant_types: &[GrantType]) {
    let proofs = ["client_secret", "jwks", "jwks_uri"];
    if !proofs.iter().all(|proof| fields.is_absent(proof)) {
        return;
    }
    for (grant_type, name) in [
        (GrantType::ClientCredentials, "client_credentials"),
        (
            GrantType::JwtBearer,
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ),
    ] {
        if grant_types.contains(&grant_type) {
            let needs = "needs a client that proves who it is; give it a client_secret, jwks or jwks_uri";
            fields.refuse("grant_types", format!("{name} {needs}"));
        }
    }
}

/// `jwks` or `jwks_uri`: one of them, and no secret beside it.
fn read_keys(fields: &mut Fields<'_>) -> Option<ClientKeys> {
    let inline = fields.optional_with("jwks", key_set);
    let address = fields.optional_with("jwks_uri", key_address).map(String::from);
    for (key, other) in [
        ("jwks", "jwks_uri"),
        ("jwks", "client_secret"),
        ("jwks_uri", "client_secret"),
    ] {
        if !fields.is_absent(key) && !fields.is_absent(other) {
            fields.refuse(
                key,
                format!("goes without {other}: a client proves its identity in one way"),
            );
        }
    }
    inline
        .map(ClientKeys::Inline)
        .or(address.map(ClientKeys::Address))
}

fn key_set(mut item: Item<'_>) -> Option<serde_json::Value> {
    let set = item.again().json()?;
    match ClientKeys::check(&set) {
        Ok(()) => Some(set),
        Err(error) => item.refuse(error.to_string()),
    }
}

/// Where keys stand by which somebody else is believed.
pub(super) fn key_address(mut item: Item<'_>) -> Option<Url> {
    let url = web_address(item.again())?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return item.refuse("must be https: anybody on the way could put a key of their own there");
    }
    Some(url)
}

impl ClientFile {
    /// The client with its defaults. No redirect URI, or an empty list of them, means the command line client's, where users
    /// log in to the client at all.
    pub(super) fn client(&self) -> Client {
        let written = self.redirect_uris.iter().map(|uri| uri.value.text.clone());
        let has_users = self.grant_types.contains(&GrantType::AuthorizationCode);
        let redirect_uris: Vec<String> = if self.redirect_uris.is_empty() && has_users {
            DEFAULT_REDIRECT_URIS.map(str::to_owned).to_vec()
        } else {
            written.collect()
        };
        Client {
            id: self.id.value.clone(),
            name: self.name.clone(),
            secret: self.secret.clone(),
            keys: self.keys.clone(),
            redirect_uris,
            grant_types: self.grant_types.clone(),
            scopes: self
                .scopes
                .clone()
                .unwrap_or_else(|| vec![DEFAULT_SCOPE.to_owned()]),
            service_account: self.service_account.clone(),
        }
    }
}

/// Two clients with one id: the second would answer with the first one's rights.
pub(super) fn refuse_duplicates(clients: &[ClientFile], problems: &mut Problems) {
    let mut seen: BTreeMap<&str, &Location> = BTreeMap::new();
    for client in clients {
        match seen.get(client.id.value.as_str()) {
            Some(first) => {
                let place = first
                    .position()
                    .map_or_else(String::new, |place| format!(", first at {place}"));
                client
                    .id
                    .refuse::<()>(problems, format!("the client id is used twice{place}"));
            }
            None => {
                seen.insert(&client.id.value, &client.id.location);
            }
        }
    }
}
