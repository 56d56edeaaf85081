//! The name of a session, as hard to guess as a key.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64_simd::URL_SAFE_NO_PAD;

use crate::types::{Random, RandomError};

const BYTES: usize = 32;

/// Its characters in base64url.
const CHARACTERS: usize = URL_SAFE_NO_PAD.encoded_length(BYTES);

/// The name of a session: 256 random bits. Whoever knows it has the session, so it is shown nowhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId([u8; BYTES]);

impl SessionId {
    pub(super) fn draw(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = [0; BYTES];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(super) fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// The id in base64url, as a cookie holds it.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode_to_string(self.0)
    }

    /// The id of that one text, and of no other.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = (text.len() == CHARACTERS).then(|| URL_SAFE_NO_PAD.decode_to_vec(text).ok())??;
        bytes.try_into().ok().map(Self)
    }

    /// What a store knows the session by: whoever reads it there cannot tell the id.
    pub(super) fn key(&self) -> [u8; BYTES] {
        let mut key = [0; BYTES];
        key.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        key
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::SystemRandom;

    #[test]
    fn an_id_is_read_back_from_its_text_and_from_no_other() {
        let id = SessionId::draw(&SystemRandom).unwrap();
        let text = id.to_text();
        assert_eq!(SessionId::parse(&text), Some(id));
        let other_last = |last: char| SessionId::parse(&format!("{}{last}", &text[..CHARACTERS - 1]));
        // The last character holds two bits that belong to nothing: only zeros are read.
        assert_eq!(('A'..='Z').chain('a'..='z').chain('0'..='9').filter_map(other_last).count(), 16);
        for wrong in ["", &text[1..], &format!("{text}A"), &format!("{}=", &text[1..]), &format!("{}é", &text[2..])] {
            assert_eq!(SessionId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn two_ids_are_never_the_same_and_their_keys_tell_neither() {
        let (one, other) = (SessionId::draw(&SystemRandom).unwrap(), SessionId::draw(&SystemRandom).unwrap());
        assert_ne!(one, other);
        assert_ne!(one.key(), other.key());
        assert_ne!(&one.key(), one.as_bytes());
        assert_eq!(format!("{one:?}"), "SessionId(***)");
    }

    #[test]
    fn without_randomness_there_is_no_id() {
        #[derive(Debug)]
        struct Dry;
        impl Random for Dry {
            fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
                Err(RandomError)
            }
        }
        assert_eq!(SessionId::draw(&Dry), Err(RandomError));
    }
}
