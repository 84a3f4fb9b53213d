//! How the broker answers what needs the store and nothing else: interactions and the decisions in them. Browser
//! sessions and consents are in files of their own, and so are the two ways to log in. Plain functions; the
//! repositories decide races.

use std::sync::Arc;

use super::approved_request::ApprovedRequest;
use super::errors::{BeginError, InteractionError};
use super::messages::{
    BeginAuthorization, BeginAuthorizationReply, BegunInteraction, DecideConsent, DecideConsentReply,
    DecidedConsent, Decision, FindInteraction, FindInteractionReply, InteractionView, LoginSweep, Page,
    SweepLogins, SweepLoginsReply, VouchForUserReply,
};
use super::providers::local::LocalProvider;
use super::settings::ProviderBrokerSettings;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::interaction::{Interaction, InteractionRefusal, InteractionStage, LONGEST_INTERACTION};
use crate::domain::key_ring::KeyRing;
use crate::domain::opaque_token::{BrowserToken, InteractionToken};
use crate::domain::pending_login::LoginPurpose;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};
use crate::domain::secret::{Secret, SecretDigest};
use crate::domain::user::{UserAccount, UserIdentity, UserKey};
use crate::store::{
    BrowserSessionRepository, ConsentRepository, InteractionRepository, PendingLoginRepository, Store,
    StoreError, UserRepository,
};

/// Everything that the rules need. Cheap to clone, so that each message can be answered on a thread of its own.
#[derive(Clone)]
pub struct BrokerRules {
    /// What the operator set.
    pub settings: Arc<ProviderBrokerSettings>,
    /// Where users log in.
    pub place: LoginPlace,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Where cookies, page values and login states come from.
    pub randomness: Arc<dyn Randomness>,
    /// What these are digested with, and what logins' secrets are sealed with.
    pub keys: Arc<KeyRing>,
    /// Where everything is kept.
    pub store: BrokerStore,
}

/// Where users log in.
#[derive(Clone)]
pub enum LoginPlace {
    /// Here, with a password, and before they are asked for consent.
    Local(Arc<LocalProvider>),
    /// At the provider with this name, after they were asked for consent.
    Outside(Arc<str>),
}

/// The repositories that the broker owns.
#[derive(Clone)]
pub struct BrokerStore {
    /// Login and consent pages.
    pub interactions: Arc<dyn InteractionRepository>,
    /// Logins at the provider.
    pub pending_logins: Arc<dyn PendingLoginRepository>,
    /// Signed-in browsers.
    pub browser_sessions: Arc<dyn BrowserSessionRepository>,
    /// Remembered consents.
    pub consents: Arc<dyn ConsentRepository>,
    /// Who has logged in here.
    pub users: Arc<dyn UserRepository>,
}

impl BrokerStore {
    /// All of them in one store.
    #[must_use]
    pub fn in_one(store: &Arc<dyn Store>) -> Self {
        Self {
            interactions: Arc::<dyn Store>::clone(store),
            pending_logins: Arc::<dyn Store>::clone(store),
            browser_sessions: Arc::<dyn Store>::clone(store),
            consents: Arc::<dyn Store>::clone(store),
            users: Arc::<dyn Store>::clone(store),
        }
    }
}

impl BrokerRules {
    /// Lets an authorization request wait for its user, beginning with the page that the login's place asks for.
    pub fn begin_authorization(&self, message: BeginAuthorization) -> BeginAuthorizationReply {
        let user = match (&self.place, &message.session) {
            (LoginPlace::Local(_), Some(session)) => self.signed_in(session)?,
            (LoginPlace::Local(_), None) | (LoginPlace::Outside(_), _) => None,
        };
        let stage = match (&self.place, user) {
            (LoginPlace::Local(_), None) => InteractionStage::LogIn,
            (LoginPlace::Local(_), Some(signed_in)) => InteractionStage::Consent {
                user: Some(signed_in.user.identity.key),
            },
            (LoginPlace::Outside(_), _) => InteractionStage::Consent { user: None },
        };
        let purpose = LoginPurpose::Authorize(Box::new(message.request));
        let (browser, session) = (message.browser.as_ref(), message.session.as_ref());
        self.begin(purpose, stage, browser, session)
    }

