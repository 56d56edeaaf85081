//! A token as a key.

use std::hash::{Hash, Hasher};

use quick_cache::Equivalent;
use secrecy::{ExposeSecret, SecretSlice};

/// Bytes of a token that its hash is made of: the last ones, 96 bits of the signature. Two accepted tokens that share them are
/// not to be had, so that they find the place as surely as the whole token would, at the same small cost for every length.
const HASHED_BYTES: usize = 16;

/// A whole token: compared in full, wiped when dropped, never shown.
///
/// The comparison takes longer the more bytes agree. That tells nobody a token: only tokens of one hash are compared, its
/// seed is random, and who knows the end of a token has it all.
pub(super) struct Token(SecretSlice<u8>);

/// A token to look for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Sought<'t>(pub(super) &'t [u8]);

impl Token {
    pub(super) fn len(&self) -> usize {
        self.sought().0.len()
    }

    fn sought(&self) -> Sought<'_> {
        Sought(self.0.expose_secret())
    }
}

impl From<Sought<'_>> for Token {
    fn from(Sought(token): Sought<'_>) -> Self {
        Self(token.to_vec().into())
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.sought() == other.sought()
    }
}

impl Eq for Token {}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sought().hash(state);
    }
}

impl Hash for Sought<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0[self.0.len().saturating_sub(HASHED_BYTES)..]);
    }
}

impl Equivalent<Token> for Sought<'_> {
    fn equivalent(&self, token: &Token) -> bool {
        *self == token.sought()
    }
}

#[cfg(test)]
mod tests {
    use quick_cache::{UnitWeighter, sync::Cache};

    use super::*;

    /// Every key in one place: nothing but the comparison tells them apart.
    #[derive(Clone, Default)]
    struct OneHash;

    impl std::hash::BuildHasher for OneHash {
        type Hasher = OneHash;

        fn build_hasher(&self) -> OneHash {
            Self
        }
    }

    impl Hasher for OneHash {
        fn write(&mut self, _: &[u8]) {}

        fn finish(&self) -> u64 {
            7
        }
    }

    // CVE-2026-35039 (fast-jwt): tokens whose cache keys collided were given each other's claims.
    #[test]
    fn tokens_of_one_hash_are_told_apart_by_any_byte() {
        let token = format!("{}.{}.{}", "h".repeat(40), "p".repeat(800), "s".repeat(86));
        let cache = Cache::<Token, usize, _, _>::with(1 << 20, 1 << 20, UnitWeighter, OneHash, Default::default());
        cache.insert(Sought(token.as_bytes()).into(), usize::MAX);
        let others: Vec<String> = (0..token.len())
            .map(|place| format!("{}x{}", &token[..place], &token[place + 1..]))
            .chain([token[1..].to_owned(), token[..token.len() - 1].to_owned(), format!("{token}s"), String::new()])
            .collect();
        for other in &others {
            assert_eq!(cache.get(&Sought(other.as_bytes())), None, "{other}");
        }
        for (number, other) in others.iter().enumerate() {
            cache.insert(Sought(other.as_bytes()).into(), number);
        }
        assert_eq!(cache.get(&Sought(token.as_bytes())), Some(usize::MAX));
        for (number, other) in others.iter().enumerate() {
            assert_eq!(cache.get(&Sought(other.as_bytes())), Some(number));
        }
    }
}
