//! The JOSE header of a token (RFC 7515 section 4).

use std::{
    borrow::Cow,
    mem::{self, MaybeUninit},
};

use crate::types::{Algorithm, Member, Members};

use super::{
    base64url,
    error::{JoseError, Part},
};

/// Longest header, decoded, in bytes. Entra's, with two thumbprints, has 140; it also bounds the stack buffer.
const MAX_HEADER_BYTES: usize = 2048;

/// What the `typ` header parameter says (RFC 7515 section 4.1.9): a media type, compared without case, where
/// `application/` may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// Absent.
    Unstated,
    /// `JWT`.
    Jwt,
    /// `at+jwt`, an access token (RFC 9068 section 2.1).
    AccessToken,
    /// `logout+jwt` (OpenID Connect Back-Channel Logout 1.0 section 2.4).
    LogoutToken,
    /// `dpop+jwt`, a proof of possession (RFC 9449 section 4.2).
    Proof,
    /// Anything else.
    Other,
}

impl TokenType {
    fn of(typ: Option<&str>) -> Self {
        let Some(typ) = typ else { return Self::Unstated };
        let prefix = "application/";
        let name = match typ.get(..prefix.len()) {
            Some(start) if start.eq_ignore_ascii_case(prefix) => &typ[prefix.len()..],
            _ => typ,
        };
        let known = [
            ("JWT", Self::Jwt),
            ("at+jwt", Self::AccessToken),
            ("logout+jwt", Self::LogoutToken),
            ("dpop+jwt", Self::Proof),
        ];
        let kind = known.into_iter().find_map(|(known, kind)| name.eq_ignore_ascii_case(known).then_some(kind));
        kind.unwrap_or(Self::Other)
    }
}

/// The parameters that are acted on.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) token_type: TokenType,
    pub(super) key_id: Option<Box<str>>,
}

impl Header {
    pub(super) fn parse(segment: &[u8]) -> Result<Self, JoseError> {
        let mut buffer = [MaybeUninit::uninit(); MAX_HEADER_BYTES];
        Parameters::decode(segment, &mut buffer)?.check()
    }

    /// Of a token that brings its own key, and the JSON text of that key.
    pub(super) fn parse_with_key(segment: &[u8]) -> Result<(Self, Option<String>), JoseError> {
        let mut buffer = [MaybeUninit::uninit(); MAX_HEADER_BYTES];
        let mut parameters = Parameters::decode(segment, &mut buffer)?;
        let key = parameters.jwk.take().map(str::to_owned);
        Ok((parameters.check()?, key))
    }
}

/// The parameters as written, of some whether they are there. One that stands twice is refused (RFC 7515 section 4).
#[derive(Default)]
struct Parameters<'a> {
    alg: Option<Cow<'a, str>>,
    kid: Option<Cow<'a, str>>,
    typ: Option<Cow<'a, str>>,
    enc: bool,
    crit: bool,
    b64: bool,
    jwk: Option<&'a str>,
    jku: bool,
    x5u: bool,
    x5c: bool,
}

impl<'a> Parameters<'a> {
    #[inline(always)]
    fn decode(segment: &[u8], buffer: &'a mut [MaybeUninit<u8>; MAX_HEADER_BYTES]) -> Result<Self, JoseError> {
        if segment.len() * 3 / 4 > MAX_HEADER_BYTES {
            return Err(JoseError::Header);
        }
        let json = base64url::decode_into(segment, buffer).ok_or(JoseError::Base64 { part: Part::Header })?;
        let json = str::from_utf8(json).map_err(|_| JoseError::Header)?;
        Self::read(json).ok_or(JoseError::Header)
    }

    fn read(json: &'a str) -> Option<Self> {
        let mut parameters = Self::default();
        let mut members = Members::of(json).ok()?;
        while let Some(Member { name, meant, value }) = members.next().ok()? {
            // A parameter that must be a string if it is there; `null` is not "absent".
            let text = || members.string(value.clone());
            let stood_before = match meant.as_deref().unwrap_or(&json[name]) {
                "alg" => parameters.alg.replace(text()?).is_some(),
                "kid" => parameters.kid.replace(text()?).is_some(),
                "typ" => parameters.typ.replace(text()?).is_some(),
                "enc" => mem::replace(&mut parameters.enc, true),
                "crit" => mem::replace(&mut parameters.crit, true),
                "b64" => mem::replace(&mut parameters.b64, true),
                "jwk" => parameters.jwk.replace(&json[value]).is_some(),
                "jku" => mem::replace(&mut parameters.jku, true),
                "x5u" => mem::replace(&mut parameters.x5u, true),
                "x5c" => mem::replace(&mut parameters.x5c, true),
                _ => false,
            };
            if stood_before {
                return None;
            }
        }
        Some(parameters)
    }

    fn check(self) -> Result<Header, JoseError> {
        if self.enc {
            return Err(JoseError::Encrypted);
        }
        if self.b64 {
            return Err(JoseError::Unencoded);
        }
        if self.crit {
            return Err(JoseError::Critical);
        }
        let own_keys = [("jwk", self.jwk.is_some()), ("jku", self.jku), ("x5u", self.x5u), ("x5c", self.x5c)];
        if let Some((parameter, _)) = own_keys.into_iter().find(|(_, is_there)| *is_there) {
            return Err(JoseError::EmbeddedKey { parameter });
        }
        Ok(Header {
            algorithm: algorithm(self.alg.as_deref())?,
            token_type: TokenType::of(self.typ.as_deref()),
            key_id: self.kid.map(Into::into),
        })
    }
}

