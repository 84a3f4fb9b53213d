//! The way back to the client (RFC 6749 sections 4.1.2 and 4.1.2.1): its redirect URI with a code or an error, its own
//! `state` exactly as it came, and our issuer (RFC 9207).

use mxcp_actors::domain::authorization_request::AuthorizationRequest;
use mxcp_actors::domain::opaque_token::AuthorizationCodeValue;
use mxcp_actors::domain::redirect_uri::{RedirectKind, RedirectUri};
use url::form_urlencoded;

/// Where a response goes. Exists only for a redirect URI that was found among the client's.
#[derive(Clone, Debug)]
pub struct ResponseTarget {
    redirect_uri: RedirectUri,
    state: Option<String>,
}

/// How a response reaches the client.
#[derive(Debug)]
pub enum AuthorizationResponse {
    /// The browser is sent there.
    Redirect(String),
    /// The user copies the code from a page.
    CodePage(AuthorizationCodeValue),
    /// The user is told on a page what went wrong, because there is no address to tell it to.
    ErrorPage {
        /// The error code of the protocol.
        error: &'static str,
        /// What was wrong, for people.
        description: String,
    },
}

impl ResponseTarget {
    /// Answers go to `redirect_uri`, with the `state` of the request.
    pub(super) fn new(redirect_uri: RedirectUri, state: Option<String>) -> Self {
        Self { redirect_uri, state }
    }

    /// The answer with a code.
    pub(super) fn code(&self, issuer: &str, code: AuthorizationCodeValue) -> AuthorizationResponse {
        match self.redirect_uri.kind() {
            RedirectKind::OutOfBand => AuthorizationResponse::CodePage(code),
            RedirectKind::Https | RedirectKind::Loopback | RedirectKind::PrivateUse => {
                AuthorizationResponse::Redirect(self.with(issuer, &[("code", code.expose())]))
            }
        }
    }

    /// The answer with an error.
    pub(super) fn error(
        &self,
        issuer: &str,
        error: &'static str,
        description: String,
    ) -> AuthorizationResponse {
        match self.redirect_uri.kind() {
            RedirectKind::OutOfBand => AuthorizationResponse::ErrorPage { error, description },
            RedirectKind::Https | RedirectKind::Loopback | RedirectKind::PrivateUse => {
                let members = [("error", error), ("error_description", description.as_str())];
                AuthorizationResponse::Redirect(self.with(issuer, &members))
            }
        }
    }

    /// The redirect URI, byte for byte, with more parameters in its query.
    fn with(&self, issuer: &str, members: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(members);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", issuer);
        let uri = self.redirect_uri.as_str();
        let separator = match uri.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{uri}{separator}{}", query.finish())
    }
}

impl From<&AuthorizationRequest> for ResponseTarget {
    fn from(request: &AuthorizationRequest) -> Self {
        Self::new(request.redirect_uri.clone(), request.state.clone())
    }
}

#[cfg(test)]
mod tests {
    use mxcp_actors::domain::redirect_uri::RedirectTrust;
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    const ISSUER: &str = "https://api.example.com";

    fn target(redirect_uri: &str, state: Option<&str>) -> ResponseTarget {
        let redirect_uri = RedirectUri::parse(redirect_uri, RedirectTrust::Configured).unwrap();
        ResponseTarget::new(redirect_uri, state.map(str::to_owned))
    }

    fn code_location(redirect_uri: &str, state: Option<&str>) -> String {
        let code = AuthorizationCodeValue::from_bits(&[7; 32]);
        match target(redirect_uri, state).code(ISSUER, code) {
            AuthorizationResponse::Redirect(location) => location,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_response_is_appended_to_the_registered_bytes() {
        for (redirect_uri, beginning) in [
            ("https://app.example/cb", "https://app.example/cb?code="),
            ("https://app.example/cb?x=1", "https://app.example/cb?x=1&code="),
            ("https://app.example/cb?", "https://app.example/cb?code="),
            ("http://localhost:3000", "http://localhost:3000?code="),
            ("cursor://app/cb", "cursor://app/cb?code="),
        ] {
            let location = code_location(redirect_uri, None);
            assert!(location.starts_with(beginning), "{location}");
            assert!(
                location.ends_with("&iss=https%3A%2F%2Fapi.example.com"),
                "{location}"
            );
        }
    }

    #[test]
    fn out_of_band_responses_are_pages() {
        let target = target("urn:ietf:wg:oauth:2.0:oob", Some("s"));
        let code = AuthorizationCodeValue::from_bits(&[7; 32]);
        assert!(matches!(
            target.code(ISSUER, code),
            AuthorizationResponse::CodePage(_)
        ));
        let error = target.error(ISSUER, "access_denied", "no".to_owned());
        assert!(matches!(
            error,
            AuthorizationResponse::ErrorPage {
                error: "access_denied",
                ..
            }
        ));
    }

    proptest! {
        #[test]
        fn the_state_comes_back_as_it_was(state in ".{1,60}") {
            let location = Url::parse(&code_location("https://app.example/cb?x=1", Some(&state))).unwrap();
            let pairs: Vec<_> = location.query_pairs().into_owned().collect();
            prop_assert!(pairs.contains(&("state".to_owned(), state)));
            prop_assert_eq!(pairs.len(), 4);
        }
    }
}
