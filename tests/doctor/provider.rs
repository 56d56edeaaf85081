//! What the provider says of itself, its keys, and its clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tower_oidc::{
    Config,
    config::TrustedIssuer,
    doctor::{self, Doctor, Severity, Start},
    testing::{Endpoint, Fault, ManualClock, SigningKey, TestProvider},
    types::{Algorithm, unix_seconds},
};

use crate::support::{assert_found, assert_ok, assert_silent, good, oidc, only, report, report_of};

const BLOCK: &str = "authenticationConfiguration";

#[tokio::test]
async fn all_is_well() {
    let provider = TestProvider::start().await;
    let report = doctor::check(&good(&provider)).await;
    let asked = [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Token].map(|endpoint| provider.requests(endpoint));
    assert_eq!(asked, [1, 1, 1], "every document is fetched once");
    assert!(report.is_healthy() && report.start == Start::Ready, "{report}");
    assert_eq!(report.count(Severity::Warning), 0, "{report}");
    for check in [
        "configuration",
        "metadata",
        "metadata.issuer",
        "metadata.https",
        "keys",
        "login.offered",
        "login.endpoints",
        "login.scopes",
        "login.end_session",
        "login.back_channel",
        "client",
        "callback",
        "sessions.cookies",
        "sessions.secret",
        "principals.admins",
        "clock",
    ] {
        assert_ok(&report, check);
    }
    for check in
        ["keys.skipped", "keys.algorithm", "keys.ambiguous", "login.userinfo", "sessions.form_post", "principals.admin"]
    {
        assert_silent(&report, check);
    }
}

#[tokio::test]
async fn a_provider_without_a_usable_answer_is_an_error_that_says_what_came() {
    for (fault, seen) in [
        (Fault::Status(503), "status 503"),
        (Fault::Status(404), "status 404"),
        (Fault::Html, "HTML page"),
        (Fault::Malformed, "JSON object"),
        (Fault::Close, "cannot be reached"),
        (Fault::RedirectTo("https://elsewhere.example/".to_owned()), "https://elsewhere.example/"),
    ] {
        let report = report_of(|provider| provider.endpoint(Endpoint::Discovery).fail_with(fault)).await;
        assert_found(&report, "metadata", Severity::Error, BLOCK, seen);
        assert_eq!(report.start, Start::WithoutKeys);
        for check in ["login.offered", "client", "callback", "keys"] {
            assert_eq!(only(&report, check).severity, Severity::Note, "{check} is told as not checked");
            assert!(only(&report, check).seen.contains("not checked"), "{report}");
        }
    }
}

#[tokio::test]
async fn an_issuer_that_differs_in_its_slash_alone_is_told_by_its_slash() {
    let provider = TestProvider::builder().issuer_slash(true).start().await;
    let report = doctor::check(&good(&provider)).await;
    assert_found(&report, "metadata.issuer", Severity::Error, BLOCK, "but");
    let finding = only(&report, "metadata.issuer");
    assert!(finding.seen.contains(&format!("{:?}", provider.issuer())), "{finding:?}");
    let mend = finding.remedy.as_ref().unwrap();
    assert!(mend.contains("slash") && mend.contains(&oidc("issuer")), "{mend}");

    // The remedy helps.
    let mended = doctor::check(&good(&provider).issuer(provider.issuer())).await;
    assert!(mended.is_healthy(), "{mended}");
    // Auth0's slash is none.
    let auth0 = doctor::check(&good(&provider).provider("auth0")).await;
    assert_ok(&auth0, "metadata.issuer");
    assert!(auth0.of("metadata.issuer").next().unwrap().seen.contains("slash"));
}

#[tokio::test]
async fn every_problem_of_metadata_is_told_and_no_secret_goes_to_whom_they_are_of() {
    let provider = TestProvider::start().await;
    provider.set_metadata("issuer", "https://evil.example");
    provider.set_metadata("scopes_supported", 1);
    provider.remove_metadata("jwks_uri");
    let report = doctor::check(&good(&provider)).await;
    let errors: Vec<_> = report.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    for seen in ["https://evil.example", "scopes_supported", "jwks_uri"] {
        assert!(errors.iter().any(|error| error.seen.contains(seen) && error.path == BLOCK), "{seen} in\n{report}");
    }
    assert_eq!(report.start, Start::Refused);
    assert_eq!((provider.requests(Endpoint::Token), provider.requests(Endpoint::Authorize)), (0, 0));
    for check in ["client", "callback"] {
        assert!(only(&report, check).seen.contains("contradict"), "{report}");
    }
}

