//! Names of requests in logs and in the audit: the proxy's where it gives one that is safe to log, otherwise our own.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage as _, HttpRequest};

/// The longest name that is taken over from a proxy.
const LONGEST: usize = 64;

tokio::task_local! {
    /// The request that the current task works on.
    static CURRENT: Arc<str>;
}

/// Makes names that are unique among all processes: a random prefix for each process, and a count.
pub struct RequestIds {
    prefix: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// Names for a process with this random prefix.
    pub const fn new(prefix: u64) -> Self {
        Self {
            prefix,
            next: AtomicU64::new(1),
        }
    }

    /// The name of a request: `X-Request-Id` if it holds 1 to 64 letters, digits, `-`, `_` and `.`.
    pub fn take_or_make(&self, headers: &HeaderMap) -> Arc<str> {
        let given = headers.get("x-request-id").and_then(|value| value.to_str().ok());
        match given.filter(|id| is_safe(id)) {
            Some(id) => Arc::from(id),
            None => self.make(),
        }
    }

    /// A new name.
    pub fn make(&self) -> Arc<str> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Arc::from(format!("{:016x}-{number}", self.prefix))
    }
}

/// The name that the request was given; empty if it was given none.
pub fn of(request: &HttpRequest) -> Arc<str> {
    let name = request.extensions().get::<Arc<str>>().cloned();
    name.unwrap_or_default()
}

/// Does the work under the request's name: [`write_current`] finds it. A task that is spawned by the work is another task.
pub fn named<F: Future>(id: Arc<str>, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(id, work)
}

/// Writes ` request=…` if the current task works on a request: for log lines.
pub fn write_current(out: &mut impl fmt::Write) -> fmt::Result {
    let written = CURRENT.try_with(|id| write!(out, " request={id}"));
    written.unwrap_or(Ok(()))
}

fn is_safe(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_safe_name_is_taken_over_and_an_unsafe_one_replaced() {
        let ids = RequestIds::new(7);
        let of = |id: &str| {
            let request = TestRequest::default().insert_header(("X-Request-Id", id));
            ids.take_or_make(request.to_http_request().headers())
        };
        assert_eq!(&*of("abc-1.2_3"), "abc-1.2_3");
        assert_eq!(&*of("a b"), "0000000000000007-1");
        assert_eq!(&*of(""), "0000000000000007-2");
        assert_eq!(&*of(&"x".repeat(65)), "0000000000000007-3");
    }

    #[actix_rt::test]
    async fn the_current_name_is_that_of_the_work_under_way() {
        let current = || {
            let mut line = String::new();
            write_current(&mut line).unwrap();
            line
        };
        assert_eq!(named(Arc::from("r-1"), async { current() }).await, " request=r-1");
        assert_eq!(current(), "");
    }
}
