//! The tokens of a person, as they are sent.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::testing::{
    state::State,
    token::{LIFETIME, TokenBuilder},
};

use super::{GrantType, Granted, family::FamilyId};

/// An answer of the token endpoint (OpenID Connect Core 1.0 section 3.1.3.3).
pub(super) fn tokens(
    state: &Arc<State>,
    family: FamilyId,
    scope: &str,
    refresh_token: Option<String>,
    grant: GrantType,
) -> Map<String, Value> {
    let (granted, access_token_id) = {
        let families = &mut state.grants().families;
        (families.granted(family).clone(), families.new_access_token_id(family))
    };
    let access_token = access_token(state, &granted, scope).claim("jti", access_token_id).sign();
    let id_token = id_token(state, &granted, Some(&access_token), grant);
    let mut members: Map<_, _> = [
        ("access_token", json!(access_token)),
        ("token_type", json!("Bearer")),
        ("expires_in", json!(LIFETIME.as_secs())),
        ("scope", json!(scope)),
        ("id_token", json!(id_token)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    members.extend(refresh_token.map(|token| ("refresh_token".to_owned(), json!(token))));
    state.hooks().token_response(&mut members, grant);
    members
}

/// An ID token for a login, with the test's changes (OpenID Connect Core 1.0 sections 2, 3.1.3.6 and 12.2: a refresh keeps
/// `auth_time` and has no nonce).
pub(in crate::testing) fn id_token(
    state: &Arc<State>,
    granted: &Granted,
    access_token: Option<&str>,
    grant: GrantType,
) -> String {
    let claims = state.users().claims_for(&granted.subject, &granted.scope);
    let token = TokenBuilder::id_token_for(state, &granted.subject);
    let token = claims.into_iter().fold(token, |token, (name, value)| token.claim(&name, value));
    let token = token.claim("auth_time", granted.auth_time).claim("sid", &granted.session_id);
    let token = access_token.into_iter().fold(token, TokenBuilder::access_token);
    let nonce = granted.nonce.as_deref().filter(|_| grant != GrantType::RefreshToken);
    let token = nonce.into_iter().fold(token, TokenBuilder::nonce);
    state.hooks().id_token(token, grant).sign()
}

fn access_token(state: &Arc<State>, granted: &Granted, scope: &str) -> TokenBuilder {
    let token = TokenBuilder::access_token_for(state, &granted.subject).scope(scope);
    granted.audience.iter().fold(token, TokenBuilder::audience)
}
