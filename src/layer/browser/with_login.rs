//! What the layer does for browsers.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, Response, StatusCode, Uri,
    header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE},
    response::Parts,
};

use crate::{
    config::{Service, Settings},
    login::{
        DefaultPages, Login, LoginErrorKind, LoginParts, LoginPaths, LoginPathsFn, LoginState, Pages, Visit, Welcome,
    },
    principal::{Denied, Identity, Principal, PrincipalError, UserDirectory},
    provider::{HttpClient, Provider},
    session::{Found, Session, SessionError, SessionStore, SetCookies, depends_on_session, vary_by_cookie},
    types::{BoxFuture, Clock, Random, Reference, SystemRandom},
};

use crate::layer::{
    Auth, AuthBuilder, AuthError, AuthErrorKind, DecisionRecord, ResponseBody,
    decision::{About, Detail, Seen},
    realm::Realm,
    response,
};

pub(in crate::layer) use crate::login::{LoginError, Route, SignedOut};

use super::Finished;

/// The login of a service, if it has one.
#[derive(Debug, Clone, Default)]
pub(in crate::layer) struct Browser(Option<Arc<Login>>);

/// What a user of the crate brings to the login.
#[derive(Debug, Default)]
pub(in crate::layer) struct BrowserParts {
    directory: Option<Arc<dyn UserDirectory>>,
    pages: Option<Arc<dyn Pages>>,
    store: Option<Arc<dyn SessionStore>>,
    random: Option<Arc<dyn Random>>,
    paths: Option<LoginPathsFn>,
}

/// What the login leaves in this process, whatever the configuration.
#[derive(Debug)]
pub(in crate::layer) struct BrowserState(LoginState);

/// A request without an `Authorization` header, and what its answer will owe to that.
#[derive(Debug)]
pub(in crate::layer) struct Visitor {
    login: Arc<Login>,
    realm: Arc<Realm>,
    visit: Visit,
    navigation: Option<Navigation>,
    /// The answer depends on a session.
    has_session: bool,
    cookies: Option<SetCookies>,
    /// The session that they hold, if they hold one.
    written: Option<Box<Session>>,
}

/// The page that a person opens, and the cookies that came with the request.
#[derive(Debug)]
struct Navigation {
    uri: Uri,
    cookies: HeaderMap,
    about: About,
}

/// What a person sees in place of a refusal.
enum Page {
    Made(Response<Bytes>),
    /// The way to a provider that has to be asked first.
    Coming(BoxFuture<'static, Result<Response<Bytes>, LoginError>>),
}

/// Who is signed in.
pub(in crate::layer) enum Visiting {
    /// Somebody or nobody.
    Known(Option<Principal>),
    /// A store must be asked first, or the session renewed.
    Waiting(BoxFuture<'static, Attendance>),
}

/// What came of waiting for a session.
pub(in crate::layer) struct Attendance(Result<(Option<Box<Session>>, SetCookies), LoginError>);

impl AuthBuilder {
    /// Asks `directory` whether somebody who signs in is a user. Without one, everybody is whom the rules let in.
    #[must_use]
    pub fn with_directory(mut self, directory: impl UserDirectory) -> Self {
        self.browser.directory = Some(Arc::new(directory));
        self
    }

    /// Shows people these pages in place of the crate's own.
    #[must_use]
    pub fn with_pages(mut self, pages: impl Pages) -> Self {
        self.browser.pages = Some(Arc::new(pages));
        self
    }

    /// Keeps sessions in `store`, whatever `sessionStore` says. It is taken for one that many replicas share: `sessionSecret` is
    /// required.
    #[must_use]
    pub fn with_session_store(mut self, store: impl SessionStore) -> Self {
        self.browser.store = Some(Arc::new(store));
        self
    }

