//! Scopes and permissions.

use std::{fmt, iter};

use super::find_near;

/// The scopes that a token grants, or that a rule asks for.
///
/// A scope is a word of visible ASCII without `"` and `\` (RFC 6749 section 3.3). Words are kept in one text with single
/// spaces between them, each once, in the order they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Scopes(String);

/// What the scopes of a usual token need: one allocation for them all.
const USUAL_BYTES: usize = 64;

impl Scopes {
    /// The scopes of a space-separated text, as in the `scope` claim (RFC 9068 section 2.2.3).
    ///
    /// Words that are not scopes by the grammar are left out: they could never be granted.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut scopes = Self::default();
        scopes.extend(Self::words(text));
        scopes
    }

    /// Adds scopes, each taken as one word; what is not one word is left out.
    pub fn extend<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) {
        for word in words {
            if !is_scope(word) || self.contains(word) {
                continue;
            }
            if self.0.is_empty() {
                self.0.reserve(USUAL_BYTES);
            } else {
                self.0.push(' ');
            }
            self.0.push_str(word);
        }
    }

    /// Whether `scope` is granted. Compared with case, whole.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        !scope.is_empty() && Self::words(&self.0).any(|granted| granted == scope)
    }

    /// The scopes, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        Self::words(&self.0).filter(|word| !word.is_empty())
    }

    /// What stands between the spaces of a text.
    pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
        let mut rest = Some(text);
        iter::from_fn(move || {
            let text = rest?;
            let end = find_near(b' ', text.as_bytes(), 0);
            rest = end.map(|end| &text[end + 1..]);
            Some(&text[..end.unwrap_or(text.len())])
        })
    }

    /// The scopes as one text with single spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether no scope is granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`, RFC 6749 section 3.3.
fn is_scope(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_once_and_compared_whole() {
        let scopes = Scopes::parse("read:orders  write:orders read:orders");
        assert_eq!(scopes.as_str(), "read:orders write:orders");
        assert!(scopes.contains("read:orders"));
        assert!(!scopes.contains("read") && !scopes.contains("READ:ORDERS") && !scopes.contains(""));
    }

    #[test]
    fn an_array_entry_with_a_space_grants_nothing() {
        let mut scopes = Scopes::default();
        scopes.extend(["admin write", "quo\"te", "read\n", "read"]);
        assert_eq!(scopes.as_str(), "read");
    }
}
