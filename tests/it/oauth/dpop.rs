//! Tokens that only the owner of a key can use (DPoP, RFC 9449): asked for, used, refreshed, described, and refused to others.

use std::time::Duration;

use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_actors::domain::clock::Clock as _;
use serde_json::{Value, json};

use super::client::{Fields, call, demo_tokens, log_in, verifier};
use super::client_credentials;
use super::server::{Answer, DEMO_CLIENT, DEMO_SECRET, ISSUER, PUBLIC_CLIENT, RESOURCE, SIGNED, Server};
use crate::proof_key::ProofKey;

const TOKEN: &str = "http://localhost:8000/token";

/// The key of a client of this server.
pub(super) struct Key<'a> {
    server: &'a Server,
    pub(super) pair: ProofKey,
}

impl<'a> Key<'a> {
    pub(super) fn new(server: &'a Server, seed: u64) -> Self {
        let pair = ProofKey::new(seed);
        Self { server, pair }
    }

    /// The same key, before another server.
    pub(super) fn at(self, server: &Server) -> Key<'_> {
        Key {
            server,
            pair: self.pair,
        }
    }

    fn proof(&self, method: &str, url: &str, token: Option<&str>) -> String {
        let now = self.server.clock.now().seconds();
        self.pair.proof(method, url, token, now)
    }

    /// Posts to the token endpoint with a proof.
    pub(super) async fn ask(&self, fields: &Fields) -> Answer {
        let proof = self.proof("POST", TOKEN, None);
        with_proofs(self.server, fields, &[&proof]).await
    }

    /// Calls the resource with a proof for it.
    pub(super) async fn call(&self, token: &str) -> Answer {
        let proof = self.proof("POST", RESOURCE, Some(token));
        present(self.server, "DPoP", token, Some(&proof)).await
    }
}

pub(super) async fn with_proofs(server: &Server, fields: &Fields, proofs: &[&str]) -> Answer {
    let request = TestRequest::post().uri("/token").set_form(fields.pairs());
    let add = |request: TestRequest, proof: &&str| request.append_header(("DPoP", *proof));
    server.call(proofs.iter().fold(request, add)).await
}

async fn present(server: &Server, scheme: &str, token: &str, proof: Option<&str>) -> Answer {
    let request = TestRequest::post().uri("/mcp");
    let request = request.insert_header(("Authorization", format!("{scheme} {token}")));
    server
        .call(match proof {
            Some(proof) => request.insert_header(("DPoP", proof)),
            None => request,
        })
        .await
}

fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.text("error"))
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

async fn introspect(server: &Server, token: &str) -> Value {
    let form = [
        ("client_id", DEMO_CLIENT),
        ("client_secret", DEMO_SECRET),
        ("token", token),
    ];
    server.post("/introspect", &form).await.json()
}

fn public_exchange(code: &str) -> Fields {
    Fields::from(&[
        ("grant_type", "authorization_code"),
        ("client_id", PUBLIC_CLIENT),
        ("code", code),
        ("code_verifier", verifier().secret().expose()),
    ])
}

fn public_refresh(token: &str) -> Fields {
    Fields::from(&[
        ("grant_type", "refresh_token"),
        ("client_id", PUBLIC_CLIENT),
        ("refresh_token", token),
    ])
}

