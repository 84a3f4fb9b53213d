//! The public URL for requests: what is believed and what is not.

use std::net::IpAddr;

use proptest::prelude::*;

use super::{
    AllowedHost, Authority, BaseUrl, HostRefused, InvalidBaseUrl, PublicUrl, RequestHead, Scheme,
    TrustedProxies, TrustedProxy,
};
use crate::config::{Http, Tls};

fn http() -> Http {
    Http {
        host: "0.0.0.0".to_owned(),
        port: 8000,
        scheme: None,
        base_url: None,
        trusted_proxies: None,
        allowed_hosts: vec![AllowedHost::any_port(
            &Authority::parse("api.example.com").unwrap(),
        )],
        stateless: false,
        rate_limits: crate::config::RateLimits::default(),
        max_connections: 10,
        request_timeout: std::time::Duration::from_secs(1),
        tls: None,
    }
}

fn peer(address: &str) -> IpAddr {
    address.parse().unwrap()
}

fn answer(http: &Http, request: RequestHead<'_>) -> Result<String, HostRefused> {
    PublicUrl::new(http, [])
        .for_request(&request)
        .map(|url| url.to_string())
}

/// The answer to a request through a proxy on a private address.
fn proxied(request: RequestHead<'_>) -> Result<String, HostRefused> {
    let http = Http {
        trusted_proxies: Some(TrustedProxies::new(vec![])),
        ..http()
    };
    answer(
        &http,
        RequestHead {
            peer: Some(peer("10.0.0.1")),
            ..request
        },
    )
}

const DIRECT: RequestHead<'static> = RequestHead {
    peer: None,
    host: Some("api.example.com"),
    forwarded_proto: None,
    forwarded_scheme: None,
    forwarded_host: None,
    forwarded_port: None,
};

#[test]
fn the_host_of_the_request_is_used_if_it_is_allowed() {
    let ask = |host| {
        answer(
            &http(),
            RequestHead {
                host: Some(host),
                ..DIRECT
            },
        )
    };
    assert_eq!(ask("api.example.com").as_deref(), Ok("http://api.example.com"));
    assert_eq!(
        ask("API.Example.COM.:8000").as_deref(),
        Ok("http://api.example.com:8000")
    );
    assert_eq!(ask("localhost:9000").as_deref(), Ok("http://localhost:9000"));
    assert_eq!(ask("127.0.0.1:8000").as_deref(), Ok("http://127.0.0.1:8000"));
    assert_eq!(ask("[::1]:8000").as_deref(), Ok("http://[::1]:8000"));
    assert_eq!(ask("api.example.com:80").as_deref(), Ok("http://api.example.com"));
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "api.example.com.evil.example:8000",
        "evil-api.example.com",
    ] {
        let refused = ask(host).unwrap_err();
        assert_eq!(
            refused,
            HostRefused::NotAllowed {
                host: host.to_owned()
            }
        );
        assert_eq!(
            refused.to_string(),
            format!(
                "the host {host:?} is not allowed; add it to transport.http.allowed_hosts, or set transport.http.base_url"
            )
        );
    }
    for host in [
        "",
        "a b",
        "api.example.com/x",
        "user@api.example.com",
        "api.example.com:99999",
        "api.example.com:x",
        "api.example.com#",
        "a\\b",
        "[::1",
        "a,b",
        ":80",
        "%61pi.example.com",
    ] {
        assert_eq!(ask(host), Err(HostRefused::Invalid), "{host:?}");
    }
    assert_eq!(
        answer(&http(), RequestHead { host: None, ..DIRECT }),
        Err(HostRefused::Invalid)
    );
}

#[test]
fn an_allowed_host_with_a_port_allows_that_port_only() {
    let host = |text: &str| {
        let node = crate::yaml::parse("t", text.as_bytes(), &mut crate::yaml::Problems::new()).unwrap();
        let mut problems = crate::yaml::Problems::new();
        <AllowedHost as crate::yaml::FromYaml>::from_yaml(crate::yaml::Item::root(&node, &mut problems))
            .unwrap()
    };
    let http = Http {
        allowed_hosts: vec![host("api.example.com:8443")],
        ..http()
    };
    let ask = |host| {
        answer(
            &http,
            RequestHead {
                host: Some(host),
                ..DIRECT
            },
        )
    };
    assert!(ask("api.example.com:8443").is_ok());
    assert!(ask("api.example.com:8444").is_err());
    assert!(ask("api.example.com").is_err());
}

