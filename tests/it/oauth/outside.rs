//! Logins at an outside identity provider, which a stub stands in for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use actix_web::test::TestRequest;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::upstream_tokens::UpstreamTokens;
use mxcp_actors::domain::user::{UserIdentity, UserKey};
use mxcp_actors::provider_broker::provider::{
    CallbackIssuer, OutsideProvider, ProviderError, ProviderFuture, UpstreamGrant, UpstreamRequest,
    UpstreamSecrets,
};
use url::Url;

use super::browser::{Browser, location, parameter};
use super::client::{Fields, call};
use super::consent::register;
use super::server::{Server, scopes_of};

/// A provider whose every code belongs to `octocat`, unless it was told to fail.
#[derive(Default)]
pub(super) struct Upstream {
    failure: RefCell<Option<ProviderError>>,
    may_do_nothing: Cell<bool>,
    departures: Cell<u32>,
    revoked: Cell<u32>,
}

impl Upstream {
    fn answer<T>(&self, value: T) -> Result<T, ProviderError> {
        self.failure.borrow().clone().map_or(Ok(value), Err)
    }
}

impl OutsideProvider for Upstream {
    fn name(&self) -> &'static str {
        "github"
    }

    fn callback_issuer(&self) -> ProviderFuture<'_, CallbackIssuer> {
        Box::pin(async { Ok(CallbackIssuer::Never) })
    }

    fn callback_path(&self) -> &'static str {
        "/github/callback"
    }

    fn authorization_url<'a>(&'a self, departure: &'a UpstreamRequest<'a>) -> ProviderFuture<'a, String> {
        self.departures.set(self.departures.get() + 1);
        let url = format!(
            "https://github.example/authorize?state={}",
            departure.state.expose()
        );
        Box::pin(async move { Ok(url) })
    }

    fn exchange_code<'a>(
        &'a self,
        _code: &'a Secret,
        _secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UpstreamGrant> {
        let tokens = UpstreamTokens {
            access_token: Secret::new("gho_upstream"),
            refresh_token: None,
            expires_at: None,
            scopes: scopes_of("user:email"),
        };
        Box::pin(async move {
            self.answer(UpstreamGrant {
                tokens,
                id_token: None,
                instance_url: None,
            })
        })
    }

    fn read_user<'a>(
        &'a self,
        _grant: &'a UpstreamGrant,
        _secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UserIdentity> {
        let key = UserKey {
            issuer: "https://github.example".to_owned(),
            subject: "583231".to_owned(),
        };
        let mut identity = UserIdentity::bare(key, "github");
        identity.username = Some("octocat".to_owned());
        if !self.may_do_nothing.get() {
            identity.scopes = scopes_of("mcp:read mcp:write mxcp:access");
        }
        Box::pin(async move { Ok(identity) })
    }

    fn refresh<'a>(
        &'a self,
        _refresh_token: &'a Secret,
        _user: &'a UserKey,
    ) -> ProviderFuture<'a, UpstreamTokens> {
        let never = ProviderError::Refused {
            provider: "github".to_owned(),
            code: "invalid_grant".to_owned(),
        };
        Box::pin(async move { Err(never) })
    }

    fn revoke<'a>(&'a self, _tokens: &'a UpstreamTokens) -> ProviderFuture<'a, ()> {
        self.revoked.set(self.revoked.get() + 1);
        Box::pin(async { Ok(()) })
    }
}

/// The provider sends the browser back.
pub(super) fn callback(departure: &Url, answer: &str) -> String {
    let state = parameter(departure, "state").unwrap();
    format!("/github/callback?state={state}&{answer}")
}

async fn depart(browser: &Browser<'_>) -> Url {
    let consent = browser.open(&Fields::demo().uri()).await;
    let departure = location(&browser.submit_once(&consent.form(), &[]).await);
    assert_eq!(departure.host_str(), Some("github.example"), "{departure}");
    departure
}

