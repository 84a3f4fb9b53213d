//! The sections without a topic of their own: every key is read, and every default is what the reference says.

use std::time::Duration;

use super::Machine;
use crate::config::{
    AuditOverflow, Config, ExtensionRepository, Flags, FreeValue, LogLevel, ModelKind, Secret,
};

#[test]
fn the_defaults_need_two_names() {
    let machine = Machine::new();
    let config = machine.config();
    let root = machine.path("project");
    assert_eq!(
        (config.project.name.as_str(), config.project.profile.as_str()),
        ("shop", "dev")
    );
    assert_eq!(config.project.root, root);
    assert_eq!(config.database.path, root.join("data/db-dev.duckdb"));
    assert!(!config.database.readonly);
    assert_eq!(config.drift.path, root.join("drift/drift-dev.json"));
    assert_eq!(config.audit.path, root.join("audit/logs-dev.jsonl"));
    assert!(config.audit.enabled);
    assert_eq!(config.audit.max_file_size, 52_428_800);
    assert_eq!(config.audit.overflow, AuditOverflow::Count);
    for (path, name) in [
        (&config.paths.tools, "tools"),
        (&config.paths.resources, "resources"),
        (&config.paths.prompts, "prompts"),
        (&config.paths.evals, "evals"),
        (&config.paths.python, "python"),
        (&config.paths.plugins, "plugins"),
        (&config.paths.sql, "sql"),
        (&config.paths.drift, "drift"),
        (&config.paths.audit, "audit"),
        (&config.paths.data, "data"),
    ] {
        assert_eq!(*path, root.join(name));
    }
    assert!(!config.sql_tools.enabled);
    assert!(config.dbt.enabled);
    assert_eq!(config.dbt.clean_targets, ["target", "dbt_packages"]);
    assert_eq!(config.logging.level, LogLevel::Info);
    assert!(config.logging.enabled && config.logging.file.is_none());
    assert_eq!(config.limits.query_timeout, Duration::from_secs(30));
    assert_eq!(
        (config.limits.max_rows, config.limits.max_result_bytes),
        (100_000, 16_777_216)
    );
    assert_eq!(config.limits.max_concurrent_queries, 8);
    assert_eq!(config.limits.check_timeout, Duration::from_secs(10));
    assert_eq!(config.limits.max_temp_directory_bytes, 4_294_967_296);
    assert!(config.admin.listener.is_none() && config.admin.socket.is_none());
    assert!(!config.telemetry.enabled);
    assert!(config.warnings.is_empty());
}

#[test]
fn the_site_file_is_read_in_full() {
    let machine = Machine::new().site(
        "mxcp: 1\nproject: shop\nprofile: dev\nsecrets: s3\nplugin: {name: p, module: m, config: c}\n\
         extensions: [httpfs, {name: h3, repo: community}]\ndbt:\n  enabled: no\n  model_paths: m\n  seed_paths: null\n  target_path: out\n\
         sql_tools: {enabled: yes, allow_external_token: true, list_tables: {description: Lists}}\n\
         paths: {data: ~/data, audit: /var/log/audit, tools: my/tools}\nprofiles:\n  dev:\n    duckdb: {path: x/y.duckdb, readonly: on}\n\
         \x20   drift: {path: d.json}\n    audit: {enabled: off, path: a/l.jsonl, max_file_size: 1_000, overflow: refuse}\n  other: [anything]\n",
    );
    let config = machine.config();
    let root = machine.path("project");
    assert_eq!(config.secret_names, ["s3"]);
    assert_eq!(config.plugins.len(), 1);
    assert_eq!(config.plugins[0].config.as_deref(), Some("c"));
    assert_eq!(config.extensions[0].name, "httpfs");
    assert_eq!(
        config.extensions[1].repository,
        Some(ExtensionRepository::Community)
    );
    assert!(!config.dbt.enabled);
    assert_eq!(
        (config.dbt.model_paths, config.dbt.seed_paths),
        (vec!["m".to_owned()], vec![])
    );
    assert_eq!(config.dbt.target_path, "out");
    assert!(config.sql_tools.enabled && config.sql_tools.allow_external_token);
    assert_eq!(config.sql_tools.list_tables_description.as_deref(), Some("Lists"));
    assert_eq!(config.paths.data, machine.path("home/data"));
    assert_eq!(config.paths.audit.to_str(), Some("/var/log/audit"));
    assert_eq!(config.paths.tools, root.join("my/tools"));
    assert_eq!(config.database.path, root.join("x/y.duckdb"));
    assert!(config.database.readonly);
    assert_eq!(config.drift.path, root.join("d.json"));
    assert_eq!(config.audit.path, root.join("a/l.jsonl"));
    assert!(!config.audit.enabled);
    assert_eq!(
        (config.audit.max_file_size, config.audit.overflow),
        (1000, AuditOverflow::Refuse)
    );
}

#[test]
fn sections_may_be_null() {
    let machine = Machine::new()
        .site("project: shop\nprofile: dev\ndbt:\nsql_tools: ~\npaths: null\nprofiles:\n  dev:\n    audit:\n")
        .user("transport:\nadmin: ~\nprojects:\n  shop:\n    profiles:\n      dev:\n");
    assert_eq!(machine.warnings(), "");
}

#[test]
fn a_memory_database_stays_one() {
    let machine =
        Machine::new().site("project: shop\nprofile: dev\nprofiles: {dev: {duckdb: {path: ':memory:'}}}\n");
    assert_eq!(machine.config().database.path.to_str(), Some(":memory:"));
}

