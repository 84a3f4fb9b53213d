//! What the fake knows: one app, one user, the codes and tokens that it gave out, and what was asked of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::Semaphore;

/// What the fake does differently.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quirks {
    /// Tokens expire after eight hours and come with refresh tokens, as those of GitHub Apps do.
    pub(crate) expiring: bool,
    /// After how many seconds the first access token expires, if not after eight hours as all others.
    pub(crate) first_lifetime: Option<u32>,
    /// What happens to a refresh token that comes back.
    pub(crate) rotation: Rotation,
    /// One token that is given back takes along all that the user gave the app.
    pub(crate) gives_up_everything: bool,
    /// Which addresses the user has.
    pub(crate) addresses: Addresses,
    /// Where the user is a member: `Acme` is an organisation, `Acme/platform` a team.
    pub(crate) memberships: Vec<String>,
    /// The user has no name and shows no address, as `null`.
    pub(crate) is_anonymous: bool,
    /// What the token endpoint answers instead.
    pub(crate) token_answer: Option<Canned>,
    /// What `GET /user` answers instead.
    pub(crate) user_answer: Option<Canned>,
    /// What `GET /user/emails` answers instead.
    pub(crate) emails_answer: Option<Canned>,
    /// What `GET /user/orgs` and `GET /user/teams` answer instead.
    pub(crate) memberships_answer: Option<Canned>,
}

/// What happens to a refresh token that was used before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// It is refused.
    #[default]
    Strict,
    /// It gives another pair, as long as its successor was not used.
    Lenient,
}

/// A user's addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// A verified primary one, after a verified other one.
    #[default]
    Verified,
    /// A primary one that is not verified, and a verified other one.
    Unverified,
    /// None.
    Empty,
}

/// An answer that has nothing to do with the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Canned {
    /// This status and no body.
    Status(u16),
    /// Status 403 with no calls left.
    RateLimited,
    /// None at all.
    Silence,
    /// Bytes that are no JSON.
    Garbage,
    /// JSON without an end.
    Huge,
    /// To another place.
    Redirect,
}

/// A request, for assertions.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Method and path.
    pub(crate) what: String,
    /// `User-Agent`
    pub(crate) user_agent: String,
}

/// A code and what it is bound to.
pub(super) struct Code {
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) scope: String,
}

/// Everything that the fake knows.
pub(crate) struct State {
    /// What it does differently.
    pub(crate) quirks: Quirks,
    /// Where browsers may be sent, exactly.
    pub(crate) callbacks: Vec<String>,
    /// Requests for tokens, and tokens that are given back, pass through it: without permits, they wait.
    pub(crate) gate: Arc<Semaphore>,
    /// Every request, oldest first.
    pub(crate) seen: Vec<Seen>,
    /// Access tokens that work, with their scopes.
    pub(crate) live: BTreeMap<String, String>,
    /// Access tokens that its app gave back.
    pub(crate) given_back: BTreeSet<String>,
    /// Every secret that it gave out: they must turn up nowhere else.
    pub(crate) given_out: Vec<String>,
    /// Refresh tokens, and whether they were used.
    pub(super) refresh_tokens: BTreeMap<String, bool>,
    pub(super) codes: BTreeMap<String, Code>,
    /// Authorization requests that wait for their user.
    pub(super) waiting: BTreeMap<String, (String, Code)>,
}

impl State {
    pub(super) fn new(quirks: Quirks) -> Self {
        Self {
            quirks,
            callbacks: Vec::new(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            seen: Vec::new(),
            live: BTreeMap::new(),
            given_back: BTreeSet::new(),
            given_out: Vec::new(),
            refresh_tokens: BTreeMap::new(),
            codes: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// A secret that was never given out before.
    pub(super) fn draw(&mut self, prefix: &str) -> String {
        let mut bytes = [0; 24];
        SystemRandom::new().fill(&mut bytes).unwrap();
        // The real ones have letters and digits only.
        let text = URL_SAFE_NO_PAD.encode(bytes).replace(['-', '_'], "0");
        let secret = format!("{prefix}{text}");
        self.given_out.push(secret.clone());
        secret
    }

    /// How often this was asked: `POST /login/oauth/access_token`.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.seen.iter().filter(|seen| seen.what == what).count()
    }

    /// The user takes back what the app was allowed.
    pub(crate) fn revoke_everything(&mut self) {
        self.live.clear();
        self.refresh_tokens.clear();
    }
}