#[test]
fn a_configured_scheme_wins() {
    let https = Http {
        scheme: Some(Scheme::Https),
        ..http()
    };
    assert_eq!(answer(&https, DIRECT).as_deref(), Ok("https://api.example.com"));
    let http_scheme = RequestHead {
        forwarded_proto: Some("http"),
        peer: Some(peer("127.0.0.1")),
        ..DIRECT
    };
    let behind_proxy = Http {
        trusted_proxies: Some(TrustedProxies::new(vec![])),
        ..https
    };
    assert_eq!(
        answer(&behind_proxy, http_scheme).as_deref(),
        Ok("https://api.example.com")
    );
    let tls = Http {
        tls: Some(Tls {
            cert: "c".into(),
            key: "k".into(),
        }),
        ..http()
    };
    assert_eq!(answer(&tls, DIRECT).as_deref(), Ok("https://api.example.com"));
}

#[test]
fn trusted_proxies_decide_scheme_host_and_port() {
    let ask = |proto, host, port| {
        proxied(RequestHead {
            host: Some("api.example.com"),
            forwarded_proto: proto,
            forwarded_host: host,
            forwarded_port: port,
            ..RequestHead::default()
        })
    };
    assert_eq!(
        ask(Some("https"), None, None).as_deref(),
        Ok("https://api.example.com")
    );
    assert_eq!(
        ask(Some("HTTPS"), Some("api.example.com"), Some("443")).as_deref(),
        Ok("https://api.example.com")
    );
    assert_eq!(
        ask(Some("https"), None, Some("8443")).as_deref(),
        Ok("https://api.example.com:8443")
    );
    assert_eq!(
        ask(Some("https"), None, Some("80")).as_deref(),
        Ok("https://api.example.com")
    );
    assert_eq!(
        ask(Some("http"), None, Some("80")).as_deref(),
        Ok("http://api.example.com")
    );
    assert_eq!(
        ask(Some("gopher"), None, Some("x")).as_deref(),
        Ok("http://api.example.com")
    );
    assert!(ask(Some("https"), Some("evil.example"), None).is_err());
    let scheme = RequestHead {
        host: Some("api.example.com"),
        forwarded_scheme: Some("https"),
        ..RequestHead::default()
    };
    assert_eq!(proxied(scheme).as_deref(), Ok("https://api.example.com"));
}

#[test]
fn only_the_nearest_proxys_entry_counts() {
    let request = RequestHead {
        host: Some("inner"),
        forwarded_proto: Some("http, https"),
        forwarded_host: Some("evil.example, api.example.com"),
        ..RequestHead::default()
    };
    assert_eq!(proxied(request).as_deref(), Ok("https://api.example.com"));
}

#[test]
fn other_peers_are_not_believed() {
    let forged = RequestHead {
        host: Some("api.example.com"),
        forwarded_proto: Some("https"),
        forwarded_host: Some("localhost"),
        forwarded_port: Some("1"),
        ..RequestHead::default()
    };
    let listed = TrustedProxies::new(vec![TrustedProxy::parse("192.0.2.0/24").unwrap()]);
    for (proxies, address, believed) in [
        (None, "127.0.0.1", false),
        (Some(TrustedProxies::new(vec![])), "203.0.113.9", false),
        (Some(TrustedProxies::new(vec![])), "192.168.1.1", true),
        (Some(TrustedProxies::new(vec![])), "::ffff:10.0.0.1", true),
        (Some(TrustedProxies::new(vec![])), "fd00::1", true),
        (Some(TrustedProxies::new(vec![])), "2001:db8::1", false),
        (Some(listed.clone()), "192.0.2.7", true),
        (Some(listed), "127.0.0.1", false),
    ] {
        let http = Http {
            trusted_proxies: proxies,
            ..http()
        };
        let url = answer(
            &http,
            RequestHead {
                peer: Some(peer(address)),
                ..forged
            },
        )
        .unwrap();
        assert_eq!(
            url,
            if believed {
                "https://localhost:1"
            } else {
                "http://api.example.com"
            },
            "{address}"
        );
    }
}

