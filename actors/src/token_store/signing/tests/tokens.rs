//! Signed tokens through the rules of the store of tokens: what they say, and that they are worth what opaque ones are.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::domain::grant::GrantEnd;
use crate::domain::opaque_token::AccessToken;
use crate::domain::secret::Secret;
use crate::domain::token::{AccessTokenRefusal, AccessTokenText};
use crate::jose::{JwkSet, PrivateKey, SigningAlgorithm, UnverifiedJws};
use crate::store::SigningKeyRepository as _;
use crate::store::conformance::fixtures;
use crate::token_store::messages::{Revocation, VerifyTokenError};
use crate::token_store::tests::{ISSUER, Replica, START, is_refused, refresh_token, replica_with};
use crate::token_store::{AccessTokenFormat, RevokeGrant, RevokeToken, TokenStoreSettings};

pub(super) fn settings(algorithm: SigningAlgorithm) -> TokenStoreSettings {
    TokenStoreSettings {
        access_token_format: AccessTokenFormat::Signed {
            algorithm,
            key_lifetime: Duration::from_hours(24 * 30),
        },
        ..TokenStoreSettings::default()
    }
}

pub(super) fn signing() -> Replica {
    replica_with(settings(SigningAlgorithm::EdDsa))
}

/// Header and claims, if a resource server that reads the published keys believes them.
pub(super) fn read(replica: &Replica, token: &AccessTokenText) -> Option<(Value, Value)> {
    let published = replica.rules.signing_keys.published().unwrap().unwrap();
    let keys = JwkSet::parse(published.as_bytes()).unwrap();
    let accepted = SigningAlgorithm::ALL.map(SigningAlgorithm::verified_as);
    let jws = UnverifiedJws::parse(token.expose(), &accepted).unwrap();
    let payload = jws.verify(&keys).ok()?;
    let header = token.expose().split('.').next().unwrap();
    let header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    Some((header, serde_json::from_slice(payload).unwrap()))
}

#[test]
fn a_signed_token_says_what_rfc_9068_wants_and_opens_the_door() {
    for algorithm in SigningAlgorithm::ALL {
        let replica = replica_with(settings(algorithm));
        let (grant, pair) = replica.log_in();
        let (header, claims) = read(&replica, &pair.access_token).unwrap();
        assert_eq!(
            (&header["typ"], &header["alg"]),
            (&json!("at+jwt"), &json!(algorithm.verified_as().name()))
        );
        assert_eq!(header["kid"], replica.store.signing_keys().unwrap()[0].id);
        let value = |name: &str| claims[name].clone();
        let start = START.seconds();
        assert_eq!(
            claims,
            json!({
                "iss": ISSUER, "aud": "https://api.example.com/mcp", "client_id": "client",
                "sub": fixtures::user_key("alice").public_subject(), "scope": "mcp:read mcp:write",
                "iat": start, "exp": start + 3600, "auth_time": start, "jti": value("jti"),
            })
        );
        assert_eq!(value("jti").as_str().unwrap().len(), 43);
        let principal = replica.verify(&pair.access_token).unwrap();
        assert_eq!(principal.grant, Some(grant));
    }
}

#[test]
fn a_successor_is_signed_too_and_a_repeat_is_the_same_token() {
    for algorithm in SigningAlgorithm::ALL {
        let replica = replica_with(settings(algorithm));
        let (_, first) = replica.log_in();
        let second = replica.refresh(refresh_token(&first)).unwrap();
        replica.clock.advance(Duration::from_secs(5));
        let repeated = replica.twin().refresh(refresh_token(&first)).unwrap();
        let [_, claims] = [&first, &second].map(|pair| read(&replica, &pair.access_token).unwrap().1);
        assert_eq!(read(&replica, &repeated.access_token).unwrap().1, claims);
        assert!(
            replica.verify(&second.access_token).is_ok() && replica.verify(&repeated.access_token).is_ok()
        );
        let given_back = RevokeToken {
            token: repeated.access_token.secret().clone(),
            client: fixtures::client_id("client"),
        };
        assert!(matches!(
            replica.rules.revoke_token(&given_back),
            Ok(Revocation::AccessToken(_))
        ));
        assert_eq!(
            replica.verify(&second.access_token),
            Err(VerifyTokenError::Refused(AccessTokenRefusal::Revoked)),
            "both spellings are one token"
        );
    }
}

