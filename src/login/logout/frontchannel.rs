//! Logout by the provider through the browser (OpenID Connect Front-Channel Logout 1.0).

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use url::Url;

use crate::{
    provider::Metadata,
    session::{Session, depends_on_session},
    types::Issuer,
};

use crate::login::{Login, LoginError, ended::Cause, parameters::Parameters};

/// It stands in a frame that nobody sees, on the provider's page.
const PAGE: &str = "<!DOCTYPE html><html lang=\"en\"><title>Signed out</title></html>";

/// When to try again while the provider's issuer is not known.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Login {
    /// The path of `LoginPaths::front_channel_logout`: ends the session that the provider calls `sid`, on the word of a browser.
    ///
    /// The frame is another site to most browsers, so that no `SameSite=Lax` cookie comes along. The session is ended by its
    /// name, therefore, and its cookie is removed when it does come.
    ///
    /// # Errors
    /// - [`LoginError::Method`], [`LoginError::Missing`], [`LoginError::Repeated`]: no logout request;
    /// - [`LoginError::ForeignIssuer`]: `iss` is another issuer;
    /// - [`LoginError::Unavailable`]: the provider's issuer is not known yet;
    /// - [`LoginError::Session`]: the store failed.
    pub(in crate::login) async fn front_channel_logout(
        &self,
        request: &Request<Bytes>,
    ) -> Result<Response<Bytes>, LoginError> {
        if request.method() != Method::GET {
            return Err(LoginError::Method);
        }
        let query = Parameters::of_query(request);
        let (iss, sid) = (query.required("iss")?, query.required("sid")?);
        let issuer = self.own_issuer(&iss)?;
        let mut response = page(&frame_ancestors(&issuer, self.provider.snapshot().metadata()))?;

        let session = self.live(self.sessions.find(request.headers())).await?;
        self.sessions.end_all_unproved(&issuer, &sid).await?;
        self.count_end(Cause::FrontChannelLogout);
        if let Some(session) = session.filter(|session| is_called(session, &issuer, &sid)) {
            self.sessions.end(&session).await?;
            self.sessions.removal(request.headers()).apply(response.headers_mut());
        }
        Ok(response)
    }

    fn own_issuer(&self, iss: &str) -> Result<Issuer, LoginError> {
        let snapshot = self.provider.snapshot();
        let rule = snapshot.issuer().ok_or(LoginError::Unavailable { retry_after: RETRY_AFTER })?;
        rule.named(iss).ok_or(LoginError::ForeignIssuer)
    }
}

fn is_called(session: &Session, issuer: &Issuer, sid: &str) -> bool {
    session.issuer() == issuer && session.provider_session() == Some(sid)
}

/// The provider's pages may frame this one, and nobody else's. They are served by the issuer's host or by its endpoints'.
fn frame_ancestors(issuer: &Issuer, metadata: Option<&Metadata>) -> String {
    let endpoints = metadata.map(|metadata| [&metadata.end_session_endpoint, &metadata.authorization_endpoint]);
    let endpoints = endpoints.into_iter().flatten().flatten().cloned();
    ancestors(Url::parse(issuer.as_str()).into_iter().chain(endpoints))
}

fn ancestors(urls: impl IntoIterator<Item = Url>) -> String {
    let mut origins: Vec<String> = Vec::new();
    for origin in urls.into_iter().map(|url| url.origin()).filter(url::Origin::is_tuple) {
        let origin = origin.ascii_serialization();
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    if origins.is_empty() { "'none'".to_owned() } else { origins.join(" ") }
}

fn page(ancestors: &str) -> Result<Response<Bytes>, LoginError> {
    let policy = format!("default-src 'none'; frame-ancestors {ancestors}");
    let policy = HeaderValue::try_from(policy).map_err(|_| LoginError::ForeignIssuer)?;
    let mut response = Response::new(Bytes::from_static(PAGE.as_bytes()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    depends_on_session(headers);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use crate::provider::IssuerRule;

    use super::*;

    fn urls<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Url> {
        texts.into_iter().map(|text| Url::parse(text).unwrap()).collect()
    }

    #[test]
    fn the_issuer_must_be_ours_byte_for_byte() {
        let rule = IssuerRule::Exact(Issuer::new("https://id.example/"));
        assert_eq!(rule.named("https://id.example/"), Some(Issuer::new("https://id.example/")));
        for iss in ["https://id.example", "https://evil.example/", "https://ID.example/", "", "/"] {
            assert_eq!(rule.named(iss), None, "{iss}");
        }
    }

    #[test]
    fn the_provider_may_frame_the_page_and_nobody_else() {
        let urls = urls(["https://id.example/", "https://login.id.example/end?x", "https://id.example:443/authorize"]);
        assert_eq!(ancestors(urls), "https://id.example https://login.id.example");
        assert_eq!(ancestors(None), "'none'");
        let response = page("https://id.example").unwrap();
        let headers = response.headers();
        assert_eq!(headers[CONTENT_SECURITY_POLICY], "default-src 'none'; frame-ancestors https://id.example");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(!headers.contains_key("x-frame-options"));
    }

    #[test]
    fn an_issuer_that_is_no_address_lets_nobody_frame_the_page() {
        for issuer in ["not a url", "urn:issuer:1", "data:text/html,x"] {
            assert_eq!(frame_ancestors(&Issuer::new(issuer), None), "'none'", "{issuer}");
        }
        assert_eq!(frame_ancestors(&Issuer::new("http://localhost:8080/realm"), None), "http://localhost:8080");
    }
}
