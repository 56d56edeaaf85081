//! The login machine: everything that its steps share.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tracing::Instrument as _;
use url::Url;

use crate::{
    config::{LoginSettings, PrincipalSettings, ProviderKind},
    principal::{Principal, PrincipalError, UserDirectory},
    provider::{ClientAuthenticationError, HttpClient, Provider, ProviderClient},
    session::{CookiePolicy, Purpose, Seal, Session, SessionStore, Sessions},
    types::{Clock, Random, Reference, unix_seconds},
    validator::ClientValidator,
};

use super::{
    LoginError, LoginPaths, LoginState, NotAllowedPage, Pages, Route,
    attend::Renewals,
    callback::SpentLogins,
    pages,
    span::{fail, step},
    start::offered,
};

/// The browser flow of one service: answers the paths of login and logout, and looks after sessions.
///
/// Share it behind an [`Arc`].
pub struct Login {
    pub(super) settings: LoginSettings,
    pub(super) principal: PrincipalSettings,
    pub(super) provider_name: String,
    pub(super) kind: ProviderKind,
    pub(super) paths: LoginPaths,
    pub(super) provider: Provider,
    pub(super) client: ProviderClient,
    pub(super) validator: ClientValidator,
    pub(super) sessions: Sessions,
    pub(super) renewals: Renewals,
    pub(super) spent: Arc<SpentLogins>,
    pub(super) cookies: CookiePolicy,
    /// Seals transactions.
    pub(super) seal: Seal,
    pub(super) pages: Arc<dyn Pages>,
    pub(super) directory: Option<Arc<dyn UserDirectory>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
}

/// What a [`Login`] is made of.
#[derive(Debug)]
pub struct LoginParts {
    /// The checked settings.
    pub settings: LoginSettings,
    /// How claims become a principal.
    pub principal: PrincipalSettings,
    /// What pages call the provider.
    pub provider_name: String,
    /// The configured provider.
    pub provider: Provider,
    /// Where the layer answers.
    pub paths: LoginPaths,
    /// Carries requests to the provider.
    pub http_client: Arc<dyn HttpClient>,
    /// Where sessions live, when neither in cookies nor in the memory of this process.
    pub store: Option<Arc<dyn SessionStore>>,
    /// What the logins before have left; a new one at the start of the process.
    pub state: LoginState,
    /// Makes the pages.
    pub pages: Arc<dyn Pages>,
    /// Knows the users. Without one, everybody is known whom the rules let in.
    pub directory: Option<Arc<dyn UserDirectory>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Login {
    /// Puts the parts together.
    ///
    /// # Errors
    /// - [`LoginError::Session`]: `sessionStore` names a store that the crate does not bring;
    /// - [`LoginError::Client`]: the client's key or secret cannot be used;
    /// - [`LoginError::Random`]: no secret for sessions is configured and none can be drawn.
    ///
    /// # Panics
    /// Outside a Tokio runtime, when the session secret comes from a file.
    pub fn new(parts: LoginParts) -> Result<Self, LoginError> {
        let login = Self::prepare(parts)?;
        login.take_over();
        Ok(login)
    }

    /// The same, not in use yet: nothing changes in the parts' [`LoginState`] before [`take_over`](Self::take_over).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn prepare(parts: LoginParts) -> Result<Self, LoginError> {
        let LoginParts {
            settings,
            principal,
            provider_name,
            provider,
            paths,
            http_client,
            store,
            state,
            pages,
            directory,
            clock,
            random,
        } = parts;
        let client = ProviderClient::new(
            provider.clone(),
            settings.client_id.clone(),
            settings.client_authentication.clone(),
            http_client,
            Arc::clone(&clock),
        )?;
        let validator = ClientValidator::new(
            provider.clone(),
            settings.client_id.clone(),
            settings.id_token_algorithm,
            Arc::clone(&clock),
        );
        let sessions = Sessions::prepare(&settings.session, store, state.sessions, Arc::clone(&random))?;
        Ok(Self {
            seal: sessions.seal_for(Purpose::Login),
            sessions,
            renewals: state.renewals,
            spent: state.spent,
            cookies: CookiePolicy::new(settings.session.secure_cookie),
            kind: provider.settings().kind,
            settings,
            principal,
            provider_name,
            paths,
            provider,
            client,
            validator,
            pages,
            directory,
            clock,
            random,
        })
    }

