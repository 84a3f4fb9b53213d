//! What may be registered, what matches what, and the attempts of attackers to blur either.

use super::*;
use proptest::prelude::*;

fn registered(text: &str) -> RedirectUri {
    RedirectUri::parse(text, RedirectTrust::SelfRegistered).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> InvalidRedirectUri {
    RedirectUri::parse(text, RedirectTrust::SelfRegistered).expect_err(text)
}

/// As the authorization endpoint does it: a text that cannot be parsed matches nothing.
fn allows(registration: &str, requested: &str) -> bool {
    let requested = RedirectUri::parse(requested, RedirectTrust::SelfRegistered);
    requested.is_ok_and(|requested| registered(registration).allows(&requested))
}

#[test]
fn accepts_what_real_clients_register() {
    for (text, kind, receiver) in [
        (
            "https://claude.ai/api/mcp/auth_callback",
            RedirectKind::Https,
            "claude.ai",
        ),
        (
            "https://chatgpt.com/connector/oauth/abc?x=1",
            RedirectKind::Https,
            "chatgpt.com",
        ),
        (
            "https://App.Example.com:8443/cb",
            RedirectKind::Https,
            "App.Example.com",
        ),
        ("https://vscode.dev/redirect", RedirectKind::Https, "vscode.dev"),
        ("http://127.0.0.1:33418/", RedirectKind::Loopback, "127.0.0.1"),
        ("http://127.8.9.10/callback", RedirectKind::Loopback, "127.8.9.10"),
        ("http://localhost/callback", RedirectKind::Loopback, "localhost"),
        ("http://[::1]:3000/callback", RedirectKind::Loopback, "[::1]"),
        (
            "cursor://anysphere.cursor-mcp/oauth/callback",
            RedirectKind::PrivateUse,
            "cursor",
        ),
        (
            "com.example.app:/oauth2redirect",
            RedirectKind::PrivateUse,
            "com.example.app",
        ),
    ] {
        let uri = registered(text);
        assert_eq!((uri.as_str(), uri.kind(), uri.receiver()), (text, kind, receiver));
    }
}

#[test]
fn refuses_schemes_that_run_or_show_something() {
    for text in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://claude.ai/%0aalert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "vbscript:msgbox(1)",
        "blob:https://claude.ai/0b1c",
        "about:blank",
        "view-source:https://claude.ai/",
        "intent://scan/#Intent;scheme=zxing;end",
        "mailto:victim@example.com",
        "urn:ietf:wg:oauth:2.0:oob:auto",
        "ftp://example.com/",
        "HTTP://localhost/cb",
        "HTTPS://claude.ai/cb",
        "Cursor://x/y",
    ] {
        assert_eq!(refusal(text), InvalidRedirectUri::Scheme, "{text}");
    }
}

#[test]
fn refuses_http_to_anything_but_this_machine() {
    for text in [
        "http://claude.ai/cb",
        "http://localhost.evil.com/cb",
        "http://127.0.0.1.evil.com/cb",
        "http://127.0.0.1.nip.io/cb",
        "http://localhost./cb",
        "http://LOCALHOST/cb",
        "http://127.1/cb",
        "http://2130706433/cb",
        "http://0x7f.0.0.1/cb",
        "http://0177.0.0.1/cb",
        "http://0.0.0.0/cb",
        "http://128.0.0.1/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://[0:0:0:0:0:0:0:1]/cb",
        "http://[::1%25lo0]/cb",
        "http://[::1].evil.com/cb",
        "http:/localhost/cb",
        "http:localhost/cb",
        "http:///localhost/cb",
    ] {
        assert_eq!(refusal(text), InvalidRedirectUri::HttpBeyondLoopback, "{text}");
    }
}

