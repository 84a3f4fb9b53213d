//! The consent page: what it shows, who may answer it, and that it never is a dead end.

use actix_web::test::TestRequest;
use serde_json::json;

use super::browser::{Browser, Form, Page, location, parameter};
use super::client::{Fields, sign_in};
use super::server::Server;

async fn consent_page(browser: &Browser<'_>, request: &Fields) -> Page {
    let page = sign_in(browser, &browser.open(&request.uri()).await).await;
    assert!(
        page.answer.body.contains("name=\"decision\""),
        "{}",
        page.answer.body
    );
    page
}

pub(super) async fn register(server: &Server, name: &str, redirect_uri: &str) -> String {
    let metadata = json!({ "client_name": name, "redirect_uris": [redirect_uri] });
    server
        .call(TestRequest::post().uri("/register").set_json(&metadata))
        .await
        .text("client_id")
}

#[actix_web::test]
async fn the_page_says_who_asks_for_what_and_where_the_answer_goes() {
    let server = Server::local().await;
    let page = consent_page(&Browser::new(&server), &Fields::demo()).await;
    let body = super::browser::unescape(&page.answer.body);
    for text in [
        "Demo",
        "Notes & Co",
        "Test <User>",
        "http://localhost:3000/callback",
        "mcp:read",
        "mcp:write",
        "http://localhost:8000",
        "a program on this computer",
    ] {
        assert!(body.contains(text), "{text}: {body}");
    }
    assert!(
        !body.contains("Nobody has verified"),
        "the operator vouches for configured clients"
    );
    assert_eq!(
        page.form().fields.last().unwrap(),
        &("decision".to_owned(), "approve".to_owned())
    );
}

#[actix_web::test]
async fn the_name_of_a_registered_client_is_called_unverified_and_cannot_become_markup() {
    let server = Server::local().await;
    let name = "<script>alert('1')</script>\" onload=x";
    let id = register(&server, name, "https://evil.example/cb?a=%3Cb%3E&c='d'").await;
    let request = Fields::authorization(&id, "https://evil.example/cb?a=%3Cb%3E&c='d'");
    let browser = Browser::new(&server);
    let form = browser.open(&request.uri()).await;
    assert!(form.answer.body.contains("nobody has verified this name"));
    let page = sign_in(&browser, &form).await;
    for body in [&form.answer.body, &page.answer.body] {
        assert!(
            !body.contains("<script") && !body.contains("onload=x\""),
            "{body}"
        );
        assert!(body.contains("&lt;script&gt;"), "{body}");
        assert!(body.contains("evil.example"));
    }
    assert!(page.answer.body.contains("Nobody has verified it"));
    assert!(!page.answer.body.contains("a program on this computer"));
}

#[actix_web::test]
async fn pages_are_protected_from_framing_scripts_and_caches() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let form = browser.open(&Fields::demo().uri()).await;
    let consent = sign_in(&browser, &form).await;
    let error = browser.open(&Fields::demo().with("client_id", "x").uri()).await;
    let home = browser.open("/").await;
    for page in [&form, &consent, &error, &home] {
        let answer = &page.answer;
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(
            !policy.contains("form-action") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(
            ["<script", " onload=", " onclick=", "javascript:", "style="]
                .iter()
                .all(|part| !answer.body.contains(part)),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("src=") && !answer.body.contains("<link"));
    }
}

#[actix_web::test]
async fn denying_is_told_to_the_client() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    let back = browser.submit_once(&page.form(), &[("decision", "deny")]).await;
    let back = location(&back);
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("st&te /é"));
    assert!(parameter(&back, "iss").is_some());
    assert_eq!(
        server.event_names(),
        ["authorization_requested", "login_succeeded", "consent_denied"]
    );
}

