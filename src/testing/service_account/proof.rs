//! A client proves itself at the token endpoint and at those that are like it (OpenID Connect Core 1.0 section 9).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, StatusCode, header::AUTHORIZATION};
use url::form_urlencoded;

use crate::testing::{parameters::Parameters, state::State};

use super::{Credential, ServiceAccounts, assertion};

/// `client_assertion_type` of RFC 7523 section 2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A refusal (RFC 6749 section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::testing) struct Refusal {
    pub(in crate::testing) status: StatusCode,
    pub(in crate::testing) error: &'static str,
}

impl Refusal {
    pub(in crate::testing) const INVALID_CLIENT: Self = Self::new(StatusCode::UNAUTHORIZED, "invalid_client");
    pub(in crate::testing) const INVALID_REQUEST: Self = Self::new(StatusCode::BAD_REQUEST, "invalid_request");
    pub(in crate::testing) const UNSUPPORTED_GRANT: Self = Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type");

    pub(in crate::testing) const INVALID_GRANT: Self = Self::new(StatusCode::BAD_REQUEST, "invalid_grant");
    pub(in crate::testing) const INVALID_SCOPE: Self = Self::new(StatusCode::BAD_REQUEST, "invalid_scope");
    pub(in crate::testing) const UNAUTHORIZED_CLIENT: Self = Self::new(StatusCode::BAD_REQUEST, "unauthorized_client");

    /// Status 400 with that code.
    pub(in crate::testing) const fn bad_request(error: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    const fn new(status: StatusCode, error: &'static str) -> Self {
        Self { status, error }
    }
}

impl ServiceAccounts {
    /// The client that sends a request, by whichever method it proves itself; two at once are refused.
    pub(in crate::testing) fn authenticate(
        &mut self,
        state: &State,
        request: &Request<Bytes>,
        form: &Parameters,
    ) -> Result<String, Refusal> {
        let header = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes());
        match (header, form.get("client_secret"), form.get("client_assertion")) {
            (Some(header), None, None) => {
                let (client_id, secret) = basic(header).ok_or(Refusal::INVALID_CLIENT)?;
                self.check_secret(client_id, &secret)
            }
            (None, Some(secret), None) => {
                self.check_secret(form.get("client_id").unwrap_or_default().to_owned(), secret)
            }
            (None, None, Some(assertion)) if form.get("client_assertion_type") == Some(JWT_BEARER) => {
                self.check_assertion(state, assertion)
            }
            (None, None, None) => self.check_public(form.get("client_id").unwrap_or_default()),
            _ => Err(Refusal::INVALID_REQUEST),
        }
    }

    fn check_public(&self, client_id: &str) -> Result<String, Refusal> {
        if self.is_public(client_id) { Ok(client_id.to_owned()) } else { Err(Refusal::INVALID_CLIENT) }
    }

    fn check_secret(&self, client_id: String, given: &str) -> Result<String, Refusal> {
        match self.credentials.get(&client_id) {
            Some(Credential::Secret(secret)) if secret == given => Ok(client_id),
            _ => Err(Refusal::INVALID_CLIENT),
        }
    }

    fn check_assertion(&mut self, state: &State, text: &str) -> Result<String, Refusal> {
        let client_id = assertion::unverified_client(text).ok_or(Refusal::INVALID_CLIENT)?;
        let claims = match self.credentials.get(&client_id).ok_or(Refusal::INVALID_CLIENT)? {
            Credential::Secret(secret) => assertion::by_secret(text, secret),
            Credential::PublicKey(keys) => assertion::by_key(text, keys),
            Credential::None => None,
        };
        let id = claims.and_then(|claims| assertion::check(&claims, &client_id, state));
        let is_new = id.is_some_and(|id| self.assertions.insert(id));
        if is_new { Ok(client_id) } else { Err(Refusal::INVALID_CLIENT) }
    }
}

/// Both parts are form-encoded (RFC 6749 section 2.3.1).
fn basic(header: &[u8]) -> Option<(String, String)> {
    let pair = STANDARD.decode(header.strip_prefix(b"Basic ")?).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let decoded = |part: &[u8]| form_urlencoded::parse(part).next().map(|(text, _)| text.into_owned());
    Some((decoded(&pair[..colon])?, decoded(&pair[colon + 1..])?))
}