    /// Answers login and logout on other paths than the usual ones, which [`LoginPaths`] tells. `change` is asked at every set-up,
    /// so at a [reload](Auth::reload) too; that of the callback stays the path of `callbackUrl`. The start fails with
    /// [`LoginPathsError`](crate::login::LoginPathsError) where one is no path, or two are the same.
    ///
    /// ```
    /// use tower_oidc::{Auth, testing::TestProvider};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let provider = TestProvider::start().await;
    /// # let config = provider.login_config("https://app.example/shop");
    /// let auth = Auth::builder(config)
    ///     .with_login_paths(|mut paths| {
    ///         paths.login = "/shop/sign-in".to_owned();
    ///         paths
    ///     })
    ///     .discover()
    ///     .await?;
    /// let paths = auth.login_paths().expect("the configuration has a login");
    /// assert_eq!((&*paths.login, &*paths.logout), ("/shop/sign-in", "/shop/logout"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_login_paths(mut self, change: impl Fn(LoginPaths) -> LoginPaths + Send + Sync + 'static) -> Self {
        self.browser.paths = Some(LoginPathsFn::new(change));
        self
    }

    /// Draws randomness from `random` in place of the system's.
    #[must_use]
    pub fn with_random(mut self, random: impl Random) -> Self {
        self.browser.random = Some(Arc::new(random));
        self
    }
}

impl Auth {
    /// Drops the session secrets that the configuration no longer names: what they sealed opens no more, and whose session it was
    /// signs in again. For a secret that was stolen; after a rotation they go by themselves, when what they sealed is over.
    pub fn forget_session_secrets(&self) {
        self.browser_state().0.sessions().forget_earlier_secrets();
    }

    /// Where login and logout are answered by the configuration in use now, if it has a login.
    #[must_use]
    pub fn login_paths(&self) -> Option<LoginPaths> {
        self.current().browser().paths().cloned()
    }
}

impl Auth {
    /// Signs somebody out everywhere: after a change of password, say, or when an account is closed. From the next request on none of
    /// their sessions that are open now is good, and their remembered tokens are checked again.
    ///
    /// 1. With a session store it acts in every service that shares it; with sessions in cookies in this process alone, until it ends.
    /// 2. A login that is on its way comes to its end, and whoever can still sign in at the provider can do so again.
    /// 3. A bearer token is good until it expires: nobody but its issuer can end it.
    ///
    /// ```
    /// use tower_oidc::{Auth, layer::AuthError, principal::Identity};
    ///
    /// async fn close_account(auth: &Auth, who: &Identity) -> Result<(), AuthError> {
    ///     auth.end_sessions(who).await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`AuthError::Login`]: the session store failed, and some sessions may not have ended.
    pub async fn end_sessions(&self, who: &Identity) -> Result<(), AuthError> {
        if let Browser(Some(login)) = self.setup().browser() {
            login.end_sessions(who).await?;
        }
        self.forget_tokens_of(&SignedOut::of_person(who));
        Ok(())
    }
}

impl BrowserState {
    pub(in crate::layer) fn new(clock: &Arc<dyn Clock>) -> Self {
        Self(LoginState::new(Arc::clone(clock)))
    }
}

impl BrowserParts {
    /// What the check of a configuration cannot know.
    pub(in crate::layer) fn service(&self) -> Service {
        Service { brings_store: self.store.is_some(), lacks_directory: self.directory.is_none() }
    }

    /// The login of the settings, if there is one. It is not in use before [`Browser::take_over`].
    pub(in crate::layer) fn build(
        &self,
        settings: &Settings,
        providers: &[Provider],
        http_client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        state: &BrowserState,
        before: Option<&Browser>,
    ) -> Result<Browser, LoginError> {
        let (Some(login), Some(provider)) = (&settings.login, providers.first()) else { return Ok(Browser(None)) };
        let paths = match &self.paths {
            Some(change) => change.paths(login).map_err(LoginError::from)?,
            None => LoginPaths::new(login),
        };
        let login = Login::prepare(LoginParts {
            paths,
            settings: login.clone(),
            principal: settings.principal.clone(),
            provider_name: settings.provider_name.clone(),
            provider: provider.clone(),
            http_client,
            store: self.store.clone(),
            state: state.0.clone(),
            pages: self.pages.clone().unwrap_or_else(|| Arc::new(DefaultPages)),
            directory: self.directory.clone(),
            clock,
            random: self.random.clone().unwrap_or_else(|| Arc::new(SystemRandom)),
        })?;
        login.check()?;
        let login = match before.and_then(|before| before.0.as_deref()) {
            Some(before) => login.continues(before),
            None => login,
        };
        Ok(Browser(Some(Arc::new(login))))
    }
}

impl Browser {
    /// Takes the place of the login before.
    pub(in crate::layer) fn take_over(&self) {
        if let Some(login) = &self.0 {
            login.take_over();
        }
    }

