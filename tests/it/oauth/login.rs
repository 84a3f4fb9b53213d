//! Whole logins with a password, and the server's own front page.

use actix_web::test::TestRequest;

use super::browser::{Browser, location, parameter};
use super::client::{Fields, call, demo_tokens, log_in, sign_in};
use super::server::{
    DEMO_CLIENT, DEMO_REDIRECT, DEMO_SECRET, ISSUER, OUT_OF_BAND, Server, public_url, scopes_of,
};

#[actix_web::test]
async fn a_whole_login_ends_with_a_call() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let form = browser.open(&Fields::demo().and("scope", "mcp:read").uri()).await;
    let consent = sign_in(&browser, &form).await;
    assert!(consent.answer.body.contains("mcp:read"));
    let back = browser.submit_once(&consent.form(), &[]).await;
    let back = location(&back);
    assert!(
        back.as_str()
            .starts_with(&format!("{DEMO_REDIRECT}?code=mcp_code_")),
        "{back}"
    );
    assert_eq!(parameter(&back, "state").as_deref(), Some("st&te /é"));
    assert_eq!(parameter(&back, "iss").as_deref(), Some(ISSUER));
    assert_eq!(parameter(&back, "error"), None);

    let tokens = Fields::demo_exchange(&parameter(&back, "code").unwrap())
        .to_token(&server)
        .await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let body = tokens.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "mcp:read");
    assert!(
        body["refresh_token"]
            .as_str()
            .unwrap()
            .starts_with("mcp_refresh_")
    );
    let answer = call(&server, body["access_token"].as_str().unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "testuser"));
}

#[actix_web::test]
async fn a_request_without_scope_means_what_the_client_gets_by_default() {
    let server = Server::local().await;
    assert_eq!(demo_tokens(&server).await.text("scope"), "mcp:read mcp:write");
    let code = log_in(&server, &Fields::public()).await;
    let exchange = Fields::from(&[
        ("grant_type", "authorization_code"),
        ("client_id", "public-app"),
        ("code", &code),
        ("code_verifier", super::client::verifier().secret().expose()),
    ]);
    let tokens = exchange.to_token(&server).await;
    assert_eq!(tokens.text("scope"), "mxcp:access");
    assert_eq!(
        tokens.json().get("refresh_token"),
        None,
        "it is not registered for refreshing"
    );
}

#[actix_web::test]
async fn a_user_never_gets_more_scopes_than_he_may_have() {
    let server = Server::local().await;
    let limited = [("username", "limited"), ("password", "limitedpass")];
    let browser = Browser::new(&server);
    let form = browser
        .open(&Fields::demo().and("scope", "mcp:read mcp:write").uri())
        .await;
    let consent = browser.submit(&form.form(), &limited).await;
    let back = location(&browser.submit_once(&consent.form(), &[]).await);
    let tokens = Fields::demo_exchange(&parameter(&back, "code").unwrap())
        .to_token(&server)
        .await;
    assert_eq!(tokens.text("scope"), "mcp:read");

    let form = browser
        .open(&Fields::demo().and("scope", "mcp:write").uri())
        .await;
    let back = location(&browser.submit_once(&form.form(), &[]).await);
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    let description = parameter(&back, "error_description").unwrap();
    assert!(description.starts_with("User not authorized"), "{description}");
}

#[actix_web::test]
async fn a_wrong_password_shows_the_form_again() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let form = browser.open(&Fields::demo().uri()).await;
    for answers in [
        [("username", "testuser"), ("password", "wrong")],
        [("username", "nobody<b>"), ("password", "testpass")],
        [("username", ""), ("password", "")],
    ] {
        let again = browser.submit(&form.form(), &answers).await;
        assert_eq!(again.answer.status, 403);
        assert!(again.answer.body.contains("username or the password is wrong"));
        assert!(again.answer.body.contains("Demo"), "it still says for whom");
        assert!(!again.answer.body.contains("nobody<b>"));
        assert_eq!(browser.cookie("session"), None);
    }
    let right = sign_in(&browser, &form).await;
    assert!(right.answer.body.contains("name=\"decision\""));
    let attempt = server.events()[0].attempt_id;
    assert!(server.events().iter().all(|record| record.attempt_id == attempt));
    assert_eq!(
        server.event_names(),
        [
            "authorization_requested",
            "login_failed",
            "login_failed",
            "login_failed",
            "login_succeeded"
        ]
    );
}

#[actix_web::test]
async fn guessing_is_slowed_down() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let form = browser.open(&Fields::demo().uri()).await.form();
    let wrong = [("username", "testuser"), ("password", "wrong")];
    let mut statuses = Vec::new();
    for _ in 0..11 {
        statuses.push(browser.submit_once(&form, &wrong).await.status);
    }
    assert_eq!(statuses, [403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 429]);
    let throttled = browser.submit_once(&form, &wrong).await;
    let wait: u64 = throttled.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert!(throttled.body.contains("Too many failed logins"));
}

#[actix_web::test]
async fn the_out_of_band_redirect_shows_the_code_on_a_page() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let request = Fields::authorization(DEMO_CLIENT, OUT_OF_BAND);
    let consent = sign_in(&browser, &browser.open(&request.uri()).await).await;
    assert!(consent.answer.body.contains("code to copy"));
    let page = browser.submit_once(&consent.form(), &[]).await;
    assert_eq!((page.status, page.header("location")), (200, None));
    let (_, rest) = page.body.split_once("value=\"").unwrap();
    let (code, _) = rest.split_once('"').unwrap();
    let exchange = Fields::demo_exchange(code).with("redirect_uri", OUT_OF_BAND);
    assert_eq!(exchange.to_token(&server).await.status, 200);

    let denied = browser.open(&request.uri()).await;
    let page = browser.submit_once(&denied.form(), &[("decision", "deny")]).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("access_denied"));
}