#[test]
fn a_signed_token_ends_as_an_opaque_one_does() {
    let replica = signing();
    let (grant, pair) = replica.log_in();
    let stranger = RevokeToken {
        token: pair.access_token.secret().clone(),
        client: fixtures::client_id("stranger"),
    };
    assert_eq!(replica.rules.revoke_token(&stranger), Ok(Revocation::NotOfClient));
    let reason = GrantEnd::RevokedByUser;
    replica.rules.revoke_grant(RevokeGrant { grant, reason }).unwrap();
    assert!(is_refused(&replica.twin().verify(&pair.access_token)));
    let (_, pair) = replica.log_in();
    replica.clock.advance(Duration::from_hours(1));
    assert_eq!(
        replica.verify(&pair.access_token),
        Err(VerifyTokenError::Refused(AccessTokenRefusal::Expired))
    );
}

#[test]
fn changing_the_format_logs_nobody_out() {
    let opaque = replica_with(TokenStoreSettings::default());
    let (_, first) = opaque.log_in();
    let signing = opaque.restarted_with(settings(SigningAlgorithm::EdDsa));
    assert!(signing.verify(&first.access_token).is_ok());
    let second = signing.refresh(refresh_token(&first)).unwrap();
    assert!(read(&signing, &second.access_token).is_some());
    let opaque = signing.restarted_with(TokenStoreSettings::default());
    assert!(opaque.verify(&second.access_token).is_ok());
    let third = opaque.refresh(refresh_token(&second)).unwrap();
    assert!(AccessToken::parse(third.access_token.expose()).is_ok());
    assert!(opaque.verify(&third.access_token).is_ok());
}

#[test]
fn a_new_master_key_ends_no_signed_token() {
    let before = signing();
    let (_, pair) = before.log_in();
    let after = before.restarted_with_keys(2, &[1]);
    assert!(after.verify(&pair.access_token).is_ok());
    // Without the old key nothing can be opened that it sealed: another signing key is made, and clients refresh.
    let without = before.restarted_with_keys(2, &[]);
    assert_eq!(without.verify(&pair.access_token), Err(VerifyTokenError::Unknown));
    let (_, pair) = without.log_in();
    assert_eq!(
        read(&without, &pair.access_token).unwrap().0["kid"],
        without.store.signing_keys().unwrap()[1].id
    );
}

/// The identifier of a token is no secret: nobody can make a token of it without the key.
#[test]
fn what_others_signed_or_changed_is_unknown() {
    let replica = signing();
    let (_, pair) = replica.log_in();
    let text = pair.access_token.expose();
    let (_, claims) = read(&replica, &pair.access_token).unwrap();
    let claims = claims.as_object().unwrap();
    let stranger = PrivateKey::generate(SigningAlgorithm::EdDsa, replica.randomness.as_ref()).unwrap();
    let own_id = replica.store.signing_keys().unwrap()[0].id.clone();
    let forged = stranger.sign("at+jwt", claims).unwrap();
    let header = json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": own_id }).to_string();
    let (_, rest) = forged.split_once('.').unwrap();
    let renamed = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
    let unsigned = format!("{}.", text.rsplit_once('.').unwrap().0);
    let none = URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"none"}"#);
    let none = format!("{none}.{}.", text.split('.').nth(1).unwrap());
    let cut = &text[..text.len() - 1];
    let longer = format!("{text}{}", "A".repeat(20_000));
    for text in [
        &forged,
        &renamed,
        &unsigned,
        &none,
        cut,
        &longer,
        claims["jti"].as_str().unwrap(),
    ] {
        let token = AccessTokenText::Signed(Secret::new(text));
        assert_eq!(replica.verify(&token), Err(VerifyTokenError::Unknown), "{text}");
    }
    assert!(replica.verify(&pair.access_token).is_ok());
}

#[test]
fn a_text_of_another_kind_that_our_key_signed_is_no_access_token() {
    let replica = signing();
    let (_, pair) = replica.log_in();
    let (_, claims) = read(&replica, &pair.access_token).unwrap();
    let record = &replica.store.signing_keys().unwrap()[0];
    let context = crate::domain::signing_key::SigningKeyRecord::sealing_context(&record.id);
    let bytes = replica.rules.keys.unseal(context, &record.private_key).unwrap();
    let key = PrivateKey::from_bytes(record.algorithm, &bytes).unwrap();
    let claims = claims.as_object().unwrap();
    for (kind, is_good) in [("at+jwt", true), ("JWT", false), ("dpop+jwt", false)] {
        let token = AccessTokenText::Signed(Secret::new(key.sign(kind, claims).unwrap()));
        assert_eq!(replica.verify(&token).is_ok(), is_good, "{kind}");
    }
}
