//! The memory store keeps what every store promises.

use super::*;
use crate::store::conformance::store_conformance_suite;

store_conformance_suite!(MemoryStore::new());
