//! What is refused on purpose, or is not there yet: each module is tried all the same, and its test fails on surprise success.

use http::{StatusCode, header::AUTHORIZATION};
use serde_json::Value;
use tower_oidc::{
    Config,
    config::Oidc,
    layer::SetupError,
    login::LoginError,
    provider::UserinfoError,
    testing::{Duty, Endpoint, Scenario, TestProvider},
};
use url::form_urlencoded;

use crate::{
    relying_party::{ALL, CODE, Flow, assert_nobody, assert_refused, assert_signs_in, told},
    support::{Stand, discover, navigation, provider},
    support_sessions::{STORES, copy},
    table::{self, Running},
};

/// Begins a module that no relying party has to pass.
fn begin(scenario: Scenario) -> Running {
    assert_eq!(scenario.duty(), Duty::Optional);
    table::begin(scenario.name())
}

/// The application does not start with that configuration: the problem at `path` says so. Gives what was said.
pub(crate) async fn cannot_be_configured(
    provider: &TestProvider,
    path: &str,
    change: impl FnOnce(&mut Config),
) -> String {
    let mut config = Flow::Code.config(provider);
    change(&mut config);
    let clock = tower_oidc::testing::ManualClock::new();
    let error = discover(config, &clock, |builder| builder).await.expect_err("it is offered by now");
    let SetupError::Config(problems) = &error else { panic!("{error:?}") };
    let problem = problems.to_string().lines().find(|line| line.contains(path)).map(str::to_owned);
    problem.unwrap_or_else(|| panic!("no problem at {path}: {error}")).trim().to_owned()
}

/// Likewise for one setting of the client.
pub(crate) async fn cannot_be_set(path: &str, change: impl FnOnce(&mut Oidc)) -> String {
    let (provider, _) = provider().await;
    cannot_be_configured(&provider, path, |config| change(&mut config.authentication.oidc)).await
}