#[actix_web::test]
async fn only_the_page_of_this_browser_is_accepted() {
    let server = Server::local().await;
    let (browser, victim) = (Browser::new(&server), Browser::new(&server));
    let page = consent_page(&browser, &Fields::demo()).await;
    consent_page(&victim, &Fields::demo()).await;
    // The attacker's page in the victim's browser, and the form without any cookie.
    assert_eq!(victim.submit_once(&page.form(), &[]).await.status, 403);
    let without_cookies = TestRequest::post().uri("/consent").set_form(&page.form().fields);
    assert_eq!(server.call(without_cookies).await.status, 403);
    for value in ["", "x", &format!("mcp_interaction_{}", "0".repeat(72))] {
        let forged = browser.submit_once(&page.form(), &[("interaction", value)]).await;
        assert_eq!(forged.status, 400, "{value}");
    }
    let no_decision = browser.submit_once(&page.form(), &[("decision", "maybe")]).await;
    assert_eq!(no_decision.status, 400);
    assert_eq!(
        browser.submit_once(&page.form(), &[]).await.status,
        303,
        "the page is as good as before"
    );
}

#[actix_web::test]
async fn forms_of_other_sites_are_refused() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let login = browser.open(&Fields::demo().uri()).await.form();
    let consent = consent_page(&browser, &Fields::demo()).await.form();
    let sign_out = Form {
        action: "/logout".to_owned(),
        fields: Vec::new(),
    };
    for form in [login, consent, sign_out] {
        for (name, value) in [
            ("Origin", "https://evil.example"),
            ("Origin", "http://localhost:3000"),
            ("Origin", ""),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let request = browser.submission(&form, &[]).insert_header((name, value));
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 403, "{} {name}: {value}", form.action);
        }
        let own = browser
            .submission(&form, &[])
            .insert_header(("Origin", "http://localhost:8000"));
        assert!(
            !browser.send(own).await.body.contains("another site"),
            "{}",
            form.action
        );
    }
}

#[actix_web::test]
async fn several_tabs_work_side_by_side() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let first = browser.open(&Fields::demo().with("state", "first").uri()).await;
    let second = browser.open(&Fields::demo().with("state", "second").uri()).await;
    let second = sign_in(&browser, &second).await;
    let first = sign_in(&browser, &first).await;
    for (page, state) in [(first, "first"), (second, "second")] {
        let back = location(&browser.submit_once(&page.form(), &[]).await);
        assert_eq!(parameter(&back, "state").as_deref(), Some(state));
        assert!(parameter(&back, "code").is_some(), "{back}");
    }
}

#[actix_web::test]
async fn a_second_click_leads_on_with_a_fresh_code() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    let first = location(&browser.submit_once(&page.form(), &[]).await);
    let second = browser.submit(&page.form(), &[]).await.location();
    let code = |url| parameter(url, "code").unwrap();
    assert_ne!(code(&first), code(&second));
    assert_eq!(parameter(&second, "state").as_deref(), Some("st&te /é"));
    let exchange = Fields::demo_exchange(&code(&second)).to_token(&server).await;
    assert_eq!(exchange.status, 200, "{}", exchange.body);
}

#[actix_web::test]
async fn a_second_click_in_an_old_browser_asks_again() {
    let server = Server::local().await;
    let browser = Browser::old(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    assert_eq!(browser.submit_once(&page.form(), &[]).await.status, 303);
    let again = browser.submit(&page.form(), &[]).await;
    assert!(
        again.answer.body.contains("name=\"decision\""),
        "{}",
        again.answer.body
    );
    let back = location(&browser.submit_once(&again.form(), &[]).await);
    assert!(parameter(&back, "code").is_some());
}

#[actix_web::test]
async fn the_back_button_to_the_login_form_leads_on() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let form = browser.open(&Fields::demo().uri()).await;
    let first = sign_in(&browser, &form).await;
    let again = sign_in(&browser, &form).await;
    assert!(
        again.answer.body.contains("name=\"decision\""),
        "{}",
        again.answer.body
    );
    assert_eq!(browser.submit_once(&first.form(), &[]).await.status, 303);
    let after_the_decision = sign_in(&browser, &form).await;
    assert_ne!(after_the_decision.answer.status, 400);
}

#[actix_web::test]
async fn a_page_that_waited_too_long_says_so() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    server.clock.advance(std::time::Duration::from_mins(11));
    let late = browser.submit_once(&page.form(), &[]).await;
    assert_eq!(late.status, 400);
    assert!(late.body.contains("expired"), "{}", late.body);
}

