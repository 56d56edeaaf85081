//! All sessions of a service, wherever they live.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderMap;

use crate::{
    config::{SessionSettings, SessionStoreKind},
    types::{Clock, Issuer, Random, unix_seconds},
};

use super::{
    CookiePolicy, Found, MemoryStore, Named, Session, SessionError, SessionId, SessionStore, SetCookies, Void,
    cookie::{Brought, SessionCookie},
    in_cookies::InCookies,
    in_store::InStore,
    lifetime::Lifetime,
};

/// All sessions of a service, wherever they live: sealed in cookies, or in a [`SessionStore`].
pub struct Sessions {
    pub(super) place: Place,
    pub(super) cookie: SessionCookie,
    pub(super) lifetime: Lifetime,
    clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
}

/// Where the sessions live.
pub(super) enum Place {
    Cookies(Box<InCookies>),
    Store(Box<InStore>),
}

impl Sessions {
    /// Sessions as the settings want them: in `store`, whatever `sessionStore` says, and without one in cookies or in a
    /// [`MemoryStore`].
    ///
    /// # Errors
    /// - [`SessionError::NoStore`]: the settings want a store that only the caller can bring, and there is none;
    /// - [`SessionError::Random`]: no secret is configured, and none can be drawn.
    pub fn new(
        settings: &SessionSettings,
        store: Option<Arc<dyn SessionStore>>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, SessionError> {
        let in_memory = || -> Arc<dyn SessionStore> { Arc::new(MemoryStore::new(Arc::clone(&clock))) };
        let store = match settings.store {
            SessionStoreKind::Cookie => store,
            SessionStoreKind::Memory => Some(store.unwrap_or_else(in_memory)),
            SessionStoreKind::Redis(_) => Some(store.ok_or(SessionError::NoStore)?),
        };
        let place = match store {
            Some(store) => Place::Store(Box::new(InStore::new(settings, store, &*random)?)),
            None => Place::Cookies(Box::new(InCookies::new(settings, &*random)?)),
        };
        let cookie = SessionCookie::new(CookiePolicy::new(settings.secure_cookie));
        Ok(Self { place, cookie, lifetime: Lifetime::new(settings), clock, random })
    }

    /// Looks at the cookies of a request, without waiting.
    #[must_use]
    pub fn find(&self, headers: &HeaderMap) -> Found {
        let (text, count) = match self.cookie.read(headers) {
            Brought::Nothing => return Found::Nothing,
            Brought::Broken => return Found::Void(Void::Unreadable),
            Brought::Text(text, count) => (text, count),
        };
        match &self.place {
            Place::Cookies(cookies) => {
                let opened = cookies.open(self.cookie.name(), &text, count);
                opened.map_or(Found::Void(Void::Unreadable), |session| self.judge(session))
            }
            Place::Store(_) => SessionId::parse(&text).map_or(Found::Void(Void::Unreadable), Found::Stored),
        }
    }

    /// The session of that id in the store. Never [`Found::Stored`] or [`Found::Nothing`].
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub async fn load(&self, id: &SessionId) -> Result<Found, SessionError> {
        let Place::Store(store) = &self.place else { return Ok(Found::Void(Void::Ended)) };
        Ok(store.load(id).await?.map_or_else(Found::Void, |session| self.judge(session)))
    }

    /// Ends a session, here and in every copy of its cookie.
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub async fn end(&self, session: &Session) -> Result<(), SessionError> {
        match &self.place {
            Place::Cookies(cookies) => cookies.ended.end(session, self.now()),
            Place::Store(store) => store.delete(&session.id).await?,
        }
        Ok(())
    }

    /// Ends all sessions of `issuer` that `named` names and that are open now. With cookie sessions it is noted, and acts on
    /// the next request of each.
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub async fn end_all(&self, issuer: &Issuer, named: Named<'_>) -> Result<(), SessionError> {
        match &self.place {
            Place::Cookies(cookies) => cookies.ended.end_all(issuer, named, self.now()),
            Place::Store(store) => store.delete_all(issuer, named).await?,
        }
        Ok(())
    }

    /// The same on the word of a browser (OpenID Connect Front-Channel Logout 1.0), which anybody can make say anything. It is
    /// noted where it cannot push out what the provider itself said.
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub async fn end_all_unproved(&self, issuer: &Issuer, provider_session: &str) -> Result<(), SessionError> {
        match &self.place {
            Place::Cookies(cookies) => cookies.ended.end_unproved(issuer, provider_session, self.now()),
            Place::Store(store) => store.delete_all(issuer, Named::ProviderSession(provider_session)).await?,
        }
        Ok(())
    }

    /// Removes every session cookie that the request brought.
    pub fn removal(&self, headers: &HeaderMap) -> SetCookies {
        self.cookie.removal(headers)
    }

    fn judge(&self, mut session: Session) -> Found {
        if let Some(void) = self.void(&session) {
            return Found::Void(void);
        }
        session.expires_at = self.lifetime.end_of(&session);
        Found::Live(Box::new(session))
    }

    /// Why that session is not live at this moment, if it is not. Whether one in the store was ended, the store has said.
    pub(super) fn void(&self, session: &Session) -> Option<Void> {
        let ended = || match &self.place {
            Place::Cookies(cookies) => cookies.ended.has_ended(session).then_some(Void::Ended),
            Place::Store(_) => None,
        };
        self.lifetime.over(session, self.now()).or_else(ended)
    }

    /// Cookies that the browser keeps as long as the session may live. Whether it is idle, its seal tells.
    pub(super) fn write(&self, session: &Session, text: &str, headers: &HeaderMap) -> SetCookies {
        let max_age = Duration::from_secs(session.expires_at.saturating_sub(self.now()));
        self.cookie.write(text, max_age, headers)
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        unix_seconds(self.clock.now())
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}
