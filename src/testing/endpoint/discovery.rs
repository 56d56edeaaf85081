//! The metadata document.

use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value, json};

use crate::{testing::state::State, types::Algorithm};

use super::{Endpoint, document};

pub(super) fn answer(state: &State) -> Response<Bytes> {
    document::json(metadata(state).to_string().into())
}

/// What an Auth0-like provider publishes (OpenID Connect Discovery 1.0 section 3), with the test's changes.
pub(super) fn metadata(state: &State) -> Value {
    let mut metadata = endpoints(state);
    metadata.extend(capabilities());
    let requires_pushed = state.registration().requires_pushed_requests;
    metadata.insert("require_pushed_authorization_requests".to_owned(), json!(requires_pushed));
    metadata.insert("id_token_signing_alg_values_supported".to_owned(), signing_algorithms(state));
    state.metadata().apply(&mut metadata);
    state.hooks().metadata(&mut metadata);
    Value::Object(metadata)
}

fn endpoints(state: &State) -> Map<String, Value> {
    let url = |path| Value::String(state.address.url(path));
    [
        ("issuer", json!(state.address.issuer())),
        ("authorization_endpoint", url(Endpoint::Authorize.path())),
        ("token_endpoint", url(Endpoint::Token.path())),
        ("userinfo_endpoint", url(Endpoint::Userinfo.path())),
        ("jwks_uri", url(Endpoint::Jwks.path())),
        ("end_session_endpoint", url(Endpoint::EndSession.path())),
        ("revocation_endpoint", url(Endpoint::Revoke.path())),
        ("pushed_authorization_request_endpoint", url(Endpoint::PushedAuthorization.path())),
    ]
    .into_iter()
    .map(named)
    .collect()
}

fn capabilities() -> impl Iterator<Item = (String, Value)> {
    let authentication = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];
    [
        ("scopes_supported", json!(["openid", "profile", "email", "offline_access"])),
        ("response_types_supported", json!(["code", "id_token"])),
        ("response_modes_supported", json!(["query", "form_post"])),
        ("grant_types_supported", json!(["authorization_code", "implicit", "refresh_token", "client_credentials"])),
        ("subject_types_supported", json!(["public"])),
        ("token_endpoint_auth_methods_supported", json!(authentication)),
        ("token_endpoint_auth_signing_alg_values_supported", json!(["HS256", "RS256", "RS384", "PS256", "ES256"])),
        ("code_challenge_methods_supported", json!(["S256"])),
        (
            "claims_supported",
            json!(["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name", "email", "email_verified"]),
        ),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("backchannel_logout_supported", json!(true)),
        ("backchannel_logout_session_supported", json!(true)),
        ("frontchannel_logout_supported", json!(true)),
        ("frontchannel_logout_session_supported", json!(true)),
        ("prompt_values_supported", json!(["none", "login", "consent", "select_account"])),
        ("request_parameter_supported", json!(false)),
        ("request_uri_parameter_supported", json!(false)),
    ]
    .into_iter()
    .map(named)
}

fn named((name, value): (&str, Value)) -> (String, Value) {
    (name.to_owned(), value)
}

/// RS256, which every provider must offer, and what the published keys sign with.
fn signing_algorithms(state: &State) -> Value {
    let mut algorithms = vec![Algorithm::Rs256];
    for key in state.keys().published() {
        if !algorithms.contains(&key.algorithm()) {
            algorithms.push(key.algorithm());
        }
    }
    algorithms.into_iter().map(Algorithm::name).collect()
}
