//! What one replica tells the others, and how it is written. Must not live here: how it gets there.
//!
//! Replicas of different versions talk to each other while a new version is rolled out. So a kind keeps its name and its
//! meaning for good, members may be added, and what cannot be read is left alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::domain::secret::SecretDigest;

/// The form of [`Written`]. Another number is not read.
const VERSION: u32 = 1;

/// Something that happened on one replica and concerns all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// A token or a grant has ended: nothing that was verified before may be used without asking the store.
    TokensEnded,
    /// A legacy MCP session has ended, and whatever runs in it.
    SessionEnded {
        /// The digest of its identifier.
        session: SecretDigest,
    },
    /// A client does not want the answer to a request any more.
    CallCancelled {
        /// The digest of the identifier of the session in which it runs.
        session: SecretDigest,
        /// The digest of the request's own identifier, which may be any text.
        request: SecretDigest,
    },
}

/// The text is nothing that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownAnnouncement;

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Content {
    TokensEnded,
    SessionEnded { session: String },
    CallCancelled { session: String, request: String },
}

impl Announcement {
    /// The text that other replicas read: JSON of a few hundred bytes.
    pub(super) fn write(&self) -> String {
        let text = |digest: &SecretDigest| URL_SAFE_NO_PAD.encode(digest.as_bytes());
        let content = match self {
            Self::TokensEnded => Content::TokensEnded,
            Self::SessionEnded { session } => Content::SessionEnded {
                session: text(session),
            },
            Self::CallCancelled { session, request } => Content::CallCancelled {
                session: text(session),
                request: text(request),
            },
        };
        let written = Written {
            version: VERSION,
            content,
        };
        // Texts and numbers always are JSON.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads what another replica wrote.
    pub(super) fn read(text: &str) -> Result<Self, UnknownAnnouncement> {
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        let form: Form = serde_json::from_str(text).map_err(|_| UnknownAnnouncement)?;
        if form.version != VERSION {
            return Err(UnknownAnnouncement);
        }
        let written: Written = serde_json::from_str(text).map_err(|_| UnknownAnnouncement)?;
        Ok(match written.content {
            Content::TokensEnded => Self::TokensEnded,
            Content::SessionEnded { session } => Self::SessionEnded {
                session: digest(&session)?,
            },
            Content::CallCancelled { session, request } => Self::CallCancelled {
                session: digest(&session)?,
                request: digest(&request)?,
            },
        })
    }
}

fn digest(text: &str) -> Result<SecretDigest, UnknownAnnouncement> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| UnknownAnnouncement)?;
    let bytes = bytes.try_into().map_err(|_| UnknownAnnouncement)?;
    Ok(SecretDigest::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_form_is_fixed() {
        let written = Announcement::TokensEnded.write();
        assert_eq!(written, r#"{"version":1,"kind":"tokens_ended"}"#);
        let session = SecretDigest::from_bytes([0; 32]);
        let written = Announcement::SessionEnded { session }.write();
        let zeros = "A".repeat(43);
        assert_eq!(
            written,
            format!(r#"{{"version":1,"kind":"session_ended","session":"{zeros}"}}"#)
        );
    }

    #[test]
    fn a_newer_version_may_add_members_and_kinds() {
        for (text, read) in [
            (
                r#"{"version":1,"kind":"tokens_ended","why":"x"}"#,
                Ok(Announcement::TokensEnded),
            ),
            (
                r#"{"version":1,"kind":"catalog_changed"}"#,
                Err(UnknownAnnouncement),
            ),
            (r#"{"version":2,"kind":"tokens_ended"}"#, Err(UnknownAnnouncement)),
            (
                r#"{"version":1,"kind":"session_ended","session":"AAAA"}"#,
                Err(UnknownAnnouncement),
            ),
            ("", Err(UnknownAnnouncement)),
        ] {
            assert_eq!(Announcement::read(text), read, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(session: [u8; 32], request: [u8; 32]) {
            let (session, request) = (SecretDigest::from_bytes(session), SecretDigest::from_bytes(request));
            for said in [Announcement::SessionEnded { session }, Announcement::CallCancelled { session, request }] {
                prop_assert_eq!(Announcement::read(&said.write()), Ok(said));
            }
        }

        #[test]
        fn no_text_causes_a_panic(text in ".{0,200}") {
            if let Ok(read) = Announcement::read(&text) {
                prop_assert_eq!(Announcement::read(&read.write()), Ok(read));
            }
        }
    }
}
