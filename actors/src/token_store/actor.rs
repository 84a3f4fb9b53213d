//! The actor: each message is answered by its rule, on a thread that may wait for the store. Whatever may have ended a
//! token empties the cache before it is answered, and the caches of other replicas soon after.

use std::sync::Arc;

use actix::{Actor, ActorContext, Context, Handler, ResponseFuture};

use super::finding::FindGrant;
use super::messages::{
    BeginUpstreamRefresh, CountGrants, EndUpstreamRefresh, HasUpstreamTokens, IssueAccessToken, IssueTokens,
    IssueTokensError, IssueTokensReply, ListGrantsOfUser, OpenGrant, PublishedKeys, RememberUse, ReplaceUser,
    RetainUsers, Revocation, RevokeGrant, RevokeGrantsOfUser, RevokeToken, RevokeTokenReply,
    RotateRefreshToken, RotateRefreshTokenError, RotateRefreshTokenReply, SweepTokens, SweepTokensReply,
    TakeUpstreamTokens, VerifyToken,
};
use super::rules::TokenRules;
use super::verified_tokens::VerifiedTokens;
use crate::blocking::BlockingPool;
use crate::handle::{Carried, Request, Stop};
use crate::replica_bus::{Announcement, ReplicaBus};

/// Opens and ends grants, issues, verifies and rotates their tokens. See the module's documentation.
pub struct TokenStore {
    rules: TokenRules,
    store: BlockingPool,
    verified: Arc<VerifiedTokens>,
    bus: ReplicaBus,
}

impl TokenStore {
    /// An actor that answers by these rules, lets the store's work run in this pool, and empties this cache and, over the
    /// bus, those of other replicas.
    #[must_use]
    pub const fn new(
        rules: TokenRules,
        store: BlockingPool,
        verified: Arc<VerifiedTokens>,
        bus: ReplicaBus,
    ) -> Self {
        Self {
            rules,
            store,
            verified,
            bus,
        }
    }

    /// Answers by a rule that ends no token.
    fn answer<R, W>(&self, message: Carried<R>, rule: W) -> ResponseFuture<()>
    where
        R: Request,
        W: FnOnce(&TokenRules, R) -> R::Answer + Send + 'static,
    {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rule(&rules, request))
    }

    /// Answers by a rule that may end tokens, and empties the cache unless `spared` says that it did not. A rule that
    /// panics may have ended some.
    fn answer_and_forget<R, W>(
        &self,
        message: Carried<R>,
        spared: fn(&R::Answer) -> bool,
        rule: W,
    ) -> ResponseFuture<()>
    where
        R: Request,
        W: FnOnce(&TokenRules, R) -> R::Answer + Send + 'static,
    {
        let (verified, bus) = (Arc::clone(&self.verified), self.bus.clone());
        self.answer(message, move |rules, request| {
            let mut forget = ForgetOnDrop {
                verified,
                bus,
                is_due: true,
            };
            let answer = rule(rules, request);
            forget.is_due = !spared(&answer);
            answer
        })
    }
}

struct ForgetOnDrop {
    verified: Arc<VerifiedTokens>,
    bus: ReplicaBus,
    is_due: bool,
}

impl Drop for ForgetOnDrop {
    fn drop(&mut self) {
        if self.is_due {
            self.verified.forget_all();
            self.bus.announce(Announcement::TokensEnded);
        }
    }
}

/// Places in the mailbox. A message leaves it within microseconds, since handling it is passing it on to the pool; what
/// is under way is bounded by the handle.
const MAILBOX: usize = 4_096;

impl Actor for TokenStore {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        log::debug!("the store of tokens has started");
    }

    fn stopped(&mut self, _context: &mut Self::Context) {
        log::debug!("the store of tokens has stopped");
    }
}

impl Handler<Carried<OpenGrant>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<OpenGrant>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, TokenRules::open_grant)
    }
}

impl Handler<Carried<IssueTokens>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<IssueTokens>, _context: &mut Self::Context) -> Self::Result {
        // A refused exchange ends nothing, and whoever can register a client can have many of them refused.
        let nothing = |reply: &IssueTokensReply| match reply {
            Ok(_)
            | Err(
                IssueTokensError::CodeExpired
                | IssueTokensError::Randomness(_)
                | IssueTokensError::Signing(_),
            ) => true,
            Err(IssueTokensError::CodeReplayed { .. } | IssueTokensError::Store(_)) => false,
        };
        self.answer_and_forget(message, nothing, |rules, request| rules.issue(&request))
    }
}

