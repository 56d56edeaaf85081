//! Logout by the provider (OpenID Connect Back-Channel Logout 1.0).

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header::CACHE_CONTROL};

use crate::{session::Named, types::Claims, validator::TokenError};

use crate::login::{Login, LoginError, parameters::Parameters};

/// Whose sessions a logout token ends (section 2.4).
#[derive(Debug, PartialEq, Eq)]
enum Meant<'a> {
    /// `sid`, with `sub` or without: those of one login.
    ProviderSession(Cow<'a, str>),
    /// `sub` alone: all of one person.
    Subject(Cow<'a, str>),
}

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
        let token = self.validator.logout_token(token).await.map_err(LoginError::LogoutToken)?;
        let meant = Meant::by(token.claims()).map_err(LoginError::LogoutToken)?;
        self.sessions.end_all(token.issuer(), meant.named()).await?;
        Ok(done())
    }
}

impl<'a> Meant<'a> {
    fn by(claims: &'a Claims) -> Result<Self, TokenError> {
        if let Some(session) = claims.string("sid")? {
            return Ok(Self::ProviderSession(session));
        }
        claims.string("sub")?.map(Self::Subject).ok_or(TokenError::Missing { claim: "sub" })
    }

    fn named(&self) -> Named<'_> {
        match self {
            Self::ProviderSession(session) => Named::ProviderSession(session),
            Self::Subject(subject) => Named::Subject(subject),
        }
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

    fn claims(json: &str) -> Claims {
        Claims::parse(json.to_owned()).unwrap()
    }

    #[test]
    fn a_session_is_ended_by_its_name_and_a_person_only_without_one() {
        for json in [r#"{"sid":"s\u0031","sub":"jane"}"#, r#"{"sid":"s1"}"#] {
            let claims = claims(json);
            assert_eq!(Meant::by(&claims).unwrap().named(), Named::ProviderSession("s1"), "{json}");
        }
        assert_eq!(Meant::by(&claims(r#"{"sub":"jane"}"#)).unwrap().named(), Named::Subject("jane"));
    }

    #[test]
    fn a_token_that_names_nobody_ends_nothing() {
        assert_eq!(Meant::by(&claims("{}")).unwrap_err(), TokenError::Missing { claim: "sub" });
        for json in [r#"{"sid":1,"sub":"jane"}"#, r#"{"sid":null,"sub":"jane"}"#, r#"{"sub":["jane"]}"#] {
            assert!(matches!(Meant::by(&claims(json)), Err(TokenError::Claim(_))), "{json}");
        }
    }

    #[test]
    fn the_answer_is_empty_and_kept_by_no_cache() {
        let response = done();
        assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }
}
