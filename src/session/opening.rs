//! A session begins.

use http::HeaderMap;

use crate::{
    types::Claims,
    validator::{IdToken, Verified},
};

use super::{
    Found, Session, SessionError, SessionId, SessionTokens, Sessions, SetCookies, kept_claims::KeptClaims,
    sessions::Place,
};

/// The claim by which Auth0 and others bound a session from outside, in seconds since 1970 (IPSIE, Session Lifetime).
pub(super) const CEILING: &str = "session_expiry";

/// A session that was opened.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// What the answer must say.
    pub cookies: SetCookies,
    /// How many others of the same person were ended, which were too many then (`maxActiveSessionsPerUser`).
    pub others_ended: usize,
}

/// When a login began, as [`Sessions::begin`] says.
///
/// Whether the provider has ended its session since then depends on it. It is kept in order with such logouts, and is a time for the
/// sake of other replicas alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginBegin(u64);

impl LoginBegin {
    /// Of what [`milliseconds`](Self::milliseconds) gave.
    pub(crate) const fn at(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Since 1970, more or less.
    pub(crate) const fn milliseconds(self) -> u64 {
        self.0
    }
}

impl Sessions {
    /// A login begins: the browser is about to be sent to the provider.
    #[must_use]
    pub fn begin(&self) -> LoginBegin {
        LoginBegin(self.state.ended.begin(self.now_in_milliseconds()))
    }

    /// Opens a session for whom the ID token names, with a new id. `more` are claims from userinfo, of the same `sub`: those
    /// that the ID token does not have are added. `begun` is when the login [began](Self::begin). `headers` are the request's: a session
    /// that stood there before is ended, and its leftover cookies are removed.
    ///
    /// The session that is handed back lacks the ID token where the cookies have no room for it.
    ///
    /// ```
    /// # use http::HeaderMap;
    /// # use tower_oidc::{session::{LoginBegin, Session, SessionError, SessionTokens, Sessions}, validator::{AccessToken, IdToken, Verified}};
    /// async fn sign_in(sessions: &Sessions, token: Verified<IdToken>, begun: LoginBegin, request: &HeaderMap) -> Result<Session, SessionError> {
    ///     let opened = sessions.open(token, None, SessionTokens::default(), begun, request).await?;
    ///     Ok(opened.session)
    /// }
    /// ```
    ///
    /// An access token says what a program may do, and not that somebody has just signed in here. It opens none:
    ///
    /// ```compile_fail,E0308
    /// # use http::HeaderMap;
    /// # use tower_oidc::{session::{LoginBegin, Session, SessionError, SessionTokens, Sessions}, validator::{AccessToken, IdToken, Verified}};
    /// async fn sign_in(sessions: &Sessions, token: Verified<AccessToken>, begun: LoginBegin, request: &HeaderMap) -> Result<Session, SessionError> {
    ///     let opened = sessions.open(token, None, SessionTokens::default(), begun, request).await?;
    ///     Ok(opened.session)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`SessionError`] when it cannot be kept, or may not: [`OtherSubject`](SessionError::OtherSubject) when `more` is of
    /// somebody else, [`Over`](SessionError::Over) and [`Conflict`](SessionError::Conflict) when the provider has ended its own
    /// session since the login began.
    pub async fn open(
        &self,
        id_token: Verified<IdToken>,
        more: Option<&Claims>,
        tokens: SessionTokens,
        begun: LoginBegin,
        headers: &HeaderMap,
    ) -> Result<Opened, SessionError> {
        self.end_before(headers).await?;
        let mut session = self.opening(&id_token, more, tokens, begun)?;
        let mut others_ended = 0;
        let text = match &self.place {
            Place::Cookies(cookies) if cookies.ended.has_ended(&session) => return Err(SessionError::Conflict),
            Place::Cookies(cookies) => cookies.seal(self.cookie.name(), &mut session, &*self.random)?,
            Place::Store(store) => {
                others_ended = store.create(&session, &*self.random).await?;
                // Whoever ended it may have looked for it before it was there.
                if self.state.ended.has_ended(&session) || store.has_ended_since(begun.0, &session).await? {
                    store.delete(&session.id).await?;
                    return Err(SessionError::Conflict);
                }
                session.id.to_text()
            }
        };
        let cookies = self.write(&session, &text, headers);
        Ok(Opened { session, cookies, others_ended })
    }

    /// Ends the session that the request brings: nothing of it goes on in the next (session fixation).
    async fn end_before(&self, headers: &HeaderMap) -> Result<(), SessionError> {
        match (self.find(headers), &self.place) {
            (Found::Live(session), _) => self.end(&session).await,
            (Found::Stored(id), Place::Store(store)) => store.delete(&id).await,
            _ => Ok(()),
        }
    }

    fn opening(
        &self,
        id_token: &Verified<IdToken>,
        more: Option<&Claims>,
        tokens: SessionTokens,
        begun: LoginBegin,
    ) -> Result<Session, SessionError> {
        let (issuer, now) = (id_token.issuer().clone(), self.now());
        let kept = KeptClaims::of_login(id_token.claims(), more)?;
        let end = self.lifetime.end(now);
        let expires_at = id_token.claims().seconds(CEILING)?.map_or(end, |ceiling| ceiling.min(end));
        if now >= expires_at {
            return Err(SessionError::Over);
        }
        let sid = kept.provider_session.as_deref();
        let opened_at = self.state.ended.opening(&issuer, &kept.subject, sid, begun.0, now);
        let opened_at = opened_at.ok_or(SessionError::Conflict)?;
        let id = SessionId::draw(&*self.random)?;
        Ok(Session { id, version: 1, renewals: 0, issuer, kept, opened_at, expires_at, seen_at: now, tokens })
    }
}
