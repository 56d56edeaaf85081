//! An ID token, step by step.

use std::{slice, time::Duration};

use crate::{
    jose::{Jws, TokenType},
    types::{Claims, Secret},
};

use super::{
    IdToken, TokenError, Unfinished, Verified, checks, issuers, registration::Registration, signature, token_hash,
    token_kind,
};

/// What was asked for, and an ID token must answer to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The nonce that was sent. The token must carry it, compared in constant time. `None`: none was sent.
    pub nonce: Option<&'a str>,
    /// The access token that came beside the ID token: `at_hash`, if it is there, must be its hash.
    pub access_token: Option<&'a Secret>,
    /// The `max_age` that was sent, and when the login was started, in seconds since 1970: `auth_time` is then required.
    pub max_age: Option<(Duration, u64)>,
}

/// The steps of OpenID Connect Core 1.0 section 3.1.3.7, which section 3.2.2.11 takes over for the implicit flow. They are
/// taken once the signature holds, but for those that choose the key. Step 12 is for the login, which knows what `acr_values` were
/// sent for.
pub(super) fn check(
    token: &str,
    client: &Registration,
    asked: Asked<'_>,
    now: u64,
    elapsed: Duration,
) -> Result<Verified<IdToken>, Unfinished> {
    // RFC 7519 section 7.2, steps 1 to 10. Step 1: no encryption was agreed on, so what is encrypted is refused.
    let jws = Jws::parse(token).map_err(TokenError::from)?;
    // RFC 8725 section 3.11: explicit type.
    explicit_type(jws.token_type())?;
    // Step 2: the issuer is the provider.
    let issuer = issuers::issuer_of(&jws, &client.provider)?;
    // Steps 7 and 8: the algorithm is the registered one, before any key is touched.
    client.algorithm(jws.algorithm())?;
    // Step 6: signature, though the token endpoint's TLS could stand for it.
    let claims = signature::verify(jws, &client.provider, elapsed)?.claims;
    // RFC 8725 section 3.12: no other kind of token of the same provider.
    token_kind::id_token(&claims)?;
    // Section 2: a subject.
    checks::subject(&claims)?;
    // Steps 3 to 5: meant for the client, and issued to it.
    checks::audience(&claims, slice::from_ref(&client.client_id))?;
    checks::authorized_party(&claims, &client.client_id)?;
    // Steps 9 and 10: time.
    time(&claims, client, now)?;
    // Step 11: it answers to this login.
    checks::nonce(&claims, asked.nonce)?;
    // Step 13: the person authenticated as lately as was asked for.
    checks::authentication(&claims, now, client.settings().clock_skew, asked.max_age)?;
    // Sections 3.1.3.8 and 3.2.2.9: the access token beside it is the one that was issued with it.
    token_hash::check(&claims, client.algorithm, asked.access_token.map(Secret::expose))?;
    Ok(Verified::new(claims, issuer, client.settings().kind))
}

fn explicit_type(token_type: TokenType) -> Result<(), TokenError> {
    match token_type {
        TokenType::Jwt | TokenType::Unstated => Ok(()),
        TokenType::AccessToken => Err(TokenError::AccessToken),
        TokenType::LogoutToken => Err(TokenError::LogoutToken),
        _ => Err(TokenError::Type),
    }
}

fn time(claims: &Claims, client: &Registration, now: u64) -> Result<(), TokenError> {
    let policy = client.settings();
    checks::expiry(claims, now, policy.clock_skew)?;
    checks::not_before(claims, now, policy.clock_skew)?;
    checks::dated(claims, now, policy.clock_skew)?;
    checks::age(claims, now, policy.token_validity)?;
    Ok(())
}

#[cfg(test)]
mod tests;