fn algorithm(name: Option<&str>) -> Result<Algorithm, JoseError> {
    let name = name.ok_or(JoseError::NoAlgorithm)?;
    Algorithm::from_name(name).ok_or_else(|| match name {
        _ if name.eq_ignore_ascii_case("none") => JoseError::Unsigned,
        "HS256" | "HS384" | "HS512" => JoseError::Symmetric,
        _ => JoseError::UnknownAlgorithm,
    })
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn parse(json: &str) -> Result<Header, JoseError> {
        Header::parse(URL_SAFE_NO_PAD.encode(json).as_bytes())
    }

    #[test]
    fn algorithm_type_and_key_id_are_read() {
        let header = parse(r#"{"typ":"Application/AT+JWT","alg":"ES256","kid":"a\"b","x5t":"ignored"}"#).unwrap();
        assert_eq!(header.algorithm, Algorithm::Es256);
        assert_eq!(header.token_type, TokenType::AccessToken);
        assert_eq!(header.key_id.as_deref(), Some("a\"b"));
    }

    #[test]
    fn the_type_is_a_media_type_without_case() {
        for (typ, expected) in [
            (r#""jwt""#, TokenType::Jwt),
            (r#""at+JWT""#, TokenType::AccessToken),
            (r#""application/logout+jwt""#, TokenType::LogoutToken),
            (r#""application/""#, TokenType::Other),
            (r#""application/DPoP+jwt""#, TokenType::Proof),
            (r#""dpop""#, TokenType::Other),
            (r#""applicatioñ/jwt""#, TokenType::Other),
            (r#""application+at+jwt""#, TokenType::Other),
            (r#""text/plain;/at+jwt""#, TokenType::Other),
        ] {
            assert_eq!(parse(&format!(r#"{{"alg":"RS256","typ":{typ}}}"#)).unwrap().token_type, expected, "{typ}");
        }
        assert_eq!(parse(r#"{"alg":"RS256"}"#).unwrap().token_type, TokenType::Unstated);
    }

    #[test]
    fn each_hostile_header_is_refused_with_its_own_reason() {
        for (json, error) in [
            (r#"{"typ":"JWT"}"#, JoseError::NoAlgorithm),
            (r#"{"alg":"none"}"#, JoseError::Unsigned),
            (r#"{"alg":"NoNe"}"#, JoseError::Unsigned),
            (r#"{"alg":"HS256"}"#, JoseError::Symmetric),
            (r#"{"alg":"rs256"}"#, JoseError::UnknownAlgorithm),
            (r#"{"alg":"RS256","crit":["exp"]}"#, JoseError::Critical),
            (r#"{"alg":"RS256","crit":null}"#, JoseError::Critical),
            (r#"{"alg":"RS256","\u0063rit":["exp"]}"#, JoseError::Critical),
            (r#"{"alg":"RS256","b64":false,"crit":["b64"]}"#, JoseError::Unencoded),
            (r#"{"alg":"RS256","\u0062\u0036\u0034":false}"#, JoseError::Unencoded),
            (r#"{"\u0061lg":"none"}"#, JoseError::Unsigned),
            (r#"{"alg":"RS256","enc":"A128GCM"}"#, JoseError::Encrypted),
            (r#"{"alg":"RS256","jwk":{}}"#, JoseError::EmbeddedKey { parameter: "jwk" }),
            (r#"{"alg":"RS256","jku":"https://evil.example"}"#, JoseError::EmbeddedKey { parameter: "jku" }),
            (r#"{"alg":"RS256","x5u":"https://evil.example"}"#, JoseError::EmbeddedKey { parameter: "x5u" }),
            (r#"{"alg":"RS256","x5c":[]}"#, JoseError::EmbeddedKey { parameter: "x5c" }),
        ] {
            assert_eq!(parse(json).unwrap_err(), error, "{json}");
        }
    }

    #[test]
    fn what_is_not_an_object_with_each_parameter_once_and_typed_is_refused() {
        let deep = format!("{{\"alg\":\"RS256\",\"x\":{}", "[".repeat(1000));
        for json in [
            "",
            "{}x",
            "null",
            r#""RS256""#,
            r#"["RS256","kid","JWT"]"#,
            r#"{"alg":"RS256","alg":"RS256"}"#,
            r#"{"alg":"RS256","\u0061lg":"RS256"}"#,
            r#"{"alg":"RS256","crit":["x"],"crit":["x"]}"#,
            r#"{"alg":1}"#,
            r#"{"alg":null}"#,
            r#"{"alg":["RS256"]}"#,
            r#"{"alg":"RS256","kid":7}"#,
            r#"{"alg":"RS256","kid":null}"#,
            r#"{"alg":"RS256","typ":{}}"#,
            &deep,
        ] {
            assert_eq!(parse(json).unwrap_err(), JoseError::Header, "{json}");
        }
    }

    #[test]
    fn a_header_of_the_longest_length_is_read_and_a_byte_more_is_refused() {
        let of_length = |length: usize| {
            let empty = r#"{"alg":"RS256","kid":""}"#.len();
            parse(&format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(length - empty)))
        };
        assert!(of_length(MAX_HEADER_BYTES).is_ok());
        assert_eq!(of_length(MAX_HEADER_BYTES + 1).unwrap_err(), JoseError::Header);
    }
}
