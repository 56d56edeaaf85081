//! All sessions of a service, wherever they live.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderMap;

use crate::{
    config::{SessionSettings, SessionStoreKind},
    types::{Clock, Issuer, Random, unix_milliseconds, unix_seconds},
    validator::{LogoutToken, Verified},
};

use super::{
    CookiePolicy, Found, Named, Purpose, Seal, Session, SessionError, SessionId, SessionState, SessionStore,
    SetCookies, Void,
    cookie::{Brought, SessionCookie},
    in_cookies::InCookies,
    in_store::InStore,
    lifetime::Lifetime,
    secrets::Chosen,
    state::{Home, HomePlace},
};

/// All sessions of a service, wherever they live: sealed in cookies, or in a [`SessionStore`].
pub struct Sessions {
    pub(super) place: Place,
    pub(super) cookie: SessionCookie,
    pub(super) lifetime: Lifetime,
    pub(super) state: SessionState,
    chosen: Chosen,
    home: Home,
    pub(super) random: Arc<dyn Random>,
}

/// How long a login may take. For as long at least a secret goes on opening that was replaced.
pub(crate) const LONGEST_LOGIN: Duration = Duration::from_secs(10 * 60);

/// How long a session may be on its way after its provider has ended it: a login, and as long again for what comes after its
/// answer, such as a directory.
pub(super) const ON_ITS_WAY: Duration = LONGEST_LOGIN.saturating_mul(2);

/// A session that a request brought, as it is named where its cookie does not come along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BroughtSession {
    pub(crate) id: SessionId,
    /// In seconds since 1970, by the clock of the replica that opened it; 0 where a store knows.
    pub(crate) opened_at: u64,
}

/// Where the sessions live.
pub(super) enum Place {
    Cookies(Box<InCookies>),
    Store(Box<InStore>),
}

impl Sessions {
    /// Sessions as the settings want them: in `store`, whatever `sessionStore` says, and without one in cookies, in a
    /// [`MemoryStore`](super::MemoryStore) or in a Redis, which need not be there yet.
    ///
    /// # Errors
    /// - [`SessionError::NoStore`]: the settings want a Redis, and the feature `redis` is off;
    /// - [`SessionError::Setup`]: the URL of the Redis cannot be used;
    /// - [`SessionError::Random`]: no secret is configured, and none can be drawn.
    ///
    /// # Panics
    /// Outside a Tokio runtime, when the session secret comes from a file.
    pub fn new(
        settings: &SessionSettings,
        store: Option<Arc<dyn SessionStore>>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, SessionError> {
        let sessions = Self::prepare(settings, store, SessionState::new(clock), random)?;
        sessions.take_over();
        Ok(sessions)
    }

    /// The same out of what is there already. Nothing is sealed with the secrets of these settings before
    /// [`take_over`](Self::take_over).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn prepare(
        settings: &SessionSettings,
        store: Option<Arc<dyn SessionStore>>,
        state: SessionState,
        random: Arc<dyn Random>,
    ) -> Result<Self, SessionError> {
        let owner = settings.owner.clone();
        let home = match (&settings.store, &store) {
            (_, Some(_)) => HomePlace::Elsewhere,
            (SessionStoreKind::Cookie, None) => HomePlace::Cookies,
            (SessionStoreKind::Memory, None) => HomePlace::Memory(state.memory(&owner)),
            (SessionStoreKind::Redis(url), None) => HomePlace::Redis(url.clone(), state.redis(url, &owner)?),
        };
        let seal = |purpose| Seal::of(Arc::clone(&state.secrets), purpose, owner.clone());
        let in_store = |store| {
            let in_store = InStore::new(seal(Purpose::StoredSession), store, settings.max_per_user);
            Place::Store(Box::new(in_store))
        };
        let place = match (&home, store) {
            (_, Some(store)) => in_store(store),
            (HomePlace::Memory(store), None) => in_store(Arc::clone(store) as Arc<dyn SessionStore>),
            (HomePlace::Redis(_, store), None) => in_store(Arc::clone(store)),
            (HomePlace::Cookies | HomePlace::Elsewhere, None) => {
                let ended = Arc::clone(&state.ended);
                Place::Cookies(Box::new(InCookies::new(seal(Purpose::SessionCookie), ended)))
            }
        };
        let lifetime = settings.expiry.max(LONGEST_LOGIN);
        let chosen = state.secrets.choose(settings, lifetime, &*random)?;
        let cookie = SessionCookie::new(CookiePolicy::new(settings.secure_cookie));
        let home = Home { owner, place: home };
        Ok(Self { place, cookie, lifetime: Lifetime::new(settings), state, chosen, home, random })
    }