    /// The same with the credential that `before` uses, if both are of the same client at the same provider and come from the same
    /// file.
    #[must_use]
    pub fn continues(self, before: &Self) -> Self {
        // A secret goes to no other provider than its own.
        if self.settings.session.owner != before.settings.session.owner {
            return self;
        }
        Self { client: self.client.continues(&before.client), ..self }
    }

    /// Takes the place of the login before, of the same [`LoginState`]. To be called once.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn take_over(&self) {
        self.sessions.take_over();
    }

    /// Answers a request for one of the login's own paths. The body is read already, up to [`Route::body_limit`].
    ///
    /// A refusal is answered with its page or its JSON; the [`LoginError`] is in the response's extensions.
    pub async fn answer(self: Arc<Self>, route: Route, request: Request<Bytes>) -> Response<Bytes> {
        let span = step(route.step(), &self.provider_name);
        let response = self.answered(route, &request).instrument(span.clone()).await;
        if let Some(error) = response.extensions().get::<LoginError>() {
            fail(&span, error.code());
        }
        response
    }

    async fn answered(self: Arc<Self>, route: Route, request: &Request<Bytes>) -> Response<Bytes> {
        let answered = match route {
            Route::Login => self.login(request).await,
            Route::Callback => self.callback(request).await,
            Route::Logout => self.logout(request).await,
            Route::Refresh => self.refresh(request).await,
            Route::BackChannelLogout => self.back_channel_logout(request).await,
            Route::FrontChannelLogout => self.front_channel_logout(request).await,
        };
        answered.unwrap_or_else(|error| self.refusal(error, route, request))
    }

    /// Holds the settings against what the provider says of itself, as far as that is known yet.
    ///
    /// # Errors
    /// [`LoginError::NotOffered`], [`LoginError::Mismatch`]: the provider does not offer what is configured.
    pub fn check(&self) -> Result<(), LoginError> {
        let snapshot = self.provider.snapshot();
        snapshot.metadata().map_or(Ok(()), |metadata| offered(metadata, &self.settings).map(drop))
    }

    /// All sessions of the service.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Where the layer answers.
    #[must_use]
    pub fn paths(&self) -> &LoginPaths {
        &self.paths
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        unix_seconds(self.clock.now())
    }

    /// The principal of a live session, if the settings of this moment let it in.
    ///
    /// # Errors
    /// As [`Principal::from_session`].
    pub fn principal(&self, session: Session) -> Result<Principal, PrincipalError> {
        let access_token = self.access_token(&session).cloned();
        Ok(Principal::from_session(session, self.kind, &self.principal)?.with_access_token(access_token))
    }

    /// Where a person signs in.
    #[must_use]
    pub fn login_url(&self) -> Url {
        let mut url = self.settings.server_url.clone();
        url.set_path(&self.paths.login);
        url
    }

    /// The page for somebody who is signed in and may not open a route. The reference is the refusal's.
    #[must_use]
    pub fn not_allowed(&self, reference: Reference) -> Response<Bytes> {
        pages::respond(
            StatusCode::FORBIDDEN,
            self.pages.not_allowed(&NotAllowedPage {
                provider: &self.provider_name,
                code: "forbidden",
                reference,
                logout_url: &self.paths.logout,
                home_url: self.settings.server_url.path(),
            }),
        )
    }
}

impl From<ClientAuthenticationError> for LoginError {
    fn from(error: ClientAuthenticationError) -> Self {
        Self::Client(error)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("provider", &self.provider).field("paths", &self.paths).finish_non_exhaustive()
    }
}
