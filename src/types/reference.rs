//! The number by which a report finds its line in the log.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

/// 32 characters that nobody mistakes for one another: no I, L, O and U (Douglas Crockford's Base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a reference. They are 50 random bits: among a million refusals two share one in a case out of two thousand.
const LENGTH: usize = 10;

/// The number of one refusal, such as `7K3M9QX2TD`: on the page or in the JSON that a client sees, in the log, and in the
/// [record](crate::layer::DecisionRecord).
///
/// It tells refusals apart and protects nothing, so that it is not drawn from [`Random`](super::Random): it must not fail where that
/// does, nor make a flood of bad tokens dear. Each is one hash under a key that the standard library has drawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference([u8; LENGTH]);

impl Reference {
    /// A reference that was not there before.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a default would be the same each time")]
    pub fn new() -> Self {
        Self::from_bits(RandomState::new().hash_one(()))
    }

    /// Five bits a character, from the low end.
    fn from_bits(bits: u64) -> Self {
        Self(std::array::from_fn(|place| ALPHABET[(bits >> (5 * place)) as usize % ALPHABET.len()]))
    }

    /// The ten characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every character is of the alphabet, which is ASCII.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_reference_is_ten_characters_that_can_be_read_aloud() {
        for reference in (0..1000).map(|_| Reference::new().to_string()) {
            assert_eq!(reference.len(), 10);
            assert!(reference.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()), "{reference}");
            assert!(!reference.contains(['I', 'L', 'O', 'U']), "{reference}");
        }
        assert_eq!(Reference::from_bits(0).as_str(), "0000000000");
        assert_eq!(Reference::from_bits(u64::MAX).as_str(), "ZZZZZZZZZZ");
        assert_eq!(Reference::from_bits(1 << 5).as_str(), "0100000000");
    }

    #[test]
    fn no_two_are_the_same_on_one_thread_or_on_many() {
        let draw = || (0..1000).map(|_| Reference::new()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(draw)).collect();
        let drawn = threads.into_iter().flat_map(|thread| thread.join().unwrap()).chain(draw());
        assert_eq!(drawn.collect::<HashSet<_>>().len(), 5000);
    }
}
