//! Logout by the person (OpenID Connect RP-Initiated Logout 1.0).

mod backchannel;
mod end_session;
mod frontchannel;
mod revocation;
mod signed_out;

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{LOCATION, SET_COOKIE},
};
use url::{Url, form_urlencoded};

use crate::{principal::Identity, session::Session, types::Secret};

use super::{
    Login, LoginError, ReturnTo, SignOutPage, SignedOutPage, Visit,
    ended::Cause,
    pages,
    parameters::Parameters,
    same_site::{sent_by_another_site, sent_by_own_site},
    start::Round,
};

pub use signed_out::SignedOut;

use end_session::{EndSession, LogoutEndpoints};

/// Longest time that a logout waits for the provider to take the refresh token back. The attempt goes on after that.
const REVOCATION_WAIT: Duration = Duration::from_secs(2);

const RETURN_TO: &str = "return_to";

/// What a request for the logout path is to do.
#[derive(Debug, PartialEq, Eq)]
enum Intent {
    SignOut,
    /// Show a button: nobody vouches for it that the person wants this.
    Ask,
}

impl Login {
    /// The path of `LoginPaths::logout`. It works without a session as well: what is left is the way to the provider.
    ///
    /// 1. The session ends here and in every copy of its cookie, and its cookies are removed.
    /// 2. The browser goes to the provider, which ends its own session and sends it on to `return_to`. A provider that has no
    ///    logout, or is not known yet, is left out.
    /// 3. The refresh token is revoked, where the provider takes it back: a little later, or before the answer if the provider is left out.
    ///
    /// A session that has run out by itself ends in the same way, but the provider is not told whose it was.
    ///
    /// # Errors
    /// - [`LoginError::Method`], [`LoginError::CrossSite`], [`LoginError::Prefetch`]: nothing is changed;
    /// - [`LoginError::ReturnAddress`], [`LoginError::Repeated`]: nothing is changed;
    /// - [`LoginError::Session`]: the store failed, and the session may not have ended.
    pub(super) async fn logout(self: &Arc<Self>, request: &Request<Bytes>) -> Result<Response<Bytes>, LoginError> {
        let (method, headers) = (request.method(), request.headers());
        let intent = Intent::of(method, headers, || Visit::of(method, headers), &self.settings.server_url)?;
        let return_to = self.logout_return_to(request)?;
        match intent {
            Intent::SignOut => self.sign_out(return_to.as_ref(), headers).await,
            Intent::Ask => Ok(self.ask_to_sign_out(return_to.as_ref())),
        }
    }

    /// Ends all sessions of that person, on the word of the service.
    ///
    /// # Errors
    /// [`LoginError::Session`]: the store failed, and some may not have ended.
    pub(crate) async fn end_sessions(&self, who: &Identity) -> Result<(), LoginError> {
        self.sessions.end_subject(who.issuer(), who.subject()).await?;
        self.count_end(Cause::Service);
        Ok(())
    }

    /// `return_to` of the query or of a form. A body of another kind has none.
    fn logout_return_to(&self, request: &Request<Bytes>) -> Result<Option<ReturnTo>, LoginError> {
        let (query, form) = (Parameters::of_query(request), Parameters::of_form(request).ok());
        let in_form = form.as_ref().map(|form| form.one(RETURN_TO)).transpose()?.flatten();
        let text = match (query.one(RETURN_TO)?, in_form) {
            (Some(_), Some(_)) => return Err(LoginError::Repeated { name: RETURN_TO }),
            (one, other) => one.or(other),
        };
        let parse = |text: Cow<'_, str>| ReturnTo::parse(&text, &self.settings).ok_or(LoginError::ReturnAddress);
        text.map(parse).transpose()
    }

    async fn sign_out(
        self: &Arc<Self>,
        return_to: Option<&ReturnTo>,
        headers: &HeaderMap,
    ) -> Result<Response<Bytes>, LoginError> {
        let live = self.live(self.sessions.find(headers)).await?;
        let lapsed = if live.is_none() { self.sessions.lapsed(headers).await? } else { None };
        let session = live.as_ref().or(lapsed.as_ref());
        if let Some(session) = session {
            self.sessions.end(session).await?;
            self.count_end(Cause::Logout);
        }
        // The ID token is for whoever is signed in: a cookie that has run out may be anybody's.
        let next = self.provider_logout(live.as_deref(), return_to);
        if let Some(refresh_token) = session.and_then(|session| session.tokens().refresh_token.clone()) {
            match &next {
                None => self.revoke_in_time(refresh_token).await,
                Some(_) => self.revoke_later(refresh_token),
            }
        }
        let mut response = match (next, return_to) {
            (Some(url), _) => see_other(url.as_str())?,
            (None, Some(return_to)) => see_other(return_to.as_str())?,
            (None, None) => self.signed_out(),
        };
        self.sessions.removal(headers).apply(response.headers_mut());
        if let Some(removal) = self.forget_round(Round::Finished, headers) {
            response.headers_mut().append(SET_COOKIE, removal);
        }
        if let Some(session) = session {
            response.extensions_mut().insert(SignedOut::of_session(session));
        }
        Ok(response)
    }

    async fn revoke_in_time(self: &Arc<Self>, refresh_token: Secret) {
        tokio::select! {
            _ = self.revoke(refresh_token) => {}
            () = self.clock.sleep(REVOCATION_WAIT) => {}
        }
    }

