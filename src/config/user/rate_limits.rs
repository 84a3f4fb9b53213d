//! `transport.http.rate_limits`: how many requests one network may send to the endpoints that anybody can reach.

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
        let mut limit = |name| fields.optional_with(name, |limit| limit.integer_in(0..=MOST));
        let defaults = Self::default();
        let limits = Self {
            register: limit("register").unwrap_or(defaults.register),
            authorize: limit("authorize").unwrap_or(defaults.authorize),
            token: limit("token").unwrap_or(defaults.token),
            introspect: limit("introspect").unwrap_or(defaults.introspect),
            unauthenticated: limit("unauthenticated").unwrap_or(defaults.unauthenticated),
            user: limit("user").unwrap_or(defaults.user),
        };
        fields.finish();
        Some(limits)
    }
}
