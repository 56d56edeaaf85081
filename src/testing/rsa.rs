//! RSA keys, used again because they are slow to make.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RsaEncoding},
};

/// Keys of providers that are gone. Making one takes about a tenth of a second; handing one on takes nothing.
static IDLE: Idle = Idle(Mutex::new(Vec::new()));

/// Most keys that wait for a new owner: more than there are tests side by side.
const MAX_IDLE: usize = 32;

/// Keys without an owner.
struct Idle(Mutex<Vec<KeyPair>>);

impl Idle {
    fn take(&self) -> Option<KeyPair> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, pair: KeyPair) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(pair);
        }
    }
}

/// A 2048-bit RSA key. It has one owner at a time.
pub(super) struct RsaKey(KeyPair);

impl RsaKey {
    /// A key that nobody else has now.
    pub(super) fn generate() -> Self {
        Self(IDLE.take().unwrap_or_else(|| KeyPair::generate(KeySize::Rsa2048).expect("the system has randomness")))
    }

    /// Gives the key up, for a later owner.
    ///
    /// Only a provider that ends calls this, for then its tokens mean nothing to anyone. A key that was dropped in the
    /// middle of a test must not come back in it: a token signed by a stranger would be good again.
    pub(super) fn recycle(self) {
        IDLE.keep(self.0);
    }

    pub(super) fn sign(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .expect("a 2048-bit key is long enough for every algorithm");
        signature
    }

    pub(super) fn modulus(&self) -> &[u8] {
        self.0.public_key().modulus().big_endian_without_leading_zero()
    }

    pub(super) fn exponent(&self) -> &[u8] {
        self.0.public_key().exponent().big_endian_without_leading_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_given_up_goes_to_one_new_owner() {
        let idle = Idle(Mutex::default());
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        idle.keep(pair.clone());
        assert_eq!(idle.take().unwrap().public_key().as_ref(), pair.public_key().as_ref());
        assert!(idle.take().is_none());
    }

    #[test]
    fn no_more_keys_wait_than_the_limit() {
        let idle = Idle(Mutex::default());
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        (0..=MAX_IDLE).for_each(|_| idle.keep(pair.clone()));
        assert_eq!(std::iter::from_fn(|| idle.take()).count(), MAX_IDLE);
    }
}
