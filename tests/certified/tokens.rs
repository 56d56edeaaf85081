//! The tokens that somebody gets for an API, by the authorization code flow and without our layer.

use reqwest::Url;

use crate::{
    browser::Browser,
    provider::{Endpoints, REDIRECT_URI},
};

/// The code verifier of RFC 7636 appendix B, and its challenge.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The public client.
pub(crate) const CLIENT_ID: &str = "none";

/// The tokens of a login.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: String,
}

/// Logs `name` in, for the API `resource`, and with a nonce if there is one.
pub(crate) async fn log_in(endpoints: &Endpoints, name: &str, resource: &str, nonce: Option<&str>) -> Tokens {
    let client = [("client_id", CLIENT_ID), ("redirect_uri", REDIRECT_URI), ("resource", resource)];
    let request = [("response_type", "code"), ("scope", "openid email read:orders"), ("code_challenge", CHALLENGE)];
    let mut start =
        Url::parse_with_params(&format!("{}/auth", endpoints.issuer), client.iter().chain(&request)).unwrap();
    start.query_pairs_mut().append_pair("code_challenge_method", "S256");
    start.query_pairs_mut().extend_pairs(nonce.map(|nonce| ("nonce", nonce)));

    let code = code(&start, name).await;

    let grant = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)];
    let response = endpoints.token_request(&[&client[..], &grant[..]].concat()).await;
    let token = |member: &str| response[member].as_str().map(str::to_owned);
    Tokens { access_token: token("access_token").unwrap(), id_token: token("id_token").unwrap() }
}

async fn code(start: &Url, name: &str) -> String {
    let mut browser = Browser::new();
    browser.hold(REDIRECT_URI);
    browser.open(start.as_str()).await;
    let answer = browser.sign_in(name).await.leads_to();
    let code = answer.query_pairs().find(|(name, _)| name == "code");
    code.unwrap_or_else(|| panic!("no code: {answer}")).1.into_owned()
}