/// The names of what the last authorization request asked.
pub(crate) fn asked(provider: &TestProvider) -> Vec<String> {
    let request = provider.last_request(Endpoint::Authorize).expect("a login was started");
    form_urlencoded::parse(request.uri().query().unwrap().as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_userinfo_bearer_body() {
    let module = begin(Scenario::UserinfoBearerBody);
    let mut seen = String::new();
    for flow in CODE {
        let stand = flow.stand(Scenario::UserinfoBearerBody).await;
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        let error = stand.login_error();
        let LoginError::Userinfo(reason) = &error else { panic!("{error:?}") };
        assert!(matches!(**reason, UserinfoError::Unauthorized), "{reason:?}");
        assert_eq!((page.status, page.url.path()), (StatusCode::SERVICE_UNAVAILABLE, "/callback"));
        assert_nobody(&stand, &browser, "userinfo was not taken").await;
        seen = told(&error);
        let request = stand.provider.last_request(Endpoint::Userinfo).unwrap();
        assert!(request.headers().contains_key(AUTHORIZATION) && request.body().is_empty());
    }
    module.not_offered(seen);
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_discovery_webfinger_acct() {
    let module = begin(Scenario::DiscoveryWebfingerAcct);
    let (provider, _) = provider().await;
    provider.play(Scenario::DiscoveryWebfingerAcct);
    let host = provider.issuer().strip_prefix("http://").unwrap();
    let name = format!("acct:jane@{host}");
    let problem = cannot_be_configured(&provider, "authenticationConfiguration.authority", |config| {
        config.authentication.authority = Some(name);
    })
    .await;
    assert_eq!(provider.requests(Endpoint::Discovery), 0);
    module.not_offered(problem);
}

/// A URL of a person's is taken for the issuer itself, which it is not.
#[tokio::test]
pub(crate) async fn oidcc_client_test_discovery_webfinger_url() {
    let module = begin(Scenario::DiscoveryWebfingerUrl);
    let (provider, clock) = provider().await;
    provider.play(Scenario::DiscoveryWebfingerUrl);
    let mut config = Flow::Code.config(&provider);
    config.authentication.authority = Some(format!("{}/jane", provider.issuer()));
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    let answer = stand.send(navigation("/me")).await;
    assert_eq!((answer.status, stand.principals()), (StatusCode::SERVICE_UNAVAILABLE, 0));
    let asked = [Endpoint::Discovery, Endpoint::Authorize].map(|endpoint| stand.provider.requests(endpoint));
    assert_eq!(asked, [0, 0], "the metadata of the issuer that WebFinger names were not looked for");
    module.not_offered(told(answer.login_error()));
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_dynamic_registration() {
    let module = begin(Scenario::DynamicRegistration);
    let (provider, _) = provider().await;
    provider.play(Scenario::DynamicRegistration);
    assert!(provider.metadata()["registration_endpoint"].is_string());
    let problem = cannot_be_configured(&provider, "oidcConfiguration.id", |config| {
        config.authentication.client_id = None;
        config.authentication.oidc.id = None;
    })
    .await;
    module.not_offered(problem);
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_request_uri_signed_rs256() {
    refers_to_no_request_object(Scenario::RequestUriSignedRs256).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_request_uri_signed_none() {
    refers_to_no_request_object(Scenario::RequestUriSignedNone).await;
}

async fn refers_to_no_request_object(scenario: Scenario) {
    let module = begin(scenario);
    for flow in ALL {
        let stand = flow.stand(scenario).await;
        let mut browser = stand.browser();
        let page = browser.navigate("/me").await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{flow:?}: the provider's own page");
        let asked = asked(&stand.provider);
        assert!(!asked.iter().any(|name| name == "request_uri" || name == "request"), "{flow:?}: {asked:?}");
        assert_nobody(&stand, &browser, "the provider refuses to ask").await;
    }
    let problem = cannot_be_set("customParams.request_uri", |oidc| {
        oidc.custom_params.insert("request_uri".to_owned(), "https://app.example/request.jwt".to_owned());
    })
    .await;
    module.not_offered(problem);
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_missing_athash() {
    refuses_two_things_at_once(Scenario::MissingAtHash, "id_token token", &[Flow::Implicit]).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_invalid_chash() {
    refuses_two_things_at_once(Scenario::InvalidCHash, "code id_token", CODE).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_missing_chash() {
    refuses_two_things_at_once(Scenario::MissingCHash, "code id_token", CODE).await;
}

/// Neither can be asked for, and what comes unasked is refused, and no code is sent.
async fn refuses_two_things_at_once(scenario: Scenario, response_type: &str, flows: &[Flow]) {
    let module = begin(scenario);
    let problem = cannot_be_set("oidcConfiguration.responseType", |oidc| {
        oidc.response_type = Some(response_type.to_owned());
    })
    .await;
    let reason = told(&LoginError::ResponseType);
    for flow in flows {
        let stand = flow.stand(scenario).await;
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        assert_refused(&stand, &browser, &page, &reason).await;
        assert_eq!(stand.provider.requests(Endpoint::Token), 0, "{flow:?}");
        stand.provider.behave();
        assert_signs_in(&stand, *flow).await;
    }
    module.not_offered(format!("{problem}; unasked: {reason}"));
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_aggregated_claims() {
    takes_no_foreign_claims(Scenario::AggregatedClaims).await;
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_distributed_claims() {
    takes_no_foreign_claims(Scenario::DistributedClaims).await;
}

/// Somebody signs in, and has no phone number: it is the word of another source.
async fn takes_no_foreign_claims(scenario: Scenario) {
    let module = begin(scenario);
    for flow in CODE {
        let (provider, clock) = provider().await;
        provider.play(scenario);
        let mut config = flow.config(&provider);
        config.authentication.jwt_principal_claims_mapping = vec!["phone:phone_number".to_owned()];
        let stand = Stand::built(provider, clock, config, |builder| builder).await;
        let me: Value = stand.signed_in("alice").await.fetch("/me").await.json();
        assert_eq!(me["sub"], "alice");
        assert!(!me.to_string().contains("310"), "{flow:?}: {me}");
        stand.provider.behave();
        stand.provider.add_user("alice").claim("phone", "none").claim("phone_number", "+1 (310) 123-4567");
        stand.provider.change_userinfo(|claims| {
            claims.insert("phone_number".to_owned(), "+1 (310) 123-4567".into());
        });
        let me: Value = stand.signed_in("alice").await.fetch("/me").await.json();
        assert!(me.to_string().contains("310"), "{flow:?}: the provider's own word is taken: {me}");
    }
    module.not_offered("signed in without the claim");
}

#[tokio::test]
pub(crate) async fn oidcc_client_test_mtls_endpoint_aliases() {
    let module = begin(Scenario::MtlsEndpointAliases);
    let mut problems = Vec::new();
    for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
        let problem = cannot_be_set("oidcConfiguration.clientAuthenticationMethod", |oidc| {
            oidc.client_authentication_method = Some(method.to_owned());
        });
        problems.push(problem.await);
    }
    for flow in CODE {
        let stand = flow.stand(Scenario::MtlsEndpointAliases).await;
        assert_signs_in(&stand, *flow).await;
        assert_eq!(
            stand.provider.requests(Endpoint::Token),
            1,
            "{flow:?}: without a certificate the alias is not ours"
        );
    }
    module.not_offered(&problems[0]);
}

/// The session at the provider is over, and nothing but its frame would tell: here it goes on.
#[tokio::test]
pub(crate) async fn oidcc_client_test_session_management() {
    let module = begin(Scenario::SessionManagement);
    for flow in ALL {
        for store in STORES {
            let stand = flow.changed(Scenario::SessionManagement, |oidc| oidc.session_store = Some(store.into())).await;
            let mut browser = stand.signed_in("jane").await;
            let cookies = copy(&browser);
            browser.navigate(&stand.provider.endpoint(Endpoint::EndSession).url()).await;
            assert!(stand.provider.session_ids("jane").is_empty(), "{flow:?} {store}");
            assert!(stand.is_alive(&cookies).await, "{flow:?} {store}: nothing asks the provider's frame");
            let page = browser.navigate("/").await;
            assert_eq!((page.status, page.json::<Value>()["sub"].as_str()), (StatusCode::OK, Some("jane")));
        }
    }
    module.not_offered("the session goes on until a logout, a renewal or its end");
}
