//! The start of a login.

mod authorization;
mod departure;
mod initiation;
mod offered;
mod pending;
mod rounds;
mod transaction;

pub use departure::Welcome;
pub use offered::Mismatch;
pub(crate) use offered::{mismatches, pushes};
pub(super) use {
    offered::offered,
    rounds::Round,
    transaction::{Transaction, is_second_attempt},
};

use transaction::{MAX_STRENGTH_BYTES, has_room};

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, SET_COOKIE, VARY},
};
use url::{Url, form_urlencoded::byte_serialize};

use crate::{
    config::{ProviderKind, ResponseMode},
    principal::{Denied, Strength},
    provider::IssuerRule,
    session::BroughtSession,
};

use super::{Login, LoginError, LoginPaths, ReturnTo, SignInPage, Visit, pages};

use departure::{Departure, Push, Way};
use initiation::Initiation;

/// Shortest time that anybody is asked to wait for the provider.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);

/// What decides whether a request is sent to log in, besides its path.
const DECIDED_BY: &str = "Cookie, Accept, Sec-Fetch-Mode, Sec-Fetch-Dest";

/// What is particular about one login.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) return_to: ReturnTo,
    pub(super) login_hint: Option<String>,
    pub(super) ui_locales: Option<String>,
    /// Auth0 Organizations: where none is configured.
    pub(super) organization: Option<String>,
    /// Auth0 Organizations: the ticket of an invitation.
    pub(super) invitation: Option<String>,
    /// Those of `loginParams` that the request for it chose.
    pub(super) chosen: Vec<(String, String)>,
    /// For a rule that wants a newer login than the configuration does.
    pub(super) max_age: Option<Duration>,
    /// For a rule that wants a login of some class, or by some method.
    pub(super) strength: Option<Strength>,
    /// The first attempt was [lost](crate::login::callback::healing).
    pub(super) second_attempt: bool,
}

impl Start {
    /// A login with nothing particular about it.
    pub(super) fn to(return_to: ReturnTo) -> Self {
        Self {
            return_to,
            login_hint: None,
            ui_locales: None,
            organization: None,
            invitation: None,
            chosen: Vec::new(),
            max_age: None,
            strength: None,
            second_attempt: false,
        }
    }
}

