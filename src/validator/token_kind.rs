//! An ID token is not an access token, and a logout token is neither: how they are told apart. Signed userinfo has no mark of its own: no
//! other kind is taken for it, but as a bearer token it counts as an ID token where those are asked for.

use serde_json::{Map, Value};

use crate::{
    config::BearerTokenKind,
    jose::TokenType,
    types::{ClaimError, Claims},
};

use super::TokenError;

/// What a token turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    AccessToken,
    IdToken,
}

/// Claims that only access tokens carry. The last two tell how a client of Microsoft Entra authenticated (v2.0, v1.0): those of an
/// application of its own carry none of the others.
const ACCESS_TOKEN_CLAIMS: [&str; 7] = ["scope", "scp", "permissions", "client_id", "gty", "azpacr", "appidacr"];

/// Claims that only ID tokens carry (OpenID Connect Core 1.0 sections 2 and 3.3.2.11).
const ID_TOKEN_CLAIMS: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

/// The member of `events` that makes a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4).
pub(super) const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The kind of a bearer token, which must be one that `wanted` lets in.
///
/// `typ: at+jwt` decides (RFC 9068 section 4), and with another `typ` what the token calls itself: Keycloak before its version 25 puts the
/// login's `nonce` into both. Else a mark of an ID token makes it one, and a mark of an access token is needed. What carries no mark at all counts as an ID token only where those are asked for: its audience, the
/// client itself, then tells. A logout token is for the same audience, and is told by its event.
pub(super) fn check(claims: &Claims, token_type: TokenType, wanted: BearerTokenKind) -> Result<TokenKind, TokenError> {
    let kind = match token_type {
        TokenType::AccessToken => Some(TokenKind::AccessToken),
        _ => marks(claims)?,
    };
    match (kind, wanted) {
        (Some(TokenKind::AccessToken), BearerTokenKind::AccessToken | BearerTokenKind::Any) => {
            Ok(TokenKind::AccessToken)
        }
        (Some(TokenKind::AccessToken), BearerTokenKind::IdToken) => Err(TokenError::AccessToken),
        (_, BearerTokenKind::IdToken | BearerTokenKind::Any) if is_logout_token(claims) => Err(TokenError::LogoutToken),
        (_, BearerTokenKind::IdToken | BearerTokenKind::Any) => Ok(TokenKind::IdToken),
        (Some(TokenKind::IdToken), BearerTokenKind::AccessToken) => Err(TokenError::IdToken),
        (None, BearerTokenKind::AccessToken) => Err(TokenError::Unmarked),
    }
}

/// A token from the provider that was asked for an ID token: it is one unless it says that it is another kind.
pub(super) fn id_token(claims: &Claims) -> Result<(), TokenError> {
    match stated(claims)? {
        Some(TokenKind::AccessToken) => Err(TokenError::AccessToken),
        _ if is_logout_token(claims) => Err(TokenError::LogoutToken),
        _ => Ok(()),
    }
}

/// What the userinfo endpoint has signed: anything but a token that carries a mark of another kind.
pub(super) fn userinfo(claims: &Claims) -> Result<(), TokenError> {
    let is_marked = marks(claims)?.is_some() || is_logout_token(claims);
    if is_marked { Err(TokenError::NotUserinfo) } else { Ok(()) }
}

/// Whether `events` has the logout event, whatever its value. An `events` of another type is some claim of the provider's own.
fn is_logout_token(claims: &Claims) -> bool {
    let events = claims.get::<Map<String, Value>>("events");
    events.is_ok_and(|events| events.is_some_and(|events| events.contains_key(LOGOUT_EVENT)))
}

/// What a token calls itself, or else is by its marks.
fn marks(claims: &Claims) -> Result<Option<TokenKind>, ClaimError> {
    if let Some(stated) = stated(claims)? {
        return Ok(Some(stated));
    }
    let any_of = |names: &[&str]| names.iter().any(|name| claims.contains(name));
    let is = |kind, names: &[&str]| any_of(names).then_some(kind);
    Ok(is(TokenKind::IdToken, &ID_TOKEN_CLAIMS).or_else(|| is(TokenKind::AccessToken, &ACCESS_TOKEN_CLAIMS)))
}

