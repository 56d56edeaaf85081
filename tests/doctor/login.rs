//! What the provider offers, the client's credential, the callback, sessions.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::header::AUTHORIZATION;
use serde_json::json;
use tower_oidc::{
    doctor::{self, Severity},
    testing::{Endpoint, Fault, TestProvider},
    types::Secret,
};

use crate::support::{
    APP, SESSION_SECRET, assert_found, assert_ok, assert_silent, good, oidc, only, register, report, report_of,
};

const BLOCK: &str = "authenticationConfiguration";

#[tokio::test]
async fn what_is_not_offered_is_told_setting_by_setting() {
    let report = report_of(|provider| {
        provider.set_metadata("response_types_supported", ["id_token"]);
        provider.set_metadata("code_challenge_methods_supported", ["plain"]);
        provider.set_metadata("token_endpoint_auth_methods_supported", ["private_key_jwt"]);
        provider.set_metadata("id_token_signing_alg_values_supported", ["HS256"]);
    })
    .await;
    let errors: Vec<_> = report.of("login.offered").map(|one| (one.severity, one.path.clone())).collect();
    for setting in ["responseType", "disablePkce", "clientAuthenticationMethod", "preferredJwsAlgorithm"] {
        assert!(errors.contains(&(Severity::Error, oidc(setting))), "{setting} in\n{report}");
    }
    let told = report.of("login.offered").find(|one| one.path == oidc("disablePkce")).unwrap();
    assert_eq!(told.seen, "S256 is configured, and the provider offers \"plain\"");
}

#[tokio::test]
async fn endpoints_that_are_missing_are_told() {
    let report = report_of(|provider| {
        provider.remove_metadata("authorization_endpoint");
        provider.remove_metadata("token_endpoint");
        provider.remove_metadata("userinfo_endpoint");
    })
    .await;
    let endpoints: Vec<_> = report.of("login.endpoints").collect();
    assert_eq!(endpoints.len(), 2, "{report}");
    assert!(endpoints.iter().all(|one| one.severity == Severity::Error), "{report}");
    assert_eq!(only(&report, "login.userinfo").severity, Severity::Note);
    let always = self::report(|provider, mut config| {
        provider.remove_metadata("userinfo_endpoint");
        config.authentication.oidc.load_userinfo = Some("always".to_owned());
        config
    })
    .await;
    assert_found(&always, "login.userinfo", Severity::Error, &oidc("loadUserinfo"), "always");
    let never = self::report(|provider, mut config| {
        provider.remove_metadata("userinfo_endpoint");
        config.authentication.oidc.load_userinfo = Some("never".to_owned());
        config
    })
    .await;
    assert_silent(&never, "login.userinfo");
}

#[tokio::test]
async fn scopes_that_are_not_listed_are_told() {
    let scoped = async |scope: &str| report(|_, config| config.scope(scope)).await;
    assert_found(&scoped("openid address").await, "login.scopes", Severity::Warning, &oidc("scope"), "address");
    let of_an_api = scoped("openid read:orders").await;
    assert_found(&of_an_api, "login.scopes", Severity::Note, &oidc("scope"), "read:orders");
    assert_silent(&report_of(|provider| provider.remove_metadata("scopes_supported")).await, "login.scopes");
}

#[tokio::test]
async fn logout_and_pushed_requests_are_told() {
    let report = report_of(|provider| {
        provider.remove_metadata("end_session_endpoint");
        provider.set_metadata("backchannel_logout_supported", false);
        provider.set_metadata("require_pushed_authorization_requests", true);
        provider.remove_metadata("pushed_authorization_request_endpoint");
        provider.remove_metadata("code_challenge_methods_supported");
    })
    .await;
    assert_found(&report, "login.end_session", Severity::Warning, BLOCK, "stays signed in");
    assert_eq!(only(&report, "login.back_channel").severity, Severity::Note);
    assert_eq!(only(&report, "login.pushed_requests").severity, Severity::Error);
    assert_eq!(only(&report, "login.pkce").severity, Severity::Note);

    let auth0 = self::report(|provider, config| {
        provider.remove_metadata("end_session_endpoint");
        config.provider("auth0")
    })
    .await;
    assert_found(&auth0, "login.end_session", Severity::Note, BLOCK, "/v2/logout");
    let right = self::report(|_, config| config).await;
    assert!(right.of("login.back_channel").next().unwrap().seen.contains("https://app.example/backchannel-logout"));
    assert_silent(&right, "login.pkce");
}

