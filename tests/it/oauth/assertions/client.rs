//! A client with keys: registers, logs its user in, and signs its requests.

use std::cell::Cell;

use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_actors::domain::client::ASSERTION_TYPE;
use mxcp_actors::domain::clock::Clock as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::oauth::client::{Fields, log_in, verifier};
use crate::oauth::server::{Answer, ISSUER, Server};

pub(super) const REDIRECT: &str = "https://keys.example/callback";

/// A key pair.
pub(super) enum Signer {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl Signer {
    pub(super) fn ed25519(seed: u8) -> Self {
        Self::Ed25519(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub(super) fn p256() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    /// The public key as it is published.
    pub(super) fn public(&self, id: &str) -> Value {
        match self {
            Self::Ed25519(key) => json!({ "kty": "OKP", "crv": "Ed25519", "kid": id,
                "x": URL_SAFE_NO_PAD.encode(key.public_key()) }),
            Self::P256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": id,
                    "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
            }
        }
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = match self {
            Self::Ed25519(key) => key.sign(signed.as_bytes()).as_ref().to_vec(),
            Self::P256(key) => {
                let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A client that is known to the server.
pub(super) struct Keyed {
    pub(super) id: String,
    pub(super) redirect_uri: String,
    pub(super) signer: Signer,
    pub(super) key_id: String,
    signed: Cell<u32>,
}

/// What a client with keys sends to `/register`.
pub(super) fn registration(more: &Value) -> Value {
    let mut metadata = json!({
        "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt", "client_name": "Keys",
    });
    let members = metadata.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    metadata
}

pub(super) async fn register(server: &Server, more: &Value) -> Answer {
    let request = TestRequest::post().uri("/register");
    server.call(request.set_json(registration(more))).await
}

impl Keyed {
    pub(super) fn new(id: &str, redirect_uri: &str, signer: Signer) -> Self {
        Self {
            id: id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            signer,
            key_id: "one".to_owned(),
            signed: Cell::new(0),
        }
    }

    /// Registers with its public key in the registration.
    pub(super) async fn registered(server: &Server, signer: Signer) -> Self {
        let answer = register(server, &json!({ "jwks": { "keys": [signer.public("one")] } })).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.text("token_endpoint_auth_method"), "private_key_jwt");
        assert_eq!(answer.json().get("client_secret"), None);
        Self::new(&answer.text("client_id"), REDIRECT, signer)
    }

    pub(super) fn header(&self) -> Value {
        json!({ "alg": self.signer.algorithm(), "kid": self.key_id, "typ": "JWT" })
    }

    /// Good claims, different each time.
    pub(super) fn claims(&self, server: &Server) -> Value {
        let now = server.clock.now().seconds();
        self.signed.set(self.signed.get() + 1);
        json!({
            "iss": self.id, "sub": self.id, "aud": ISSUER, "iat": now, "exp": now + 300,
            "jti": format!("{}", self.signed.get()),
        })
    }

    /// A good assertion.
    pub(super) fn assertion(&self, server: &Server) -> String {
        self.signer.sign(&self.header(), &self.claims(server))
    }

    /// A request with an assertion.
    pub(super) fn with(&self, fields: &[(&str, &str)], assertion: &str) -> Fields {
        Fields::from(fields)
            .and("client_id", &self.id)
            .and("client_assertion_type", ASSERTION_TYPE)
            .and("client_assertion", assertion)
    }

    /// A request for tokens for a code that never was: refused for the code once the client is believed.
    pub(super) fn asking(&self, assertion: &str) -> Fields {
        let verifier = verifier();
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", "mcp_code_never"),
            ("code_verifier", verifier.secret().expose()),
        ];
        self.with(&exchange, assertion)
    }

    /// The tokens of a whole login.
    pub(super) async fn log_in(&self, server: &Server) -> Answer {
        let code = log_in(server, &Fields::authorization(&self.id, &self.redirect_uri)).await;
        let verifier = verifier();
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("code_verifier", verifier.secret().expose()),
            ("redirect_uri", &self.redirect_uri),
        ];
        let answer = self
            .with(&exchange, &self.assertion(server))
            .to_token(server)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    pub(super) async fn refresh(&self, server: &Server, tokens: &Answer) -> Answer {
        let refresh_token = tokens.text("refresh_token");
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.as_str()),
        ];
        self.with(&refresh, &self.assertion(server))
            .to_token(server)
            .await
    }

    /// Whether the server believes this assertion, and what it says if not.
    pub(super) async fn believed(&self, server: &Server, assertion: &str) -> Result<(), String> {
        let answer = self.asking(assertion).to_token(server).await;
        match (answer.status, answer.text("error").as_str()) {
            (400, "invalid_grant") => Ok(()),
            (401, "invalid_client") => Err(answer.text("error_description")),
            _ => panic!("{}", answer.body),
        }
    }
}
