//! `serve --auth-server`: what of `auth` still counts.

use url::Url;

use super::Machine;
use crate::config::{AuthMode, Config, Flags, VerifyingMethod};

/// The configuration of a server that is started with `--auth-server` on this block.
fn named(block: &str) -> Config {
    let flags = Flags {
        auth_server: Some(Url::parse("https://named.example").unwrap()),
        ..Flags::default()
    };
    Machine::with_auth(block).flags(flags).config()
}

#[test]
fn the_flag_keeps_how_an_authorization_server_is_asked() {
    use VerifyingMethod::{Introspection, Jwt};
    let oidc = "config_url: 'https://id.example/.well-known/openid-configuration', client_id: a, client_secret: b, scope: openid, audience: api, provider_name: corp";
    let asked = "introspection: {issuer: 'https://id.example', client_id: c, client_secret: d, audience: tools, cache_ttl: 7}";
    for (block, mode, methods, client, audience, name) in [
        ("{}".to_owned(), AuthMode::Verifier, vec![Jwt], None, None, "oidc"),
        (
            format!("{{mode: introspection, {asked}}}"),
            AuthMode::Introspection,
            vec![Introspection],
            Some("c"),
            Some("tools"),
            "introspection",
        ),
        (
            format!("{{provider: oidc, oidc: {{{oidc}}}, {asked}}}"),
            AuthMode::Introspection,
            vec![Introspection],
            Some("c"),
            Some("tools"),
            "introspection",
        ),
        (
            format!("{{mode: verifier, provider: oidc, oidc: {{{oidc}, methods: [jwt, introspection]}}}}"),
            AuthMode::Verifier,
            vec![Jwt, Introspection],
            Some("a"),
            Some("api"),
            "corp",
        ),
    ] {
        let auth = named(&block).auth;
        assert!(
            auth.provider.is_none() && auth.introspection.is_none() && !auth.is_open(),
            "{block}"
        );
        let server = auth.auth_server.unwrap();
        let known = server.client.as_ref().map(|(id, _)| id.as_str());
        assert_eq!((auth.mode, &server.methods), (mode, &methods), "{block}");
        assert_eq!((known, server.audience.as_deref()), (client, audience), "{block}");
        assert_eq!(
            (server.name.as_str(), server.issuer.as_str()),
            (name, "https://named.example/")
        );
    }
}

#[test]
fn a_client_that_was_meant_for_another_server_is_mentioned() {
    let asked = |issuer: &str| {
        let block = format!("{{introspection: {{issuer: '{issuer}', client_id: c, client_secret: d}}}}");
        let warnings = named(&block).warnings;
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(asked("https://named.example"), [""; 0]);
    assert_eq!(
        asked("https://id.example"),
        [
            "--auth-server: https://named.example/ is asked in the place of https://id.example, with the client_id and the client_secret \
          of auth.introspection"
        ]
    );
}
