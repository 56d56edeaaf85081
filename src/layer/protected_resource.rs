//! OAuth 2.0 Protected Resource Metadata (RFC 9728).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header::CONTENT_TYPE};
use serde::Serialize;
use url::Url;

use crate::{
    config::{DpopPolicy, Settings},
    provider::{IssuerRule, Provider},
    types::Algorithm,
    validator::PROOF_ALGORITHMS,
};

use super::setup::Setup;

/// The well-known path (RFC 9728 section 3).
const PATH: &str = "/.well-known/oauth-protected-resource";

/// What a client may know before it has a token.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ProtectedResource {
    /// The resource's identifier: `serverUrl`, or else the first audience.
    pub resource: String,
    /// Whose tokens are accepted. One that is not discovered yet, or is a template, is missing.
    pub authorization_servers: Vec<String>,
    /// How a token is sent: in the header alone.
    pub bearer_methods_supported: [&'static str; 1],
    /// The algorithms that a proof may be signed with (RFC 9449), where tokens are taken that are bound to a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpop_signing_alg_values_supported: Option<Vec<&'static str>>,
    /// Whether no other tokens are taken.
    #[serde(skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens_required: bool,
}

/// What is left out has that meaning (RFC 9728 section 2).
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

impl ProtectedResource {
    pub(super) fn new(settings: &Settings, providers: &[Provider]) -> Self {
        let server_url = settings.server_url().map(identifier);
        let dpop = settings.dpop.as_ref().map(|dpop| dpop.policy);
        let audience = settings.issuers.iter().flat_map(|issuer| &issuer.audiences).next().cloned();
        let issuer = |provider: &Provider| match provider.snapshot().issuer()? {
            IssuerRule::Exact(issuer) => Some(issuer.to_string()),
            IssuerRule::Template(_) => None,
        };
        Self {
            resource: server_url.or(audience).unwrap_or_default(),
            authorization_servers: providers.iter().filter_map(issuer).collect(),
            bearer_methods_supported: ["header"],
            dpop_signing_alg_values_supported: dpop
                .map(|_| PROOF_ALGORITHMS.iter().copied().map(Algorithm::name).collect()),
            dpop_bound_access_tokens_required: dpop == Some(DpopPolicy::Required),
        }
    }
}

/// A base URL as a resource's identifier, which is compared byte for byte (RFC 9728 section 3.3): without the slash that a URL
/// type adds to an origin.
fn identifier(server_url: &Url) -> String {
    server_url.as_str().trim_end_matches('/').to_owned()
}

/// Where the metadata of a service with that base URL stand: a path of the URL follows the well-known one.
pub(super) fn url(server_url: &Url) -> String {
    let mut url = server_url.clone();
    url.set_path(&[PATH, own_path(server_url)].concat());
    url.set_query(None);
    url.to_string()
}

fn own_path(server_url: &Url) -> &str {
    server_url.path().trim_end_matches('/')
}

/// The answer to a request for the metadata, with or without the service's own path; `None` for any other.
pub(super) fn answer<B>(setup: &Setup, request: &Request<B>) -> Option<Response<Bytes>> {
    let rest = request.uri().path().strip_prefix(PATH)?;
    let is_own = || setup.settings().server_url().is_some_and(|server_url| rest == own_path(server_url));
    let asked = (rest.is_empty() || is_own()) && matches!(*request.method(), Method::GET | Method::HEAD);
    let body = asked.then(|| serde_json::to_vec(&setup.protected_resource()).unwrap_or_default())?;
    let mut response = Response::new(Bytes::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}
