//! The server's public URL: what stands in metadata documents, redirects and links.
//!
//! It is either fixed by the configuration or derived from each request, and then only from a host that is allowed
//! and from headers of a proxy that is trusted: whoever can choose the public URL can send logins elsewhere. Pure
//! values and rules; reading headers off a request is the HTTP layer's business.

mod base_url;
mod hosts;
mod proxies;
#[cfg(test)]
mod tests;

pub use base_url::{BaseUrl, InvalidBaseUrl, Scheme};
pub use hosts::{AllowedHost, AllowedHosts, Authority};
pub use proxies::{TrustedProxies, TrustedProxy};

use std::fmt;
use std::net::IpAddr;

use super::user::Http;

/// How the public URL is found.
#[derive(Clone, Debug)]
pub struct PublicUrl {
    source: Source,
    allowed_hosts: AllowedHosts,
}

#[derive(Clone, Debug)]
enum Source {
    Fixed(Fixed),
    PerRequest(PerRequest),
}

/// A URL that does not depend on the request, except for the name of this machine that it came under.
#[derive(Clone, Debug)]
struct Fixed {
    base_url: BaseUrl,
    /// The same with this machine's other names; none of a server that others reach, or whose URL is configured.
    aliases: Vec<BaseUrl>,
}

#[derive(Clone, Debug)]
struct PerRequest {
    /// The scheme that the configuration insists on.
    scheme: Option<Scheme>,
    /// The scheme that the listener itself speaks.
    listener_scheme: Scheme,
    trusted_proxies: Option<TrustedProxies>,
}

/// The parts of a request that the public URL may depend on. Header values as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestHead<'a> {
    /// The address at the other end of the connection.
    pub peer: Option<IpAddr>,
    /// `Host`
    pub host: Option<&'a str>,
    /// `X-Forwarded-Proto`
    pub forwarded_proto: Option<&'a str>,
    /// `X-Forwarded-Scheme`
    pub forwarded_scheme: Option<&'a str>,
    /// `X-Forwarded-Host`
    pub forwarded_host: Option<&'a str>,
    /// `X-Forwarded-Port`
    pub forwarded_port: Option<&'a str>,
}

/// Why a request has no public URL. The answer to both is 421 Misdirected Request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostRefused {
    /// No `Host` header, or one that is not a host name with an optional port.
    #[error("the request names no valid host")]
    Invalid,
    /// A host that is not this server's.
    #[error(
        "the host {host:?} is not allowed; add it to transport.http.allowed_hosts, or set transport.http.base_url"
    )]
    NotAllowed {
        /// The host that was asked for, with its port if it had one.
        host: String,
    },
}

impl PublicUrl {
    /// The rule that follows from the HTTP settings. `redirect_hosts` are the hosts of the configured clients'
    /// redirect URIs.
    pub fn new(http: &Http, redirect_hosts: impl IntoIterator<Item = Authority>) -> Self {
        let listener_scheme = if http.tls.is_some() {
            Scheme::Https
        } else {
            Scheme::Http
        };
        let mut allowed_hosts = AllowedHosts::default();
        http.allowed_hosts
            .iter()
            .cloned()
            .for_each(|host| allowed_hosts.add(host));
        redirect_hosts
            .into_iter()
            .for_each(|host| allowed_hosts.add(AllowedHost::any_port(&host)));
        if let Some(base_url) = &http.base_url {
            allowed_hosts.add(AllowedHost::any_port(base_url.authority()));
            return Self {
                source: Source::Fixed(Fixed {
                    base_url: base_url.clone(),
                    aliases: Vec::new(),
                }),
                allowed_hosts,
            };
        }
        let listen_host = listen_host(&http.host);
        if let Some(host) = &listen_host {
            allowed_hosts.add(AllowedHost::any_port(host));
        }
        let source = match listen_host {
            Some(host) if http.trusted_proxies.is_none() => {
                let scheme = http.scheme.unwrap_or(listener_scheme);
                Source::Fixed(Fixed::listening(scheme, host.with_port(http.port)))
            }
            _ => Source::PerRequest(PerRequest {
                scheme: http.scheme,
                listener_scheme,
                trusted_proxies: http.trusted_proxies.clone(),
            }),
        };
        Self {
            source,
            allowed_hosts,
        }
    }

    /// Puts the port that is listened on in the place of 0, which leaves the choice to the system.
    pub fn listens_on(&mut self, port: u16) {
        if let Source::Fixed(Fixed { base_url, aliases }) = &mut self.source {
            for url in aliases.iter_mut().chain([base_url]) {
                if url.authority().port() == Some(0) {
                    *url = BaseUrl::new(url.scheme(), url.authority().clone().with_port(port));
                }
            }
        }
    }

    /// The public URL for a request.
    pub fn for_request(&self, request: &RequestHead<'_>) -> Result<BaseUrl, HostRefused> {
        match &self.source {
            Source::Fixed(fixed) => {
                let named = request.host.and_then(Authority::parse);
                let is_named = |alias: &&BaseUrl| named.as_ref() == Some(alias.authority());
                Ok(fixed
                    .aliases
                    .iter()
                    .find(is_named)
                    .unwrap_or(&fixed.base_url)
                    .clone())
            }
            Source::PerRequest(rule) => rule.base_url(request, &self.allowed_hosts),
        }
    }

