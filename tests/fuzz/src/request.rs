//! Requests, written as text.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};

/// The request of a text: a method and a target, lines of headers, an empty line, and the body. `None`: no server would hand it on.
pub(crate) fn read(text: &[u8]) -> Option<Request<Bytes>> {
    let (head, body) = match text.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&text[..end], &text[end + 2..]),
        None => (text, &[][..]),
    };
    let (first, lines) = split(head, b'\n');
    let (method, target) = split(first, b' ');
    let mut request = Request::builder().method(method).uri(target).body(Bytes::copy_from_slice(body)).ok()?;
    *request.headers_mut() = headers(lines)?;
    Some(request)
}

/// The headers of lines `name: value`.
pub(crate) fn headers(lines: &[u8]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let (name, value) = split(line, b':');
        headers.append(HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value.trim_ascii()).ok()?);
    }
    Some(headers)
}

fn split(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == at) {
        Some(place) => (&text[..place], &text[place + 1..]),
        None => (text, &[]),
    }
}
