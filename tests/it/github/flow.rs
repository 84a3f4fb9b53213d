//! Logins of the real program: what the pages say, what is refused, and what the client is told.

use super::fake::state::Canned;
use super::fake::{CLIENT_SECRET, Quirks};
use super::{Browser, come_back, fake, log_in, project, project_with, tokens, told};
use crate::admin::look;
use crate::login::{CLIENT, CLIENT_SECRET as OUR_SECRET, Caller, FORM, PUBLIC, query};
use crate::server::{Project, modern_request};
use serde_json::json;
use tokio::sync::Semaphore;
use url::Url;

fn with_tool(project: Project) -> Project {
    let sql = "SELECT get_username() AS name, get_user_email() AS email, get_user_provider() AS provider";
    project.tool("whoami", sql, "")
}

#[actix_web::test]
async fn sql_knows_the_user_who_logged_in_at_github() {
    let fake = fake(Quirks::default());
    let server = with_tool(project(&fake)).start();
    let caller = log_in(&server).await;
    let answer = caller.call("whoami", json!({})).await;
    let text = answer["content"][0]["text"].as_str().unwrap();
    assert_eq!(
        text, r#"[{"name":"octocat","email":"octocat@example.com","provider":"github"}]"#,
        "{answer}"
    );
}

#[actix_web::test]
async fn the_pages_name_the_provider_and_what_it_is_asked_for() {
    let fake = fake(Quirks::default());
    let server = project(&fake).start();
    let mut browser = Browser::new(&server);
    let consent = String::from_utf8(browser.begin(None).await.body).unwrap();
    assert!(
        consent.contains("<strong>github</strong>") && consent.contains("user:email"),
        "{consent}"
    );
    let home = String::from_utf8(server.get("/").await.body).unwrap();
    assert!(home.contains("Sign in at github"), "{home}");
    assert!(
        fake.state().seen.is_empty(),
        "nobody is asked before the user agrees"
    );
}

#[actix_web::test]
async fn a_callback_is_worth_something_once_and_in_its_own_browser() {
    let fake = fake(Quirks::default());
    let server = project(&fake).start();
    let (mut mine, mut other) = (Browser::new(&server), Browser::new(&server));
    let captured = come_back(&mut mine, "allow").await;
    other.begin(None).await;
    let refused = other.walk("GET", &captured, String::new()).await;
    assert_eq!((refused.status.as_u16(), refused.header("location")), (403, None));
    let back = come_back(&mut mine, "allow").await;
    let swapped = back.replacen("state=", "state=x", 1);
    assert_eq!(
        mine.walk("GET", &swapped, String::new()).await.status.as_u16(),
        400
    );
    let good = mine.walk("GET", &back, String::new()).await;
    assert!(good.header("location").unwrap().contains("code="));
    assert_eq!(
        mine.walk("GET", &back, String::new()).await.status.as_u16(),
        400,
        "replayed"
    );
    let count = fake.state().count("POST /login/oauth/access_token");
    assert_eq!(count, 1, "a refused callback is not exchanged");
}

#[actix_web::test]
async fn the_code_of_one_departure_is_worth_nothing_beside_the_state_of_another() {
    let fake = fake(Quirks::default());
    let server = project(&fake).start();
    let mut browser = Browser::new(&server);
    let first = come_back(&mut browser, "allow").await;
    let second = come_back(&mut browser, "allow").await;
    let value = |callback: &str, name: &str| {
        let url = Url::parse(&format!("{PUBLIC}{callback}")).unwrap();
        let found = url.query_pairs().find(|(known, _)| known == name);
        found.unwrap().1.into_owned()
    };
    let (state, code) = (value(&first, "state"), value(&second, "code"));
    let swapped = query(&[("state", &state), ("code", &code)]);
    let answer = browser
        .walk("GET", &format!("/github/callback?{swapped}"), String::new())
        .await;
    assert_eq!(told(&answer).0, "access_denied");
    assert!(!answer.header("location").unwrap().contains("code="));
    assert!(fake.state().live.is_empty(), "GitHub gives nothing for it");
}

#[actix_web::test]
async fn what_github_answers_is_told_in_the_protocols_words_alone() {
    let denying = fake(Quirks::default());
    let server = project(&denying).start();
    let mut browser = Browser::new(&server);
    let denied = come_back(&mut browser, "deny").await;
    let answer = browser.walk("GET", &denied, String::new()).await;
    let (error, description) = told(&answer);
    assert_eq!(error, "access_denied");
    assert!(!description.contains("your application"), "{description}");
    for (quirk, expected) in [
        (Canned::Status(502), "temporarily_unavailable"),
        (Canned::Garbage, "server_error"),
    ] {
        denying.state().quirks.token_answer = Some(quirk);
        let back = come_back(&mut browser, "allow").await;
        assert_eq!(told(&browser.walk("GET", &back, String::new()).await).0, expected);
    }
    let injected = format!("{denied}&redirect_uri=https://evil.example&error_description=evil");
    let answer = browser.walk("GET", &injected, String::new()).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (400, None));
}