    fn provider_logout(&self, session: Option<&Session>, return_to: Option<&ReturnTo>) -> Option<Url> {
        let elsewhere = return_to.filter(|return_to| **return_to != ReturnTo::start(&self.settings));
        let return_url = elsewhere.map(|return_to| return_to.to_url(&self.settings));
        let request = EndSession {
            kind: self.kind,
            federated: self.settings.federated_logout,
            client_id: &self.settings.client_id,
            id_token: session.and_then(|session| session.tokens().id_token.as_ref()),
            provider_session: session.and_then(Session::provider_session),
            return_url: return_url.as_ref().map_or(&self.settings.post_logout_url, Url::as_str),
        };
        request.url(LogoutEndpoints::of(self.provider.snapshot().metadata()))
    }

    fn ask_to_sign_out(&self, return_to: Option<&ReturnTo>) -> Response<Bytes> {
        let next = self.provider_logout(None, return_to).or_else(|| Some(return_to?.to_url(&self.settings)));
        let next_origin = next.map(|url| url.origin().ascii_serialization());
        let page = self.pages.sign_out(&SignOutPage {
            provider: &self.provider_name,
            action: &action(&self.paths.logout, return_to),
            provider_origin: next_origin.as_deref(),
            home_url: ReturnTo::start(&self.settings).as_str(),
        });
        pages::respond(StatusCode::OK, page)
    }

    fn signed_out(&self) -> Response<Bytes> {
        let page = self.pages.signed_out(&SignedOutPage {
            provider: &self.provider_name,
            login_url: &self.paths.login,
            home_url: ReturnTo::start(&self.settings).as_str(),
        });
        pages::respond(StatusCode::OK, page)
    }
}

impl Intent {
    /// A POST signs out unless another site sent it; a GET only on the browser's word that the person or the own origin did.
    fn of(
        method: &Method,
        headers: &HeaderMap,
        visit: impl FnOnce() -> Visit,
        server_url: &Url,
    ) -> Result<Self, LoginError> {
        match *method {
            Method::POST if sent_by_another_site(headers, server_url) => Err(LoginError::CrossSite),
            Method::POST => Ok(Self::SignOut),
            Method::GET if visit() == Visit::Prefetch => Err(LoginError::Prefetch),
            // An image or a script of the own origin is nobody's wish to leave.
            Method::GET if sent_by_own_site(headers, server_url) && !Visit::is_of_a_page(headers) => Ok(Self::SignOut),
            Method::GET | Method::HEAD => Ok(Self::Ask),
            _ => Err(LoginError::Method),
        }
    }
}

/// The logout path, with the return address kept.
fn action(path: &str, return_to: Option<&ReturnTo>) -> String {
    let Some(return_to) = return_to else { return path.to_owned() };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(RETURN_TO, return_to.as_str()).finish();
    format!("{path}?{query}")
}

/// A GET follows, whatever the method was (RFC 9110 section 15.4.4). The address may hold an ID token.
fn see_other(location: &str) -> Result<Response<Bytes>, LoginError> {
    let mut location = HeaderValue::from_str(location).map_err(|_| LoginError::ReturnAddress)?;
    location.set_sensitive(true);
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://app.example/";

    fn intent(method: Method, visit: Visit, given: &[(&'static str, &'static str)]) -> Result<Intent, LoginError> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        Intent::of(&method, &headers, || visit, &Url::parse(SERVER).unwrap())
    }

    #[test]
    fn a_post_signs_out_unless_another_site_sent_it() {
        let own: [&[(&str, &str)]; 5] = [
            &[],
            &[("origin", "https://app.example")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://app.example")],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "none")],
        ];
        for headers in own {
            assert_eq!(intent(Method::POST, Visit::Other, headers).unwrap(), Intent::SignOut, "{headers:?}");
        }
        let foreign: [&[(&str, &str)]; 4] = [
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://app.example")],
        ];
        for headers in foreign {
            let refused = intent(Method::POST, Visit::Other, headers);
            assert!(matches!(refused, Err(LoginError::CrossSite)), "{headers:?}");
        }
    }

    #[test]
    fn a_get_signs_out_on_the_browsers_word_and_asks_without_it() {
        for (site, expected) in [
            ("same-origin", Intent::SignOut),
            ("none", Intent::SignOut),
            ("same-site", Intent::Ask),
            ("cross-site", Intent::Ask),
        ] {
            assert_eq!(
                intent(Method::GET, Visit::Navigation, &[("sec-fetch-site", site)]).unwrap(),
                expected,
                "{site}"
            );
        }
        assert_eq!(intent(Method::GET, Visit::Navigation, &[]).unwrap(), Intent::Ask);
    }

    #[test]
    fn what_a_page_fetches_by_itself_signs_nobody_out() {
        for fetched in [
            [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
            [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
            [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
        ] {
            let headers = [&[("sec-fetch-site", "same-origin")][..], &fetched].concat();
            assert_eq!(intent(Method::GET, Visit::Other, &headers).unwrap(), Intent::Ask, "{fetched:?}");
        }
    }

    #[test]
    fn a_prefetch_and_a_head_sign_nobody_out() {
        let own = [("sec-fetch-site", "same-origin")];
        assert!(matches!(intent(Method::GET, Visit::Prefetch, &own), Err(LoginError::Prefetch)));
        assert_eq!(intent(Method::HEAD, Visit::Other, &own).unwrap(), Intent::Ask);
    }

    #[test]
    fn no_other_method_is_answered() {
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
            assert!(matches!(intent(method, Visit::Other, &[]), Err(LoginError::Method)));
        }
    }

    #[test]
    fn the_way_on_is_a_get_and_its_address_is_not_logged() {
        let response = see_other("https://id.example/end?id_token_hint=h.p.s").unwrap();
        let location = &response.headers()[LOCATION];
        assert_eq!(
            (response.status().as_u16(), location.to_str().unwrap()),
            (303, "https://id.example/end?id_token_hint=h.p.s")
        );
        assert!(location.is_sensitive());
    }
}
