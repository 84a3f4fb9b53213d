//! Tokens of another server that only the owner of a key can use (`cnf.jkt`, RFC 9449): taken with proofs of that key, each once.

use super::told::{active, introspection, say};
use super::*;
use crate::login;
use crate::proof_key::ProofKey;

/// The answer to a call of `who` with this token and these proofs.
async fn present(server: &Server, scheme: &str, token: &str, proofs: &[&str]) -> Answer {
    let (mut headers, body) = modern_request("tools/call", json!({ "name": "who", "arguments": {} }));
    headers.push(("Authorization", format!("{scheme} {token}")));
    headers.extend(proofs.iter().map(|proof| ("DPoP", (*proof).to_owned())));
    server.post(&headers, body).await
}

/// The answer to a call with a proof for it that is made now.
async fn prove(server: &Server, key: &ProofKey, token: &str) -> Answer {
    let proof = key.proof("POST", RESOURCE, Some(token), now());
    present(server, "DPoP", token, &[&proof]).await
}

fn assert_refused(answer: &Answer, error: &str) {
    assert_eq!(answer.status.as_u16(), 401, "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap();
    let expected = format!("DPoP error=\"{error}\"");
    assert!(challenge.starts_with(&expected), "{challenge}");
    assert!(
        challenge.contains("algs=\"ES256 EdDSA PS256 RS256\""),
        "{challenge}"
    );
}

fn bound(issuer: &FakeOidc, key: &ProofKey) -> Value {
    with(claims(issuer), "cnf", json!({ "jkt": key.thumbprint() }))
}

#[actix_rt::test]
async fn a_bound_token_opens_the_door_with_proofs_of_its_key_alone() {
    let issuer = issuer();
    let server = verifier(&issuer, "").start();
    let [key, thief] = [1, 2].map(ProofKey::new);
    let token = signed(&issuer, &bound(&issuer, &key));
    for _ in 0..2 {
        let answer = prove(&server, &key, &token).await;
        assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
        assert!(
            answer.json()["result"]["content"][0]["text"]
                .as_str()
                .unwrap()
                .contains("ada")
        );
    }
    let proof = key.proof("POST", RESOURCE, Some(&token), now());
    assert_refused(&present(&server, "Bearer", &token, &[]).await, "invalid_token");
    assert_refused(
        &present(&server, "Bearer", &token, &[&proof]).await,
        "invalid_token",
    );
    assert_refused(&present(&server, "DPoP", &token, &[]).await, "invalid_dpop_proof");
    assert_refused(&prove(&server, &thief, &token).await, "invalid_dpop_proof");
    recorded(&server, "another key");
    let plain = signed(&issuer, &claims(&issuer));
    assert_refused(&prove(&server, &key, &plain).await, "invalid_token");
    assert!(
        who(&server, &plain).await.is_ok(),
        "a token that is not bound is used as before"
    );
    let as_keycloak = signed(&issuer, &with(bound(&issuer, &key), "typ", json!("DPoP")));
    assert_eq!(prove(&server, &key, &as_keycloak).await.status.as_u16(), 200);
}

#[actix_rt::test]
async fn a_proof_is_for_one_request_and_counts_once() {
    let issuer = issuer();
    let server = verifier(&issuer, "").start();
    let key = ProofKey::new(1);
    let token = signed(&issuer, &bound(&issuer, &key));
    let another = signed(&issuer, &with(bound(&issuer, &key), "jti", json!("2")));
    let proof = key.proof("POST", RESOURCE, Some(&token), now());
    assert_eq!(
        present(&server, "DPoP", &token, &[&proof]).await.status.as_u16(),
        200
    );
    for _ in 0..2 {
        assert_refused(
            &present(&server, "DPoP", &token, &[&proof]).await,
            "invalid_dpop_proof",
        );
    }
    recorded(&server, "the DPoP proof was used before");
    let good = || key.proof("POST", RESOURCE, Some(&token), now());
    for (proofs, reason) in [
        (
            vec![key.proof("GET", RESOURCE, Some(&token), now())],
            "htm of the DPoP proof",
        ),
        (
            vec![key.proof("POST", "https://tools.example/other", Some(&token), now())],
            "htu of the DPoP proof",
        ),
        (
            vec![key.proof("POST", RESOURCE, None, now())],
            "ath of the DPoP proof",
        ),
        (
            vec![key.proof("POST", RESOURCE, Some(&another), now())],
            "ath of the DPoP proof",
        ),
        (
            vec![key.proof("POST", RESOURCE, Some(&token), now() - 301)],
            "older than 5 minutes",
        ),
        (
            vec![key.proof("POST", RESOURCE, Some(&token), now() + 120)],
            "from the future",
        ),
        (vec![good(), good()], "exactly one DPoP proof"),
        (vec!["x".to_owned()], "the DPoP proof is not accepted"),
        (vec![token.clone()], "not accepted"),
    ] {
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        assert_refused(
            &present(&server, "DPoP", &token, &proofs).await,
            "invalid_dpop_proof",
        );
        recorded(&server, reason);
    }
    let used = key.proof("POST", RESOURCE, Some(&token), now());
    assert_eq!(
        present(&server, "DPoP", &token, &[&used]).await.status.as_u16(),
        200,
        "none of them harmed the others"
    );
}

#[actix_rt::test]
async fn a_token_that_its_issuer_calls_bound_needs_proofs_also_while_the_answer_is_remembered() {
    let issuer = issuer();
    let key = ProofKey::new(1);
    let bound = with(active(&issuer), "cnf", json!({ "jkt": key.thumbprint() }));
    say(&issuer, with(bound, "token_type", json!("DPoP")));
    let server = introspection(&issuer, "").start();
    assert_eq!(prove(&server, &key, "opaque").await.status.as_u16(), 200);
    assert_refused(&present(&server, "Bearer", "opaque", &[]).await, "invalid_token");
    let proof = key.proof("POST", RESOURCE, Some("opaque"), now());
    assert_eq!(
        present(&server, "DPoP", "opaque", &[&proof])
            .await
            .status
            .as_u16(),
        200
    );
    assert_refused(
        &present(&server, "DPoP", "opaque", &[&proof]).await,
        "invalid_dpop_proof",
    );
    assert_refused(
        &prove(&server, &ProofKey::new(2), "opaque").await,
        "invalid_dpop_proof",
    );
    assert_eq!(issuer.script().count("/introspect"), 1);
}

#[actix_rt::test]
async fn what_one_server_binds_opens_another_one_with_proofs_of_the_same_key() {
    let [authorization, resource] = own::pair();
    let key = ProofKey::new(1);
    let code = login::Browser::new(&authorization)
        .code("ada", login::SCOPES)
        .await;
    let at_token_endpoint = key.proof("POST", &format!("{}/token", login::PUBLIC), None, now());
    let mut headers = login::FORM.to_vec();
    headers.push(("DPoP", &at_token_endpoint));
    let answer = authorization
        .request("POST", "/token", &headers, login::exchange(&code))
        .await;
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "DPoP", "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(prove(&resource, &key, token).await.status.as_u16(), 200);
    assert_refused(&present(&resource, "Bearer", token, &[]).await, "invalid_token");
    assert_refused(
        &prove(&resource, &ProofKey::new(2), token).await,
        "invalid_dpop_proof",
    );
}