#[test]
fn the_user_configuration_is_read_in_full() {
    let machine = Machine::new().user(
        "mxcp: 1\nmodels: {default: main, models: {main: {type: claude, api_key: canary, base_url: 'https://m.example', timeout: 30, max_retries: 2}}}\n\
         vault: {enabled: true, address: 'https://vault.example:8200', token_env: VT}\nonepassword: {enabled: false}\n\
         logging: {enabled: false, path: ~/mxcp.log, level: ERROR, max_bytes: 10, backup_count: 0}\n\
         limits: {query_timeout_ms: 1500, max_rows: 10, max_result_bytes: 2048, max_concurrent_queries: 2, check_timeout_ms: 2500, max_temp_directory_bytes: 0}\n\
         admin: {enabled: true, host: 127.0.0.1, port: 9999, token: canary-admin-token}\n\
         projects:\n  shop:\n    profiles:\n      dev:\n        secrets:\n          - {name: s3, type: s3, parameters: {KEY_ID: canary, PORT: 99, NESTED: {a: [b]}}}\n\
         \x20       plugin: {config: {c: {token: canary}}}\n",
    );
    let config = machine.config();
    let model = &config.models.models["main"];
    assert_eq!(config.models.default.as_deref(), Some("main"));
    assert_eq!((model.kind, model.max_retries), (ModelKind::Claude, Some(2)));
    assert_eq!(model.timeout, Some(Duration::from_secs(30)));
    assert_eq!(model.api_key.as_ref().map(Secret::expose), Some("canary"));
    let vault = config.vault.as_ref().unwrap();
    assert_eq!((vault.token_env.as_str(), vault.enabled), ("VT", true));
    assert_eq!(
        config.onepassword.as_ref().unwrap().token_env,
        "OP_SERVICE_ACCOUNT_TOKEN"
    );
    let file = config.logging.file.as_ref().unwrap();
    assert_eq!((file.max_bytes, file.backup_count), (10, 0));
    assert_eq!(file.path, machine.path("home/mxcp.log"));
    assert_eq!(
        (config.logging.enabled, config.logging.level),
        (false, LogLevel::Error)
    );
    assert_eq!(config.limits.query_timeout, Duration::from_millis(1500));
    assert_eq!(config.limits.max_concurrent_queries, 2);
    assert_eq!(config.limits.check_timeout, Duration::from_millis(2500));
    assert_eq!(config.limits.max_temp_directory_bytes, 0);
    let admin = config.admin.listener.as_ref().unwrap();
    assert_eq!(
        (
            admin.host.as_str(),
            admin.port,
            admin.token.as_ref().map(Secret::expose)
        ),
        ("127.0.0.1", 9999, Some("canary-admin-token"))
    );
    let parameters = &config.duckdb_secrets[0].parameters;
    assert!(matches!(&parameters["PORT"], FreeValue::Text(text) if text.expose() == "99"));
    assert!(matches!(&parameters["NESTED"], FreeValue::Map(map) if map.len() == 1));
    assert_eq!(config.plugin_config["c"]["token"].expose(), "canary");
    assert!(!format!("{config:?}").contains("canary"), "Debug shows a secret");
}

#[test]
fn telemetry_blocks_decide_for_themselves() {
    let telemetry = |block: &str| {
        let user = format!("projects: {{shop: {{profiles: {{dev: {{telemetry: {block}}}}}}}}}\n");
        Machine::new().user(&user).config().telemetry
    };
    let bare = telemetry(
        "{enabled: true, endpoint: 'http://otel:4318', headers: {a: b}, resource_attributes: {team: x}}",
    );
    assert!(bare.enabled && bare.tracing.enabled && bare.metrics.enabled);
    assert_eq!(
        (bare.service_name.as_str(), bare.environment.as_str()),
        ("mxcp", "dev")
    );
    assert_eq!(bare.headers["a"].expose(), "b");
    assert_eq!(bare.metrics.export_interval, Duration::from_mins(1));
    let blocks = telemetry(
        "{enabled: true, tracing: {console_export: true}, metrics: {enabled: true, export_interval: 5}}",
    );
    assert!(!blocks.tracing.enabled && blocks.tracing.console_export && blocks.metrics.enabled);
    assert_eq!(blocks.metrics.export_interval, Duration::from_secs(5));
}

#[test]
fn each_setting_has_the_place_where_it_was_written() {
    let machine = Machine::new()
        .site("project: shop\nprofile: dev\nprofiles:\n  dev:\n    duckdb: {path: a.duckdb}\n")
        .user("transport:\n  http: {port: 1}\nprojects:\n  shop:\n    profiles:\n      dev:\n        auth:\n          provider: none\n");
    let place = |config: &Config, setting: &str| {
        let place = config.written.place(setting);
        place.map(|place| machine.relative(&place.to_string()))
    };
    let config = machine.config();
    for (setting, expected) in [
        ("duckdb.path", Some("project/mxcp-site.yml:5:20")),
        ("transport.http.port", Some("home/.mxcp/config.yml:2:16")),
        ("transport.http.tls", Some("home/.mxcp/config.yml:2:9")),
        ("auth.provider", Some("home/.mxcp/config.yml:8:21")),
        ("auth.persistence.path", Some("home/.mxcp/config.yml:8:11")),
        ("logging.path", None),
    ] {
        assert_eq!(place(&config, setting).as_deref(), expected, "{setting}");
    }
    let machine = machine.env("MXCP_DUCKDB_PATH", "b.duckdb").flags(Flags {
        port: Some(2),
        ..Flags::default()
    });
    let config = machine.config();
    for (setting, expected) in [
        ("duckdb.path", "MXCP_DUCKDB_PATH"),
        ("transport.http.port", "--port"),
    ] {
        let place = config.written.place(setting).unwrap();
        assert_eq!(place.to_string(), expected, "{setting}");
    }
}