#[actix_web::test]
async fn consent_comes_before_anything_is_sent_upstream() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let answer = browser.get(&Fields::demo().uri()).await;
    assert_eq!((answer.status, answer.header("location")), (200, None));
    assert!(
        answer.body.contains("name=\"decision\"") && answer.body.contains("github"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("user:email"),
        "what the provider is asked for"
    );
    let consent = browser.open(&Fields::demo().uri()).await;
    let denied = location(
        &browser
            .submit_once(&consent.form(), &[("decision", "deny")])
            .await,
    );
    assert_eq!(parameter(&denied, "error").as_deref(), Some("access_denied"));
}

#[actix_web::test]
async fn a_new_client_is_asked_about_although_its_user_is_signed_in_here_and_at_the_provider() {
    let upstream = Rc::new(Upstream::default());
    let server = Server::outside(Rc::clone(&upstream) as Rc<dyn OutsideProvider>).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    location(&browser.get(&callback(&departure, "code=x")).await);
    // The provider, which knows the user by now, would send the browser back without a word.
    let id = register(&server, "Your notes", "https://evil.example/cb").await;
    let request = Fields::authorization(&id, "https://evil.example/cb").uri();
    let linked = browser.get(&request).await;
    let own = browser.walk_from(TestRequest::get().uri(&request)).await.answer;
    for answer in [linked, own] {
        assert_eq!((answer.status, answer.header("location")), (200, None));
        assert_eq!(
            answer.header("set-cookie"),
            None,
            "nothing is set before the user agrees"
        );
        assert!(
            answer.body.contains("name=\"decision\"") && answer.body.contains("evil.example"),
            "{}",
            answer.body
        );
    }
    assert_eq!(upstream.departures.get(), 1, "that of the first client");
}

#[actix_web::test]
async fn a_whole_login_ends_with_a_call() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    let back = location(&browser.get(&callback(&departure, "code=upstream")).await);
    assert_eq!(parameter(&back, "state").as_deref(), Some("st&te /é"));
    let tokens = Fields::demo_exchange(&parameter(&back, "code").unwrap())
        .to_token(&server)
        .await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert!(!tokens.body.contains("gho_upstream"));
    assert_eq!(call(&server, &tokens.text("access_token")).await.body, "583231");
    assert!(
        browser.open("/").await.answer.body.contains("octocat"),
        "the browser is signed in"
    );
    assert_eq!(
        server.event_names(),
        [
            "authorization_requested",
            "consent_given",
            "login_started",
            "login_succeeded",
            "code_issued",
            "token_issued"
        ]
    );
}

#[actix_web::test]
async fn a_captured_address_is_worthless_in_another_browser() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let (attacker, victim) = (Browser::new(&server), Browser::new(&server));
    let departure = depart(&attacker).await;
    victim.open(&Fields::demo().uri()).await;
    let captured = victim.get(&callback(&departure, "code=victims")).await;
    assert_eq!((captured.status, captured.header("location")), (403, None));
    assert!(
        captured.body.contains("Invalid state parameter"),
        "{}",
        captured.body
    );
    assert_eq!(victim.cookie("session"), None);
    let events = server.events();
    let refused = events.last().unwrap();
    assert_eq!(refused.operation_name, "login_failed");
    assert_eq!(
        refused.attempt_id, events[0].attempt_id,
        "it is known whose login was captured"
    );
    let used_up = attacker.get(&callback(&departure, "code=victims")).await;
    assert_eq!(used_up.status, 400);
}

#[actix_web::test]
async fn a_state_that_is_wrong_or_old_names_the_callback_that_is_expected() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    let good = callback(&departure, "code=x");
    assert_eq!(browser.get(&good).await.status, 303);
    for uri in [
        good.as_str(),
        "/github/callback?state=x&code=x",
        "/github/callback?code=x",
        "/github/callback",
    ] {
        let answer = browser.get(uri).await;
        assert_eq!(answer.status, 400, "{uri}");
        let body = super::browser::unescape(&answer.body);
        assert!(body.contains("Invalid state parameter"), "{body}");
        assert!(body.contains("http://localhost:8000/github/callback"), "{body}");
    }
    let repeated = format!("{good}&state=y");
    assert_eq!(browser.get(&repeated).await.status, 400);
}