    fn paths(&self) -> Option<&LoginPaths> {
        Some(self.0.as_ref()?.paths())
    }

    /// Which of the login's own paths a request is for.
    pub(in crate::layer) fn route(&self, uri: &Uri) -> Option<Route> {
        self.paths()?.route(uri)
    }

    /// Longest body to read for it, in bytes.
    pub(in crate::layer) fn body_limit(route: Route, method: &Method) -> usize {
        route.body_limit(method)
    }

    /// Answers a request for one of the login's own paths. A body that was too long or broke off is `None`.
    pub(in crate::layer) async fn answer(self, route: Route, request: Request<Option<Bytes>>) -> Response<Bytes> {
        let Some(login) = self.0 else { return Response::new(Bytes::new()) };
        let (head, body) = request.into_parts();
        match body {
            Some(body) => login.answer(route, Request::from_parts(head, body)).await,
            None => login.refusal(LoginError::Body, route, &Request::from_parts(head, Bytes::new())),
        }
    }

    /// Where a person can sign in: an absolute URL.
    pub(in crate::layer) fn login_url(&self) -> Option<String> {
        Some(self.0.as_ref()?.login_url().to_string())
    }

    /// The visitor who sends a request. The `Authorization` header counts alone: whoever sends one is no visitor.
    pub(in crate::layer) fn visitor<A>(&self, request: &Request<A>, realm: &Arc<Realm>) -> Option<Box<Visitor>> {
        let login = self.0.as_ref().filter(|_| !request.headers().contains_key(AUTHORIZATION))?;
        let visit = Visit::of(request.method(), request.headers());
        let opened = || Navigation {
            uri: request.uri().clone(),
            cookies: cookies_of(request.headers()),
            about: About::request(request),
        };
        Some(Box::new(Visitor {
            login: Arc::clone(login),
            realm: Arc::clone(realm),
            visit,
            navigation: (visit == Visit::Navigation).then(opened),
            has_session: false,
            cookies: None,
            written: None,
        }))
    }
}

impl Visitor {
    /// Looks at the cookies.
    pub(in crate::layer) fn look(&mut self, headers: &HeaderMap) -> Result<Visiting, AuthError> {
        match self.login.sessions().find(headers) {
            Found::Nothing => Ok(Visiting::Known(None)),
            Found::Live(session) if !self.login.needs_attention(&session) => {
                Ok(Visiting::Known(Some(self.principal(*session)?)))
            }
            found => {
                let attending = Arc::clone(&self.login).attend(found, self.visit, headers.clone());
                Ok(Visiting::Waiting(Box::pin(async {
                    Attendance(attending.await.map(|attended| (attended.session, attended.cookies)))
                })))
            }
        }
    }

    /// Takes what came of waiting.
    pub(in crate::layer) fn receive(&mut self, attendance: Attendance) -> Result<Option<Principal>, AuthError> {
        let (session, cookies) = attendance.0?;
        self.written = session.as_ref().filter(|_| !cookies.is_empty()).cloned();
        self.cookies = Some(cookies);
        Ok(session.map(|session| self.principal(*session)).transpose()?)
    }

    fn principal(&mut self, session: Session) -> Result<Principal, PrincipalError> {
        self.has_session = true;
        Ok(self.login.principal(session)?.let_in_to(&self.realm))
    }

    /// The answer as a browser gets it: a refused navigation leads to the login or to a page for people, cookies are set,
    /// and no cache keeps what depends on them.
    pub(in crate::layer) fn finish<B>(
        self: Box<Self>,
        response: Response<ResponseBody<B>>,
    ) -> Finished<ResponseBody<B>> {
        match self.page(&response) {
            None => Finished::Now(self.dressed(response)),
            Some(Page::Made(page)) => {
                let page = replaced(response.into_parts().0, page);
                Finished::Now(self.dressed(page.map(ResponseBody::own)))
            }
            Some(Page::Coming(leaving)) => {
                let (refusal, mut visitor) = (response.into_parts().0, self);
                visitor.keep_no_removal();
                Finished::Later(Box::pin(async move {
                    let page = leaving.await.unwrap_or_else(|error| visitor.turned_away(error));
                    visitor.dressed(replaced(refusal, page))
                }))
            }
        }
    }

