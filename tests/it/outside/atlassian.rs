//! Atlassian: who the user is, which sites are theirs, and how its refusals are read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::clock::{FixedClock, Timestamp};
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::UserKey;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::provider::{OutsideProvider, ProviderError};
use mxcp_actors::provider_broker::providers::app::App;
use mxcp_actors::provider_broker::providers::atlassian::{AtlassianProvider, AtlassianSettings};
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;

use super::fake::atlassian::routes;
use super::*;

const SQL: &str = "SELECT get_username() AS name, get_user_email() AS email, get_user_id() AS id, \
                   get_user_provider_context()->>'$.sites[0].id' AS site, get_user_instance_url() AS instance";

fn fake() -> Fake {
    Fake::start(&callback("atlassian"), routes)
}

fn block(fake: &Fake, more: &str) -> String {
    let url = fake.url();
    format!(
        ", scope: 'read:me read:jira-work offline_access', auth_url: '{url}/authorize', token_url: '{url}/oauth/token', \
         api_url: '{url}'{more}"
    )
}

#[actix_web::test]
async fn sql_knows_the_user_and_the_sites_that_were_opened() {
    let fake = fake();
    let block = block(&fake, ", allowed_sites: ACME.atlassian.net");
    let server = Provider::new("atlassian", &block)
        .project()
        .tool("whoami", SQL, "")
        .start();
    assert_eq!(
        whoami(&log_in(&server).await).await,
        r#"[{"name":"mkrystof","email":"mia@example.com","id":"112233aa-bb11","site":"Cloud-0001","instance":""}]"#
    );
}

#[actix_web::test]
async fn who_opened_none_of_the_allowed_sites_is_not_let_in() {
    let fake = fake();
    let block = block(&fake, ", allowed_sites: [other.atlassian.net, cloud-0002]");
    let server = Provider::new("atlassian", &block).project().start();
    assert_eq!(refusal(&come_back(&server).await), "access_denied");
}

#[actix_web::test]
async fn a_login_without_sites_is_named_in_the_log() {
    let fake = fake();
    fake.grants().has_sites = false;
    let block = block(&fake, "");
    let server = Provider::new("atlassian", &block)
        .project()
        .tool("whoami", SQL, "")
        .start();
    let known = whoami(&log_in(&server).await).await;
    assert!(known.contains(r#""site":null"#), "{known}");
    server.wait_for_log("No accessible resources found");
}

#[actix_web::test]
async fn a_wrong_secret_is_the_operators_and_a_used_refresh_token_the_users() {
    let fake = fake();
    let server = Provider::new("atlassian", &block(&fake, "")).project().start();
    log_in(&server).await;
    let token = fake.grants().refresh_tokens.keys().next().unwrap().clone();
    let token = Secret::new(token);
    let user = UserKey {
        issuer: fake.url().to_owned(),
        subject: "112233aa-bb11".to_owned(),
    };
    let wrong = provider(&fake, "another secret").refresh(&token, &user).await;
    assert!(
        matches!(&wrong, Err(ProviderError::Misconfigured { code, .. }) if code == "access_denied"),
        "{wrong:?}"
    );
    let atlassian = provider(&fake, CLIENT_SECRET);
    let renewed = atlassian.refresh(&token, &user).await.unwrap();
    assert_eq!(renewed.expires_at, Some(NOW + Duration::from_hours(1)));
    assert!(
        fake.grants()
            .refresh_tokens
            .contains_key(renewed.refresh_token.unwrap().expose())
    );
    let used = atlassian.refresh(&token, &user).await;
    assert!(
        matches!(&used, Err(ProviderError::Refused { code, .. }) if code == "unauthorized_client"),
        "{used:?}"
    );
}

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The provider without a server.
fn provider(fake: &Fake, secret: &str) -> AtlassianProvider {
    let url = |path: &str| Url::parse(&format!("{}{path}", fake.url())).unwrap();
    let http = OutboundClient::new(OutboundSettings::new(BTreeSet::from(["127.0.0.1".to_owned()])));
    let settings = AtlassianSettings {
        app: App {
            client: ClientCredentials {
                client_id: CLIENT_ID.to_owned(),
                client_secret: Secret::new(secret),
            },
            scopes: vec!["read:me".to_owned()],
            callback_path: "/atlassian/callback".to_owned(),
            auth_url: url("/authorize"),
            token_url: url("/oauth/token"),
            claim_mappings: ClaimMappings::default(),
            user_scopes: ScopeSet::empty(),
        },
        api_url: url(""),
        allowed_sites: BTreeSet::new(),
    };
    AtlassianProvider::new(settings, http.unwrap(), Arc::new(FixedClock::at(NOW)))
}
