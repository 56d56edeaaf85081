//! How the reference application starts, and how it does not.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tower_oidc::testing::TestProvider;

use super::{Program, file, status, variables, write};

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

#[tokio::test]
async fn a_wrong_configuration_ends_it_with_every_problem() {
    let text = "
        authenticationConfiguration:
          provider: saml
          authority: not a url
          tokenValidationAlgorithm: HS256
          oidcConfiguration: { audience: https://api.example, maxClockSkew: 301, clientSecret: s3cret-4711 }
        authorizerConfiguration: { enforcePrincipalDomain: true }
    ";
    let file = write("every_problem.yaml", text);
    let ended = Program::run("sso", &["--config", file.to_str().unwrap(), LISTEN[0], LISTEN[1]], &[]).await;
    assert_eq!((ended.status, &*ended.stdout), (2, ""), "{}", ended.stderr);
    for path in [
        "authenticationConfiguration.provider",
        "authenticationConfiguration.authority",
        "authenticationConfiguration.tokenValidationAlgorithm[0]",
        "authenticationConfiguration.oidcConfiguration.maxClockSkew",
        "authenticationConfiguration.oidcConfiguration.clientSecret",
        "authorizerConfiguration.enforcePrincipalDomain",
    ] {
        let problems = ended.stderr.lines().filter(|line| line.starts_with(&format!("{path}: "))).count();
        assert_eq!(problems, 1, "{path} in {}", ended.stderr);
    }
    assert!(ended.stderr.lines().all(|line| line.contains("; mend: ")), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cret-4711"));
}

#[tokio::test]
async fn a_file_that_is_not_there_or_says_nothing_never_starts_the_provider_inside() {
    let empty = write("says_nothing.yaml", "authenticationConfiguration: {}");
    for file in ["/no/such/file.yaml", empty.to_str().unwrap()] {
        let ended = Program::run("sso", &["--config", file, LISTEN[0], LISTEN[1]], &[]).await;
        assert_eq!((ended.status, &*ended.stdout), (2, ""), "{file}: {}", ended.stderr);
        assert!(ended.stderr.contains("; mend: "), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_wrong_variable_is_named() {
    let provider = TestProvider::start().await;
    let mut variables = variables(&provider);
    variables.push(("OIDC_MAX_CLOCK_SKEW", "soon".to_owned()));
    let ended = Program::run("sso", &LISTEN, &variables).await;
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("OIDC_MAX_CLOCK_SKEW"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_provider_that_contradicts_the_configuration_ends_it() {
    let provider = TestProvider::start().await;
    provider.set_metadata("issuer", "https://elsewhere.example");
    let ended = Program::run("sso", &LISTEN, &variables(&provider)).await;
    assert_eq!((ended.status, &*ended.stdout), (2, ""), "{}", ended.stderr);
    for named in ["authenticationConfiguration: ", "https://elsewhere.example", provider.issuer()] {
        assert!(ended.stderr.contains(named), "{named} in {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_waited_for() {
    let provider = TestProvider::start().await;
    let token = provider.token("jane").sign();
    provider.go_down();
    let file = file("waited_for.json", &provider);
    let mut program = Program::start("sso", &["--config", file.to_str().unwrap(), LISTEN[0], LISTEN[1]], &[]);
    let said = program.line_with("cannot be reached").await;
    assert!(said.contains(provider.issuer()), "{said}");
    let address = program.url_after("Listening on").await;
    let (healthz, me) = (format!("{address}/healthz"), format!("{address}/api/me"));
    assert_eq!(status(&healthz, None).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(&me, Some(&token)).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(&format!("{address}/"), None).await, StatusCode::OK);

    provider.come_up().await;
    let since = Instant::now();
    while status(&healthz, None).await != StatusCode::OK {
        assert!(since.elapsed() < Duration::from_secs(60), "the provider is not noticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status(&me, Some(&token)).await, StatusCode::OK);
}

#[tokio::test]
async fn a_provider_that_is_down_ends_it_where_that_is_wished() {
    let provider = TestProvider::start().await;
    provider.go_down();
    let arguments = ["--require-provider", LISTEN[0], LISTEN[1]];
    let ended = Program::run("sso", &arguments, &variables(&provider)).await;
    assert_eq!((ended.status, &*ended.stdout), (1, ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("The provider cannot be reached"), "{}", ended.stderr);
    assert!(ended.stderr.contains(provider.issuer()), "{}", ended.stderr);
}
