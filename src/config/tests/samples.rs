//! The sample configurations load as they are.

use std::fs;

use super::{Machine, SEALING_KEY, repository};
use crate::config::{Flags, Persistence, Provider};

fn sample(name: &str, profile: Option<&str>) -> Machine {
    let folder = repository("config/samples").join(name);
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    let flags = Flags {
        profile: profile.map(str::to_owned),
        ..Flags::default()
    };
    Machine::new()
        .site(&read("mxcp-site.yml"))
        .user(&read("config.yml"))
        .flags(flags)
}

#[test]
fn none() {
    let machine = sample("none", None);
    assert_eq!(machine.warnings(), "");
    assert!(machine.config().auth.provider.is_none());
    assert!(machine.config().sql_tools.enabled);
}

#[test]
fn github() {
    let machine = sample("github", None)
        .env("GITHUB_CLIENT_ID", "id")
        .env("GITHUB_CLIENT_SECRET", "secret");
    let config = machine.config();
    let Provider::Github(github) = &config.auth.provider else {
        panic!("not GitHub")
    };
    assert_eq!(github.client.client_secret.expose(), "secret");
    assert_eq!(config.auth.clients[0].id, "aa27466a-fd71-4c2a-9ecf-8b5db5d34384");
    assert_eq!(config.warnings.len(), 1, "memory");

    let machine = sample("github", Some("production"))
        .env("GITHUB_CLIENT_ID", "id")
        .env("GITHUB_CLIENT_SECRET", "secret");
    assert_eq!(
        machine
            .errors()
            .lines()
            .map(|line| line.rsplit(": ").next().unwrap_or_default())
            .collect::<Vec<_>>(),
        [
            "Environment variable AUTH_ENCRYPTION_KEY is not set",
            "Environment variable MY_APP_CLIENT_SECRET is not set"
        ]
    );
    let config = machine
        .env("AUTH_ENCRYPTION_KEY", SEALING_KEY)
        .env("MY_APP_CLIENT_SECRET", "s")
        .config();
    assert!(config.database.readonly);
    assert_eq!(config.auth.required_scopes, ["mxcp:access"]);
    assert!(matches!(config.auth.persistence, Persistence::Sqlite { .. }));
}

#[test]
fn atlassian() {
    let machine = sample("atlassian", None)
        .env("ATLASSIAN_CLIENT_ID", "id")
        .env("ATLASSIAN_CLIENT_SECRET", "secret")
        .env("MY_APP_CLIENT_SECRET", "s");
    assert_eq!(machine.warnings(), "");
    let config = machine.config();
    let Provider::Atlassian(atlassian) = &config.auth.provider else {
        panic!("not Atlassian")
    };
    assert!(atlassian.client.scope.ends_with("offline_access"));
    assert!(config.public_url.fixed().is_none());
}

#[test]
fn salesforce() {
    let machine = sample("salesforce", None)
        .env("PUBLIC_URL", "https://your-domain.com")
        .env("SALESFORCE_CLIENT_ID", "id")
        .env("SALESFORCE_CLIENT_SECRET", "secret")
        .env("MY_APP_CLIENT_SECRET", "s");
    assert_eq!(machine.warnings(), "");
    assert_eq!(machine.config().public_url.to_string(), "https://your-domain.com");
    let machine = sample("salesforce", Some("sandbox"))
        .env("PUBLIC_URL", "http://localhost:8000")
        .env("SALESFORCE_SANDBOX_CLIENT_ID", "id")
        .env("SALESFORCE_SANDBOX_CLIENT_SECRET", "secret");
    let Provider::Salesforce(salesforce) = machine.config().auth.provider else {
        panic!("not Salesforce")
    };
    assert_eq!(salesforce.token_url.host_str(), Some("test.salesforce.com"));
}

/// A widely copied sample names the provider's client id, and our callback as the client's redirect URI.
#[test]
fn a_client_that_reuses_the_providers_registration_loads_with_a_warning() {
    let machine = Machine::with_auth(
        "{provider: github, persistence: {type: sqlite}, clients: [{client_id: \"${ID}\", client_secret: \"${S}\", name: My MXCP Application, redirect_uris: ['http://localhost:8000/github/callback'], scopes: ['mxcp:access']}], github: {client_id: \"${ID}\", client_secret: \"${S}\", scope: 'user:email', callback_path: /github/callback, auth_url: 'https://github.com/login/oauth/authorize', token_url: 'https://github.com/login/oauth/access_token'}}",
    );
    let machine = machine.env("ID", "id").env("S", "secret");
    assert!(machine.warnings().contains("is this server's own callback"));
    assert_eq!(machine.config().warnings.len(), 1);
}

#[test]
fn providers_that_speak_openid_connect() {
    for (name, variable) in [("oidc", "OIDC"), ("google", "GOOGLE"), ("keycloak", "KEYCLOAK")] {
        for profile in [None, Some("production")] {
            let machine = sample(name, profile)
                .env(&format!("{variable}_CLIENT_ID"), "id")
                .env(&format!("{variable}_CLIENT_SECRET"), "secret")
                .env("AUTH_ENCRYPTION_KEY", SEALING_KEY);
            assert_eq!(machine.warnings(), "", "{name}");
            let provider = machine.config().auth.provider;
            assert_eq!(provider.name(), name);
            assert_eq!(
                provider.callback_path(),
                Some(format!("/{name}/callback").as_str())
            );
        }
    }
}
