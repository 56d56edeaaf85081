//! A signed answer of the userinfo endpoint, step by step.

use std::{slice, time::Duration};

use crate::{
    jose::{Jws, TokenType},
    types::Claims,
};

use super::{
    TokenError, Unfinished, Userinfo, Verified, checks, issuers, registration::Registration, signature, token_kind,
};

/// The steps of OpenID Connect Core 1.0 section 5.3.2 and 5.3.4. They are taken once the signature holds, but for those that choose
/// the key.
///
/// Section 5.3.2 has `iss` and `aud` as what a signed answer should say. Here it must: a provider signs much with the same keys, and
/// a signature over claims for nobody in particular says nothing of this client.
pub(super) fn check(
    token: &[u8],
    client: &Registration,
    now: u64,
    elapsed: Duration,
) -> Result<Verified<Userinfo>, Unfinished> {
    // Section 5.3.4, step 2: no encryption was agreed on, so what is encrypted is refused.
    let jws = Jws::parse(token).map_err(TokenError::from)?;
    // RFC 8725 section 3.11: explicit type.
    explicit_type(jws.token_type())?;
    // Section 5.3.2: the issuer is the provider.
    let issuer = issuers::issuer_of(&jws, &client.provider)?;
    // RFC 8725 section 3.1: the algorithm is that of ID tokens, before any key is touched.
    client.algorithm(jws.algorithm())?;
    // Section 5.3.4, step 3: signature.
    let claims = signature::verify(jws, &client.provider, elapsed)?.claims;
    // RFC 8725 section 3.12: no other kind of token of the same provider.
    token_kind::userinfo(&claims)?;
    // Section 5.3.2: a subject. Whose it must be is for whoever holds the ID token.
    checks::subject(&claims)?;
    // Section 5.3.2: meant for the client.
    checks::audience(&claims, slice::from_ref(&client.client_id))?;
    // RFC 7519 sections 4.1.4 to 4.1.6: time, as far as the answer says any.
    time(&claims, now, client.settings().clock_skew)?;
    Ok(Verified::new(claims, issuer, client.settings().kind))
}

fn explicit_type(token_type: TokenType) -> Result<(), TokenError> {
    match token_type {
        TokenType::Jwt | TokenType::Unstated => Ok(()),
        _ => Err(TokenError::Type),
    }
}

/// Nothing says that the answer has an end. One that it has counts.
fn time(claims: &Claims, now: u64, leeway: Duration) -> Result<(), TokenError> {
    if claims.contains("exp") {
        checks::expiry(claims, now, leeway)?;
    }
    checks::not_before(claims, now, leeway)?;
    checks::issued_at(claims, now, leeway)?;
    Ok(())
}

#[cfg(test)]
mod tests;
