//! Logout by the provider (OpenID Connect Back-Channel Logout 1.0).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header::CACHE_CONTROL};

use crate::login::{Login, LoginError, ended::Cause, parameters::Parameters};

use super::SignedOut;

impl Login {
    /// The path of `LoginPaths::back_channel_logout`: ends the sessions that a logout token names. A token that comes twice, and
    /// one for sessions that are over already, are answered like the first.
    ///
    /// # Errors
    /// - [`LoginError::Method`], [`LoginError::Body`], [`LoginError::Repeated`], [`LoginError::Missing`]: no logout request;
    /// - [`LoginError::LogoutToken`]: the token was refused, or cannot be checked at the moment;
    /// - [`LoginError::Session`]: the store failed.
    pub(in crate::login) async fn back_channel_logout(
        &self,
        request: &Request<Bytes>,
    ) -> Result<Response<Bytes>, LoginError> {
        if request.method() != Method::POST {
            return Err(LoginError::Method);
        }
        let form = Parameters::of_form(request)?;
        let token = form.required("logout_token")?;
        let token = self.validator.logout_token(&token).await.map_err(LoginError::LogoutToken)?;
        self.sessions.end_all(&token).await?;
        self.count_end(Cause::BackChannelLogout);
        let mut response = done();
        if let Some(signed_out) = SignedOut::by_token(&token) {
            response.extensions_mut().insert(signed_out);
        }
        Ok(response)
    }
}

/// Section 2.8.
fn done() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_empty_and_kept_by_no_cache() {
        let response = done();
        assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }
}
