//! Who the client of the streams is: nobody in particular while authentication is off, otherwise the user of an access token
//! from the environment or a file, which is verified for each call as it is over HTTP (specification, *Authorization*:
//! credentials of a stdio client come from its environment).

use std::fs::File;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use mxcp_actors::domain::audit_event::CallerType;
use mxcp_actors::domain::call_context::{CallContext, TraceContext};
use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::Principal;

use crate::app::StartError;
use crate::config::{AccessToken, AuthMode, Config, Persistence, RequestHead};
use crate::http::request_ids::RequestIds;
use crate::mcp::caller::Caller;
use crate::mcp::stdio::conversation::Callers;
use crate::mcp::wire::{ErrorKind, RpcError};
use crate::oauth::verify::{self, BearerRefusal, BearerToken};
use crate::oauth::{self, Addresses, ResourceServer};

/// No token of this server is longer.
const MOST_TOKEN_BYTES: u64 = 16 * 1024;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Who calls.
pub(super) struct Identity {
    request_ids: RequestIds,
    user: User,
}

enum User {
    /// Authentication is off.
    Anybody,
    /// The user of a token.
    OfToken {
        services: Arc<ResourceServer>,
        addresses: Arc<Addresses>,
        token: AccessToken,
    },
}

impl Identity {
    /// The identity that the configuration gives.
    pub(super) fn new(
        config: &Config,
        services: Option<Arc<ResourceServer>>,
        request_ids: RequestIds,
    ) -> Result<Self, StartError> {
        let Some(services) = services else {
            let user = User::Anybody;
            return Ok(Self { request_ids, user });
        };
        let token = config.transport.access_token.clone();
        if matches!(token, AccessToken::Absent) {
            log::warn!("calls need a user: set MXCP_ACCESS_TOKEN or give --token-file");
        }
        let is_issuer = config.auth.mode == AuthMode::Issuer;
        if is_issuer && matches!(config.auth.persistence, Persistence::Memory) {
            log::warn!("auth.persistence: memory: no token that another process issued is known here");
        }
        let user = User::OfToken {
            addresses: addresses(config, &services)?,
            services,
            token,
        };
        Ok(Self { request_ids, user })
    }

    fn caller_for(principal: Option<Arc<Principal>>, request_id: Arc<str>) -> Caller {
        Caller {
            context: CallContext {
                share: Caller::share(principal.as_deref()),
                cancel: CancelToken::new(),
                trace: TraceContext::default(),
                request_id,
            },
            principal,
            came_by: CallerType::Stdio,
            session: None,
            headers: Arc::default(),
        }
    }
}

/// The addresses that tokens are for: those that a request to the configured host would see.
fn addresses(config: &Config, services: &ResourceServer) -> Result<Arc<Addresses>, StartError> {
    let http = &config.transport.http;
    let host = match http.host.contains(':') {
        true => format!("[{}]:{}", http.host, http.port),
        false => format!("{}:{}", http.host, http.port),
    };
    let head = RequestHead {
        peer: Some(LOOPBACK),
        host: Some(&host),
        forwarded_proto: None,
        forwarded_scheme: None,
        forwarded_host: None,
        forwarded_port: None,
    };
    Ok(services.addresses(&head)?)
}

impl Callers for Identity {
    fn nobody(&self) -> Caller {
        Self::caller_for(None, self.request_ids.make())
    }

    async fn caller(&self) -> Result<Caller, RpcError> {
        let User::OfToken {
            services,
            addresses,
            token,
        } = &self.user
        else {
            return Ok(self.nobody());
        };
        let request_id = self.request_ids.make();
        let caller = oauth::Caller {
            network: LOOPBACK,
            is_local: true,
            trace_id: None,
            request_id: Arc::clone(&request_id),
        };
        let verified = verify::verify(services, &caller, addresses, bearer(token)?).await;
        let principal = verified.map_err(|refusal| {
            if matches!(refusal, BearerRefusal::Invalid) {
                let resource = addresses.resource();
                log::warn!(
                    "the access token is not good for {resource}; `mxcp-actor log --type auth` says why"
                );
            }
            RpcError::new(ErrorKind::InvalidRequest, refusal.to_string())
        })?;
        Ok(Self::caller_for(Some(principal), request_id))
    }
}

fn bearer(token: &AccessToken) -> Result<BearerToken, RpcError> {
    match token {
        AccessToken::Absent => Ok(BearerToken::Absent),
        AccessToken::Given(token) => Ok(BearerToken::Present(token.clone())),
        AccessToken::File(path) => match read_token(path) {
            Ok(token) if token.expose().is_empty() => Ok(BearerToken::Absent),
            Ok(token) => Ok(BearerToken::Present(token)),
            Err(error) => {
                log::error!("--token-file {}: {error}", path.display());
                Err(RpcError::internal(
                    "the access token cannot be read; the server's log says why",
                ))
            }
        },
    }
}

fn read_token(path: &Path) -> io::Result<Secret> {
    let mut text = String::new();
    File::open(path)?
        .take(MOST_TOKEN_BYTES)
        .read_to_string(&mut text)?;
    let token = Secret::new(text.trim());
    // The copy that was read goes the way of every secret.
    drop(Secret::new(text));
    Ok(token)
}
