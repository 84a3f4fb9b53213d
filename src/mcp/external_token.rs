//! `get_user_external_token()` around one call: the token goes into the query, and out of everything that comes back.

use mxcp_actors::domain::secret::Secret;
use mxcp_actors::sql_executor::engine::identity::{Asked, ExternalToken, SqlIdentity};
use mxcp_actors::sql_executor::messages::RunQuery;

use super::call::{Call, CallFailure};
use super::recording::Recording;
use super::secret_text;

impl Call<'_> {
    /// Runs SQL with the caller's token at the identity provider. Whether that has to be renewed is found out
    /// by the SQL that asks for it: such a statement ends without effect, and runs again with the new token. All other
    /// SQL knows nothing of the provider and does not depend on it.
    pub(super) async fn answer_with_token(
        &self,
        query: impl Fn(SqlIdentity) -> RunQuery,
        recording: &mut Recording<'_>,
    ) -> Result<Vec<u8>, CallFailure> {
        let caller = self.asked.caller;
        let identity = |external_token| SqlIdentity {
            external_token,
            ..caller.sql_identity()
        };
        let asked = Asked::default();
        let token = self.token(&asked);
        let outcome = self.answer(query(identity(token)), recording).await;
        if !asked.was_noted() {
            return outcome;
        }
        let renewed = self.server.renew_external_token(caller).await?;
        recording.secrets.push(renewed.clone());
        let token = ExternalToken::Held(renewed);
        self.answer(query(identity(token)), recording).await
    }

    fn token(&self, asked: &Asked) -> ExternalToken {
        let principal = self.asked.caller.principal.as_ref();
        let upstream = principal.and_then(|principal| principal.upstream.as_ref());
        match upstream {
            None => ExternalToken::Absent,
            Some(upstream) if upstream.is_fresh(self.server.audit().clock.now()) => {
                ExternalToken::Held(upstream.token.clone())
            }
            Some(_) => ExternalToken::Ended(asked.clone()),
        }
    }

    /// The outcome without the caller's token, unless the tool says that it returns it. No error ever does.
    pub(super) fn without_secrets(
        &self,
        outcome: Result<Vec<u8>, CallFailure>,
        secrets: &[Secret],
    ) -> Result<Vec<u8>, CallFailure> {
        match outcome {
            Ok(json) if self.endpoint.returns_token => Ok(json),
            Ok(json) => Ok(secret_text::without(json, secrets)),
            Err(failure) => Err(without_secrets(failure, secrets)),
        }
    }
}

fn without_secrets(failure: CallFailure, secrets: &[Secret]) -> CallFailure {
    if secrets.is_empty() {
        return failure;
    }
    let text = failure.to_string().into_bytes();
    let left = secret_text::without(text.clone(), secrets);
    match left == text {
        true => failure,
        false => CallFailure::Redacted(String::from_utf8_lossy(&left).into_owned()),
    }
}