    /// Begins an interaction at this stage.
    pub(super) fn begin(
        &self,
        purpose: LoginPurpose,
        stage: InteractionStage,
        browser: Option<&Secret>,
        session: Option<&Secret>,
    ) -> Result<BegunInteraction, BeginError> {
        let token = InteractionToken::generate(self.randomness.as_ref())?;
        let (browser, new_browser) = self.browser(browser)?;
        let now = self.clock.now();
        let interaction = Interaction {
            id: token.digest(&self.keys),
            browser,
            purpose,
            stage,
            created_at: now,
            expires_at: now + self.settings.interaction_lifetime.min(LONGEST_INTERACTION),
        };
        if !self.store.interactions.insert_interaction(&interaction)? {
            return Err(already_there("insert interaction").into());
        }
        Ok(BegunInteraction {
            token,
            new_browser,
            page: self.page(&interaction.stage, session)?,
            expires_at: interaction.expires_at,
        })
    }

    /// What a page shows.
    pub fn find_interaction(&self, message: &FindInteraction) -> FindInteractionReply {
        let interaction = self.open(&message.interaction, message.browser.as_ref())?;
        Ok(InteractionView {
            page: self.page(&interaction.stage, message.session.as_ref())?,
            purpose: interaction.purpose,
            expires_at: interaction.expires_at,
        })
    }

    /// Takes a user's decision, once.
    pub fn decide_consent(&self, message: &DecideConsent) -> DecideConsentReply {
        let interaction = self.open(&message.interaction, message.browser.as_ref())?;
        let (InteractionStage::Consent { user }, LoginPurpose::Authorize(request)) =
            (&interaction.stage, &interaction.purpose)
        else {
            return Err(InteractionRefusal::OtherStage.into());
        };
        // Looked up first: a store that fails after the decision would have used it up for nothing.
        let session = message.session.as_ref();
        let user = match (user, message.decision) {
            (Some(key), Decision::Approve) => {
                let user = self.signed_in_as(key, session)?;
                Some(user.ok_or(InteractionRefusal::OtherStage)?)
            }
            (Some(_), Decision::Deny) | (None, _) => None,
        };
        let decided = match message.decision {
            Decision::Approve => InteractionStage::Decided,
            Decision::Deny => InteractionStage::Denied,
        };
        let is_first =
            self.store
                .interactions
                .advance_interaction(&interaction.id, &interaction.stage, &decided)?;
        if !is_first {
            return Err(self.lost_race(message));
        }
        Ok(match message.decision {
            Decision::Approve => DecidedConsent::Approved(ApprovedRequest::new((**request).clone(), user)),
            Decision::Deny => DecidedConsent::Denied(request.clone()),
        })
    }

    /// What a decision is told that another one overtook.
    fn lost_race(&self, message: &DecideConsent) -> InteractionError {
        match self.open(&message.interaction, message.browser.as_ref()) {
            // The stage changed, but not to a decision: another user logged in on the same page.
            Ok(_) => InteractionRefusal::OtherStage.into(),
            Err(error) => error,
        }
    }

    /// Forgets what is over.
    pub fn sweep(&self, message: SweepLogins) -> SweepLoginsReply {
        let (now, most, store) = (self.clock.now(), message.most, &self.store);
        Ok(LoginSweep {
            interactions: store.interactions.delete_expired_interactions(now, most)?,
            pending_logins: store.pending_logins.delete_expired_pending_logins(now, most)?,
            browser_sessions: store
                .browser_sessions
                .delete_expired_browser_sessions(now, most)?,
            consents: store.consents.delete_expired_consents(now, most)?,
        })
    }

