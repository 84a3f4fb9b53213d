//! The token endpoint: who may ask, and which code is worth tokens.

use std::time::{Duration, Instant};

use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mxcp_actors::domain::pkce::CodeVerifier;
use serde_json::json;

use super::browser::{Browser, location, parameter};
use super::client::{Fields, call, log_in, sign_in, verifier};
use super::server::{
    Answer, DEMO_CLIENT, DEMO_REDIRECT, DEMO_SECRET, PLUS_CLIENT, PUBLIC_CLIENT, SPACED_CLIENT, Server,
};

/// Posts with the Basic scheme.
pub(super) async fn basic(server: &Server, id: &str, secret: &str, form: &Fields) -> Answer {
    let credentials = STANDARD.encode(format!("{id}:{secret}"));
    with_header(server, &format!("Basic {credentials}"), form).await
}

async fn with_header(server: &Server, header: &str, form: &Fields) -> Answer {
    with_headers(server, &[header], form).await
}

async fn with_headers(server: &Server, headers: &[&str], form: &Fields) -> Answer {
    let query = form.uri();
    let (_, body) = query.split_once('?').unwrap();
    let request = TestRequest::post()
        .uri("/token")
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"));
    let request = headers.iter().fold(request, |request, header| {
        request.append_header(("Authorization", *header))
    });
    server.call(request.set_payload(body.to_owned())).await
}

/// The exchange is refused with this error, and the answer may not be kept.
fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (status, error),
        "{}",
        answer.body
    );
    assert!(!answer.text("error_description").is_empty());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

async fn code(server: &Server) -> String {
    log_in(server, &Fields::demo()).await
}

#[actix_web::test]
async fn answers_are_never_kept() {
    let server = Server::local().await;
    let answer = Fields::demo_exchange(&code(&server).await)
        .to_token(&server)
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
}

#[actix_web::test]
async fn a_malformed_challenge_is_accepted_and_can_never_be_exchanged() {
    let server = Server::local().await;
    let challenge = verifier().challenge().as_str().to_owned();
    for challenge in [
        "test",
        &challenge[..42],
        &format!("{challenge}A"),
        verifier().secret().expose(),
    ] {
        let code = log_in(&server, &Fields::demo().with("code_challenge", challenge)).await;
        let exchange = Fields::demo_exchange(&code);
        refused(&exchange.to_token(&server).await, 400, "invalid_grant");
        let same = exchange.with("code_verifier", challenge);
        refused(&same.to_token(&server).await, 400, "invalid_grant");
    }
}

#[actix_web::test]
async fn mistakes_that_prove_nothing_leave_the_code_alone() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await);
    for (wrong, error) in [
        (
            exchange
                .clone()
                .with("redirect_uri", "http://localhost:3001/callback"),
            "invalid_grant",
        ),
        (
            exchange.clone().with("resource", "https://other.example/mcp"),
            "invalid_target",
        ),
        (exchange.clone().with("code_verifier", "short"), "invalid_grant"),
        (exchange.clone().without("code_verifier"), "invalid_request"),
        (exchange.clone().without("code"), "invalid_request"),
        (exchange.clone().with("code", "mcp_code_00"), "invalid_grant"),
        (
            exchange.clone().with("grant_type", "password"),
            "unsupported_grant_type",
        ),
        (
            exchange.clone().with("grant_type", "client_credentials"),
            "unauthorized_client",
        ),
        (exchange.clone().without("grant_type"), "invalid_request"),
    ] {
        refused(&wrong.to_token(&server).await, 400, error);
    }
    assert_eq!(exchange.to_token(&server).await.status, 200);
}

#[actix_web::test]
async fn three_wrong_verifiers_use_the_code_up() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await);
    for _ in 0..3 {
        let wrong = exchange.clone().with("code_verifier", &"a".repeat(43));
        refused(&wrong.to_token(&server).await, 400, "invalid_grant");
    }
    refused(&exchange.to_token(&server).await, 400, "invalid_grant");
}

#[actix_web::test]
async fn a_code_works_once_and_a_replay_ends_what_came_from_it() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await);
    let tokens = exchange.to_token(&server).await;
    let (access_token, refresh_token) = (tokens.text("access_token"), tokens.text("refresh_token"));
    assert_eq!(call(&server, &access_token).await.status, 200);
    refused(&exchange.to_token(&server).await, 400, "invalid_grant");
    assert_eq!(call(&server, &access_token).await.status, 401);
    let refresh = Fields::demo_refresh(&refresh_token).to_token(&server).await;
    refused(&refresh, 400, "invalid_grant");
    let events = server.events();
    let replayed = events
        .iter()
        .find(|record| record.operation_name == "code_replayed")
        .unwrap();
    assert_eq!(replayed.user.user_id.as_deref(), Some("testuser"));
}

#[actix_web::test]
async fn of_a_hundred_exchanges_at_once_one_succeeds_and_its_tokens_are_ended() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await);
    let answers = futures_util::future::join_all((0..100).map(|_| exchange.to_token(&server))).await;
    let (succeeded, failed): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(succeeded.len(), 1);
    for answer in failed {
        refused(answer, 400, "invalid_grant");
    }
    assert_eq!(
        call(&server, &succeeded[0].text("access_token")).await.status,
        401
    );
}

