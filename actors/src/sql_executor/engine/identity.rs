//! Who asks, as SQL sees it: `get_username()` and its sisters.
//!
//! A SQL function belongs to an instance, not to a connection, and a plan may outlive the call it was made for. So the
//! functions hold no answer: they count as volatile, and each run looks its caller up under the number of the
//! connection it runs on. Three rules keep one user's name out of another's rows:
//!
//! - The table of callers belongs to its instance (the functions hold it), because two instances in one process hand
//!   out the same connection numbers.
//! - An entry lives as long as the run, results being read included: a streaming result starts parts of its plan late.
//! - A connection without an entry is an error, never an empty answer. "Nobody" is an entry of its own.
//!
//! A volatile call in a filter cannot be pushed into a scan, which makes row-level security a hundred times slower than
//! the same constant. So every session spells the functions as temporary macros around a subquery, which DuckDB
//! evaluates once and then treats as a constant.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::error::QueryError;
use super::ffi::{Connection, TextFunction};
use crate::domain::secret::Secret;

/// What SQL may know about the caller. Fields that do not apply are `None`, which SQL sees as the empty string.
#[derive(Clone, Default)]
pub struct SqlIdentity {
    /// `get_user_id()`: the identity provider's subject.
    pub user_id: Option<String>,
    /// `get_username()`
    pub username: Option<String>,
    /// `get_user_name()`: the display name.
    pub name: Option<String>,
    /// `get_user_email()`: only an address that the provider verified.
    pub email: Option<String>,
    /// `get_user_provider()`
    pub provider: Option<String>,
    /// `get_user_scopes()`: the scopes of the token, separated by spaces.
    pub scopes: Option<String>,
    /// `get_user_created_at()`: when the user first logged in here, RFC 3339.
    pub created_at: Option<String>,
    /// `get_user_last_login()`: RFC 3339.
    pub last_login: Option<String>,
    /// `get_user_instance_url()`: where the user's data is served, at providers that have several places.
    pub instance_url: Option<String>,
    /// `get_user_provider_context()`: sites, organisations and the like, as JSON.
    pub provider_context: Option<String>,
    /// `get_user_external_token()`: the identity provider's token. Absent in SQL that a caller wrote.
    pub external_token: ExternalToken,
    /// `get_request_header(name)`: header values under lower-case names. Shared, as each run has an identity of its own.
    pub headers: Arc<BTreeMap<String, String>>,
}

/// The caller's access token at the identity provider.
#[derive(Clone, Debug, Default)]
pub enum ExternalToken {
    /// There is none, which SQL sees as the empty string.
    #[default]
    Absent,
    /// The token.
    Held(Secret),
    /// There is one, but it has to be renewed first. Asking for it ends the statement, and is noted.
    Ended(Asked),
}

/// Whether SQL asked for a token that has to be renewed. Clones share the note.
#[derive(Clone, Debug, Default)]
pub struct Asked(Arc<AtomicBool>);

impl Asked {
    /// Whether it did.
    #[must_use]
    pub fn was_noted(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn note(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl fmt::Debug for SqlIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SqlIdentity")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl SqlIdentity {
    /// Nobody in particular: authentication is off, or the server itself asks.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// The same caller for SQL that the caller wrote: a model could print the upstream token, so it is not there.
    #[must_use]
    pub fn without_external_token(mut self) -> Self {
        self.external_token = ExternalToken::Absent;
        self
    }
}

/// Headers that never reach SQL, under lower-case names: they carry credentials.
pub const WITHHELD_HEADERS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "dpop"];

/// Reads one field of a caller.
type Read = fn(&SqlIdentity) -> Option<&String>;

/// The identity functions, by name and what they read.
const FIELDS: [(&str, Read); 10] = [
    ("get_username", |caller| caller.username.as_ref()),
    ("get_user_email", |caller| caller.email.as_ref()),
    ("get_user_provider", |caller| caller.provider.as_ref()),
    ("get_user_id", |caller| caller.user_id.as_ref()),
    ("get_user_name", |caller| caller.name.as_ref()),
    ("get_user_scopes", |caller| caller.scopes.as_ref()),
    ("get_user_created_at", |caller| caller.created_at.as_ref()),
    ("get_user_last_login", |caller| caller.last_login.as_ref()),
    ("get_user_instance_url", |caller| caller.instance_url.as_ref()),
    ("get_user_provider_context", |caller| {
        caller.provider_context.as_ref()
    }),
];

const EXTERNAL_TOKEN: &str = "get_user_external_token";
const HEADER: &str = "get_request_header";
const HEADERS_JSON: &str = "get_request_headers_json";

/// Every name that only the server may define.
pub(crate) fn reserved_names() -> impl Iterator<Item = &'static str> {
    FIELDS
        .iter()
        .map(|(name, _)| *name)
        .chain([EXTERNAL_TOKEN, HEADER, HEADERS_JSON])
}

/// Where one session says on whose behalf it runs.
type Slot = Arc<Mutex<Option<Arc<SqlIdentity>>>>;

/// The callers of one instance, by connection number.
#[derive(Default)]
pub(crate) struct IdentityTable {
    slots: RwLock<HashMap<u64, Slot>>,
}