impl Login {
    /// `GET /login` and `POST /login`: a login by the person's own wish, or initiated by a third party (OpenID Connect Core 1.0
    /// section 4).
    pub(super) async fn login(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, LoginError> {
        if Visit::of(request.method(), request.headers()) == Visit::Prefetch {
            return Err(LoginError::Prefetch);
        }
        if Visit::is_of_a_page(request.headers()) {
            return Err(LoginError::NotANavigation);
        }
        let asked = Initiation::read(request, &self.settings.login_params)?;
        if let Some(issuer) = &asked.issuer {
            self.require_own(issuer)?;
        }
        let return_to = match &asked.return_address {
            Some(address) => self.return_address(address).ok_or(LoginError::ReturnAddress)?,
            None => ReturnTo::start(&self.settings),
        };
        let of_auth0 = |value: Option<String>| value.filter(|_| self.kind == ProviderKind::Auth0);
        let start = Start {
            login_hint: asked.login_hint,
            ui_locales: asked.ui_locales,
            organization: of_auth0(asked.organization),
            invitation: of_auth0(asked.invitation),
            chosen: asked.chosen,
            ..Start::to(return_to)
        };
        let mut response = self.start(&start, request.headers()).await?;
        if *request.method() == Method::POST {
            *response.status_mut() = StatusCode::SEE_OTHER;
        }
        Ok(response)
    }

    /// A person opens a page that wants somebody signed in, or signed in more lately or more strongly than those whom its rule has
    /// `denied`: the way to the provider, or the sign-in page when `enableAutoRedirect` is off. Who only has to sign in again is not
    /// asked whether to.
    ///
    /// # Errors
    /// [`LoginError`] when no login can be started.
    pub fn welcome(
        self: &Arc<Self>,
        path_and_query: &str,
        headers: &HeaderMap,
        denied: Option<&Denied>,
    ) -> Result<Welcome, LoginError> {
        let return_to = self.return_address(path_and_query).unwrap_or_else(|| ReturnTo::start(&self.settings));
        if let Some(denied) = denied {
            let (max_age, strength) = (denied.max_age(), denied.strength().cloned());
            let round = Round::StepUp { is_too_weak: denied.is_too_weak() };
            let start = Start { max_age, strength, ..Start::to(return_to) };
            return self.welcomed(self.step_up(round, &start, headers)?);
        }
        self.check_round(Round::Finished, headers)?;
        if self.settings.auto_redirect {
            return self.welcomed(self.depart(&Start::to(return_to), headers)?);
        }
        let login_url = login_url(&self.paths, &return_to);
        let page = self.pages.sign_in(&SignInPage { provider: &self.provider_name, login_url: &login_url });
        let mut response = pages::respond(StatusCode::UNAUTHORIZED, page);
        forbid_caching(response.headers_mut());
        Ok(Welcome::Ready(response))
    }

    fn step_up(&self, round: Round, start: &Start, headers: &HeaderMap) -> Result<Departure, LoginError> {
        self.check_round(round, headers)?;
        if !start.strength.as_ref().is_none_or(has_room) {
            tracing::error!(
                provider = self.provider_name,
                limit = MAX_STRENGTH_BYTES,
                "a rule asks for more acr and amr than a login can carry"
            );
            return Err(LoginError::StrengthTooLong);
        }
        Ok(self.depart(start, headers)?.with_cookie(self.note_round(round, headers)?))
    }

    /// The redirect to the provider, and the cookies that go with it.
    pub(super) async fn start(&self, start: &Start, headers: &HeaderMap) -> Result<Response<Bytes>, LoginError> {
        self.leave(self.depart(start, headers)?).await
    }

    /// A new login, and what keeps it in the browser.
    fn depart(&self, start: &Start, headers: &HeaderMap) -> Result<Departure, LoginError> {
        let snapshot = self.provider.snapshot();
        let metadata = snapshot.metadata().ok_or_else(|| self.unavailable())?;
        let endpoint = offered(metadata, &self.settings)?;
        let issuer = metadata.issuer.clone();
        let begun = (self.now(), self.sessions.begin());
        let transaction = Transaction::new(start, &self.settings, self.kind, issuer, begun, &*self.random)?;
        let transaction = transaction.replacing(self.out_of_sight(headers));
        let way = if pushes(metadata, &self.settings) {
            let parameters = authorization::parameters(&self.settings, &transaction, start);
            Way::Pushed(Box::new(Push::new(endpoint, &transaction.client_id, parameters)))
        } else {
            Way::Direct(authorization::request(endpoint, &self.settings, &transaction, start))
        };
        Ok(Departure::new(way, transaction.cookies(self, headers)?))
    }

    /// The session of now that the callback will not see: its cookie is `Lax`, and an answer by a form is another site's `POST`.
    fn out_of_sight(&self, headers: &HeaderMap) -> Option<BroughtSession> {
        let by_form = self.settings.response_mode == ResponseMode::FormPost;
        by_form.then(|| self.sessions.brought(headers)).flatten()
    }

    /// Where the browser goes after the login. The login's own paths would only send it round again: the start page stands
    /// for them.
    fn return_address(&self, text: &str) -> Option<ReturnTo> {
        let return_to = ReturnTo::parse(text, &self.settings)?;
        Some(if is_own(&return_to, &self.paths) { ReturnTo::start(&self.settings) } else { return_to })
    }

    fn require_own(&self, issuer: &str) -> Result<(), LoginError> {
        let snapshot = self.provider.snapshot();
        let rule = snapshot.issuer().ok_or_else(|| self.unavailable())?;
        if is_of(issuer, rule, self.kind) { Ok(()) } else { Err(LoginError::ForeignIssuer) }
    }

    pub(super) fn unavailable(&self) -> LoginError {
        LoginError::Unavailable { retry_after: self.provider.status().next_attempt.max(MIN_RETRY_AFTER) }
    }
}

fn is_own(return_to: &ReturnTo, paths: &LoginPaths) -> bool {
    return_to.own_path().is_some_and(|path| paths.route_of(path).is_some())
}

/// Whether `iss` of a third party names our provider. It opens nothing: the login that follows goes to our provider alone.
///
/// Auth0's slash may be missing.
fn is_of(issuer: &str, rule: &IssuerRule, kind: ProviderKind) -> bool {
    let is_ours = |issuer: &str| rule.named(issuer).is_some();
    is_ours(issuer) || (kind == ProviderKind::Auth0 && is_ours(&[issuer, "/"].concat()))
}

/// Where a login starts that ends at `return_to`: the path of the button on a page.
pub(super) fn login_url(paths: &LoginPaths, return_to: &ReturnTo) -> String {
    let address: String = byte_serialize(return_to.as_str().as_bytes()).collect();
    [&paths.login, "?return_to=", &address].concat()
}

/// The way to the provider, which is not told what page the person was on.
fn redirect(url: &Url, cookies: Vec<HeaderValue>) -> Result<Response<Bytes>, LoginError> {
    let unusable = |_| LoginError::NotOffered { what: "an authorization endpoint" };
    let mut location = HeaderValue::try_from(url.as_str()).map_err(unusable)?;
    location.set_sensitive(true);
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::FOUND;
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    forbid_caching(headers);
    headers.extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}

fn forbid_caching(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static(DECIDED_BY));
}

#[cfg(test)]
mod tests;
