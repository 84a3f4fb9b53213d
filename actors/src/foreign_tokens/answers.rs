//! What was answered of late, bounded in time and number. A flood of tokens that are refused leaves the good ones there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::digest;

use super::messages::{CheckToken, CheckTokenReply};
use crate::domain::clock::Timestamp;
use crate::domain::user::Principal;
use crate::provider_broker::providers::oidc::access_claims::ForeignTokenRefusal;
use crate::provider_broker::providers::oidc::access_tokens::ForeignTokenError;

/// Answers of each kind that are kept.
const MOST: usize = 10_000;
/// How long a refusal is believed: a token that was not known a moment ago may be known now.
const REFUSED_FOR: Duration = Duration::from_secs(5);

/// A token and its resource, unreadable.
pub(super) type Digest = [u8; 32];

/// What a token is worth, as it was answered.
pub(super) type Answer = Result<Arc<Principal>, ForeignTokenRefusal>;

/// Answers by token.
pub(super) struct Answers {
    lifetime: Duration,
    good: Mutex<HashMap<Digest, (Arc<Principal>, Timestamp)>>,
    refused: Mutex<HashMap<Digest, (ForeignTokenRefusal, Timestamp)>>,
}

impl Answers {
    /// Answers that are believed for this long.
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            good: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// What stands for a question.
    pub(super) fn digest(question: &CheckToken) -> Digest {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(question.resource.as_str().as_bytes());
        context.update(&[0]);
        context.update(question.token.expose().as_bytes());
        let digest = context.finish();
        digest.as_ref().first_chunk().copied().unwrap_or_default()
    }

    /// What was answered, if that is still believed.
    pub(super) fn find(&self, digest: &Digest, now: Timestamp) -> Option<Answer> {
        if let Some((principal, _)) = lock(&self.good).get(digest).filter(|(_, until)| now < *until) {
            return Some(Ok(Arc::clone(principal)));
        }
        let refused = lock(&self.refused);
        let (refusal, _) = refused.get(digest).filter(|(_, until)| now < *until)?;
        Some(Err(*refusal))
    }

    /// Keeps an answer, unless it is none.
    pub(super) fn keep(&self, digest: Digest, answer: &CheckTokenReply, now: Timestamp) {
        match answer {
            Ok(principal) => {
                let until = (now + self.lifetime).min(principal.expires_at);
                keep(
                    &mut lock(&self.good),
                    digest,
                    (Arc::new(principal.clone()), until),
                    now,
                );
            }
            Err(ForeignTokenError::Refused(refusal)) => {
                let until = now + self.lifetime.min(REFUSED_FOR);
                keep(&mut lock(&self.refused), digest, (*refusal, until), now);
            }
            Err(ForeignTokenError::Unavailable(_)) => {}
        }
    }
}

/// Where there is no room, what is over goes first, and then everything: it is asked again.
fn keep<T>(
    kept: &mut HashMap<Digest, (T, Timestamp)>,
    digest: Digest,
    answer: (T, Timestamp),
    now: Timestamp,
) {
    if answer.1 <= now {
        return;
    }
    if kept.len() >= MOST {
        kept.retain(|_, (_, until)| now < *until);
    }
    if kept.len() >= MOST {
        kept.clear();
    }
    kept.insert(digest, answer);
}

/// Values are whole, so a panic under the lock cannot leave half of one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
