//! One short function for each check of a claim. All times are whole seconds since 1970.
//!
//! A check of a time gives the bound that it compared with, so that nobody has to work it out a second time.

use std::{borrow::Cow, time::Duration};

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::types::{ClaimError, Claims};

use super::TokenError;

/// Longest `sub`, in characters (OpenID Connect Core 1.0 section 2).
const MAX_SUBJECT: usize = 255;

/// `aud` names one of `accepted` (RFC 7519 section 4.1.3). A token for nobody in particular is for nobody here.
pub(super) fn audience(claims: &Claims, accepted: &[String]) -> Result<(), TokenError> {
    let mut meant = false;
    match claims.for_each_string("aud", |audience| meant |= accepted.iter().any(|ours| *ours == audience))? {
        true if meant => Ok(()),
        true => Err(TokenError::Audience),
        false => Err(TokenError::Missing { claim: "aud" }),
    }
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

/// `exp` is there and has not been reached (RFC 7519 section 4.1.4). Gives the first second that is too late.
pub(super) fn expiry(claims: &Claims, now: u64, leeway: Duration) -> Result<u64, TokenError> {
    let expiry = claims.seconds("exp")?.ok_or(TokenError::Missing { claim: "exp" })?;
    unexpired(expiry, now, leeway)
}

/// The last moment of a token has not been reached. Gives the first second that is too late.
pub(super) fn unexpired(expiry: u64, now: u64, leeway: Duration) -> Result<u64, TokenError> {
    let end = expiry + leeway.as_secs();
    if now < end { Ok(end) } else { Err(TokenError::Expired { ago: now - expiry }) }
}

/// `nbf`, if there, has been reached (RFC 7519 section 4.1.5). Gives the first second that is not too early.
pub(super) fn not_before(claims: &Claims, now: u64, leeway: Duration) -> Result<u64, TokenError> {
    reached(claims, "nbf", now, leeway)?.map_err(|ahead| TokenError::NotYetValid { ahead })
}

/// `iat`, if there, does not lie in the future (RFC 7519 section 4.1.6). Gives the first second that is not too early.
pub(super) fn issued_at(claims: &Claims, now: u64, leeway: Duration) -> Result<u64, TokenError> {
    reached(claims, "iat", now, leeway)?.map_err(|ahead| TokenError::IssuedInTheFuture { ahead })
}

/// `iat` is there and does not lie in the future (OpenID Connect Core 1.0 section 2). The time it names.
pub(super) fn dated(claims: &Claims, now: u64, leeway: Duration) -> Result<u64, TokenError> {
    issued_at(claims, now, leeway)?;
    claims.seconds("iat")?.ok_or(TokenError::Missing { claim: "iat" })
}

/// The token is younger than `validity`, counted from `iat`. A bound of the operator's own: no leeway is added to it. Gives
/// the first second that is too late.
pub(super) fn age(claims: &Claims, now: u64, validity: Option<Duration>) -> Result<u64, TokenError> {
    let Some(validity) = validity else { return Ok(u64::MAX) };
    let issued = claims.seconds("iat")?.ok_or(TokenError::Missing { claim: "iat" })?;
    let limit = validity.as_secs();
    let end = issued.saturating_add(limit);
    if now < end { Ok(end) } else { Err(TokenError::TooOld { limit }) }
}

/// A claim that names something if it is there.
pub(super) fn name<'a>(claims: &'a Claims, claim: &'static str) -> Result<Option<Cow<'a, str>>, TokenError> {
    let text = claims.string(claim)?;
    if text.as_deref() == Some("") { Err(TokenError::Empty { claim }) } else { Ok(text) }
}

/// `sub` names somebody (OpenID Connect Core 1.0 section 2). Letters beyond ASCII are let in: providers that make it of a
/// user name or an address send them.
pub(super) fn subject(claims: &Claims) -> Result<(), TokenError> {
    let subject = name(claims, "sub")?.ok_or(TokenError::Missing { claim: "sub" })?;
    let fits = subject.chars().nth(MAX_SUBJECT).is_none();
    if fits { Ok(()) } else { Err(TokenError::TooLong { claim: "sub", limit: MAX_SUBJECT }) }
}

/// `nonce` is the one that was sent. Where none was sent it may be there, and may not be anything but a string.
pub(super) fn nonce(claims: &Claims, sent: Option<&str>) -> Result<(), TokenError> {
    let found = claims.string("nonce")?;
    let Some(sent) = sent else { return Ok(()) };
    let found = found.ok_or(TokenError::Missing { claim: "nonce" })?;
    verify_slices_are_equal(found.as_bytes(), sent.as_bytes()).map_err(|_| TokenError::Nonce)
}

/// `auth_time` answers to the `max_age` that was sent with a login started at that time: no longer ago than that, or since the
/// start. With 0 only the start counts.
pub(super) fn authentication(
    claims: &Claims,
    now: u64,
    leeway: Duration,
    asked: Option<(Duration, u64)>,
) -> Result<(), TokenError> {
    let Some((max_age, started_at)) = asked else { return Ok(()) };
    let authenticated = claims.seconds("auth_time")?.ok_or(TokenError::Missing { claim: "auth_time" })?;
    reached(claims, "auth_time", now, leeway)?.map_err(|ahead| TokenError::AuthenticatedInTheFuture { ahead })?;
    let max_age = max_age.as_secs();
    let earliest = if max_age == 0 { started_at } else { started_at.min(now.saturating_sub(max_age)) };
    let recent = authenticated + leeway.as_secs() >= earliest;
    if recent { Ok(()) } else { Err(TokenError::AuthenticationTooOld { max_age }) }
}

/// The first second in which a time counts as reached, or how many seconds it lies ahead.
fn reached(claims: &Claims, name: &str, now: u64, leeway: Duration) -> Result<Result<u64, u64>, ClaimError> {
    let time = claims.seconds(name)?.unwrap_or(0);
    let start = time.saturating_sub(leeway.as_secs());
    Ok(if start <= now { Ok(start) } else { Err(time - now) })
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

    /// The verdict on somebody who authenticated then, in a login of `ago` seconds ago.
    fn authenticated(offset: i64, max_age: u64, ago: u64) -> Result<(), TokenError> {
        let asked = Some((Duration::from_secs(max_age), NOW - ago));
        authentication(&time("auth_time", offset), NOW, LEEWAY, asked)
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
        assert_eq!(expiry(&time("exp", -59), NOW, LEEWAY), Ok(NOW + 1));
        assert_eq!(expiry(&time("exp", -60), NOW, LEEWAY), Err(TokenError::Expired { ago: 60 }));
        assert_eq!(expiry(&time("exp", 0), NOW, Duration::ZERO), Err(TokenError::Expired { ago: 0 }));
        assert_eq!(expiry(&time("exp", 1), NOW, Duration::ZERO), Ok(NOW + 1));
        assert_eq!(not_before(&time("nbf", 60), NOW, LEEWAY), Ok(NOW));
        assert_eq!(not_before(&time("nbf", 61), NOW, LEEWAY), Err(TokenError::NotYetValid { ahead: 61 }));
        assert_eq!(issued_at(&time("iat", 60), NOW, LEEWAY), Ok(NOW));
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
        assert_eq!(age(&time("iat", -599), NOW, validity), Ok(NOW + 1));
        assert_eq!(age(&time("iat", -600), NOW, validity), Err(TokenError::TooOld { limit: 600 }));
        assert_eq!(age(&claims("{}"), NOW, validity), Err(TokenError::Missing { claim: "iat" }));
        assert_eq!(age(&claims("{}"), NOW, None), Ok(u64::MAX));
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

    #[test]
    fn a_subject_is_counted_in_characters() {
        let of = |name: &str| subject(&claims(format!(r#"{{"sub":"{name}"}}"#)));
        assert_eq!(of("jane"), Ok(()));
        assert_eq!(of(&"𝄞".repeat(255)), Ok(()));
        assert_eq!(of(&"𝄞".repeat(256)), Err(TokenError::TooLong { claim: "sub", limit: 255 }));
        assert_eq!(of(""), Err(TokenError::Empty { claim: "sub" }));
        assert_eq!(subject(&claims("{}")), Err(TokenError::Missing { claim: "sub" }));
    }

    #[test]
    fn a_date_is_there_and_not_ahead() {
        assert_eq!(dated(&time("iat", -9), NOW, LEEWAY), Ok(NOW - 9));
        assert_eq!(dated(&time("iat", 60), NOW, LEEWAY), Ok(NOW + 60));
        assert_eq!(dated(&time("iat", 61), NOW, LEEWAY), Err(TokenError::IssuedInTheFuture { ahead: 61 }));
        assert_eq!(dated(&claims("{}"), NOW, LEEWAY), Err(TokenError::Missing { claim: "iat" }));
    }

    #[test]
    fn the_last_authentication_is_younger_than_max_age() {
        let too_old = |max_age| Err(TokenError::AuthenticationTooOld { max_age });
        assert_eq!(authenticated(-360, 300, 0), Ok(()));
        assert_eq!(authenticated(-361, 300, 0), too_old(300));
        assert_eq!(authenticated(-361, 300, 500), Ok(()), "in this login, which took its time");
        assert_eq!(authenticated(-561, 300, 500), too_old(300));
        assert_eq!(authenticated(60, 300, 0), Ok(()));
        assert_eq!(authenticated(61, 300, 0), Err(TokenError::AuthenticatedInTheFuture { ahead: 61 }));
        assert_eq!(authenticated(0, u64::MAX, 0), Ok(()));
    }

    #[test]
    fn with_a_max_age_of_zero_the_person_authenticates_in_this_login() {
        assert_eq!(authenticated(-100, 0, 100), Ok(()), "however long the consent took");
        assert_eq!(authenticated(-160, 0, 100), Ok(()));
        assert_eq!(authenticated(-161, 0, 100), Err(TokenError::AuthenticationTooOld { max_age: 0 }));
        assert_eq!(authenticated(61, 0, 100), Err(TokenError::AuthenticatedInTheFuture { ahead: 61 }));
    }

    #[test]
    fn the_time_of_authentication_is_read_only_when_it_was_asked_for() {
        let asked = Some((Duration::ZERO, NOW));
        for json in ["{}", r#"{"auth_time":"2026-01-01T00:00:00Z"}"#] {
            assert_eq!(authentication(&claims(json), NOW, LEEWAY, None), Ok(()), "{json}");
        }
        let missing = Err(TokenError::Missing { claim: "auth_time" });
        assert_eq!(authentication(&claims("{}"), NOW, LEEWAY, asked), missing);
        for value in ["\"1\"", "1.5", "-1", "null"] {
            let wrong = claims(format!(r#"{{"auth_time":{value}}}"#));
            assert!(matches!(authentication(&wrong, NOW, LEEWAY, asked), Err(TokenError::Claim(_))), "{value}");
        }
    }
}
