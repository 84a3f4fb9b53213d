//! How long a server says that what it gives may be kept (RFC 9111 section 5.2).

use std::time::Duration;

/// What `Cache-Control` says to a cache that serves several users; `None` if it says nothing about time.
#[must_use]
pub fn lifetime(cache_control: &str) -> Option<Duration> {
    let directives = || cache_control.split(',').map(str::trim);
    let is_there = |name: &str| directives().any(|directive| directive.eq_ignore_ascii_case(name));
    if is_there("no-store") || is_there("no-cache") {
        return Some(Duration::ZERO);
    }
    let seconds = |wanted: &str| {
        directives().find_map(|directive| {
            let (name, value) = directive.split_once('=')?;
            let value = value.trim().trim_matches('"');
            let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            // A number that is too large for us means a long time.
            (name.trim().eq_ignore_ascii_case(wanted) && is_number)
                .then(|| Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))))
        })
    };
    seconds("s-maxage").or_else(|| seconds("max-age"))
}
