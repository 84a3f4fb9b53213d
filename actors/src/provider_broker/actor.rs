//! The actor: each message is answered by its rule, on a thread that may wait for the store, or by one of the two ways
//! to log in, which also wait for passwords and for the provider.

use std::future::Future;

use actix::{Actor, ActorContext, Context, Handler, ResponseFuture};

use super::errors::{BeginError, CompleteLoginError, LogInError, UpstreamError};
use super::messages::{
    BeginAuthorization, BeginLogin, BeginSignIn, CompleteLogin, DecideConsent, DiscardUpstreamTokens,
    EndBrowserSession, EndBrowserSessionsOfUser, FindBrowserSession, FindInteraction, ForgetConsents,
    LogInWithPassword, RecallConsent, RefreshUpstreamTokens, ReleaseUpstreamTokens, RememberConsent,
    RevokeUpstreamTokens, SweepLogins, VouchForUser,
};
use super::outside_login::OutsideLogins;
use super::password_login::PasswordLogins;
use super::releases::Released;
use super::rules::BrokerRules;
use crate::blocking::BlockingPool;
use crate::error::CallError;
use crate::handle::{Carried, Request, Stop};

/// Logs users in, asks for their consent, and keeps their browsers signed in. See the module's documentation.
pub struct ProviderBroker {
    rules: BrokerRules,
    store: BlockingPool,
    logins: Logins,
}

/// Where users log in, and what that needs.
pub enum Logins {
    /// Here, with a password.
    Password(PasswordLogins),
    /// At an outside provider.
    Outside(Box<OutsideLogins>),
}

impl ProviderBroker {
    /// An actor that answers by these rules and lets the store's work run in this pool.
    #[must_use]
    pub const fn new(rules: BrokerRules, store: BlockingPool, logins: Logins) -> Self {
        Self { rules, store, logins }
    }

    fn answer<R, W>(&self, message: Carried<R>, rule: W) -> ResponseFuture<()>
    where
        R: Request,
        W: FnOnce(&BrokerRules, R) -> R::Answer + Send + 'static,
    {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rule(&rules, request))
    }
}

/// Answers when this future is done.
fn answer_later<R, F>(message: Carried<R>, work: impl FnOnce(R) -> F + 'static) -> ResponseFuture<()>
where
    R: Request,
    F: Future<Output = Result<R::Answer, CallError>> + 'static,
{
    let (request, reply) = message.split();
    Box::pin(async move { reply.answer(work(request).await) })
}

/// Answers at once.
fn answer_now<R: Request>(message: Carried<R>, answer: impl FnOnce(R) -> R::Answer) -> ResponseFuture<()> {
    let (request, reply) = message.split();
    reply.answer(Ok(answer(request)));
    Box::pin(std::future::ready(()))
}

/// Places in the mailbox. A message leaves it within microseconds, since handling it is passing it on to a pool or
/// beginning to ask the provider; what is under way is bounded by the handle.
const MAILBOX: usize = 1_024;

impl Actor for ProviderBroker {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        log::debug!("the broker has started");
    }

    fn stopped(&mut self, _context: &mut Self::Context) {
        log::debug!("the broker has stopped");
    }
}

/// Handlers that answer by a rule over the store.
macro_rules! rule_handlers {
    ($($message:ident => $rule:expr;)*) => {$(
        impl Handler<Carried<$message>> for ProviderBroker {
            type Result = ResponseFuture<()>;

            fn handle(&mut self, message: Carried<$message>, _context: &mut Self::Context) -> Self::Result {
                self.answer(message, $rule)
            }
        }
    )*};
}

rule_handlers! {
    BeginAuthorization => BrokerRules::begin_authorization;
    FindInteraction => |rules, request| rules.find_interaction(&request);
    DecideConsent => |rules, request| rules.decide_consent(&request);
    RecallConsent => BrokerRules::recall_consent;
    RememberConsent => BrokerRules::remember_consent;
    ForgetConsents => |rules, request| rules.forget_consents(&request);
    FindBrowserSession => |rules, request| rules.find_browser_session(&request);
    EndBrowserSession => |rules, request| rules.end_browser_session(&request);
    EndBrowserSessionsOfUser => |rules, request| rules.end_browser_sessions_of_user(&request);
    SweepLogins => BrokerRules::sweep;
}

