//! YAML as people write it: a tree that remembers where every key and value stands, and a reader that reports
//! all mistakes of a file at once, each with its line and column.
//!
//! Lives here: bytes → [`Node`], YAML 1.1 scalar rules (as `PyYAML`'s `safe_load` applies them), [`Problems`],
//! and the typed reader ([`Item`], [`Fields`], [`FromYaml`]). Must not live here: what any particular file may
//! contain; that is the business of `config` and `endpoints`.
//!
//! ```
//! use mxcp_actor::yaml::{self, FromYaml, Item, Problems};
//!
//! struct Client { id: String, scopes: Vec<String> }
//!
//! impl FromYaml for Client {
//!     fn from_yaml(item: Item<'_>) -> Option<Self> {
//!         let mut fields = item.fields()?;
//!         let id = fields.required("client_id");
//!         let scopes = fields.string_list("scopes");
//!         fields.finish();
//!         Some(Self { id: id?, scopes: scopes.unwrap_or_default() })
//!     }
//! }
//!
//! let mut problems = Problems::new();
//! let node = yaml::parse("clients.yml", b"client_id: abc\nscope: x\n", &mut problems).unwrap();
//! Client::from_yaml(Item::root(&node, &mut problems));
//! assert_eq!(
//!     problems.to_string(),
//!     "clients.yml:2:1: unknown key \"scope\"; did you mean \"scopes\"? Accepted keys: client_id, scopes",
//! );
//! ```

mod collections;
mod compose;
mod convert;
mod decode;
mod extent;
mod fields;
mod from_yaml;
mod item;
mod located;
mod location;
mod node;
mod open_mapping;
mod path;
mod problem;
mod resolve;
mod scalars;
mod substitute;
mod suggest;
mod tags;
#[cfg(test)]
mod tests;

pub use compose::{MAXIMUM_DEPTH, MAXIMUM_NODES, parse};
pub use decode::{MAXIMUM_BYTES, load};
pub use fields::Fields;
pub use from_yaml::FromYaml;
pub use item::Item;
pub use located::Located;
pub use location::{Location, Position};
pub use node::{Entry, Key, Mapping, Node, Scalar, ScalarStyle, Value};
pub use path::KeyPath;
pub use problem::{Problem, Problems};
pub use resolve::Resolved;
pub use substitute::Replacement;
pub use suggest::suggestion;
