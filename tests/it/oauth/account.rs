//! What a user sees of the applications that act for them, and takes back.

use std::process::Command;
use std::time::Duration;

use actix_web::test::TestRequest;
use mxcp_actors::domain::audit_event::OperationStatus;

use super::browser::{Browser, Form, Page, first_form, location, parameter};
use super::client::{Fields, call, sign_in};
use super::server::{DEMO_CLIENT, PUBLIC_CLIENT, PUBLIC_REDIRECT, START, Server};

/// Logs the user of this browser in to a client; gives back the access token.
async fn allow(
    browser: &Browser<'_>,
    server: &Server,
    request: Fields,
    exchange: fn(&str) -> Fields,
) -> String {
    let consent = browser.open(&request.uri()).await;
    let consent = match consent.answer.body.contains("name=\"password\"") {
        true => sign_in(browser, &consent).await,
        false => consent,
    };
    let back = location(&browser.submit_once(&consent.form(), &[]).await);
    let tokens = exchange(&parameter(&back, "code").unwrap())
        .to_token(server)
        .await;
    tokens.text("access_token")
}

fn public_exchange(code: &str) -> Fields {
    Fields::demo_exchange(code)
        .without("client_secret")
        .with("client_id", PUBLIC_CLIENT)
        .with("redirect_uri", PUBLIC_REDIRECT)
}

/// The form that takes back from this client.
fn form_of(page: &Page, client: &str) -> Form {
    let sections = page.answer.body.split("<section>").skip(1);
    let mut forms = sections.filter_map(first_form);
    let is_meant = |form: &Form| form.fields.contains(&("client_id".to_owned(), client.to_owned()));
    forms
        .find(is_meant)
        .unwrap_or_else(|| panic!("{client} is not shown: {}", page.answer.body))
}

/// The form that signs out everywhere.
fn everywhere(page: &Page) -> Form {
    let (_, rest) = page.answer.body.split_once("<h2>Everywhere</h2>").unwrap();
    first_form(rest).unwrap()
}

#[actix_web::test]
async fn a_user_sees_who_may_act_for_them_and_takes_it_back_from_one() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let demo = allow(&browser, &server, Fields::demo(), Fields::demo_exchange).await;
    server.clock.advance(Duration::from_mins(10));
    let public = allow(&browser, &server, Fields::public(), public_exchange).await;
    server.clock.advance(Duration::from_mins(2));
    assert_eq!(call(&server, &demo).await.status, 200);

    let page = browser.open("/account").await;
    let body = &page.answer.body;
    let (demo_at, public_at) = (body.find(DEMO_CLIENT).unwrap(), body.find(PUBLIC_CLIENT).unwrap());
    assert!(demo_at < public_at, "the last used first: {body}");
    assert!(body.contains("<code>mcp:read</code>"), "{body}");
    assert!(
        body.contains("2027-01-15T08:12:00.000000Z"),
        "the first call: {body}"
    );
    assert!(body.contains("2027-01-15 08:10 UTC"), "the second login: {body}");
    assert!(body.contains("signed in as <strong>Test &lt;User&gt;"), "{body}");

    let left = browser.submit(&form_of(&page, DEMO_CLIENT), &[]).await;
    assert!(!left.answer.body.contains(DEMO_CLIENT), "{}", left.answer.body);
    assert!(left.answer.body.contains(PUBLIC_CLIENT), "{}", left.answer.body);
    assert_eq!(call(&server, &demo).await.status, 401);
    assert_eq!(call(&server, &public).await.status, 200);
    let events = server.events();
    let revoked = events
        .iter()
        .rfind(|record| record.operation_name == "token_revoked")
        .unwrap();
    assert_eq!(revoked.operation_status, OperationStatus::Success);
    assert_eq!(revoked.client_id.as_deref(), Some(DEMO_CLIENT));
    assert_eq!(revoked.user.user_id.as_deref(), Some("testuser"));
    assert_eq!(revoked.input_data["reason"], "revoked_by_user");
}

#[actix_web::test]
async fn signing_out_everywhere_ends_every_application_and_every_browser() {
    let server = Server::local().await;
    let (browser, phone) = (Browser::new(&server), Browser::new(&server));
    let demo = allow(&browser, &server, Fields::demo(), Fields::demo_exchange).await;
    let public = allow(&phone, &server, Fields::public(), public_exchange).await;
    let page = browser.open("/logout").await;
    let home = browser.submit(&everywhere(&page), &[]).await;
    assert!(
        !home.answer.body.contains("You are signed in"),
        "{}",
        home.answer.body
    );
    assert_eq!(browser.cookie("session"), None);
    assert!(
        phone.open("/").await.answer.body.contains("Sign in"),
        "the other browser, too"
    );
    for token in [demo, public] {
        assert_eq!(call(&server, &token).await.status, 401);
    }
    let ends = [
        "token_revoked",
        "token_revoked",
        "logged_out",
        "request_refused",
        "request_refused",
    ];
    assert!(server.event_names().ends_with(&ends.map(str::to_owned)));
}

