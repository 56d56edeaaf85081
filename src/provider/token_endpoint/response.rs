//! Tokens, as they came in (RFC 6749 section 5.1, OpenID Connect Core 1.0 section 3.1.3.3).

use std::{borrow::Cow, time::Duration};

use crate::types::{Claims, JsonKind, MAX_SECONDS, Scopes, Secret};

use super::error::TokenEndpointError;

/// Tokens, as they came in. None of them is verified.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenResponse {
    /// `access_token`: visible ASCII, never empty.
    pub access_token: Secret,
    /// `token_type`: how the access token is presented.
    pub token_type: AccessTokenType,
    /// `expires_in`: the lifetime of the access token from now on, in whole seconds.
    pub expires_in: Option<Duration>,
    /// `scope`: what the access token is good for, if that is said; absent, it is what was asked for.
    pub scope: Option<Scopes>,
    /// `refresh_token`: visible ASCII, never empty.
    pub refresh_token: Option<Secret>,
    /// `id_token`: visible ASCII, never empty.
    pub id_token: Option<Secret>,
}

/// How an access token is presented (RFC 6749 section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessTokenType {
    /// By itself (RFC 6750).
    Bearer,
}

impl TokenResponse {
    pub(super) fn read(body: &Claims) -> Result<Self, TokenEndpointError> {
        let members = Members(body);
        Ok(Self {
            access_token: members.token("access_token")?.ok_or(malformed("access_token", TOKEN))?,
            token_type: members.token_type()?,
            expires_in: members.lifetime("expires_in")?,
            scope: members.string("scope", "a string")?.map(|scope| Scopes::parse(&scope)),
            refresh_token: members.token("refresh_token")?,
            id_token: members.token("id_token")?,
        })
    }
}

const TOKEN: &str = "a non-empty string of visible ASCII";

/// The members of the answer, read by name and type. `null` counts as absent: some providers write all of them always.
struct Members<'a>(&'a Claims);

impl<'a> Members<'a> {
    fn string(&self, member: &'static str, expected: &'static str) -> Result<Option<Cow<'a, str>>, TokenEndpointError> {
        if self.0.kind(member) == Some(JsonKind::Null) {
            return Ok(None);
        }
        self.0.string(member).map_err(|_| TokenEndpointError::Malformed { member, expected })
    }

    /// A token fits into a header as it stands.
    fn token(&self, member: &'static str) -> Result<Option<Secret>, TokenEndpointError> {
        let Some(text) = self.string(member, TOKEN)? else { return Ok(None) };
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible { Ok(Some(Secret::new(text.into_owned()))) } else { Err(malformed(member, TOKEN)) }
    }

    fn token_type(&self) -> Result<AccessTokenType, TokenEndpointError> {
        const EXPECTED: &str = "a string";
        let name = self.string("token_type", EXPECTED)?.ok_or(malformed("token_type", EXPECTED))?;
        if name.eq_ignore_ascii_case("bearer") {
            Ok(AccessTokenType::Bearer)
        } else {
            Err(TokenEndpointError::UnsupportedTokenType)
        }
    }

    /// Seconds, as a number or, from some providers, as a string of digits.
    fn lifetime(&self, member: &'static str) -> Result<Option<Duration>, TokenEndpointError> {
        const EXPECTED: &str = "a whole number of seconds";
        let seconds = match self.0.kind(member) {
            Some(JsonKind::String) => self.string(member, EXPECTED)?.map(|text| digits(&text)),
            None | Some(JsonKind::Null) => None,
            Some(_) => Some(self.0.seconds(member).ok().flatten()),
        };
        seconds.map(|seconds| seconds.map(Duration::from_secs).ok_or(malformed(member, EXPECTED))).transpose()
    }
}

fn digits(text: &str) -> Option<u64> {
    let only_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok())?.filter(|seconds| *seconds <= MAX_SECONDS)
}

fn malformed(member: &'static str, expected: &'static str) -> TokenEndpointError {
    TokenEndpointError::Malformed { member, expected }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &Value) -> Result<TokenResponse, TokenEndpointError> {
        TokenResponse::read(&Claims::parse(body.to_string()).unwrap())
    }

    /// A good answer with one member changed.
    fn with(member: &str, value: Value) -> Result<TokenResponse, TokenEndpointError> {
        let mut body = json!({"access_token": "at", "token_type": "Bearer"});
        body[member] = value;
        read(&body)
    }

    #[test]
    fn every_member_is_read() {
        let response = read(&json!({
            "access_token": "a.b-c~/+=", "token_type": "Bearer", "expires_in": 86400, "scope": "read write",
            "refresh_token": "rt", "id_token": "h.p.s", "session_state": ["unknown"],
        }))
        .unwrap();
        assert_eq!(response.access_token.expose(), "a.b-c~/+=");
        assert_eq!(response.token_type, AccessTokenType::Bearer);
        assert_eq!(response.expires_in, Some(Duration::from_secs(86_400)));
        assert_eq!(response.scope, Some(Scopes::parse("read write")));
        assert_eq!(response.refresh_token.unwrap().expose(), "rt");
        assert_eq!(response.id_token.unwrap().expose(), "h.p.s");
    }

    #[test]
    fn what_is_absent_or_null_is_none() {
        for body in [
            json!({"access_token": "at", "token_type": "bearer"}),
            json!({"access_token": "at", "token_type": "BEARER", "expires_in": null, "scope": null,
                   "refresh_token": null, "id_token": null}),
        ] {
            let response = read(&body).unwrap();
            assert!(response.expires_in.is_none() && response.scope.is_none(), "{body}");
            assert!(response.refresh_token.is_none() && response.id_token.is_none(), "{body}");
        }
    }

    #[test]
    fn a_lifetime_is_a_number_or_a_string_of_digits() {
        for (value, seconds) in
            [(json!(0), 0), (json!(3600), 3600), (json!("3600"), 3600), (json!(253_402_300_799_u64), MAX_SECONDS)]
        {
            assert_eq!(with("expires_in", value).unwrap().expires_in, Some(Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn a_member_of_the_wrong_type_or_range_is_an_error_that_names_it() {
        let table = [
            ("access_token", vec![json!(null), json!(1), json!(""), json!("a b"), json!("a\r\nb"), json!("\u{e9}")]),
            ("token_type", vec![json!(null), json!(1), json!(["Bearer"])]),
            ("expires_in", vec![json!(-1), json!(1.5), json!(1e9), json!(true), json!([60]), json!({})]),
            ("expires_in", vec![json!(""), json!("-1"), json!("+1"), json!(" 1"), json!("1.0"), json!("1h")]),
            ("expires_in", vec![json!(253_402_300_800_u64), json!("253402300800"), json!("99999999999999999999999")]),
            ("scope", vec![json!(["read"]), json!(1), json!({})]),
            ("refresh_token", vec![json!(1), json!(""), json!("a b"), json!("\u{7f}"), json!({})]),
            ("id_token", vec![json!(false), json!(""), json!("a\nb"), json!(["h.p.s"])]),
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
    fn a_token_that_is_not_a_bearer_token_is_refused() {
        for name in ["DPoP", "mac", "N_A", "", "Bearer "] {
            let error = with("token_type", json!(name)).unwrap_err();
            assert!(matches!(error, TokenEndpointError::UnsupportedTokenType), "{name}: {error:?}");
        }
    }

    #[test]
    fn tokens_are_not_shown() {
        let response = read(&json!({"access_token": "hunter2", "token_type": "Bearer", "refresh_token": "hunter2",
                                    "id_token": "hunter2"}));
        assert!(!format!("{response:?}").contains("hunter2"));
    }
}
