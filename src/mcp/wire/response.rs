//! Response messages: a result or an error with the identifier of its request, as bytes.
//!
//! Must not live here: the shape of results (see `result`) and the framing of streams (see `frame`).

use super::error::RpcError;
use super::id::RequestId;
use super::json::{ObjectWriter, write_array, write_object};
use super::result::{ResultBody, Shape};
use super::version::Era;

/// What the envelope adds to a result.
const ENVELOPE_SIZE: usize = 128;

/// A response with a result.
pub fn result(id: &RequestId, result: &(impl ResultBody + ?Sized), shape: Shape<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(ENVELOPE_SIZE + id.text_length() + result.size_hint());
    envelope(&mut out, Some(id), |object| {
        object.value("result", |out| shape.write(result, out));
    });
    out
}

/// A response with a result object that [`Shape::encode`] made earlier.
pub fn encoded_result(id: &RequestId, result: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(ENVELOPE_SIZE + id.text_length() + result.len());
    envelope(&mut out, Some(id), |object| object.raw("result", result));
    out
}

/// A response with an error. Without an identifier the member is left out: the protocol's schemas do not
/// allow null.
pub fn error(id: Option<&RequestId>, error: &RpcError, era: Era) -> Vec<u8> {
    let mut out = Vec::with_capacity(ENVELOPE_SIZE);
    envelope(&mut out, id, |object| {
        object.value("error", |out| error.write(out, era));
    });
    out
}

/// The answer to a batch: the responses to its requests.
pub fn batch<Body: AsRef<[u8]>>(responses: impl IntoIterator<Item = Body>) -> Vec<u8> {
    let mut out = Vec::new();
    write_array(&mut out, responses, |out, response| {
        out.extend_from_slice(response.as_ref());
    });
    out
}

fn envelope(out: &mut Vec<u8>, id: Option<&RequestId>, outcome: impl FnOnce(&mut ObjectWriter<'_>)) {
    write_object(out, |object| {
        object.string("jsonrpc", "2.0");
        if let Some(id) = id {
            object.value("id", |out| id.write(out));
        }
        outcome(object);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_echo_the_identifier_or_have_none() {
        let problem = RpcError::invalid_request("x");
        for (id, expected) in [
            (
                None,
                r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request: x"}}"#,
            ),
            (
                Some(RequestId::Text("a\"b".into())),
                r#"{"jsonrpc":"2.0","id":"a\"b","error":{"code":-32600,"message":"Invalid request: x"}}"#,
            ),
            (
                Some(RequestId::Integer(0)),
                r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32600,"message":"Invalid request: x"}}"#,
            ),
        ] {
            assert_eq!(
                String::from_utf8(error(id.as_ref(), &problem, Era::Legacy)).unwrap(),
                expected
            );
        }
    }

    #[test]
    fn a_kept_result_is_sent_as_it_is() {
        let response = encoded_result(&RequestId::Integer(-3), b"{\"tools\": []}");
        assert_eq!(response, br#"{"jsonrpc":"2.0","id":-3,"result":{"tools": []}}"#);
    }

    #[test]
    fn a_batch_is_an_array() {
        assert_eq!(batch(Vec::<Vec<u8>>::new()), b"[]");
        assert_eq!(batch([b"{}", b"[]"]), b"[{},[]]");
    }
}
