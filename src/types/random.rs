//! Randomness, passed in so that a test can know what will be drawn.

use std::fmt;

use aws_lc_rs::rand;

/// Where the crate draws the values that nobody may guess: state, nonce, code verifiers, identifiers, keys.
pub trait Random: fmt::Debug + Send + Sync + 'static {
    /// Fills `bytes` with randomness that is fit for keys.
    ///
    /// # Errors
    /// [`RandomError`]: there is none. Nothing may go on without it.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The system gives no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct RandomError;

/// The system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        rand::fill(bytes).map_err(|_| RandomError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_the_same() {
        let drawn: Vec<_> = (0..2)
            .map(|_| {
                let mut bytes = [0; 32];
                SystemRandom.fill(&mut bytes).map(|()| bytes)
            })
            .collect();
        assert!(drawn.iter().all(Result::is_ok));
        assert_ne!(drawn[0], drawn[1]);
        assert!(!drawn.contains(&Ok([0; 32])));
    }
}
