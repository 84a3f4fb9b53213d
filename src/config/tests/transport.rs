//! `transport`: the listener and the public URL that follows from it.

use super::Machine;
use crate::config::{Flags, Scheme, TransportKind};

fn with_http(http: &str) -> Machine {
    Machine::new().user(&format!("transport: {{http: {http}}}\n"))
}

#[test]
fn the_defaults_listen_on_this_machine_only() {
    let transport = Machine::new().config().transport;
    assert_eq!(transport.kind, TransportKind::StreamableHttp);
    assert_eq!(
        (transport.http.host.as_str(), transport.http.port),
        ("localhost", 8000)
    );
    assert!(
        transport.http.tls.is_none() && transport.http.trusted_proxies.is_none() && !transport.http.stateless
    );
}

#[test]
fn the_public_url_follows_from_the_settings() {
    for (http, expected) in [
        ("{}", "http://localhost:8000"),
        ("{port: 80}", "http://localhost"),
        ("{host: '::1'}", "http://[::1]:8000"),
        (
            "{host: API.example.com, scheme: https, port: 443}",
            "https://api.example.com",
        ),
        (
            "{host: api.example.com, tls: {cert: c, key: k}, port: 8443}",
            "https://api.example.com:8443",
        ),
        (
            "{base_url: 'https://API.example.com:443/prefix/'}",
            "https://api.example.com/prefix",
        ),
        (
            "{base_url: 'http://api.example.com:80'}",
            "http://api.example.com",
        ),
        (
            "{host: 0.0.0.0, base_url: 'https://api.example.com', trust_proxy: true}",
            "https://api.example.com",
        ),
        (
            "{host: 0.0.0.0, scheme: https, allowed_hosts: api.example.com}",
            "https://<Host of the request> with the hosts api.example.com, loopback",
        ),
        (
            "{host: '::', tls: {cert: c, key: k}}",
            "https://<Host of the request> with the hosts loopback",
        ),
        (
            "{trust_proxy: true}",
            "<X-Forwarded-Proto>://<Host of the request> with the hosts localhost, loopback",
        ),
    ] {
        assert_eq!(
            with_http(http).config().public_url.to_string(),
            expected,
            "{http}"
        );
    }
}

#[test]
fn certificates_are_found_from_the_project_or_from_home() {
    let machine = with_http("{tls: {cert: tls/cert.pem, key: ~/key.pem}}");
    let tls = machine.config().transport.http.tls.unwrap();
    assert_eq!(
        (tls.cert, tls.key),
        (machine.path("project/tls/cert.pem"), machine.path("home/key.pem"))
    );
}

#[test]
fn hosts_of_redirect_uris_are_allowed() {
    let machine = Machine::new().user(
        "transport: {http: {host: 0.0.0.0, scheme: https}}\nprojects: {shop: {profiles: {dev: {auth: {clients: [{client_id: a, name: a, redirect_uris: ['https://api.example.com/github/callback', 'cursor://host/x']}]}}}}}\n",
    );
    let config = machine.config();
    assert_eq!(config.transport.http.scheme, Some(Scheme::Https));
    assert_eq!(
        config.public_url.allowed_hosts().to_string(),
        "api.example.com, loopback"
    );
}

#[test]
fn a_host_is_a_name_or_an_address() {
    let message =
        "expected a host name or an address without a port, such as localhost, 127.0.0.1, 0.0.0.0 or ::1";
    for host in ["localhost:8000", "https://api.example.com", "a b", "*"] {
        let machine = with_http(&format!("{{host: '{host}'}}"));
        assert_eq!(
            machine.errors(),
            format!("home/.mxcp/config.yml:1:26: transport.http.host: {message}"),
            "{host}"
        );
    }
    let flags = Flags {
        host: Some("localhost:1".to_owned()),
        ..Flags::default()
    };
    assert_eq!(Machine::new().flags(flags).errors(), format!("--host: {message}"));
}

#[test]
fn the_admin_interface_has_a_port_of_its_own() {
    let machine = |admin: &str, http: &str| {
        Machine::new().user(&format!(
            "transport: {{http: {{{http}}}}}\nadmin: {{enabled: true, token: 0123456789abcdef, {admin}}}\n"
        ))
    };
    for (admin, http, place) in [
        ("port: 9100", "port: 9100", "home/.mxcp/config.yml:1:26"),
        ("port: 8000", "host: 0.0.0.0", "the default"),
        (
            "port: 9100, host: '::'",
            "port: 9100, host: 127.0.0.1",
            "home/.mxcp/config.yml:1:26",
        ),
    ] {
        let errors = machine(admin, http).errors();
        let message = format!("is the port of transport.http.port ({place}), too");
        assert!(
            errors.starts_with("home/.mxcp/config.yml:2:55: admin.port: ") && errors.contains(&message),
            "{errors}"
        );
    }
    let flags = Flags {
        port: Some(8001),
        ..Flags::default()
    };
    let errors = machine("host: localhost", "").flags(flags).errors();
    assert!(
        errors.contains("admin.port: 8001 is the port of transport.http.port (--port), too"),
        "{errors}"
    );
    for (admin, http) in [
        ("port: 9100, host: 127.0.0.2", "port: 9100, host: 127.0.0.1"),
        ("port: 0", "port: 0"),
    ] {
        machine(admin, http).config();
    }
}