/// A report of a login that is told that word.
async fn pushed(word: &str, change: impl FnOnce(&TestProvider)) -> doctor::Report {
    report(|provider, mut config| {
        change(provider);
        config.authentication.oidc.pushed_authorization_requests = Some(word.to_owned());
        config
    })
    .await
}

#[tokio::test]
async fn whether_requests_are_pushed_is_told() {
    const CHECK: &str = "login.pushed_requests";
    let wants = |provider: &TestProvider| provider.require_pushed_requests(true);
    let offers_none = |provider: &TestProvider| provider.remove_metadata("pushed_authorization_request_endpoint");
    for (word, wanted) in [("auto", true), ("ifAvailable", false), ("ifAvailable", true), ("required", true)] {
        let report = pushed(word, |provider| provider.require_pushed_requests(wanted)).await;
        assert_ok(&report, CHECK);
        assert_ok(&report, "callback");
    }
    assert_found(&pushed("auto", |_| ()).await, CHECK, Severity::Note, BLOCK, "are offered; the login does without");
    assert_found(&pushed("ifAvailable", offers_none).await, CHECK, Severity::Note, BLOCK, "are not offered");
    let path = oidc("pushedAuthorizationRequests");
    assert_found(&pushed("off", wants).await, CHECK, Severity::Error, &path, "is off");
    let nowhere = pushed("required", offers_none).await;
    assert_found(&nowhere, "login.offered", Severity::Error, &path, "the provider offers none");
    assert_silent(&nowhere, CHECK);
}

/// The provider says no where the request is pushed, and to an address that nobody has registered as well.
#[tokio::test]
async fn a_callback_is_told_where_the_request_is_pushed_too() {
    let wrong = report(|provider, mut config| {
        provider.require_pushed_requests(true);
        config.authentication.oidc.callback_url = Some("https://app.example/elsewhere".to_owned());
        config
    })
    .await;
    assert_found(&wrong, "callback", Severity::Error, &oidc("callbackUrl"), "https://app.example/elsewhere");
    for (fault, check, severity, key, seen) in [
        (Fault::Status(503), "callback", Severity::Note, "callbackUrl", "not told"),
        (Fault::Status(405), "login.pushed_requests", Severity::Error, "pushedAuthorizationRequests", "405"),
        (Fault::Status(401), "login.pushed_requests", Severity::Error, "pushedAuthorizationRequests", "401"),
    ] {
        let report = pushed("required", |provider| {
            provider.endpoint(Endpoint::PushedAuthorization).fail_with(fault);
        })
        .await;
        assert_found(&report, check, severity, &oidc(key), seen);
    }
}

#[tokio::test]
async fn the_secret_is_proved_by_a_code_that_was_made_up() {
    let provider = TestProvider::start().await;
    for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt"] {
        let mut config = good(&provider);
        config.authentication.oidc.client_authentication_method = Some(method.to_owned());
        let report = doctor::check(&config).await;
        assert_ok(&report, "client");
        assert!(report.of("client").next().unwrap().seen.contains(method));

        let request = provider.last_request(Endpoint::Token).unwrap();
        let form: std::collections::BTreeMap<String, String> =
            url::form_urlencoded::parse(request.body()).into_owned().collect();
        assert_eq!(
            (&*form["grant_type"], &*form["redirect_uri"]),
            ("authorization_code", "https://app.example/callback")
        );
        assert!(form["code_verifier"].len() >= 43);
        assert_eq!(request.headers().contains_key(AUTHORIZATION), method == "client_secret_basic");
        assert!(!report.to_string().contains(&form["code"]) && !report.to_string().contains(&form["code_verifier"]));

        let report = doctor::check(&config.client_secret("a secret of 32 bytes or more that is another one")).await;
        assert_found(&report, "client", Severity::Error, &oidc("secret"), "invalid_client");
    }
    let report = doctor::check(&good(&provider).client_id("somebody")).await;
    assert_found(&report, "client", Severity::Error, &oidc("secret"), "does not take");
}