    /// The interaction with this value, if this browser may see it now.
    pub(super) fn open(
        &self,
        interaction: &Secret,
        browser: Option<&Secret>,
    ) -> Result<Interaction, InteractionError> {
        let token = InteractionToken::parse(interaction.expose()).map_err(|_| InteractionRefusal::Unknown)?;
        for id in token.digests(&self.keys) {
            if let Some(interaction) = self.store.interactions.find_interaction(&id)? {
                let browser = self.recognise(browser, &interaction.browser);
                interaction.check(browser.as_ref(), self.clock.now())?;
                return Ok(interaction);
            }
        }
        Err(InteractionRefusal::Unknown.into())
    }

    fn page(&self, stage: &InteractionStage, session: Option<&Secret>) -> Result<Page, StoreError> {
        let user = match stage {
            InteractionStage::Consent { user: Some(key) } => self.signed_in_as(key, session)?,
            InteractionStage::Consent { user: None } => return Ok(Page::Consent { user: None }),
            InteractionStage::LogIn | InteractionStage::Decided | InteractionStage::Denied => None,
        };
        Ok(user.map_or(Page::LogIn, |user| Page::Consent { user: Some(user) }))
    }

    /// The user, if the browser is signed in as this one.
    fn signed_in_as(
        &self,
        key: &UserKey,
        session: Option<&Secret>,
    ) -> Result<Option<UserAccount>, StoreError> {
        let Some(session) = session else {
            return Ok(None);
        };
        let signed_in = self.signed_in(session)?;
        let user = signed_in.map(|signed_in| signed_in.user);
        Ok(user.filter(|user| user.identity.key == *key))
    }

    /// The user with this key: as the configuration has local users now, and others as of their latest login.
    pub(super) fn account(&self, key: &UserKey) -> Result<Option<UserAccount>, StoreError> {
        let account = self.store.users.find_user(key)?;
        Ok(account.and_then(|account| {
            let identity = self.vouch(&account.identity)?;
            Some(UserAccount { identity, ..account })
        }))
    }

    /// What the place where users log in knows of a user now.
    pub fn vouch(&self, identity: &UserIdentity) -> VouchForUserReply {
        let known = match &self.place {
            LoginPlace::Local(provider) => provider.find(&identity.key),
            LoginPlace::Outside(name) => (*identity.provider == **name).then(|| identity.clone()),
        };
        known.map(|identity| self.settings.user_mapping.apply(identity))
    }

    /// Notes the login of a user whom the place where users log in vouches for.
    pub(super) fn record_login(&self, identity: UserIdentity) -> Result<UserAccount, StoreError> {
        let identity = self.settings.user_mapping.apply(identity);
        self.store.users.record_login(&identity, self.now())
    }

    /// The digest that ties a login to this browser, and the cookie to set if it brought none of ours.
    pub(super) fn browser(
        &self,
        cookie: Option<&Secret>,
    ) -> Result<(SecretDigest, Option<BrowserToken>), RandomnessUnavailable> {
        let brought = cookie.and_then(|cookie| BrowserToken::parse(cookie.expose()).ok());
        if let Some(token) = brought {
            return Ok((token.digest(&self.keys), None));
        }
        let token = BrowserToken::generate(self.randomness.as_ref())?;
        Ok((token.digest(&self.keys), Some(token)))
    }

    /// The digest of the cookie: the stored one, if it was made from this cookie with any key of the ring.
    pub(super) fn recognise(&self, cookie: Option<&Secret>, stored: &SecretDigest) -> Option<SecretDigest> {
        let token = BrowserToken::parse(cookie?.expose()).ok()?;
        token
            .digests(&self.keys)
            .find(|digest| digest == stored)
            .or_else(|| Some(token.digest(&self.keys)))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A value that was just drawn from 256 random bits cannot be there.
pub(super) fn already_there(operation: &'static str) -> StoreError {
    StoreError::Inconsistent {
        operation,
        reason: "a freshly drawn identifier is already there".to_owned(),
    }
}
