//! What a request brings to prove who it is.

use http::{HeaderMap, header::AUTHORIZATION};

/// The scheme of bearer tokens (RFC 6750 section 2.1).
const SCHEME: &[u8] = b"Bearer";

/// What a request brings. The `Authorization` header counts alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credentials<'a> {
    /// Nothing that is ours: no header, or one of another scheme.
    None,
    /// A bearer token, not looked at yet.
    Bearer(&'a [u8]),
}

/// Why the credentials of a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// Two `Authorization` headers: nothing says which one counts (RFC 6750 section 3.1, `invalid_request`).
    #[error("there is more than one Authorization header")]
    Repeated,
    /// The header of the bearer scheme holds no token.
    #[error("the Authorization header holds no bearer token")]
    Malformed,
}

impl<'a> Credentials<'a> {
    /// Reads the `Authorization` header (RFC 6750 section 2.1). The scheme is compared without case (RFC 9110 section 11.1).
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Self, CredentialsError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Ok(Self::None) };
        if values.next().is_some() {
            return Err(CredentialsError::Repeated);
        }
        let Some((scheme, rest)) = value.as_bytes().split_at_checked(SCHEME.len()) else { return Ok(Self::None) };
        // The scheme ends where no scheme goes on (RFC 9110 section 5.6.2): `Bearer<TAB>x` is a bearer header that went wrong.
        if !scheme.eq_ignore_ascii_case(SCHEME) || rest.first().copied().is_some_and(is_token_char) {
            return Ok(Self::None);
        }
        let token = rest.strip_prefix(b" ").ok_or(CredentialsError::Malformed)?;
        match token.trim_ascii() {
            [] => Err(CredentialsError::Malformed),
            token => Ok(Self::Bearer(token)),
        }
    }
}

/// `tchar` of RFC 9110 section 5.6.2.
fn is_token_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static [u8]]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value).unwrap())).collect()
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_the_scheme() {
        for value in [&b"Bearer a.b.c"[..], b"bearer a.b.c", b"BEARER   a.b.c"] {
            assert_eq!(Credentials::of(&headers(&[value])), Ok(Credentials::Bearer(b"a.b.c")));
        }
        // What stands in the token is the validator's to refuse.
        for token in [&b"a.b c"[..], b"\xff\xfe"] {
            let value = [b"Bearer ", token].concat();
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_bytes(&value).unwrap())]);
            assert_eq!(Credentials::of(&headers), Ok(Credentials::Bearer(token)));
        }
    }

    #[test]
    fn another_scheme_is_not_ours() {
        for values in [&[][..], &[&b"Basic YTpi"[..]], &[b"BearerX a.b.c"], &[b"Bearer-a a.b.c"], &[b""]] {
            assert_eq!(Credentials::of(&headers(values)), Ok(Credentials::None), "{values:?}");
        }
    }

    #[test]
    fn two_headers_are_an_error_even_when_they_agree() {
        let error = Err(CredentialsError::Repeated);
        assert_eq!(Credentials::of(&headers(&[b"Bearer a.b.c", b"Bearer a.b.c"])), error);
        assert_eq!(Credentials::of(&headers(&[b"Basic YTpi", b"Bearer a.b.c"])), error);
    }

    #[test]
    fn a_bearer_header_without_a_token_is_an_error() {
        for value in [
            &b"Bearer"[..],
            b"Bearer ",
            b"bearer    ",
            b"Bearer\ta.b.c",
            b"Bearer,a.b.c",
            b"Bearer:a.b.c",
            b"Bearer=a.b.c",
        ] {
            assert_eq!(Credentials::of(&headers(&[value])), Err(CredentialsError::Malformed), "{value:?}");
        }
    }
}
