//! A token in the `Authorization` header, step by step.

use std::time::Duration;

use crate::{
    config::{IssuerSettings, ProviderKind},
    jose::{Jws, KeyError, TokenType},
    provider::Provider,
    types::{Algorithm, Claims},
};

use super::{
    AccessToken, Renewal, TokenError, Unfinished, Verified, checks,
    issuers::Issuers,
    token_kind::{self, TokenKind},
};

/// The steps of RFC 9068 section 4, with those of RFC 8725 around them. Nothing the token claims is acted on before its
/// signature holds, but that `iss` (and `tid`) choose whose keys and algorithms apply.
pub(super) fn check(
    token: &str,
    issuers: &Issuers,
    now: u64,
    elapsed: Duration,
) -> Result<Verified<AccessToken>, Unfinished> {
    // RFC 7519 section 7.2, steps 1 to 10: three segments, a header without surprises, one JSON object. A JWE (RFC 9068
    // step 2) is refused.
    let jws = Jws::parse(token).map_err(TokenError::from)?;
    // RFC 9068 step 1, RFC 8725 section 3.11: explicit type.
    explicit_type(jws.token_type())?;
    // RFC 9068 step 3: the issuer, which chooses keys and policy.
    let (provider, issuer) = issuers.of(&jws)?;
    let policy = provider.settings();
    // RFC 8725 section 3.1: the algorithm is one of the operator's, before any key is touched.
    algorithm(jws.algorithm(), policy)?;
    // RFC 9068 step 5: signature.
    let token_type = jws.token_type();
    let claims = signature(jws, provider, elapsed)?;
    // RFC 9068 step 4, RFC 8725 section 3.9: an access token, meant for us.
    audience(&claims, token_type, policy)?;
    // RFC 9068 step 6, RFC 7519 sections 4.1.4 to 4.1.6: time.
    time(&claims, now, policy)?;
    Ok(Verified::new(claims, issuer, policy.kind))
}

fn explicit_type(token_type: TokenType) -> Result<(), TokenError> {
    match token_type {
        TokenType::AccessToken | TokenType::Jwt | TokenType::Unstated => Ok(()),
        _ => Err(TokenError::Type),
    }
}

fn algorithm(algorithm: Algorithm, policy: &IssuerSettings) -> Result<(), TokenError> {
    let allowed = policy.algorithms.contains(algorithm);
    if allowed { Ok(()) } else { Err(TokenError::AlgorithmNotAllowed { algorithm }) }
}

fn signature(jws: Jws<'_>, provider: &Provider, elapsed: Duration) -> Result<Claims, Unfinished> {
    let snapshot = provider.snapshot();
    let keys = snapshot
        .keys(elapsed)
        .map_err(|unavailable| TokenError::KeysUnavailable { retry_after: unavailable.retry_after })?;
    match keys.find(jws.key_id(), jws.algorithm()) {
        Ok(key) => Ok(jws.verify(key).map_err(TokenError::from)?),
        Err(KeyError::Ambiguous) => Err(TokenError::AmbiguousKey.into()),
        Err(KeyError::Unknown) => Err(Unfinished::Renewal(Renewal {
            provider: provider.clone(),
            generation: snapshot.generation(),
            key_id: jws.key_id().map(Into::into),
        })),
    }
}

fn audience(claims: &Claims, token_type: TokenType, policy: &IssuerSettings) -> Result<(), TokenError> {
    match token_kind::check(claims, token_type, policy.bearer_token_kind)? {
        TokenKind::AccessToken if policy.kind == ProviderKind::AwsCognito && !claims.contains("aud") => {
            checks::client_as_audience(claims, &policy.audiences)
        }
        TokenKind::AccessToken => checks::audience(claims, &policy.audiences),
        TokenKind::IdToken => {
            let client_id = policy.client_id.as_ref().ok_or(TokenError::Audience)?;
            checks::audience(claims, std::slice::from_ref(client_id))?;
            checks::authorized_party(claims, client_id)
        }
    }
}

fn time(claims: &Claims, now: u64, policy: &IssuerSettings) -> Result<(), TokenError> {
    checks::expiry(claims, now, policy.clock_skew)?;
    checks::not_before(claims, now, policy.clock_skew)?;
    checks::issued_at(claims, now, policy.clock_skew)?;
    checks::age(claims, now, policy.token_validity)
}