/// What a token calls itself: Cognito says it in `token_use`, Keycloak in a claim `typ`.
fn stated(claims: &Claims) -> Result<Option<TokenKind>, ClaimError> {
    let (token_use, typ) = (claims.string("token_use")?, claims.string("typ")?);
    Ok(match (token_use.as_deref(), typ.as_deref()) {
        (Some("id"), _) | (_, Some("ID")) => Some(TokenKind::IdToken),
        (Some("access"), _) | (_, Some("Bearer")) => Some(TokenKind::AccessToken),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(json: &str, token_type: TokenType, wanted: BearerTokenKind) -> Result<TokenKind, TokenError> {
        check(&Claims::parse(json.to_owned()).unwrap(), token_type, wanted)
    }

    #[test]
    fn each_mark_of_an_access_token_makes_one() {
        for json in [
            r#"{"scope":"a"}"#,
            r#"{"scp":["a"]}"#,
            r#"{"permissions":[]}"#,
            r#"{"client_id":"c"}"#,
            r#"{"gty":"client-credentials"}"#,
            r#"{"token_use":"access"}"#,
            r#"{"typ":"Bearer"}"#,
            r#"{"azp":"c","azpacr":"1"}"#,
            r#"{"appid":"c","appidacr":"1"}"#,
        ] {
            for wanted in [BearerTokenKind::AccessToken, BearerTokenKind::Any] {
                assert_eq!(kind(json, TokenType::Jwt, wanted), Ok(TokenKind::AccessToken), "{json}");
            }
            assert_eq!(kind(json, TokenType::Jwt, BearerTokenKind::IdToken), Err(TokenError::AccessToken), "{json}");
        }
        assert_eq!(kind("{}", TokenType::AccessToken, BearerTokenKind::AccessToken), Ok(TokenKind::AccessToken));
    }

    #[test]
    fn a_mark_of_an_id_token_outweighs_those_of_an_access_token() {
        for json in [
            r#"{"scope":"a","nonce":"n"}"#,
            r#"{"scope":"a","at_hash":"h"}"#,
            r#"{"scope":"a","c_hash":"h"}"#,
            r#"{"scope":"a","s_hash":"h"}"#,
            r#"{"scope":"a","token_use":"id"}"#,
            r#"{"scope":"a","typ":"ID"}"#,
        ] {
            assert_eq!(kind(json, TokenType::Jwt, BearerTokenKind::AccessToken), Err(TokenError::IdToken), "{json}");
            assert_eq!(kind(json, TokenType::Unstated, BearerTokenKind::IdToken), Ok(TokenKind::IdToken), "{json}");
        }
    }

    #[test]
    fn what_a_token_calls_itself_outweighs_every_mark() {
        for json in [r#"{"nonce":"n","typ":"Bearer"}"#, r#"{"nonce":"n","at_hash":"h","token_use":"access"}"#] {
            assert_eq!(kind(json, TokenType::Jwt, BearerTokenKind::AccessToken), Ok(TokenKind::AccessToken), "{json}");
            assert_eq!(kind(json, TokenType::Jwt, BearerTokenKind::IdToken), Err(TokenError::AccessToken), "{json}");
        }
        let both = r#"{"token_use":"id","typ":"Bearer"}"#;
        assert_eq!(kind(both, TokenType::Jwt, BearerTokenKind::AccessToken), Err(TokenError::IdToken));
    }

    #[test]
    fn a_token_without_any_mark_is_no_access_token() {
        assert_eq!(kind("{}", TokenType::Jwt, BearerTokenKind::AccessToken), Err(TokenError::Unmarked));
        assert_eq!(kind("{}", TokenType::Jwt, BearerTokenKind::Any), Ok(TokenKind::IdToken));
    }

    #[test]
    fn a_mark_of_the_wrong_type_is_an_error() {
        assert!(matches!(kind(r#"{"token_use":1}"#, TokenType::Jwt, BearerTokenKind::Any), Err(TokenError::Claim(_))));
    }

    #[test]
    fn a_logout_token_is_no_bearer_token_of_any_kind() {
        let logout = format!(r#"{{"sub":"jane","events":{{"{LOGOUT_EVENT}":{{}}}}}}"#);
        assert_eq!(kind(&logout, TokenType::Jwt, BearerTokenKind::AccessToken), Err(TokenError::Unmarked));
        for wanted in [BearerTokenKind::IdToken, BearerTokenKind::Any] {
            assert_eq!(kind(&logout, TokenType::Jwt, wanted), Err(TokenError::LogoutToken));
            assert_eq!(kind(r#"{"events":["fair"]}"#, TokenType::Jwt, wanted), Ok(TokenKind::IdToken));
        }
    }

    #[test]
    fn a_token_that_was_asked_for_as_an_id_token_is_one_unless_it_says_otherwise() {
        let verdict = |json: &str| id_token(&Claims::parse(json.to_owned()).unwrap());
        for json in ["{}", r#"{"scope":"openid","client_id":"c"}"#, r#"{"typ":"ID"}"#, r#"{"token_use":"id"}"#] {
            assert_eq!(verdict(json), Ok(()), "{json}");
        }
        for json in [r#"{"nonce":"n","typ":"Bearer"}"#, r#"{"nonce":"n","token_use":"access"}"#] {
            assert_eq!(verdict(json), Err(TokenError::AccessToken), "{json}");
        }
    }
}