/// Handlers of what an outside provider does, and what is answered where there is none.
macro_rules! outside_handlers {
    ($($message:ident => $work:ident, otherwise $answer:expr;)*) => {$(
        impl Handler<Carried<$message>> for ProviderBroker {
            type Result = ResponseFuture<()>;

            fn handle(&mut self, message: Carried<$message>, _context: &mut Self::Context) -> Self::Result {
                match &self.logins {
                    Logins::Password(_) => answer_now(message, $answer),
                    Logins::Outside(logins) => {
                        let logins = logins.clone();
                        answer_later(message, move |request| logins.$work(request))
                    }
                }
            }
        }
    )*};
}

outside_handlers! {
    BeginLogin => begin_login, otherwise |_| Err(BeginError::NoOutsideProvider);
    RefreshUpstreamTokens => refresh, otherwise |message| Err(not_configured(&message.provider));
    RevokeUpstreamTokens => revoke, otherwise |_| Ok(Released::Forgotten);
}

/// Handlers that leave work behind, and answer at once.
macro_rules! release_handlers {
    ($($message:ident => $begin:ident;)*) => {$(
        impl Handler<Carried<$message>> for ProviderBroker {
            type Result = ResponseFuture<()>;

            fn handle(&mut self, message: Carried<$message>, _context: &mut Self::Context) -> Self::Result {
                answer_now(message, |request| match &self.logins {
                    Logins::Password(_) => (),
                    Logins::Outside(logins) => logins.$begin(request),
                })
            }
        }
    )*};
}

release_handlers! {
    ReleaseUpstreamTokens => release;
    DiscardUpstreamTokens => discard;
}

fn not_configured(provider: &str) -> UpstreamError {
    UpstreamError::UnknownProvider {
        provider: provider.to_owned(),
    }
}

impl Handler<Carried<VouchForUser>> for ProviderBroker {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<VouchForUser>, _context: &mut Self::Context) -> Self::Result {
        answer_now(message, |request| self.rules.vouch(&request.identity))
    }
}

impl Handler<Carried<LogInWithPassword>> for ProviderBroker {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<LogInWithPassword>, _context: &mut Self::Context) -> Self::Result {
        match &self.logins {
            Logins::Password(logins) => {
                let (logins, rules, store) = (logins.clone(), self.rules.clone(), self.store.clone());
                answer_later(message, move |request| logins.log_in(request, rules, store))
            }
            Logins::Outside(_) => answer_now(message, |_| Err(LogInError::NoPasswords)),
        }
    }
}

impl Handler<Carried<BeginSignIn>> for ProviderBroker {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<BeginSignIn>, _context: &mut Self::Context) -> Self::Result {
        match &self.logins {
            Logins::Password(_) => self.answer(message, |rules, request| rules.begin_sign_in(&request)),
            Logins::Outside(logins) => {
                let logins = logins.clone();
                answer_later(message, move |request| logins.begin_sign_in(request))
            }
        }
    }
}

impl Handler<Carried<CompleteLogin>> for ProviderBroker {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<CompleteLogin>, _context: &mut Self::Context) -> Self::Result {
        match &self.logins {
            Logins::Password(_) => answer_now(message, |_| Err(CompleteLoginError::Unknown)),
            Logins::Outside(logins) => {
                let (logins, (request, reply)) = (logins.clone(), message.split());
                Box::pin(async move {
                    let completed = logins.clone().complete_login(request).await;
                    if let Err(Ok(Ok(unwanted))) = reply.offer(completed) {
                        logins.let_go(unwanted.user.identity.key, unwanted.upstream_tokens);
                    }
                })
            }
        }
    }
}

impl Handler<Stop> for ProviderBroker {
    type Result = ();

    fn handle(&mut self, _stop: Stop, context: &mut Self::Context) {
        context.stop();
    }
}
