//! The events of authentication, and the words that stand for them in the log.

use serde::{Deserialize, Serialize};

/// Something that happened between a client, a user and this server's authorization endpoints. The word of each is
/// the record's `operation_name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationEvent {
    /// A client registered itself.
    ClientRegistered,
    /// A user agreed that a client may act for them.
    ConsentGiven,
    /// A user refused.
    ConsentDenied,
    /// A user came back from the provider, or typed the right password.
    LoginSucceeded,
    /// A login ended without a user.
    LoginFailed,
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
    pub const ALL: [Self; 12] = [
        Self::ClientRegistered,
        Self::ConsentGiven,
        Self::ConsentDenied,
        Self::LoginSucceeded,
        Self::LoginFailed,
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
            Self::ClientRegistered => "client_registered",
            Self::ConsentGiven => "consent_given",
            Self::ConsentDenied => "consent_denied",
            Self::LoginSucceeded => "login_succeeded",
            Self::LoginFailed => "login_failed",
            Self::TokenIssued => "token_issued",
            Self::TokenRefreshed => "token_refreshed",
            Self::RequestRefused => "request_refused",
            Self::TokenRevoked => "token_revoked",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::LoggedOut => "logged_out",
        }
    }
}
