//! The application whose conduct is looked at: how it is set up, and what it does with what the provider plays.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::{
    Config,
    config::Oidc,
    jose::JoseError,
    login::LoginError,
    testing::{Browser, Duty, Endpoint, Scenario, TestProvider, Visited},
    validator::TokenError,
};

use crate::{
    support::{SECRET, SERVER, Stand, login_config, provider},
    support_sessions::copy,
    table,
};

/// A way to sign in that the application can be set up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// `response_type=code`, a confidential client; userinfo is asked at every login.
    Code,
    /// Likewise, with `response_mode=form_post`.
    CodeByFormPost,
    /// `response_type=id_token` and `response_mode=form_post`, a public client. There is no userinfo without an access token.
    Implicit,
}

/// Every way.
pub(crate) const ALL: &[Flow] = &[Flow::Code, Flow::CodeByFormPost, Flow::Implicit];

/// Those with a token endpoint.
pub(crate) const CODE: &[Flow] = &[Flow::Code, Flow::CodeByFormPost];

impl Flow {
    /// The configuration of an application that signs people in by it.
    pub(crate) fn config(self, provider: &TestProvider) -> Config {
        let mut config = match self {
            Self::Implicit => return provider.public_login_config(SERVER).session_secret(SECRET),
            Self::Code | Self::CodeByFormPost => login_config(provider, SERVER),
        };
        let oidc = &mut config.authentication.oidc;
        oidc.load_userinfo = Some("always".to_owned());
        oidc.response_mode = (self == Self::CodeByFormPost).then(|| "form_post".to_owned());
        config
    }

    /// A provider that plays, and the application in front of it.
    pub(crate) async fn stand(self, scenario: Scenario) -> Stand {
        self.changed(scenario, |_| ()).await
    }

    /// Likewise, with a changed configuration.
    pub(crate) async fn changed(self, scenario: Scenario, change: impl FnOnce(&mut Oidc)) -> Stand {
        let (provider, clock) = provider().await;
        provider.play(scenario);
        let mut config = self.config(&provider);
        change(&mut config.authentication.oidc);
        Stand::built(provider, clock, config, |builder| builder).await
    }
}

/// An ID token that was refused for that reason.
pub(crate) fn id_token(reason: impl Into<TokenError>) -> String {
    told(&LoginError::IdToken(reason.into()))
}

/// An ID token that was refused for that reason of its form or its signature.
pub(crate) fn id_token_form(reason: JoseError) -> String {
    id_token(TokenError::from(reason))
}

/// The typed reason, as the table shows it.
pub(crate) fn told(error: &LoginError) -> String {
    format!("{error:?}")
}

/// Plays a scenario by each flow: everybody comes in, and userinfo is asked with the access token where there is one.
pub(crate) async fn accepts(scenario: Scenario, flows: &[Flow]) {
    let module = table::begin(scenario.name());
    for flow in flows {
        assert_signs_in(&flow.stand(scenario).await, *flow).await;
    }
    module.accepted(format!("signed in by {flows:?}"));
}

/// Somebody signs in, the application sees them, and userinfo was asked.
pub(crate) async fn assert_signs_in(stand: &Stand, flow: Flow) {
    let asked = stand.provider.requests(Endpoint::Userinfo);
    let mut browser = stand.browser();
    let me = stand.eventually(stand.sign_in(&mut browser, "alice")).await;
    assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"), "{flow:?}: {:?}", stand.refusals());
    assert_eq!(me.json::<Value>()["sub"], "alice", "{flow:?}");
    assert!(stand.principals() > 0, "{flow:?}: the application sees who it is");
    assert_good_requests(&stand.provider, flow);
    let asks = usize::from(flow != Flow::Implicit);
    assert_eq!(stand.provider.requests(Endpoint::Userinfo) - asked, asks, "{flow:?}");
}

