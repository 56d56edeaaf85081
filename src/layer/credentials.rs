//! What a request brings to prove who it is.

use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, HeaderName},
};

/// The scheme of bearer tokens (RFC 6750 section 2.1).
const BEARER: &[u8] = b"Bearer";

/// The scheme of tokens that are bound to a key (RFC 9449 section 7.1).
const DPOP: &[u8] = b"DPoP";

/// Where the proof stands that comes with such a token (RFC 9449 section 4.1).
const PROOF: HeaderName = HeaderName::from_static("dpop");

/// What a request brings. The `Authorization` header counts alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credentials<'a> {
    /// Nothing that is ours: no header, or one of another scheme.
    None,
    /// A bearer token, not looked at yet.
    Bearer(&'a [u8]),
    /// A token that is bound to a key, not looked at yet.
    Dpop(&'a [u8]),
}

/// Whether the scheme DPoP is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dpop {
    /// It is as good as unknown.
    Unknown,
    /// It is known.
    Known,
}

/// Why the credentials of a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// Two `Authorization` headers: nothing says which one counts (RFC 6750 section 3.1, `invalid_request`).
    #[error("there is more than one Authorization header")]
    Repeated,
    /// The header of the scheme, Bearer or DPoP, holds no token.
    #[error("the Authorization header holds no token")]
    Malformed,
}

impl<'a> Credentials<'a> {
    /// Reads the `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1). The scheme is compared without case (RFC 9110
    /// section 11.1).
    pub(super) fn of(headers: &'a HeaderMap, dpop: Dpop) -> Result<Self, CredentialsError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Ok(Self::None) };
        if values.next().is_some() {
            return Err(CredentialsError::Repeated);
        }
        if let Some(rest) = after(BEARER, value) {
            return token(rest).map(Self::Bearer);
        }
        match after(DPOP, value).filter(|_| dpop == Dpop::Known) {
            Some(rest) => token(rest).map(Self::Dpop),
            None => Ok(Self::None),
        }
    }
}

/// Whether the scheme DPoP was used, rightly or wrongly.
pub(super) fn is_of_dpop(headers: &HeaderMap) -> bool {
    headers.get(AUTHORIZATION).is_some_and(|value| after(DPOP, value).is_some())
}

/// The values of the `DPoP` headers.
pub(super) fn proofs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(PROOF).iter().map(HeaderValue::as_bytes)
}

/// What follows that scheme.
#[inline]
fn after<'a>(scheme: &[u8], value: &'a HeaderValue) -> Option<&'a [u8]> {
    let (start, rest) = value.as_bytes().split_at_checked(scheme.len())?;
    // The scheme ends where no scheme goes on (RFC 9110 section 5.6.2): `Bearer<TAB>x` is a bearer header that went wrong.
    let is_it = start.eq_ignore_ascii_case(scheme) && !rest.first().copied().is_some_and(is_token_char);
    is_it.then_some(rest)
}

#[inline]
fn token(rest: &[u8]) -> Result<&[u8], CredentialsError> {
    let token = rest.strip_prefix(b" ").ok_or(CredentialsError::Malformed)?;
    match token.trim_ascii() {
        [] => Err(CredentialsError::Malformed),
        token => Ok(token),
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

    /// Bearer tokens are read alike, whether or not there are others.
    fn read(headers: &HeaderMap) -> Result<Credentials<'_>, CredentialsError> {
        let [one, other] = [Dpop::Unknown, Dpop::Known].map(|dpop| Credentials::of(headers, dpop));
        assert_eq!(one, other);
        one
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_the_scheme() {
        for value in [&b"Bearer a.b.c"[..], b"bearer a.b.c", b"BEARER   a.b.c"] {
            assert_eq!(read(&headers(&[value])), Ok(Credentials::Bearer(b"a.b.c")));
        }
        // What stands in the token is the validator's to refuse.
        for token in [&b"a.b c"[..], b"\xff\xfe"] {
            let value = [b"Bearer ", token].concat();
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_bytes(&value).unwrap())]);
            assert_eq!(read(&headers), Ok(Credentials::Bearer(token)));
        }
    }

    #[test]
    fn another_scheme_is_not_ours() {
        for values in [&[][..], &[&b"Basic YTpi"[..]], &[b"BearerX a.b.c"], &[b"Bearer-a a.b.c"], &[b""]] {
            assert_eq!(read(&headers(values)), Ok(Credentials::None), "{values:?}");
        }
    }

    #[test]
    fn two_headers_are_an_error_even_when_they_agree() {
        let error = Err(CredentialsError::Repeated);
        assert_eq!(read(&headers(&[b"Bearer a.b.c", b"Bearer a.b.c"])), error);
        assert_eq!(read(&headers(&[b"Basic YTpi", b"Bearer a.b.c"])), error);
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
            assert_eq!(read(&headers(&[value])), Err(CredentialsError::Malformed), "{value:?}");
        }
    }

    #[test]
    fn the_scheme_of_bound_tokens_is_nobodys_until_it_is_known() {
        for value in [&b"DPoP a.b.c"[..], b"dpop a.b.c", b"DPOP   a.b.c"] {
            assert_eq!(Credentials::of(&headers(&[value]), Dpop::Unknown), Ok(Credentials::None));
            assert_eq!(Credentials::of(&headers(&[value]), Dpop::Known), Ok(Credentials::Dpop(b"a.b.c")));
        }
        for value in [&b"DPoP"[..], b"DPoP ", b"dpop\ta.b.c", b"DPoP,a.b.c"] {
            assert_eq!(Credentials::of(&headers(&[value]), Dpop::Unknown), Ok(Credentials::None), "{value:?}");
            let malformed = Err(CredentialsError::Malformed);
            assert_eq!(Credentials::of(&headers(&[value]), Dpop::Known), malformed, "{value:?}");
        }
        for value in [&b"DPoPX a.b.c"[..], b"DPo a.b.c"] {
            assert_eq!(Credentials::of(&headers(&[value]), Dpop::Known), Ok(Credentials::None), "{value:?}");
        }
        let two = headers(&[b"DPoP a.b.c", b"Bearer a.b.c"]);
        assert_eq!(Credentials::of(&two, Dpop::Known), Err(CredentialsError::Repeated));
    }
}
