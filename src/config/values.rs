//! Kinds of values that several sections share: secrets, web addresses, scopes, host names, durations.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use url::Url;

use super::Secret;
use super::public_url::Authority;
use crate::yaml::{Fields, FromYaml, Item, Located, Value};

/// Text that is not empty.
impl FromYaml for Secret {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.non_empty_string().map(Self::new)
    }
}

/// An absolute `http` or `https` address with a host and without credentials.
pub(super) fn web_address(mut item: Item<'_>) -> Option<Url> {
    let text = item.again().non_empty_string()?;
    let wanted = "expected an http or https URL without user name and password";
    match Url::parse(text.trim()) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none() =>
        {
            Some(url)
        }
        Ok(_) => item.refuse(wanted),
        Err(error) => item.refuse(format!("{wanted}: {error}")),
    }
}

/// Why an address that secrets are sent to is warned of.
pub(super) const IN_THE_CLEAR: &str = "is not https: secrets and tokens would cross the network unencrypted";

/// Whether whoever is on the way to this address reads along.
pub(super) fn carries_in_the_clear(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

/// As [`web_address`], with a warning if the address would carry secrets in the clear.
pub(super) fn secret_carrying_address(mut item: Item<'_>) -> Option<Url> {
    let url = web_address(item.again())?;
    if carries_in_the_clear(&url) {
        item.warn(IN_THE_CLEAR);
    }
    Some(url)
}

/// The address under a key, or a default that is known to be one.
pub(super) fn address_or(fields: &mut Fields<'_>, key: &'static str, default: &str) -> Option<Url> {
    if fields.is_absent(key) {
        fields.accept(key);
        return Url::parse(default).ok();
    }
    fields.optional_with(key, secret_carrying_address)
}

/// Whether the address names this machine: `localhost`, `127.0.0.0/8`, `[::1]`.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// One scope as RFC 6749 section 3.3 spells it.
pub(super) struct Scope(String);

impl FromYaml for Scope {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        let text = item.again().non_empty_string()?;
        let is_allowed = |c: char| matches!(c, '\u{21}' | '\u{23}'..='\u{5B}' | '\u{5D}'..='\u{7E}');
        if text.chars().all(is_allowed) {
            return Some(Self(text));
        }
        item.refuse("expected one scope: visible ASCII characters without spaces, quotes and backslashes")
    }
}

/// A list of scopes, or one scope.
pub(super) fn scopes(item: Item<'_>) -> Option<Vec<String>> {
    let scopes = item.one_or_many::<Scope>()?;
    Some(scopes.into_iter().map(|scope| scope.0).collect())
}

/// Why a text is no host to listen on.
pub(super) const NOT_A_HOST: &str =
    "expected a host name or an address without a port, such as localhost, 127.0.0.1, 0.0.0.0 or ::1";

/// Whether a listener can be given this host.
pub(super) fn is_host(text: &str) -> bool {
    let is_address = text.parse::<IpAddr>().is_ok();
    is_address || Authority::parse(text).is_some_and(|authority| authority.port().is_none())
}

/// Whether a host to listen on is reached from this machine only.
pub(super) fn is_loopback_host(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// A host to listen on, with its place.
pub(super) fn host(mut item: Item<'_>) -> Option<Located<String>> {
    let host = located_text(item.again())?;
    if is_host(&host.value) {
        Some(host)
    } else {
        item.refuse(NOT_A_HOST)
    }
}

/// A port; 0 lets the system choose a free one.
pub(super) fn port(item: Item<'_>) -> Option<u16> {
    item.integer_in(0..=u16::MAX)
}

/// Text that is not empty, with its place.
pub(super) fn located_text(item: Item<'_>) -> Option<Located<String>> {
    Located::read_with(item, Item::non_empty_string)
}

/// Whole seconds.
pub(super) fn seconds(item: Item<'_>, range: RangeInclusive<u64>) -> Option<Duration> {
    item.integer_in(range).map(Duration::from_secs)
}

/// A value of a part whose keys are free, any of which may be a secret.
#[derive(Clone, Debug)]
pub enum FreeValue {
    /// A scalar, as the text that was written.
    Text(Secret),
    /// A list.
    List(Vec<FreeValue>),
    /// A mapping.
    Map(BTreeMap<String, FreeValue>),
}

impl FromYaml for FreeValue {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        match item.node().value() {
            Value::Scalar(scalar) => Some(Self::Text(Secret::new(scalar.text()))),
            Value::Sequence(_) => item.list_with(Self::from_yaml).map(Self::List),
            Value::Mapping(_) => item.map_with(|_, value| Self::from_yaml(value)).map(Self::Map),
        }
    }
}

/// Free text that may be a secret and may be empty, such as a header's value.
pub(super) struct FreeText(pub(super) Secret);

impl FromYaml for FreeText {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.string().map(|text| Self(Secret::new(text)))
    }
}