/// What every module looks at: `openid`, the exact redirect URI, a nonce, and no token in a query. Where requests must be pushed, the
/// browser carries the reference alone.
fn assert_good_requests(provider: &TestProvider, flow: Flow) {
    let request = provider.last_request(Endpoint::Authorize).unwrap();
    let carried = request.uri().query().unwrap().as_bytes().to_vec();
    let parameters = if provider.metadata()["require_pushed_authorization_requests"] == true {
        let names: Vec<_> = url::form_urlencoded::parse(&carried).map(|(name, _)| name).collect();
        assert_eq!(names, ["client_id", "request_uri"], "{flow:?}");
        provider.last_request(Endpoint::PushedAuthorization).unwrap().into_body().to_vec()
    } else {
        carried
    };
    let query: Vec<_> = url::form_urlencoded::parse(&parameters).collect();
    let parameter = |name: &str| query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_ref());
    assert!(parameter("scope").unwrap().split(' ').any(|scope| scope == "openid"), "{flow:?}");
    assert_eq!(parameter("redirect_uri"), Some("https://app.example/callback"), "{flow:?}");
    assert!(parameter("nonce").is_some() && parameter("state").is_some(), "{flow:?}");
    if let Some(request) = provider.last_request(Endpoint::Userinfo) {
        assert!(!request.uri().query().unwrap_or_default().contains("access_token"), "{flow:?}");
    }
}

/// Plays a scenario by each flow: nobody comes in, for that reason. The same person does once the provider behaves.
pub(crate) async fn refuses(scenario: Scenario, flows: &[Flow], reason: impl Into<String>) {
    assert_ne!(scenario.duty(), Duty::Accept);
    let (module, reason) = (table::begin(scenario.name()), reason.into());
    for flow in flows {
        assert_refuses(&flow.stand(scenario).await, *flow, &reason).await;
    }
    module.refused(reason);
}

/// Nobody comes in, for that reason; and somebody does once the provider behaves.
pub(crate) async fn assert_refuses(stand: &Stand, flow: Flow, reason: &str) {
    let mut browser = stand.browser();
    let page = stand.eventually(stand.sign_in(&mut browser, "alice")).await;
    assert_refused(stand, &browser, &page, reason).await;
    stand.provider.behave();
    assert_signs_in(stand, flow).await;
}

/// The login of this browser ended with that page, for that reason, and nothing was acted on.
pub(crate) async fn assert_refused(stand: &Stand, browser: &Browser, page: &Visited, reason: &str) {
    let error = stand.login_error();
    assert_eq!(told(&error), reason);
    assert_eq!((page.status, page.url.path()), (error.kind().status(), "/callback"), "{reason}");
    assert!(page.text().contains(&format!("<code>{}</code>", error.code())), "{reason}: {}", page.text());
    assert_eq!(stand.provider.requests(Endpoint::Userinfo), 0, "{reason}: the suite would take that for acceptance");
    assert_nobody(stand, browser, reason).await;
}

/// Nobody is signed in with this browser, and the application has never seen anybody.
pub(crate) async fn assert_nobody(stand: &Stand, browser: &Browser, what: &str) {
    assert_eq!(browser.fetch("/me").await.status, StatusCode::UNAUTHORIZED, "{what}");
    assert_eq!(browser.fetch("/").await.text(), "null", "{what}");
    assert_eq!((stand.principals(), copy(browser)), (0, Vec::new()), "{what}: the application sees nobody");
}

/// A configuration that proves itself by a key of its own, which the provider knows from then on.
pub(crate) fn with_key(mut config: Config, provider: &TestProvider, key_id: &str) -> Config {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let public = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": key_id, "x": x, "y": y});
    provider.add_service_account_with_key(provider.client_id(), &public);
    let der = STANDARD.encode(pair.to_pkcs8v1().unwrap().as_ref());
    let oidc = &mut config.authentication.oidc;
    oidc.client_authentication_method = Some("private_key_jwt".to_owned());
    oidc.private_key = Some(format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n").as_str().into());
    (oidc.secret, oidc.private_key_id) = (None, Some(key_id.to_owned()));
    oidc.private_key_algorithm = Some("ES256".to_owned());
    config
}