    /// The answer with its cookies, for no cache to keep.
    fn dressed<B>(mut self: Box<Self>, mut response: Response<B>) -> Response<B> {
        self.drop_late_cookies();
        let headers = response.headers_mut();
        match self.cookies {
            Some(cookies) => cookies.apply(headers),
            None if self.has_session => depends_on_session(headers),
            None => vary_by_cookie(headers),
        }
        response
    }

    /// An answer that waits for the provider may come after the cookie of a login in another tab, and would remove that. The login that
    /// it leads to puts another in the place of the dead one.
    fn keep_no_removal(&mut self) {
        if self.written.is_none() && self.cookies.is_some() {
            self.cookies = Some(SetCookies::default());
        }
    }

    /// A handler may take its time, and the session may end meanwhile: its cookie must not take the place of that of the next login.
    fn drop_late_cookies(&mut self) {
        if self.written.as_ref().is_some_and(|session| self.login.sessions().is_over(session)) {
            self.cookies = Some(SetCookies::default());
        }
    }

    /// What a person sees in place of a refusal.
    fn page<B>(&self, refusal: &Response<B>) -> Option<Page> {
        let navigation = self.navigation.as_ref()?;
        let error = refusal.extensions().get::<AuthError>()?;
        let reference = || self.reference(refusal, navigation, error);
        match (error.kind(), error) {
            (AuthErrorKind::NoCredentials, _) => Some(self.welcome(navigation, None)),
            (AuthErrorKind::LoginTooOld | AuthErrorKind::LoginTooWeak, AuthError::Denied(denied)) => {
                Some(self.welcome(navigation, Some(denied)))
            }
            (_, AuthError::Login(error)) => {
                let mut page = self.login.refusal_page(error.clone(), reference());
                // The refusal brings its own.
                page.extensions_mut().clear();
                Some(Page::Made(page))
            }
            (AuthErrorKind::Forbidden | AuthErrorKind::InsufficientScope, _) => {
                Some(Page::Made(self.login.not_allowed(reference())))
            }
            _ => None,
        }
    }

    fn welcome(&self, navigation: &Navigation, denied: Option<&Denied>) -> Page {
        let path_and_query = navigation.uri.path_and_query().map_or("/", |path| path.as_str());
        match self.login.welcome(path_and_query, &navigation.cookies, denied) {
            Ok(Welcome::Ready(page)) => Page::Made(page),
            Ok(Welcome::Waiting(leaving)) => Page::Coming(leaving),
            Err(error) => Page::Made(self.turned_away(error)),
        }
    }

    /// The page of somebody whose login cannot start.
    fn turned_away(&self, error: LoginError) -> Response<Bytes> {
        let mut page = self.login.welcome_refusal(error, Reference::new());
        if let Some(navigation) = &self.navigation {
            response::note_login_error(&mut page, &self.realm.journal, navigation.about.clone());
        }
        page
    }

    /// The number under which the refusal was told of. That of a handler's own is told of now.
    fn reference<B>(&self, refusal: &Response<B>, navigation: &Navigation, error: &AuthError) -> Reference {
        match refusal.extensions().get::<DecisionRecord>() {
            Some(record) => record.reference(),
            None => {
                let (about, reference) = (navigation.about.clone(), Reference::new());
                self.realm.journal.refused(error, about, refusal.status(), reference).reference()
            }
        }
    }
}

/// Whom that answer of the login has signed out.
pub(in crate::layer) fn signed_out(response: &Response<Bytes>) -> Option<&SignedOut> {
    response.extensions().get()
}

/// What kind of refusal a failed login is.
pub(in crate::layer) fn kind(error: &LoginError) -> AuthErrorKind {
    match error.kind() {
        LoginErrorKind::NotAllowed => AuthErrorKind::Forbidden,
        LoginErrorKind::Unavailable => AuthErrorKind::Unavailable,
        LoginErrorKind::Misconfigured => AuthErrorKind::Misconfigured,
        LoginErrorKind::BadRequest
        | LoginErrorKind::Method
        | LoginErrorKind::CrossSite
        | LoginErrorKind::Interrupted
        | LoginErrorKind::Refused => AuthErrorKind::Login,
    }
}

/// The word for a failed login.
pub(in crate::layer) fn reason(error: &LoginError) -> &'static str {
    error.code()
}

