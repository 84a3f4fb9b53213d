//! How the store of authorization codes answers its messages. Plain functions; the repository decides races.

use std::sync::Arc;

use super::AuthCodeStoreSettings;
use super::messages::{
    ConsumeCode, ConsumeCodeError, ConsumeCodeReply, SaveCode, SaveCodeReply, SweepCodes, SweepCodesReply,
};
use crate::domain::authorization_code::{AuthorizationCode, CodeExchange, CodeRefusal};
use crate::domain::clock::Clock;
use crate::domain::key_ring::KeyRing;
use crate::domain::opaque_token::AuthorizationCodeValue;
use crate::domain::randomness::Randomness;
use crate::store::{AuthorizationCodeRepository, StoreError};

/// Everything that the rules need. Cheap to clone, so that each message can be answered on a thread of its own.
#[derive(Clone)]
pub struct CodeRules {
    /// What the operator set.
    pub settings: AuthCodeStoreSettings,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Where codes come from.
    pub randomness: Arc<dyn Randomness>,
    /// What codes are digested with.
    pub keys: Arc<KeyRing>,
    /// Where codes are kept.
    pub repository: Arc<dyn AuthorizationCodeRepository>,
}

impl CodeRules {
    /// Issues a code.
    pub fn save(&self, message: SaveCode) -> SaveCodeReply {
        let value = AuthorizationCodeValue::generate(self.randomness.as_ref())?;
        let digest = value.digest(&self.keys);
        let code =
            AuthorizationCode::issue(digest, message.binding, self.clock.now(), self.settings.lifetime);
        if !self.repository.insert_code(&code)? {
            let reason = "a freshly drawn code is already there".to_owned();
            return Err(StoreError::Inconsistent {
                operation: "insert code",
                reason,
            }
            .into());
        }
        Ok(value)
    }

    /// Whether this exchange is the one that the code is for. A wrong verifier counts against the code; other
    /// mistakes prove nothing and leave it alone.
    pub fn consume(&self, message: &ConsumeCode) -> ConsumeCodeReply {
        let value =
            AuthorizationCodeValue::parse(message.code.expose()).map_err(|_| ConsumeCodeError::Unknown)?;
        let code = self.find(&value)?.ok_or(ConsumeCodeError::Unknown)?;
        let (digest, grant) = (code.digest, code.binding.grant);
        let exchange = CodeExchange {
            client: &message.client,
            redirect_uri: message.redirect_uri.as_deref(),
            verifier: &message.verifier,
            resource: message.resource.as_deref(),
            key: message.key.as_ref(),
        };
        let verified = code.verify(&exchange, self.clock.now());
        if matches!(verified, Err(CodeRefusal::WrongVerifier)) {
            self.repository.record_failed_verification(&digest)?;
        }
        verified.map_err(|refusal| ConsumeCodeError::Refused { refusal, grant })
    }

    /// Forgets codes that ended longer ago than a replay is worth recognising.
    pub fn sweep(&self, message: SweepCodes) -> SweepCodesReply {
        let moment = self.clock.now() - self.settings.retention;
        self.repository.delete_codes_expired_before(moment, message.most)
    }

    fn find(&self, value: &AuthorizationCodeValue) -> Result<Option<AuthorizationCode>, StoreError> {
        for digest in value.digests(&self.keys) {
            if let Some(code) = self.repository.find_code(&digest)? {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }
}
