//! `auth`: providers, clients, persistence, session.

use std::time::Duration;

use mxcp_actors::domain::client::{ClientKeys, DocumentPolicy, Domain};
use mxcp_actors::jose::SigningAlgorithm;
use mxcp_actors::token_store::AccessTokenFormat;

use super::{Machine, SEALING_KEY};
use crate::config::{Auth, AuthMode, GrantType, Hidden, Persistence, Provider, Secret, ServiceAccount};

fn auth(block: &str) -> Auth {
    Machine::with_auth(block).config().auth
}

#[test]
fn no_block_means_no_authentication() {
    let auth = Machine::new().config().auth;
    assert!(auth.provider.is_none());
    assert_eq!(auth.provider.name(), "none");
    assert_eq!(auth.mode, AuthMode::Issuer);
    assert!(auth.clients.is_empty() && auth.required_scopes.is_empty());
    assert_eq!(
        (&auth.hidden[..], auth.remember_consents),
        (&[Hidden::Denied][..], false)
    );
    assert_eq!(auth.registration_scopes, ["mxcp:access"]);
    assert!(matches!(auth.persistence, Persistence::Memory));
    assert_eq!(auth.session.access_token_ttl, Duration::from_hours(1));
    assert_eq!(auth.session.refresh_idle_ttl, Duration::from_hours(14 * 24));
    assert_eq!(auth.session.refresh_absolute_ttl, Duration::from_hours(90 * 24));
    assert_eq!(auth.session.refresh_reuse_window, Duration::from_secs(30));
}

#[test]
fn github_needs_an_id_and_a_secret() {
    let Provider::Github(github) =
        auth("{provider: github, github: {client_id: a, client_secret: b}}").provider
    else {
        panic!("not GitHub")
    };
    assert_eq!(github.client.scope, "user:email");
    assert_eq!(github.client.callback_path, "/github/callback");
    assert_eq!(
        github.auth_url.as_str(),
        "https://github.com/login/oauth/authorize"
    );
    assert_eq!(
        github.token_url.as_str(),
        "https://github.com/login/oauth/access_token"
    );
    assert_eq!(github.api_url.as_str(), "https://api.github.com/");
}

#[test]
fn every_other_provider_is_typed_too() {
    let provider = |block: &str| auth(block).provider;
    let Provider::Atlassian(settings) =
        provider("{provider: atlassian, atlassian: {client_id: a, client_secret: b, scope: 'read:me'}}")
    else {
        panic!("not Atlassian")
    };
    assert_eq!(settings.client.callback_path, "/atlassian/callback");
    assert_eq!(settings.api_url.as_str(), "https://api.atlassian.com/");

    let Provider::Salesforce(settings) = provider(
        "{provider: salesforce, salesforce: {client_id: a, client_secret: b, auth_url: 'https://test.salesforce.com/services/oauth2/authorize', token_url: 'https://test.salesforce.com/services/oauth2/token'}}",
    ) else {
        panic!("not Salesforce")
    };
    assert_eq!(settings.client.scope, "");
    assert_eq!(
        settings.userinfo_url.as_str(),
        "https://test.salesforce.com/services/oauth2/userinfo"
    );

    let github = |more: &str| {
        let Provider::Github(settings) = provider(&format!(
            "{{provider: github, github: {{client_id: a, client_secret: b{more}}}}}"
        )) else {
            panic!("not GitHub")
        };
        (settings.client.scope, settings.allowed_orgs)
    };
    assert_eq!(github(""), ("user:email".to_owned(), vec![]));
    assert_eq!(
        github(", allowed_orgs: [Acme, other-1]"),
        (
            "user:email read:org".to_owned(),
            vec!["acme".to_owned(), "other-1".to_owned()]
        )
    );

    let Provider::Google(settings) = provider(
        "{provider: google, google: {client_id: a, client_secret: b, scope: openid, userinfo_url: 'http://127.0.0.1:9/me', allowed_domains: Example.com}}",
    ) else {
        panic!("not Google")
    };
    assert_eq!(
        settings.userinfo_url.map(String::from).as_deref(),
        Some("http://127.0.0.1:9/me")
    );
    assert_eq!((settings.config_url, settings.auth_url), (None, None));
    assert_eq!(settings.allowed_domains, ["example.com"]);

    let Provider::Keycloak(settings) = provider(
        "{provider: keycloak, keycloak: {client_id: a, client_secret: b, realm: r, server_url: 'https://id.example', claim_mappings: {realm_access.roles: {admin: ['mxcp:admin']}}}}",
    ) else {
        panic!("not Keycloak")
    };
    assert_eq!(
        (settings.realm.as_str(), settings.client.callback_path.as_str()),
        ("r", "/keycloak/callback")
    );
    assert_eq!(
        settings.client.claim_mappings["realm_access.roles"]["admin"],
        ["mxcp:admin"]
    );
}

