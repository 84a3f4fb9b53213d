//! Who calls, and what the call carries through the server. No HTTP type: stdio and tests make callers as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_actors::domain::audit_event::CallerType;
use mxcp_actors::domain::call_context::CallContext;
use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::domain::mcp_session::SessionOwner;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::{Secret, SecretDigest};
use mxcp_actors::domain::user::Principal;
use mxcp_actors::sql_executor::engine::identity::{ExternalToken, SqlIdentity};

use super::session::Session;

/// The share of everybody while authentication is off.
const ANONYMOUS: &str = "anonymous";

/// One call's caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The authenticated user and client; `None` while authentication is off.
    pub principal: Option<Arc<Principal>>,
    /// The call: its share, its cancel token, its names in logs.
    pub context: CallContext,
    /// The way in which the caller came.
    pub came_by: CallerType,
    /// The digest of the legacy session in which the call is made; `None` in the modern era and on stdio.
    pub session: Option<SecretDigest>,
    /// Request headers under lower-case names, for `get_request_header()`; empty on stdio.
    pub headers: Arc<BTreeMap<String, String>>,
}

impl Caller {
    /// Whose share of the workers a call uses: each user has one, and all who are nobody in particular have one together.
    pub fn share(principal: Option<&Principal>) -> Arc<str> {
        principal.map_or_else(
            || Arc::from(ANONYMOUS),
            |principal| {
                let key = &principal.user.identity.key;
                Arc::from(format!("{} {}", key.issuer, key.subject))
            },
        )
    }

    /// The same caller for a call beside others: what stops one of them stops no other.
    #[must_use]
    pub fn for_one_of_several(&self) -> Self {
        Self {
            context: CallContext {
                cancel: CancelToken::new(),
                ..self.context.clone()
            },
            ..self.clone()
        }
    }

    /// The same caller for a call within a legacy session.
    #[must_use]
    pub fn within(&self, session: &Session) -> Self {
        Self {
            session: session.id(),
            ..self.clone()
        }
    }

    /// Whose sessions the caller may use.
    pub fn owner(&self) -> SessionOwner {
        self.principal
            .as_ref()
            .map(|principal| principal.user.identity.key.clone())
    }

    /// Whether the caller's token was granted all of these; while authentication is off, nobody was granted anything.
    pub fn was_granted(&self, scopes: &ScopeSet) -> bool {
        match &self.principal {
            Some(principal) => scopes.is_subset_of(&principal.scopes),
            None => scopes.is_empty(),
        }
    }

    /// What must turn up in no record and no answer: the caller's token at the identity provider.
    pub fn external_secrets(&self) -> Vec<Secret> {
        let upstream = self
            .principal
            .as_ref()
            .and_then(|principal| principal.upstream.as_ref());
        upstream
            .map(|upstream| upstream.token.clone())
            .into_iter()
            .collect()
    }

    /// The caller as SQL sees it, without a token of the identity provider: what runs may be the caller's own SQL.
    pub fn sql_identity(&self) -> SqlIdentity {
        let headers = Arc::clone(&self.headers);
        let Some(principal) = &self.principal else {
            return SqlIdentity {
                headers,
                ..SqlIdentity::nobody()
            };
        };
        let user = &principal.user.identity;
        SqlIdentity {
            user_id: Some(user.key.subject.clone()),
            username: user.username.clone(),
            name: user.name.clone(),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            provider: Some(user.provider.clone()),
            scopes: Some(principal.scopes.to_string()),
            created_at: Some(principal.user.created_at.to_string()),
            last_login: Some(principal.user.last_login_at.to_string()),
            instance_url: user.instance_url().map(str::to_owned),
            provider_context: user.context_json(),
            external_token: ExternalToken::Absent,
            headers,
        }
    }
}