#[test]
fn refuses_what_browsers_read_differently() {
    for (text, error) in [
        (
            "https://claude.ai@evil.com/cb",
            InvalidRedirectUri::UserInformation,
        ),
        (
            "http://localhost:80@evil.com/cb",
            InvalidRedirectUri::UserInformation,
        ),
        ("cursor://user@host/cb", InvalidRedirectUri::UserInformation),
        (
            "https://claude.ai\\@evil.com/cb",
            InvalidRedirectUri::IllegalCharacter { position: 17 },
        ),
        (
            "https://claude.ai\\.evil.com/cb",
            InvalidRedirectUri::IllegalCharacter { position: 17 },
        ),
        ("https://claude.ai/cb#fragment", InvalidRedirectUri::Fragment),
        ("https://claude.ai/cb#", InvalidRedirectUri::Fragment),
        ("https://claude.ai/cb#@evil.com", InvalidRedirectUri::Fragment),
        ("https://claude.ai/a/../b", InvalidRedirectUri::DotSegment),
        ("https://claude.ai/a/%2e%2e/b", InvalidRedirectUri::DotSegment),
        ("https://claude.ai/%2E", InvalidRedirectUri::DotSegment),
        ("cursor://host/../x", InvalidRedirectUri::DotSegment),
        (
            "https://claude.ai/\r\nSet-Cookie:x",
            InvalidRedirectUri::IllegalCharacter { position: 18 },
        ),
        (
            "https://claude.ai/\0",
            InvalidRedirectUri::IllegalCharacter { position: 18 },
        ),
        (
            " https://claude.ai/",
            InvalidRedirectUri::IllegalCharacter { position: 0 },
        ),
        (
            "java\tscript:alert(1)",
            InvalidRedirectUri::IllegalCharacter { position: 4 },
        ),
        (
            "https://claude.ai/%0d%0aSet-Cookie:x",
            InvalidRedirectUri::ControlCharacter,
        ),
        ("https://claude.ai/?x=%00", InvalidRedirectUri::ControlCharacter),
        (
            "https://cl\u{430}ude.ai/",
            InvalidRedirectUri::IllegalCharacter { position: 10 },
        ),
        ("https://%63laude.ai/", InvalidRedirectUri::Host),
        ("https://0x7f.1/", InvalidRedirectUri::Host),
        ("https:///claude.ai/", InvalidRedirectUri::Host),
        ("https:claude.ai/", InvalidRedirectUri::Host),
        ("https://", InvalidRedirectUri::Host),
        ("https://claude.ai:/cb", InvalidRedirectUri::Port),
        ("https://claude.ai:0443/cb", InvalidRedirectUri::Port),
        ("http://localhost:99999/cb", InvalidRedirectUri::Port),
        ("http://localhost:/cb", InvalidRedirectUri::Port),
        ("//claude.ai/cb", InvalidRedirectUri::NotAbsolute),
        ("/callback", InvalidRedirectUri::NotAbsolute),
        ("", InvalidRedirectUri::NotAbsolute),
        ("cursor:", InvalidRedirectUri::Empty),
        ("cursor://", InvalidRedirectUri::Empty),
        (OUT_OF_BAND, InvalidRedirectUri::OutOfBand),
    ] {
        assert_eq!(refusal(text), error, "{text:?}");
    }
    let long = format!("https://claude.ai/{}", "a".repeat(LONGEST_REDIRECT_URI));
    assert_eq!(refusal(&long), InvalidRedirectUri::TooLong);
}

#[test]
fn only_the_operator_may_configure_the_out_of_band_form() {
    let configured = RedirectUri::parse(OUT_OF_BAND, RedirectTrust::Configured).unwrap();
    assert_eq!(
        (configured.kind(), configured.receiver()),
        (RedirectKind::OutOfBand, OUT_OF_BAND)
    );
    assert!(configured.allows(&configured));
    for text in [
        "javascript:alert(1)",
        "http://claude.ai/cb",
        "https://claude.ai/cb#x",
    ] {
        assert!(
            RedirectUri::parse(text, RedirectTrust::Configured).is_err(),
            "{text}"
        );
    }
}

#[test]
fn an_https_address_matches_itself_and_nothing_else() {
    let registration = "https://claude.ai/api/mcp/auth_callback";
    assert!(allows(registration, registration));
    for requested in [
        "https://claude.ai/api/mcp/auth_callback/",
        "https://claude.ai/api/mcp/auth_callback?x=1",
        "https://claude.ai/api/mcp/auth_callback?",
        "https://claude.ai/api/mcp/auth_callback2",
        "https://claude.ai/api/mcp/auth_callbac",
        "https://claude.ai/api/mcp/Auth_callback",
        "https://claude.ai/api/mcp/auth%5Fcallback",
        "https://claude.ai/api/mcp//auth_callback",
        "https://claude.ai/x/../api/mcp/auth_callback",
        "https://claude.ai:443/api/mcp/auth_callback",
        "https://claude.ai:8443/api/mcp/auth_callback",
        "https://CLAUDE.ai/api/mcp/auth_callback",
        "https://claude.ai./api/mcp/auth_callback",
        "https://www.claude.ai/api/mcp/auth_callback",
        "https://claude.ai.evil.com/api/mcp/auth_callback",
        "https://evilclaude.ai/api/mcp/auth_callback",
        "https://claude.ai@evil.com/api/mcp/auth_callback",
        "https://evil.com/https://claude.ai/api/mcp/auth_callback",
        "http://claude.ai/api/mcp/auth_callback",
        "https://claude.ai/api/mcp/auth_callback#x",
        "https://*.ai/api/mcp/auth_callback",
    ] {
        assert!(!allows(registration, requested), "{requested}");
    }
}