#[test]
fn oidc_has_two_modes() {
    let keys = "config_url: 'https://id.example/.well-known/openid-configuration', client_id: a, client_secret: b, scope: openid email, audience: api, provider_name: corp";
    let Provider::Oidc(issuer) = auth(&format!(
        "{{provider: oidc, oidc: {{{keys}, extra_authorize_params: {{prompt: login}}}}}}"
    ))
    .provider
    else {
        panic!("not OIDC")
    };
    let login = issuer.login.unwrap();
    assert_eq!(
        (
            login.callback_path.as_str(),
            login.extra_authorize_params["prompt"].as_str()
        ),
        ("/oidc/callback", "login")
    );
    let auth = auth(&format!("{{provider: oidc, mode: verifier, oidc: {{{keys}}}}}"));
    assert_eq!(auth.mode, AuthMode::Verifier);
    assert_eq!(auth.provider.callback_path(), None);
    let Provider::Oidc(verifier) = auth.provider else {
        panic!("not OIDC")
    };
    assert!(verifier.login.is_none());
    assert_eq!(
        (verifier.audience.as_deref(), verifier.provider_name.as_deref()),
        (Some("api"), Some("corp"))
    );
}

#[test]
fn local_users_have_everything_that_policies_ask_for() {
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";
    let block = format!(
        "{{provider: local, local: {{open_introspection: true, users: [{{username: testuser, password_hash: \"{hash}\", name: Test, email: t@example.com, role: admin, permissions: [a, b], groups: g}}, {{username: two, password_hash: \"{hash}\"}}]}}}}"
    );
    let auth = auth(&block);
    assert_eq!(auth.provider.callback_path(), None);
    let Provider::Local(local) = auth.provider else {
        panic!("not local")
    };
    assert!(local.open_introspection);
    let user = &local.users[0];
    assert_eq!(
        (user.username.as_str(), user.password_hash.expose()),
        ("testuser", hash)
    );
    assert_eq!(
        (user.name.as_deref(), user.email.as_deref(), user.role.as_deref()),
        (Some("Test"), Some("t@example.com"), Some("admin"))
    );
    assert_eq!(
        (user.permissions.as_slice(), user.groups.as_slice()),
        (&["a".to_owned(), "b".to_owned()][..], &["g".to_owned()][..])
    );
    assert_eq!(local.users[1].role, None);
    assert!(!format!("{local:?}").contains("argon2"));
}

