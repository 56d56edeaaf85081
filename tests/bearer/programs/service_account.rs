//! The service account: one of ours calls the other.

use std::path::PathBuf;

use serde_json::{Value, json};
use tower_oidc::testing::{Endpoint, TestProvider};

use super::{Program, file, process::Ended, write};

const CLIENT: &str = "ingestion";
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// A provider, and the reference application that trusts it.
struct Stand {
    provider: TestProvider,
    _sso: Program,
    address: String,
}

impl Stand {
    /// `name` is the test's own.
    async fn start(name: &str) -> Self {
        let provider = TestProvider::start().await;
        provider.add_service_account(CLIENT, SECRET);
        let file = file(&format!("{name}.json"), &provider);
        let arguments = ["--config", file.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let mut sso = Program::start("sso", &arguments, &[]);
        let address = sso.url_after("Listening on").await;
        Self { provider, _sso: sso, address }
    }

    /// Runs the caller with the file of an ingestion job and these arguments.
    async fn call(&self, ingestion: PathBuf, more: &[&str]) -> Ended {
        let arguments = ["--config", ingestion.to_str().unwrap(), "--audience", self.provider.audience()];
        Program::run("service_account", &[&arguments[..], more].concat(), &[("SECRET", SECRET.to_owned())]).await
    }

    /// The file of an ingestion job that calls `host_port`.
    fn ingestion(&self, name: &str, host_port: &str) -> PathBuf {
        let text = format!(
            "
source: {{ type: postgres, serviceName: orders }}
sink: {{ type: metadata-rest, config: {{}} }}
workflowConfig:
  loggerLevel: INFO
  openMetadataServerConfig:
    hostPort: {host_port}
    authProvider: auth0
    securityConfig:
      clientId: {CLIENT}
      secretKey: ${{SECRET}}
      domain: {}
",
            self.provider.issuer()
        );
        write(&format!("{name}.yaml"), &text)
    }
}

/// Status and body of each answer that was printed, under a line `GET URL: STATUS`.
fn answers(stdout: &str) -> Vec<(&str, &str)> {
    let printed = stdout.split("GET ").skip(1).map(|answer| answer.split_once('\n').unwrap());
    printed.map(|(line, body)| (line.rsplit_once(": ").unwrap().1, body.trim())).collect()
}

#[tokio::test]
async fn without_a_file_there_are_provider_service_and_caller_inside() {
    let ended = Program::run::<&str>("service_account", &[], &[]).await;
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let [me, orders, admin] = answers(&ended.stdout).try_into().unwrap();
    assert_eq!((me.0, orders, admin.0), ("200 OK", ("200 OK", "no orders"), "403 Forbidden"));
    let principal: Value = serde_json::from_str(me.1).unwrap();
    assert_eq!((&principal["sub"], &principal["bot"]), (&json!("ingestion@clients"), &json!(true)));
}

#[tokio::test]
async fn with_the_file_of_an_ingestion_job_it_calls_the_reference_application() {
    let stand = Stand::start("called_by_an_ingestion_job").await;
    let (me, admin) = (format!("{}/api/me", stand.address), format!("{}/api/admin", stand.address));
    let ingestion = stand.ingestion("calls_the_application", &me);
    for (arguments, expected) in [
        (&["--url", &*me][..], "200 OK"),
        (&["--url", &*admin], "403 Forbidden"),
        // Without a URL it is the server of the job.
        (&[], "200 OK"),
    ] {
        let ended = stand.call(ingestion.clone(), arguments).await;
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        let [(status, body)] = answers(&ended.stdout).try_into().unwrap();
        assert_eq!(status, expected);
        if status == "200 OK" {
            let principal: Value = serde_json::from_str(body).unwrap();
            assert_eq!(principal["iss"], stand.provider.issuer());
            assert_eq!((&principal["sub"], &principal["via"]), (&json!("ingestion@clients"), &json!("bearer")));
        }
    }
    assert_eq!(stand.provider.requests(Endpoint::Token), 3);
}

#[tokio::test]
async fn a_refused_account_calls_nothing_and_shows_no_secret() {
    let stand = Stand::start("not_called").await;
    stand.provider.add_service_account(CLIENT, "another secret");
    let ingestion = stand.ingestion("is_refused", &stand.address);
    let ended = stand.call(ingestion, &[]).await;
    assert_eq!((ended.status, &*ended.stdout), (1, ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("invalid_client"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
}
