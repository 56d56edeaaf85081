//! What the layer does for browsers.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, Response, StatusCode, Uri,
    header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE},
};

use crate::{
    config::Settings,
    login::{DefaultPages, Login, LoginErrorKind, LoginParts, LoginPaths, Pages, Visit},
    principal::{Principal, PrincipalError, UserDirectory},
    provider::{BoxFuture, HttpClient, Provider},
    session::{Found, Session, SessionStore, SetCookies, depends_on_session, vary_by_cookie},
    types::{Clock, Random, SystemRandom},
};

use crate::layer::{AuthBuilder, AuthError, AuthErrorKind, ResponseBody, response};

pub(in crate::layer) use crate::login::{LoginError, Route};

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
    paths: Option<LoginPaths>,
}

/// A request without an `Authorization` header, and what its answer will owe to that.
#[derive(Debug)]
pub(in crate::layer) struct Visitor {
    login: Arc<Login>,
    /// The page that a person opens, and the cookies that came with the request.
    navigation: Option<(Uri, HeaderMap)>,
    /// The answer depends on a session.
    has_session: bool,
    cookies: Option<SetCookies>,
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

    /// Keeps sessions in `store`, whatever `sessionStore` says.
    #[must_use]
    pub fn with_session_store(mut self, store: impl SessionStore) -> Self {
        self.browser.store = Some(Arc::new(store));
        self
    }

    /// Answers login and logout on other paths than the [usual ones](LoginPaths::new).
    #[must_use]
    pub fn with_login_paths(mut self, paths: LoginPaths) -> Self {
        self.browser.paths = Some(paths);
        self
    }

    /// Draws randomness from `random` in place of the system's.
    #[must_use]
    pub fn with_random(mut self, random: impl Random) -> Self {
        self.browser.random = Some(Arc::new(random));
        self
    }
}

impl BrowserParts {
    /// The login of the settings, if there is one.
    pub(in crate::layer) fn build(
        self,
        settings: &Settings,
        providers: &[Provider],
        http_client: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
    ) -> Result<Browser, LoginError> {
        let (Some(login), Some(provider)) = (&settings.login, providers.first()) else { return Ok(Browser(None)) };
        let login = Login::new(LoginParts {
            paths: self.paths.unwrap_or_else(|| LoginPaths::new(login)),
            settings: login.clone(),
            principal: settings.principal.clone(),
            provider_name: settings.provider_name.clone(),
            provider: provider.clone(),
            http_client,
            store: self.store,
            pages: self.pages.unwrap_or_else(|| Arc::new(DefaultPages)),
            directory: self.directory,
            clock,
            random: self.random.unwrap_or_else(|| Arc::new(SystemRandom)),
        })?;
        login.check()?;
        Ok(Browser(Some(Arc::new(login))))
    }
}

impl Browser {
    /// Which of the login's own paths a request is for.
    pub(in crate::layer) fn route(&self, uri: &Uri) -> Option<Route> {
        self.0.as_ref()?.paths().route(uri)
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
    pub(in crate::layer) fn visitor<A>(&self, request: &Request<A>) -> Option<Box<Visitor>> {
        let login = self.0.as_ref().filter(|_| !request.headers().contains_key(AUTHORIZATION))?;
        let navigation = Visit::of(request.method(), request.headers()) == Visit::Navigation;
        let opened = || (request.uri().clone(), cookies_of(request.headers()));
        Some(Box::new(Visitor {
            login: Arc::clone(login),
            navigation: navigation.then(opened),
            has_session: false,
            cookies: None,
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
                let attending = Arc::clone(&self.login).attend(found, headers.clone());
                Ok(Visiting::Waiting(Box::pin(async {
                    Attendance(attending.await.map(|attended| (attended.session, attended.cookies)))
                })))
            }
        }
    }

    /// Takes what came of waiting.
    pub(in crate::layer) fn receive(&mut self, attendance: Attendance) -> Result<Option<Principal>, AuthError> {
        let (session, cookies) = attendance.0?;
        self.cookies = Some(cookies);
        Ok(session.map(|session| self.principal(*session)).transpose()?)
    }

    fn principal(&mut self, session: Session) -> Result<Principal, PrincipalError> {
        self.has_session = true;
        self.login.principal(session)
    }

    /// The answer as a browser gets it: a refused navigation leads to the login or to a page for people, cookies are set,
    /// and no cache keeps what depends on them.
    pub(in crate::layer) fn finish<B>(self, response: Response<ResponseBody<B>>) -> Response<ResponseBody<B>> {
        let mut response = match response.extensions().get::<AuthError>().and_then(|error| self.page(error)) {
            Some(page) => replaced(response, page),
            None => response,
        };
        let headers = response.headers_mut();
        match self.cookies {
            Some(cookies) => cookies.apply(headers),
            None if self.has_session => depends_on_session(headers),
            None => vary_by_cookie(headers),
        }
        response
    }

    /// What a person sees in place of a refusal.
    fn page(&self, error: &AuthError) -> Option<Response<Bytes>> {
        let (uri, cookies) = self.navigation.as_ref()?;
        let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str());
        match (error.kind(), error) {
            (AuthErrorKind::NoCredentials, _) => Some(self.welcome(path_and_query, cookies, None)),
            (AuthErrorKind::LoginTooOld, AuthError::Denied(denied)) => {
                Some(self.welcome(path_and_query, cookies, denied.max_age()))
            }
            (_, AuthError::Login(error)) => Some(self.sorry(error.clone())),
            (AuthErrorKind::Forbidden | AuthErrorKind::InsufficientScope, _) => Some(self.login.not_allowed()),
            _ => None,
        }
    }

    fn welcome(&self, path_and_query: &str, cookies: &HeaderMap, max_age: Option<Duration>) -> Response<Bytes> {
        self.login.welcome(path_and_query, cookies, max_age).unwrap_or_else(|error| self.sorry(error))
    }

    fn sorry(&self, error: LoginError) -> Response<Bytes> {
        let mut response = self.login.refusal_page(error);
        response::note_login_error(&mut response, self.login.provider_name());
        response
    }
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

/// When to try again after a failed login, if that may help.
pub(in crate::layer) fn retry_after(error: &LoginError) -> Option<Duration> {
    error.retry_after()
}

/// The cookies alone, which is all that a login needs to know of a request.
fn cookies_of(headers: &HeaderMap) -> HeaderMap {
    headers.get_all(COOKIE).iter().map(|value| (COOKIE, value.clone())).collect()
}

/// `page` in the place of `response`, which leaves nothing but the reason of its refusal, and the challenge that goes with 401.
fn replaced<B>(response: Response<ResponseBody<B>>, page: Response<Bytes>) -> Response<ResponseBody<B>> {
    let (mut refusal, _) = response.into_parts();
    let mut page = page.map(ResponseBody::own);
    if let (Some(reason), None) = (refusal.extensions.remove::<AuthError>(), page.extensions().get::<AuthError>()) {
        page.extensions_mut().insert(reason);
    }
    if page.status() == StatusCode::UNAUTHORIZED
        && let Some(challenge) = refusal.headers.remove(WWW_AUTHENTICATE)
    {
        page.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    page
}
