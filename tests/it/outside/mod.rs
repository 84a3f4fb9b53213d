//! Logins through Atlassian and Salesforce, which strict fakes stand in for: the whole program.

mod atlassian;
#[path = "../../fakes/outside/mod.rs"]
mod fake;
mod salesforce;

use url::Url;

use self::fake::{CLIENT_ID, CLIENT_SECRET, Fake};
use crate::login::{self, Browser, Caller, PUBLIC};
use crate::server::{Answer, Project, Server, client};

/// The provider as the configuration has it.
struct Provider<'a> {
    name: &'a str,
    /// The keys of its block besides the client's, each with a comma in front.
    more: &'a str,
    secret: &'a str,
}

impl<'a> Provider<'a> {
    const fn new(name: &'a str, more: &'a str) -> Self {
        let secret = CLIENT_SECRET;
        Self { name, more, secret }
    }

    /// A project whose users log in there.
    fn project(&self) -> Project {
        let Self { name, more, secret } = self;
        Project::new().user_config(&format!(
            "mxcp: 1\ntransport: {{ http: {{ base_url: '{PUBLIC}' }} }}\n\
             projects: {{ test: {{ profiles: {{ dev: {{ auth: {{ provider: {name},\n  \
             {name}: {{ client_id: {CLIENT_ID}, client_secret: {secret}{more} }},\n  \
             clients: [{{ client_id: {}, client_secret: {}, name: Test, redirect_uris: ['{}'],\n    \
             grant_types: [authorization_code, refresh_token], scopes: ['mcp:read'] }}] }} }} }} }} }}\n",
            login::CLIENT,
            login::CLIENT_SECRET,
            login::REDIRECT,
        ))
    }
}

fn callback(provider: &str) -> String {
    format!("{PUBLIC}/{provider}/callback")
}

/// Approves at the server, and goes where the provider sends the browser.
async fn come_back(server: &Server) -> Answer {
    let mut browser = Browser::new(server);
    let consent = browser.begin(None).await;
    let departure = browser.submit(&consent, &[]).await;
    let departure = departure
        .header("location")
        .unwrap_or_else(|| panic!("{departure:?}"));
    let mut answer = client().get(departure).send().await.unwrap();
    let Some(back) = answer.headers().get("location") else {
        panic!("{departure}: {:?}", answer.body().await);
    };
    let back = Url::parse(back.to_str().unwrap()).unwrap();
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    browser.walk("GET", &path, String::new()).await
}

/// Logs in, and answers a client with its access token.
async fn log_in(server: &Server) -> Caller<'_> {
    let answer = come_back(server).await;
    let tokens = login::tokens(server, &login::code_of(&answer)).await;
    Caller::with_token(server, tokens["access_token"].as_str().unwrap())
}

/// The error that the client is told.
fn refusal(answer: &Answer) -> String {
    let location = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
    let url = Url::parse(location).unwrap();
    let error = url.query_pairs().find(|(name, _)| name == "error");
    error.map(|(_, code)| code.into_owned()).unwrap_or_default()
}

/// The text of a call of `whoami`.
async fn whoami(caller: &Caller<'_>) -> String {
    let answer = caller.call("whoami", serde_json::json!({})).await;
    let text = answer["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("{answer}")).to_owned()
}
