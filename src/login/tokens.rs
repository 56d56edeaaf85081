//! Which tokens a session keeps, and until when they are good.

use std::time::Duration;

use crate::{
    provider::TokenResponse,
    session::{KeptAccessToken, Session, SessionTokens},
    types::{Claims, Secret},
};

use super::Login;

/// Tokens are renewed this many seconds ahead of their end at most: time enough to try again when the provider does not answer
/// at once.
const MOST_AHEAD: u64 = 60;

/// Short-lived tokens are renewed when a fifth of their lifetime is left, so that they are of use for a while at all.
const SHARE_AHEAD: u64 = 5;

impl Login {
    /// The tokens that a session keeps of an answer of the token endpoint, [as below](tokens_of): the access token only where
    /// `keepAccessToken` is on.
    pub(super) fn session_tokens(
        &self,
        response: &TokenResponse,
        id_token_claims: Option<&Claims>,
        previous: Option<&SessionTokens>,
    ) -> SessionTokens {
        let token_validity = self.provider.settings().token_validity;
        let tokens = tokens_of(response, id_token_claims, previous, token_validity, self.now());
        let access_token = tokens.access_token.filter(|_| self.settings.keep_access_token);
        SessionTokens { access_token, ..tokens }
    }

    /// The access token of a live session, if it is kept and still good.
    pub(super) fn access_token<'a>(&self, session: &'a Session) -> Option<&'a Secret> {
        session.access_token_at(self.now()).filter(|_| self.settings.keep_access_token)
    }
}

/// The tokens of an answer of the token endpoint, and when to renew them.
///
/// 1. An answer without a refresh token leaves the `previous` one in use (RFC 6749 section 6), and so does one without an ID
///    token, which is kept as a hint for the logout.
/// 2. `token_validity` counts from the `iat` of the new ID token; without one, from now.
/// 3. The access token is the answer's own, until its end: `expires_in`, or else the `exp` of the ID token. An `expires_in` of zero says
///    nothing, and without any end the token is left out.
/// 4. There is a time to renew only with a refresh token. It is ahead of the access token's end and of the end of `token_validity`.
///
/// Times are seconds since 1970. `id_token_claims` are those of the answer's own ID token, verified.
fn tokens_of(
    response: &TokenResponse,
    id_token_claims: Option<&Claims>,
    previous: Option<&SessionTokens>,
    token_validity: Option<Duration>,
    now: u64,
) -> SessionTokens {
    let kept = |new: &Option<Secret>, old: fn(&SessionTokens) -> &Option<Secret>| {
        new.clone().or_else(|| old(previous?).clone())
    };
    let refresh_token = kept(&response.refresh_token, |tokens| &tokens.refresh_token);
    let valid_until = valid_until(id_token_claims, token_validity, now);
    let lifetime = response.expires_in.filter(|lifetime| !lifetime.is_zero());
    let expires_at = lifetime.map(|lifetime| now.saturating_add(lifetime.as_secs()));
    let expires_at = expires_at.or_else(|| seconds(id_token_claims?, "exp"));
    let renew_at = [expires_at, valid_until].into_iter().flatten().map(|end| ahead_of(end, now)).min();
    SessionTokens {
        renew_at: renew_at.filter(|_| refresh_token.is_some()),
        refresh_token,
        access_token: expires_at.map(|until| KeptAccessToken { token: response.access_token.clone(), until }),
        id_token: kept(&response.id_token, |tokens| &tokens.id_token),
        valid_until,
    }
}

/// The tokens to keep of an answer that brings an ID token alone (OpenID Connect Core 1.0 section 3.2): there is nothing to
/// renew it with.
pub(super) fn unrenewable_tokens(
    id_token: Secret,
    claims: &Claims,
    token_validity: Option<Duration>,
    now: u64,
) -> SessionTokens {
    let valid_until = valid_until(Some(claims), token_validity, now);
    SessionTokens { id_token: Some(id_token), valid_until, ..SessionTokens::default() }
}

fn valid_until(id_token: Option<&Claims>, token_validity: Option<Duration>, now: u64) -> Option<u64> {
    let issued_at = id_token.and_then(|claims| seconds(claims, "iat")).unwrap_or(now);
    token_validity.map(|validity| issued_at.saturating_add(validity.as_secs()))
}

fn ahead_of(end: u64, now: u64) -> u64 {
    end - MOST_AHEAD.min(end.saturating_sub(now) / SHARE_AHEAD)
}

