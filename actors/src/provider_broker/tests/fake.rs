//! A provider that does what a test says, and counts what it is asked.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Semaphore;

use crate::domain::clock::Timestamp;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserIdentity, UserKey};
use crate::provider_broker::provider::{
    CallbackIssuer, OutsideProvider, ProviderError, ProviderFuture, UpstreamGrant, UpstreamRequest,
    UpstreamSecrets,
};
use crate::store::conformance::fixtures;

pub(crate) const NAME: &str = "fake";
pub(crate) const ISSUER: &str = "https://idp.example";
/// The server's own address.
pub(crate) const PUBLIC_URL: &str = "https://mcp.example/data";
/// The code that logs a user in.
pub(crate) const GOOD_CODE: &str = "good code";

/// The permits of a gate that is open: more than any test uses.
pub(crate) const GATE: u32 = 1_000;

pub(crate) struct FakeProvider {
    /// The challenge, the nonce and the redirect URI of the latest departure.
    sent: RefCell<Option<(String, Secret, String)>>,
    /// What reading the user gives instead.
    pub(crate) user_error: RefCell<Option<ProviderError>>,
    /// What refreshing gives instead.
    pub(crate) refresh_error: RefCell<Option<ProviderError>>,
    /// Whether refreshing gives a new refresh token.
    pub(crate) rotates: Cell<bool>,
    pub(crate) refreshed: Cell<u32>,
    /// How many users were asked for.
    pub(crate) readings: Cell<u32>,
    pub(crate) revoked: RefCell<Vec<String>>,
    /// What revoking gives instead, after it was counted.
    pub(crate) revoke_error: RefCell<Option<ProviderError>>,
    /// One permit lets one refresh be answered; plenty at first.
    pub(crate) gate: Semaphore,
    /// The same for reading a user.
    pub(crate) user_gate: Semaphore,
    /// The same for revoking, after it was counted.
    pub(crate) revoke_gate: Semaphore,
}

pub(crate) fn fake() -> Rc<FakeProvider> {
    Rc::new(FakeProvider {
        sent: RefCell::default(),
        user_error: RefCell::default(),
        refresh_error: RefCell::default(),
        rotates: Cell::new(true),
        refreshed: Cell::new(0),
        readings: Cell::new(0),
        revoked: RefCell::default(),
        revoke_error: RefCell::default(),
        gate: Semaphore::new(Semaphore::MAX_PERMITS),
        user_gate: Semaphore::new(GATE as usize),
        revoke_gate: Semaphore::new(GATE as usize),
    })
}

/// The user of every code.
pub(crate) fn user_key() -> UserKey {
    UserKey {
        issuer: ISSUER.to_owned(),
        subject: "42".to_owned(),
    }
}

pub(crate) fn unavailable() -> ProviderError {
    ProviderError::Unavailable {
        provider: NAME.to_owned(),
        reason: "as the test asked",
    }
}

pub(crate) fn upstream_tokens(number: u32) -> UpstreamTokens {
    UpstreamTokens {
        access_token: Secret::new(format!("access {number}")),
        refresh_token: Some(Secret::new(format!("refresh {number}"))),
        expires_at: Some(Timestamp::from_seconds(2_000_000_000)),
        scopes: fixtures::scopes("read:user"),
    }
}

impl OutsideProvider for FakeProvider {
    fn name(&self) -> &str {
        NAME
    }

    fn callback_issuer(&self) -> ProviderFuture<'_, CallbackIssuer> {
        Box::pin(async { Ok(CallbackIssuer::Always(ISSUER.to_owned())) })
    }

    fn callback_path(&self) -> &'static str {
        "/fake/callback"
    }

    fn authorization_url<'a>(&'a self, request: &'a UpstreamRequest<'a>) -> ProviderFuture<'a, String> {
        let challenge = request.challenge.as_str().to_owned();
        *self.sent.borrow_mut() = Some((challenge, request.nonce.clone(), request.redirect_uri.to_owned()));
        let url = format!("{ISSUER}/authorize?state={}", request.state.expose());
        Box::pin(async { Ok(url) })
    }

    fn exchange_code<'a>(
        &'a self,
        code: &'a Secret,
        secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UpstreamGrant> {
        Box::pin(async move {
            let sent = self.sent.borrow();
            let (challenge, nonce, redirect_uri) = sent.as_ref().unwrap();
            assert_eq!(secrets.redirect_uri, *redirect_uri);
            assert_eq!(secrets.redirect_uri, format!("{PUBLIC_URL}/fake/callback"));
            assert_eq!(secrets.verifier.challenge().as_str(), challenge);
            assert!(secrets.nonce.is_same_as(nonce));
            if code.expose() != GOOD_CODE {
                return Err(ProviderError::Refused {
                    provider: NAME.to_owned(),
                    code: "invalid_grant".to_owned(),
                });
            }
            Ok(UpstreamGrant {
                tokens: upstream_tokens(1),
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
        Box::pin(async {
            self.readings.set(self.readings.get() + 1);
            self.user_gate.acquire().await.unwrap().forget();
            if let Some(error) = self.user_error.borrow().clone() {
                return Err(error);
            }
            Ok(UserIdentity::bare(user_key(), NAME))
        })
    }

    fn refresh<'a>(
        &'a self,
        refresh_token: &'a Secret,
        user: &'a UserKey,
    ) -> ProviderFuture<'a, UpstreamTokens> {
        Box::pin(async move {
            self.refreshed.set(self.refreshed.get() + 1);
            assert_eq!(refresh_token.expose(), "refresh 1");
            assert_eq!(*user, user_key());
            self.gate.acquire().await.unwrap().forget();
            if let Some(error) = self.refresh_error.borrow().clone() {
                return Err(error);
            }
            let mut tokens = upstream_tokens(2);
            tokens.refresh_token = tokens.refresh_token.filter(|_| self.rotates.get());
            Ok(tokens)
        })
    }

    fn revoke<'a>(&'a self, tokens: &'a UpstreamTokens) -> ProviderFuture<'a, ()> {
        Box::pin(async {
            let token = tokens.access_token.expose().to_owned();
            self.revoked.borrow_mut().push(token);
            self.revoke_gate.acquire().await.unwrap().forget();
            self.revoke_error.borrow().clone().map_or(Ok(()), Err)
        })
    }
}
