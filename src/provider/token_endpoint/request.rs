//! A request, as it goes out (RFC 6749 section 3.2, RFC 7009 section 2.1, RFC 9126 section 2.1).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use url::{Url, form_urlencoded::Serializer};

use crate::provider::{client_authentication::Proof, fetch::hidden, http::HttpError};

/// A form with `fields`, and the client's proof in it or in the header beside it. What both have, as a pushed authorization request
/// has `client_id`, stands once (RFC 6749 section 3.2).
pub(super) fn post(url: &Url, fields: &[(&str, &str)], proof: Proof) -> Result<Request<Bytes>, HttpError> {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(fields.iter().filter(|(name, _)| !proof.has(name)));
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(url.as_str())
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    match proof {
        Proof::Authorization(value) => request = request.header(header::AUTHORIZATION, hidden(value)?),
        Proof::Fields(fields) => {
            form.extend_pairs(fields);
        }
    }
    request.body(form.finish().into()).map_err(|error| HttpError::Other(error.into()))
}