#[actix_web::test]
async fn a_bound_token_opens_the_door_with_proofs_of_its_key_alone() {
    let server = Server::local().await;
    let (key, thief) = (Key::new(&server, 1), Key::new(&server, 2));
    let tokens = key
        .ask(&Fields::demo_exchange(&log_in(&server, &Fields::demo()).await))
        .await;
    assert_eq!((tokens.status, tokens.text("token_type").as_str()), (200, "DPoP"));
    let token = tokens.text("access_token");
    assert_eq!(key.call(&token).await.body, "testuser");
    let described = introspect(&server, &token).await;
    assert_eq!(
        (&described["token_type"], &described["cnf"]),
        (&json!("DPoP"), &json!({ "jkt": key.pair.thumbprint() }))
    );
    let as_bearer = call(&server, &token).await;
    assert_eq!(error(&as_bearer), refused(401, "invalid_token"));
    let challenge = as_bearer.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("DPoP error=\"invalid_token\""),
        "{challenge}"
    );
    assert!(
        challenge.contains("algs=\"ES256 EdDSA PS256 RS256\""),
        "{challenge}"
    );
    let of_thief = thief.call(&token).await;
    assert_eq!(error(&of_thief), refused(401, "invalid_dpop_proof"));
    assert!(
        of_thief
            .header("www-authenticate")
            .unwrap()
            .starts_with("DPoP error=\"invalid_dpop_proof\"")
    );
    let bearer = demo_tokens(&server).await;
    assert_eq!(bearer.text("token_type"), "Bearer");
    let with_proof = key.call(&bearer.text("access_token")).await;
    assert_eq!(
        error(&with_proof),
        refused(401, "invalid_token"),
        "it is not bound"
    );
}

#[actix_web::test]
async fn a_proof_is_for_one_request_and_counts_once_on_all_replicas() {
    let [server, other] = Server::replicas().await;
    let key = Key::new(&server, 1);
    let tokens = key
        .ask(&Fields::demo_exchange(&log_in(&server, &Fields::demo()).await))
        .await;
    let token = tokens.text("access_token");
    let proof = key.proof("POST", RESOURCE, Some(&token));
    assert_eq!(present(&server, "DPoP", &token, Some(&proof)).await.status, 200);
    for replica in [&server, &other] {
        let again = present(replica, "DPoP", &token, Some(&proof)).await;
        assert_eq!(error(&again), refused(401, "invalid_dpop_proof"));
    }
    for proof in [
        key.proof("GET", RESOURCE, Some(&token)),
        key.proof("POST", TOKEN, Some(&token)),
        key.proof("POST", RESOURCE, None),
        key.proof("POST", RESOURCE, Some("another token")),
        "x".to_owned(),
    ] {
        let refusal = present(&server, "DPoP", &token, Some(&proof)).await;
        assert_eq!(error(&refusal), refused(401, "invalid_dpop_proof"), "{proof}");
    }
    let old = key.proof("POST", RESOURCE, Some(&token));
    server.clock.advance(Duration::from_mins(5));
    let old = present(&server, "DPoP", &token, Some(&old)).await;
    assert_eq!(error(&old), refused(401, "invalid_dpop_proof"));
    let without = present(&server, "DPoP", &token, None).await;
    assert_eq!(error(&without), refused(401, "invalid_dpop_proof"));
    assert_eq!(key.call(&token).await.status, 200);
}

#[actix_web::test]
async fn a_wrong_proof_at_the_token_endpoint_spends_nothing() {
    let server = Server::local().await;
    let key = Key::new(&server, 1);
    let exchange = Fields::demo_exchange(&log_in(&server, &Fields::demo()).await);
    let good = key.proof("POST", TOKEN, None);
    let elsewhere = key.proof("POST", &format!("{ISSUER}/register"), None);
    for proofs in [
        vec!["x"],
        vec![""],
        vec![elsewhere.as_str()],
        vec![good.as_str(), good.as_str()],
    ] {
        let refusal = with_proofs(&server, &exchange, &proofs).await;
        assert_eq!(error(&refusal), refused(400, "invalid_dpop_proof"), "{proofs:?}");
    }
    assert_eq!(
        with_proofs(&server, &exchange, &[&good]).await.text("token_type"),
        "DPoP"
    );
    let again = Fields::demo_exchange(&log_in(&server, &Fields::demo()).await);
    let refusal = with_proofs(&server, &again, &[&good]).await;
    assert_eq!(error(&refusal), refused(400, "invalid_dpop_proof"), "it was used");
    assert_eq!(key.ask(&again).await.status, 200);
}

