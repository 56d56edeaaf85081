//! A reload changes everything between two requests, or nothing at all.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use http::{StatusCode, header};
use tokio::task::JoinSet;
use tower_oidc::{
    Auth, Config,
    config::TrustedIssuer,
    layer::{AuthError, SetupError},
    principal::PrincipalError,
    testing::{Endpoint, SigningKey, TestProvider},
    types::Algorithm,
    validator::TokenError,
};

use crate::support::{SECRET, Stand, copy, until};

#[tokio::test]
async fn an_administrator_is_demoted_between_two_requests() {
    let stand = Stand::with(|_, config| config.admin("jane@example.com")).await;
    let (token, browser) = (stand.token("jane", "example.com"), stand.signed_in("jane").await);
    for (admin, status) in [(true, StatusCode::OK), (false, StatusCode::FORBIDDEN), (true, StatusCode::OK)] {
        stand.reload(|config| if admin { config.admin("jane@example.com") } else { config }).await;
        assert_eq!(stand.bearer("/admin", &token).await.status, status);
        assert_eq!(browser.fetch("/admin").await.status, status);
        assert_eq!(stand.auth.validate(&token).await.unwrap().is_admin(), admin);
        assert_eq!(stand.auth.clone().settings().principal.admins.len(), usize::from(admin));
    }
}

#[tokio::test]
async fn another_domain_is_let_in_between_two_requests() {
    let stand = Stand::new().await;
    let [jane, bob] = [("jane", "a.example"), ("bob", "b.example")].map(|(name, domain)| stand.token(name, domain));
    for (domain, [to_jane, to_bob]) in [("a.example", [200, 403]), ("b.example", [403, 200])] {
        stand.reload(|config| config.principal_domain(domain).enforce_principal_domain(true)).await;
        assert_eq!(stand.bearer("/me", &jane).await.status.as_u16(), to_jane, "{domain}");
        assert_eq!(stand.bearer("/me", &bob).await.status.as_u16(), to_bob, "{domain}");
    }
}

/// An accepted token is remembered, and no longer good under another policy.
#[tokio::test]
async fn another_audience_counts_between_two_requests_and_the_keys_stay() {
    let stand = Stand::new().await;
    let token = stand.provider.token("jane").sign();
    assert_eq!(stand.bearer("/me", &token).await.status, StatusCode::OK);
    stand.provider.go_down();
    let mut other = stand.config().session_secret(SECRET);
    other.authentication.oidc.audience = vec!["https://elsewhere.example".to_owned()];
    stand.auth.reload(other).await.unwrap();
    let answer = stand.bearer("/me", &token).await;
    assert!(matches!(answer.reason, Some(AuthError::Token(TokenError::Audience))), "{answer:?}");
    let elsewhere = stand.provider.token("jane").audience("https://elsewhere.example").sign();
    assert_eq!(stand.bearer("/me", &elsewhere).await.status, StatusCode::OK, "the keys are there still");
    assert_eq!(stand.provider.requests(Endpoint::Jwks), 1);
}

#[tokio::test]
async fn a_trusted_issuer_comes_and_goes_between_two_requests() {
    let stand = Stand::new().await;
    let other = TestProvider::builder().clock(stand.clock.clone()).start().await;
    let trusting =
        |config: Config| config.trusted_issuer(TrustedIssuer::new(other.issuer()).audience(other.audience()));
    let (own, foreign) = (stand.provider.token("jane").sign(), other.token("jane").sign());
    for trusted in [false, true, false, true] {
        stand.reload(|config| if trusted { trusting(config) } else { config }).await;
        let answer = stand.bearer("/me", &foreign).await;
        assert_eq!(answer.status == StatusCode::OK, trusted, "{answer:?}");
        assert_eq!(stand.bearer("/me", &own).await.status, StatusCode::OK);
        assert_eq!(stand.auth.status().len(), 1 + usize::from(trusted));
    }
    assert_eq!(stand.provider.requests(Endpoint::Jwks), 1, "the one that stays is not asked again");
    assert_eq!(other.requests(Endpoint::Jwks), 2, "once each time that it comes");
}

