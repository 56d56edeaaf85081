//! The two grants of the token endpoint that a login leads to.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{
    testing::{parameters::Parameters, service_account::Refusal, state::State},
    types::{Scopes, unix_seconds},
};

use super::{GrantType, response};

/// Exchanges a code for tokens (OpenID Connect Core 1.0 section 3.1.3).
pub(in crate::testing) fn redeem(state: &Arc<State>, form: &Parameters) -> Result<Map<String, Value>, Refusal> {
    let code = form.get("code").ok_or(Refusal::INVALID_REQUEST)?;
    let (redirect_uri, verifier) = (form.get("redirect_uri"), form.get("code_verifier"));
    let now = unix_seconds(state.clock.now());
    let used = state.grants().use_code(code, redirect_uri, verifier, now);
    let family = used.ok_or(Refusal::INVALID_GRANT)?;
    let scope = state.grants().families.granted(family).scope.clone();
    let refreshable = scope.split(' ').any(|word| word == "offline_access");
    let refresh_token = refreshable.then(|| state.grants().families.new_refresh_token(family));
    Ok(response::tokens(state, family, &scope, refresh_token, GrantType::AuthorizationCode))
}

/// Exchanges a refresh token for new tokens (OpenID Connect Core 1.0 section 12).
pub(in crate::testing) fn renew(state: &Arc<State>, form: &Parameters) -> Result<Map<String, Value>, Refusal> {
    let token = form.get("refresh_token").ok_or(Refusal::INVALID_REQUEST)?;
    let (family, scope, refresh_token) = {
        let mut grants = state.grants();
        let family = grants.families.use_refresh_token(token).ok_or(Refusal::INVALID_GRANT)?;
        let scope = narrowed(&grants.families.granted(family).scope, form.get("scope"))?;
        let refresh_token = grants.rotation.then(|| grants.families.new_refresh_token(family));
        (family, scope, refresh_token)
    };
    Ok(response::tokens(state, family, &scope, refresh_token, GrantType::RefreshToken))
}

/// A client may ask for less than it was granted, and not for more (RFC 6749 section 6).
fn narrowed(granted: &str, asked: Option<&str>) -> Result<String, Refusal> {
    let Some(asked) = asked else { return Ok(granted.to_owned()) };
    let scopes = Scopes::parse(granted);
    let within = asked.split(' ').all(|scope| scopes.contains(scope));
    within.then(|| asked.to_owned()).ok_or(Refusal::INVALID_SCOPE)
}