fn seconds(claims: &Claims, claim: &str) -> Option<u64> {
    claims.seconds(claim).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::AccessTokenType;

    const NOW: u64 = 1_700_000_000;

    fn response(refresh_token: Option<&str>, id_token: Option<&str>, expires_in: Option<u64>) -> TokenResponse {
        TokenResponse {
            access_token: Secret::from("at"),
            token_type: AccessTokenType::Bearer,
            expires_in: expires_in.map(Duration::from_secs),
            scope: None,
            refresh_token: refresh_token.map(Secret::from),
            id_token: id_token.map(Secret::from),
        }
    }

    fn claims(iat: u64, exp: u64) -> Claims {
        Claims::parse(format!(r#"{{"iat":{iat},"exp":{exp}}}"#)).unwrap()
    }

    fn exposed(tokens: &SessionTokens) -> (Option<&str>, Option<&str>) {
        (tokens.refresh_token.as_ref().map(Secret::expose), tokens.id_token.as_ref().map(Secret::expose))
    }

    #[test]
    fn tokens_are_renewed_ahead_of_whatever_ends_first() {
        for (expires_in, exp, validity, renew_at) in [
            (Some(3600), Some(36_000), None, Some(3540)),
            (Some(100), Some(36_000), None, Some(80)),
            (Some(3), None, None, Some(3)),
            (None, Some(36_000), None, Some(35_940)),
            (Some(0), Some(36_000), None, Some(35_940)),
            (Some(3600), None, Some(600), Some(540)),
            (Some(600), None, Some(3600), Some(540)),
            (None, Some(600), Some(50), Some(40)),
            (None, None, Some(600), Some(540)),
            (None, None, None, None),
        ] {
            let id_token = exp.map(|exp| claims(NOW, NOW + exp));
            let validity = validity.map(Duration::from_secs);
            let response = response(Some("rt"), None, expires_in);
            let tokens = tokens_of(&response, id_token.as_ref(), None, validity, NOW);
            assert_eq!(tokens.renew_at, renew_at.map(|ahead: u64| NOW + ahead), "{expires_in:?} {exp:?} {validity:?}");
        }
    }

    #[test]
    fn without_a_refresh_token_there_is_no_time_to_renew() {
        let tokens = tokens_of(&response(None, Some("it"), Some(3600)), None, None, None, NOW);
        assert_eq!((tokens.renew_at, exposed(&tokens)), (None, (None, Some("it"))));
    }

    #[test]
    fn the_validity_counts_from_the_issue_of_the_new_id_token_or_from_now() {
        let validity = Some(Duration::from_secs(600));
        let answer = response(Some("rt"), Some("it"), Some(3600));
        let issued = claims(NOW - 30, NOW + 36_000);
        assert_eq!(tokens_of(&answer, Some(&issued), None, validity, NOW).valid_until, Some(NOW + 570));
        assert_eq!(tokens_of(&answer, Some(&issued), None, None, NOW).valid_until, None);
        let previous = SessionTokens { valid_until: Some(NOW + 1), ..SessionTokens::default() };
        let renewed = tokens_of(&answer, None, Some(&previous), validity, NOW);
        assert_eq!((renewed.valid_until, renewed.renew_at), (Some(NOW + 600), Some(NOW + 540)));
    }

    #[test]
    fn what_an_answer_leaves_out_stays_as_it_was() {
        let first = tokens_of(&response(Some("rt1"), Some("it1"), Some(3600)), None, None, None, NOW);
        for (answer, expected) in [
            (response(None, None, Some(3600)), (Some("rt1"), Some("it1"))),
            (response(Some("rt2"), None, Some(3600)), (Some("rt2"), Some("it1"))),
            (response(None, Some("it2"), Some(3600)), (Some("rt1"), Some("it2"))),
        ] {
            let renewed = tokens_of(&answer, None, Some(&first), None, NOW + 3540);
            assert_eq!((exposed(&renewed), renewed.renew_at), (expected, Some(NOW + 3540 + 3540)));
        }
    }

    #[test]
    fn the_access_token_is_the_answers_own_until_its_end() {
        let previous = KeptAccessToken { token: Secret::from("old"), until: NOW + 9 };
        let previous = SessionTokens { access_token: Some(previous), ..SessionTokens::default() };
        let id_token = claims(NOW, NOW + 50);
        for (expires_in, id_token, until) in [
            (Some(3600), Some(&id_token), Some(NOW + 3600)),
            (Some(0), Some(&id_token), Some(NOW + 50)),
            (None, Some(&id_token), Some(NOW + 50)),
            (None, None, None),
        ] {
            let answer = response(Some("rt"), None, expires_in);
            let kept = tokens_of(&answer, id_token, Some(&previous), None, NOW).access_token;
            let kept = kept.map(|kept| (kept.token.expose().to_owned(), kept.until));
            assert_eq!(kept, until.map(|until| ("at".to_owned(), until)));
        }
    }

    #[test]
    fn an_id_token_alone_is_a_hint_and_cannot_be_renewed() {
        let validity = Some(Duration::from_secs(600));
        let tokens = unrenewable_tokens(Secret::from("it"), &claims(NOW, NOW + 36_000), validity, NOW);
        assert_eq!(exposed(&tokens), (None, Some("it")));
        assert_eq!((tokens.renew_at, tokens.valid_until), (None, Some(NOW + 600)));
    }

    #[test]
    fn a_time_beyond_all_measure_does_not_overflow() {
        let validity = Some(Duration::from_secs(u64::MAX));
        let tokens = tokens_of(&response(Some("rt"), None, Some(u64::MAX)), None, None, validity, NOW);
        assert_eq!((tokens.valid_until, tokens.renew_at), (Some(u64::MAX), Some(u64::MAX - MOST_AHEAD)));
    }
}
