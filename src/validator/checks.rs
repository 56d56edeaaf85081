//! One short function for each check of a claim. All times are whole seconds since 1970.

use std::time::Duration;

use crate::types::{ClaimError, Claims};

use super::TokenError;

/// `aud` names one of `accepted` (RFC 7519 section 4.1.3). A token for nobody in particular is for nobody here.
pub(super) fn audience(claims: &Claims, accepted: &[String]) -> Result<(), TokenError> {
    let named = claims.strings("aud")?.ok_or(TokenError::Missing { claim: "aud" })?;
    let meant = named.iter().any(|audience| accepted.iter().any(|ours| ours == audience));
    if meant { Ok(()) } else { Err(TokenError::Audience) }
}

/// `client_id` is one of `accepted`: what Cognito's access tokens have in place of `aud`.
pub(super) fn client_as_audience(claims: &Claims, accepted: &[String]) -> Result<(), TokenError> {
    let client = claims.string("client_id")?.ok_or(TokenError::Missing { claim: "aud" })?;
    if accepted.iter().any(|ours| *ours == client) { Ok(()) } else { Err(TokenError::Audience) }
}

/// An ID token is issued to us: several audiences need an `azp`, and an `azp` must be ours (OpenID Connect Core 1.0
/// section 3.1.3.7, steps 4 and 5).
pub(super) fn authorized_party(claims: &Claims, client_id: &str) -> Result<(), TokenError> {
    match claims.string("azp")? {
        Some(party) if party == client_id => Ok(()),
        Some(_) => Err(TokenError::AuthorizedParty),
        None if claims.strings("aud")?.is_some_and(|audiences| audiences.len() > 1) => Err(TokenError::AuthorizedParty),
        None => Ok(()),
    }
}

/// `exp` is there and has not been reached (RFC 7519 section 4.1.4).
pub(super) fn expiry(claims: &Claims, now: u64, leeway: Duration) -> Result<(), TokenError> {
    let expiry = claims.seconds("exp")?.ok_or(TokenError::Missing { claim: "exp" })?;
    if now < expiry + leeway.as_secs() { Ok(()) } else { Err(TokenError::Expired { ago: now - expiry }) }
}

/// `nbf`, if there, has been reached (RFC 7519 section 4.1.5).
pub(super) fn not_before(claims: &Claims, now: u64, leeway: Duration) -> Result<(), TokenError> {
    match ahead(claims, "nbf", now, leeway)? {
        Some(ahead) => Err(TokenError::NotYetValid { ahead }),
        None => Ok(()),
    }
}

/// `iat`, if there, does not lie in the future (RFC 7519 section 4.1.6).
pub(super) fn issued_at(claims: &Claims, now: u64, leeway: Duration) -> Result<(), TokenError> {
    match ahead(claims, "iat", now, leeway)? {
        Some(ahead) => Err(TokenError::IssuedInTheFuture { ahead }),
        None => Ok(()),
    }
}

/// The token is younger than `validity`, counted from `iat`. A bound of the operator's own: no leeway is added to it.
pub(super) fn age(claims: &Claims, now: u64, validity: Option<Duration>) -> Result<(), TokenError> {
    let Some(validity) = validity else { return Ok(()) };
    let issued = claims.seconds("iat")?.ok_or(TokenError::Missing { claim: "iat" })?;
    let limit = validity.as_secs();
    if now < issued.saturating_add(limit) { Ok(()) } else { Err(TokenError::TooOld { limit }) }
}