#[actix_web::test]
async fn what_the_store_cannot_take_back_in_full_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oauth.db");
    let sql = |statement: &str| {
        let run = Command::new("sqlite3").arg(&file).arg(statement).status();
        assert!(run.unwrap().success(), "{statement}");
    };
    let server = Server::kept_in(&file, START).await;
    let browser = Browser::new(&server);
    let demo = allow(&browser, &server, Fields::demo(), Fields::demo_exchange).await;
    let page = browser.open("/logout").await;
    sql("ALTER TABLE consents RENAME TO put_away");
    let failed = browser.submit_once(&everywhere(&page), &[]).await;
    assert!(failed.status >= 500, "{}", failed.status);
    assert_eq!(call(&server, &demo).await.status, 200, "nothing has ended");
    sql("ALTER TABLE put_away RENAME TO consents");
    assert_eq!(browser.submit_once(&everywhere(&page), &[]).await.status, 303);
    assert_eq!(call(&server, &demo).await.status, 401);
    let asked = browser.open(&Fields::demo().uri()).await;
    let asked = sign_in(&browser, &asked).await.answer;
    assert!(asked.body.contains("name=\"decision\""), "{}", asked.body);
    let ends = server
        .event_names()
        .into_iter()
        .filter(|name| name == "token_revoked");
    assert_eq!(ends.count(), 1);
}

#[actix_web::test]
async fn signing_out_of_one_browser_leaves_the_applications() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let demo = allow(&browser, &server, Fields::demo(), Fields::demo_exchange).await;
    let page = browser.open("/logout").await;
    assert!(
        page.answer.body.contains("go on doing so"),
        "{}",
        page.answer.body
    );
    browser.submit(&page.form(), &[]).await;
    assert_eq!(browser.cookie("session"), None);
    assert_eq!(call(&server, &demo).await.status, 200);
}

#[actix_web::test]
async fn nobody_else_takes_anything_back() {
    let server = Server::local().await;
    let (browser, attacker) = (Browser::new(&server), Browser::new(&server));
    let demo = allow(&browser, &server, Fields::demo(), Fields::demo_exchange).await;
    let page = browser.open("/account").await;
    let (form, all) = (
        form_of(&page, DEMO_CLIENT),
        everywhere(&browser.open("/logout").await),
    );
    // The attacker's own account, its page's proof in the victim's browser, and no proof at all.
    sign_in(&attacker, &attacker.open("/login").await).await;
    let proof = everywhere(&attacker.open("/logout").await).fields;
    let proof = &proof.iter().find(|(name, _)| name == "proof").unwrap().1;
    for form in [&form, &all] {
        for forged in ["", "x", proof] {
            let answer = browser.submit_once(form, &[("proof", forged)]).await;
            assert_eq!(answer.status, 403, "{forged}: {}", answer.body);
        }
        let without_cookies = TestRequest::post().uri(&form.action).set_form(&form.fields);
        assert_eq!(server.call(without_cookies).await.status, 403);
    }
    for client in ["", "line\nbreak"] {
        let answer = browser.submit_once(&form, &[("client_id", client)]).await;
        assert_eq!(answer.status, 400, "{client:?}");
    }
    // Somebody else's grants are not reached with one's own page.
    let other = [("username", "limited"), ("password", "limitedpass")];
    let stranger = Browser::new(&server);
    let login = stranger.open("/login").await;
    stranger.submit(&login.form(), &other).await;
    stranger
        .submit(&everywhere(&stranger.open("/logout").await), &[])
        .await;
    assert_eq!(call(&server, &demo).await.status, 200);
    assert_eq!(
        browser.submit_once(&form, &[]).await.status,
        303,
        "the page is as good as before"
    );
    assert_eq!(call(&server, &demo).await.status, 401);
}

#[actix_web::test]
async fn who_is_not_signed_in_is_told_where_to() {
    let server = Server::local().await;
    let account = server.get("/account").await;
    assert_eq!(account.status, 200);
    assert!(account.body.contains("login\">Sign in</a>"), "{}", account.body);
    assert!(server.get("/logout").await.body.contains("You are not signed in"));
}
