//! A session goes on: with new tokens, or because it is in use.

use http::HeaderMap;

use crate::{
    types::Claims,
    validator::{IdToken, Verified},
};

use super::{
    Session, SessionError, SessionTokens, Sessions, SetCookies, Void, in_store::InStore, opening::CEILING,
    sessions::Place,
};

/// How often a renewal is put on top of what somebody else noted meanwhile. Touches are a second apart at least.
const RENEWAL_ATTEMPTS: usize = 5;

impl Sessions {
    /// The same session with new tokens, which take the place of all old ones, and with the claims of the new ID token if there
    /// was one. `more` are claims from userinfo, of the same `sub`, if it was asked again: they take the place of those that it
    /// gave before. The session never lives longer for it.
    ///
    /// A session on the server that was only [touched](Self::touch) meanwhile is renewed all the same: a refresh token that
    /// works once must not be lost to that.
    ///
    /// # Errors
    /// - [`SessionError::Conflict`]: it was renewed or ended meanwhile, by us or by its provider;
    /// - [`SessionError::OtherSubject`]: the ID token is of another issuer or subject, or `more` of another subject;
    /// - any other when it cannot be kept.
    pub async fn renew(
        &self,
        session: &Session,
        id_token: Option<Verified<IdToken>>,
        more: Option<&Claims>,
        tokens: SessionTokens,
        headers: &HeaderMap,
    ) -> Result<(Session, SetCookies), SessionError> {
        let mut renewed = self.renewed(session, id_token.as_ref(), more, tokens)?;
        if self.now() >= renewed.expires_at {
            self.end(session).await?;
            return Err(SessionError::Conflict);
        }
        match &self.place {
            Place::Cookies(cookies) if cookies.ended.has_ended(session) => Err(SessionError::Conflict),
            Place::Cookies(cookies) => {
                let text = cookies.seal(self.cookie.name(), &mut renewed, &*self.random)?;
                let cookies = self.write(&renewed, &text, headers);
                Ok((renewed, cookies))
            }
            Place::Store(store) => Ok((self.replace(store, session, renewed).await?, SetCookies::default())),
        }
    }

    /// Whether a session that was live is so no more. Whether one in the store was ended, only [`load`](Self::load) can tell.
    pub(crate) fn is_over(&self, session: &Session) -> bool {
        self.void(session).is_some()
    }

    /// Whether a session that was live needs new tokens to be so again.
    pub(crate) fn is_stale(&self, session: &Session) -> bool {
        self.void(session) == Some(Void::Stale)
    }

    /// Whether so much of the idle time-out has passed that the session is to be [touched](Self::touch).
    #[must_use]
    pub fn is_touch_due(&self, session: &Session) -> bool {
        self.lifetime.is_touch_due(session, self.now())
    }

    /// The same session, with a note that it is in use. A conflict is no error here: whoever was faster noted the same. A session
    /// that has ended stays ended.
    ///
    /// # Errors
    /// [`SessionError`] when it cannot be kept.
    pub async fn touch(&self, session: &Session, headers: &HeaderMap) -> Result<(Session, SetCookies), SessionError> {
        if self.void(session).is_some() {
            return Ok((session.clone(), SetCookies::default()));
        }
        let version = session.version.saturating_add(1);
        let mut touched = Session { seen_at: self.now(), version, ..session.clone() };
        match &self.place {
            Place::Cookies(cookies) => {
                let text = cookies.seal(self.cookie.name(), &mut touched, &*self.random)?;
                let cookies = self.write(&touched, &text, headers);
                Ok((touched, cookies))
            }
            Place::Store(store) => {
                store.replace(session.version, &touched, &*self.random).await?;
                Ok((touched, SetCookies::default()))
            }
        }
    }

    fn renewed(
        &self,
        session: &Session,
        id_token: Option<&Verified<IdToken>>,
        more: Option<&Claims>,
        tokens: SessionTokens,
    ) -> Result<Session, SessionError> {
        let (version, renewals) = (session.version.saturating_add(1), session.renewals.saturating_add(1));
        let mut renewed = Session { version, renewals, seen_at: self.now(), tokens, ..session.clone() };
        if let Some(id_token) = id_token {
            if *id_token.issuer() != session.issuer {
                return Err(SessionError::OtherSubject);
            }
            let ceiling = id_token.claims().seconds(CEILING)?;
            renewed.expires_at = ceiling.map_or(session.expires_at, |ceiling| ceiling.min(session.expires_at));
        }
        if id_token.is_some() || more.is_some() {
            renewed.kept = session.kept.renewed(id_token.map(Verified::claims), more)?;
        }
        Ok(renewed)
    }

    /// Puts `renewed` in the place of `session`, whatever touches came between.
    async fn replace(&self, store: &InStore, session: &Session, mut renewed: Session) -> Result<Session, SessionError> {
        let mut version = session.version;
        for _ in 0..RENEWAL_ATTEMPTS {
            renewed.version = version.saturating_add(1);
            if store.replace(version, &renewed, &*self.random).await? {
                return Ok(renewed);
            }
            match store.load(&session.id).await? {
                Ok(there) if there.renewals == session.renewals => version = there.version,
                _ => break,
            }
        }
        Err(SessionError::Conflict)
    }
}
