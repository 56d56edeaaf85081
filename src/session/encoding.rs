//! A session as bytes: what is sealed.
//!
//! Numbers are big-endian; a text is its length in four bytes, then UTF-8; what may be missing has a byte 0 or 1 in front.

use crate::types::{Claims, Issuer, Secret};

use super::{KeptAccessToken, Session, SessionId, SessionTokens, kept_claims::KeptClaims};

/// The first byte. Another order of fields will have another.
const VERSION: u8 = 2;

impl Session {
    /// Appends the session to `bytes`.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push(VERSION);
        bytes.extend_from_slice(self.id.as_bytes());
        for number in [self.version, self.renewals, self.opened_at, self.expires_at, self.seen_at] {
            put_number(bytes, number);
        }
        put_text(bytes, self.issuer.as_str());
        put_text(bytes, self.kept.claims.as_json());
        put_number(bytes, self.kept.from_id_token as u64);
        let SessionTokens { refresh_token, id_token, access_token, renew_at, valid_until } = &self.tokens;
        for token in [refresh_token, id_token] {
            put_maybe(bytes, token.as_ref(), |bytes, token| put_text(bytes, token.expose()));
        }
        put_maybe(bytes, access_token.as_ref(), |bytes, KeptAccessToken { token, until }| {
            put_text(bytes, token.expose());
            put_number(bytes, *until);
        });
        for time in [renew_at, valid_until] {
            put_maybe(bytes, time.as_ref(), |bytes, time| put_number(bytes, *time));
        }
    }

    /// The session of these bytes. `None`: they are not, to the last byte, what [`encode`](Self::encode) makes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.array()? != [VERSION] {
            return None;
        }
        let session = Self {
            id: SessionId::from_bytes(reader.array()?),
            version: reader.number()?,
            renewals: reader.number()?,
            opened_at: reader.number()?,
            expires_at: reader.number()?,
            seen_at: reader.number()?,
            issuer: Issuer::new(reader.text()?),
            kept: reader.kept()?,
            tokens: SessionTokens {
                refresh_token: reader.maybe(Reader::secret)?,
                id_token: reader.maybe(Reader::secret)?,
                access_token: reader.maybe(Reader::access_token)?,
                renew_at: reader.maybe(Reader::number)?,
                valid_until: reader.maybe(Reader::number)?,
            },
        };
        reader.0.is_empty().then_some(session)
    }
}

fn put_number(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend_from_slice(&number.to_be_bytes());
}

/// Texts of a session are far shorter than four gigabytes. A longer one would be cut short here and be unreadable after.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn put_maybe<T>(bytes: &mut Vec<u8>, value: Option<&T>, put: impl FnOnce(&mut Vec<u8>, &T)) {
    bytes.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(bytes, value);
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(u32::from_be_bytes(self.array()?)).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        str::from_utf8(text).ok()
    }

    fn secret(&mut self) -> Option<Secret> {
        self.text().map(Secret::from)
    }

    fn access_token(&mut self) -> Option<KeptAccessToken> {
        Some(KeptAccessToken { token: self.secret()?, until: self.number()? })
    }

    fn kept(&mut self) -> Option<KeptClaims> {
        let claims = Claims::parse(self.text()?.to_owned()).ok()?;
        KeptClaims::new(claims, usize::try_from(self.number()?).ok()?).ok()
    }

    fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.array()? {
            [0] => Some(None),
            [1] => read(self).map(Some),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_session, contents};
    use super::*;

    fn encoded(session: &Session) -> Vec<u8> {
        let mut bytes = Vec::new();
        session.encode(&mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn every_session_comes_back(session in any_session()) {
            let back = Session::decode(&encoded(&session)).unwrap();
            prop_assert_eq!(contents(&back), contents(&session));
        }

        #[test]
        fn a_part_of_a_session_or_more_than_one_is_nothing(session in any_session(), cut: prop::sample::Index, more: u8) {
            let mut bytes = encoded(&session);
            prop_assert!(Session::decode(&bytes[..cut.index(bytes.len())]).is_none());
            bytes.push(more);
            prop_assert!(Session::decode(&bytes).is_none());
        }

        #[test]
        fn what_is_read_is_written_the_same(session in any_session(), place: prop::sample::Index, byte: u8) {
            let mut bytes = encoded(&session);
            let place = place.index(bytes.len());
            bytes[place] = byte;
            if let Some(read) = Session::decode(&bytes) {
                prop_assert_eq!(encoded(&read), bytes);
            }
        }

        #[test]
        fn garbage_is_nothing(bytes: Vec<u8>) {
            prop_assert!(Session::decode(&bytes).is_none());
            prop_assert!(Session::decode(&[&[VERSION][..], &bytes].concat()).is_none());
        }
    }

    #[test]
    fn another_version_is_nothing() {
        let mut bytes = encoded(&super::super::tests::session());
        assert!(Session::decode(&bytes).is_some());
        bytes[0] = VERSION + 1;
        assert!(Session::decode(&bytes).is_none());
    }
}
