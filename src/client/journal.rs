//! What the log says of a service account: changes of state, once each. Nothing of a token or a secret.

use std::time::Duration;

use crate::provider::Causes;

use super::error::TokenSourceError;

pub(super) fn succeeded(provider: &str, after_failure: bool) {
    if after_failure {
        tracing::info!(provider, "the token endpoint gives tokens again");
    } else {
        tracing::debug!(provider, "the token endpoint gave a token");
    }
}

pub(super) fn failed(provider: &str, error: &TokenSourceError, again: bool, pause: Duration) {
    let (error, pause) = (Causes(error), pause.as_secs_f32());
    if again {
        tracing::debug!(provider, %error, pause, "no token again");
    } else {
        tracing::warn!(provider, %error, pause, "no token; trying again after a pause");
    }
}