#[actix_web::test]
async fn a_client_without_a_name_that_shows_is_called_by_its_identifier() {
    let server = Server::local().await;
    let id = register(&server, " \u{3164}", "https://app.example/cb").await;
    let browser = Browser::new(&server);
    let request = Fields::demo()
        .with("client_id", &id)
        .with("redirect_uri", "https://app.example/cb")
        .with("scope", "mxcp:access");
    let page = consent_page(&browser, &request).await;
    let asks = format!("The application <strong>{id}</strong> asks for access");
    assert!(page.answer.body.contains(&asks), "{}", page.answer.body);
}

#[actix_web::test]
async fn a_remembered_consent_is_not_used_when_another_site_sends_the_browser() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    browser.submit_once(&page.form(), &[]).await;
    let session = format!("mxcp_session_8000={}", browser.cookie("session").unwrap());
    let open = async |sites: &[&str]| {
        let request = TestRequest::get().uri(&Fields::demo().uri());
        let request = sites.iter().fold(request, |request, site| {
            request.append_header(("Sec-Fetch-Site", *site))
        });
        server
            .call(request.insert_header(("Cookie", session.as_str())))
            .await
    };
    for sites in [
        &["cross-site"][..],
        &["same-site"],
        &["none"],
        &["same-origin", "cross-site"],
        &[],
    ] {
        let answer = open(sites).await;
        assert_eq!(answer.status, 200, "{sites:?}");
        assert!(answer.body.contains("name=\"decision\""), "{sites:?}");
    }
    let within = location(&open(&["same-origin"]).await);
    assert!(parameter(&within, "code").is_some(), "our own pages are believed");
}

#[actix_web::test]
async fn who_denies_what_was_approved_a_moment_ago_is_asked_again() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    browser.submit_once(&page.form(), &[]).await;
    let denied = browser.submit_once(&page.form(), &[("decision", "deny")]).await;
    assert_eq!((denied.status, denied.header("location")), (400, None));
    let within = TestRequest::get().uri(&Fields::demo().uri());
    let asked = browser.walk_from(within).await.answer;
    assert!(asked.body.contains("name=\"decision\""), "{}", asked.body);
}

#[actix_web::test]
async fn an_address_with_a_code_is_not_kept_and_tells_nobody_where_it_came_from() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    let back = browser.submit_once(&page.form(), &[]).await;
    assert!(parameter(&location(&back), "code").is_some());
    assert_eq!(back.status, 303, "a browser repeats no form at the new place");
    assert_eq!(back.header("cache-control"), Some("no-store"));
    assert_eq!(back.header("referrer-policy"), Some("no-referrer"));
}

#[actix_web::test]
async fn nothing_after_a_denial_approves_what_was_agreed_to_long_ago() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let first = consent_page(&browser, &Fields::demo()).await;
    browser.submit_once(&first.form(), &[]).await;
    let page = browser.open(&Fields::demo().uri()).await.form();
    let deny = [("decision", "deny")];
    browser.submit_once(&page, &deny).await;
    let twice = location(&browser.submit_once(&page, &deny).await);
    assert_eq!(parameter(&twice, "error").as_deref(), Some("access_denied"));
    let (_, interaction) = &page.fields[0];
    let back_button = TestRequest::get()
        .uri(&format!("/consent?interaction={interaction}"))
        .insert_header(("Sec-Fetch-Site", "same-origin"));
    let back = browser.walk_from(back_button).await;
    assert!(
        back.answer.body.contains("name=\"decision\""),
        "{}",
        back.answer.body
    );
}

#[actix_web::test]
async fn consents_are_not_remembered_if_the_operator_does_not_want_it() {
    let server = Server::with(|settings| settings.remember_consents = false).await;
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    browser.submit_once(&page.form(), &[]).await;
    let again = browser.submit(&page.form(), &[]).await;
    assert!(again.answer.body.contains("name=\"decision\""));
}

#[actix_web::test]
async fn a_page_can_be_reloaded() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let page = consent_page(&browser, &Fields::demo()).await;
    let (_, interaction) = &page.form().fields[0];
    let reloaded = browser.open(&format!("/consent?interaction={interaction}")).await;
    assert_eq!(reloaded.form().fields, page.form().fields);
    let missing = browser.open("/consent").await;
    assert_eq!(missing.answer.status, 400);
}
