//! Logout tokens, and the way back from a logout.

use serde_json::json;

use crate::testing::TestProvider;

use super::{answer::ANOTHER, keys};

pub(super) fn back_without_state(provider: &TestProvider) {
    provider.change_logout_response(|parameters| parameters.retain(|(name, _)| name != "state"));
}

pub(super) fn back_with_another_state(provider: &TestProvider) {
    provider.change_logout_response(|parameters| {
        parameters.retain(|(name, _)| name != "state");
        parameters.push(("state".to_owned(), "of-another-logout".to_owned()));
    });
}

pub(super) fn unsigned(provider: &TestProvider) {
    provider.change_logout_token(|token| token.unsigned());
}

pub(super) fn signed_by_another_algorithm(provider: &TestProvider) {
    let another = keys::another_algorithm(provider);
    provider.change_logout_token(move |token| token.algorithm(another));
}

pub(super) fn of_another_issuer(provider: &TestProvider) {
    provider.change_logout_token(|token| token.issuer(ANOTHER));
}

pub(super) fn for_another_client(provider: &TestProvider) {
    provider.change_logout_token(|token| token.audience("another-client"));
}

pub(super) fn without_event(provider: &TestProvider) {
    provider.change_logout_token(|token| token.without("events"));
}

pub(super) fn with_another_event(provider: &TestProvider) {
    let events = json!({ "http://schemas.openid.net/event/foobar": {} });
    provider.change_logout_token(move |token| token.claim("events", &events));
}

pub(super) fn with_a_nonce(provider: &TestProvider) {
    provider.change_logout_token(|token| token.nonce("of-a-login"));
}
