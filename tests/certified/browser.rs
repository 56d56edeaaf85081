//! A person with a browser, as far as the provider's own pages need one.

use std::collections::BTreeMap;

use reqwest::{
    RequestBuilder, Response, Url,
    header::{COOKIE, LOCATION, SET_COOKIE},
};

use crate::provider::{Endpoints, REDIRECT_URI, http_client};

/// The code verifier of RFC 7636 appendix B, and its challenge.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The public client.
pub(crate) const CLIENT_ID: &str = "none";

/// More pages than a login has.
const MAX_PAGES: usize = 12;

/// The tokens of a login.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: String,
}

/// Logs `name` in by the authorization code flow, for the API `resource`, and with a nonce if there is one.
pub(crate) async fn log_in(endpoints: &Endpoints, name: &str, resource: &str, nonce: Option<&str>) -> Tokens {
    let client = [("client_id", CLIENT_ID), ("redirect_uri", REDIRECT_URI), ("resource", resource)];
    let request = [("response_type", "code"), ("scope", "openid email read:orders"), ("code_challenge", CHALLENGE)];
    let mut start =
        Url::parse_with_params(&format!("{}/auth", endpoints.issuer), client.iter().chain(&request)).unwrap();
    start.query_pairs_mut().append_pair("code_challenge_method", "S256");
    start.query_pairs_mut().extend_pairs(nonce.map(|nonce| ("nonce", nonce)));

    let code = Browser::new().code(start, name).await;

    let grant = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)];
    let response = endpoints.token_request(&[&client[..], &grant[..]].concat()).await;
    let token = |member: &str| response[member].as_str().map(str::to_owned);
    Tokens { access_token: token("access_token").unwrap(), id_token: token("id_token").unwrap() }
}

struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        Self { http: http_client(), cookies: BTreeMap::new() }
    }

    /// Follows redirects and fills in forms until the provider sends the browser back with a code.
    async fn code(&mut self, start: Url, name: &str) -> String {
        let mut at = start;
        for _ in 0..MAX_PAGES {
            let page = self.send(self.http.get(at.clone())).await;
            let response = if page.status().is_redirection() { page } else { self.fill_in(page, name).await };
            at = at.join(response.headers()[LOCATION].to_str().unwrap()).unwrap();
            if at.as_str().starts_with(REDIRECT_URI) {
                let code = at.query_pairs().find(|(name, _)| name == "code");
                return code.unwrap_or_else(|| panic!("no code: {at}")).1.into_owned();
            }
        }
        panic!("the login does not end");
    }

    /// Says who it is, or yes.
    async fn fill_in(&mut self, page: Response, name: &str) -> Response {
        let url = page.url().clone();
        let text = page.text().await.unwrap();
        let prompt = ["login", "consent"].into_iter().find(|prompt| text.contains(&format!("value=\"{prompt}\"")));
        let prompt = prompt.unwrap_or_else(|| panic!("no form that is known: {text}"));
        self.send(self.http.post(url).form(&[("prompt", prompt), ("login", name)])).await
    }

    /// Every cookie goes everywhere: no two of the provider's share a name.
    async fn send(&mut self, request: RequestBuilder) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }
}
