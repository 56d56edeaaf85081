//! An application that signs people in by hand: what the tests of the browser flow share.

use std::collections::BTreeMap;

use axum::{Router, routing::any};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{TestProvider, client};
use crate::{
    testing::{Browser, Endpoint, ManualClock, Visited},
    types::Algorithm,
};

/// Where the application takes itself to be.
pub(super) const APP: &str = "https://app.example";
pub(super) const CALLBACK: &str = "https://app.example/callback";

/// The code verifier of RFC 7636 appendix B, and its challenge.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A provider, an application that answers everything with what was posted to it, and a browser.
pub(super) struct Flow {
    pub(super) provider: TestProvider,
    pub(super) clock: ManualClock,
    pub(super) browser: Browser,
}

/// Parameters by name.
pub(super) type Answer = BTreeMap<String, String>;

impl Flow {
    pub(super) async fn start() -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().algorithm(Algorithm::Es256).clock(clock.clone()).start().await;
        let _config = provider.login_config(APP);
        let app = Router::new().fallback(any(async |body: String| body));
        let browser = Browser::new(app, APP).with_clock(clock.clone());
        Self { provider, clock, browser }
    }

    /// An authorization request, with `changes`; an empty value leaves a parameter out.
    pub(super) fn request(&self, changes: &[(&str, &str)]) -> String {
        let mut parameters = BTreeMap::from([
            ("client_id", self.provider.client_id()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile email offline_access"),
            ("state", "s-1"),
            ("nonce", "n-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(changes.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        Url::parse_with_params(&self.provider.endpoint(Endpoint::Authorize).url(), parameters).unwrap().into()
    }

    pub(super) async fn ask(&mut self, changes: &[(&str, &str)]) -> Visited {
        let request = self.request(changes);
        self.browser.navigate(&request).await
    }

    /// Jane signs in, and the application gets its answer.
    pub(super) async fn log_in(&mut self, changes: &[(&str, &str)]) -> Answer {
        self.ask(changes).await;
        answer(&self.browser.log_in_as(&self.provider, "jane").await)
    }

    /// The tokens of a login of Jane's.
    pub(super) async fn tokens(&mut self) -> Value {
        let code = self.log_in(&[]).await.remove("code").unwrap();
        let (status, tokens) = self.redeem(&code, &[]).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        tokens
    }

    pub(super) async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut form = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]);
        form.extend(changes.iter().copied());
        form.retain(|_, value| !value.is_empty());
        self.post(Endpoint::Token, &form.into_iter().collect::<Vec<_>>()).await
    }

    pub(super) async fn refresh(&self, tokens: &Value) -> (StatusCode, Value) {
        let token = tokens["refresh_token"].as_str().unwrap();
        self.post(Endpoint::Token, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Posts a form as the client.
    pub(super) async fn post(&self, endpoint: Endpoint, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let request = client().post(self.provider.endpoint(endpoint).url()).form(form);
        let request = request.basic_auth(self.provider.client_id(), Some(self.provider.client_secret()));
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(super) async fn userinfo(&self, access_token: &Value) -> (StatusCode, Value) {
        let request = client().get(self.provider.endpoint(Endpoint::Userinfo).url());
        let response = request.bearer_auth(access_token.as_str().unwrap()).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// Whether the browser is shown a page of the provider's with that title.
    pub(super) fn is_asked(&self, title: &str) -> bool {
        let page = self.browser.page().unwrap();
        page.url.as_str().starts_with(self.provider.issuer()) && page.text().contains(&format!("<h1>{title}</h1>"))
    }
}

/// What the application was answered with: in the query, or posted.
pub(super) fn answer(visited: &Visited) -> Answer {
    assert!(visited.url.as_str().starts_with(CALLBACK), "the browser is at {}:\n{}", visited.url, visited.text());
    let text = visited.url.query().map_or_else(|| visited.text(), str::to_owned);
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// The error that the application was answered with.
pub(super) fn error(visited: &Visited) -> String {
    let mut answer = answer(visited);
    assert_eq!(answer.get("state").map(String::as_str), Some("s-1"));
    answer.remove("error").unwrap_or_else(|| panic!("no error: {answer:?}"))
}

/// The claims of a token, unread.
pub(super) fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
