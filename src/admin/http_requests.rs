//! Requests of the public listener, counted by route and status. Paths that clients make up never become labels.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mxcp_actors::measure::{Histogram, HistogramStatus};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/mcp`
    Mcp,
    /// `/health`
    Health,
    /// `/.well-known/…`
    Discovery,
    /// `/register`
    Register,
    /// `/authorize`
    Authorize,
    /// `/token`
    Token,
    /// `/revoke`
    Revoke,
    /// `/introspect`
    Introspect,
    /// Pages for people.
    Pages,
    /// Anything else: a provider's callback, and what is not there.
    Other,
}

impl Route {
    /// Every route, in the order of the enum.
    pub const ALL: [Self; 10] = [
        Self::Mcp,
        Self::Health,
        Self::Discovery,
        Self::Register,
        Self::Authorize,
        Self::Token,
        Self::Revoke,
        Self::Introspect,
        Self::Pages,
        Self::Other,
    ];

    /// The route of a path.
    pub fn of(path: &str) -> Self {
        match path
            .strip_prefix("/oauth")
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(path)
        {
            "/mcp" => Self::Mcp,
            "/health" => Self::Health,
            "/register" => Self::Register,
            "/authorize" => Self::Authorize,
            "/token" => Self::Token,
            "/revoke" => Self::Revoke,
            "/introspect" => Self::Introspect,
            "/" | "/login" | "/logout" | "/consent" => Self::Pages,
            other if other.starts_with("/.well-known/") => Self::Discovery,
            _ => Self::Other,
        }
    }

    /// The word for it in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Health => "health",
            Self::Discovery => "discovery",
            Self::Register => "register",
            Self::Authorize => "authorize",
            Self::Token => "token",
            Self::Revoke => "revoke",
            Self::Introspect => "introspect",
            Self::Pages => "pages",
            Self::Other => "other",
        }
    }
}

const LOWEST_STATUS: u16 = 100;
const STATUSES: usize = 500;

/// The requests of one route.
struct OfRoute {
    by_status: [AtomicU64; STATUSES],
    took: Histogram,
}

/// All requests so far.
pub struct HttpRequests {
    routes: [OfRoute; Route::ALL.len()],
}

impl Default for HttpRequests {
    fn default() -> Self {
        Self {
            routes: std::array::from_fn(|_| OfRoute {
                by_status: [const { AtomicU64::new(0) }; STATUSES],
                took: Histogram::default(),
            }),
        }
    }
}

impl HttpRequests {
    /// Counts a request that was answered.
    pub fn answered(&self, route: Route, status: u16, took: Duration) {
        let Some(of_route) = self.routes.get(route as usize) else {
            return;
        };
        let place = usize::from(status.saturating_sub(LOWEST_STATUS));
        if let Some(count) = of_route.by_status.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        of_route.took.record(took);
    }

    /// Requests by route and status, those that there were.
    pub fn by_status(&self) -> Vec<(Route, u16, u64)> {
        let mut rows = Vec::new();
        for (route, of_route) in Route::ALL.iter().zip(&self.routes) {
            for (status, count) in (LOWEST_STATUS..).zip(&of_route.by_status) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    rows.push((*route, status, count));
                }
            }
        }
        rows
    }

    /// How long requests took, by route.
    pub fn durations(&self) -> Vec<(Route, HistogramStatus)> {
        let routes = Route::ALL.iter().zip(&self.routes);
        routes
            .map(|(route, of_route)| (*route, of_route.took.status()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_nobody_serves_share_one_label() {
        assert_eq!(Route::of("/mcp"), Route::Mcp);
        assert_eq!(Route::of("/oauth/token"), Route::Token);
        assert_eq!(Route::of("/token"), Route::Token);
        assert_eq!(
            Route::of("/.well-known/oauth-authorization-server/mcp"),
            Route::Discovery
        );
        assert_eq!(Route::of("/github/callback"), Route::Other);
        assert_eq!(Route::of("/oauthtoken"), Route::Other);
    }

    #[test]
    fn requests_are_counted_by_route_and_status() {
        let requests = HttpRequests::default();
        requests.answered(Route::Mcp, 200, Duration::from_millis(1));
        requests.answered(Route::Mcp, 503, Duration::from_millis(1));
        requests.answered(Route::Mcp, 200, Duration::from_millis(1));
        assert_eq!(requests.by_status(), [(Route::Mcp, 200, 2), (Route::Mcp, 503, 1)]);
        assert_eq!(requests.durations()[0].1.count(), 3);
    }
}
