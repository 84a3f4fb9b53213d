//! Entries in the order of their keys, found by key and listed in pages, each caller's own.
//!
//! A cursor is the key of the last entry of the page before, encoded, so that pages need no memory and stay right when a
//! reload adds or removes entries elsewhere. It names nothing that its page has not shown, and leads nowhere for a caller who
//! does not see that entry.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::endpoint::Endpoint;
use crate::mcp::caller::Caller;
use crate::mcp::visibility::{Hiding, Onlooker};
use crate::mcp::wire::ProtocolVersion;
use crate::mcp::wire::result::{CacheHint, CacheScope, ListResult, Listed, Shape};

/// How long a client may keep a list, in milliseconds: lists change by reload only.
const LIST_TTL: u64 = 60_000;

/// Entries of one page: many clients read the first page alone, and so it holds what any real project has.
const PAGE: usize = 500;

/// Encoded first pages that are kept. Callers who see the same share one, so there are about as many as roles.
const KEPT_PAGES: usize = 64;

/// Something that has a key and can be listed.
pub(super) trait Entry {
    /// How it is described to clients.
    type Descriptor: Listed;

    /// What it is found by.
    fn key(&self) -> &str;

    /// The description.
    fn descriptor(&self) -> &Self::Descriptor;

    /// What calling it takes.
    fn endpoint(&self) -> &Endpoint;
}

/// A cursor that no page has given out, or whose entry is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("params.cursor: unknown cursor")]
pub struct UnknownCursor;

/// The places of the entries that a caller does not see.
type Hidden = BTreeSet<usize>;

/// Encoded pages by revision and by what their readers do not see.
type Pages = HashMap<(ProtocolVersion, Hidden), Arc<[u8]>>;

/// One list.
pub(super) struct Listing<T> {
    entries: Vec<T>,
    hiding: Hiding,
    /// The places of the entries that not everybody sees.
    reserved: Vec<usize>,
    /// First pages, encoded once for each revision and all who see the same.
    first_pages: RwLock<Pages>,
}

impl<T: Entry> Listing<T> {
    pub(super) fn new(mut entries: Vec<T>, hiding: Hiding) -> Self {
        entries.sort_by(|left, right| left.key().cmp(right.key()));
        let places = entries.iter().enumerate();
        let reserved = places.filter(|(_, entry)| !hiding.leaves_to_all(entry.endpoint()));
        Self {
            reserved: reserved.map(|(place, _)| place).collect(),
            entries,
            hiding,
            first_pages: RwLock::default(),
        }
    }

    /// The entry with that key.
    pub(super) fn find(&self, key: &str) -> Option<&T> {
        self.entries.get(self.place(key)?)
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.key().cmp(key)).ok()
    }

    /// The page behind `cursor` that this caller sees, as an encoded result.
    pub(super) fn page(
        &self,
        cursor: Option<&str>,
        caller: &Caller,
        shape: Shape<'_>,
    ) -> Result<Arc<[u8]>, UnknownCursor> {
        let hidden = self.hidden_from(caller);
        if let Some(cursor) = cursor {
            let start = self.behind(cursor, &hidden)?;
            return Ok(self.encode(start, &hidden, shape).into());
        }
        let audience = (shape.version, hidden);
        let kept = self.first_pages.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = kept.get(&audience) {
            return Ok(Arc::clone(page));
        }
        drop(kept);
        let page: Arc<[u8]> = self.encode(0, &audience.1, shape).into();
        let mut kept = self.first_pages.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_PAGES {
            kept.clear();
        }
        kept.insert(audience, Arc::clone(&page));
        Ok(page)
    }

    fn hidden_from(&self, caller: &Caller) -> Hidden {
        if self.reserved.is_empty() {
            return Hidden::new();
        }
        let onlooker = Onlooker::new(caller, self.hiding);
        let sees = |place: usize| {
            let entry = self.entries.get(place);
            entry.is_some_and(|entry| onlooker.sees(entry.endpoint()))
        };
        self.reserved
            .iter()
            .copied()
            .filter(|place| !sees(*place))
            .collect()
    }

    /// The place behind the entry that the cursor names, if the caller has seen it.
    fn behind(&self, cursor: &str, hidden: &Hidden) -> Result<usize, UnknownCursor> {
        let key = URL_SAFE_NO_PAD.decode(cursor).ok();
        let key = key.and_then(|key| String::from_utf8(key).ok());
        let place = key.and_then(|key| self.place(&key));
        let seen = place.filter(|place| !hidden.contains(place));
        seen.map(|place| place + 1).ok_or(UnknownCursor)
    }

    /// As many entries from `start` on as a page holds, and where to go on if there are more.
    fn encode(&self, start: usize, hidden: &Hidden, shape: Shape<'_>) -> Vec<u8> {
        let places = self.entries.iter().enumerate().skip(start);
        let seen = places.filter(|(place, _)| !hidden.contains(place));
        let mut seen = seen.map(|(_, entry)| entry).peekable();
        let page: Vec<&T> = seen.by_ref().take(PAGE).collect();
        let last = page.last().filter(|_| seen.peek().is_some());
        shape.encode(&ListResult {
            next_cursor: last.map(|entry| URL_SAFE_NO_PAD.encode(entry.key())),
            items: page.iter().map(|entry| entry.descriptor()).collect(),
            cache: CacheHint {
                ttl_milliseconds: LIST_TTL,
                scope: match self.reserved.is_empty() {
                    true => CacheScope::Public,
                    false => CacheScope::Private,
                },
            },
        })
    }
}