#[actix_web::test]
async fn a_login_that_took_too_long_is_refused() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    server.clock.advance(Duration::from_mins(11));
    let late = browser.get(&callback(&departure, "code=x")).await;
    assert_eq!(late.status, 400);
    let body = super::browser::unescape(&late.body);
    assert!(body.contains("Invalid state parameter"), "{body}");
    assert!(body.contains("http://localhost:8000/github/callback"), "{body}");
}

#[actix_web::test]
async fn what_the_provider_refuses_is_told_to_the_client_without_the_providers_words() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    let answer = "error=access_denied&error_description=%3Cscript%3E";
    let back = location(&browser.get(&callback(&departure, answer)).await);
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert!(!back.as_str().contains("%3C"), "{back}");
}

#[actix_web::test]
async fn a_code_beside_an_error_of_the_provider_is_worth_nothing() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    for answer in ["code=x&error=access_denied", "error=access_denied&code=x"] {
        let departure = depart(&browser).await;
        let back = location(&browser.get(&callback(&departure, answer)).await);
        assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
        assert_eq!(parameter(&back, "code"), None);
    }
    assert!(!server.event_names().contains(&"login_succeeded".to_owned()));
}

#[actix_web::test]
async fn a_code_that_comes_twice_ends_the_login_at_the_provider_too() {
    let upstream = Rc::new(Upstream::default());
    let server = Server::outside(Rc::clone(&upstream) as Rc<dyn OutsideProvider>).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    let back = location(&browser.get(&callback(&departure, "code=x")).await);
    let exchange = Fields::demo_exchange(&parameter(&back, "code").unwrap());
    assert_eq!(exchange.to_token(&server).await.status, 200);
    assert_eq!(exchange.to_token(&server).await.text("error"), "invalid_grant");
    server.stop().await;
    assert_eq!(upstream.revoked.get(), 1, "its token was given back");
}

#[actix_web::test]
async fn a_user_who_may_do_nothing_leaves_no_token_behind() {
    let upstream = Rc::new(Upstream::default());
    upstream.may_do_nothing.set(true);
    let server = Server::outside(Rc::clone(&upstream) as Rc<dyn OutsideProvider>).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    let back = location(&browser.get(&callback(&departure, "code=x")).await);
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    server.stop().await;
    assert_eq!(upstream.revoked.get(), 1);
}

#[actix_web::test]
async fn what_is_wrong_between_us_and_the_provider_is_no_denial() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    for (said, told) in [
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "server_error"),
        ("invalid_scope", "server_error"),
        ("redirect_uri_mismatch", "server_error"),
        ("login_required", "access_denied"),
    ] {
        let departure = depart(&browser).await;
        let back = location(&browser.get(&callback(&departure, &format!("error={said}"))).await);
        assert_eq!(parameter(&back, "error").as_deref(), Some(told), "{said}");
    }
}

#[actix_web::test]
async fn a_registration_does_not_lapse_while_its_user_logs_in() {
    let upstream = Rc::new(Upstream::default());
    let server = Server::outside(Rc::clone(&upstream) as Rc<dyn OutsideProvider>).await;
    let client = register(&server, "Brief", "http://localhost:3000/brief").await;
    // A registration that nobody uses lapses after a day.
    server.clock.advance(Duration::from_mins(24 * 60 - 5));
    let browser = Browser::new(&server);
    let request = Fields::demo()
        .with("client_id", &client)
        .with("redirect_uri", "http://localhost:3000/brief");
    let consent = browser.open(&request.uri()).await;
    let departure = location(&browser.submit_once(&consent.form(), &[]).await);
    server.clock.advance(Duration::from_mins(6));
    let late = browser.get(&callback(&departure, "code=x")).await;
    assert_eq!(late.status, 303, "{}", late.body);
    assert!(parameter(&location(&late), "code").is_some());
    server.stop().await;
    assert_eq!(upstream.revoked.get(), 0);
}

#[actix_web::test]
async fn a_provider_that_is_down_is_temporarily_unavailable_and_never_invalid() {
    let upstream = Rc::new(Upstream::default());
    let server = Server::outside(Rc::clone(&upstream) as Rc<dyn OutsideProvider>).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    *upstream.failure.borrow_mut() = Some(ProviderError::Unavailable {
        provider: "github".to_owned(),
        reason: "connection refused",
    });
    let back = location(&browser.get(&callback(&departure, "code=x")).await);
    assert_eq!(
        parameter(&back, "error").as_deref(),
        Some("temporarily_unavailable")
    );
    assert_eq!(parameter(&back, "code"), None);
}

