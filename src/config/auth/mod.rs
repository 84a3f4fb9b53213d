//! `auth`: who may use the server, and how logins and tokens behave. One file per block; a provider's block has
//! the provider's name.
//!
//! To add a provider: a file with its settings and `FromYaml`, a variant of [`Provider`], a line in
//! `ProviderName::CHOICES` and in `AuthFile::provider`.

mod auth_server;
mod authorization;
mod client;
mod client_metadata_documents;
mod identity_assertions;
mod introspection;
mod local;
mod persistence;
mod provider;
mod service_account;
mod session;
mod tokens;
mod upstream_client;
mod user_mapping;

mod atlassian;
mod github;
mod google;
mod keycloak;
mod oidc;
mod salesforce;

pub use atlassian::Atlassian;
pub use auth_server::AuthServer;
pub use authorization::Hidden;
pub use client::{Client, GrantType};
pub use github::Github;
pub use google::Google;
pub use identity_assertions::{IssuerDialect, IssuerKeys, TrustedIssuer};
pub use introspection::Introspection;
pub use keycloak::Keycloak;
pub use local::{Local, LocalUser};
pub use oidc::{Oidc, OidcLogin, Verifying, VerifyingMethod};
pub use persistence::Persistence;
pub use provider::Provider;
pub use salesforce::Salesforce;
pub use service_account::ServiceAccount;
pub use session::Session;
pub use tokens::Tokens;
pub use upstream_client::{ClaimMappings, UpstreamClient, scope_names};
pub use user_mapping::UserMappingRule;

use authorization::AuthorizationFile;
pub(super) use client::{ClientFile, RedirectUri};
use client_metadata_documents::ClientMetadataDocuments;
use persistence::PersistenceFile;
use provider::ProviderBlocks;

use std::collections::BTreeSet;

use mxcp_actors::domain::client::DocumentPolicy;

use super::surroundings::Surroundings;
use super::values::scopes;
use crate::yaml::{FromYaml, Item, Located, Problems};

/// The scope that clients get unless told otherwise.
const DEFAULT_SCOPE: &str = "mxcp:access";

/// Authentication, authorization and what they keep.
#[derive(Clone, Debug)]
pub struct Auth {
    /// Whether this server issues tokens or checks those of another.
    pub mode: AuthMode,
    /// Who knows the users.
    pub provider: Provider,
    /// Who is asked about tokens, in mode introspection.
    pub introspection: Option<Introspection>,
    /// Whose tokens are accepted in the place of what the configuration says about logins.
    pub auth_server: Option<AuthServer>,
    /// Who is trusted to say for whom a client acts; none is the default.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// The clients that need not register.
    pub clients: Vec<Client>,
    /// The scopes that every call needs.
    pub required_scopes: Vec<String>,
    /// What callers who may not use it do not see either.
    pub hidden: Vec<Hidden>,
    /// Whether a user who agreed to a client need not agree again when one of our own pages asks.
    pub remember_consents: bool,
    /// The scopes that a client that registered itself may have.
    pub registration_scopes: Vec<String>,
    /// Whose documents describe clients; `None` if none do.
    pub client_metadata_documents: Option<DocumentPolicy>,
    /// Where clients, codes and tokens are kept.
    pub persistence: Persistence,
    /// How long tokens live.
    pub session: Session,
    /// What users have beyond what the provider says.
    pub user_mapping: Vec<UserMappingRule>,
    /// The form of access tokens.
    pub tokens: Tokens,
}

/// Whose tokens the server accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthMode {
    /// Its own: it is the authorization server and passes the login on to the provider.
    #[default]
    Issuer,
    /// Those of the OpenID provider.
    Verifier,
    /// Those of an authorization server that says what they are worth.
    Introspection,
}

impl Auth {
    /// Whether anybody may call, without a token.
    pub fn is_open(&self) -> bool {
        self.provider.is_none() && self.mode == AuthMode::Issuer
    }
}

/// The section as written.
#[derive(Default)]
pub(super) struct AuthFile {
    mode: AuthMode,
    provider: Provider,
    introspection: Option<Introspection>,
    trusted_issuers: Option<Vec<TrustedIssuer>>,
    pub(super) clients: Vec<ClientFile>,
    authorization: AuthorizationFile,
    registration_scopes: Option<Vec<String>>,
    client_metadata_documents: ClientMetadataDocuments,
    pub(super) persistence: Option<Located<PersistenceFile>>,
    session: Session,
    user_mapping: Vec<UserMappingRule>,
    tokens: Tokens,
    /// For warnings about the section as a whole.
    pub(super) section: Option<Located<()>>,
}

impl FromYaml for AuthMode {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[
            ("issuer", Self::Issuer),
            ("verifier", Self::Verifier),
            ("introspection", Self::Introspection),
        ])
    }
}

