//! A pushed authorization request, as the provider has taken it (RFC 9126 section 2.2).

use std::time::Duration;

use crate::types::{Claims, Secret};

use super::error::TokenEndpointError;

/// Longest `request_uri`, in bytes: as long as an address may be in most servers, since it goes into one. RFC 9101 section 5.2
/// advises 512.
const MAX_REQUEST_URI_BYTES: usize = 2048;

/// An authorization request that the provider has taken, and keeps for a short while (RFC 9126 section 2.2).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PushedRequest {
    /// `request_uri`: visible ASCII, never empty. Whoever has it can send a browser into this login.
    pub request_uri: Secret,
    /// `expires_in`: how long it is good for from now on, in whole seconds; at least one.
    pub expires_in: Duration,
}

impl PushedRequest {
    pub(super) fn read(body: &Claims) -> Result<Self, TokenEndpointError> {
        Ok(Self { request_uri: request_uri(body)?, expires_in: lifetime(body)? })
    }
}

/// It stands in the address of the provider as it came.
fn request_uri(body: &Claims) -> Result<Secret, TokenEndpointError> {
    let text = body.string("request_uri").ok().flatten().filter(|text| {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        !text.is_empty() && text.len() <= MAX_REQUEST_URI_BYTES && is_visible
    });
    let expected = "a non-empty string of visible ASCII, of 2048 bytes at most";
    let text = text.ok_or(TokenEndpointError::Malformed { member: "request_uri", expected })?;
    Ok(Secret::new(text.into_owned()))
}

fn lifetime(body: &Claims) -> Result<Duration, TokenEndpointError> {
    let seconds = body.seconds("expires_in").ok().flatten().filter(|seconds| *seconds > 0);
    let expected = "a whole number of seconds, of one at least";
    seconds.map(Duration::from_secs).ok_or(TokenEndpointError::Malformed { member: "expires_in", expected })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The example of RFC 9126 section 2.2, changed.
    fn with(member: &str, value: Value) -> Result<PushedRequest, TokenEndpointError> {
        let mut body = json!({
            "request_uri": "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c", "expires_in": 60,
        });
        body[member] = value;
        PushedRequest::read(&Claims::parse(body.to_string()).unwrap())
    }

    #[test]
    fn both_members_are_read_and_others_are_passed_over() {
        let pushed = with("other", json!({"expires_in": "never"})).unwrap();
        assert_eq!(pushed.request_uri.expose(), "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c");
        assert_eq!(pushed.expires_in, Duration::from_secs(60));
        assert_eq!(with("expires_in", json!(1)).unwrap().expires_in, Duration::from_secs(1));
        let longest = "u".repeat(MAX_REQUEST_URI_BYTES);
        assert_eq!(with("request_uri", json!(longest)).unwrap().request_uri.expose(), longest);
    }

    #[test]
    fn a_member_that_is_missing_or_malformed_is_an_error_that_names_it() {
        let too_long = "u".repeat(MAX_REQUEST_URI_BYTES + 1);
        let table = [
            ("request_uri", vec![json!(null), json!(""), json!(1), json!(["urn:x"]), json!({"uri": "urn:x"})]),
            ("request_uri", vec![json!("urn:x y"), json!("urn:x\r\n"), json!("urn:\u{e9}"), json!(too_long)]),
            ("expires_in", vec![json!(null), json!(0), json!(-1), json!(1.5), json!("60"), json!(true), json!([60])]),
            ("expires_in", vec![json!(253_402_300_800_u64), json!({})]),
        ];
        for (name, values) in table {
            for value in values {
                let error = with(name, value.clone()).unwrap_err();
                let named = matches!(error, TokenEndpointError::Malformed { member, .. } if member == name);
                assert!(named, "{name}: {value}: {error:?}");
            }
        }
    }

    #[test]
    fn the_reference_is_not_shown() {
        assert!(!format!("{:?}", with("request_uri", json!("hunter2"))).contains("hunter2"));
    }
}