#[tokio::test]
async fn a_public_client_is_proved_to_be_one() {
    let provider = TestProvider::start().await;
    let mut config = provider.public_login_config(APP).session_secret(SESSION_SECRET);
    config.authentication.oidc.response_type = Some("code".to_owned());
    assert_ok(&doctor::check(&config).await, "client");
    // The provider takes it for a confidential one from now on.
    register(&provider);
    assert_found(&doctor::check(&config).await, "client", Severity::Error, &oidc("id"), "public");

    config.authentication.oidc.response_type = Some("id_token".to_owned());
    let implicit = doctor::check(&config).await;
    assert_found(&implicit, "client", Severity::Note, &oidc("id"), "not checked");
}

#[tokio::test]
async fn a_private_key_is_proved_like_a_secret() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let pem = |label: &str| {
        let der = STANDARD.encode(pair.to_pkcs8v1().unwrap());
        format!("-----BEGIN {label}-----\n{der}\n-----END {label}-----\n")
    };
    let with_key = async |key: String, algorithm: &str, kid: &str| {
        report(|provider, mut config| {
            let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid, "x": x, "y": y});
            provider.add_service_account_with_key(provider.client_id(), &jwk);
            let oidc = &mut config.authentication.oidc;
            oidc.client_authentication_method = Some("private_key_jwt".to_owned());
            (oidc.secret, oidc.private_key) = (None, Some(Secret::new(key)));
            (oidc.private_key_algorithm, oidc.private_key_id) = (Some(algorithm.to_owned()), Some("ours".to_owned()));
            config
        })
        .await
    };
    let right = with_key(pem("PRIVATE KEY"), "ES256", "ours").await;
    assert_ok(&right, "client");
    assert!(right.of("client").next().unwrap().seen.contains("private key proved"), "{right}");

    let unknown = with_key(pem("PRIVATE KEY"), "ES256", "another").await;
    assert_found(&unknown, "client", Severity::Error, &oidc("privateKey"), "does not take the client's id or key");
    assert!(only(&unknown, "client").remedy.as_ref().unwrap().contains("public half"), "{unknown}");
    let encrypted = with_key(pem("ENCRYPTED PRIVATE KEY"), "ES256", "ours").await;
    assert!(only(&encrypted, "client").remedy.as_ref().unwrap().contains("decrypt"), "{encrypted}");
    let unfit = with_key(pem("PRIVATE KEY"), "ES384", "ours").await;
    assert!(only(&unfit, "client").remedy.as_ref().unwrap().contains("privateKeyAlgorithm"), "{unfit}");
}

/// What the token endpoint may say besides, as a client that speaks for it.
#[tokio::test]
async fn every_other_answer_of_the_token_endpoint_is_told_for_what_it_is() {
    for (fault, severity, seen) in [
        (Fault::Status(401), Severity::Error, "does not take"),
        (Fault::Status(403), Severity::Note, "neither proved nor refuted"),
        (Fault::Status(503), Severity::Warning, "neither proved nor refuted"),
        (Fault::Html, Severity::Warning, "neither proved nor refuted"),
        (Fault::RedirectTo("https://elsewhere.example/token".to_owned()), Severity::Error, "redirects"),
    ] {
        let report = report_of(|provider| provider.endpoint(Endpoint::Token).fail_with(fault)).await;
        assert_found(&report, "client", severity, &oidc("secret"), seen);
    }
}

#[tokio::test]
async fn a_callback_that_is_not_registered_is_an_error_and_a_registered_one_is_told() {
    let right = report(|_, config| config).await;
    assert_ok(&right, "callback");
    assert!(right.of("callback").next().unwrap().seen.contains("as far as"), "{right}");
    let wrong = report(|_, mut config| {
        config.authentication.oidc.callback_url = Some("https://app.example/elsewhere".to_owned());
        config
    })
    .await;
    assert_found(&wrong, "callback", Severity::Error, &oidc("callbackUrl"), "https://app.example/elsewhere");
    assert_ok(&wrong, "client");
    let unknown = report(|_, config| config.client_id("somebody")).await;
    assert!(only(&unknown, "callback").remedy.as_ref().unwrap().contains("client id"), "{unknown}");
}

