//! The example as an operator runs it.

#[path = "../process/mod.rs"]
#[allow(dead_code, reason = "this program ends by itself")]
mod process;

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tower_oidc::testing::{Endpoint, TestProvider};

use self::process::{Ended, Program};

use crate::support::{APP, SESSION_SECRET, register};

fn write(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The file of a service, with that client secret.
fn file(name: &str, provider: &TestProvider, secret: &str) -> String {
    register(provider);
    let text = json!({
        "authenticationConfiguration": {
            "provider": "custom-oidc",
            "authority": provider.issuer(),
            "oidcConfiguration": {
                "id": provider.client_id(),
                "secret": secret,
                "serverUrl": APP,
                "sessionSecret": SESSION_SECRET,
                "audience": provider.audience(),
            },
        },
        "authorizerConfiguration": {"principalDomain": "company.example", "adminPrincipals": ["root"]},
    });
    write(name, &text.to_string())
}

async fn run(arguments: &[&str]) -> Ended {
    Program::run("doctor", arguments, &[]).await
}

#[tokio::test]
async fn a_right_configuration_ends_with_status_0_and_a_wrong_one_with_1() {
    let provider = TestProvider::start().await;
    let right = run(&["--config", &file("doctor_right.json", &provider, provider.client_secret())]).await;
    assert_eq!((right.status, &*right.stderr), (0, ""), "{}", right.stdout);
    assert!(right.stdout.ends_with(" ok. The service starts.\n"), "{}", right.stdout);
    let wrong = run(&["--config", &file("doctor_wrong.json", &provider, "a secret of yesterday")]).await;
    assert_eq!((wrong.status, &*wrong.stderr), (1, ""), "{}", wrong.stdout);
    assert!(wrong.stdout.contains("✗ authenticationConfiguration.oidcConfiguration.secret: "), "{}", wrong.stdout);
    assert!(wrong.stdout.contains("\n      mend: "), "{}", wrong.stdout);
}

/// In a terminal, which `script` of util-linux makes, unless `NO_COLOR` says otherwise; piped it never is.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn colours_are_for_terminals() {
    let provider = TestProvider::start().await;
    let file = file("doctor_colours.json", &provider, provider.client_secret());
    let is_coloured = |output: &str| output.contains('\u{1b}');
    let no_color = |value: &str| [("NO_COLOR", value.to_owned())];
    let piped = Program::run("doctor", &["--config", &file], &no_color("")).await;
    assert!(piped.stdout.contains(" ok. ") && !is_coloured(&piped.stdout), "{}", piped.stdout);

    let test = std::env::current_exe().unwrap();
    let doctor = test.ancestors().nth(2).unwrap().join("examples/doctor");
    let line = format!("{} --config {file}", doctor.display());
    for (value, coloured) in [("", true), ("1", false)] {
        let shown = Program::run("/usr/bin/script", &["-qec", &line, "/dev/null"], &no_color(value)).await;
        assert!(shown.stdout.contains(" ok. "), "{}", shown.stdout);
        assert_eq!(is_coloured(&shown.stdout), coloured, "NO_COLOR={value}: {}", shown.stdout);
    }
}

#[tokio::test]
async fn what_cannot_be_checked_at_all_ends_with_status_2() {
    let cases: [&[&str]; 4] =
        [&[], &["--config", "/no/such/file.yaml"], &["--unheard-of"], &["--config", &write("doctor_none.yaml", "{")]];
    for arguments in cases {
        let ended = run(arguments).await;
        assert_eq!((ended.status, &*ended.stdout), (2, ""), "{arguments:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }
}

#[tokio::test]
async fn json_is_for_machines() {
    let provider = TestProvider::start().await;
    let file = file("doctor_json.json", &provider, provider.client_secret());
    let token = provider.token("jane").claim("email", "jane@company.example").sign();
    let ended = run(&["--config", &file, "--json", "--token", &token]).await;
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.status, &report["start"]), (0, &json!("ready")), "{report}");
    let client = report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "client").unwrap();
    assert_eq!((&client["severity"], &client["subject"]), (&json!("ok"), &json!("client")));
    assert_eq!(report["token"]["verdict"]["accepted"]["principal"]["name"], "jane@company.example", "{report}");
    assert_eq!(report["token"]["steps"][0]["outcome"], "passed");
}

#[tokio::test]
async fn with_a_token_too_the_provider_is_asked_once() {
    let provider = TestProvider::start().await;
    let file = file("doctor_once.json", &provider, provider.client_secret());
    let asked = || [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Token].map(|endpoint| provider.requests(endpoint));
    let ended = run(&["--config", &file, "--token", &provider.token("jane").header("kid", "unheard of").sign()]).await;
    assert!(ended.stdout.contains("\nRefused by: key (kid): "), "{}", ended.stdout);
    assert_eq!(asked(), [1; 3]);
}

#[tokio::test]
async fn a_refused_token_ends_with_status_1_and_says_which_rule() {
    let provider = TestProvider::start().await;
    let file = file("doctor_token.json", &provider, provider.client_secret());
    let ended =
        run(&["--config", &file, "--token", &provider.token("jane").audience("https://other.example").sign()]).await;
    assert_eq!(ended.status, 1);
    assert!(ended.stdout.contains("\nRefused by: audience (aud): "), "{}", ended.stdout);
}

/// Every secret and every token that it is given, in every form of output.
#[tokio::test]
async fn nothing_secret_is_printed() {
    let provider = TestProvider::start().await;
    let token = provider.token("jane").claim("email", "jane@company.example").sign();
    let key = "-----BEGIN PRIVATE KEY-----\nUFJJVkFURS1LRVktNDcxMQ==\n-----END PRIVATE KEY-----";
    let wrong = json!({
        "authenticationConfiguration": {
            "provider": "custom-oidc",
            "authority": provider.issuer(),
            "oidcConfiguration": {
                "id": provider.client_id(),
                "clientSecret": "misplaced-SECRET-4711",
                "secret": "client-SECRET-4711",
                "privateKey": key,
                "serverUrl": APP,
                "sessionSecret": ["short-SECRET-4711", SESSION_SECRET],
                "sessionStore": "redis://:password-SECRET-4711@127.0.0.1:9/",
                "maxClockSkew": "SECRET-4711",
            },
        },
    });
    let files = [
        write("doctor_secrets.json", &wrong.to_string()),
        file("doctor_secret.json", &provider, "client-SECRET-4711"),
        file("doctor_no_secret.json", &provider, provider.client_secret()),
    ];
    for file in &files {
        for json in [&["--json"][..], &[]] {
            let ended = run(&[&["--config", file, "--token", &token], json].concat()).await;
            for secret in [
                "-SECRET-4711",
                "UFJJVkFURS1LRVktNDcxMQ",
                SESSION_SECRET,
                provider.client_secret(),
                &token,
                token.rsplit('.').next().unwrap(),
            ] {
                assert!(
                    !ended.stdout.contains(secret) && !ended.stderr.contains(secret),
                    "{secret} in {}",
                    ended.stdout
                );
            }
        }
    }
}