#[actix_web::test]
async fn a_code_lives_a_minute() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await);
    server.clock.advance(Duration::from_mins(1));
    refused(&exchange.to_token(&server).await, 400, "invalid_grant");
}

#[actix_web::test]
async fn the_code_of_one_client_is_worth_nothing_to_another() {
    let server = Server::local().await;
    let code = code(&server).await;
    let stolen = Fields::demo_exchange(&code)
        .with("client_id", PUBLIC_CLIENT)
        .without("client_secret");
    refused(&stolen.to_token(&server).await, 400, "invalid_grant");
    assert_eq!(
        Fields::demo_exchange(&code).to_token(&server).await.status,
        200,
        "it is as it was"
    );
}

#[actix_web::test]
async fn the_code_of_one_login_is_worth_nothing_beside_the_verifier_of_another() {
    let server = Server::local().await;
    let other = CodeVerifier::from_bits(&[8; 32]);
    let mine = Fields::demo_exchange(&code(&server).await);
    let others = Fields::demo().with("code_challenge", other.challenge().as_str());
    let others = Fields::demo_exchange(&log_in(&server, &others).await);
    let injected = mine.clone().with("code_verifier", other.secret().expose());
    for wrong in [&injected, &others] {
        refused(&wrong.to_token(&server).await, 400, "invalid_grant");
    }
    let others = others.with("code_verifier", other.secret().expose());
    for exchange in [mine, others] {
        assert_eq!(exchange.to_token(&server).await.status, 200);
    }
}

#[actix_web::test]
async fn an_exchange_may_leave_out_what_oauth_2_1_has_dropped() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await)
        .without("redirect_uri")
        .without("resource");
    assert_eq!(exchange.to_token(&server).await.status, 200);
}

#[actix_web::test]
async fn an_unknown_client_and_a_wrong_secret_are_answered_alike_so_that_clients_register_again() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await);
    let wrong_secret = exchange
        .clone()
        .with("client_secret", "x")
        .to_token(&server)
        .await;
    for request in [
        exchange.clone().with("client_id", "nobody"),
        exchange.clone().with("client_id", "\u{0}"),
        exchange.clone().without("client_secret"),
        exchange.clone().with("client_id", PUBLIC_CLIENT),
    ] {
        let answer = request.to_token(&server).await;
        refused(&answer, 401, "invalid_client");
        assert_eq!(answer.body, wrong_secret.body);
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
    }
    refused(
        &exchange
            .without("client_id")
            .without("client_secret")
            .to_token(&server)
            .await,
        401,
        "invalid_client",
    );
}

/// Far less than the way through a network varies by.
const UNSEEN: Duration = Duration::from_micros(500);

#[actix_web::test]
async fn an_unknown_client_takes_as_long_as_a_wrong_secret() {
    let server = Server::with(|settings| settings.rate_limits.token = 0).await;
    let metadata = json!({ "redirect_uris": ["https://a.example/cb"], "token_endpoint_auth_method": "client_secret_post" });
    let client = TestRequest::post().uri("/register").set_json(&metadata);
    let client = server.call(client).await;
    let configured = Fields::demo_exchange("x");
    let known = configured.clone().with("client_id", &client.text("client_id"));
    let unknown = configured
        .clone()
        .with("client_id", "00000000-0000-4000-8000-000000000000");
    let asked = [unknown, known, configured]
        .map(|fields| fields.with("client_secret", &format!("mcp_secret_{}", "0".repeat(72))));
    let mut took = [const { Vec::new() }; 3];
    // The fastest answers tell: whatever else the machine does only adds to others.
    for _ in 0..301 {
        for (request, took) in asked.iter().zip(&mut took) {
            let begun = Instant::now();
            let answer = request.to_token(&server).await;
            took.push(begun.elapsed());
            refused(&answer, 401, "invalid_client");
        }
    }
    let [unknown, others @ ..] = took.map(|took| took.into_iter().min().unwrap());
    for wrong in others {
        assert!(wrong.abs_diff(unknown) < UNSEEN, "{wrong:?} and {unknown:?}");
    }
}

#[actix_web::test]
async fn credentials_stand_in_one_place() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await);
    let both = basic(&server, DEMO_CLIENT, DEMO_SECRET, &exchange).await;
    refused(&both, 400, "invalid_request");
    let other = exchange
        .clone()
        .without("client_secret")
        .with("client_id", PUBLIC_CLIENT);
    refused(
        &basic(&server, DEMO_CLIENT, DEMO_SECRET, &other).await,
        400,
        "invalid_request",
    );
    let assertion = exchange
        .clone()
        .without("client_secret")
        .and("client_assertion", "x.y.z");
    refused(&assertion.to_token(&server).await, 400, "invalid_request");
    let encoded = exchange.without("client_secret").without("client_id");
    let good = format!(
        "Basic {}",
        STANDARD.encode(format!("{DEMO_CLIENT}:{DEMO_SECRET}"))
    );
    for headers in [[good.as_str(), good.as_str()], [&good, "Bearer x"]] {
        refused(
            &with_headers(&server, &headers, &encoded).await,
            401,
            "invalid_client",
        );
    }
    let answer = basic(&server, "mcp%2Dtest-client", "mcp%2dtest-secret", &encoded).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[actix_web::test]