/// What was looked at when a login failed. Of most failures the reason says it all.
pub(in crate::layer) fn detail(error: &LoginError) -> Detail {
    match error {
        LoginError::IdToken(error) | LoginError::LogoutToken(error) | LoginError::UserinfoToken(error) => {
            Detail::of_token(error)
        }
        LoginError::Principal(error) => Detail::of_principal(error),
        LoginError::Session(SessionError::Claim(error)) => Detail::of_claim(error),
        LoginError::Missing { name } => Detail::with_claim(*name, "to be there", Seen::Missing),
        LoginError::Repeated { name } => Detail::with_claim(*name, "one", Seen::Several),
        LoginError::Malformed { name } => Detail::with_claim(*name, "what the parameter may hold", Seen::Malformed),
        LoginError::ReturnAddress => Detail::with_claim(
            "return_to",
            "a path of serverUrl, or one of additionalTrustedRedirectUris",
            Seen::Another,
        ),
        LoginError::ForeignIssuer | LoginError::ResponseIssuer => {
            Detail::with_claim("iss", "the provider's issuer", Seen::Another)
        }
        LoginError::ResponseType => Detail::without_claim("an answer of responseType", Seen::Another),
        LoginError::Organization => Detail::with_claim("org_id", "the organization asked for", Seen::Another),
        LoginError::NotOffered { what } => Detail::without_claim(*what, Seen::Missing),
        LoginError::NoIdToken => Detail::without_claim("an ID token", Seen::Missing),
        LoginError::NotRegistered => Detail::without_claim("a user of the directory", Seen::Missing),
        LoginError::UnknownTransaction | LoginError::Loop => {
            Detail::without_claim("the cookie of a login that was started here", Seen::Missing)
        }
        LoginError::NoSession | LoginError::SessionLost => Detail::without_claim("a live session", Seen::Missing),
        LoginError::NotRenewable => Detail::without_claim("a refresh token in the session", Seen::Missing),
        LoginError::TooWeak => Detail::without_claim("a login with the acr and amr that were asked for", Seen::Another),
        LoginError::StillTooOld => Detail::with_claim("auth_time", "a login as new as the route wants", Seen::Past),
        LoginError::Unavailable { .. } => Detail::without_claim("the provider's metadata", Seen::Unavailable),
        LoginError::Method
        | LoginError::Body
        | LoginError::Prefetch
        | LoginError::NotANavigation
        | LoginError::StrengthTooLong
        | LoginError::Mismatch(_)
        | LoginError::Authorization { .. }
        | LoginError::Push(_)
        | LoginError::Exchange(_)
        | LoginError::Userinfo(_)
        | LoginError::Directory(_)
        | LoginError::Session(_)
        | LoginError::RenewalRefused
        | LoginError::RenewalFailed(_)
        | LoginError::RenewalUnderWay
        | LoginError::CrossSite
        | LoginError::Paths(_)
        | LoginError::Client(_)
        | LoginError::Random(_) => Detail::default(),
    }
}

/// When to try again after a failed login, if that may help.
pub(in crate::layer) fn retry_after(error: &LoginError) -> Option<Duration> {
    error.retry_after()
}

/// The cookies alone, which is all that a login needs to know of a request.
fn cookies_of(headers: &HeaderMap) -> HeaderMap {
    headers.get_all(COOKIE).iter().map(|value| (COOKIE, value.clone())).collect()
}

/// `page` in the place of a `refusal`, which leaves nothing but its reason, and the challenge that goes with 401.
fn replaced(mut refusal: Parts, mut page: Response<Bytes>) -> Response<Bytes> {
    if let (Some(reason), None) = (refusal.extensions.remove::<AuthError>(), page.extensions().get::<AuthError>()) {
        page.extensions_mut().insert(reason);
        refusal.extensions.remove::<DecisionRecord>().map(|record| page.extensions_mut().insert(record));
    }
    if page.status() == StatusCode::UNAUTHORIZED {
        for challenge in refusal.headers.get_all(WWW_AUTHENTICATE) {
            page.headers_mut().append(WWW_AUTHENTICATE, challenge.clone());
        }
    }
    page
}
