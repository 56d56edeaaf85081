//! Extractors for axum handlers (feature `axum`).
//!
//! - [`Principal`]: who sends the request; without credentials the request is refused with 401.
//! - `Option<Principal>`: who sends it, if anybody says so. Bad credentials were refused by the layer already.
//! - [`ClaimsAs<T>`]: the verified claims in a type of yours; 403 when they do not fit it.
//!
//! On a route where no [`AuthLayer`](crate::layer::AuthLayer) was passed they answer 500 and name the cure.

use axum_core::{
    body::Body,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::request::Parts;
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

/// The answer of an extractor that found no principal.
#[derive(Debug)]
pub struct AuthRejection(Box<http::Response<Bytes>>);

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        (*self.0).map(Body::from)
    }
}

fn reject(error: AuthError, parts: &Parts) -> AuthRejection {
    let passed = Realm::passed(&parts.extensions);
    let about = About::parts(parts).of(passed.and_then(|(_, principal)| principal));
    AuthRejection(Box::new(refusal(error, passed.map(|(realm, _)| realm), &parts.headers, about)))
}

/// The principal that the layer found, if it found one.
fn principal(parts: &Parts) -> Result<Option<&Principal>, AuthRejection> {
    match Realm::passed(&parts.extensions) {
        Some((_, principal)) => Ok(principal),
        None => Err(reject(AuthError::NotLayered, parts)),
    }
}

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        principal(parts)?.cloned().ok_or_else(|| reject(AuthError::NoCredentials, parts))
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
        let principal = principal(parts)?.ok_or_else(|| reject(AuthError::NoCredentials, parts))?;
        principal.claims().decode().map(Self).map_err(|error| reject(error.into(), parts))
    }
}
