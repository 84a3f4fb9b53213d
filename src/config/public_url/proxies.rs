//! Which peers are proxies whose `X-Forwarded-*` headers are believed.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use crate::yaml::{FromYaml, Item};

/// An address or a network of proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// The proxies that are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    /// Empty for the default: loopback and private addresses.
    listed: Vec<TrustedProxy>,
}

impl TrustedProxy {
    /// Reads an address (`10.0.0.7`) or a network in CIDR notation (`10.0.0.0/8`, `fd00::/8`).
    pub fn parse(text: &str) -> Option<Self> {
        let network = text.parse::<IpNet>().ok();
        network
            .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
            .map(Self)
    }
}

impl TrustedProxies {
    /// Believes the listed proxies, or loopback and private addresses if none is listed.
    pub fn new(listed: Vec<TrustedProxy>) -> Self {
        Self { listed }
    }

    /// Whether a peer's headers are believed. An IPv4 address in IPv6 clothing counts as IPv4.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        if self.listed.is_empty() {
            return is_private(peer);
        }
        self.listed
            .iter()
            .any(|TrustedProxy(network)| network.contains(&peer))
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address == Ipv6Addr::LOCALHOST || address.is_unique_local(),
    }
}

impl FromYaml for TrustedProxy {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        let text = item.again().non_empty_string()?;
        match Self::parse(text.trim()) {
            Some(proxy) => Some(proxy),
            None => item.refuse("expected an address such as 10.0.0.7 or a network such as 10.0.0.0/8"),
        }
    }
}
