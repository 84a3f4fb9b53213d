//! How messages are put into a stream: as server-sent events over HTTP, as lines over stdio.
//!
//! Must not live here: who writes, when to send a keep-alive, and the numbering of events.

/// An event that does nothing: it keeps connections open and finds those that are gone.
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// The identifier of a server-sent event, from which a client resumes a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId(Box<str>);

impl EventId {
    /// An identifier of visible ASCII; `None` for any other text, which could break out of its line or be
    /// refused in a `Last-Event-ID` header.
    pub fn new(text: &str) -> Option<Self> {
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        visible.then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One message as a server-sent event of type `message`.
pub fn event(message: &[u8], id: Option<&EventId>) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    out.extend_from_slice(b"event: message\n");
    write_id(&mut out, id);
    out.extend_from_slice(b"data: ");
    extend_with_one_line(&mut out, message);
    out.extend_from_slice(b"\n\n");
    out
}

/// The event that opens a resumable stream: an identifier and empty data. Only for revisions that know
/// [`PrimingEvent`](super::Feature::PrimingEvent).
pub fn priming_event(id: &EventId) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    write_id(&mut out, Some(id));
    out.extend_from_slice(b"data: \n\n");
    out
}

/// Tells the client how long to wait before it reconnects, before the server closes a stream on purpose.
pub fn retry(milliseconds: u64) -> Vec<u8> {
    format!("retry: {milliseconds}\n\n").into_bytes()
}

/// One message as a line of stdio, with its line break.
pub fn line(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 1);
    extend_with_one_line(&mut out, message);
    out.push(b'\n');
    out
}

fn write_id(out: &mut Vec<u8>, id: Option<&EventId>) {
    if let Some(id) = id {
        out.extend_from_slice(b"id: ");
        out.extend_from_slice(id.as_str().as_bytes());
        out.push(b'\n');
    }
}

/// JSON that was passed on unread may be spread over lines. A line break in JSON is always white space
/// between tokens, so a space means the same.
fn extend_with_one_line(out: &mut Vec<u8>, json: &[u8]) {
    out.extend(json.iter().map(|byte| {
        if matches!(byte, b'\n' | b'\r') {
            b' '
        } else {
            *byte
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_event_of_one_line() {
        let id = EventId::new("s1-42").unwrap();
        assert_eq!(event(b"{\"a\":1}", None), b"event: message\ndata: {\"a\":1}\n\n");
        assert_eq!(
            event(b"{\n  \"a\":\r\n1}", Some(&id)),
            b"event: message\nid: s1-42\ndata: {   \"a\":  1}\n\n"
        );
    }

    #[test]
    fn events_without_a_message() {
        let id = EventId::new("s1-0").unwrap();
        assert_eq!(priming_event(&id), b"id: s1-0\ndata: \n\n");
        assert_eq!(retry(3000), b"retry: 3000\n\n");
        assert!(KEEP_ALIVE.starts_with(b":") && KEEP_ALIVE.ends_with(b"\n\n"));
    }

    #[test]
    fn an_identifier_cannot_leave_its_line() {
        for refused in ["", "a b", "a\nb", "a\0", "é"] {
            assert_eq!(EventId::new(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn a_line_has_no_line_break_inside() {
        assert_eq!(line(b"{\n\"a\":\"\\n\"}"), b"{ \"a\":\"\\n\"}\n");
    }
}