    /// Takes the place of the sessions before, of the same [`SessionState`]: from now on, these secrets seal. To be called once.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn take_over(&self) {
        self.state.secrets.adopt(&self.chosen);
        self.state.ended.outlive(self.lifetime.expiry());
        self.state.move_to(&self.home, self.now());
    }

    /// Seals and opens what is kept in the browser besides sessions, with the same secrets and for the same owner.
    #[must_use]
    pub fn seal_for(&self, purpose: Purpose) -> Seal {
        Seal::of(Arc::clone(&self.state.secrets), purpose, self.home.owner.clone())
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

    /// The session of a request's cookie that has run out by itself and was not ended: it is to be ended for good, and its refresh token
    /// may live on at the provider. Whoever brings such a cookie need not be the person any more: nothing of it may be shown to them.
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub(crate) async fn lapsed(&self, headers: &HeaderMap) -> Result<Option<Box<Session>>, SessionError> {
        let Brought::Text(text, count) = self.cookie.read(headers) else { return Ok(None) };
        let session = match (&self.place, SessionId::parse(&text)) {
            (Place::Cookies(cookies), _) => {
                cookies.open(self.cookie.name(), &text, count).filter(|session| !cookies.ended.has_ended(session))
            }
            (Place::Store(store), Some(id)) => store.load(&id).await?.ok(),
            (Place::Store(_), None) => None,
        };
        Ok(session.filter(|session| self.lifetime.over(session, self.now()).is_some()).map(Box::new))
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

    /// The session that a request brings, whose cookie may not come along with the next: of one in a store, that has yet to say whether
    /// it is live.
    pub(crate) fn brought(&self, headers: &HeaderMap) -> Option<BroughtSession> {
        match self.find(headers) {
            Found::Live(session) => Some(BroughtSession { opened_at: session.opened_at(), id: session.id }),
            Found::Stored(id) => Some(BroughtSession { id, opened_at: 0 }),
            Found::Nothing | Found::Void(_) => None,
        }
    }

    /// Ends that session, here and in every copy of its cookie, and says whether this did it, as far as that is known: one in a cookie
    /// may have been over since it was brought, by its time or with others of its name.
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub(crate) async fn end_brought(&self, session: &BroughtSession) -> Result<bool, SessionError> {
        let BroughtSession { id, opened_at } = session;
        match &self.place {
            Place::Cookies(cookies) => Ok(cookies.ended.end_named(id, *opened_at, self.now())),
            Place::Store(store) => {
                let is_live = matches!(self.load(id).await?, Found::Live(_));
                store.delete(id).await?;
                Ok(is_live)
            }
        }
    }

    /// Ends all sessions of the token's issuer that it names and that are open now: those of one login at the provider, or where
    /// it names none all of one person. It is noted: with cookie sessions it acts on the next request of each, and a login of that `sid`
    /// that is on its way is not opened: in this process, and in those that share a store which remembers it. A login that
    /// [begins](Self::begin) afterwards is, under the same `sid` as well. Where it names a person alone, a login that is on its way counts
    /// as a later one.
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub async fn end_all(&self, token: &Verified<LogoutToken>) -> Result<(), SessionError> {
        let (session, subject) = (token.provider_session(), token.subject());
        match (&session, &subject) {
            (Some(sid), _) => self.end_provider_session(token.issuer(), sid).await,
            (None, Some(subject)) => self.end_subject(token.issuer(), subject).await,
            (None, None) => Ok(()),
        }
    }

    async fn end_provider_session(&self, issuer: &Issuer, sid: &str) -> Result<(), SessionError> {
        let ended_at = self.state.ended.end_provider_session(issuer, sid, self.now_in_milliseconds());
        match &self.place {
            Place::Cookies(_) => Ok(()),
            Place::Store(store) => store.end_provider_session(issuer, sid, ended_at).await,
        }
    }

    /// Ends all sessions of that person that are open now. A login that is on its way counts as a later one.
    ///
    /// # Errors
    /// [`SessionError::Store`].
    pub(crate) async fn end_subject(&self, issuer: &Issuer, subject: &str) -> Result<(), SessionError> {
        self.state.ended.end_subject(issuer, subject, self.now());
        match &self.place {
            Place::Cookies(_) => Ok(()),
            Place::Store(store) => store.delete_all(issuer, Named::Subject(subject)).await,
        }
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

    pub(super) fn judge(&self, mut session: Session) -> Found {
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
        unix_seconds(self.state.clock.now())
    }

    /// Milliseconds since 1970.
    pub(super) fn now_in_milliseconds(&self) -> u64 {
        unix_milliseconds(self.state.clock.now())
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}