#[actix_web::test]
async fn the_refresh_token_of_a_public_client_is_bound_too() {
    let server = Server::local().await;
    let (key, thief) = (Key::new(&server, 1), Key::new(&server, 2));
    let metadata = json!({ "redirect_uris": ["https://b.example/cb"], "token_endpoint_auth_method": "none" });
    let registered = server
        .call(TestRequest::post().uri("/register").set_json(&metadata))
        .await;
    let id = registered.text("client_id");
    let code = log_in(&server, &Fields::authorization(&id, "https://b.example/cb")).await;
    let first = key.ask(&public_exchange(&code).with("client_id", &id)).await;
    let refresh_with = |answer: &Answer| public_refresh(&answer.text("refresh_token")).with("client_id", &id);
    let refresh = refresh_with(&first);
    assert_eq!(
        error(&refresh.to_token(&server).await),
        refused(400, "invalid_grant")
    );
    assert_eq!(error(&thief.ask(&refresh).await), refused(400, "invalid_grant"));
    let second = key.ask(&refresh).await;
    assert_eq!(second.text("token_type"), "DPoP");
    let repeated = key.ask(&refresh).await;
    assert_eq!(
        repeated.text("access_token"),
        second.text("access_token"),
        "a lost answer is given again"
    );
    assert_eq!(error(&thief.ask(&refresh).await), refused(400, "invalid_grant"));
    assert_eq!(key.call(&second.text("access_token")).await.status, 200);
    let third = refresh_with(&second);
    assert_eq!(
        error(&thief.ask(&third).await),
        refused(400, "invalid_grant"),
        "the successor, too"
    );
    assert_eq!(key.ask(&third).await.status, 200);
}

#[actix_web::test]
async fn a_client_with_a_secret_may_change_its_key() {
    let server = Server::local().await;
    let [one, two] = [1, 2].map(|seed| Key::new(&server, seed));
    let first = one
        .ask(&Fields::demo_exchange(&log_in(&server, &Fields::demo()).await))
        .await;
    let second = two.ask(&Fields::demo_refresh(&first.text("refresh_token"))).await;
    let token = second.text("access_token");
    assert_eq!(two.call(&token).await.status, 200);
    assert_eq!(one.call(&token).await.status, 401);
}

#[actix_web::test]
async fn a_code_is_bound_to_the_key_that_the_authorization_request_named() {
    let server = Server::local().await;
    let (key, thief) = (Key::new(&server, 1), Key::new(&server, 2));
    let request = Fields::public().and("dpop_jkt", key.pair.thumbprint());
    let exchange = public_exchange(&log_in(&server, &request).await);
    assert_eq!(
        error(&exchange.to_token(&server).await),
        refused(400, "invalid_grant")
    );
    assert_eq!(error(&thief.ask(&exchange).await), refused(400, "invalid_grant"));
    assert_eq!(key.ask(&exchange).await.status, 200, "the code was not spent");
    let answer = server.get(&Fields::public().and("dpop_jkt", "x").uri()).await;
    assert!(
        answer
            .header("location")
            .unwrap()
            .contains("error=invalid_request")
    );
}

#[actix_web::test]
async fn a_client_that_registered_for_bound_tokens_alone_gets_no_others() {
    let server = Server::local().await;
    let metadata = json!({
        "redirect_uris": ["https://b.example/cb"], "token_endpoint_auth_method": "none", "dpop_bound_access_tokens": true,
    });
    let wrong = json!({ "redirect_uris": ["https://b.example/cb"], "dpop_bound_access_tokens": "yes" });
    let wrong = server
        .call(TestRequest::post().uri("/register").set_json(&wrong))
        .await;
    assert_eq!(error(&wrong), refused(400, "invalid_client_metadata"));
    let registered = server
        .call(TestRequest::post().uri("/register").set_json(&metadata))
        .await;
    assert_eq!(registered.json()["dpop_bound_access_tokens"], true);
    let id = registered.text("client_id");
    let code = log_in(&server, &Fields::authorization(&id, "https://b.example/cb")).await;
    let exchange = public_exchange(&code).with("client_id", &id);
    assert_eq!(
        error(&exchange.to_token(&server).await),
        refused(400, "invalid_dpop_proof")
    );
    let key = Key::new(&server, 1);
    let tokens = key.ask(&exchange).await;
    assert_eq!(tokens.text("token_type"), "DPoP");
    let refresh = public_refresh(&tokens.text("refresh_token")).with("client_id", &id);
    assert_eq!(
        error(&refresh.to_token(&server).await),
        refused(400, "invalid_dpop_proof")
    );
}

