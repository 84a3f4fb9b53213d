//! A call under the policies of its definition: what is asked before anything runs, and what of the answer goes out.
//!
//! Rules that look at the caller alone are decided before the query, so that the engine never writes what they hide. Must not
//! live here: what a rule means (`policy`), how a denial is told to the client (each kind's own file).

use std::sync::Arc;

use mxcp_actors::sql_executor::value::SqlValue;

use super::call::{Call, CallFailure};
use super::recording::Recording;
use crate::endpoints::registry::Program;
use crate::policy::{
    CompiledPolicies, OutputRules, PolicyTrail, PolicyUser, Redaction, RulesOnUser, UnreadableResult,
};

/// Results up to this size are judged where the call is answered, in less time than another thread takes to be found.
const SMALL: usize = 16 * 1024;

impl Call<'_> {
    /// The caller as policies see it, unless they refuse it whatever the arguments are; `None` where there are no policies.
    pub(super) fn policy_user(
        &self,
        recording: &mut Recording<'_>,
    ) -> Result<Option<PolicyUser>, CallFailure> {
        let policies = &self.endpoint.routine.policies;
        if policies.is_empty() {
            return Ok(None);
        }
        let user = PolicyUser::of_caller(self.asked.caller.principal.as_deref());
        policies.check_caller(&user, &mut recording.policies)?;
        Ok(Some(user))
    }

    /// Calls, and answers what this caller may see.
    pub(super) async fn under_policies(
        &self,
        user: PolicyUser,
        arguments: Vec<(String, SqlValue)>,
        recording: &mut Recording<'_>,
    ) -> Result<Vec<u8>, CallFailure> {
        let routine = &self.endpoint.routine;
        let looked_at = &routine.policies.reads().arguments;
        let given = arguments.iter().filter(|(name, _)| looked_at.contains(name));
        let given = routine.parameters.to_json(given);
        routine
            .policies
            .check_arguments(&user, &given, &mut recording.policies)?;
        match routine.policies.output() {
            OutputRules::None => self.produce(arguments, &self.endpoint.plan, recording).await,
            OutputRules::OnUser(rules) => self.narrowed(rules, &user, arguments, recording).await,
            OutputRules::OnResponse(_) => {
                let produced = self.produce(arguments, &self.endpoint.plan, recording).await;
                self.judged(produced.map_err(discreet)?, user, recording).await
            }
        }
    }

    /// Runs what is left of the plan when this caller's rules are applied.
    async fn narrowed(
        &self,
        rules: RulesOnUser<'_>,
        user: &PolicyUser,
        arguments: Vec<(String, SqlValue)>,
        recording: &mut Recording<'_>,
    ) -> Result<Vec<u8>, CallFailure> {
        let redaction = rules.check(user, &mut recording.policies)?;
        if redaction.is_nothing() {
            return self.produce(arguments, &self.endpoint.plan, recording).await;
        }
        let (plan, rest) = match self.endpoint.routine.program {
            Program::Sql(_) | Program::CallerSql { .. } => {
                let (plan, rest) = redaction.split(&self.endpoint.plan);
                (Arc::new(plan), rest)
            }
            // No engine applies a plan to messages.
            Program::Messages(_) => (Arc::clone(&self.endpoint.plan), redaction),
        };
        let produced = self.produce(arguments, &plan, recording).await;
        Ok(redacted(produced.map_err(discreet)?, &rest)?)
    }

    /// Applies rules that look at the result. A large one is parsed and judged on a thread that may be busy for a while.
    async fn judged(
        &self,
        json: Vec<u8>,
        user: PolicyUser,
        recording: &mut Recording<'_>,
    ) -> Result<Vec<u8>, CallFailure> {
        if json.len() <= SMALL {
            return judge(
                &self.endpoint.routine.policies,
                &user,
                json,
                &mut recording.policies,
            );
        }
        let routine = Arc::clone(&self.endpoint.routine);
        let mut trail = recording.policies.clone();
        let judging = self.server.judging().run(move || {
            let outcome = judge(&routine.policies, &user, json, &mut trail);
            (outcome, trail)
        });
        let (outcome, trail) = judging.await?;
        recording.policies = trail;
        outcome
    }
}

fn judge(
    policies: &CompiledPolicies,
    user: &PolicyUser,
    json: Vec<u8>,
    trail: &mut PolicyTrail,
) -> Result<Vec<u8>, CallFailure> {
    let OutputRules::OnResponse(rules) = policies.output() else {
        return Err(UnreadableResult.into());
    };
    let redaction = rules.check(user, &json, trail)?;
    Ok(redacted(json, &redaction)?)
}

fn redacted(json: Vec<u8>, redaction: &Redaction) -> Result<Vec<u8>, UnreadableResult> {
    match redaction.is_nothing() {
        true => Ok(json),
        false => redaction.apply(&json).map(std::borrow::Cow::into_owned),
    }
}

/// A failure without words that quote values: the one that could not be converted may be the one that is hidden.
fn discreet(failure: CallFailure) -> CallFailure {
    match failure {
        CallFailure::Query(error) if error.may_quote_values() => CallFailure::Withheld,
        other => other,
    }
}
