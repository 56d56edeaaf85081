//! Which requests are taken.

use std::sync::Arc;

use http::{StatusCode, header::AUTHORIZATION};
use serde_json::json;

use crate::testing::{Endpoint, TestProvider, endpoint, page, parameters::Parameters, service_account::Refusal};

pub(super) fn basic_alone(provider: &TestProvider) {
    let offered = json!(["client_secret_basic"]);
    let mut hooks = provider.state().hooks_mut();
    hooks.metadata = Some(Arc::new(move |metadata| {
        metadata.insert("token_endpoint_auth_methods_supported".to_owned(), offered.clone());
    }));
    hooks.in_place = Some(Arc::new(|endpoint, request| {
        let is_refused = endpoint == Endpoint::Token && !request.headers().contains_key(AUTHORIZATION);
        is_refused.then(|| endpoint::refuse(Refusal::INVALID_CLIENT))
    }));
}

/// Nobody gets in: what the URL names is not fetched.
pub(super) fn request_objects_alone(provider: &TestProvider) {
    let mut hooks = provider.state().hooks_mut();
    hooks.metadata = Some(Arc::new(|metadata| {
        metadata.insert("request_uri_parameter_supported".to_owned(), json!(true));
    }));
    hooks.in_place = Some(Arc::new(|endpoint, request| {
        let is_refused = endpoint == Endpoint::Authorize && Parameters::of(request).get("request_uri").is_none();
        is_refused.then(|| page::error(StatusCode::BAD_REQUEST, "Only a request by request_uri is answered."))
    }));
}
