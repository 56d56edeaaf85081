//! A token in the `Authorization` header, step by step.

use crate::{
    config::{IssuerSettings, ProviderKind},
    jose::{Jws, TokenType},
    types::{Algorithm, Claims},
};

use super::{
    AccessToken, TokenError, Unfinished, Verified,
    binding::Binding,
    checks,
    grounds::{Grounds, Moment, Validity},
    issuers::Issuers,
    signature::{self, Signed},
    token_kind::{self, TokenKind},
};

/// The steps of RFC 9068 section 4, with those of RFC 8725 around them. Nothing the token claims is acted on before its
/// signature holds, but that `iss` (and `tid`) choose whose keys and algorithms apply.
///
/// With the proof come the grounds that it rests on, and with them who may use the token: that is for whoever knows what came along with
/// it.
pub(super) fn check(
    token: &[u8],
    issuers: &Issuers,
    moment: Moment,
) -> Result<(Verified<AccessToken>, Grounds), Unfinished> {
    // RFC 7519 section 7.2, steps 1 to 10: three segments, a header without surprises, one JSON object. A JWE (RFC 9068
    // step 2) is refused.
    let jws = Jws::parse(token).map_err(TokenError::from)?;
    // RFC 9068 step 1, RFC 8725 section 3.11: explicit type.
    explicit_type(jws.token_type())?;
    // RFC 9068 step 3: the issuer, which chooses keys and policy.
    let (position, issuer) = issuers.of(&jws)?;
    let provider = issuers.provider(position);
    let policy = provider.settings();
    // RFC 8725 section 3.1: the algorithm is one of the operator's, before any key is touched.
    algorithm(jws.algorithm(), policy)?;
    // RFC 9068 step 5: signature.
    let token_type = jws.token_type();
    let Signed { claims, generation } = signature::verify(jws, provider, moment.elapsed)?;
    // RFC 9068 step 4, RFC 8725 section 3.9: an access token, meant for us.
    audience(&claims, token_type, policy)?;
    // RFC 9068 step 6, RFC 7519 sections 4.1.4 to 4.1.6: time.
    let validity = time(&claims, moment.now, policy)?;
    let grounds = Grounds::new(position, generation, validity, moment, Binding::of(&claims));
    let verified = Verified::new(claims, issuer, policy.kind);
    Ok((verified.of_trusted_issuer(issuers.is_trusted(position)), grounds))
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

fn time(claims: &Claims, now: u64, policy: &IssuerSettings) -> Result<Validity, TokenError> {
    let expires = checks::expiry(claims, now, policy.clock_skew)?;
    let not_before = checks::not_before(claims, now, policy.clock_skew)?;
    let issued = checks::issued_at(claims, now, policy.clock_skew)?;
    let too_old = checks::age(claims, now, policy.token_validity)?;
    Ok(Validity { from: not_before.max(issued), until: expires.min(too_old) })
}