async fn a_public_client_may_name_itself_in_the_header() {
    let server = Server::local().await;
    let code = log_in(&server, &Fields::public()).await;
    let exchange = Fields::from(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", verifier().secret().expose()),
    ]);
    assert_eq!(
        basic(&server, PUBLIC_CLIENT, "x", &exchange).await.status,
        401,
        "it has no secret"
    );
    assert_eq!(basic(&server, PUBLIC_CLIENT, "", &exchange).await.status, 200);
}

#[actix_web::test]
async fn a_broken_header_is_told_how_to_authenticate() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange("x");
    for header in [
        "Basic",
        "Basic !!!",
        "Basic bm8tY29sb24=",
        "Bearer abc",
        "Digest x",
    ] {
        let answer = with_header(&server, header, &exchange).await;
        refused(&answer, 401, "invalid_client");
        assert!(
            answer.header("www-authenticate").unwrap().starts_with("Basic "),
            "{header}"
        );
    }
}

#[actix_web::test]
async fn anything_but_a_form_is_refused() {
    let server = Server::local().await;
    let post = || TestRequest::post().uri("/token");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for request in [
        post(),
        post().set_json(json!({ "grant_type": "authorization_code" })),
        post()
            .insert_header(("Content-Type", "multipart/form-data; boundary=x"))
            .set_payload("--x--"),
        post()
            .insert_header(("Content-Type", "text/plain"))
            .set_payload("grant_type=refresh_token"),
        post().insert_header(form).set_payload("x".repeat(1_000_000)),
        post().insert_header(form).set_payload("grant_type=%ff"),
        post().insert_header(form).set_payload("a=1&".repeat(100)),
        post()
            .insert_header(form)
            .set_payload("grant_type=refresh_token&grant_type=refresh_token"),
        post().insert_header(form).set_payload(""),
        TestRequest::post()
            .uri("/token?grant_type=refresh_token")
            .insert_header(form),
    ] {
        refused(&server.call(request).await, 400, "invalid_request");
    }
    assert_eq!(server.get("/token").await.status, 405);
}

#[actix_web::test]
async fn repeated_parameters_are_refused() {
    let server = Server::local().await;
    let exchange = Fields::demo_exchange(&code(&server).await);
    for name in [
        "grant_type",
        "client_id",
        "client_secret",
        "code",
        "code_verifier",
        "redirect_uri",
        "resource",
    ] {
        let answer = exchange.clone().and(name, "x").to_token(&server).await;
        refused(&answer, 400, "invalid_request");
        assert!(answer.text("error_description").contains(name), "{}", answer.body);
    }
}

#[actix_web::test]
async fn a_code_that_came_without_a_challenge_cannot_be() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let answer = browser.get(&Fields::demo().without("code_challenge").uri()).await;
    assert_eq!(parameter(&location(&answer), "code"), None);
}

#[actix_web::test]
async fn the_older_folder_works_too() {
    let server = Server::local().await;
    let browser = Browser::new(&server);
    let uri = format!("/oauth{}", Fields::demo().uri());
    let consent = sign_in(&browser, &browser.open(&uri).await).await;
    let back = location(&browser.submit_once(&consent.form(), &[]).await);
    assert!(back.as_str().starts_with(DEMO_REDIRECT));
    let exchange = Fields::demo_exchange(&parameter(&back, "code").unwrap());
    assert_eq!(exchange.post(&server, "/oauth/token").await.status, 200);
}

#[actix_web::test]
async fn credentials_in_the_header_are_form_encoded_or_not_at_all() {
    let server = Server::local().await;
    let unknown_code = Fields::from(&[
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("code_verifier", verifier().secret().expose()),
    ]);
    let known = [
        ("spaced+app", "two+words"),
        ("spaced%20app", "two%20words"),
        SPACED_CLIENT,
        PLUS_CLIENT,
        ("plus-app", "a%2Bb%2Fc%3D"),
    ];
    for (id, secret) in known {
        let answer = basic(&server, id, secret, &unknown_code).await;
        assert_eq!(
            answer.text("error"),
            "invalid_grant",
            "the client is known: {id} {secret}"
        );
    }
    for (id, secret) in [
        ("spaced+app", "two%2Bwords"),
        ("spaced%2Bapp", "two+words"),
        ("plus-app", "a b/c="),
    ] {
        refused(
            &basic(&server, id, secret, &unknown_code).await,
            401,
            "invalid_client",
        );
    }
    let events = server.events();
    let is_of_client = |reason: &&str| !reason.starts_with("the code is unknown");
    let reasons = events.iter().filter_map(|event| event.error.as_deref());
    assert_eq!(
        reasons.filter(is_of_client).count(),
        3,
        "one record for each refusal: {events:?}"
    );
}
