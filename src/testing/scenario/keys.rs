//! What ID tokens are signed with, and which keys are published.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::Value;

use crate::{
    testing::{SigningKey, TestProvider},
    types::Algorithm,
};

pub(super) fn unsigned(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.unsigned());
}

/// By that algorithm, or else by the one that is always used.
pub(super) fn signed_by_a_stranger(provider: &TestProvider, algorithm: Option<Algorithm>) {
    publish(provider, algorithm);
    provider.change_id_token(move |token, _| {
        let token = algorithm.into_iter().fold(token, |token, algorithm| token.algorithm(algorithm));
        token.by_a_stranger()
    });
}

pub(super) fn signed_by_a_wrong_secret(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.secret("a secret that has enough bytes and is not the client's"));
}

pub(super) fn signed_by_another_algorithm(provider: &TestProvider) {
    let another = another_algorithm(provider);
    provider.change_id_token(move |token, _| token.algorithm(another));
}

/// RS256, or ES256 where RS256 is what the client has registered. A key for it is published.
pub(super) fn another_algorithm(provider: &TestProvider) -> Algorithm {
    let registered = provider.state().registration().id_token_algorithm;
    let registered = registered.unwrap_or_else(|| provider.signing_key().algorithm());
    let another = if registered == Algorithm::Rs256 { Algorithm::Es256 } else { Algorithm::Rs256 };
    publish(provider, Some(another));
    another
}

/// Beside those of the provider's there is one more key, for that algorithm.
pub(super) fn without_names(provider: &TestProvider, algorithm: Algorithm) {
    let another = SigningKey::generate(algorithm).public_jwk();
    provider.change_id_token(|token, _| token.without_header("kid"));
    provider.state().hooks_mut().jwks = Some(Arc::new(move |set| {
        if let Some(Value::Array(keys)) = set.get_mut("keys") {
            keys.push(another.clone());
            keys.iter_mut().filter_map(Value::as_object_mut).for_each(|key| drop(key.remove("kid")));
        }
    }));
}

pub(super) fn new_for_each(provider: &TestProvider) {
    provider.change_id_token(|token, _| token.by_a_new_key());
}

pub(super) fn new_for_each_but_the_first(provider: &TestProvider) {
    let is_first = AtomicBool::new(true);
    provider.change_id_token(
        move |token, _| {
            if is_first.swap(false, Ordering::Relaxed) { token } else { token.by_a_new_key() }
        },
    );
}

/// Makes sure that there is a published key for it.
fn publish(provider: &TestProvider, algorithm: Option<Algorithm>) {
    if let Some(algorithm) = algorithm {
        provider.state().keys().of(algorithm);
    }
}
