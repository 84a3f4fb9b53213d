//! How many requests one network may send to what anybody can reach.
//!
//! A flood costs its sender's network the answer and nobody else's. Good tokens are not counted for a network, so that a call is not
//! turned away because of a neighbour behind the same address, but for their user, if the operator sets a limit; nor does one application that registers again and again keep its
//! neighbours from registering. Each process counts for itself.

use std::collections::BTreeSet;
use std::time::Duration;

use mxcp_actors::domain::randomness::{Randomness, RandomnessUnavailable};
use mxcp_actors::domain::throttle::{Allowance, Throttle, network_key};
use mxcp_actors::domain::user::UserKey;

use serde_json::{Map, Value};
use url::Url;

use super::{Caller, ResourceServer};
use crate::config::RateLimits;

/// How often one network's readings of metadata are worth a record: a client reads two or three documents at once, and many
/// read them again all day.
const NOTED_DISCOVERY: Allowance = Allowance {
    burst: 4,
    pause: Duration::from_mins(1),
};

/// So many applications of one network may use up their allowance at the same time.
const APPLICATIONS: u32 = 10;

/// Where a request knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A client registers.
    Register,
    /// A browser brings an authorization request, or comes back from the provider.
    Authorize,
    /// A client wants tokens, or gives one back.
    Token,
    /// A resource server asks about a token.
    Introspect,
    /// A call has no good token.
    Unauthenticated,
}

/// What is left of each network's allowance, for each door.
pub(super) struct Doors {
    register: Option<Throttle>,
    /// For each application of each network.
    application: Option<Throttle>,
    authorize: Option<Throttle>,
    token: Option<Throttle>,
    introspect: Option<Throttle>,
    unauthenticated: Option<Throttle>,
    /// For each user, wherever the calls come from.
    user: Option<Throttle>,
    noted_discovery: Throttle,
}

/// The network, or the user, has used its allowance up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; try again later")]
pub struct TooMany {
    /// How long until the next request is taken.
    pub wait: Duration,
}

impl Doors {
    pub(super) fn new(
        limits: &RateLimits,
        randomness: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        let throttle = |per_minute| throttle(per_minute, randomness).transpose();
        Ok(Self {
            register: throttle(limits.register.saturating_mul(APPLICATIONS))?,
            application: throttle(limits.register)?,
            authorize: throttle(limits.authorize)?,
            token: throttle(limits.token)?,
            introspect: throttle(limits.introspect)?,
            unauthenticated: throttle(limits.unauthenticated)?,
            user: throttle(limits.user)?,
            noted_discovery: Throttle::new(NOTED_DISCOVERY, randomness)?,
        })
    }

    fn throttle(&self, door: Door) -> Option<&Throttle> {
        match door {
            Door::Register => self.register.as_ref(),
            Door::Authorize => self.authorize.as_ref(),
            Door::Token => self.token.as_ref(),
            Door::Introspect => self.introspect.as_ref(),
            Door::Unauthenticated => self.unauthenticated.as_ref(),
        }
    }
}

fn throttle(per_minute: u32, randomness: &dyn Randomness) -> Option<Result<Throttle, RandomnessUnavailable>> {
    let pause = Duration::from_mins(1).checked_div(per_minute)?;
    let allowance = Allowance {
        burst: per_minute,
        pause,
    };
    Some(Throttle::new(allowance, randomness))
}

impl ResourceServer {
    /// Counts one request of the caller's network, or says how long to wait.
    pub fn admit(&self, door: Door, caller: &Caller) -> Result<(), TooMany> {
        let Some(throttle) = self.doors.throttle(door) else {
            return Ok(());
        };
        throttle
            .charge(&network_key(caller.network), self.now())
            .map_err(|wait| TooMany { wait })
    }

    /// Counts one registration of this application in the caller's network, or says how long to wait. What cannot be read counts as
    /// one application, too.
    pub(super) fn admit_registration(
        &self,
        caller: &Caller,
        metadata: Option<&Map<String, Value>>,
    ) -> Result<(), TooMany> {
        let Some(throttle) = &self.doors.application else {
            return Ok(());
        };
        let mut key = network_key(caller.network).to_vec();
        key.extend(metadata.map(application).unwrap_or_default().into_bytes());
        throttle.charge(&key, self.now()).map_err(|wait| TooMany { wait })
    }

    /// Counts one request with a good token of this user, or says how long to wait.
    pub(super) fn admit_user(&self, user: &UserKey) -> Result<(), TooMany> {
        let Some(throttle) = &self.doors.user else {
            return Ok(());
        };
        let key = format!("{}\n{}", user.issuer, user.subject);
        throttle
            .charge(key.as_bytes(), self.now())
            .map_err(|wait| TooMany { wait })
    }

    /// Whether this reading of metadata is worth a record.
    pub(super) fn notes_discovery(&self, caller: &Caller) -> bool {
        let key = network_key(caller.network);
        self.doors.noted_discovery.charge(&key, self.now()).is_ok()
    }

    /// Whether the caller's network has a request left, without counting one.
    pub(super) fn has_room(&self, door: Door, caller: &Caller) -> Result<(), TooMany> {
        let throttle = self.doors.throttle(door);
        let wait = throttle.map(|throttle| throttle.wait(&network_key(caller.network), self.now()));
        match wait.filter(|wait| !wait.is_zero()) {
            Some(wait) => Err(TooMany { wait }),
            None => Ok(()),
        }
    }
}

/// What registrations of one application have in common: its name, and where its users are sent, whatever the port and the path.
fn application(metadata: &Map<String, Value>) -> String {
    let name = metadata.get("client_name").and_then(Value::as_str);
    let addresses = metadata.get("redirect_uris").and_then(Value::as_array);
    let addresses = addresses.into_iter().flatten().filter_map(Value::as_str);
    let places: BTreeSet<String> = addresses.map(place).collect();
    let places: Vec<String> = places.into_iter().collect();
    format!("{}\n{}", name.unwrap_or_default(), places.join("\n"))
}

/// Scheme and host; of what is no URL, nothing.
fn place(address: &str) -> String {
    Url::parse(address).map_or_else(
        |_| String::new(),
        |url| format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
    )
}