#[tokio::test]
async fn plain_http_is_a_warning_or_an_error_by_the_configuration() {
    let plain = |provider: &TestProvider| provider.set_metadata("revocation_endpoint", "http://id.example/revoke");
    let report = report_of(plain).await;
    assert_found(&report, "metadata.https", Severity::Warning, BLOCK, "revocation_endpoint");

    let strict = self::report(|provider, mut config| {
        plain(provider);
        config.authorizer.enable_secure_socket_connection = Some(true);
        config
    })
    .await;
    assert!(
        strict.findings.iter().any(|one| one.severity == Severity::Error && one.seen.contains("is http")),
        "{strict}"
    );
}

#[tokio::test]
async fn keys_are_told_by_type_and_size() {
    let report = report_of(|provider| {
        provider.add_key(&SigningKey::generate(Algorithm::Es256));
        provider.add_key(&SigningKey::generate(Algorithm::Es256));
    })
    .await;
    assert_ok(&report, "keys");
    assert!(report.of("keys").next().unwrap().seen.contains("3 keys (RSA 2048, 2 x P-256)"), "{report}");
}

#[tokio::test]
async fn a_key_document_that_is_none_is_an_error_and_a_dead_one_beside_a_good_one_a_warning() {
    for (fault, seen) in [(Fault::Status(500), "status 500"), (Fault::Html, "HTML"), (Fault::Malformed, "JWK Set")] {
        let report = report_of(|provider| provider.endpoint(Endpoint::Jwks).fail_with(fault)).await;
        assert_found(&report, "keys", Severity::Error, BLOCK, seen);
        assert_eq!(report.start, Start::WithoutKeys, "{report}");
    }
    let report = report(|provider, config| {
        config
            .public_key_url(provider.endpoint(Endpoint::Jwks).url())
            .public_key_url(format!("{}/nothing", provider.issuer()))
    })
    .await;
    assert_found(&report, "keys", Severity::Warning, "authenticationConfiguration.publicKeyUrls[1]", "status 404");
    assert_eq!(report.start, Start::Ready);
}

#[tokio::test]
async fn a_key_that_cannot_be_used_says_why() {
    let with = |more: serde_json::Value| {
        move |provider: &TestProvider| {
            let mut keys = provider.jwks();
            keys["keys"].as_array_mut().unwrap().push(more);
            provider.publish_raw_jwks(keys.to_string());
        }
    };
    let small = json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xa7; 128]), "e": "AQAB"});
    let report = report_of(with(small)).await;
    assert_found(&report, "keys.skipped", Severity::Warning, BLOCK, "1024 bits");
    let mut private = SigningKey::generate(Algorithm::Es256).public_jwk();
    private["d"] = json!("c2VjcmV0");
    let report = report_of(with(private)).await;
    assert_found(&report, "keys.skipped", Severity::Error, BLOCK, "private half");
    let mut encryption = SigningKey::generate(Algorithm::Es256).public_jwk();
    encryption["use"] = json!("enc");
    assert_silent(&report_of(with(encryption)).await, "keys.skipped");
}

#[tokio::test]
async fn an_algorithm_without_a_key_is_told() {
    let es256 = |provider: &TestProvider| {
        let key = provider.signing_key();
        provider.rotate_keys(Algorithm::Es256);
        provider.remove_key(key.key_id());
    };
    let report = self::report(|provider, config| {
        es256(provider);
        config.token_algorithm("ES256").token_algorithm("RS512")
    })
    .await;
    assert_found(&report, "keys.id_token_algorithm", Severity::Error, &oidc("preferredJwsAlgorithm"), "RS256");
    assert!(only(&report, "keys.id_token_algorithm").remedy.as_ref().unwrap().contains("ES256"));
    assert_eq!(only(&report, "keys.algorithm").severity, Severity::Note);

    let report = self::report(|provider, mut config| {
        es256(provider);
        config.authentication.oidc.preferred_jws_algorithm = Some("ES256".to_owned());
        config
    })
    .await;
    let path = "authenticationConfiguration.tokenValidationAlgorithm";
    assert_found(&report, "keys.algorithm", Severity::Error, path, "RS256");
}

#[tokio::test]
async fn one_id_on_two_keys_is_a_warning() {
    let report = report_of(|provider| {
        let id = provider.signing_key().key_id().to_owned();
        provider.add_key(&SigningKey::generate(Algorithm::Rs256).with_key_id(&id));
    })
    .await;
    assert_eq!(only(&report, "keys.ambiguous").severity, Severity::Warning);
}

#[tokio::test]
async fn a_trusted_issuer_is_looked_at_too() {
    let (provider, other) = (TestProvider::start().await, TestProvider::start().await);
    let config = |issuer: &str| good(&provider).trusted_issuer(TrustedIssuer::new(issuer));
    let report = doctor::check(&config(other.issuer())).await;
    assert!(report.is_healthy() && report.of("keys").count() == 2, "{report}");
    other.set_metadata("issuer", "https://elsewhere.example");
    let report = doctor::check(&config(other.issuer())).await;
    let path = "authenticationConfiguration.trustedIssuers[0]";
    assert_found(&report, "metadata.issuer", Severity::Error, path, "https://elsewhere.example");
}

