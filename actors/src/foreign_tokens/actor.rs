//! The actor: asks the issuer without holding anybody else up.

use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, Addr, Context, Handler, ResponseFuture};

use super::answers::{Answers, Digest};
use super::handle::ForeignTokensHandle;
use super::messages::{CheckToken, CheckTokenReply};
use super::{ForeignTokenSettings, handle};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::user::{Principal, UserAccount};
use crate::handle::Carried;
use crate::joined::Joined;
use crate::provider_broker::providers::oidc::access_tokens::{AccessTokens, ForeignToken, ForeignTokenError};
use crate::provider_broker::user_mapping::UserMapping;

/// Checks tokens of another server. See the module's documentation.
pub struct ForeignTokens {
    tokens: Rc<AccessTokens>,
    under_way: Joined<Digest, CheckTokenReply>,
    answers: Arc<Answers>,
    user_mapping: Rc<UserMapping>,
    clock: Arc<dyn Clock>,
}

/// Places in the mailbox: a message leaves it within microseconds.
const MAILBOX: usize = 1_024;

impl ForeignTokens {
    /// Starts the actor on the current thread, which is the thread of `tokens`.
    #[must_use]
    pub fn launch(
        tokens: AccessTokens,
        settings: ForeignTokenSettings,
        clock: Arc<dyn Clock>,
    ) -> ForeignTokensHandle {
        let answers = Arc::new(Answers::new(settings.cache_ttl));
        let issuer = Arc::clone(tokens.health());
        let address: Addr<Self> = Self {
            tokens: Rc::new(tokens),
            under_way: Joined::default(),
            answers: Arc::clone(&answers),
            user_mapping: Rc::new(settings.user_mapping),
            clock: Arc::clone(&clock),
        }
        .start();
        handle::new(address, settings.deadline, answers, issuer, clock)
    }
}

impl Actor for ForeignTokens {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        log::debug!("the checking of foreign tokens has started");
    }
}

impl Handler<Carried<CheckToken>> for ForeignTokens {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<CheckToken>, _context: &mut Self::Context) -> Self::Result {
        let (tokens, answers) = (Rc::clone(&self.tokens), Arc::clone(&self.answers));
        let (under_way, clock) = (self.under_way.clone(), Arc::clone(&self.clock));
        let user_mapping = Rc::clone(&self.user_mapping);
        let (request, reply) = message.split();
        Box::pin(async move {
            let digest = Answers::digest(&request);
            let ask = || async {
                let checked = tokens.check(&request.token, &request.resource).await;
                let now = clock.now();
                let answer = checked.map(|token| principal(token, &request, &user_mapping, now));
                if let Err(ForeignTokenError::Unavailable(error)) = &answer {
                    log::error!("an access token cannot be checked: {error}");
                }
                answers.keep(digest, &answer, now);
                answer
            };
            reply.answer(Ok(under_way.run(digest, ask).await));
        })
    }
}

/// The caller. A token of another server is of no grant here, and leads to no other token.
fn principal(
    token: ForeignToken,
    request: &CheckToken,
    user_mapping: &UserMapping,
    now: Timestamp,
) -> Principal {
    let identity = user_mapping.apply(token.identity);
    Principal {
        scopes: token.scopes.difference(&identity.mapped.withheld_scopes),
        user: UserAccount {
            identity,
            created_at: now,
            last_login_at: now,
        },
        client: token.client,
        grant: None,
        resource: request.resource.clone(),
        expires_at: token.ends_at,
        bound_to: token.bound_to,
        upstream: None,
    }
}
