//! `POST /refresh`: the tokens renewed now.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header::CONTENT_TYPE};
use serde::Serialize;

use crate::session::Session;

use crate::login::{Login, LoginError, Route, same_site::sent_by_another_site};

use super::renewal::Renewal;

/// When to try again after a renewal that broke off, since the process is shutting down.
const RETRY_AFTER_INTERRUPTION: Duration = Duration::from_secs(1);

/// The answer. Times are seconds since 1970.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refreshed {
    /// When the session ends at the latest. A renewal does not move it.
    expires_at: u64,
    /// When the tokens will be renewed again.
    renew_at: Option<u64>,
}

impl Login {
    /// `POST /refresh`: renews the tokens now, or answers with the renewal that is under way. When the session has ended, the
    /// answer is [`LoginError::RenewalRefused`]'s, and removes its cookie.
    ///
    /// # Errors
    /// - [`LoginError::Method`], [`LoginError::CrossSite`]: another method, another site;
    /// - [`LoginError::NoSession`], [`LoginError::NotRenewable`]: there is nothing to renew;
    /// - [`LoginError::RenewalUnderWay`]: another replica is at it;
    /// - [`LoginError::RenewalFailed`], [`LoginError::Unavailable`]: the provider could not be asked, and the session is as it was;
    /// - [`LoginError::Session`]: the store failed.
    pub(in crate::login) async fn refresh(
        self: &Arc<Self>,
        request: &Request<Bytes>,
    ) -> Result<Response<Bytes>, LoginError> {
        let headers = request.headers();
        if request.method() != Method::POST {
            return Err(LoginError::Method);
        }
        if sent_by_another_site(headers, &self.settings.server_url) {
            return Err(LoginError::CrossSite);
        }
        let session = self.live(self.sessions.find(headers)).await?.ok_or(LoginError::NoSession)?;
        let refresh_token = session.tokens().refresh_token.as_ref().ok_or(LoginError::NotRenewable)?;
        match self.renewed(&session, refresh_token, headers).await {
            Renewal::Renewed { session, cookies } => {
                let mut response = answer(&Refreshed::from(&*session));
                cookies.apply(response.headers_mut());
                Ok(response)
            }
            Renewal::Ended => {
                let mut response = self.refusal(LoginError::RenewalRefused, Route::Refresh, request);
                self.sessions.removal(headers).apply(response.headers_mut());
                Ok(response)
            }
            Renewal::Failed(error) => Err(LoginError::RenewalFailed(error)),
            Renewal::UnderWay => Err(LoginError::RenewalUnderWay),
            Renewal::NotKept(error) | Renewal::Lost(error) => Err(error.into()),
            Renewal::Interrupted => Err(LoginError::Unavailable { retry_after: RETRY_AFTER_INTERRUPTION }),
        }
    }
}

impl From<&Session> for Refreshed {
    fn from(session: &Session) -> Self {
        Self { expires_at: session.expires_at(), renew_at: session.tokens().renew_at }
    }
}

fn answer(refreshed: &Refreshed) -> Response<Bytes> {
    let body = serde_json::to_vec(refreshed).unwrap_or_default();
    let mut response = Response::new(Bytes::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_says_when_the_session_ends_and_when_it_is_renewed() {
        let response = answer(&Refreshed { expires_at: 1_767_830_400, renew_at: Some(1_767_312_000) });
        assert_eq!(response.body(), r#"{"expiresAt":1767830400,"renewAt":1767312000}"#);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        let response = answer(&Refreshed { expires_at: 1_767_830_400, renew_at: None });
        assert_eq!(response.body(), r#"{"expiresAt":1767830400,"renewAt":null}"#);
    }
}
