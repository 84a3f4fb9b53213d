//! Entries in the order of their keys, found by key and listed in pages.
//!
//! A cursor is the key of the last entry of the page before, encoded, so that pages need no memory and stay right when a
//! reload adds or removes entries elsewhere. It names nothing that its page has not shown.

use std::borrow::Cow;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::mcp::wire::ProtocolVersion;
use crate::mcp::wire::result::{CacheHint, CacheScope, ListResult, Listed, Shape};

/// How long a client may keep a list, in milliseconds: lists change by reload only.
const LIST_TTL: u64 = 60_000;

/// Entries of one page: many clients read the first page alone, and so it holds what any real project has.
const PAGE: usize = 500;

/// Something that has a key and can be listed.
pub(super) trait Entry {
    /// How it is described to clients.
    type Descriptor: Listed;

    /// What it is found by.
    fn key(&self) -> &str;

    /// The description.
    fn descriptor(&self) -> &Self::Descriptor;
}

/// A cursor that no page has given out, or whose entry is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("params.cursor: unknown cursor")]
pub struct UnknownCursor;

/// One list.
pub(super) struct Listing<T> {
    entries: Vec<T>,
    /// The first page, encoded once for each revision.
    first_pages: [OnceLock<Vec<u8>>; ProtocolVersion::ALL.len()],
}

impl<T: Entry> Listing<T> {
    pub(super) fn new(mut entries: Vec<T>) -> Self {
        entries.sort_by(|left, right| left.key().cmp(right.key()));
        Self {
            entries,
            first_pages: Default::default(),
        }
    }

    /// The entry with that key.
    pub(super) fn find(&self, key: &str) -> Option<&T> {
        self.entries.get(self.place(key)?)
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.key().cmp(key)).ok()
    }

    /// The page behind `cursor`, as an encoded result.
    pub(super) fn page(
        &self,
        cursor: Option<&str>,
        shape: Shape<'_>,
    ) -> Result<Cow<'_, [u8]>, UnknownCursor> {
        if let Some(cursor) = cursor {
            return Ok(Cow::Owned(Self::encode(self.behind(cursor)?, shape)));
        }
        let version = ProtocolVersion::ALL
            .iter()
            .position(|version| *version == shape.version);
        Ok(match version.and_then(|place| self.first_pages.get(place)) {
            Some(page) => Cow::Borrowed(page.get_or_init(|| Self::encode(&self.entries, shape))),
            None => Cow::Owned(Self::encode(&self.entries, shape)),
        })
    }

    fn behind(&self, cursor: &str) -> Result<&[T], UnknownCursor> {
        let key = URL_SAFE_NO_PAD.decode(cursor).ok();
        let key = key.and_then(|key| String::from_utf8(key).ok());
        let place = key.and_then(|key| self.place(&key)).ok_or(UnknownCursor)?;
        self.entries.get(place + 1..).ok_or(UnknownCursor)
    }

    /// As many of `entries` as a page holds, and where to go on if there are more.
    fn encode(entries: &[T], shape: Shape<'_>) -> Vec<u8> {
        let page = entries.get(..PAGE).unwrap_or(entries);
        let last = page.last().filter(|_| page.len() < entries.len());
        shape.encode(&ListResult {
            items: page.iter().map(T::descriptor).collect(),
            next_cursor: last.map(|entry| URL_SAFE_NO_PAD.encode(entry.key())),
            cache: CacheHint {
                ttl_milliseconds: LIST_TTL,
                scope: CacheScope::Public,
            },
        })
    }
}
