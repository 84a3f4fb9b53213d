//! Settings that are valid and that people regret: each has one warning with its place.

use super::Machine;
use crate::config::Flags;

const AUTH: &str = "home/.mxcp/config.yml";

/// A GitHub login with clients, persistence and HTTP settings given as flow YAML.
fn github(http: &str, persistence: &str, redirect_uri: &str) -> Machine {
    Machine::new().user(&format!(
        "transport: {{http: {http}}}\nprojects:\n  shop:\n    profiles:\n      dev:\n        auth:\n          provider: github\n          github: {{client_id: a, client_secret: b}}\n          persistence: {persistence}\n          clients: [{{client_id: c, name: c, redirect_uris: ['{redirect_uri}']}}]\n"
    ))
}

const SQLITE: &str = "{type: sqlite}";
const APP: &str = "http://localhost:3000/callback";

#[test]
fn a_careful_configuration_has_none() {
    assert_eq!(github("{}", SQLITE, APP).warnings(), "");
    assert_eq!(
        github(
            "{base_url: 'https://api.example.com'}",
            SQLITE,
            "https://app.example.com/cb"
        )
        .warnings(),
        ""
    );
    assert_eq!(
        github(
            "{host: 0.0.0.0, trust_proxy: true}",
            SQLITE,
            "https://app.example.com/cb"
        )
        .warnings(),
        ""
    );
}

#[test]
fn a_folder_of_definitions_that_was_named_should_be_there() {
    let site = "project: shop\nprofile: dev\npaths: {tools: tols, prompts: ., data: later}\n";
    let machine = Machine::new().site(site);
    assert_eq!(
        machine.warnings(),
        "project/mxcp-site.yml:3:16: paths.tools: the folder does not exist, so nothing is loaded from it"
    );
}

#[test]
fn no_persistence_block_means_memory() {
    let expected = "projects.shop.profiles.dev.auth: no persistence block: clients, codes and tokens are kept in memory and a restart ends all logins";
    assert_eq!(
        github("{}", "null", APP).warnings(),
        format!("{AUTH}:7:11: {expected}")
    );
    assert_eq!(github("{}", "{type: memory}", APP).warnings(), "");
}

#[test]
fn stateless_needs_a_shared_store() {
    let expected = "projects.shop.profiles.dev.auth.persistence: stateless with memory persistence: another instance of this server would not know the tokens of this one";
    assert_eq!(
        github("{stateless: true}", "{type: memory}", APP).warnings(),
        format!("{AUTH}:9:24: {expected}")
    );
    let flags = Flags {
        stateless: true,
        ..Flags::default()
    };
    assert_eq!(
        github("{}", "{type: memory}", APP)
            .flags(flags.clone())
            .warnings(),
        format!("{AUTH}:9:24: {expected}")
    );
    assert_eq!(github("{}", SQLITE, APP).flags(flags).warnings(), "");
}

#[test]
fn https_redirects_from_an_http_server_are_the_usual_mistake() {
    let machine = github("{host: 0.0.0.0}", SQLITE, "https://app.example.com/cb");
    assert_eq!(
        machine.warnings(),
        format!(
            "{AUTH}:10:61: projects.shop.profiles.dev.auth.clients[0].redirect_uris[0]: is https while the public URL of this server is http://<Host of the request> with the hosts app.example.com, loopback: browsers and providers answer that with \"CSRF detected\" or \"invalid callback URL\". Set transport.http.scheme: https, trust_proxy: true or base_url"
        )
    );
    assert!(
        github("{}", SQLITE, "https://app.example.com/cb")
            .warnings()
            .contains("public URL of this server is http://localhost:8000: browsers")
    );
    assert_eq!(
        github("{scheme: https}", SQLITE, "https://app.example.com/cb").warnings(),
        ""
    );
}

#[test]
fn our_own_callback_is_nobodys_redirect_uri() {
    let expected = format!(
        "{AUTH}:10:61: projects.shop.profiles.dev.auth.clients[0].redirect_uris[0]: is this server's own callback, which no client can receive; authorizing to it is refused. Name the client's own redirect URI"
    );
    for (http, uri) in [
        ("{}", "http://localhost:8000/github/callback"),
        (
            "{base_url: 'https://api.example.com'}",
            "https://api.example.com/github/callback",
        ),
        (
            "{base_url: 'https://api.example.com/mcp'}",
            "https://api.example.com/mcp/github/callback",
        ),
        (
            "{host: 0.0.0.0, scheme: https}",
            "https://api.example.com/github/callback",
        ),
    ] {
        assert_eq!(github(http, SQLITE, uri).warnings(), expected, "{http}");
    }
    assert_eq!(
        github("{}", SQLITE, "http://localhost:9000/github/callback").warnings(),
        ""
    );
}