#[tokio::test]
async fn another_provider_takes_the_place_of_the_first() {
    let stand = Stand::new().await;
    let other = TestProvider::builder().clock(stand.clock.clone()).start().await;
    let browser = stand.signed_in("jane").await;
    stand.auth.reload(other.login_config(crate::support::SERVER).session_secret(SECRET)).await.unwrap();
    assert_eq!(stand.bearer("/me", &stand.provider.token("jane").sign()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stand.bearer("/me", &other.token("jane").sign()).await.status, StatusCode::OK);
    assert!(!stand.is_alive(&copy(&browser)).await, "a session of another provider is none");
    let mut browser = stand.browser();
    browser.navigate("/me").await;
    assert_eq!(browser.log_in_as(&other, "jane").await.url.path(), "/me");
    stand.reload(|config| config).await;
    assert_eq!(stand.bearer("/me", &other.token("jane").sign()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing_and_says_why() {
    let stand = Stand::with(|_, config| config.admin("jane@example.com")).await;
    let token = stand.token("jane", "example.com");
    let contradicting = TestProvider::start().await;
    contradicting.set_metadata("issuer", "https://elsewhere.example");
    let base = || stand.config().session_secret(SECRET);
    let change = |change: &dyn Fn(&mut Config)| {
        let mut config = base();
        change(&mut config);
        config
    };
    type Meant = fn(&SetupError) -> bool;
    let wrong: [(&str, Config, Meant); 6] = [
        ("token_algorithm", base().token_algorithm("none"), |error| matches!(error, SetupError::Config(_))),
        ("audience", base().session_secret("short"), |error| matches!(error, SetupError::Config(_))),
        ("caFile", change(&|config| config.authentication.oidc.ca_file = Some("/nowhere".into())), |error| {
            matches!(error, SetupError::Config(_))
        }),
        ("store", base().session_store("redis://127.0.0.1/?option"), |error| matches!(error, SetupError::Login(_))),
        ("issuer", contradicting.login_config(crate::support::SERVER).session_secret(SECRET), |error| {
            matches!(error, SetupError::Provider { .. })
        }),
        (
            "a trusted issuer",
            base().trusted_issuer(TrustedIssuer::new(contradicting.issuer()).audience("a")),
            |error| matches!(error, SetupError::Provider { path, .. } if path.contains("trustedIssuers[0]")),
        ),
    ];
    for (what, config, is_meant) in wrong {
        let error = stand.auth.reload(config).await.expect_err(what);
        assert!(is_meant(&error), "{what}: {error}");
        assert_eq!(stand.bearer("/admin", &token).await.status, StatusCode::OK, "{what}");
        assert_eq!(stand.auth.status().len(), 1, "{what}");
    }
    let browser = stand.signed_in("jane").await;
    assert_eq!(browser.fetch("/admin").await.status, StatusCode::OK);
}

/// A provider that does not answer yet stops no reload, as it stops no start: an administrator is demoted while one is down.
#[tokio::test]
async fn a_provider_that_is_not_there_stops_no_reload() {
    let stand = Stand::with(|_, config| config.admin("jane")).await;
    let other = TestProvider::builder().clock(stand.clock.clone()).start().await;
    other.go_down();
    stand.provider.go_down();
    stand.reload(|config| config.trusted_issuer(TrustedIssuer::new(other.issuer()).audience(other.audience()))).await;
    assert_eq!(stand.bearer("/admin", &stand.provider.token("jane").sign()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(stand.bearer("/me", &other.token("jane").sign()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(stand.auth.is_ready());
}

/// A provider that contradicts the configuration by now serves its keys on, and so does a reload that leaves it as it is.
#[tokio::test]
async fn a_provider_that_is_there_is_not_asked_again() {
    let stand = Stand::with(|_, config| config.admin("jane")).await;
    stand.provider.set_metadata("issuer", "https://elsewhere.example");
    stand.reload(|config| config).await;
    assert_eq!(stand.bearer("/admin", &stand.provider.token("jane").sign()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(stand.provider.requests(Endpoint::Discovery), 1);
}

#[tokio::test]
async fn another_algorithm_has_the_keys_looked_for_again() {
    let stand = Stand::new().await;
    stand.provider.add_key(&SigningKey::generate(Algorithm::Es256));
    let token = stand.provider.token("jane").algorithm(Algorithm::Es256).sign();
    assert_eq!(stand.bearer("/me", &token).await.status, StatusCode::UNAUTHORIZED);
    stand.reload(|config| config.token_algorithm("ES256").token_algorithm("RS256")).await;
    assert_eq!(stand.bearer("/me", &token).await.status, StatusCode::OK);
    assert_eq!(stand.provider.requests(Endpoint::Jwks), 2);
}

#[tokio::test]
async fn a_login_is_switched_on_and_off() {
    let clock = tower_oidc::testing::ManualClock::new();
    let provider = TestProvider::builder().clock(clock.clone()).start().await;
    let auth = Auth::builder(provider.config()).with_clock(clock).discover().await.unwrap();
    let has_login = || auth.settings().login.is_some();
    assert!(!has_login());
    auth.reload(provider.login_config(crate::support::SERVER)).await.unwrap();
    assert!(has_login());
    auth.reload(provider.config()).await.unwrap();
    assert!(!has_login());
}

/// A principal that another `Auth` let in passes no guard here, however often either was reloaded.
#[tokio::test]
async fn the_guards_of_another_auth_let_nobody_in() {
    use tower::{Layer as _, Service as _};
    let provider = TestProvider::start().await;
    let [here, elsewhere] = [(); 2].map(|()| Auth::discover(provider.config()));
    let (here, elsewhere) = (here.await.unwrap(), elsewhere.await.unwrap());
    let handler = tower::service_fn(async |_: http::Request<String>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    let request = || {
        let token = format!("Bearer {}", provider.token("jane").sign());
        http::Request::builder().header(header::AUTHORIZATION, token).body(String::new()).unwrap()
    };
    let signed_in = tower_oidc::principal::rules::signed_in;
    let mut own = here.layer().layer(here.require(signed_in()).layer(handler));
    let mut mixed = here.layer().layer(elsewhere.require(signed_in()).layer(handler));
    for _ in 0..3 {
        assert_eq!(own.call(request()).await.unwrap().status(), StatusCode::OK);
        assert_eq!(mixed.call(request()).await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
        here.reload(provider.config()).await.unwrap();
    }
}

/// Under one configuration Jane is an administrator of the one domain and Bob may not come in; under the other it is the reverse.
/// Nobody is ever let in and not an administrator.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_reloads_show_the_old_or_the_new_and_never_a_mix() {
    let of = |config: Config, name: &str, domain: &str| {
        let mut config = config.admin(name).principal_domain(domain).enforce_principal_domain(true);
        config.authentication.provider_name = Some(domain.to_owned());
        config
    };
    let stand = Arc::new(Stand::with(|_, config| of(config, "jane", "a.example")).await);
    let (done, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut asking = JoinSet::new();
    for (name, own) in [("jane", "a.example"), ("bob", "b.example")].repeat(3) {
        let (stand, done, answers) = (Arc::clone(&stand), Arc::clone(&done), Arc::clone(&answers));
        let token = stand.token(name, own);
        asking.spawn(async move {
            let (mut let_in, mut refused) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let answer = stand.bearer("/admin", &token).await;
                match (answer.status, &answer.reason) {
                    (StatusCode::OK, None) => let_in += 1,
                    (StatusCode::FORBIDDEN, Some(AuthError::Principal(PrincipalError::DomainNotAllowed))) => {
                        refused += 1
                    }
                    _ => panic!("{answer:?}"),
                }
                answers.fetch_add(1, Ordering::Relaxed);
                // Nothing here ever waits, and others want to run.
                tokio::task::yield_now().await;
            }
            (let_in, refused)
        });
    }
    for round in 0..100 {
        let before = answers.load(Ordering::Relaxed);
        until(|| answers.load(Ordering::Relaxed) > before + 12).await;
        let (name, domain) = if round % 2 == 0 { ("bob", "b.example") } else { ("jane", "a.example") };
        stand.reload(|config| of(config, name, domain)).await;
        assert_eq!(stand.bearer("/admin", &stand.token(name, domain)).await.status, StatusCode::OK, "{round}");
    }
    done.store(true, Ordering::Relaxed);
    for (let_in, refused) in asking.join_all().await {
        assert!(let_in > 0 && refused > 0, "both were seen: {let_in} {refused}");
    }
}
