//! Signed texts of one kind that are presented as another: an identity token, an assertion, an access token of this server, a proof.

use super::*;
use crate::oauth::dpop::{Key, with_proofs};
use crate::oauth::server::SIGNED;

const TOKEN: &str = "http://localhost:8000/token";

/// Good texts, each for its own purpose. What is used up by that is made anew each time.
struct Texts<'a> {
    house: &'a House,
    key: Key<'a>,
    access_token: String,
}

impl<'a> Texts<'a> {
    async fn new(house: &'a House) -> Self {
        let answer = house.bring(&house.and("jti", json!("of the access token"))).await;
        Self {
            house,
            key: Key::new(&house.server, 1),
            access_token: answer.text("access_token"),
        }
    }

    /// What the provider tells a client of a login there.
    fn identity_token(&self) -> String {
        let mut script = self.house.provider.script();
        let kind = std::mem::replace(&mut script.signer.header["typ"], json!("JWT"));
        let now = START.seconds();
        let claims = json!({
            "iss": self.house.provider.url(), "sub": "U019488227", "aud": [ISSUER, MACHINE.0], "azp": MACHINE.0,
            "iat": now, "exp": now + 300, "jti": "login", "nonce": "n", "client_id": MACHINE.0,
        });
        let text = script.signer.sign(&claims);
        script.signer.header["typ"] = kind;
        text
    }

    fn assertion(&self) -> String {
        self.house.provider.script().signer.sign(&self.house.claims())
    }

    fn proof(&self) -> String {
        self.key.pair.proof("POST", TOKEN, None, START.seconds())
    }
}

fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.text("error"))
}

#[actix_web::test]
async fn nothing_but_an_assertion_is_an_assertion() {
    let house = House::with(|settings| settings.access_token_format = SIGNED).await;
    let texts = Texts::new(&house).await;
    for text in [
        texts.identity_token(),
        texts.access_token.clone(),
        texts.proof(),
        texts.key.pair.sign("oauth-id-jag+jwt", &house.claims()),
    ] {
        let request = house.request(&house.claims()).with("assertion", &text);
        let answer = request.to_token(&house.server).await;
        assert_eq!(error(&answer), (400, "invalid_grant".to_owned()), "{text}");
    }
    assert_eq!(
        house.bring(&house.claims()).await.status,
        200,
        "nothing was used up"
    );
}

#[actix_web::test]
async fn nothing_but_an_access_token_opens_the_door() {
    let house = House::with(|settings| settings.access_token_format = SIGNED).await;
    let texts = Texts::new(&house).await;
    assert_eq!(call(&house.server, &texts.access_token).await.body, "U019488227");
    for text in [texts.identity_token(), texts.assertion(), texts.proof()] {
        let answer = call(&house.server, &text).await;
        assert_eq!(error(&answer), (401, "invalid_token".to_owned()), "{text}");
        let answer = texts.key.call(&text).await;
        assert_eq!(error(&answer), (401, "invalid_token".to_owned()), "{text}");
    }
}

#[actix_web::test]
async fn nothing_but_a_proof_is_a_proof() {
    let house = House::with(|settings| settings.access_token_format = SIGNED).await;
    let texts = Texts::new(&house).await;
    let claims = json!({ "htm": "POST", "htu": TOKEN, "iat": START.seconds(), "jti": "1" });
    let of_kind = |kind: &str| texts.key.pair.sign(kind, &claims);
    for text in [
        texts.identity_token(),
        texts.assertion(),
        texts.access_token.clone(),
        of_kind("JWT"),
        of_kind("at+jwt"),
        of_kind("oauth-id-jag+jwt"),
    ] {
        let answer = with_proofs(&house.server, &house.request(&house.claims()), &[&text]).await;
        assert_eq!(error(&answer), (400, "invalid_dpop_proof".to_owned()), "{text}");
    }
    let proof = of_kind("dpop+jwt");
    let answer = with_proofs(&house.server, &house.request(&house.claims()), &[&proof]).await;
    assert_eq!(answer.text("token_type"), "DPoP", "{}", answer.body);
}

#[actix_web::test]
async fn what_the_provider_signed_authenticates_no_client() {
    let house = House::with(|settings| settings.access_token_format = SIGNED).await;
    let texts = Texts::new(&house).await;
    for text in [
        texts.identity_token(),
        texts.assertion(),
        texts.access_token.clone(),
        texts.proof(),
    ] {
        let request = house.request(&house.claims()).without("client_secret");
        let request = request.and(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        );
        let answer = request
            .and("client_assertion", &text)
            .to_token(&house.server)
            .await;
        assert_eq!(answer.text("error"), "invalid_client", "{text}");
    }
}
