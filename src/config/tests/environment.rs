//! Variables that win over the files, and the command line that wins over them.

use std::time::Duration;

use super::Machine;
use crate::config::{Flags, LogLevel, TransportKind};

const SITE: &str =
    "project: shop\nprofile: dev\nprofiles: {dev: {duckdb: {path: a.duckdb}, audit: {enabled: true}}}\n";

#[test]
fn the_database_path_is_replaced_and_relative_to_the_project() {
    let machine = Machine::new().site(SITE).env("MXCP_DUCKDB_PATH", "b.duckdb");
    assert_eq!(machine.config().database.path, machine.path("project/b.duckdb"));
    let machine = machine.env("MXCP_DUCKDB_PATH", "~/c.duckdb");
    assert_eq!(machine.config().database.path, machine.path("home/c.duckdb"));
    let machine = machine.without_env("HOME");
    assert_eq!(
        machine.errors(),
        "environment: MXCP_DUCKDB_PATH: ~ cannot be expanded: the environment variable HOME is not set"
    );
}

#[test]
fn switches_accept_three_spellings_in_any_case() {
    for (value, expected) in [
        ("false", false),
        ("0", false),
        ("NO", false),
        ("True", true),
        ("1", true),
        ("yes", true),
    ] {
        assert_eq!(
            Machine::new()
                .site(SITE)
                .env("MXCP_AUDIT_ENABLED", value)
                .config()
                .audit
                .enabled,
            expected,
            "{value}"
        );
    }
    let machine = Machine::new()
        .env("MXCP_AUDIT_ENABLED", "canary")
        .env("MXCP_READONLY", "on");
    assert_eq!(
        machine.errors(),
        "environment: MXCP_AUDIT_ENABLED: expected true, 1, yes, false, 0 or no\n\
         environment: MXCP_READONLY: expected true, 1, yes, false, 0 or no"
    );
}

#[test]
fn readonly_can_be_added_but_not_taken_away() {
    let readonly_file = "project: shop\nprofile: dev\nprofiles: {dev: {duckdb: {readonly: true}}}\n";
    assert!(
        Machine::new()
            .site(readonly_file)
            .env("MXCP_READONLY", "false")
            .config()
            .database
            .readonly
    );
    assert!(
        Machine::new()
            .env("MXCP_READONLY", "yes")
            .config()
            .database
            .readonly
    );
    assert!(
        Machine::new()
            .flags(Flags {
                readonly: true,
                ..Flags::default()
            })
            .config()
            .database
            .readonly
    );
}

#[test]
fn debug_wins_over_the_level() {
    let machine = Machine::new().user("logging: {level: ERROR}\n");
    assert_eq!(machine.config().logging.level, LogLevel::Error);
    assert_eq!(
        machine.env("MXCP_DEBUG", "1").config().logging.level,
        LogLevel::Debug
    );
    let machine = Machine::new().flags(Flags {
        debug: true,
        ..Flags::default()
    });
    assert_eq!(machine.config().logging.level, LogLevel::Debug);
}

#[test]
fn the_admin_socket_is_asked_for_by_the_environment() {
    let socket = |machine: Machine| {
        machine
            .config()
            .admin
            .socket
            .map(|path| path.display().to_string())
    };
    assert_eq!(
        socket(Machine::new().env("MXCP_ADMIN_SOCKET", "/tmp/x.sock")),
        None
    );
    assert_eq!(
        socket(Machine::new().env("MXCP_ADMIN_ENABLED", "1")).as_deref(),
        Some("/run/mxcp/mxcp.sock")
    );
    let machine = Machine::new()
        .env("MXCP_ADMIN_ENABLED", "1")
        .env("MXCP_ADMIN_SOCKET", "/tmp/x.sock");
    assert_eq!(socket(machine).as_deref(), Some("/tmp/x.sock"));
}

#[test]
fn telemetry_variables_win_and_switch_nothing_off() {
    let machine = Machine::new()
        .env("MXCP_TELEMETRY_ENABLED", "true")
        .env("MXCP_TELEMETRY_TRACING_CONSOLE", "true")
        .env("MXCP_TELEMETRY_METRICS_INTERVAL", "5")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer a=b, x=y")
        .env("OTEL_SERVICE_NAME", "shop")
        .env("OTEL_RESOURCE_ATTRIBUTES", "team=a");
    let telemetry = machine.config().telemetry;
    assert!(telemetry.enabled && telemetry.tracing.enabled && telemetry.tracing.console_export);
    assert!(telemetry.metrics.enabled);
    assert_eq!(telemetry.metrics.export_interval, Duration::from_secs(5));
    assert_eq!(telemetry.endpoint.unwrap().as_str(), "http://otel:4318/");
    assert_eq!(telemetry.headers["authorization"].expose(), "Bearer a=b");
    assert_eq!(telemetry.service_name, "shop");
    assert_eq!(telemetry.resource_attributes["team"], "a");
}

#[test]
fn wrong_telemetry_variables_are_named_without_their_value() {
    let machine = Machine::new()
        .env("MXCP_TELEMETRY_METRICS_INTERVAL", "0")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "canary")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "canary");
    assert_eq!(
        machine.errors(),
        "environment: MXCP_TELEMETRY_METRICS_INTERVAL: expected a whole number from 1\n\
         environment: OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https URL\n\
         environment: OTEL_EXPORTER_OTLP_HEADERS: expected pairs such as key=value,key2=value2"
    );
}

#[test]
fn the_command_line_wins_over_the_file() {
    let machine = Machine::new()
        .site("project: shop\nprofile: dev\nsql_tools: {enabled: true}\n")
        .user("transport: {provider: sse, http: {host: a.example, port: 1, stateless: false}}\n")
        .flags(Flags {
            transport: Some(TransportKind::Stdio),
            host: Some("127.0.0.1".to_owned()),
            port: Some(2),
            stateless: true,
            sql_tools: Some(false),
            ..Flags::default()
        });
    let config = machine.config();
    assert_eq!(config.transport.kind, TransportKind::Stdio);
    assert_eq!(
        (config.transport.http.host.as_str(), config.transport.http.port),
        ("127.0.0.1", 2)
    );
    assert!(config.transport.http.stateless && !config.sql_tools.enabled);
    assert_eq!(config.public_url.to_string(), "http://127.0.0.1:2");
}
