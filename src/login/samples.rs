//! Settings, metadata and a start for the tests of this folder.

use std::sync::atomic::{AtomicU8, Ordering};

use url::Url;

use crate::{
    config::{Config, LoginSettings},
    provider::Metadata,
    types::{Issuer, Random, RandomError},
};

use super::{ReturnTo, start::Start};

pub(super) const APP: &str = "https://app.example";
pub(super) const ISSUER: &str = "https://id.example";

/// A confidential client with the code flow at `https://app.example`.
pub(super) fn config() -> Config {
    Config::new()
        .provider("custom-oidc")
        .authority(ISSUER)
        .audience("https://api.example")
        .client_id("client")
        .client_secret("a secret of the client's, which is long")
        .server_url(APP)
}

/// The login settings of [`config`], changed.
pub(super) fn settings(change: impl FnOnce(&mut Config)) -> LoginSettings {
    let mut config = config();
    change(&mut config);
    config.check().unwrap().login.unwrap()
}

/// Metadata with endpoints and without lists.
pub(super) fn metadata() -> Metadata {
    let url = |path: &str| Some(Url::parse(&[ISSUER, path].concat()).unwrap());
    Metadata {
        issuer: Issuer::new(ISSUER),
        jwks_uri: url("/keys"),
        authorization_endpoint: url("/authorize"),
        token_endpoint: url("/token"),
        userinfo_endpoint: None,
        end_session_endpoint: None,
        revocation_endpoint: None,
        introspection_endpoint: None,
        pushed_authorization_request_endpoint: None,
        require_pushed_authorization_requests: false,
        scopes_supported: None,
        claims_supported: None,
        response_types_supported: None,
        response_modes_supported: None,
        grant_types_supported: None,
        prompt_values_supported: None,
        id_token_signing_alg_values_supported: None,
        token_endpoint_auth_methods_supported: None,
        token_endpoint_auth_signing_alg_values_supported: None,
        code_challenge_methods_supported: None,
        authorization_response_iss_parameter_supported: false,
        backchannel_logout_supported: false,
        backchannel_logout_session_supported: false,
    }
}

/// A login that returns to that path.
pub(super) fn start_to(path: &str, settings: &LoginSettings) -> Start {
    Start::to(ReturnTo::parse(path, settings).unwrap())
}

/// Fills with 1, then with 2, and so on.
#[derive(Debug, Default)]
pub(super) struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed) + 1);
        Ok(())
    }
}

/// A system that gives no randomness.
#[derive(Debug)]
pub(super) struct Dry;

impl Random for Dry {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
        Err(RandomError)
    }
}