#[actix_web::test]
async fn a_user_whom_the_operator_does_not_let_in_is_told_so() {
    let upstream = Rc::new(Upstream::default());
    let server = Server::outside(Rc::clone(&upstream) as Rc<dyn OutsideProvider>).await;
    let browser = Browser::new(&server);
    let departure = depart(&browser).await;
    *upstream.failure.borrow_mut() = Some(ProviderError::UserNotAllowed {
        reason: "allowed_orgs",
    });
    let back = location(&browser.get(&callback(&departure, "code=x")).await);
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert!(
        parameter(&back, "error_description")
            .unwrap()
            .starts_with("User not authorized")
    );
}

#[actix_web::test]
async fn the_front_page_signs_in_through_the_provider() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let departure = location(&browser.get("/login").await);
    let home = browser.open(&callback(&departure, "code=x")).await;
    assert_eq!(home.answer.status, 200);
    assert!(home.answer.body.contains("octocat"), "{}", home.answer.body);
    let departure = location(&browser.get("/login").await);
    let refused = browser.get(&callback(&departure, "error=access_denied")).await;
    assert_eq!(refused.status, 403);
}

#[actix_web::test]
async fn a_second_click_on_the_consent_page_leads_to_the_provider_again() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let consent = browser.open(&Fields::demo().uri()).await;
    let first = location(&browser.submit_once(&consent.form(), &[]).await);
    let again = browser.submit(&consent.form(), &[]).await;
    assert!(
        again.answer.body.contains("name=\"decision\""),
        "nobody is signed in, so it is asked again"
    );
    location(&browser.get(&callback(&first, "code=x")).await);
    let departure = browser.submit(&consent.form(), &[]).await.location();
    assert_eq!(
        departure.host_str(),
        Some("github.example"),
        "now the consent is remembered"
    );
}

#[actix_web::test]
async fn a_page_that_approved_does_not_deny_afterwards() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let consent = browser.open(&Fields::demo().uri()).await;
    let departure = location(&browser.submit_once(&consent.form(), &[]).await);
    let deny = [("decision", "deny")];
    for _ in ["back button", "double click"] {
        let denied = browser.submit_once(&consent.form(), &deny).await;
        assert_eq!((denied.status, denied.header("location")), (400, None));
        assert!(
            denied.body.contains("the application was allowed"),
            "{}",
            denied.body
        );
    }
    let back = location(&browser.get(&callback(&departure, "code=upstream")).await);
    assert!(
        parameter(&back, "code").is_some(),
        "the client hears this one answer: {back}"
    );
    assert_eq!(
        server.event_names(),
        [
            "authorization_requested",
            "consent_given",
            "login_started",
            "login_succeeded",
            "code_issued"
        ]
    );
}

#[actix_web::test]
async fn a_double_click_on_deny_is_told_to_the_client() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let consent = browser.open(&Fields::demo().uri()).await;
    for _ in ["first", "second"] {
        let back = location(
            &browser
                .submit_once(&consent.form(), &[("decision", "deny")])
                .await,
        );
        assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    }
    assert_eq!(
        server.event_names(),
        ["authorization_requested", "consent_denied"]
    );
}

#[actix_web::test]
async fn a_password_form_means_nothing_here() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let browser = Browser::new(&server);
    let consent = browser.open(&Fields::demo().uri()).await;
    let (_, interaction) = &consent.form().fields[0];
    let form = [
        ("interaction", interaction.as_str()),
        ("username", "testuser"),
        ("password", "testpass"),
    ];
    let cookie = format!("mxcp_browser_8000={}", browser.cookie("browser").unwrap());
    let request = TestRequest::post()
        .uri("/login")
        .set_form(form)
        .insert_header(("Cookie", cookie));
    let answer = server.call(request).await;
    assert!(answer.status >= 400, "{}", answer.status);
    assert_eq!(answer.header("set-cookie"), None);
}