#[actix_web::test]
async fn a_wrong_client_secret_is_the_operators_and_does_not_end_the_flow_without_a_word() {
    let fake = fake(Quirks::default());
    let server = project_with(&fake, "wrong-secret", "").start();
    let mut browser = Browser::new(&server);
    let back = come_back(&mut browser, "allow").await;
    let (error, description) = told(&browser.walk("GET", &back, String::new()).await);
    assert_eq!(error, "server_error");
    assert!(
        description.contains("incorrect_client_credentials"),
        "{description}"
    );
}

#[actix_web::test]
async fn a_sign_in_to_our_own_page_leaves_no_token_behind() {
    let fake = fake(Quirks::default());
    let server = project(&fake).start();
    let mut browser = Browser::new(&server);
    let departure = browser.walk("GET", "/login", String::new()).await;
    let back = super::at_github(departure.header("location").unwrap(), "allow").await;
    let home = browser
        .walk(
            "GET",
            &format!("{}?{}", back.path(), back.query().unwrap()),
            String::new(),
        )
        .await;
    assert!(String::from_utf8_lossy(&home.body).contains("octocat"));
    server.stop();
    let state = fake.state();
    assert!(state.live.is_empty() && state.given_back.len() == 1);
}

#[actix_web::test]
async fn a_token_that_is_given_back_is_given_back_to_github() {
    let fake = fake(Quirks::default());
    let server = project(&fake).start();
    let first = tokens(&server).await;
    assert_eq!(fake.state().live.len(), 1);
    super::revoke(&server, first["access_token"].as_str().unwrap()).await;
    assert_eq!(fake.state().live.len(), 1, "the login lives on");
    super::revoke(&server, first["refresh_token"].as_str().unwrap()).await;
    server.stop();
    let state = fake.state();
    assert!(state.live.is_empty() && state.given_back.len() == 1);
}

#[actix_web::test]
async fn a_stolen_refresh_token_that_comes_back_ends_the_login_at_github_too() {
    let fake = fake(Quirks::default());
    let project = project_with(&fake, CLIENT_SECRET, ", session: { refresh_reuse_window: 0 }");
    let server = with_tool(project).start();
    let first = tokens(&server).await;
    let refresh = async || {
        let form = query(&[
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT),
            ("client_secret", OUR_SECRET),
            ("refresh_token", first["refresh_token"].as_str().unwrap()),
        ]);
        server.request("POST", "/token", FORM, form.into_bytes()).await
    };
    let second = refresh().await.json();
    let user = Caller::with_token(&server, second["access_token"].as_str().unwrap());
    assert_eq!(user.call("whoami", json!({})).await["isError"], false);
    assert_eq!(fake.state().live.len(), 1);
    let stolen = refresh().await;
    assert_eq!(
        (stolen.status.as_u16(), &stolen.json()["error"]),
        (400, &json!("invalid_grant"))
    );
    let ended = user.ask_for_answer("tools/list", json!({})).await;
    assert_eq!(ended.status.as_u16(), 401, "{ended:?}");
    server.stop();
    let state = fake.state();
    assert!(state.live.is_empty() && state.given_back.len() == 1);
}

#[actix_web::test]
async fn nobody_waits_for_github_when_a_login_ends_and_the_stop_does() {
    let fake = fake(Quirks::default());
    let server = with_tool(project(&fake)).start();
    let given = tokens(&server).await;
    fake.state().gate.forget_permits(Semaphore::MAX_PERMITS);
    super::revoke(&server, given["refresh_token"].as_str().unwrap()).await;
    let bearer = format!("Bearer {}", given["access_token"].as_str().unwrap());
    let (mut headers, body) = modern_request("tools/list", json!({}));
    headers.push(("Authorization", bearer));
    assert_eq!(
        server.post(&headers, body).await.status.as_u16(),
        401,
        "it has ended here"
    );
    let page = String::from_utf8(look(&server, "/metrics").await.body).unwrap();
    let pending = "mxcp_provider_revocations_pending{provider=\"github\"} 1\n";
    assert!(page.contains(pending), "{page}");

    server.signal("TERM");
    server.wait_for_log("stopping: ");
    assert!(fake.state().given_back.is_empty());
    fake.state().gate.add_permits(1);
    assert_eq!(server.wait().0.code(), Some(0));
    assert_eq!(fake.state().given_back.len(), 1);
}

#[actix_web::test]
async fn another_providers_callback_address_does_not_exist() {
    let fake = fake(Quirks::default());
    let server = project(&fake).start();
    let mut browser = Browser::new(&server);
    let back = come_back(&mut browser, "allow").await;
    let elsewhere = back.replacen("/github/", "/google/", 1);
    assert_eq!(
        browser
            .walk("GET", &elsewhere, String::new())
            .await
            .status
            .as_u16(),
        404
    );
    assert!(PUBLIC.starts_with("http://localhost"));
}

#[actix_web::test]
async fn a_state_that_nobody_knows_is_in_the_log_with_the_callback_that_is_expected() {
    let fake = fake(Quirks::default());
    let server = project(&fake).start();
    let answer = server.get("/github/callback?state=made-up&code=x").await;
    assert_eq!(answer.status.as_u16(), 400);
    let lines = server.wait_for_log(&format!("{PUBLIC}/github/callback"));
    let line = lines.last().unwrap();
    assert!(line.contains("WARN ] Invalid state parameter"), "{line}");
    assert!(!line.contains("made-up"), "{line}");
}
