//! What the log says of a service account: changes of state, once each. Nothing of a token or a secret.

use std::{error::Error, fmt, time::Duration};

use super::error::TokenSourceError;

pub(super) fn succeeded(after_failure: bool) {
    if after_failure {
        tracing::info!("the token endpoint gives tokens again");
    } else {
        tracing::debug!("the token endpoint gave a token");
    }
}

pub(super) fn failed(error: &TokenSourceError, again: bool, pause: Duration) {
    let (error, pause) = (Causes(error), pause.as_secs_f32());
    if again {
        tracing::debug!(%error, pause, "no token again");
    } else {
        tracing::warn!(%error, pause, "no token; trying again after a pause");
    }
}

/// An error with its causes in one line.
struct Causes<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
