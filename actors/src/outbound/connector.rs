//! Resolves a name once, and hands on only the addresses that may be called: what was checked is what is connected to.

use std::error::Error;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;

use actix_tls::connect::Resolve;

use super::addresses::is_public;
use super::{OutboundError, OutboundSettings};

/// All addresses of a name.
pub(super) type Addresses<'a> = Pin<Box<dyn Future<Output = Result<Vec<SocketAddr>, OutboundError>> + 'a>>;

/// Finds the addresses of a name.
pub(super) trait NameService {
    /// The addresses of `host`, with this port.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a>;
}

/// The operating system's.
pub(super) struct SystemNames;

impl NameService for SystemNames {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, port)).await;
            Ok(found.map_err(|_| OutboundError::Unresolved)?.collect())
        })
    }
}

/// Hands on the addresses that may be called.
pub(super) struct Filter<N> {
    pub(super) names: N,
    pub(super) settings: Rc<OutboundSettings>,
}

impl<N: NameService> Resolve for Filter<N> {
    fn lookup<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<SocketAddr>, Box<dyn Error>>> + 'a>> {
        Box::pin(async move {
            let mut found = self.names.resolve(host, port).await?;
            if found.is_empty() {
                return Err(OutboundError::Unresolved.into());
            }
            found.retain(|address| may_be_called(&self.settings, host, address.ip()));
            if found.is_empty() {
                return Err(OutboundError::AddressRefused.into());
            }
            Ok(found)
        })
    }
}

/// Whether this address of this host may be called.
pub(super) fn may_be_called(settings: &OutboundSettings, host: &str, address: IpAddr) -> bool {
    is_public(address) || settings.names(host)
}