impl FromYaml for AuthFile {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        let section = Located::read_with(item.again(), |_| Some(()));
        let mut fields = item.fields()?;
        let mode = fields.optional("mode").unwrap_or_default();
        let provider = ProviderBlocks::read(&mut fields, mode);
        let introspection = fields.optional("introspection");
        if mode == AuthMode::Introspection && fields.is_absent("introspection") {
            let subject = introspection::SUBJECT;
            fields.refuse(
                "mode",
                format!("{subject} is incomplete: the block introspection is missing"),
            );
        }
        let file = Self {
            mode,
            provider: provider.unwrap_or_default(),
            introspection,
            trusted_issuers: fields.optional_with("identity_assertions", identity_assertions::read),
            clients: fields.optional("clients").unwrap_or_default(),
            authorization: fields.optional("authorization").unwrap_or_default(),
            registration_scopes: fields.optional_with("registration", allowed_scopes),
            client_metadata_documents: fields.optional("client_metadata_documents").unwrap_or_default(),
            persistence: fields.optional("persistence"),
            session: fields.optional("session").unwrap_or_default(),
            user_mapping: fields.optional("user_mapping").unwrap_or_default(),
            tokens: fields.optional("tokens").unwrap_or_default(),
            section,
        };
        fields.finish();
        Some(file)
    }
}

fn allowed_scopes(item: Item<'_>) -> Option<Vec<String>> {
    let mut fields = item.fields()?;
    let allowed = fields.optional_with("allowed_scopes", scopes);
    fields.finish();
    allowed
}

impl AuthFile {
    /// Fills in what needs the folders, and checks what single blocks cannot show.
    pub(super) fn resolve(&self, surroundings: Surroundings<'_>, problems: &mut Problems) -> Option<Auth> {
        let auth = self.resolve_alone(surroundings, problems)?;
        Some(match &surroundings.flags.auth_server {
            Some(issuer) => auth_server::replace_logins(auth, issuer, problems),
            None => auth,
        })
    }

    fn resolve_alone(&self, surroundings: Surroundings<'_>, problems: &mut Problems) -> Option<Auth> {
        client::refuse_duplicates(&self.clients, problems);
        for client in &self.clients {
            service_account::check(client, self.mode, &self.provider, problems);
            identity_assertions::check(client, self.trusted_issuers.is_some(), problems);
        }
        let persistence = match &self.persistence {
            None => Some(Persistence::Memory),
            Some(file) => PersistenceFile::resolve(file, surroundings.folders, problems),
        };
        let registration_scopes = self
            .registration_scopes
            .clone()
            .unwrap_or_else(|| vec![DEFAULT_SCOPE.to_owned()]);
        let clients: Vec<Client> = self.clients.iter().map(ClientFile::client).collect();
        if surroundings.flags.auth_server.is_none() {
            self.refuse_ungrantable(&clients, &registration_scopes, problems);
        }
        Some(Auth {
            mode: self.mode,
            provider: self.provider.clone(),
            introspection: self.introspection.clone(),
            auth_server: None,
            trusted_issuers: self.trusted_issuers.clone().unwrap_or_default(),
            hidden: self.authorization.hide.clone().unwrap_or(vec![Hidden::Denied]),
            remember_consents: self.authorization.remember_consents.unwrap_or_default(),
            required_scopes: self
                .authorization
                .required_scopes
                .as_ref()
                .map(|required| required.value.clone())
                .unwrap_or_default(),
            clients,
            registration_scopes,
            client_metadata_documents: self.client_metadata_documents.0.clone(),
            persistence: persistence?,
            session: self.session.clone(),
            user_mapping: self.user_mapping.clone(),
            tokens: self.tokens,
        })
    }

    /// Scopes that no client can be granted are a mistake where they are required, since every call would be refused, and where a
    /// rule gives them, since the scope that was meant would be everybody's.
    fn refuse_ungrantable(&self, clients: &[Client], registration: &[String], problems: &mut Problems) {
        if self.provider.is_none() || self.mode != AuthMode::Issuer {
            // What another server grants is not known here.
            return;
        }
        let of_clients = clients.iter().flat_map(|client| &client.scopes);
        let grantable: BTreeSet<&String> = registration.iter().chain(of_clients).collect();
        let of_rules = self.user_mapping.iter().filter_map(|rule| rule.scopes.as_ref());
        let of_rules = of_rules.map(|scopes| (scopes, "it keeps nothing from anybody"));
        let required = self
            .authorization
            .required_scopes
            .iter()
            .map(|required| (required, "every call would be refused"));
        for (scopes, consequence) in required.chain(of_rules) {
            if let Some(scope) = scopes.value.iter().find(|scope| !grantable.contains(scope)) {
                let message = format!(
                    "no client can be granted {scope:?}, so {consequence}; add it to auth.registration.allowed_scopes or to \
                     the scopes of a client in auth.clients"
                );
                scopes.refuse::<()>(problems, message);
            }
        }
    }
}
