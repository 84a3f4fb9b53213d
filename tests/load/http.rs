//! HTTP/1.1 over one connection, blocking and without allocation while it measures: the client shares the machine with
//! the server, so what it costs is taken from the server.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as far as it matters here.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A text of the JSON object that was answered.
    pub(crate) fn member(&self, name: &str) -> String {
        let json: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        let text = json[name].as_str();
        text.unwrap_or_else(|| panic!("no {name}: {} {json}", self.head))
            .to_owned()
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: vec![0; 1 << 16],
        }
    }

    /// The bytes of a request.
    pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in headers {
            request.push_str(&[name, ": ", value, "\r\n"].concat());
        }
        request.push_str(&["Content-Length: ", &body.len().to_string(), "\r\n\r\n", body].concat());
        request.into_bytes()
    }

    /// Sends a request and waits for its answer, which is as large as the buffer at most.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Answer {
        let (head, end) = self.transfer(request);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Answer {
            head: text(&self.buffer[..head]),
            body: text(&self.buffer[head..end]),
        }
    }

    /// The same for a call that must succeed.
    pub(crate) fn call(&mut self, request: &[u8]) {
        let (head, end) = self.transfer(request);
        let answer = &self.buffer[..end];
        let is_success = answer.starts_with(b"HTTP/1.1 200")
            && !contains(&answer[head..], b"\"isError\":true")
            && !contains(&answer[head..], b"\"error\":{");
        assert!(is_success, "{}", String::from_utf8_lossy(answer));
    }

    /// Where the head and the body end in the buffer.
    fn transfer(&mut self, request: &[u8]) -> (usize, usize) {
        self.stream.write_all(request).unwrap();
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).unwrap();
            assert!(read > 0, "the server closed the connection");
            filled += read;
            let Some(head) = find(&self.buffer[..filled], b"\r\n\r\n") else {
                continue;
            };
            let end = head + 4 + content_length(&self.buffer[..head]);
            if filled >= end {
                return (head + 4, end);
            }
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let Some(start) = find(head, NAME) else { return 0 };
    let digits = head[start + NAME.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    find(bytes, part).is_some()
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes
        .windows(part.len())
        .position(|window| window.eq_ignore_ascii_case(part))
}
