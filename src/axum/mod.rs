//! Extractors for axum handlers (feature `axum`).
//!
//! - [`Principal`]: who sends the request; without credentials the request is refused with 401.
//! - `Option<Principal>`: who sends it, if anybody says so. Bad credentials were refused by the layer already.
//! - [`ClaimsAs<T>`]: the verified claims in a type of yours; 403 when they do not fit it. `Option<ClaimsAs<T>>` lets in whoever
//!   brings no credentials too.
//! - `Result` of one of these and [`AuthRejection`]: the handler decides what comes of a refusal.
//!
//! On a route where no [`AuthLayer`](crate::layer::AuthLayer) was passed they answer 500 and name the cure.

use std::{error::Error, fmt};

use axum_core::{
    body::Body,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, header::CONTENT_TYPE, request::Parts};
use serde::de::DeserializeOwned;

use crate::{
    layer::{About, AuthError, Realm, refusal},
    principal::Principal,
};

/// The verified claims of the request's principal, decoded into a type of the handler's.
///
/// ```
/// use serde::Deserialize;
/// use tower_oidc::axum::ClaimsAs;
///
/// #[derive(Deserialize)]
/// struct Tenant {
///     #[serde(rename = "https://example.com/tenant")]
///     tenant: String,
/// }
///
/// async fn handler(ClaimsAs(claims): ClaimsAs<Tenant>) -> String {
///     claims.tenant
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ClaimsAs<T>(pub T);

/// Why an extractor gave nothing, and the answer to it.
///
/// The request is refused where this becomes a response, and then it is told of: one event, one count, one reference. A handler that
/// goes on without has refused nobody.
///
/// ```
/// use axum::response::{IntoResponse, Response};
/// use tower_oidc::{Principal, axum::AuthRejection, layer::AuthErrorKind};
///
/// async fn greeting(principal: Result<Principal, AuthRejection>) -> Response {
///     match principal {
///         Ok(principal) => format!("hello, {}", principal.name()).into_response(),
///         Err(rejection) if rejection.error().kind() == AuthErrorKind::NoCredentials => "hello".into_response(),
///         Err(rejection) => rejection.into_response(),
///     }
/// }
/// ```
#[derive(Debug)]
pub struct AuthRejection(Box<Rejected>);

/// The error, and what its answer needs of a request that may be gone by then.
#[derive(Debug)]
struct Rejected {
    error: AuthError,
    /// What the layer has put there, and nothing else.
    passed: Extensions,
    /// By which a gRPC client is known, and nothing else.
    content_type: HeaderMap,
    about: About,
}

impl AuthRejection {
    fn new(error: AuthError, parts: &Parts) -> Self {
        let principal = Realm::passed(&parts.extensions).and_then(|(_, principal)| principal);
        let content_type = parts.headers.get(CONTENT_TYPE).map(|value| (CONTENT_TYPE, value.clone()));
        Self(Box::new(Rejected {
            error,
            passed: Realm::mark(&parts.extensions),
            content_type: content_type.into_iter().collect(),
            about: About::parts(parts).of(principal),
        }))
    }

    /// Why: what stands in the extensions of the answer.
    #[must_use]
    pub fn error(&self) -> &AuthError {
        &self.0.error
    }
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        let Rejected { error, passed, content_type, about } = *self.0;
        let realm = Realm::passed(&passed).map(|(realm, _)| realm);
        refusal(error, realm, &content_type, about).map(Body::from)
    }
}

impl fmt::Display for AuthRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.error(), f)
    }
}

impl Error for AuthRejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error().source()
    }
}

/// The principal that the layer found, if it found one.
fn principal(parts: &Parts) -> Result<Option<&Principal>, AuthRejection> {
    match Realm::passed(&parts.extensions) {
        Some((_, principal)) => Ok(principal),
        None => Err(AuthRejection::new(AuthError::NotLayered, parts)),
    }
}

/// The claims of that principal.
fn claims<T: DeserializeOwned>(parts: &Parts) -> Result<Option<ClaimsAs<T>>, AuthRejection> {
    let Some(principal) = principal(parts)? else { return Ok(None) };
    principal.claims().decode().map(ClaimsAs).map(Some).map_err(|error| AuthRejection::new(error.into(), parts))
}

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        principal(parts)?.cloned().ok_or_else(|| AuthRejection::new(AuthError::NoCredentials, parts))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Principal {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, AuthRejection> {
        Ok(principal(parts)?.cloned())
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for ClaimsAs<T> {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        claims(parts)?.ok_or_else(|| AuthRejection::new(AuthError::NoCredentials, parts))
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for ClaimsAs<T> {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, AuthRejection> {
        claims(parts)
    }
}