impl Handler<Carried<IssueAccessToken>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<IssueAccessToken>, _context: &mut Self::Context) -> Self::Result {
        // What it forgets is older than a thousand others, and a cache forgets it in a second.
        self.answer(message, TokenRules::issue_access_token)
    }
}

impl Handler<Carried<RetainUsers>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<RetainUsers>, _context: &mut Self::Context) -> Self::Result {
        self.answer_and_forget(message, never, |rules, request| rules.retain_users(&request))
    }
}

impl Handler<Carried<VerifyToken>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<VerifyToken>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, |rules, request| rules.verify(&request))
    }
}

impl Handler<Carried<BeginUpstreamRefresh>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(
        &mut self,
        message: Carried<BeginUpstreamRefresh>,
        _context: &mut Self::Context,
    ) -> Self::Result {
        self.answer(message, TokenRules::begin_upstream_refresh)
    }
}

impl Handler<Carried<EndUpstreamRefresh>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<EndUpstreamRefresh>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, |rules, request| rules.end_upstream_refresh(&request))
    }
}

impl Handler<Carried<TakeUpstreamTokens>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<TakeUpstreamTokens>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, TokenRules::take_upstream_tokens)
    }
}

impl Handler<Carried<HasUpstreamTokens>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<HasUpstreamTokens>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, |rules, request| rules.has_upstream_tokens(&request))
    }
}

impl Handler<Carried<RotateRefreshToken>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<RotateRefreshToken>, _context: &mut Self::Context) -> Self::Result {
        let nothing = |reply: &RotateRefreshTokenReply| {
            !matches!(
                reply,
                Err(RotateRefreshTokenError::Reused { .. } | RotateRefreshTokenError::Store(_))
            )
        };
        self.answer_and_forget(message, nothing, |rules, request| rules.rotate(&request))
    }
}

impl Handler<Carried<ReplaceUser>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<ReplaceUser>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, |rules, request| rules.replace_user(&request))
    }
}

impl Handler<Carried<RevokeGrant>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<RevokeGrant>, _context: &mut Self::Context) -> Self::Result {
        self.answer_and_forget(message, never, TokenRules::revoke_grant)
    }
}

impl Handler<Carried<RevokeGrantsOfUser>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<RevokeGrantsOfUser>, _context: &mut Self::Context) -> Self::Result {
        self.answer_and_forget(message, never, |rules, request| {
            rules.revoke_grants_of_user(&request)
        })
    }
}

impl Handler<Carried<RevokeToken>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<RevokeToken>, _context: &mut Self::Context) -> Self::Result {
        let nothing =
            |reply: &RevokeTokenReply| matches!(reply, Ok(Revocation::Nothing | Revocation::NotOfClient));
        self.answer_and_forget(message, nothing, |rules, request| rules.revoke_token(&request))
    }
}

impl Handler<Carried<ListGrantsOfUser>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<ListGrantsOfUser>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, |rules, request| rules.list_grants_of_user(&request))
    }
}

impl Handler<Carried<FindGrant>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<FindGrant>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, |rules, request| rules.find_grant(&request))
    }
}

impl Handler<Carried<CountGrants>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<CountGrants>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, |rules, CountGrants| rules.count())
    }
}

impl Handler<Carried<PublishedKeys>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<PublishedKeys>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, |rules, PublishedKeys| rules.signing_keys.published())
    }
}

impl Handler<Carried<RememberUse>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<RememberUse>, _context: &mut Self::Context) -> Self::Result {
        self.answer(message, TokenRules::remember_use)
    }
}

impl Handler<Carried<SweepTokens>> for TokenStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<SweepTokens>, _context: &mut Self::Context) -> Self::Result {
        let nothing = |reply: &SweepTokensReply| matches!(reply, Ok(sweep) if sweep.ended_grants.is_empty());
        self.answer_and_forget(message, nothing, TokenRules::sweep)
    }
}

/// For acts that are meant to end something: they may have, however they end themselves.
const fn never<T>(_answer: &T) -> bool {
    false
}

impl Handler<Stop> for TokenStore {
    type Result = ();

    fn handle(&mut self, _stop: Stop, context: &mut Self::Context) {
        context.stop();
    }
}