#[test]
fn clients_have_the_defaults_of_the_command_line_client() {
    let clients = auth(
        "{clients: [{client_id: a, name: A}, {client_id: b, name: B, client_secret: s, redirect_uris: ['https://b.example/cb', 'cursor://x/y', 'urn:ietf:wg:oauth:2.0:oob'], grant_types: [authorization_code, refresh_token], scopes: ['mxcp:access', 'mxcp:admin']}, {client_id: c, name: C, redirect_uris: [], grant_types: [], scopes: []}]}",
    )
    .clients;
    let defaults = [
        "http://127.0.0.1:49153/oauth/callback",
        "http://localhost:49153/oauth/callback",
    ];
    assert_eq!(clients[0].redirect_uris, defaults);
    assert_eq!(clients[0].grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(clients[0].scopes, ["mxcp:access"]);
    assert!(clients[0].secret.is_none());
    assert_eq!(
        clients[1].redirect_uris,
        [
            "https://b.example/cb",
            "cursor://x/y",
            "urn:ietf:wg:oauth:2.0:oob"
        ]
    );
    assert_eq!(
        clients[1].grant_types,
        [GrantType::AuthorizationCode, GrantType::RefreshToken]
    );
    assert_eq!(clients[1].scopes, ["mxcp:access", "mxcp:admin"]);
    assert_eq!(clients[1].secret.as_ref().map(Secret::expose), Some("s"));
    assert_eq!(
        (clients[2].redirect_uris.as_slice(), clients[2].scopes.len()),
        (&defaults.map(str::to_owned)[..], 0)
    );
    assert_eq!(clients[2].grant_types, [GrantType::AuthorizationCode]);
}

#[test]
fn a_client_may_call_in_its_own_name() {
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";
    let block = |provider: &str, user: &str, client: &str| {
        format!(
            "{{provider: {provider}, local: {{users: [{{username: {user}, password_hash: \"{hash}\"}}]}}, clients: [{{client_id: report, name: Report, client_secret: s, grant_types: [client_credentials]{client}}}]}}"
        )
    };
    let rights = ", service_account: {role: reporter, permissions: [a, b], groups: g}";
    let client = &auth(&block("local", "ada", rights)).clients[0];
    let expected = ServiceAccount {
        role: Some("reporter".to_owned()),
        permissions: vec!["a".to_owned(), "b".to_owned()],
        groups: vec!["g".to_owned()],
    };
    assert_eq!(client.service_account, Some(expected));
    assert_eq!(client.grant_types, [GrantType::ClientCredentials]);
    assert!(client.redirect_uris.is_empty(), "no user is sent back to it");
    let plain = &auth(&block("local", "ada", "")).clients[0];
    assert_eq!(plain.service_account, Some(ServiceAccount::default()));
    for (block, reason) in [
        (
            block("none", "ada", ""),
            "clients[0].client_id: asks for tokens itself (grant_types), which needs a server that issues some",
        ),
        (
            block("local", "service-account-report", ""),
            "clients[0].client_id: its service account is called service-account-report, as a user",
        ),
        (
            block("local", "ada", ", service_account: {rights: all}"),
            "service_account: ",
        ),
    ] {
        let errors = Machine::with_auth(&block).errors();
        assert!(errors.contains(reason), "{reason}: {errors}");
    }
}

#[test]
fn a_client_may_have_keys_in_the_place_of_a_secret() {
    let key = "{kty: OKP, crv: Ed25519, x: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}";
    let clients = auth(&format!(
        "{{clients: [{{client_id: a, name: A, jwks: {{keys: [{key}]}}}}, {{client_id: b, name: B, jwks_uri: 'https://keys.example/jwks.json'}}]}}"
    ))
    .clients;
    assert!(matches!(&clients[0].keys, Some(ClientKeys::Inline(set)) if set["keys"][0]["crv"] == "Ed25519"));
    let address = ClientKeys::Address("https://keys.example/jwks.json".to_owned());
    assert_eq!(clients[1].keys, Some(address));
    let refused = |keys: &str| {
        Machine::with_auth(&format!("{{clients: [{{client_id: a, name: A, {keys}}}]}}")).errors()
    };
    for (keys, reason) in [
        (
            format!("jwks: {{keys: [{key}]}}, client_secret: s"),
            "jwks: goes without client_secret",
        ),
        (
            format!("jwks: {{keys: [{key}]}}, jwks_uri: 'https://a/'"),
            "jwks: goes without jwks_uri",
        ),
        (
            "jwks_uri: 'https://a/', client_secret: s".to_owned(),
            "jwks_uri: goes without client_secret",
        ),
        (
            "jwks_uri: 'http://keys.example/'".to_owned(),
            "jwks_uri: must be https",
        ),
        (
            "jwks: {keys: []}".to_owned(),
            "jwks: has no key for ES256, EdDSA, PS256, RS256",
        ),
        (
            "jwks: {keys: [{kty: RSA, d: canary}]}".to_owned(),
            "jwks: contains a private or symmetric key",
        ),
        ("jwks: [1]".to_owned(), "jwks: must be a JWK set"),
    ] {
        let errors = refused(&keys);
        assert!(
            errors.contains("config.yml:1:") && errors.contains(reason),
            "{keys}: {errors}"
        );
        assert!(!errors.contains("canary"), "{errors}");
    }
}

#[test]
fn persistence_has_three_kinds() {
    let machine = Machine::with_auth("{persistence: {}}");
    let Persistence::Sqlite { path, keys } = machine.config().auth.persistence else {
        panic!("not SQLite")
    };
    assert_eq!(path, machine.path("home/.mxcp/oauth.db"));
    assert!(keys.current.is_none() && keys.previous.is_empty());
    let block = format!("{{type: sqlite, path: state/oauth.db, auth_encryption_key: {SEALING_KEY}}}");
    let machine = Machine::with_auth(&format!("{{persistence: {block}}}"));
    let Persistence::Sqlite { path, keys } = machine.config().auth.persistence else {
        panic!("not SQLite")
    };
    assert_eq!(path, machine.path("project/state/oauth.db"));
    assert_eq!(keys.current.as_ref().map(Secret::expose), Some(SEALING_KEY));
    let block =
        format!("{{type: postgresql, url: 'postgres://u:canary@db/x', auth_encryption_key: {SEALING_KEY}}}");
    let auth = auth(&format!("{{persistence: {block}}}"));
    assert!(!format!("{auth:?}").contains("canary"));
    let Persistence::Postgresql { url, .. } = auth.persistence else {
        panic!("not PostgreSQL")
    };
    assert_eq!(url.expose(), "postgres://u:canary@db/x");
}

#[test]
fn the_default_file_needs_a_home() {
    let machine = Machine::with_auth("{persistence: {type: sqlite}}");
    let config = machine.path("home/.mxcp/config.yml").display().to_string();
    let machine = machine.env("MXCP_CONFIG", &config).without_env("HOME");
    assert_eq!(
        machine.errors(),
        "home/.mxcp/config.yml:1:56: projects.shop.profiles.dev.auth.persistence: ~ cannot be expanded: the environment variable HOME is not set"
    );
}

#[test]
fn session_scopes_and_registration_are_read() {
    let auth = auth(
        "{session: {access_token_ttl: 60, refresh_idle_ttl: 120, refresh_absolute_ttl: 120, refresh_reuse_window: 0}, authorization: {required_scopes: ['a', 'b'], hide: out_of_scope, remember_consents: true}, registration: {allowed_scopes: c}}",
    );
    assert_eq!(auth.session.access_token_ttl, Duration::from_mins(1));
    assert_eq!(auth.session.refresh_idle_ttl, auth.session.refresh_absolute_ttl);
    assert_eq!(auth.session.refresh_reuse_window, Duration::ZERO);
    assert_eq!(auth.required_scopes, ["a", "b"]);
    assert_eq!(
        (&auth.hidden[..], auth.remember_consents),
        (&[Hidden::OutOfScope][..], true)
    );
    assert_eq!(auth.registration_scopes, ["c"]);
}

#[test]
fn the_form_of_access_tokens_is_read() {
    let format = |block: &str| auth(&format!("{{tokens: {block}}}")).tokens.format;
    let signed = |algorithm, days: u64| AccessTokenFormat::Signed {
        algorithm,
        key_lifetime: Duration::from_hours(24 * days),
    };
    assert_eq!(
        Machine::new().config().auth.tokens.format,
        AccessTokenFormat::Opaque
    );
    assert_eq!(format("{}"), AccessTokenFormat::Opaque);
    assert_eq!(format("{format: opaque}"), AccessTokenFormat::Opaque);
    assert_eq!(format("{format: jwt}"), signed(SigningAlgorithm::EdDsa, 30));
    assert_eq!(
        format("{format: jwt, algorithm: ES256, signing_key_ttl: 86400}"),
        signed(SigningAlgorithm::Es256, 1)
    );
    for (block, problem) in [
        ("{format: JWT}", "tokens.format"),
        ("{format: jwt, algorithm: RS256}", "tokens.algorithm"),
        ("{format: jwt, signing_key_ttl: 3600}", "tokens.signing_key_ttl"),
        ("{algorithm: EdDSA}", "applies to format jwt only"),
        (
            "{format: opaque, signing_key_ttl: 86400}",
            "applies to format jwt only",
        ),
    ] {
        let errors = Machine::with_auth(&format!("{{tokens: {block}}}")).errors();
        assert!(errors.contains(problem), "{block}: {errors}");
    }
}

#[test]
fn whose_metadata_documents_describe_clients_is_read() {
    let policy = |block: &str| auth(block).client_metadata_documents;
    let default = Some(DocumentPolicy::default());
    assert_eq!(Machine::new().config().auth.client_metadata_documents, default);
    for block in [
        "{}",
        "{enabled: yes}",
        "{allow_loopback: false, allowed_ports: 443}",
    ] {
        let written = policy(&format!("{{client_metadata_documents: {block}}}"));
        assert_eq!(written, default, "{block}");
    }
    let off = "{client_metadata_documents: {enabled: false, allowed_domains: claude.ai}}";
    assert_eq!(policy(off), None);
    let domains = |names: &[&str]| names.iter().map(|name| Domain::parse(name).unwrap()).collect();
    let written = policy(
        "{client_metadata_documents: {allowed_domains: [Claude.ai, chatgpt.com], denied_domains: evil.example, \
         allowed_ports: [443, 8443], allow_loopback: true}}",
    );
    let expected = DocumentPolicy {
        allowed_domains: Some(domains(&["claude.ai", "chatgpt.com"])),
        denied_domains: domains(&["evil.example"]),
        allowed_ports: [443, 8443].into(),
        allows_loopback: true,
    };
    assert_eq!(written, Some(expected));
}
