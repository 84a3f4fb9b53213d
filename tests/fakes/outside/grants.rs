//! Codes and tokens, and the rules under which they are given out (RFC 6749, RFC 7636). Whoever logs in agrees to everything.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use url::Url;

use super::{CLIENT_ID, CLIENT_SECRET};

/// A code and what it is bound to.
struct Code {
    redirect_uri: String,
    challenge: String,
    scope: String,
}

/// What was given out.
pub(crate) struct Grants {
    /// The fake's own address.
    pub(crate) url: String,
    callback: String,
    codes: BTreeMap<String, Code>,
    /// Access tokens that work, with their scopes.
    pub(crate) live: BTreeMap<String, String>,
    /// Refresh tokens that work, with their scopes.
    pub(crate) refresh_tokens: BTreeMap<String, String>,
    /// Tokens that came back.
    pub(crate) given_back: BTreeSet<String>,
    /// How many requests the token endpoint answered.
    pub(crate) exchanges: usize,
    /// Whether the user opened a site; at Atlassian.
    pub(crate) has_sites: bool,
    /// Whether a refresh token works more than once; Salesforce's do.
    pub(crate) refresh_tokens_stay: bool,
}

/// What is not good about a request for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Client,
    Grant,
    Request,
}

/// New tokens.
pub(super) struct Issued {
    pub(super) access_token: String,
    /// `None` if it was not asked for, or the old one stays.
    pub(super) refresh_token: Option<String>,
    pub(super) scope: String,
}

impl Grants {
    pub(super) fn new(callback: &str) -> Self {
        Self {
            url: String::new(),
            callback: callback.to_owned(),
            codes: BTreeMap::new(),
            live: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            given_back: BTreeSet::new(),
            exchanges: 0,
            has_sites: true,
            refresh_tokens_stay: false,
        }
    }

    /// Where the browser is sent back to. `own` are the parameters that this provider wants to see.
    pub(super) fn authorize(
        &mut self,
        query: &[(String, String)],
        own: &[(&str, &str)],
    ) -> Result<String, &'static str> {
        let mut names: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let value = |name| field(query, name).unwrap_or_default();
        let wrong = [
            (
                names.windows(2).any(|pair| pair[0] == pair[1]),
                "a parameter is there twice",
            ),
            (value("client_id") != CLIENT_ID, "there is no such app"),
            (
                value("redirect_uri") != self.callback,
                "redirect_uri is not the app's",
            ),
            (value("response_type") != "code", "response_type must be code"),
            (value("state").len() < 43, "state is missing or can be guessed"),
            (value("code_challenge").len() != 43, "code_challenge is missing"),
            (
                value("code_challenge_method") != "S256",
                "code_challenge must be of method S256",
            ),
            (
                own.iter().any(|(name, wanted)| value(name) != *wanted),
                "a parameter is missing",
            ),
        ];
        if let Some((_, problem)) = wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
            return Err(problem);
        }
        let code = draw();
        let mut back = Url::parse(&self.callback).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", value("state"));
        let bound = Code {
            redirect_uri: self.callback.clone(),
            challenge: value("code_challenge").to_owned(),
            scope: value("scope").to_owned(),
        };
        self.codes.insert(code, bound);
        Ok(back.into())
    }

    /// Answers the token endpoint. `offline` is the scope that a refresh token comes with.
    pub(super) fn answer(&mut self, fields: &[(String, String)], offline: &str) -> Result<Issued, Refusal> {
        self.exchanges += 1;
        let value = |name| field(fields, name).unwrap_or_default();
        if value("client_id") != CLIENT_ID || value("client_secret") != CLIENT_SECRET {
            return Err(Refusal::Client);
        }
        match value("grant_type") {
            "authorization_code" => {
                let code = self.codes.remove(value("code")).ok_or(Refusal::Grant)?;
                let digest = digest::digest(&digest::SHA256, value("code_verifier").as_bytes());
                let is_proven = URL_SAFE_NO_PAD.encode(digest) == code.challenge;
                if !is_proven || value("redirect_uri") != code.redirect_uri {
                    return Err(Refusal::Grant);
                }
                Ok(self.issue(code.scope, offline))
            }
            "refresh_token" => {
                let token = value("refresh_token");
                let scope = self.refresh_tokens.get(token).cloned().ok_or(Refusal::Grant)?;
                if self.refresh_tokens_stay {
                    return Ok(self.issue(scope, ""));
                }
                self.refresh_tokens.remove(token);
                Ok(self.issue(scope, offline))
            }
            _ => Err(Refusal::Request),
        }
    }

    fn issue(&mut self, scope: String, offline: &str) -> Issued {
        let is_offline = scope.split(' ').any(|part| part == offline);
        let issued = Issued {
            access_token: draw(),
            refresh_token: is_offline.then(draw),
            scope,
        };
        let refresh_token = issued.refresh_token.clone();
        self.live
            .insert(issued.access_token.clone(), issued.scope.clone());
        self.refresh_tokens
            .extend(refresh_token.map(|token| (token, issued.scope.clone())));
        issued
    }

    /// Ends a token that comes back; says whether it was one.
    pub(super) fn give_back(&mut self, token: &str) -> bool {
        let was_there = self.refresh_tokens.remove(token).is_some() | self.live.remove(token).is_some();
        if was_there {
            self.given_back.insert(token.to_owned());
        }
        was_there
    }
}

/// The first field of this name.
fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(known, _)| known == name);
    found.next().map(|(_, value)| value.as_str())
}

/// A secret that was never given out before.
fn draw() -> String {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).unwrap();
    URL_SAFE_NO_PAD.encode(bytes)
}