#[test]
fn addresses_in_the_clear_are_mentioned() {
    let machine = Machine::with_auth(
        "{persistence: {}, provider: github, github: {client_id: a, client_secret: b, token_url: 'http://ghe.example/token', api_url: 'http://localhost:1'}, clients: [{client_id: c, name: c, redirect_uris: 'http://app.example/cb'}]}",
    );
    assert_eq!(
        machine.warnings(),
        format!(
            "{AUTH}:1:130: projects.shop.profiles.dev.auth.github.token_url: is not https: secrets and tokens would cross the network unencrypted\n\
             {AUTH}:1:239: projects.shop.profiles.dev.auth.clients[0].redirect_uris: is http and not a loopback address: authorization codes would cross the network unencrypted"
        )
    );
}

#[test]
fn port_443_without_a_certificate_is_no_tls() {
    let message = "port 443 without a tls block: the server speaks plain HTTP there";
    let machine = Machine::new().user("transport: {http: {port: 443}}\n");
    assert_eq!(
        machine.warnings(),
        format!("{AUTH}:1:26: transport.http.port: {message}")
    );
    let machine = Machine::new().flags(Flags {
        port: Some(443),
        ..Flags::default()
    });
    assert_eq!(machine.warnings(), format!("--port: {message}"));
    let machine = Machine::new().user("transport: {http: {port: 443, tls: {cert: a, key: b}}}\n");
    assert_eq!(machine.warnings(), "");
}

#[test]
fn the_rest_of_the_careless() {
    let machine = Machine::new().user("transport: {http: {trusted_proxies: [10.0.0.0/8]}}\nadmin: {enabled: true, host: 0.0.0.0, token: short}\n");
    assert_eq!(
        machine.warnings(),
        format!(
            "{AUTH}:1:37: transport.http.trusted_proxies: has no effect without trust_proxy: true\n\
             {AUTH}:2:30: admin.host: is not a loopback address: the token crosses the network unencrypted\n\
             {AUTH}:2:46: admin.token: is shorter than 16 characters and can be guessed"
        )
    );
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";
    let machine = Machine::with_auth(&format!(
        "{{persistence: {{}}, provider: local, local: {{open_introspection: yes, users: [{{username: a, password_hash: '{hash}'}}]}}}}"
    ));
    assert_eq!(
        machine.warnings(),
        format!(
            "{AUTH}:1:105: projects.shop.profiles.dev.auth.local.open_introspection: every program on this machine may ask about every token without a secret"
        )
    );
}

#[test]
fn without_authentication_nothing_is_kept_and_nothing_is_warned_about() {
    let machine = Machine::new().user("transport: {http: {stateless: true}}\nprojects: {shop: {profiles: {dev: {auth: {provider: none}}}}}\n");
    assert_eq!(machine.warnings(), "");
}

#[test]
fn an_open_server_is_mentioned_unless_only_this_machine_reaches_it() {
    let message =
        "no authentication, and the server listens on 0.0.0.0: whoever reaches it may call everything";
    let machine = Machine::new().user("transport: {http: {host: 0.0.0.0}}\n");
    assert_eq!(machine.warnings(), format!("auth: {message}"));
    let machine = Machine::new().user("transport: {provider: stdio, http: {host: 0.0.0.0}}\n");
    assert_eq!(machine.warnings(), "");
}

#[test]
fn a_providers_block_without_its_name_is_mentioned() {
    let block = "github: {client_id: a, client_secret: b}";
    assert_eq!(
        Machine::with_auth(&format!("{{{block}}}")).warnings(),
        format!(
            "{AUTH}:1:42: projects.shop.profiles.dev.auth: provider is not set, so that the block github is not used and everybody may call"
        )
    );
    assert_eq!(
        Machine::with_auth(&format!("{{provider: none, {block}}}")).warnings(),
        ""
    );
}
