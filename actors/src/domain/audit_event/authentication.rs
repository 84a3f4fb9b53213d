//! The events of authentication, and the words that stand for them in the log.

use serde::{Deserialize, Serialize};

/// Something that happened between a client, a user and this server's authorization endpoints. The word of each is
/// the record's `operation_name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationEvent {
    /// A client read where to log in. One record stands for several readings from one network.
    MetadataRead,
    /// A client registered itself.
    ClientRegistered,
    /// A browser brought a client's request, and its user is asked.
    AuthorizationRequested,
    /// A client's request was refused, on a page or to the client.
    AuthorizationRefused,
    /// A page of a login was not shown, or its form not accepted.
    PageRefused,
    /// A user agreed that a client may act for them.
    ConsentGiven,
    /// A user refused.
    ConsentDenied,
    /// The browser was sent to the identity provider.
    LoginStarted,
    /// A user came back from the provider, or typed the right password.
    LoginSucceeded,
    /// A login ended without a user.
    LoginFailed,
    /// The browser was sent back to the client, with a code.
    CodeIssued,
    /// A code was exchanged.
    TokenIssued,
    /// A refresh token was exchanged.
    TokenRefreshed,
    /// A request was refused with 401 or 403.
    RequestRefused,
    /// A token or a grant ended before its time.
    TokenRevoked,
    /// A code came a second time; its grant was ended.
    CodeReplayed,
    /// A refresh token came after its successor had been used; its grant was ended.
    RefreshTokenReused,
    /// A user signed out.
    LoggedOut,
}

impl AuthenticationEvent {
    /// Every event, in the order of the enum.
    pub const ALL: [Self; 18] = [
        Self::MetadataRead,
        Self::ClientRegistered,
        Self::AuthorizationRequested,
        Self::AuthorizationRefused,
        Self::PageRefused,
        Self::ConsentGiven,
        Self::ConsentDenied,
        Self::LoginStarted,
        Self::LoginSucceeded,
        Self::LoginFailed,
        Self::CodeIssued,
        Self::TokenIssued,
        Self::TokenRefreshed,
        Self::RequestRefused,
        Self::TokenRevoked,
        Self::CodeReplayed,
        Self::RefreshTokenReused,
        Self::LoggedOut,
    ];

    /// The value of `operation_name`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MetadataRead => "metadata_read",
            Self::ClientRegistered => "client_registered",
            Self::AuthorizationRequested => "authorization_requested",
            Self::AuthorizationRefused => "authorization_refused",
            Self::PageRefused => "page_refused",
            Self::ConsentGiven => "consent_given",
            Self::ConsentDenied => "consent_denied",
            Self::LoginStarted => "login_started",
            Self::LoginSucceeded => "login_succeeded",
            Self::LoginFailed => "login_failed",
            Self::CodeIssued => "code_issued",
            Self::TokenIssued => "token_issued",
            Self::TokenRefreshed => "token_refreshed",
            Self::RequestRefused => "request_refused",
            Self::TokenRevoked => "token_revoked",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::LoggedOut => "logged_out",
        }
    }

    /// The event that a record's `operation_name` stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == word)
    }
}