#[actix_web::test]
async fn a_signed_token_says_which_key_it_is_bound_to() {
    let server = Server::with(|settings| settings.access_token_format = SIGNED).await;
    let key = Key::new(&server, 1);
    let tokens = key
        .ask(&Fields::demo_exchange(&log_in(&server, &Fields::demo()).await))
        .await;
    let token = tokens.text("access_token");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["cnf"], json!({ "jkt": key.pair.thumbprint() }));
    assert_eq!(key.call(&token).await.status, 200);
    assert_eq!(call(&server, &token).await.status, 401);
}

#[actix_web::test]
async fn refusals_are_recorded_with_their_user_and_never_with_the_proof() {
    let server = Server::local().await;
    let (key, thief) = (Key::new(&server, 1), Key::new(&server, 2));
    let tokens = key
        .ask(&Fields::demo_exchange(&log_in(&server, &Fields::demo()).await))
        .await;
    let token = tokens.text("access_token");
    let proof = thief.proof("POST", RESOURCE, Some(&token));
    assert_eq!(present(&server, "DPoP", &token, Some(&proof)).await.status, 401);
    let events = server.events();
    let event = events.last().unwrap();
    assert_eq!(
        (event.operation_name.as_str(), event.user.user_id.as_deref()),
        ("request_refused", Some("testuser"))
    );
    let written = serde_json::to_string(event).unwrap();
    assert!(
        written.contains("another key") && !written.contains(&proof[..40]),
        "{written}"
    );
}

#[actix_web::test]
async fn a_client_that_calls_in_its_own_name_may_bind_its_token_too() {
    let server = Server::with(client_credentials::machines).await;
    let key = Key::new(&server, 1);
    let answer = key.ask(&client_credentials::request()).await;
    assert_eq!(answer.text("token_type"), "DPoP", "{}", answer.body);
    let token = answer.text("access_token");
    assert_eq!(key.call(&token).await.status, 200);
    assert_eq!(call(&server, &token).await.status, 401);
    assert_eq!(Key::new(&server, 2).call(&token).await.status, 401);
}

#[actix_web::test]
async fn a_stolen_bound_token_and_a_question_about_it_do_not_make_its_owner_a_thief() {
    let server = Server::local().await;
    let (key, thief) = (Key::new(&server, 1), Key::new(&server, 2));
    let code = log_in(&server, &Fields::demo()).await;
    let first = key.ask(&Fields::demo_exchange(&code)).await.text("refresh_token");
    let lost = key.ask(&Fields::demo_refresh(&first)).await;
    let stolen = lost.text("access_token");
    assert_eq!(call(&server, &stolen).await.status, 401);
    assert_eq!(thief.call(&stolen).await.status, 401);
    let without_proof = present(&server, "DPoP", &stolen, None).await;
    assert_eq!(without_proof.status, 401);
    assert_eq!(introspect(&server, &stolen).await["active"], true);

    server.clock.advance(Duration::from_mins(10));
    let repeated = key.ask(&Fields::demo_refresh(&first)).await;
    assert_eq!(repeated.status, 200, "{}", repeated.body);
    assert_eq!(repeated.text("access_token"), stolen);

    // What its owner does right after somebody else showed it is a use, and is noticed.
    assert_eq!(call(&server, &stolen).await.status, 401);
    assert_eq!(introspect(&server, &stolen).await["active"], true);
    assert_eq!(key.call(&stolen).await.status, 200);
    server.clock.advance(Duration::from_mins(10));
    let reused = key.ask(&Fields::demo_refresh(&first)).await;
    assert_eq!(error(&reused), refused(400, "invalid_grant"));
    assert!(server.event_names().contains(&"refresh_token_reused".to_owned()));
}
