//! What to do about a refused token.

use crate::{
    config::{ProviderKind, authentication, oidc},
    doctor::case::Case,
    jose::JoseError,
    validator::TokenError,
};

pub(super) fn remedy(error: &TokenError, case: &Case, is_id_token: bool) -> Option<String> {
    let is_auth0 = case.primary().is_some_and(|primary| primary.settings.kind == ProviderKind::Auth0);
    Some(match error {
        TokenError::Jose(JoseError::Segments | JoseError::Encrypted) if is_auth0 => {
            format!("Auth0 gives opaque or encrypted tokens where no API is asked for: set {}", oidc("audience"))
        }
        TokenError::Jose(JoseError::Segments | JoseError::Encrypted) => {
            "that is an opaque or encrypted token: ask the provider for one that is meant for this API".to_owned()
        }
        TokenError::Jose(JoseError::Symmetric) => {
            "let the provider sign with a public key: set the API's or application's algorithm to RS256".to_owned()
        }
        TokenError::Jose(JoseError::Signature) => {
            "the token was changed, or another provider uses the same key id: get a new one".to_owned()
        }
        TokenError::Jose(_) | TokenError::Claim(_) | TokenError::Missing { .. } | TokenError::Empty { .. } => {
            "get a token from the provider itself; if it makes them so, mend it there".to_owned()
        }
        TokenError::UnknownIssuer => {
            format!(
                "get a token from the configured provider; or add that issuer to {}",
                authentication("trustedIssuers")
            )
        }
        TokenError::AlgorithmNotAllowed { algorithm } if is_id_token => {
            format!("write {algorithm} as {}, if the provider is meant to use it", oidc("preferredJwsAlgorithm"))
        }
        TokenError::AlgorithmNotAllowed { algorithm } => {
            format!(
                "add {algorithm} to {}, if the provider is meant to use it",
                authentication("tokenValidationAlgorithm")
            )
        }
        TokenError::UnknownKey => {
            "get a new token: its key is gone, or it is of another tenant or environment".to_owned()
        }
        TokenError::AmbiguousKey => {
            "let the provider name the key (kid), and give every key an id of its own".to_owned()
        }
        TokenError::KeyIssuer => {
            "take it for forged: its key is real, and not for that tenant; tell the provider at once".to_owned()
        }
        TokenError::KeysUnavailable { .. } => "mend what the report says of the provider and its keys".to_owned(),
        TokenError::IdToken => {
            format!(
                "send the access token; or set {} to id_token, if pages sign in by themselves",
                oidc("bearerTokenKind")
            )
        }
        TokenError::AccessToken => format!("send the ID token; or set {} to access_token", oidc("bearerTokenKind")),
        TokenError::Unmarked => "let the provider write typ at+jwt, or a scope, into its access tokens".to_owned(),
        TokenError::Audience if is_id_token => format!("sign in through the client of {}", oidc("id")),
        TokenError::Audience => {
            format!("ask the provider for a token for this API, or add its audience to {}", oidc("audience"))
        }
        TokenError::AuthorizedParty => format!("send a token that was issued to the client of {}", oidc("id")),
        TokenError::Expired { .. } => "get a new token; if it is new, set this machine's clock".to_owned(),
        TokenError::NotYetValid { .. } | TokenError::IssuedInTheFuture { .. } => {
            format!("set the clocks; up to 300 s are forgiven by {}", oidc("maxClockSkew"))
        }
        TokenError::ProofMissing if case.settings.dpop.is_some() => {
            format!(
                "if cnf has jkt alone, all else is good: send it by the scheme DPoP, with a proof for each request, which is not tried \
                 here; without cnf let the provider bind it, or set {} to accepted; any other cnf cannot be checked here",
                oidc("dpop")
            )
        }
        TokenError::ProofMissing => {
            format!(
                "if cnf has jkt alone, set {} to accepted, and send proofs; any other cnf cannot be checked here: let the provider \
                 issue bearer tokens",
                oidc("dpop")
            )
        }
        TokenError::TooOld { .. } => format!("get a new token, or raise {}", oidc("tokenValidity")),
        _ => return None,
    })
}
