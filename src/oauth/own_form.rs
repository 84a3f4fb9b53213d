//! What ties a form of a signed-in user's page to the browser session that the page was made for.
//!
//! Cookies alone do not say that the user saw our page: a browser without `SameSite` would send them with another site's
//! form, too (security checklists call this cross-site request forgery).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_actors::domain::secret::Secret;
use ring::hmac::{self, HMAC_SHA256, Key};

/// The name of the form's field.
pub const FIELD: &str = "proof";

/// What the value says, so that nothing else that is made of a session's cookie is ever mistaken for it.
const MEANING: &[u8] = b"a form on a page of this browser session";

/// The value that the forms of this session carry. It tells nothing of the session's cookie.
pub(super) fn proof(session: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&key(session), MEANING))
}

/// Whether a form was on a page of this session.
pub(super) fn is_proven(session: &Secret, presented: &str) -> bool {
    let presented = URL_SAFE_NO_PAD.decode(presented).unwrap_or_default();
    hmac::verify(&key(session), MEANING, &presented).is_ok()
}

fn key(session: &Secret) -> Key {
    Key::new(HMAC_SHA256, session.expose().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_belongs_to_one_session() {
        let (session, another) = (Secret::new("a session"), Secret::new("another session"));
        let proof = proof(&session);
        assert!(is_proven(&session, &proof));
        assert!(!is_proven(&another, &proof));
        assert!(!is_proven(&session, ""));
        assert!(!is_proven(&session, &proof[..proof.len() - 1]));
    }
}
