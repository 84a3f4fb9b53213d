//! Salesforce: who the user is, where the user's data is served, and what becomes of tokens without an end.

use super::fake::salesforce::{ORGANISATION, routes};
use super::*;

const SQL: &str = "SELECT get_username() AS name, get_user_email() AS email, get_user_id() AS id, \
                   get_user_instance_url() AS instance, get_user_provider_context()->>'$.organization_id' AS organisation";

fn fake() -> Fake {
    Fake::start(&callback("salesforce"), routes)
}

fn block(fake: &Fake, more: &str) -> String {
    let url = fake.url();
    format!(
        ", scope: 'api refresh_token openid', auth_url: '{url}/services/oauth2/authorize', \
         token_url: '{url}/services/oauth2/token'{more}"
    )
}

#[actix_web::test]
async fn sql_knows_the_user_and_where_the_users_data_is_served() {
    let fake = fake();
    // The checksum of an organisation's identifier may be left out.
    let block = block(&fake, &format!(", allowed_orgs: {}", &ORGANISATION[..15]));
    let server = Provider::new("salesforce", &block)
        .project()
        .tool("whoami", SQL, "")
        .start();
    let expected = format!(
        r#"[{{"name":"mia@acme.example.sandbox","email":"mia@example.com","id":"005000000000001AAA","instance":"{}","organisation":"{ORGANISATION}"}}]"#,
        fake.url()
    );
    assert_eq!(whoami(&log_in(&server).await).await, expected);
}

#[actix_web::test]
async fn users_of_other_organisations_are_not_let_in() {
    let fake = fake();
    let block = block(&fake, ", allowed_orgs: [00D000000000002]");
    let server = Provider::new("salesforce", &block).project().start();
    assert_eq!(refusal(&come_back(&server).await), "access_denied");
}

#[actix_web::test]
async fn a_refused_login_names_the_host_and_the_other_one() {
    let fake = fake();
    let block = block(&fake, "");
    let mut provider = Provider::new("salesforce", &block);
    provider.secret = "another-secret";
    let server = provider.project().start();
    assert_eq!(refusal(&come_back(&server).await), "server_error");
    let lines = server.wait_for_log("test.salesforce.com");
    let line = lines.last().unwrap();
    assert!(
        line.contains("invalid_client_id") && line.contains("asked at 127.0.0.1"),
        "{line}"
    );
}

#[actix_web::test]
async fn logging_out_gives_the_refresh_token_back() {
    let fake = fake();
    let server = Provider::new("salesforce", &block(&fake, "")).project().start();
    let answer = come_back(&server).await;
    let tokens = login::tokens(&server, &login::code_of(&answer)).await;
    let upstream = fake.grants().refresh_tokens.keys().next().unwrap().clone();
    let form = login::query(&[
        ("client_id", login::CLIENT),
        ("client_secret", login::CLIENT_SECRET),
        ("token", tokens["refresh_token"].as_str().unwrap()),
    ]);
    let answer = server
        .request("POST", "/revoke", login::FORM, form.into_bytes())
        .await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    server.stop();
    assert!(fake.grants().given_back.contains(&upstream));
}