#[test]
fn there_are_no_wildcards() {
    assert_eq!(refusal("https://*/cb"), InvalidRedirectUri::Host);
    assert_eq!(refusal("https://*.example.com/cb"), InvalidRedirectUri::Host);
    assert!(!allows(
        "https://app.example.com/*",
        "https://app.example.com/evil"
    ));
}

#[test]
fn the_port_is_free_on_the_loopback_and_everything_else_is_not() {
    let registration = "http://127.0.0.1:33418/cb?x=1";
    for requested in [
        "http://127.0.0.1:33418/cb?x=1",
        "http://127.0.0.1:1/cb?x=1",
        "http://127.0.0.1/cb?x=1",
    ] {
        assert!(allows(registration, requested), "{requested}");
    }
    for requested in [
        "http://localhost:33418/cb?x=1",
        "http://127.0.0.2:33418/cb?x=1",
        "http://[::1]:33418/cb?x=1",
        "https://127.0.0.1:33418/cb?x=1",
        "http://127.0.0.1:33418/cb",
        "http://127.0.0.1:33418/cb?x=2",
        "http://127.0.0.1:33418/cb/?x=1",
        "http://127.0.0.1:33418/CB?x=1",
        "http://127.0.0.1:033418/cb?x=1",
        "http://127.0.0.1:/cb?x=1",
        "http://127.0.0.1:33418@evil.com/cb?x=1",
        "http://127.0.0.1.evil.com:33418/cb?x=1",
        "http://127.0.0.1:33418/cb?x=1#y",
    ] {
        assert!(!allows(registration, requested), "{requested}");
    }
    assert!(
        allows("http://localhost/callback", "http://localhost:54321/callback"),
        "published without a port"
    );
    assert!(allows("http://[::1]/callback", "http://[::1]:54321/callback"));
    assert!(
        !allows("https://localhost/callback", "https://localhost:54321/callback"),
        "not for https"
    );
    assert!(
        !allows("cursor://host:1/cb", "cursor://host:2/cb"),
        "not for an application's scheme"
    );
}

fn any_redirect_uri() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        Just("localhost".to_owned()),
        Just("127.0.0.1".to_owned()),
        Just("[::1]".to_owned()),
        Just("claude.ai".to_owned()),
    ];
    let scheme = prop_oneof![Just("http"), Just("https"), Just("cursor")];
    let port = proptest::option::of(1_u16..);
    (
        scheme,
        host,
        port,
        "(/[a-z]{0,3}){0,2}",
        proptest::option::of("[a-z]=[0-9]"),
    )
        .prop_map(|(scheme, host, port, path, query)| {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            format!("{scheme}://{host}{port}{path}{query}")
        })
}

proptest! {
    #[test]
    fn what_is_accepted_is_kept_byte_for_byte_and_allows_itself(text in any_redirect_uri()) {
        if let Ok(uri) = RedirectUri::parse(&text, RedirectTrust::SelfRegistered) {
            prop_assert_eq!(uri.as_str(), text.as_str());
            prop_assert!(uri.allows(&uri));
        }
    }

    #[test]
    fn two_different_uris_match_on_the_loopback_only(left in any_redirect_uri(), right in any_redirect_uri()) {
        let parse = |text: &str| RedirectUri::parse(text, RedirectTrust::SelfRegistered);
        if let (Ok(left), Ok(right)) = (parse(&left), parse(&right)) {
            prop_assert_eq!(left.allows(&right), right.allows(&left));
            if left.allows(&right) && left != right {
                prop_assert_eq!(left.kind(), RedirectKind::Loopback);
                prop_assert_eq!(left.receiver(), right.receiver());
                prop_assert_eq!(left.text_without_loopback_port(), right.text_without_loopback_port());
            }
        }
    }

    #[test]
    fn every_port_is_allowed_on_the_loopback(first in 1_u16.., second in 1_u16..) {
        let (first, second) = (format!("http://localhost:{first}/cb"), format!("http://localhost:{second}/cb"));
        prop_assert!(allows(&first, &second));
    }

    #[test]
    fn no_text_makes_the_parser_panic_and_no_accepted_one_hides_anything(text in "(https?:|cursor:|[a-z]{1,4}:)?\\PC{0,60}") {
        for trust in [RedirectTrust::Configured, RedirectTrust::SelfRegistered] {
            if let Ok(uri) = RedirectUri::parse(&text, trust) {
                prop_assert!(uri.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(!uri.as_str().contains(['#', '\\']));
                if uri.kind() == RedirectKind::Https {
                    let browser = Url::parse(&text).unwrap();
                    prop_assert_eq!(browser.host_str().map(str::to_owned), Some(uri.receiver().to_ascii_lowercase()));
                }
            }
        }
    }
}
