//! The actor: asks providers for their keys without holding anybody else up.

use std::rc::Rc;
use std::time::Duration;

use actix::{Actor, Context, Handler, ResponseFuture};

use super::handle::{self, IdentityAssertionsHandle};
use super::messages::CheckIdentityAssertion;
use crate::handle::Carried;
use crate::provider_broker::providers::oidc::identity_assertions::{AssertedUser, IdentityAssertions};
use crate::provider_broker::user_mapping::UserMapping;

/// Checks identity assertions. See the module's documentation.
pub struct IdentityAssertionChecker {
    assertions: Rc<IdentityAssertions>,
    user_mapping: Rc<UserMapping>,
}

/// Places in the mailbox: a message leaves it within microseconds.
const MAILBOX: usize = 1_024;

impl IdentityAssertionChecker {
    /// Starts the actor on the current thread, which is the thread of `assertions`. Users have what the mapping gives beyond what
    /// their provider says. Callers wait until `deadline`.
    #[must_use]
    pub fn launch(
        assertions: IdentityAssertions,
        user_mapping: UserMapping,
        deadline: Duration,
    ) -> IdentityAssertionsHandle {
        let issuers = assertions.health();
        let actor = Self {
            assertions: Rc::new(assertions),
            user_mapping: Rc::new(user_mapping),
        };
        handle::new(actor.start(), deadline, issuers)
    }
}

impl Actor for IdentityAssertionChecker {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        log::debug!("the checking of identity assertions has started");
    }
}

impl Handler<Carried<CheckIdentityAssertion>> for IdentityAssertionChecker {
    type Result = ResponseFuture<()>;

    fn handle(
        &mut self,
        message: Carried<CheckIdentityAssertion>,
        _context: &mut Self::Context,
    ) -> Self::Result {
        let (assertions, mapping) = (Rc::clone(&self.assertions), Rc::clone(&self.user_mapping));
        let (CheckIdentityAssertion(presented), reply) = message.split();
        Box::pin(async move {
            let checked = assertions.check(&presented).await;
            reply.answer(Ok(checked.map(|user| AssertedUser {
                identity: mapping.apply(user.identity),
                ..user
            })));
        })
    }
}