/// How many seconds a time lies ahead, if it does by more than the leeway.
fn ahead(claims: &Claims, name: &str, now: u64, leeway: Duration) -> Result<Option<u64>, ClaimError> {
    let time = claims.seconds(name)?;
    Ok(time.filter(|time| *time > now + leeway.as_secs()).map(|time| time - now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const LEEWAY: Duration = Duration::from_secs(60);

    fn claims(json: impl Into<String>) -> Claims {
        Claims::parse(json.into()).unwrap()
    }

    fn time(name: &str, offset: i64) -> Claims {
        claims(format!(r#"{{"{name}":{}}}"#, NOW.checked_add_signed(offset).unwrap()))
    }

    fn accepted() -> Vec<String> {
        vec!["api".to_owned(), "other".to_owned()]
    }

    #[test]
    fn one_of_the_audiences_must_be_ours() {
        for json in [r#"{"aud":"api"}"#, r#"{"aud":["https://t/userinfo","api"]}"#] {
            assert_eq!(audience(&claims(json), &accepted()), Ok(()), "{json}");
        }
        for json in [r#"{"aud":"API"}"#, r#"{"aud":[]}"#, r#"{"aud":""}"#, r#"{"aud":"api other"}"#, r#"{"aud":"ap"}"#]
        {
            assert_eq!(audience(&claims(json), &accepted()), Err(TokenError::Audience), "{json}");
        }
        assert_eq!(audience(&claims("{}"), &accepted()), Err(TokenError::Missing { claim: "aud" }));
        for json in [r#"{"aud":null}"#, r#"{"aud":["api",1]}"#, r#"{"aud":{"api":1}}"#, r#"{"aud":[["api"]]}"#] {
            assert!(matches!(audience(&claims(json), &accepted()), Err(TokenError::Claim(_))), "{json}");
        }
    }

    #[test]
    fn the_leeway_holds_to_the_second() {
        assert_eq!(expiry(&time("exp", -59), NOW, LEEWAY), Ok(()));
        assert_eq!(expiry(&time("exp", -60), NOW, LEEWAY), Err(TokenError::Expired { ago: 60 }));
        assert_eq!(expiry(&time("exp", 0), NOW, Duration::ZERO), Err(TokenError::Expired { ago: 0 }));
        assert_eq!(expiry(&time("exp", 1), NOW, Duration::ZERO), Ok(()));
        assert_eq!(not_before(&time("nbf", 60), NOW, LEEWAY), Ok(()));
        assert_eq!(not_before(&time("nbf", 61), NOW, LEEWAY), Err(TokenError::NotYetValid { ahead: 61 }));
        assert_eq!(issued_at(&time("iat", 60), NOW, LEEWAY), Ok(()));
        assert_eq!(issued_at(&time("iat", 61), NOW, LEEWAY), Err(TokenError::IssuedInTheFuture { ahead: 61 }));
    }

    #[test]
    fn a_time_of_the_wrong_type_is_never_absent() {
        for value in ["\"1\"", "1.5", "-1", "1e3", "99999999999999999999", "null", "[]"] {
            let with = |name: &str| claims(format!(r#"{{"{name}":{value}}}"#));
            assert!(matches!(expiry(&with("exp"), NOW, LEEWAY), Err(TokenError::Claim(_))), "{value}");
            assert!(matches!(not_before(&with("nbf"), NOW, LEEWAY), Err(TokenError::Claim(_))), "{value}");
            assert!(matches!(issued_at(&with("iat"), NOW, LEEWAY), Err(TokenError::Claim(_))), "{value}");
        }
        assert_eq!(expiry(&claims("{}"), NOW, LEEWAY), Err(TokenError::Missing { claim: "exp" }));
    }

    #[test]
    fn a_token_older_than_its_validity_is_refused_and_so_is_one_of_unknown_age() {
        let validity = Some(Duration::from_secs(600));
        assert_eq!(age(&time("iat", -599), NOW, validity), Ok(()));
        assert_eq!(age(&time("iat", -600), NOW, validity), Err(TokenError::TooOld { limit: 600 }));
        assert_eq!(age(&claims("{}"), NOW, validity), Err(TokenError::Missing { claim: "iat" }));
        assert_eq!(age(&claims("{}"), NOW, None), Ok(()));
    }

    #[test]
    fn the_authorized_party_of_an_id_token_is_us() {
        for json in [r#"{"aud":"me"}"#, r#"{"aud":"me","azp":"me"}"#, r#"{"aud":["me","x"],"azp":"me"}"#] {
            assert_eq!(authorized_party(&claims(json), "me"), Ok(()), "{json}");
        }
        for json in [r#"{"aud":["me","x"]}"#, r#"{"aud":"me","azp":"x"}"#, r#"{"aud":"me","azp":""}"#] {
            assert_eq!(authorized_party(&claims(json), "me"), Err(TokenError::AuthorizedParty), "{json}");
        }
    }
}