#[tokio::test]
async fn clocks_that_are_apart_are_told_by_how_much() {
    // `Date` has whole seconds.
    let now = UNIX_EPOCH + Duration::from_secs(unix_seconds(SystemTime::now()));
    for (offset, severity) in [(3600, Severity::Error), (30, Severity::Warning), (0, Severity::Ok)] {
        let provider = TestProvider::start().await;
        let clock = ManualClock::at(now);
        let theirs = httpdate::fmt_http_date(now + Duration::from_secs(offset));
        for endpoint in [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Authorize, Endpoint::Token] {
            provider.endpoint(endpoint).set_header("date", &theirs);
        }
        let report = Doctor::new(good(&provider)).with_clock(clock).check().await;
        match severity {
            Severity::Ok => assert_ok(&report, "clock"),
            _ => assert_found(&report, "clock", severity, &oidc("maxClockSkew"), &format!("{offset} s behind")),
        }
    }
}

#[tokio::test]
async fn what_comes_from_a_cache_is_no_clock_that_goes_wrong() {
    let now = UNIX_EPOCH + Duration::from_secs(unix_seconds(SystemTime::now()));
    let provider = TestProvider::start().await;
    let an_hour_ago = httpdate::fmt_http_date(now - Duration::from_secs(3600));
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Authorize, Endpoint::Token] {
        provider.endpoint(endpoint).set_header("date", &an_hour_ago);
        provider.endpoint(endpoint).set_header("age", "3600");
    }
    let report = Doctor::new(good(&provider)).with_clock(ManualClock::at(now)).check().await;
    assert_ok(&report, "clock");
}

/// Providers by kind, at addresses that nobody answers at: what is known of them needs no answer.
fn of_kind(kind: &str, authority: &str) -> Config {
    Config::new()
        .provider(kind)
        .authority(authority)
        .client_id("client")
        .client_secret("secret")
        .server_url("http://localhost")
}

#[tokio::test]
async fn auth0_gives_opaque_tokens_without_an_audience() {
    let config = |provider: &TestProvider| {
        let mut config = good(provider).provider("auth0");
        config.authentication.oidc.audience.clear();
        config
    };
    let report = report(|provider, _| config(provider)).await;
    assert_found(&report, "auth0.audience", Severity::Warning, &oidc("audience"), "opaque");
    assert_eq!(only(&report, "auth0.hs256").severity, Severity::Note);
    for mended in [
        self::report(|provider, _| config(provider).audience("https://your.api")).await,
        self::report(|provider, _| config(provider).custom_param("audience", "https://your.api")).await,
        self::report(|_, config| config).await,
    ] {
        assert_silent(&mended, "auth0.audience");
    }
}

#[tokio::test]
async fn entra_for_many_tenants_goes_with_no_fixed_issuer_and_lets_everybody_in() {
    let authority = |tenant: &str| format!("http://127.0.0.1:9/{tenant}/v2.0");
    let common = of_kind("azure", &authority("common"));
    let report = doctor::check(&common).await;
    assert_found(&report, "entra.tenant", Severity::Warning, &oidc("tenant"), "everybody");
    assert_silent(&report, "entra.issuer");
    let fixed = doctor::check(&common.clone().issuer(authority("72f988bf-86f1-41af-91ab-2d7cd011db47"))).await;
    assert_found(&fixed, "entra.issuer", Severity::Error, &oidc("issuer"), "many tenants");
    let enforced = common.principal_domain("company.com").enforce_principal_domain(true);
    let one = of_kind("azure", &authority("72f988bf-86f1-41af-91ab-2d7cd011db47"));
    for right in [doctor::check(&enforced).await, doctor::check(&one).await] {
        assert_silent(&right, "entra.tenant");
        assert_silent(&right, "entra.issuer");
    }
}

#[tokio::test]
async fn google_gives_no_bearer_tokens_and_says_hd_of_organisations_alone() {
    let mut google = of_kind("google", "http://127.0.0.1:9");
    google.authentication.oidc.bearer_token_kind = Some("access_token".to_owned());
    let report = doctor::check(&google).await;
    assert_found(&report, "google.bearer", Severity::Note, &oidc("bearerTokenKind"), "opaque");
    assert_found(
        &report,
        "google.hd",
        Severity::Note,
        "authenticationConfiguration.provider",
        "without an organisation",
    );
    google.authentication.oidc.bearer_token_kind = Some("id_token".to_owned());
    assert_silent(&doctor::check(&google).await, "google.bearer");
}
