//! No file and no environment makes `load` panic, and no secret ever reaches a message.

use proptest::prelude::*;

use super::Machine;

/// Lines that mean something in a user configuration, to be indented at random.
fn line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "projects",
        "shop",
        "profiles",
        "dev",
        "auth",
        "provider",
        "github",
        "oidc",
        "local",
        "users",
        "clients",
        "transport",
        "http",
        "tls",
        "port",
        "host",
        "base_url",
        "persistence",
        "type",
        "session",
        "admin",
        "token",
        "telemetry",
        "mxcp",
        "secrets",
        "limits",
    ]);
    let value = prop::sample::select(vec![
        "",
        " 1",
        " github",
        " [a]",
        " {a: b}",
        " ${CANARY}",
        " '${CANARY}'",
        " ~",
        " yes",
        " file://x",
        " -1",
        " https://a.example",
        " 0.0.0.0",
    ]);
    (0..6usize, key, value).prop_map(|(depth, key, value)| format!("{}{key}:{value}", "  ".repeat(depth)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_user_configuration_panics_or_leaks(lines in prop::collection::vec(line(), 0..24)) {
        let machine = Machine::new().user(&lines.join("\n")).env("CANARY", "canary-value");
        let shown = match machine.load() {
            Ok(config) => format!("{:?}", config.warnings),
            Err(problems) => problems.to_string(),
        };
        prop_assert!(!shown.contains("canary-value"), "{shown}");
    }

    #[test]
    fn no_bytes_panic(site in prop::collection::vec(any::<u8>(), 0..64), user in prop::collection::vec(any::<u8>(), 0..64)) {
        let machine = Machine::new().write("project/mxcp-site.yml", site).write("home/.mxcp/config.yml", user);
        prop_assert!(machine.load().is_err());
    }
}
