//! `transport.http.rate_limits`: how many requests one network may send to the endpoints that anybody can reach, and how many
//! wrong passwords an account bears.

use crate::yaml::{FromYaml, Item};

/// The largest limit, in requests per minute.
const MOST: u32 = 1_000_000;

/// Requests per minute from one network (an IPv4 address, or an IPv6 /64); as many may come at once. 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// `/register`, for each application; all of a network's together may ask ten times as often.
    pub register: u32,
    /// `/authorize` and the provider's callback.
    pub authorize: u32,
    /// Wrong passwords for one account of provider `local`, from wherever they come. At least 1, and five times as many at once.
    pub login: u32,
    /// `/token` and `/revoke`
    pub token: u32,
    /// `/introspect`
    pub introspect: u32,
    /// Requests to `/mcp` that carry no good token.
    pub unauthenticated: u32,
    /// Requests to `/mcp` of one user, wherever they come from.
    pub user: u32,
}

impl Default for RateLimits {
    /// Far above what one person does, and enough for the hosted clients of a whole company, which come from a few
    /// addresses together.
    fn default() -> Self {
        Self {
            register: 60,
            authorize: 300,
            // Some million guesses a year, while a person who mistypes does not notice.
            login: 2,
            token: 600,
            introspect: 6_000,
            unauthenticated: 600,
            // Calls are shared out fairly among users without it.
            user: 0,
        }
    }
}

impl FromYaml for RateLimits {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let mut limit = |name, least| fields.optional_with(name, |limit| limit.integer_in(least..=MOST));
        let defaults = Self::default();
        let limits = Self {
            register: limit("register", 0).unwrap_or(defaults.register),
            authorize: limit("authorize", 0).unwrap_or(defaults.authorize),
            // Nobody may guess without end.
            login: limit("login", 1).unwrap_or(defaults.login),
            token: limit("token", 0).unwrap_or(defaults.token),
            introspect: limit("introspect", 0).unwrap_or(defaults.introspect),
            unauthenticated: limit("unauthenticated", 0).unwrap_or(defaults.unauthenticated),
            user: limit("user", 0).unwrap_or(defaults.user),
        };
        fields.finish();
        Some(limits)
    }
}
