//! Service accounts from files and configurations.

use std::path::Path;

use tower_oidc::{
    client::{ServiceAccount, StartError, TokenSource},
    config::{Config, ConfigErrors, Source},
};

use super::support::{SECRET, Scratch, Stand};

/// As OpenMetadata's documentation has it, a source and a sink left out.
const INGESTION: &str = "
source:
  type: bigquery
  serviceName: local_bigquery
sink:
  type: metadata-rest
  config: {}
workflowConfig:
  loggerLevel: DEBUG
  openMetadataServerConfig:
    hostPort: 'http://localhost:8585/api'
    authProvider: auth0
    verifySSL: no-ssl
    securityConfig:
      clientId: 'client'
      secretKey: 'hunter2-hunter2-hunter2-hunter2-hunter2'
      domain: 'dev-abc.us.auth0.com'
";

fn load(text: &str) -> Result<ServiceAccount, ConfigErrors> {
    ServiceAccount::load(Source::Text(text), &|name| (name == "SECRET").then(|| SECRET.to_owned()))
}

/// The last names of the paths of the problems, in order.
fn keys(result: Result<ServiceAccount, ConfigErrors>) -> Vec<String> {
    let errors = result.expect_err("the account passes");
    assert!(!errors.to_string().contains("hunter2"), "{errors}");
    let paths = errors.problems().iter().map(|problem| problem.path.clone());
    paths
        .map(|path| path.strip_prefix("workflowConfig.openMetadataServerConfig.").map_or(path.clone(), str::to_owned))
        .collect()
}

#[test]
fn the_file_of_an_ingestion_job_loads_unchanged() {
    let account = load(INGESTION).unwrap();
    assert_eq!(account.client_id(), "client");
    assert_eq!(account.server().unwrap().as_str(), "http://localhost:8585/api");
    let shown = format!("{account:?}");
    assert!(shown.contains("https://dev-abc.us.auth0.com/api/v2/") && shown.contains("Post("), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");

    let file = Scratch::new(INGESTION);
    assert_eq!(ServiceAccount::from_file(file.path()).unwrap().client_id(), "client");
}

#[test]
fn the_example_of_a_whole_workflow_needs_but_a_secret() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/config/ingestion.yaml");
    let load = |list: &[(&str, &str)]| {
        let variable =
            |name: &str| list.iter().find(|(listed, _)| *listed == name).map(|(_, value)| (*value).to_owned());
        ServiceAccount::load(Source::File(&file), &variable)
    };
    assert_eq!(keys(load(&[])), ["securityConfig.secretKey"]);

    let account = load(&[("AUTH0_SECRET_KEY", SECRET)]).unwrap();
    assert_eq!(account.client_id(), "example-client");
    assert_eq!(account.server().unwrap().as_str(), "http://localhost:8585/api");
    assert!(format!("{account:?}").contains("https://tenant.us.auth0.com/api/v2/"), "{account:?}");

    let others = [("AUTH0_CLIENT_ID", "another"), ("OM_HOST_PORT", "https://om.company.example/api")];
    let domain = ("AUTH0_DOMAIN", "company.eu.auth0.com");
    let account = load(&[others[0], others[1], domain, ("AUTH0_SECRET_KEY", SECRET)]).unwrap();
    assert_eq!((account.client_id(), account.server().unwrap().as_str()), ("another", others[1].1));
    assert!(format!("{account:?}").contains("https://company.eu.auth0.com/api/v2/"), "{account:?}");
}

#[test]
fn the_secret_may_come_from_a_variable_or_a_file() {
    assert!(load(&INGESTION.replace(SECRET, "${SECRET}")).is_ok());
    assert_eq!(keys(load(&INGESTION.replace(SECRET, "${MISSING}"))), ["securityConfig.secretKey"]);

    let file = Scratch::new(SECRET);
    let line = format!("secretKeyFile: {}", file.path().display());
    let by_file = INGESTION.replace(&format!("secretKey: '{SECRET}'"), &line);
    assert!(load(&by_file).is_ok());
    drop(file);
    assert_eq!(keys(load(&by_file)), ["securityConfig.secretKeyFile"]);
}

#[test]
fn every_problem_of_the_file_is_told_at_once_by_its_own_keys() {
    let wrong = "
workflowConfig:
  openMetadataServerConfig:
    hostPort: localhost
    authProvider: google
    securityConfig: { clientID: client, secretKey: hunter2, domain: dev‑abc.us.auth0.com }
";
    assert_eq!(
        keys(load(wrong)),
        ["securityConfig.clientID", "hostPort", "authProvider", "securityConfig.clientId", "securityConfig.domain"]
    );
    let security = ["authProvider", "securityConfig.clientId", "securityConfig.secretKey", "securityConfig.domain"];
    assert_eq!(keys(load("source: {}")), security);
    assert_eq!(keys(ServiceAccount::load(Source::Environment, &|_| None)), security);
    assert_eq!(keys(load("workflowConfig: [")), ["the configuration"]);
}

#[test]
fn a_client_of_a_configuration_needs_no_callback_url() {
    let config = Config::new().authority("tenant.us.auth0.com").client_id("client").client_secret(SECRET);
    assert!(config.check().is_err(), "as a login it is not complete");
    assert_eq!(ServiceAccount::from_config(&config).unwrap().client_id(), "client");
}

/// The others tell an API by its scope, and do not know the parameter.
#[tokio::test]
async fn the_audience_of_a_configuration_is_asked_for_where_it_may_mean_something() {
    for (kind, expected) in [
        ("auth0", Some("https://api.example")),
        ("custom-oidc", Some("https://api.example")),
        ("azure", None),
        ("google", None),
        ("okta", None),
        ("aws-cognito", None),
    ] {
        let audience = |mut config: Config| {
            config.authentication.oidc.audience = vec![" ".to_owned(), "https://api.example ".to_owned()];
            config.provider(kind)
        };
        let stand = Stand::with(audience).await;
        stand.token().await;
        let asked = stand.endpoint().last_request().unwrap().into_body();
        let asked = url::form_urlencoded::parse(&asked).find(|(name, _)| name == "audience");
        assert_eq!(asked.as_ref().map(|(_, audience)| &**audience), expected, "{kind}");
    }
}

#[test]
fn a_client_that_cannot_prove_itself_is_no_service_account() {
    let config = Config::new().authority("tenant.us.auth0.com");
    let keys = |config: &Config| {
        let paths = keys(ServiceAccount::from_config(config));
        paths.iter().map(|path| path.rsplit('.').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&config.clone().client_id("client").public_client()), ["clientType"]);
    assert_eq!(keys(&config.clone().client_id("client")), ["secret"]);
    assert_eq!(keys(&config.client_secret(SECRET)), ["id"]);
    assert_eq!(keys(&Config::new().client_id("client").client_secret(SECRET)), ["authority"]);
    let pinned = Config::new().issuer("https://id.example").public_key_url("https://id.example/keys");
    assert_eq!(keys(&pinned.client_id("client").client_secret(SECRET)), ["authority"]);
}

#[test]
fn a_credential_that_cannot_be_used_is_told_at_the_start() {
    let mut config = Config::new().authority("tenant.us.auth0.com").client_id("client");
    config.authentication.oidc.client_authentication_method = Some("client_secret_jwt".to_owned());
    let account = ServiceAccount::from_config(&config.client_secret("too short")).unwrap();
    let error = TokenSource::start(account).unwrap_err();
    assert!(matches!(error, StartError::ClientAuthentication(_)), "{error}");
}
