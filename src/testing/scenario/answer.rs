//! Answers of the authorization endpoint and of the token endpoint.

use std::sync::Arc;

use serde_json::json;

use crate::testing::{TestProvider, TokenBuilder, random};

/// An issuer that is not this one.
pub(super) const ANOTHER: &str = "https://another.example";

pub(super) fn of_another_issuer(provider: &TestProvider) {
    provider.change_authorization_response(|parameters| {
        parameters.iter_mut().filter(|(name, _)| name == "iss").for_each(|(_, iss)| ANOTHER.clone_into(iss));
    });
}

pub(super) fn with_a_changed_state(provider: &TestProvider) {
    provider.change_authorization_response(|parameters| {
        parameters.iter_mut().filter(|(name, _)| name == "state").for_each(|(_, state)| state.push('1'));
    });
}

pub(super) fn without(provider: &TestProvider, name: &'static str) {
    provider.change_authorization_response(move |parameters| parameters.retain(|(own, _)| own != name));
}

pub(super) fn login_required(provider: &TestProvider) {
    provider.change_authorization_response(|parameters| {
        parameters.retain(|(name, _)| !["code", "id_token", "error"].contains(&name.as_str()));
        parameters.push(("error".to_owned(), "login_required".to_owned()));
    });
}

pub(super) fn with_an_access_token(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.without("at_hash"));
    provider.change_authorization_response(|parameters| {
        parameters.push(("access_token".to_owned(), random::identifier()));
        parameters.push(("token_type".to_owned(), "Bearer".to_owned()));
    });
}

/// With that `c_hash`.
pub(super) fn with_an_id_token(provider: &TestProvider, code_hash: Option<&'static str>) {
    let state = Arc::downgrade(provider.state());
    provider.change_authorization_response(move |parameters| {
        let Some(state) = state.upgrade() else { return };
        let token = TokenBuilder::id_token_for(&state, "jane");
        let token = code_hash.into_iter().fold(token, |token, hash| token.claim("c_hash", hash));
        parameters.push(("id_token".to_owned(), token.sign()));
    });
}

pub(super) fn without_expires_in(provider: &TestProvider) {
    provider.change_token_response(|members, _| drop(members.remove("expires_in")));
}

pub(super) fn with_a_token_type_in_other_letters(provider: &TestProvider) {
    provider.change_token_response(|members, _| drop(members.insert("token_type".to_owned(), json!("bEARER"))));
}
