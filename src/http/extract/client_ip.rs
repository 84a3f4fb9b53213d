//! Where a request comes from. `X-Forwarded-For` is believed as far as trusted proxies wrote it and no further: whoever
//! can choose the address can also choose whom the login throttle punishes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use mxcp_actors::domain::call_context::TraceContext;

use crate::config::TrustedProxies;
use crate::http::request_ids;
use crate::oauth::Caller;

/// Headers that a proxy adds. A request that has one did not come straight from its client.
const PROXY_HEADERS: [&str; 7] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-real-ip",
];

/// The caller of a request.
pub fn caller(request: &HttpRequest, trusted: Option<&TrustedProxies>) -> Caller {
    let headers = request.headers();
    let peer = request.peer_addr().map(|address| address.ip().to_canonical());
    let is_direct = !PROXY_HEADERS.iter().any(|name| headers.contains_key(*name));
    let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    Caller {
        network: client_ip(peer, headers, trusted),
        is_local: is_direct && peer.is_some_and(|peer| peer.is_loopback()),
        trace_id: traceparent
            .and_then(TraceContext::parse)
            .and_then(|trace| trace.trace_id_text()),
        request_id: request_ids::of(request),
    }
}

/// The nearest address that is no trusted proxy's, counted from our end of the chain.
fn client_ip(peer: Option<IpAddr>, headers: &HeaderMap, trusted: Option<&TrustedProxies>) -> IpAddr {
    let mut nearest = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let Some(trusted) = trusted else {
        return nearest;
    };
    let lines: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|line| line.to_str().ok())
        .collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.trusts(nearest) {
            break;
        }
        match parse(entry.trim()) {
            Some(address) => nearest = address,
            None => break,
        }
    }
    nearest
}

/// An address, with or without a port.
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bare.unwrap_or(entry).parse::<IpAddr>().ok();
    address
        .or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::config::TrustedProxy;

    fn from(peer: &str, headers: &[(&str, &str)], trusted: Option<&TrustedProxies>) -> Caller {
        let mut request = TestRequest::default().peer_addr(SocketAddr::new(peer.parse().unwrap(), 4711));
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        caller(&request.to_http_request(), trusted)
    }

    fn network(peer: &str, forwarded: &[&str], trusted: Option<&TrustedProxies>) -> String {
        let headers: Vec<_> = forwarded
            .iter()
            .map(|value| ("X-Forwarded-For", *value))
            .collect();
        from(peer, &headers, trusted).network.to_string()
    }

    #[test]
    fn without_trusted_proxies_the_peer_is_the_client() {
        assert_eq!(network("127.0.0.1", &["203.0.113.9"], None), "127.0.0.1");
    }

    #[test]
    fn a_trusted_chain_is_followed_to_the_first_stranger() {
        let private = TrustedProxies::new(Vec::new());
        assert_eq!(
            network("10.0.0.1", &["203.0.113.9"], Some(&private)),
            "203.0.113.9"
        );
        assert_eq!(
            network("10.0.0.1", &["6.6.6.6, 203.0.113.9, 10.0.0.2"], Some(&private)),
            "203.0.113.9"
        );
        assert_eq!(
            network(
                "10.0.0.1",
                &["6.6.6.6", "203.0.113.9:5000, 10.0.0.2"],
                Some(&private)
            ),
            "203.0.113.9"
        );
        assert_eq!(
            network("10.0.0.1", &["[2001:db8::1]:443"], Some(&private)),
            "2001:db8::1"
        );
        assert_eq!(network("10.0.0.1", &["nonsense"], Some(&private)), "10.0.0.1");
    }

    #[test]
    fn a_stranger_cannot_choose_his_address() {
        let listed = TrustedProxies::new(vec![TrustedProxy::parse("10.0.0.7").unwrap()]);
        assert_eq!(
            network("203.0.113.9", &["10.1.1.1"], Some(&listed)),
            "203.0.113.9"
        );
        assert_eq!(network("10.0.0.8", &["6.6.6.6"], Some(&listed)), "10.0.0.8");
    }

    #[test]
    fn only_a_direct_request_of_this_machine_is_local() {
        assert!(from("127.0.0.1", &[], None).is_local);
        assert!(from("::1", &[], None).is_local);
        assert!(from("::ffff:127.0.0.1", &[], None).is_local);
        assert!(!from("203.0.113.9", &[], None).is_local);
        for name in PROXY_HEADERS {
            assert!(
                !from("127.0.0.1", &[(name, "127.0.0.1")], None).is_local,
                "{name}"
            );
        }
    }

    #[test]
    fn the_trace_is_taken_along() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let header = format!("00-{trace}-b7ad6b7169203331-01");
        assert_eq!(
            from("127.0.0.1", &[("traceparent", &header)], None)
                .trace_id
                .as_deref(),
            Some(trace)
        );
    }
}