#[test]
fn a_fixed_url_ignores_the_request() {
    let base_url = BaseUrl::parse("https://api.example.com/mcp/").unwrap();
    let http = Http {
        base_url: Some(base_url),
        ..http()
    };
    let forged = RequestHead {
        host: Some("evil.example"),
        ..RequestHead::default()
    };
    assert_eq!(
        answer(&http, forged).as_deref(),
        Ok("https://api.example.com/mcp")
    );
    let public_url = PublicUrl::new(&http, []);
    let fixed = public_url.fixed().unwrap();
    assert_eq!(fixed.join("/token"), "https://api.example.com/mcp/token");
    assert_eq!(
        (fixed.origin().as_str(), fixed.path()),
        ("https://api.example.com", "/mcp")
    );
    assert!(
        !public_url
            .allowed_hosts()
            .allows(&Authority::parse("evil.example").unwrap())
    );
}

#[test]
fn a_listener_on_this_machine_answers_under_the_name_that_it_was_called_by() {
    let asked = |http: &Http, host: &'static str| {
        let head = RequestHead {
            host: Some(host),
            ..RequestHead::default()
        };
        let mut public_url = PublicUrl::new(http, []);
        public_url.listens_on(8000);
        public_url.for_request(&head).map(|url| url.to_string())
    };
    let local = Http {
        host: "localhost".to_owned(),
        port: 0,
        ..http()
    };
    for (host, url) in [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8001", "http://localhost:8000"),
        ("127.0.0.2:8000", "http://localhost:8000"),
        ("evil.example:8000", "http://localhost:8000"),
    ] {
        assert_eq!(asked(&local, host).as_deref(), Ok(url), "{host}");
    }
    let named = Http {
        base_url: Some(BaseUrl::parse("http://localhost:8000").unwrap()),
        ..http()
    };
    assert_eq!(
        asked(&named, "127.0.0.1:8000").as_deref(),
        Ok("http://localhost:8000")
    );
    let everywhere = Http {
        host: "data.example".to_owned(),
        port: 8000,
        ..http()
    };
    assert_eq!(
        asked(&everywhere, "127.0.0.1:8000").as_deref(),
        Ok("http://data.example:8000")
    );
}

#[test]
fn a_port_that_the_system_chose_stands_in_the_place_of_0() {
    let http = Http {
        host: "localhost".to_owned(),
        port: 0,
        ..http()
    };
    let mut public_url = PublicUrl::new(&http, []);
    public_url.listens_on(34_567);
    assert_eq!(public_url.to_string(), "http://localhost:34567");
    let http = Http {
        base_url: Some(BaseUrl::parse("https://api.example.com").unwrap()),
        ..http
    };
    let mut public_url = PublicUrl::new(&http, []);
    public_url.listens_on(34_567);
    assert_eq!(public_url.to_string(), "https://api.example.com");
}

#[test]
fn base_urls_are_checked() {
    for text in [
        "api.example.com",
        "ftp://api.example.com",
        "https://",
        "/x",
        "mailto:a@b",
    ] {
        assert_eq!(
            BaseUrl::parse(text),
            Err(InvalidBaseUrl::NotAWebAddress),
            "{text}"
        );
    }
    for text in [
        "https://u@a.example",
        "https://u:p@a.example",
        "https://a.example/?q",
        "https://a.example/#f",
    ] {
        assert_eq!(BaseUrl::parse(text), Err(InvalidBaseUrl::TooMuch), "{text}");
    }
}

proptest! {
    /// Whatever a client sends, the URL's host is an allowed one.
    #[test]
    fn the_host_is_always_an_allowed_one(host in "\\PC{0,30}", forwarded in "[a-z.:@/,\\[\\]0-9]{0,20}", trusted in any::<bool>()) {
        let http = Http { trusted_proxies: trusted.then(|| TrustedProxies::new(vec![])), ..http() };
        let public_url = PublicUrl::new(&http, []);
        let request = RequestHead { peer: Some(peer("10.0.0.1")), host: Some(&host), forwarded_host: Some(&forwarded), ..RequestHead::default() };
        if let Ok(url) = public_url.for_request(&request) {
            prop_assert!(public_url.allowed_hosts().allows(url.authority()));
            prop_assert!(url::Url::parse(&url.to_string()).is_ok());
        }
    }

    /// A host is spelled as in a URL, whether it had to be read as one or not.
    #[test]
    fn a_host_is_spelled_as_in_a_url(host in "([a-zA-Z0-9]|xn--|-|0x|\\.|[0-9]{1,3}\\.){1,12}") {
        let url = url::Url::parse(&format!("http://{host}/")).ok();
        let expected = url.as_ref().and_then(Authority::of_url);
        prop_assert_eq!(Authority::parse(&host), expected);
    }
}