    /// The public URL if it is the same for every request, this machine's other names aside.
    pub fn fixed(&self) -> Option<&BaseUrl> {
        match &self.source {
            Source::Fixed(fixed) => Some(&fixed.base_url),
            Source::PerRequest(_) => None,
        }
    }

    /// The same under this machine's other names, for clients that call those.
    pub fn aliases(&self) -> &[BaseUrl] {
        match &self.source {
            Source::Fixed(fixed) => &fixed.aliases,
            Source::PerRequest(_) => &[],
        }
    }

    /// The hosts that requests may name, which also guards against DNS rebinding.
    pub fn allowed_hosts(&self) -> &AllowedHosts {
        &self.allowed_hosts
    }

    /// Whether no request can lead to an https URL.
    pub fn is_always_http(&self) -> bool {
        match &self.source {
            Source::Fixed(fixed) => fixed.base_url.scheme() == Scheme::Http,
            Source::PerRequest(rule) => match rule.scheme {
                Some(scheme) => scheme == Scheme::Http,
                None => rule.listener_scheme == Scheme::Http && rule.trusted_proxies.is_none(),
            },
        }
    }

    /// Whether an absolute URL could be one of this server's, by scheme, host and port.
    pub fn covers(&self, url: &url::Url) -> bool {
        let Some(authority) = Authority::of_url(url) else {
            return false;
        };
        match &self.source {
            Source::Fixed(Fixed { base_url, aliases }) => {
                let is_it = |known: &BaseUrl| *known.authority() == authority;
                base_url.scheme().as_str() == url.scheme() && (is_it(base_url) || aliases.iter().any(is_it))
            }
            Source::PerRequest(_) => self.allowed_hosts.allows(&authority),
        }
    }
}

impl Fixed {
    /// The URL of a listener that nothing else is known of.
    fn listening(scheme: Scheme, authority: Authority) -> Self {
        let names = ["localhost", "127.0.0.1", "[::1]"];
        let is_own = names.contains(&authority.host()) && scheme == Scheme::Http;
        let others = names.iter().filter(|name| is_own && **name != authority.host());
        let with_port = |alias: Authority| alias.with_optional_port(authority.port());
        let aliases = others.filter_map(|name| Authority::parse(name).map(with_port));
        Self {
            aliases: aliases.map(|alias| BaseUrl::new(scheme, alias)).collect(),
            base_url: BaseUrl::new(scheme, authority),
        }
    }
}

impl PerRequest {
    fn base_url(&self, request: &RequestHead<'_>, allowed: &AllowedHosts) -> Result<BaseUrl, HostRefused> {
        let trusts = |proxies: &TrustedProxies| request.peer.is_some_and(|peer| proxies.trusts(peer));
        let is_trusted = self.trusted_proxies.as_ref().is_some_and(trusts);
        let forwarded = |value| if is_trusted { nearest(value) } else { None };

        let named = forwarded(request.forwarded_host)
            .or(request.host)
            .ok_or(HostRefused::Invalid)?;
        let authority = Authority::parse(named).ok_or(HostRefused::Invalid)?;
        if !allowed.allows(&authority) {
            return Err(HostRefused::NotAllowed {
                host: authority.to_string(),
            });
        }
        let forwarded_scheme = forwarded(request.forwarded_proto)
            .or_else(|| forwarded(request.forwarded_scheme))
            .and_then(Scheme::parse);
        let scheme = self.scheme.or(forwarded_scheme).unwrap_or(self.listener_scheme);
        let forwarded_port = forwarded(request.forwarded_port).and_then(|port| port.parse().ok());
        let port = authority
            .port()
            .or(forwarded_port)
            .filter(|port| !is_default_port(*port, scheme));
        Ok(BaseUrl::new(scheme, authority.with_optional_port(port)))
    }
}

/// The entry that the nearest proxy wrote: the others may come from the client.
fn nearest(header: Option<&str>) -> Option<&str> {
    header?
        .rsplit(',')
        .next()
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

/// Port 80 never appears: behind a proxy that ends TLS it is the proxy's inner port, not the public one.
fn is_default_port(port: u16, scheme: Scheme) -> bool {
    port == 80 || port == scheme.default_port()
}

/// The name under which a listener can be reached, unless it listens on all addresses.
fn listen_host(host: &str) -> Option<Authority> {
    let is_unspecified = host.parse().is_ok_and(|address: IpAddr| address.is_unspecified());
    let is_ipv6 = host.contains(':') && !host.starts_with('[');
    let written = if is_ipv6 {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    if is_unspecified {
        None
    } else {
        Authority::parse(&written)
    }
}

/// For the log line at start.
impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Fixed(fixed) => fixed.base_url.fmt(formatter),
            Source::PerRequest(rule) => {
                let scheme = match rule.scheme {
                    Some(scheme) => scheme.as_str(),
                    None if rule.trusted_proxies.is_some() => "<X-Forwarded-Proto>",
                    None => rule.listener_scheme.as_str(),
                };
                write!(
                    formatter,
                    "{scheme}://<Host of the request> with the hosts {}",
                    self.allowed_hosts
                )
            }
        }
    }
}
