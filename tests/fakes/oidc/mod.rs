//! An OpenID provider that does what a test says, and no more than a test needs: it signs whatever claims it is told to, with
//! whatever key. How honest providers behave is tested with a real one.
//!
//! * [`Script`]: what it answers. `signing`: how it signs.

pub(crate) mod signing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use self::signing::Signer;
use crate::serving::Serving;

/// The client that the provider knows.
pub(crate) const CLIENT_ID: &str = "mxcp server";
/// Its secret, which has characters that must be encoded.
pub(crate) const CLIENT_SECRET: &str = "s3cret/+% canary";

/// An answer instead of the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Canned {
    Status(u16),
    Redirect,
    Garbage,
    Huge,
    Silence,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) form: BTreeMap<String, String>,
}

/// The tokens of a provider that is strict about them: each refresh token is good for one use, and one token that is given
/// back ends all of the user's, as at Keycloak and Google.
#[derive(Default)]
pub(crate) struct Ledger {
    drawn: usize,
    /// The tokens that are good.
    pub(crate) live: BTreeSet<String>,
    /// Good tokens that were given back.
    pub(crate) given_back: Vec<String>,
}

impl Ledger {
    /// Writes fresh tokens into an answer of the token endpoint. `None` for a refresh token that is not good, or not any more.
    fn issue(&mut self, form: &BTreeMap<String, String>, mut answer: Value) -> Option<Value> {
        if let Some(spent) = form.get("refresh_token") {
            self.live.remove(spent).then_some(())?;
        }
        self.drawn += 1;
        for name in ["access_token", "refresh_token"] {
            let token = format!("{name}-{}", self.drawn);
            answer[name] = json!(token);
            self.live.insert(token);
        }
        Some(answer)
    }

    fn give_back(&mut self, token: &str) {
        if self.live.remove(token) {
            self.given_back.push(token.to_owned());
            self.live.clear();
        }
    }
}

/// What the provider answers.
pub(crate) struct Script {
    /// The discovery document.
    pub(crate) discovery: Value,
    /// The keys that it publishes.
    pub(crate) keys: Vec<Value>,
    /// How identity tokens are signed.
    pub(crate) signer: Signer,
    /// The claims of the identity token.
    pub(crate) claims: Value,
    /// The answer at the token endpoint, to which the identity token is added.
    pub(crate) tokens: Value,
    /// Whether there is an identity token.
    pub(crate) has_id_token: bool,
    /// The answer at the userinfo endpoint.
    pub(crate) userinfo: Value,
    /// The answer at the introspection endpoint.
    pub(crate) introspection: Value,
    /// What it knows of its tokens; without it any token is as good as another.
    pub(crate) ledger: Option<Ledger>,
    /// Answers instead of the right ones, by path.
    pub(crate) instead: BTreeMap<&'static str, Canned>,
    /// Every request, oldest first.
    pub(crate) seen: Vec<Seen>,
}

impl Script {
    /// A provider at this address that does everything right at `now`.
    fn honest(url: &str, now: i64) -> Self {
        let signer = Signer::ed25519("one", 1);
        Self {
            discovery: json!({
                "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
                "userinfo_endpoint": format!("{url}/me"), "jwks_uri": format!("{url}/keys"),
                "revocation_endpoint": format!("{url}/revoke"), "introspection_endpoint": format!("{url}/introspect"),
                "id_token_signing_alg_values_supported": ["EdDSA", "RS256", "HS256", "none"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            }),
            keys: vec![signer.public()],
            signer,
            claims: json!({
                "iss": url, "sub": "user-1", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": "the nonce",
                "preferred_username": "ada", "name": "Ada Lovelace",
            }),
            tokens: json!({ "access_token": "at-canary", "refresh_token": "rt-canary", "token_type": "Bearer", "expires_in": 600 }),
            has_id_token: true,
            userinfo: json!({ "sub": "user-1", "email": "ada@example.com", "email_verified": true }),
            introspection: json!({ "active": false }),
            ledger: None,
            instead: BTreeMap::new(),
            seen: Vec::new(),
        }
    }

    /// How often this path was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen.iter().filter(|seen| seen.path == path).count()
    }
}

