//! A callback that belongs to no login of this browser: it came late, a second time, or from a page that was restored.
//!
//! A login that was started again says so in its state. A cookie could not: most of those who come here twice keep none. For those
//! who do, a cookie counts the [rounds](Round::Healed): a provider that answers with a state of its own sends back none of ours.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header::SET_COOKIE};

use crate::{session::Found, types::Secret};

use crate::login::{
    Login, LoginError, ReturnTo,
    start::{Round, Start, is_second_attempt},
};

/// What to do about a callback that belongs to no login of this browser.
#[derive(Debug, PartialEq, Eq)]
enum Cure {
    /// Somebody is signed in: the start page.
    GoOn,
    /// Another login.
    Restart,
    /// That was tried: the browser keeps no cookies, or comes back too late each time.
    GiveUp,
}

impl Login {
    /// Goes on with the session there is, or starts again once. `state` is that of the callback.
    ///
    /// # Errors
    /// - [`LoginError::Loop`]: it was started again already, or a few times within seconds;
    /// - [`LoginError::Session`]: nobody can say whether there is a session;
    /// - whatever [`start`](Self::start) fails with.
    pub(in crate::login) async fn heal(
        &self,
        headers: &HeaderMap,
        state: &Secret,
    ) -> Result<Response<Bytes>, LoginError> {
        match cure(self.is_signed_in(headers).await?, is_second_attempt(state)) {
            Cure::GoOn => super::see_other(&ReturnTo::start(&self.settings)),
            Cure::Restart => self.restart(headers).await,
            Cure::GiveUp => Err(LoginError::Loop),
        }
    }

    async fn is_signed_in(&self, headers: &HeaderMap) -> Result<bool, LoginError> {
        match self.sessions.find(headers) {
            Found::Live(_) => Ok(true),
            Found::Stored(id) => Ok(matches!(self.sessions.load(&id).await?, Found::Live(_))),
            Found::Nothing | Found::Void(_) => Ok(false),
        }
    }

    async fn restart(&self, headers: &HeaderMap) -> Result<Response<Bytes>, LoginError> {
        self.check_round(Round::Healed, headers)?;
        let start = Start { second_attempt: true, ..Start::to(ReturnTo::start(&self.settings)) };
        let mut answer = self.start(&start, headers).await?;
        *answer.status_mut() = StatusCode::SEE_OTHER;
        answer.headers_mut().append(SET_COOKIE, self.note_round(Round::Healed, headers)?);
        Ok(answer)
    }
}

fn cure(signed_in: bool, second_attempt: bool) -> Cure {
    match (signed_in, second_attempt) {
        (true, _) => Cure::GoOn,
        (false, false) => Cure::Restart,
        (false, true) => Cure::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_login_is_started_again_once_and_never_over_a_session() {
        for (signed_in, second_attempt, expected) in [
            (true, false, Cure::GoOn),
            (true, true, Cure::GoOn),
            (false, false, Cure::Restart),
            (false, true, Cure::GiveUp),
        ] {
            assert_eq!(cure(signed_in, second_attempt), expected, "{signed_in} {second_attempt}");
        }
    }
}
