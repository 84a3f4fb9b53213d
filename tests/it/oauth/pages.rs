//! The cookies that pages set, and where pages send a browser.

use actix_web::http::header::SET_COOKIE;
use actix_web::test::TestRequest;

use super::browser::{Browser, Form, first_form};
use super::client::{Fields, sign_in};
use super::server::{Answer, Server, public_url};

fn cookies(answer: &Answer) -> Vec<String> {
    let lines = answer.headers.get_all(SET_COOKIE);
    lines.map(|line| line.to_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn over_https_cookies_belong_to_this_host_alone() {
    let server = Server::with(|settings| settings.public_url = public_url("https://api.example.com")).await;
    let request = TestRequest::get().uri(
        &Fields::demo()
            .with("resource", "https://api.example.com/mcp")
            .uri(),
    );
    let answer = server.call_at("api.example.com", request).await;
    let [cookie] = cookies(&answer).try_into().unwrap();
    assert!(cookie.starts_with("__Host-mxcp_browser=mcp_browser_"), "{cookie}");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[actix_web::test]
async fn on_this_machine_cookies_are_plain_and_know_their_port() {
    let server = Server::local().await;
    let [cookie] = cookies(&server.get(&Fields::demo().uri()).await)
        .try_into()
        .unwrap();
    assert!(cookie.starts_with("mxcp_browser_8000="), "{cookie}");
    assert!(
        cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "{cookie}");
}

#[actix_web::test]
async fn a_login_makes_a_new_session_whatever_the_browser_brought() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let first = {
        sign_in(&browser, &browser.open("/login").await).await;
        browser.cookie("session").unwrap()
    };
    let form = browser.open("/login").await;
    sign_in(&browser, &form).await;
    let second = browser.cookie("session").unwrap();
    assert_ne!(first, second);
    let old = TestRequest::get()
        .uri("/")
        .insert_header(("Cookie", format!("mxcp_session_8000={first}")));
    assert!(
        !server.call(old).await.body.contains("testuser"),
        "the earlier session has ended"
    );
}

#[actix_web::test]
async fn cookies_that_are_not_ours_are_ignored() {
    let server = Server::local().await;
    let long = "x".repeat(5000);
    for value in ["", "x", "mcp_browser_00", long.as_str(), "\"quoted\""] {
        let request = TestRequest::get().uri(&Fields::demo().uri()).insert_header((
            "Cookie",
            format!("mxcp_browser_8000={value}; mxcp_session_8000={value}"),
        ));
        let answer = server.call(request).await;
        assert_eq!(answer.status, 200, "{value}");
        assert_eq!(cookies(&answer).len(), 1, "{value}");
    }
}

#[actix_web::test]
async fn one_browser_cookie_serves_all_tabs() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    browser.open(&Fields::demo().uri()).await;
    let first = browser.cookie("browser").unwrap();
    let again = browser.get(&Fields::demo().uri()).await;
    assert!(cookies(&again).is_empty());
    assert_eq!(browser.cookie("browser").unwrap(), first);
}

#[actix_web::test]
async fn over_https_the_cookie_of_who_signed_in_is_as_protected_and_both_are_small() {
    const HOST: &str = "api.example.com";
    let server = Server::with(|settings| settings.public_url = public_url("https://api.example.com")).await;
    let begun = server.call_at(HOST, TestRequest::get().uri("/login")).await;
    let [browser] = cookies(&begun).try_into().unwrap();
    let mut form = first_form(&begun.body).unwrap();
    form.fields.retain(|(name, _)| name == "interaction");
    let answers = [("username", "testuser"), ("password", "testpass")];
    form.fields
        .extend(answers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let (pair, _) = browser.split_once(';').unwrap();
    let request = TestRequest::post()
        .uri(&form.action)
        .set_form(&form.fields)
        .insert_header(("Cookie", pair))
        .insert_header(("Sec-Fetch-Site", "same-origin"));
    let signed_in = server.call_at(HOST, request).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let [session] = cookies(&signed_in).try_into().unwrap();
    assert!(
        session.starts_with("__Host-mxcp_session=mcp_session_"),
        "{session}"
    );
    for part in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
        assert!(session.contains(part), "{session}");
    }
    assert!(!session.contains("Domain"), "{session}");
    for cookie in [browser, session] {
        assert!(cookie.len() < 256, "{cookie}");
    }
}

#[actix_web::test]
async fn no_parameter_of_our_own_pages_leads_to_another_site() {
    const ELSEWHERE: &str =
        "next=https://evil.example&return_to=//evil.example&redirect=https:evil.example&url=/%5Cevil.example";
    let server = Server::local().await;
    let browser = Browser::new(&server);
    for path in [
        "/?",
        "/login?",
        "/consent?",
        "/consent?interaction=https://evil.example&",
        "/authorize?",
    ] {
        let answer = browser.get(&format!("{path}{ELSEWHERE}")).await;
        assert_eq!(answer.header("location"), None, "{path}");
        assert!(!answer.body.contains("evil.example"), "{path}: {}", answer.body);
    }
    let form = browser.open(&format!("/login?{ELSEWHERE}")).await.form();
    let answers = [
        ("username", "testuser"),
        ("password", "testpass"),
        ("next", "https://evil.example"),
    ];
    let signed_in = browser.submit_once(&form, &answers).await;
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/")));
    let sign_out = Form {
        action: format!("/logout?{ELSEWHERE}"),
        fields: Vec::new(),
    };
    for (answers, own) in [
        (&[("next", "https://evil.example")], "/"),
        (
            &[("interaction", "//evil.example")],
            "/consent?interaction=%2F%2Fevil.example",
        ),
    ] {
        let signed_out = browser.submit_once(&sign_out, answers).await;
        assert_eq!(
            (signed_out.status, signed_out.header("location")),
            (303, Some(own))
        );
    }
}