#[actix_web::test]
async fn the_front_page_says_what_this_is_and_who_is_signed_in() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let home = browser.open("/").await;
    assert_eq!(home.answer.status, 200);
    assert!(
        home.answer
            .body
            .contains("http:&#x2f;&#x2f;localhost:8000&#x2f;mcp"),
        "{}",
        home.answer.body
    );
    assert!(home.answer.body.contains("Sign in"));
    let command = "claude mcp add --transport http Notes-Co http";
    assert!(
        home.answer.body.contains(command),
        "a shell reads nothing into the name"
    );

    let form = browser.open("/login").await;
    let home = sign_in(&browser, &form).await;
    assert!(
        home.answer.body.contains("Test &lt;User&gt;"),
        "{}",
        home.answer.body
    );
    assert!(home.answer.body.contains("testuser@example.com"));

    let signed_out = browser.submit(&home.form(), &[]).await;
    assert!(signed_out.answer.body.contains("Sign in"));
    assert_eq!(browser.cookie("session"), None);
    assert_eq!(server.event_names(), ["login_succeeded", "logged_out"]);
}

#[actix_web::test]
async fn a_stolen_session_cookie_is_worthless_after_signing_out() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let home = sign_in(&browser, &browser.open("/login").await).await;
    let stolen = format!("mxcp_session_8000={}", browser.cookie("session").unwrap());
    let with_cookie = || {
        TestRequest::get()
            .uri("/")
            .insert_header(("Cookie", stolen.clone()))
    };
    assert!(server.call(with_cookie()).await.body.contains("testuser"));
    browser.submit(&home.form(), &[]).await;
    assert!(!server.call(with_cookie()).await.body.contains("testuser"));
}

#[actix_web::test]
async fn who_is_signed_in_is_not_asked_for_a_password_and_can_be_somebody_else() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    sign_in(&browser, &browser.open("/login").await).await;
    let consent = browser.open(&Fields::demo().uri()).await;
    assert!(
        consent.answer.body.contains("name=\"decision\""),
        "{}",
        consent.answer.body
    );
    let old_page = consent.form();

    let sign_out = super::browser::Form {
        action: "/logout".to_owned(),
        fields: old_page.fields.clone(),
    };
    let form = browser.submit(&sign_out, &[]).await;
    assert!(
        form.answer.body.contains("name=\"password\""),
        "{}",
        form.answer.body
    );
    let back = browser.submit(&old_page, &[]).await;
    assert!(
        back.answer.body.contains("name=\"password\""),
        "the old page approves nothing"
    );

    let limited = [("username", "limited"), ("password", "limitedpass")];
    let consent = browser.submit(&form.form(), &limited).await;
    let back = location(&browser.submit_once(&consent.form(), &[]).await);
    let tokens = Fields::demo_exchange(&parameter(&back, "code").unwrap())
        .to_token(&server)
        .await;
    assert_eq!(call(&server, &tokens.text("access_token")).await.body, "limited");
}

#[actix_web::test]
async fn passwords_do_not_cross_the_network_in_plain_text() {
    let server = Server::with(|settings| settings.public_url = public_url("http://api.example.com")).await;
    for uri in [Fields::demo().uri(), "/login".to_owned(), "/".to_owned()] {
        let answer = server
            .call_at("api.example.com", TestRequest::get().uri(&uri))
            .await;
        assert_eq!(answer.status, 403, "{uri}");
        assert!(answer.body.contains("Logins need https"), "{uri}");
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[actix_web::test]
async fn a_client_that_registered_itself_logs_its_user_in() {
    let server = Server::with(|settings| settings.required_scopes = scopes_of("mxcp:access")).await;
    let metadata = serde_json::json!({
        "redirect_uris": ["http://127.0.0.1:33418/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
    });
    let client = server
        .call(TestRequest::post().uri("/register").set_json(&metadata))
        .await;
    let (id, secret) = (client.text("client_id"), client.text("client_secret"));
    let code = log_in(
        &server,
        &Fields::authorization(&id, "http://127.0.0.1:50000/callback"),
    )
    .await;
    let exchange = Fields::from(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", super::client::verifier().secret().expose()),
        ("redirect_uri", "http://127.0.0.1:50000/callback"),
    ]);
    let in_the_body = exchange
        .clone()
        .and("client_id", &id)
        .and("client_secret", &secret);
    assert_eq!(
        in_the_body.to_token(&server).await.status,
        401,
        "it is registered for the header"
    );
    let tokens = super::token::basic(&server, &id, &secret, &exchange).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(call(&server, &tokens.text("access_token")).await.status, 200);
}

#[actix_web::test]
async fn secrets_of_configured_clients_work_in_either_place() {
    let server = Server::local().await;
    let code = log_in(&server, &Fields::demo()).await;
    let exchange = Fields::demo_exchange(&code)
        .without("client_id")
        .without("client_secret");
    let tokens = super::token::basic(&server, DEMO_CLIENT, DEMO_SECRET, &exchange).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
}
