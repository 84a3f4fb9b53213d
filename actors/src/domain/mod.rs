//! Plain types and the rules between them.
//!
//! No actor, no database, no `.await` and no global: time and randomness are parameters, so that every rule
//! here can be tested by calling it. Whatever needs input or output lives in an actor's folder or in `store`.

pub mod audit_event;
pub mod authorization_code;
pub mod authorization_request;
pub mod browser_session;
pub mod cache_lifetime;
pub mod call_context;
pub mod cancel;
pub mod client;
pub mod clock;
pub mod consent;
pub mod dpop;
pub mod grant;
pub mod interaction;
pub mod key_ring;
pub mod login_attempt;
pub mod mapped_rights;
pub mod mcp_session;
pub mod numeric_date;
pub mod opaque_token;
pub mod password;
pub mod pending_login;
pub mod pkce;
pub mod randomness;
pub mod redirect_uri;
pub mod resource;
pub mod scope;
pub mod sealing;
pub mod secret;
pub mod service_account;
pub mod signing_key;
pub mod throttle;
pub mod token;
pub mod upstream_tokens;
mod uri;
pub mod user;
