//! What every message carries about the call that it belongs to.

use std::sync::Arc;

use super::cancel::{CancelReason, CancelToken};

/// The W3C trace context of a call, as it arrived or was made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TraceContext {
    /// 16 bytes; all zero without a trace.
    pub trace_id: [u8; 16],
    /// 8 bytes: the caller's span.
    pub parent_span_id: [u8; 8],
}

impl TraceContext {
    /// Parses a `traceparent` value (W3C Trace Context, section 3.2). An invalid one is ignored, as the specification asks.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let known = version == "00" && parts.next().is_none();
        let future = version.len() == 2 && version != "00" && version != "ff" && is_lower_hex(version);
        if !(known || future) || flags.len() != 2 || !is_lower_hex(flags) {
            return None;
        }
        let context = Self {
            trace_id: bytes(trace)?,
            parent_span_id: bytes(span)?,
        };
        let is_zero = context.trace_id == [0; 16] || context.parent_span_id == [0; 8];
        (!is_zero).then_some(context)
    }

    /// The trace id as 32 hexadecimal digits, or `None` without a trace.
    pub fn trace_id_text(&self) -> Option<String> {
        (self.trace_id != [0; 16]).then(|| format!("{:032x}", u128::from_be_bytes(self.trace_id)))
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !is_lower_hex(text) {
        return None;
    }
    let mut parsed = [0; N];
    for (place, byte) in parsed.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(parsed)
}

/// The call: whose share of the server it uses, how it is stopped, and by which names it is found in logs.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// Whose share of the workers this call uses: the user's key, or one name for everybody without authentication.
    pub share: Arc<str>,
    /// Stops the call.
    pub cancel: CancelToken,
    /// The trace that the call belongs to.
    pub trace: TraceContext,
    /// The name of the HTTP request (or of the stdio message) in logs and audit.
    pub request_id: Arc<str>,
}

impl CallContext {
    /// A call of nobody in particular: authentication is off, or the server itself asks.
    pub fn anonymous(request_id: impl Into<Arc<str>>) -> Self {
        Self {
            share: Arc::from("anonymous"),
            cancel: CancelToken::new(),
            trace: TraceContext::default(),
            request_id: request_id.into(),
        }
    }

    /// Stops the call when the answer is dropped before it is disarmed: for futures that a client may abandon.
    pub fn cancel_on_drop(&self) -> CancelOnDrop {
        CancelOnDrop {
            token: Some(self.cancel.clone()),
        }
    }
}

/// Trips a token unless it is disarmed first.
pub struct CancelOnDrop {
    token: Option<CancelToken>,
}

impl CancelOnDrop {
    /// The work is done; dropping this is harmless from now on.
    pub fn disarm(mut self) {
        self.token = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            token.cancel(CancelReason::ClientGone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_trace_parent_is_read_as_the_specification_says() {
        let context = TraceContext::parse(&format!("00-{TRACE}-b7ad6b7169203331-01")).unwrap();
        assert_eq!(context.trace_id_text().as_deref(), Some(TRACE));
        assert_eq!(
            context.parent_span_id,
            [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]
        );
        assert!(
            TraceContext::parse(&format!("cc-{TRACE}-b7ad6b7169203331-01-what-the-future-brings")).is_some()
        );
    }

    #[test]
    fn an_invalid_trace_parent_is_ignored() {
        let span = "b7ad6b7169203331";
        for invalid in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-{span}"),
            format!("00-{TRACE}-{span}-01-more"),
            format!("ff-{TRACE}-{span}-01"),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{}-{span}-01", TRACE.to_uppercase()),
            format!("00-{}é-{span}-01", &TRACE[..30]),
        ] {
            assert_eq!(TraceContext::parse(&invalid), None, "{invalid}");
        }
    }

    #[test]
    fn dropping_an_armed_guard_cancels_and_a_disarmed_one_does_not() {
        let context = CallContext::anonymous("1");
        context.cancel_on_drop().disarm();
        assert_eq!(context.cancel.reason(), None);
        drop(context.cancel_on_drop());
        assert_eq!(context.cancel.reason(), Some(CancelReason::ClientGone));
    }
}
