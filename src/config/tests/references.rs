//! `${NAME}` and `file://` in both files.

use super::Machine;
use crate::config::Provider;

const GITHUB: &str = "{provider: github, persistence: {type: memory}, github: {client_id: \"${ID}\", client_secret: \"a${S}b${S}\"}}";

#[test]
fn variables_stand_anywhere_in_a_text_and_several_times() {
    let machine = Machine::with_auth(GITHUB).env("ID", "12345").env("S", "-canary-");
    let Provider::Github(github) = machine.config().auth.provider else {
        panic!("not GitHub")
    };
    assert_eq!(github.client.client_id, "12345");
    assert_eq!(github.client.client_secret.expose(), "a-canary-b-canary-");
}

#[test]
fn variables_fit_settings_of_every_type_in_both_files() {
    let machine = Machine::new()
        .site("project: ${P}\nprofile: ${Q}\nsql_tools: {enabled: \"${YES}\"}\nprofiles: {dev: {audit: {max_file_size: '${N}'}}}\n")
        .user("transport:\n  http:\n    port: ${N}\n    host: '${H}'\n    trust_proxy: ${YES}\n")
        .env("P", "shop")
        .env("Q", "dev")
        .env("YES", "true")
        .env("N", "8443")
        .env("H", "127.0.0.1");
    let config = machine.config();
    assert_eq!(
        (config.project.name.as_str(), config.project.profile.as_str()),
        ("shop", "dev")
    );
    assert!(config.sql_tools.enabled && config.transport.http.trusted_proxies.is_some());
    assert_eq!(
        (config.audit.max_file_size, config.transport.http.port),
        (8443, 8443)
    );
    assert_eq!(config.transport.http.host, "127.0.0.1");
}

#[test]
fn a_missing_variable_is_reported_once_and_nothing_else_about_it() {
    let machine =
        Machine::new().user("transport: {http: {port: \"${PORT}\", scheme: \"${SCHEME}\", tls: '${TLS}'}}\n");
    assert_eq!(
        machine.errors(),
        "home/.mxcp/config.yml:1:26: transport.http.port: Environment variable PORT is not set\n\
         home/.mxcp/config.yml:1:45: transport.http.scheme: Environment variable SCHEME is not set\n\
         home/.mxcp/config.yml:1:63: transport.http.tls: Environment variable TLS is not set"
    );
}

#[test]
fn a_wrong_value_from_a_variable_is_not_shown() {
    let machine = Machine::new()
        .user("transport: {provider: '${V}', http: {port: \"${V}\", base_url: '${V}', trusted_proxies: '${V}'}}\nadmin: {port: '${N}'}\n")
        .env("V", "canary")
        .env("N", "99999");
    let errors = machine.errors();
    assert_eq!(
        errors,
        "home/.mxcp/config.yml:1:23: transport.provider: the value is not accepted. Accepted: streamable-http, sse, stdio\n\
         home/.mxcp/config.yml:1:44: transport.http.port: expected a whole number from 0 to 65535, found text\n\
         home/.mxcp/config.yml:1:62: transport.http.base_url: expected an http or https URL such as https://api.example.com\n\
         home/.mxcp/config.yml:1:87: transport.http.trusted_proxies: expected an address such as 10.0.0.7 or a network such as 10.0.0.0/8\n\
         home/.mxcp/config.yml:2:15: admin.port: expected a whole number from 0 to 65535, found text"
    );
}

#[test]
fn what_is_no_reference_stays_and_is_mentioned() {
    let machine =
        Machine::new().site("project: shop\nprofile: dev\nsecrets: ['${A-B}', '$A', 'x${', '{A}']\n");
    assert_eq!(machine.config().secret_names, ["${A-B}", "$A", "x${", "{A}"]);
    let message = "${ is kept as text here; a reference is ${NAME} with letters, digits and _ in the name";
    assert_eq!(
        machine.warnings(),
        format!(
            "project/mxcp-site.yml:3:11: secrets[0]: {message}\nproject/mxcp-site.yml:3:27: secrets[2]: {message}"
        )
    );
}

#[test]
fn values_are_not_looked_into_again() {
    let machine = Machine::new()
        .site("project: shop\nprofile: dev\nsecrets: '${A}'\n")
        .env("A", "${B} file://x");
    assert_eq!(machine.config().secret_names, ["${B} file://x"]);
}

#[test]
fn files_are_read_from_the_project_root_from_home_or_from_anywhere() {
    let machine = Machine::with_auth("{provider: none, clients: [{client_id: 'file://id.txt', name: 'file://~/name.txt', client_secret: \"file://SECRET\"}]}")
        .write("project/id.txt", "the-id\n")
        .write("home/name.txt", "  The name \n")
        .write("secret.txt", "canary");
    let absolute = machine.path("secret.txt").display().to_string();
    let text = std::fs::read_to_string(machine.path("home/.mxcp/config.yml")).unwrap();
    let machine = machine.user(&text.replace("SECRET", &absolute));
    let client = machine.config().auth.clients.remove(0);
    assert_eq!((client.id.as_str(), client.name.as_str()), ("the-id", "The name"));
    assert_eq!(client.secret.unwrap().expose(), "canary");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let machine = Machine::new().site("project: shop\nprofile: dev\nsecrets: ['file://no', 'file://.', 'file://bin', 'file://long', 'file://~/x']\n");
    let machine = machine
        .write("project/bin", b"\xFF\xFE")
        .write("project/long", "x".repeat(65_537))
        .without_env("HOME");
    assert_eq!(
        machine.errors(),
        "project/mxcp-site.yml:3:11: secrets[0]: the file project/no cannot be read: No such file or directory (os error 2)\n\
         project/mxcp-site.yml:3:24: secrets[1]: the file project/. cannot be read: it is not a regular file\n\
         project/mxcp-site.yml:3:36: secrets[2]: the file project/bin cannot be read: stream did not contain valid UTF-8\n\
         project/mxcp-site.yml:3:50: secrets[3]: the file project/long cannot be read: it is longer than the 65536 bytes that are accepted\n\
         project/mxcp-site.yml:3:65: secrets[4]: ~ cannot be expanded: the environment variable HOME is not set"
    );
}

#[test]
fn an_empty_file_is_a_warning() {
    let machine = Machine::new()
        .site("project: shop\nprofile: dev\nsecrets: 'file://empty'\n")
        .write("project/empty", "\n");
    assert_eq!(
        machine.warnings(),
        "project/mxcp-site.yml:3:10: secrets: the file project/empty is empty"
    );
}
