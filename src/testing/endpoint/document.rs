//! Documents that clients keep: cache headers and revalidation.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
};

/// How long a client may keep a document: five minutes, the lower end of what providers tell clients to do.
const FRESH: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// A JSON document with an entity tag made of its content.
pub(super) fn json(content: Bytes) -> Response<Bytes> {
    let tag = entity_tag(&content);
    let mut response = Response::new(content);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, FRESH);
    headers.insert(ETAG, tag);
    response
}

/// `response`, or 304 in its place when the client has it already (RFC 9110 section 13.1.2).
pub(in crate::testing) fn revalidated(request: &Request<Bytes>, mut response: Response<Bytes>) -> Response<Bytes> {
    let has_it = response.headers().get(ETAG).is_some_and(|tag| is_known(request.headers(), tag));
    if response.status().is_success() && has_it {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(CONTENT_TYPE);
        response.body_mut().clear();
    }
    response
}

fn entity_tag(content: &[u8]) -> HeaderValue {
    let digest = digest::digest(&digest::SHA256, content);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest));
    HeaderValue::from_str(&tag).expect("base64url is visible ASCII")
}

/// Weak comparison (RFC 9110 section 8.8.3.2) with each tag of the list. No tag of ours holds a comma.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let listed = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(tag) = tag.to_str().map(strong) else { return false };
    listed.flat_map(|value| value.split(',')).any(|known| strong(known) == tag || known.trim() == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(if_none_match: &str) -> StatusCode {
        let mut response = json(Bytes::from_static(b"{}"));
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"v1\""));
        let request = Request::get("/").header(IF_NONE_MATCH, if_none_match).body(Bytes::new()).unwrap();
        let response = revalidated(&request, response);
        assert_eq!(response.body().is_empty(), response.status() == StatusCode::NOT_MODIFIED);
        response.status()
    }

    #[test]
    fn a_client_that_has_the_document_is_told_so() {
        for known in ["\"v1\"", "W/\"v1\"", "\"v0\", \"v1\"", "*"] {
            assert_eq!(status(known), StatusCode::NOT_MODIFIED, "{known}");
        }
        for other in ["\"v2\"", "v1", "", "\"v1"] {
            assert_eq!(status(other), StatusCode::OK, "{other}");
        }
    }

    #[test]
    fn the_entity_tag_changes_with_the_content() {
        let tag = |content: &'static str| json(content.into()).headers()[ETAG].clone();
        assert_eq!(tag("{}"), tag("{}"));
        assert_ne!(tag("{}"), tag("{} "));
    }
}
