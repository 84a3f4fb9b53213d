//! `serve --auth-server`: what of `auth` still counts.

use url::Url;

use super::Machine;
use crate::config::{Auth, AuthMode, Flags, VerifyingMethod};

/// The server of `--auth-server`, over this block.
fn named(block: &str) -> Auth {
    let flags = Flags {
        auth_server: Some(Url::parse("https://named.example").unwrap()),
        ..Flags::default()
    };
    Machine::with_auth(block).flags(flags).config().auth
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
        let auth = named(&block);
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
