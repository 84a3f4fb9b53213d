//! What a client does: sends its user to the authorization endpoint, exchanges codes, refreshes, calls.

use actix_web::test::TestRequest;
use mxcp_actors::domain::pkce::CodeVerifier;
use url::form_urlencoded;

use super::browser::{Browser, Page, location, parameter};
use super::server::{
    Answer, DEMO_CLIENT, DEMO_REDIRECT, DEMO_SECRET, PUBLIC_CLIENT, PUBLIC_REDIRECT, RESOURCE, Server,
};

/// The verifier of every login here.
pub(super) fn verifier() -> CodeVerifier {
    CodeVerifier::from_bits(&[9; 32])
}

/// Parameters that can be changed one by one.
#[derive(Clone, Debug)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The authorization request of the demo client.
    pub(super) fn demo() -> Self {
        Self::authorization(DEMO_CLIENT, DEMO_REDIRECT)
    }

    /// The authorization request of the public client.
    pub(super) fn public() -> Self {
        Self::authorization(PUBLIC_CLIENT, PUBLIC_REDIRECT)
    }

    /// A good authorization request.
    pub(super) fn authorization(client: &str, redirect_uri: &str) -> Self {
        Self::from(&[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect_uri),
            ("code_challenge", verifier().challenge().as_str()),
            ("code_challenge_method", "S256"),
            ("state", "st&te /é"),
            ("resource", RESOURCE),
        ])
    }

    /// The exchange of the demo client.
    pub(super) fn demo_exchange(code: &str) -> Self {
        Self::from(&[
            ("grant_type", "authorization_code"),
            ("client_id", DEMO_CLIENT),
            ("client_secret", DEMO_SECRET),
            ("code", code),
            ("code_verifier", verifier().secret().expose()),
            ("redirect_uri", DEMO_REDIRECT),
            ("resource", RESOURCE),
        ])
    }

    /// The refresh of the demo client.
    pub(super) fn demo_refresh(refresh_token: &str) -> Self {
        Self::from(&[
            ("grant_type", "refresh_token"),
            ("client_id", DEMO_CLIENT),
            ("client_secret", DEMO_SECRET),
            ("refresh_token", refresh_token),
        ])
    }

    pub(super) fn from(pairs: &[(&str, &str)]) -> Self {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self(owned.collect())
    }

    /// The same with another value.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// The same without a parameter.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// The same with one more, also if it is there already.
    pub(super) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The address of the authorization endpoint with these parameters.
    pub(super) fn uri(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.0);
        format!("/authorize?{}", query.finish())
    }

    /// The names and values.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Posts them to an endpoint.
    pub(super) async fn post(&self, server: &Server, uri: &str) -> Answer {
        server.call(TestRequest::post().uri(uri).set_form(&self.0)).await
    }

    /// Posts them to the token endpoint.
    pub(super) async fn to_token(&self, server: &Server) -> Answer {
        self.post(server, "/token").await
    }
}

/// Fills in the login form.
pub(super) async fn sign_in(browser: &Browser<'_>, page: &Page) -> Page {
    let answers = [("username", "testuser"), ("password", "testpass")];
    browser.submit(&page.form(), &answers).await
}

/// The code that a whole login leads to: form, consent, redirect.
pub(super) async fn log_in(server: &Server, request: &Fields) -> String {
    let browser = Browser::new(server);
    let consent = sign_in(&browser, &browser.open(&request.uri()).await).await;
    let back = browser.submit_once(&consent.form(), &[]).await;
    parameter(&location(&back), "code").unwrap()
}

/// The tokens of a whole login of the demo client.
pub(super) async fn demo_tokens(server: &Server) -> Answer {
    let code = log_in(server, &Fields::demo()).await;
    let answer = Fields::demo_exchange(&code).to_token(server).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// Calls the protected resource.
pub(super) async fn call(server: &Server, token: &str) -> Answer {
    let request = TestRequest::post().uri("/mcp");
    let header = ("Authorization", format!("Bearer {token}"));
    server.call(request.insert_header(header)).await
}