/// A provider that shows its page to everybody tells nothing, and is not taken to have told.
#[tokio::test]
async fn a_provider_that_does_not_tell_is_said_not_to() {
    for (fault, seen) in [
        (Fault::Html, "not told"),
        (Fault::Status(500), "not told"),
        (Fault::Status(429), "not told"),
        (Fault::Status(304), "not told"),
        (Fault::Close, "not told"),
        (Fault::RedirectTo("https://login.example/u/login?state=x".to_owned()), "not told"),
    ] {
        let report = report_of(|provider| provider.endpoint(Endpoint::Authorize).fail_with(fault)).await;
        assert_found(&report, "callback", Severity::Note, &oidc("callbackUrl"), seen);
    }
    for fault in [Fault::Status(403), Fault::RedirectTo("https://login.example/oauth/error?x=y".to_owned())] {
        let report = report_of(|provider| provider.endpoint(Endpoint::Authorize).fail_with(fault)).await;
        assert_eq!(only(&report, "callback").severity, Severity::Error);
    }
}

#[tokio::test]
async fn a_login_that_comes_straight_back_is_told_by_its_error() {
    let quiet = report(|_, mut config| {
        config.authentication.oidc.prompt = Some("none".to_owned());
        config
    })
    .await;
    assert_ok(&quiet, "callback");
    for (error, key) in [
        ("invalid_scope", "scope"),
        ("unsupported_response_type", "responseType"),
        ("unauthorized_client", "id"),
        ("invalid_target", "customParams"),
    ] {
        let url = format!("https://app.example/callback?error={error}&error_description=SECRET");
        let refused =
            report_of(|provider| provider.endpoint(Endpoint::Authorize).fail_with(Fault::RedirectTo(url))).await;
        assert_found(&refused, "callback.refused", Severity::Error, &oidc(key), error);
        assert!(!refused.to_string().contains("SECRET"));
    }
}

#[tokio::test]
async fn cookies_are_held_against_the_address() {
    let at = async |server: &str, forced: bool| {
        report(|provider, _| {
            let mut config = provider.login_config(server).session_secret(SESSION_SECRET);
            config.authentication.force_secure_session_cookie = Some(forced);
            config
        })
        .await
    };
    assert_ok(&at("https://app.example", false).await, "sessions.cookies");
    let path = oidc("serverUrl");
    assert_found(&at("http://localhost:3000", false).await, "sessions.cookies", Severity::Note, &path, "this machine");
    assert_found(&at("http://app.example", false).await, "sessions.cookies", Severity::Warning, &path, "not Secure");
    assert_found(&at("http://app.example", true).await, "sessions.cookies", Severity::Warning, &path, "drops them");
}

#[tokio::test]
async fn settings_that_break_each_other_are_told() {
    let report = report(|provider, _| {
        let mut config = provider.login_config("http://localhost:3000").session_secret(SESSION_SECRET);
        let oidc = &mut config.authentication.oidc;
        oidc.response_mode = Some("form_post".to_owned());
        oidc.callback_url = Some("http://localhost:3000/login".to_owned());
        (oidc.session_idle_timeout, oidc.session_expiry) = (Some(7200), Some(3600));
        config
    })
    .await;
    assert_found(&report, "sessions.form_post", Severity::Warning, &oidc("responseMode"), "form_post");
    assert_found(&report, "sessions.paths", Severity::Warning, &oidc("callbackUrl"), "/login");
    assert_found(&report, "sessions.idle", Severity::Note, &oidc("sessionIdleTimeout"), "7200");
}

#[tokio::test]
async fn a_secret_that_is_none_is_told_without_showing_it() {
    for (secrets, at) in [
        (vec!["changemechangemechangemechangeme"], 0),
        (vec![SESSION_SECRET, "abababababababababababababababab"], 1),
        (vec![SESSION_SECRET, SESSION_SECRET], 1),
    ] {
        let report = report(|provider, _| {
            secrets.iter().fold(provider.login_config(APP), |config, secret| config.session_secret(*secret))
        })
        .await;
        let path = oidc(&format!("sessionSecret[{at}]"));
        let finding = only(&report, "sessions.secret");
        assert_eq!((finding.severity, &finding.path), (Severity::Warning, &path));
        assert!(secrets.iter().all(|secret| !report.to_string().contains(secret)));
    }
    let shared = report(|provider, _| provider.login_config(APP).session_secret(provider.client_secret())).await;
    assert!(only(&shared, "sessions.secret").seen.contains("client"), "{shared}");
}
