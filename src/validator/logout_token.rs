//! A logout token, step by step.

use std::{borrow::Cow, slice, time::Duration};

use serde_json::{Map, Value};

use crate::{
    jose::{Jws, TokenType},
    types::Claims,
};

use super::{
    LogoutToken, TokenError, Unfinished, Verified, checks, issuers, registration::Registration, signature,
    token_kind::LOGOUT_EVENT,
};

/// Life of a logout token without `exp`, from its `iat`: the two minutes that the specification allows at most (section 4).
/// `exp` is required since its errata of 2023; tokens of providers that are older than that must not be good for ever.
const LIFETIME: Duration = Duration::from_secs(120);

/// The steps of OpenID Connect Back-Channel Logout 1.0 section 2.6. They are taken once the signature holds, but for those
/// that choose the key. Step 8 is left out: a logout that is repeated changes nothing. Steps 9 to 11 are for whoever holds the
/// sessions.
pub(super) fn check(
    token: &str,
    client: &Registration,
    now: u64,
    elapsed: Duration,
) -> Result<Verified<LogoutToken>, Unfinished> {
    // Step 1: no encryption was agreed on, so what is encrypted is refused.
    let jws = Jws::parse(token).map_err(TokenError::from)?;
    // Section 2.4: explicit type, where the provider states one.
    explicit_type(jws.token_type())?;
    // Step 4: the issuer is the provider.
    let issuer = issuers::issuer_of(&jws, &client.provider)?;
    // Step 3: the algorithm is that of ID tokens, before any key is touched.
    client.algorithm(jws.algorithm())?;
    // Step 2: signature.
    let claims = signature::verify(jws, &client.provider, elapsed)?.claims;
    // Step 4: meant for the client, now.
    checks::audience(&claims, slice::from_ref(&client.client_id))?;
    time(&claims, now, client.settings().clock_skew)?;
    // Step 5: whose session.
    target(&claims)?;
    // Step 6: it tells of a logout.
    event(&claims)?;
    // Step 7: it cannot be passed off as an ID token.
    no_nonce(&claims)?;
    // Section 2.4: it can be told from every other.
    checks::name(&claims, "jti")?.ok_or(TokenError::Missing { claim: "jti" })?;
    Ok(Verified::new(claims, issuer, client.settings().kind))
}

impl Verified<LogoutToken> {
    /// The session that has ended: `sid`, as the issuer names it. `None`: every session of [`subject`](Self::subject).
    #[must_use]
    pub fn provider_session(&self) -> Option<Cow<'_, str>> {
        checked(self.claims(), "sid")
    }

    /// Whose session has ended: `sub`. `None`: that of [`provider_session`](Self::provider_session), whosever it is.
    #[must_use]
    pub fn subject(&self) -> Option<Cow<'_, str>> {
        checked(self.claims(), "sub")
    }
}

/// A claim that [`target`] has found to be a string, if it is there.
fn checked<'a>(claims: &'a Claims, claim: &str) -> Option<Cow<'a, str>> {
    claims.string(claim).ok().flatten()
}

fn explicit_type(token_type: TokenType) -> Result<(), TokenError> {
    match token_type {
        TokenType::LogoutToken | TokenType::Jwt | TokenType::Unstated => Ok(()),
        _ => Err(TokenError::Type),
    }
}

fn time(claims: &Claims, now: u64, leeway: Duration) -> Result<(), TokenError> {
    let issued = checks::dated(claims, now, leeway)?;
    let expiry = claims.seconds("exp")?.unwrap_or(issued + LIFETIME.as_secs());
    checks::unexpired(expiry, now, leeway)?;
    checks::not_before(claims, now, leeway)?;
    Ok(())
}

fn target(claims: &Claims) -> Result<(), TokenError> {
    match (checks::name(claims, "sub")?, checks::name(claims, "sid")?) {
        (None, None) => Err(TokenError::LogoutTarget),
        _ => Ok(()),
    }
}

fn event(claims: &Claims) -> Result<(), TokenError> {
    let events: Map<String, Value> = claims.get("events")?.ok_or(TokenError::Missing { claim: "events" })?;
    match events.get(LOGOUT_EVENT) {
        Some(Value::Object(_)) => Ok(()),
        _ => Err(TokenError::LogoutEvent),
    }
}

fn no_nonce(claims: &Claims) -> Result<(), TokenError> {
    if claims.contains("nonce") { Err(TokenError::LogoutNonce) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
