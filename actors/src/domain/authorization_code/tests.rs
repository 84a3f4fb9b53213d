//! Which exchanges a code allows, and how its life goes on.

use super::*;
use crate::domain::randomness::SeededRandomness;
use crate::domain::redirect_uri::RedirectTrust;
use crate::domain::secret::Secret;

const ISSUED: Timestamp = Timestamp::from_seconds(1_000);
const REDIRECT_URI: &str = "http://127.0.0.1:33418/cb";

fn verifier(seed: u8) -> CodeVerifier {
    CodeVerifier::from_bits(&[seed; 32])
}

fn client(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

fn code(challenge: CodeChallenge) -> AuthorizationCode {
    let binding = CodeBinding {
        grant: GrantId::generate(&SeededRandomness::new(1)).unwrap(),
        client: client("a"),
        redirect_uri: RedirectUri::parse(REDIRECT_URI, RedirectTrust::SelfRegistered).unwrap(),
        challenge,
        resource: ResourceIndicator::parse("https://h/mcp").unwrap(),
        scopes: ScopeSet::parse("mcp:read").unwrap(),
        bound_to: None,
    };
    AuthorizationCode::issue(
        SecretDigest::plain(&Secret::new("code")),
        binding,
        ISSUED,
        Duration::from_mins(5),
    )
}

fn verify(
    code: AuthorizationCode,
    change: impl FnOnce(&mut CodeExchange<'_>),
) -> Result<VerifiedCode, CodeRefusal> {
    verify_at(code, ISSUED + Duration::from_secs(59), change)
}

fn verify_at(
    code: AuthorizationCode,
    now: Timestamp,
    change: impl FnOnce(&mut CodeExchange<'_>),
) -> Result<VerifiedCode, CodeRefusal> {
    let (client, verifier) = (client("a"), verifier(1));
    let mut exchange = CodeExchange {
        client: &client,
        redirect_uri: Some(REDIRECT_URI),
        verifier: &verifier,
        resource: None,
        key: None,
    };
    change(&mut exchange);
    code.verify(&exchange, now)
}

#[test]
fn the_exchange_that_it_was_issued_for_is_accepted() {
    let code = code(verifier(1).challenge());
    let verified = verify(code.clone(), |_| {}).unwrap();
    assert_eq!(
        (verified.digest(), verified.binding()),
        (&code.digest, &code.binding)
    );
    assert!(verify(code.clone(), |exchange| exchange.redirect_uri = None).is_ok());
    assert!(verify(code, |exchange| exchange.resource = Some("https://H/mcp/")).is_ok());
}

#[test]
fn a_code_never_lives_longer_than_a_minute() {
    let code = code(verifier(1).challenge());
    assert_eq!(code.expires_at, ISSUED + Duration::from_mins(1));
    let late = verify_at(code, ISSUED + Duration::from_mins(1), |_| {});
    assert_eq!(late.unwrap_err(), CodeRefusal::Expired);
}

#[test]
fn everything_that_differs_is_refused_with_its_own_reason() {
    let code = || code(verifier(1).challenge());
    let other_port = verify(code(), |exchange| {
        exchange.redirect_uri = Some("http://127.0.0.1:1/cb");
    })
    .unwrap_err();
    assert_eq!(
        (other_port.code(), &other_port),
        ("invalid_grant", &CodeRefusal::OtherRedirectUri)
    );
    let other_resource = verify(code(), |exchange| exchange.resource = Some("https://h/other")).unwrap_err();
    let expected = CodeRefusal::OtherResource(WrongResource::Other {
        served: "https://h/mcp".to_owned(),
    });
    assert_eq!(
        (other_resource.code(), other_resource),
        ("invalid_target", expected)
    );

    let (own_client, stranger, other_verifier) = (client("a"), client("b"), verifier(2));
    let injected = CodeExchange {
        client: &stranger,
        redirect_uri: None,
        verifier: &verifier(1),
        resource: None,
        key: None,
    };
    assert_eq!(
        code().verify(&injected, ISSUED).unwrap_err(),
        CodeRefusal::OtherClient
    );
    let guessed = CodeExchange {
        client: &own_client,
        redirect_uri: None,
        verifier: &other_verifier,
        resource: None,
        key: None,
    };
    assert_eq!(
        code().verify(&guessed, ISSUED).unwrap_err(),
        CodeRefusal::WrongVerifier
    );
}

#[test]
fn a_code_with_a_malformed_challenge_is_issued_but_never_exchanged() {
    let code = code(CodeChallenge::from_text("test").unwrap());
    assert_eq!(
        verify(code, |_| {}).unwrap_err(),
        CodeRefusal::ChallengeNotExchangeable
    );
}

#[test]
fn a_consumed_code_names_its_grant_but_not_to_strangers() {
    let mut code = code(verifier(1).challenge());
    code.state = code.state.consume(ISSUED).unwrap();
    assert_eq!(code.state.consume(ISSUED), Err(InvalidCodeTransition));
    let (stranger, verifier, grant) = (client("b"), verifier(1), code.binding.grant);
    assert_eq!(
        verify(code.clone(), |_| {}).unwrap_err(),
        CodeRefusal::AlreadyConsumed { grant }
    );
    let exchange = CodeExchange {
        client: &stranger,
        redirect_uri: None,
        verifier: &verifier,
        resource: None,
        key: None,
    };
    assert_eq!(
        code.verify(&exchange, ISSUED).unwrap_err(),
        CodeRefusal::OtherClient
    );
}

#[test]
fn the_third_wrong_verifier_uses_the_code_up() {
    let mut code = code(verifier(1).challenge());
    for failed_verifications in 1..MOST_FAILED_VERIFICATIONS {
        code.state = code.state.fail_verification().unwrap();
        assert_eq!(code.state, CodeState::Issued { failed_verifications });
    }
    code.state = code.state.fail_verification().unwrap();
    assert_eq!(code.state, CodeState::Expired);
    assert_eq!(code.state.fail_verification(), Err(InvalidCodeTransition));
    assert_eq!(verify(code, |_| {}).unwrap_err(), CodeRefusal::Expired);
}