impl IdentityTable {
    /// Registers the functions on the instance that `connection` belongs to.
    pub(crate) fn install(self: &Arc<Self>, connection: &Connection) -> Result<(), QueryError> {
        for (name, read) in FIELDS {
            let table = Arc::clone(self);
            connection.register(Arc::new(Field { name, read, table }))?;
        }
        connection.register(Arc::new(External(Arc::clone(self))))?;
        connection.register(Arc::new(Header(Arc::clone(self))))?;
        connection.register(Arc::new(HeadersJson(Arc::clone(self))))?;
        Ok(())
    }

    /// A place in the table for a new connection; it is gone when the answer is dropped.
    pub(crate) fn join(self: &Arc<Self>, connection_id: u64) -> Seat {
        let slot = Slot::default();
        self.slots
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(connection_id, Arc::clone(&slot));
        Seat {
            table: Arc::clone(self),
            connection_id,
            slot,
        }
    }

    fn caller(&self, connection_id: u64) -> Result<Arc<SqlIdentity>, String> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.get(&connection_id).ok_or(NO_CALLER)?;
        let entry = slot.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(entry.as_ref().ok_or(NO_CALLER)?))
    }
}

const NO_CALLER: &str = "no caller is known on this connection";

/// The macros that make a plain call as fast as a constant, for one connection.
pub(crate) fn macros() -> impl Iterator<Item = String> {
    let without_argument = FIELDS
        .iter()
        .map(|(name, _)| *name)
        .chain([EXTERNAL_TOKEN, HEADERS_JSON]);
    without_argument.map(|name| format!("CREATE TEMP MACRO {name}() AS (SELECT system.main.{name}())"))
}

/// A connection's place in the identity table.
pub(crate) struct Seat {
    table: Arc<IdentityTable>,
    connection_id: u64,
    slot: Slot,
}

impl Seat {
    /// From now until the answer is dropped, SQL on this connection runs on behalf of `caller`.
    pub(crate) fn occupy(&self, caller: Arc<SqlIdentity>) -> Occupied {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(caller);
        Occupied(Arc::clone(&self.slot))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut slots = self.table.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&self.connection_id);
    }
}

/// A caller's presence on a connection. Hold it until the result is destroyed.
pub(crate) struct Occupied(Slot);

impl Drop for Occupied {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What `begin` hands to `value`.
fn caller_of(begun: &dyn Any) -> Option<&Arc<SqlIdentity>> {
    begun.downcast_ref::<Arc<SqlIdentity>>()
}

struct Field {
    name: &'static str,
    read: Read,
    table: Arc<IdentityTable>,
}

impl TextFunction for Field {
    fn name(&self) -> &'static str {
        self.name
    }

    fn takes_argument(&self) -> bool {
        false
    }

    fn begin(&self, connection_id: u64) -> Result<Box<dyn Any + Send>, String> {
        Ok(Box::new(self.table.caller(connection_id)?))
    }

    fn value(&self, begun: &dyn Any, _argument: Option<&str>) -> Option<String> {
        let value = caller_of(begun).and_then(|caller| (self.read)(caller));
        Some(value.cloned().unwrap_or_default())
    }
}

struct External(Arc<IdentityTable>);

impl TextFunction for External {
    fn name(&self) -> &'static str {
        EXTERNAL_TOKEN
    }

    fn takes_argument(&self) -> bool {
        false
    }

    fn begin(&self, connection_id: u64) -> Result<Box<dyn Any + Send>, String> {
        let caller = self.0.caller(connection_id)?;
        if let ExternalToken::Ended(asked) = &caller.external_token {
            asked.note();
            return Err("the user's token at the identity provider has ended".to_owned());
        }
        Ok(Box::new(caller))
    }

    fn value(&self, begun: &dyn Any, _argument: Option<&str>) -> Option<String> {
        Some(match &caller_of(begun)?.external_token {
            ExternalToken::Held(token) => token.expose().to_owned(),
            ExternalToken::Absent | ExternalToken::Ended(_) => String::new(),
        })
    }
}

struct Header(Arc<IdentityTable>);

impl TextFunction for Header {
    fn name(&self) -> &'static str {
        HEADER
    }

    fn takes_argument(&self) -> bool {
        true
    }

    fn begin(&self, connection_id: u64) -> Result<Box<dyn Any + Send>, String> {
        Ok(Box::new(self.0.caller(connection_id)?))
    }

    fn value(&self, begun: &dyn Any, argument: Option<&str>) -> Option<String> {
        let name = argument?.to_ascii_lowercase();
        if WITHHELD_HEADERS.contains(&name.as_str()) {
            return Some(String::new());
        }
        let value = caller_of(begun).and_then(|caller| caller.headers.get(&name));
        Some(value.cloned().unwrap_or_default())
    }
}

struct HeadersJson(Arc<IdentityTable>);

impl TextFunction for HeadersJson {
    fn name(&self) -> &'static str {
        HEADERS_JSON
    }

    fn takes_argument(&self) -> bool {
        false
    }

    fn begin(&self, connection_id: u64) -> Result<Box<dyn Any + Send>, String> {
        Ok(Box::new(self.0.caller(connection_id)?))
    }

    fn value(&self, begun: &dyn Any, _argument: Option<&str>) -> Option<String> {
        let headers = &caller_of(begun)?.headers;
        if headers.is_empty() {
            return Some(String::new());
        }
        let shown: BTreeMap<&String, &String> = headers
            .iter()
            .filter(|(name, _)| !WITHHELD_HEADERS.contains(&name.as_str()))
            .collect();
        serde_json::to_string(&shown).ok()
    }
}
