//! `mxcp-actor doctor`: plays the programs that people connect with against a running server, from outside, and says what
//! each of them would stumble over.
//!
//! * [`profile`]: how each client behaves, as data. [`target`]: the server that is looked at, and how it is asked.
//!   [`report`]: what was found.
//! * `reachability`, `discovery`, `cors`: before anybody is known. `registration`, `redirects`, `tokens`: with a client that
//!   registers under a name of its own. `login`, `protocol`: with a user or a token, if one is given.
//!
//! What is registered is the same each time, so that a server keeps one registration for each profile however often this
//! runs. Must not live here: the server's own code, which is only called over HTTP.

mod cors;
mod discovery;
mod form;
mod login;
pub mod profile;
mod protocol;
mod reachability;
mod redirects;
mod registration;
pub mod report;
pub mod target;
mod tokens;

use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::secret::Secret;

use self::discovery::Discovered;
use self::profile::Profile;
use self::report::Report;
use self::target::Target;

/// Who logs in, if anybody does.
#[derive(Clone)]
pub enum Identity {
    /// Nobody: what needs a login is left out.
    Nobody,
    /// A user of the local provider.
    User {
        /// The login name.
        name: String,
        /// The password.
        password: Secret,
    },
    /// Somebody who has an access token.
    Token(Secret),
}

/// What is looked for, and with what.
pub struct Examination<'a> {
    /// The server.
    pub target: &'a Target,
    /// The clients to play.
    pub profiles: &'a [Profile],
    /// Who logs in.
    pub identity: Identity,
    /// Of a login that is made here. Drawn anew for each run.
    pub verifier: CodeVerifier,
}

/// Examines the server. Checks that need what an earlier one did not find are left out, so that one mistake is told once.
pub async fn examine(examination: &Examination<'_>) -> Report {
    let mut report = Report::default();
    let target = examination.target;
    if !reachability::check(target, &mut report).await {
        return report;
    }
    let Some(discovered) = discovery::check(target, &mut report).await else {
        return report;
    };
    for profile in examination.profiles {
        check_client(target, &discovered, profile, &mut report).await;
    }
    match &examination.identity {
        Identity::Nobody => {}
        Identity::Token(token) => protocol::check(target, token, &mut report).await,
        Identity::User { name, password } => {
            let session = login::check(examination, &discovered, (name, password), &mut report).await;
            if let Some(session) = session {
                protocol::check(target, &session.access_token, &mut report).await;
                login::leave(target, &discovered, &session, &mut report).await;
            }
        }
    }
    report
}

async fn check_client(target: &Target, discovered: &Discovered, profile: &Profile, report: &mut Report) {
    discovery::check_client(target, discovered, profile, report).await;
    if profile.origin.is_some() {
        cors::check(target, discovered, profile, report).await;
    }
    if let Some(client) = registration::check(target, discovered, profile, report).await {
        redirects::check(target, discovered, profile, &client, report).await;
        tokens::check(target, discovered, profile, &client, report).await;
    }
}
