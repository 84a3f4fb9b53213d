//! `grant_type=authorization_code`: a client exchanges its code for tokens (RFC 6749 section 4.1.3, RFC 7636 section
//! 4.5, RFC 8707 section 2.2).

use mxcp_actors::auth_code_store::ConsumeCode;
use mxcp_actors::auth_code_store::messages::ConsumeCodeError;
use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::authorization_code::{CodeRefusal, VerifiedCode};
use mxcp_actors::domain::client::{Client, GrantType};
use mxcp_actors::domain::grant::{GrantEnd, GrantId};
use mxcp_actors::domain::pkce::{CodeVerifier, InvalidVerifier};
use mxcp_actors::domain::resource::LONGEST_RESOURCE;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::token_store::messages::{IssueTokensError, ProvenKey};
use mxcp_actors::token_store::{IssueTokens, RevokeGrant};

use super::parameters::{InvalidParameters, Parameters};
use super::token_response::{TokenRequest, TokenResponse};
use super::{Addresses, Caller, Services, Unavailable, upstream};

/// Why a code is not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The form cannot be read (`invalid_request`).
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// The client is not registered for this (`unauthorized_client`).
    #[error("the client is not registered for the grant type authorization_code")]
    GrantType,
    /// No text of this form meets a challenge (`invalid_grant`); the code stays as it is.
    #[error(transparent)]
    Verifier(#[from] InvalidVerifier),
    /// Not a code of this server, or one that is long over (`invalid_grant`).
    #[error("the code is unknown or has expired")]
    Unknown,
    /// The exchange is not the one that the code is for.
    #[error(transparent)]
    Refused(CodeRefusal),
    /// Somebody else was faster; everything from this code has ended (`invalid_grant`).
    #[error("the code was already exchanged; everything issued from it has been revoked")]
    Replayed,
    /// The code's time ran out on the way (`invalid_grant`).
    #[error("the code has expired")]
    Expired,
    /// The server could not do it; the code is as it was.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Exchanges the code of an authenticated client.
pub async fn exchange(
    services: &Services,
    caller: &Caller,
    addresses: &Addresses,
    TokenRequest { client, form, key }: TokenRequest<'_>,
) -> Result<TokenResponse, ExchangeError> {
    if !client.may_use(GrantType::AuthorizationCode) {
        return Err(ExchangeError::GrantType);
    }
    let code = consume(services, caller, client, form, key.as_ref()).await?;
    let (grant, scopes) = (code.binding().grant, code.binding().scopes.clone());
    let with_refresh_token = client.may_use(GrantType::RefreshToken);
    let issued = services.actors.tokens.ask(IssueTokens {
        code,
        with_refresh_token,
        key,
        issuer: addresses.issuer().to_owned(),
    });
    match issued.await.map_err(Unavailable::from)? {
        Ok(pair) => {
            let event = services.event(AuthenticationEvent::TokenIssued, caller);
            let event = event.client(&client.id).scopes(&scopes).grant(grant).await;
            event.write();
            Ok(TokenResponse::new(pair, services.clock.now()))
        }
        Err(IssueTokensError::CodeReplayed { grant }) => {
            record_replay(services, caller, client, grant).await;
            upstream::revoke(services, grant).await;
            Err(ExchangeError::Replayed)
        }
        Err(IssueTokensError::CodeExpired) => Err(ExchangeError::Expired),
        Err(IssueTokensError::Randomness(error)) => Err(Unavailable::from(error).into()),
        Err(IssueTokensError::Signing(error)) => Err(Unavailable::from(error).into()),
        Err(IssueTokensError::Store(error)) => Err(Unavailable::from(error).into()),
    }
}

/// Checks everything that the code is bound to, and ends the grant of a code that comes a second time.
async fn consume(
    services: &Services,
    caller: &Caller,
    client: &Client,
    form: &Parameters,
    key: Option<&ProvenKey>,
) -> Result<VerifiedCode, ExchangeError> {
    let code = Secret::new(form.required("code")?);
    let verifier = CodeVerifier::parse(form.required("code_verifier")?)?;
    let consumed = services.actors.codes.ask(ConsumeCode {
        code,
        client: client.id.clone(),
        redirect_uri: form.optional("redirect_uri")?.map(str::to_owned),
        verifier,
        resource: form
            .optional_within("resource", LONGEST_RESOURCE)?
            .map(str::to_owned),
        key: key.map(|key| key.thumbprint.clone()),
    });
    match consumed.await.map_err(Unavailable::from)? {
        Ok(code) => Ok(code),
        Err(ConsumeCodeError::Unknown) => {
            let event = services.event(AuthenticationEvent::RequestRefused, caller);
            event.client(&client.id).refused(&ExchangeError::Unknown).write();
            Err(ExchangeError::Unknown)
        }
        Err(ConsumeCodeError::Store(error)) => Err(Unavailable::from(error).into()),
        Err(ConsumeCodeError::Refused {
            refusal: CodeRefusal::AlreadyConsumed { grant },
            ..
        }) => {
            let ended = services.actors.tokens.ask(RevokeGrant {
                grant,
                reason: GrantEnd::CodeReplayed,
            });
            ended
                .await
                .map_err(Unavailable::from)?
                .map_err(Unavailable::from)?;
            record_replay(services, caller, client, grant).await;
            upstream::revoke(services, grant).await;
            Err(ExchangeError::Replayed)
        }
        Err(ConsumeCodeError::Refused { refusal, grant }) => {
            let event = services.event(AuthenticationEvent::RequestRefused, caller);
            let event = event.client(&client.id).of_grant(grant);
            event.refused(&refusal).write();
            Err(ExchangeError::Refused(refusal))
        }
    }
}

async fn record_replay(services: &Services, caller: &Caller, client: &Client, grant: GrantId) {
    log::warn!(
        "the client {} presented a code twice; the grant {grant} has ended",
        client.id
    );
    services
        .event(AuthenticationEvent::CodeReplayed, caller)
        .client(&client.id)
        .refused(&ExchangeError::Replayed)
        .grant(grant)
        .await
        .write();
}
