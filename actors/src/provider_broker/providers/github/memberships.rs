//! The organisations and teams of a user, as groups: `acme` for a member of the organisation, `acme/platform` for one of its
//! team. All in lower case, because GitHub's names do not differ by case.
//!
//! As GitHub's documentation of the REST interface has it: the tokens of OAuth apps need `read:org` or more for both lists, and
//! are refused with 403 without it; the tokens of GitHub Apps have no scopes, and may read what the app's permissions let
//! them. Both lists come in pages.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{API_MEDIA_TYPE, GithubProvider};
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::provider_broker::provider::ProviderError;

/// Each of these scopes shows organisations and teams.
pub const ORGANISATION_SCOPES: [&str; 3] = ["read:org", "write:org", "admin:org"];
/// Elements of a page: so many teams, each with its organisation, stay far below what an answer may have.
const PAGE_LENGTH: usize = 50;
/// Pages of a list that are read: a thousand organisations or teams.
const MOST_PAGES: usize = 20;

/// An element of `GET /user/orgs`.
#[derive(Deserialize)]
struct Organisation {
    login: String,
}

/// An element of `GET /user/teams`.
#[derive(Deserialize)]
struct Team {
    slug: String,
    organization: Organisation,
}

impl GithubProvider {
    /// The groups of the token's user, who is let in. Empty where neither the token may show them nor a setting needs them.
    pub(super) async fn groups(&self, tokens: &UpstreamTokens) -> Result<BTreeSet<String>, ProviderError> {
        let allowed = &self.settings.allowed_orgs;
        let shows = |scope: &&str| tokens.scopes.contains(scope);
        if allowed.is_empty() && !ORGANISATION_SCOPES.iter().any(shows) {
            return Ok(BTreeSet::new());
        }
        let token = &tokens.access_token;
        let organisations: Vec<Organisation> = self.list("orgs", token).await?;
        let mut groups: BTreeSet<String> = organisations.iter().map(Organisation::group).collect();
        if !allowed.is_empty() && groups.is_disjoint(allowed) {
            return Err(ProviderError::UserNotAllowed {
                reason: "none of the GitHub organisations that the user belongs to, and that GitHub shows to this server, is \
                         among auth.github.allowed_orgs",
            });
        }
        let teams: Vec<Team> = self.list("teams", token).await?;
        groups.extend(teams.iter().map(Team::group));
        Ok(groups)
    }

    /// All elements of a list of the user's. A token that may not see it shows an empty one.
    async fn list<T: DeserializeOwned>(
        &self,
        name: &'static str,
        token: &Secret,
    ) -> Result<Vec<T>, ProviderError> {
        let mut elements = Vec::new();
        for page in 1..=MOST_PAGES {
            let mut url = self.api(&["user", name])?;
            let (length, number) = (PAGE_LENGTH.to_string(), page.to_string());
            url.query_pairs_mut()
                .extend_pairs([("per_page", length), ("page", number)]);
            let answer = self.calls.read(url, API_MEDIA_TYPE, Some(token)).await?;
            match answer.status {
                200 => {}
                401 => return Err(ProviderError::refused(self.calls.provider(), "invalid_token")),
                403 | 404 => {
                    log::warn!(
                        "GitHub does not show the list {name} of a user who logs in (status {}): an OAuth app needs the scope \
                         read:org, a GitHub App read access to Members",
                        answer.status
                    );
                    return Ok(Vec::new());
                }
                _ => return Err(self.calls.invalid("it does not say where the user is a member")),
            }
            let of_page: Vec<T> = serde_json::from_slice(&answer.body)
                .map_err(|_| self.calls.invalid("it is no list of memberships"))?;
            let is_last = of_page.len() < PAGE_LENGTH;
            elements.extend(of_page);
            if is_last {
                return Ok(elements);
            }
        }
        log::warn!(
            "GitHub: a user who logs in has more than {} {name}; the rest is left out",
            elements.len()
        );
        Ok(elements)
    }
}

impl Organisation {
    fn group(&self) -> String {
        self.login.to_ascii_lowercase()
    }
}

impl Team {
    fn group(&self) -> String {
        format!("{}/{}", self.organization.group(), self.slug.to_ascii_lowercase())
    }
}
