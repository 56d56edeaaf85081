//! What the metadata say, and where things are.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Map, Value, json};

use crate::testing::{
    Endpoint, TestProvider,
    answer::not_found,
    endpoint,
    parameters::{Parameters, with_query},
    random,
};

use super::answer::ANOTHER;

/// Where a person's issuer is asked for, from the host on (RFC 7033 section 4).
const WEBFINGER: &str = "/.well-known/webfinger";

/// The relation of a name to its issuer (OpenID Connect Discovery 1.0 section 2).
const ISSUER: &str = "http://openid.net/specs/connect/1.0/issuer";

/// The parameter that nobody can guess.
const RUN: &str = "run";

pub(super) fn of_another_issuer(provider: &TestProvider) {
    change(provider, |metadata| drop(metadata.insert("issuer".to_owned(), json!(ANOTHER))));
}

pub(super) fn hidden_endpoints(provider: &TestProvider) {
    hide(
        provider,
        &[
            ("authorization_endpoint", Endpoint::Authorize),
            ("token_endpoint", Endpoint::Token),
            ("userinfo_endpoint", Endpoint::Userinfo),
        ],
    );
}

pub(super) fn hidden_keys(provider: &TestProvider) {
    hide(provider, &[("jwks_uri", Endpoint::Jwks)]);
}

/// The document tells of whoever is asked about.
pub(super) fn webfinger(provider: &TestProvider) {
    let document = json!({ "links": [{ "rel": ISSUER, "href": provider.issuer() }] });
    provider.state().hooks_mut().elsewhere =
        Some(Arc::new(move |path| (path == WEBFINGER).then(|| endpoint::json(StatusCode::OK, &document))));
}

pub(super) fn registration(provider: &TestProvider) {
    let url = provider.state().address.url("/register");
    change(provider, move |metadata| drop(metadata.insert("registration_endpoint".to_owned(), json!(url))));
}

/// Under the alias there is nothing: no client of this provider's has a certificate.
pub(super) fn mtls_aliases(provider: &TestProvider) {
    let aliases = json!({ "token_endpoint": provider.state().address.url("/mtls/token") });
    change(provider, move |metadata| drop(metadata.insert("mtls_endpoint_aliases".to_owned(), aliases.clone())));
}

pub(super) fn session_frame(provider: &TestProvider) {
    let url = provider.state().address.url("/check_session");
    change(provider, move |metadata| drop(metadata.insert("check_session_iframe".to_owned(), json!(url))));
    provider.change_authorization_response(|parameters| {
        parameters.push(("session_state".to_owned(), "the-state-of-a-session.salt".to_owned()));
    });
}

fn change(provider: &TestProvider, change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) {
    provider.state().hooks_mut().metadata = Some(Arc::new(change));
}

/// These endpoints are found only by the metadata: their URLs have a parameter that is made for this play.
fn hide(provider: &TestProvider, endpoints: &'static [(&'static str, Endpoint)]) {
    let run = random::identifier();
    let urls: Map<_, _> = endpoints
        .iter()
        .map(|(name, endpoint)| {
            let url = provider.state().address.url(endpoint.path());
            ((*name).to_owned(), json!(with_query(&url, &[(RUN.to_owned(), run.clone())])))
        })
        .collect();
    change(provider, move |metadata| metadata.extend(urls.clone()));
    provider.state().hooks_mut().in_place = Some(Arc::new(move |endpoint, request| {
        let is_hidden = endpoints.iter().any(|(_, hidden)| *hidden == endpoint);
        (is_hidden && !names(request, &run)).then(not_found)
    }));
}

fn names(request: &Request<Bytes>, run: &str) -> bool {
    Parameters::read(request.uri().query().unwrap_or_default().as_bytes()).get(RUN) == Some(run)
}