/// A running provider; it stops with the value.
pub(crate) struct FakeOidc {
    script: Data<Mutex<Script>>,
    serving: Serving,
}

impl FakeOidc {
    /// Starts an honest provider on a free port of this machine, on a thread of its own.
    pub(crate) fn start(now: i64) -> Self {
        let mut script = None;
        let serving = Serving::start(|url| {
            let shared = script.insert(Data::new(Mutex::new(Script::honest(url, now))));
            let shared = Data::clone(shared);
            move |config: &mut ServiceConfig| {
                let config = config.app_data(Data::clone(&shared));
                config.default_service(actix_web::web::to(answer));
            }
        });
        let script = script.unwrap();
        Self { script, serving }
    }

    /// Its address, without a slash at its end; also its issuer.
    pub(crate) fn url(&self) -> &str {
        self.serving.url()
    }

    /// What it answers, and saw.
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(request: HttpRequest, body: Bytes, script: Data<Mutex<Script>>) -> HttpResponse {
    let path = request.path().to_owned();
    let header = request.headers().get("authorization");
    let authorization = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = url::form_urlencoded::parse(&body).into_owned().collect();
    let (instead, answer) = {
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        script.seen.push(Seen {
            path: path.clone(),
            authorization: authorization.to_owned(),
            form,
        });
        let instead = script.instead.get(path.as_str()).copied();
        let form = script
            .seen
            .last()
            .map(|seen| seen.form.clone())
            .unwrap_or_default();
        let answer = match instead {
            Some(_) => None,
            None => right_answer(&mut script, &path, &form),
        };
        (instead, answer)
    };
    match (instead, answer) {
        (Some(canned), _) => self::canned(canned).await,
        (None, Some(answer)) if answer["error"].is_string() => HttpResponse::BadRequest().json(answer),
        (None, Some(answer)) => HttpResponse::Ok().json(answer),
        (None, None) => HttpResponse::NotFound().finish(),
    }
}

fn right_answer(script: &mut Script, path: &str, form: &BTreeMap<String, String>) -> Option<Value> {
    match path {
        // Below whatever path the issuer has.
        path if path.ends_with("/.well-known/openid-configuration") => Some(script.discovery.clone()),
        "/keys" => Some(json!({ "keys": script.keys })),
        "/me" => Some(script.userinfo.clone()),
        "/revoke" => {
            let ledger = script.ledger.as_mut().zip(form.get("token"));
            if let Some((ledger, token)) = ledger {
                ledger.give_back(token);
            }
            Some(json!({}))
        }
        "/introspect" => Some(script.introspection.clone()),
        "/token" => {
            let answer = script.tokens.clone();
            let tokens = match &mut script.ledger {
                Some(ledger) => ledger.issue(form, answer),
                None => Some(answer),
            };
            let Some(mut tokens) = tokens else {
                return Some(json!({ "error": "invalid_grant" }));
            };
            if script.has_id_token {
                tokens["id_token"] = json!(script.signer.sign(&script.claims));
            }
            Some(tokens)
        }
        _ => None,
    }
}

async fn canned(answer: Canned) -> HttpResponse {
    match answer {
        Canned::Status(status) => {
            let status = actix_web::http::StatusCode::from_u16(status).unwrap();
            HttpResponse::build(status).body("<html>no</html>")
        }
        Canned::Redirect => HttpResponse::Found()
            .insert_header(("Location", "http://127.0.0.1:1/"))
            .finish(),
        Canned::Garbage => HttpResponse::Ok().body("{\"access_token\":"),
        Canned::Huge => HttpResponse::Ok().body(" ".repeat(1024 * 1024)),
        Canned::Silence => std::future::pending().await,
    }
}
