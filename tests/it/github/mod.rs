//! Logins through GitHub, which a strict fake stands in for: the provider by itself, and the whole program.

mod crash;
#[path = "../../fakes/github/mod.rs"]
pub(crate) mod fake;
mod flow;
mod memberships;
mod provider;
mod readiness;
mod renewal;
mod token;
mod two_clients;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::clock::{FixedClock, Timestamp};
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::providers::app::App;
use mxcp_actors::provider_broker::providers::github::{GithubProvider, GithubSettings};
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;
use serde_json::Value;
use url::Url;

use self::fake::{CLIENT_ID, CLIENT_SECRET, FakeGithub, Quirks};
use crate::admin::{OPERATOR, VIEWER};
use crate::login::{self, Browser, Caller, PUBLIC, query};
use crate::oauth::browser::first_form;
use crate::server::{Answer, Project, Server, client};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn callback() -> String {
    format!("{PUBLIC}/github/callback")
}

/// A fake that sends browsers back to our callback.
pub(crate) fn fake(quirks: Quirks) -> FakeGithub {
    let fake = FakeGithub::start(quirks);
    fake.register_callback(&callback());
    fake
}

/// The provider, configured for the fake.
fn provider(fake: &FakeGithub, secret: &str, patience: Duration) -> GithubProvider {
    provider_with(settings(fake, secret), patience)
}

fn provider_with(settings: GithubSettings, patience: Duration) -> GithubProvider {
    let named = BTreeSet::from(["127.0.0.1".to_owned()]);
    let http = OutboundClient::new(OutboundSettings {
        time_limit: patience,
        ..OutboundSettings::new(named)
    });
    GithubProvider::new(settings, http.unwrap(), Arc::new(FixedClock::at(NOW)))
}

fn settings(fake: &FakeGithub, secret: &str) -> GithubSettings {
    let url = |path: &str| Url::parse(&format!("{}{path}", fake.url())).unwrap();
    GithubSettings {
        app: App {
            client: ClientCredentials {
                client_id: CLIENT_ID.to_owned(),
                client_secret: Secret::new(secret),
            },
            scopes: vec!["read:user".to_owned(), "user:email".to_owned()],
            callback_path: "/github/callback".to_owned(),
            auth_url: url("/login/oauth/authorize"),
            token_url: url("/login/oauth/access_token"),
            claim_mappings: ClaimMappings(
                [(
                    "type".to_owned(),
                    [("User".to_owned(), vec!["person".to_owned()])].into(),
                )]
                .into(),
            ),
            user_scopes: ScopeSet::parse("mcp:read").unwrap(),
        },
        api_url: url("/api"),
        allowed_orgs: BTreeSet::new(),
    }
}

/// A project whose users log in through the fake.
pub(crate) fn project(fake: &FakeGithub) -> Project {
    project_with(fake, CLIENT_SECRET, "")
}

/// The same with another secret, and further keys of `auth`, each with a comma in front.
fn project_with(fake: &FakeGithub, secret: &str, more: &str) -> Project {
    project_of(
        fake,
        &format!("client_secret: {secret}, scope: 'user:email'"),
        more,
    )
}

/// The same with these keys of `auth.github`.
fn project_of(fake: &FakeGithub, keys: &str, more: &str) -> Project {
    let url = fake.url();
    Project::new().user_config(&format!(
        "mxcp: 1\nlogging: {{ level: DEBUG }}\ntransport: {{ http: {{ base_url: '{PUBLIC}' }} }}\n\
         admin: {{ enabled: true, port: 0, token: {OPERATOR}, viewer_token: {VIEWER} }}\n\
         projects: {{ test: {{ profiles: {{ dev: {{ auth: {{ provider: github,\n  \
         github: {{ client_id: {CLIENT_ID}, {keys}, auth_url: '{url}/login/oauth/authorize',\n    \
         token_url: '{url}/login/oauth/access_token', api_url: '{url}/api' }},\n  \
         clients: [{{ client_id: {}, client_secret: {}, name: Test, redirect_uris: ['{}'],\n    \
         grant_types: [authorization_code, refresh_token], scopes: ['mcp:read'] }}]{more} }} }} }} }} }}\n",
        login::CLIENT,
        login::CLIENT_SECRET,
        login::REDIRECT,
    ))
}

/// Presses a button of the fake's page, and answers where it sends the browser.
async fn at_github(departure: &str, decision: &str) -> Url {
    let client = client();
    let mut page = client.get(departure).send().await.unwrap();
    let html = String::from_utf8(page.body().await.unwrap().to_vec()).unwrap();
    let form = first_form(&html).unwrap_or_else(|| panic!("{html}"));
    let request = &form.fields[0].1;
    let mut action = Url::parse(departure).unwrap();
    action.set_query(None);
    action.set_path(&form.action);
    let form = [("request", request.as_str()), ("decision", decision)];
    let answer = client.post(action.as_str()).send_form(&form).await.unwrap();
    assert_eq!(answer.status().as_u16(), 302);
    Url::parse(answer.headers().get("location").unwrap().to_str().unwrap()).unwrap()
}

/// Approves at the server and decides at GitHub; answers the callback's path.
pub(crate) async fn come_back(browser: &mut Browser<'_>, decision: &str) -> String {
    let consent = browser.begin(None).await;
    let departure = browser.submit(&consent, &[]).await;
    let departure = departure
        .header("location")
        .unwrap_or_else(|| panic!("{departure:?}"))
        .to_owned();
    let back = at_github(&departure, decision).await;
    format!("{}?{}", back.path(), back.query().unwrap())
}

/// Logs in, and answers the client's tokens.
async fn tokens(server: &Server) -> Value {
    let mut browser = Browser::new(server);
    let back = come_back(&mut browser, "allow").await;
    let answer = browser.walk("GET", &back, String::new()).await;
    login::tokens(server, &login::code_of(&answer)).await
}

/// Logs in, and answers a client with its access token.
async fn log_in(server: &Server) -> Caller<'_> {
    let tokens = tokens(server).await;
    Caller::with_token(server, tokens["access_token"].as_str().unwrap())
}

/// What the client is told in the address that the browser is sent to.
fn told(answer: &Answer) -> (String, String) {
    let location = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
    assert!(location.starts_with(login::REDIRECT), "{location}");
    let url = Url::parse(location).unwrap();
    let value = |name: &str| {
        let found = url.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    (value("error"), value("error_description"))
}

/// Gives the client's token back.
pub(crate) async fn revoke(server: &Server, token: &str) {
    let form = query(&[
        ("client_id", login::CLIENT),
        ("client_secret", login::CLIENT_SECRET),
        ("token", token),
    ]);
    let answer = server
        .request("POST", "/revoke", login::FORM, form.into_bytes())
        .await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
}
