//! Sessions that live in the browser, sealed.

use std::sync::Arc;

use secrecy::zeroize::Zeroizing;

use crate::types::Random;

use super::{
    Seal, Session, SessionError,
    cookie::{ROOM, chunks},
    ended::EndedSessions,
};

/// Seals and opens sessions, and knows which were ended.
pub(super) struct InCookies {
    seal: Seal,
    pub(super) ended: Arc<EndedSessions>,
}

impl InCookies {
    pub(super) fn new(seal: Seal, ended: Arc<EndedSessions>) -> Self {
        Self { seal, ended }
    }

    /// The session in `text`, which came in so many cookies, the first of that name.
    pub(super) fn open(&self, cookie: &str, text: &str, count: u8) -> Option<Session> {
        let bytes = self.seal.open(cookie.as_bytes(), text)?;
        let (sealed_count, session) = bytes.split_first()?;
        (*sealed_count == count).then(|| Session::decode(session))?
    }

    /// The session as a text for the cookies of that name. Where they hold no more, it goes without its ID token: a logout at the
    /// provider then has no hint.
    ///
    /// # Errors
    /// [`SessionError::TooLong`], [`SessionError::Random`].
    pub(super) fn seal(
        &self,
        cookie: &str,
        session: &mut Session,
        random: &dyn Random,
    ) -> Result<String, SessionError> {
        let bytes = match counted(session) {
            Err(_) if session.tokens.id_token.take().is_some() => counted(session)?,
            bytes => bytes?,
        };
        Ok(self.seal.seal(cookie.as_bytes(), &bytes, random)?)
    }
}

/// The session as bytes, with the number of cookies that they will fill in front.
fn counted(session: &Session) -> Result<Zeroizing<Vec<u8>>, SessionError> {
    let mut bytes = Zeroizing::new(vec![0]);
    session.encode(&mut bytes);
    let characters = Seal::sealed_length(bytes.len());
    bytes[0] = chunks(characters).ok_or(SessionError::TooLong { bytes: characters, limit: ROOM })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{
        Purpose,
        tests::{CountingRandom, session, settings},
    };
    use super::*;

    /// Trap J: the number outside of the seal is a hint, and the one inside is what counts.
    #[test]
    fn a_session_is_read_with_the_count_that_was_sealed_and_no_other() {
        let random = CountingRandom::default();
        let seal = Seal::new(&settings(), Purpose::SessionCookie, &random).unwrap();
        let cookies = InCookies::new(seal, Arc::new(EndedSessions::new(1000)));
        let text = cookies.seal("name", &mut session(), &random).unwrap();
        assert!(cookies.open("name", &text, 1).is_some());
        assert!(cookies.open("name", &text, 2).is_none());
        assert!(cookies.open("other", &text, 1).is_none());
    }
}
