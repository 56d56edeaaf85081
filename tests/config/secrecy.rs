//! No message, and no Debug text, shows a secret.

use serde_json::{Value, json};

use super::*;

/// A text that shows in no output, in every place where a secret may stand.
const HIDDEN: &str = "hunter2";

fn assert_hidden(shown: &str) {
    assert!(!shown.contains(HIDDEN), "{shown}");
}

/// A configuration with secrets in every place, each of them wrong in form or not.
fn with_secrets(value: &Value) -> String {
    json!({
        AUTHENTICATION: {
            "authority": "https://tenant.us.auth0.com",
            "oidcConfiguration": {
                "id": "client",
                "secret": value,
                "privateKey": value,
                "sessionSecret": value,
                "sessionStore": value,
                "clientAuthenticationMethod": "private_key_jwt",
                "callbackUrl": "https://app.example.com/callback",
            },
        },
    })
    .to_string()
}

#[test]
fn neither_debug_nor_errors_show_a_secret_of_the_file() {
    for value in [
        json!("hunter2"),
        json!(["hunter2", 5]),
        json!({ "hunter2": "hunter2" }),
        json!("[hunter2"),
        json!("redis://:hunter2@a b/"),
        json!("${SECRET}"),
        json!("${UNSET:-hunter2"),
        json!("-----BEGIN ENCRYPTED hunter2"),
    ] {
        let secret = |name: &str| (name == "SECRET").then(|| "hunter2".to_owned());
        let loaded = Config::load(Source::Text(&with_secrets(&value)), &secret);
        if let Ok(config) = &loaded {
            assert_hidden(&format!("{config:?}{config:#?}"));
        }
        let errors = loaded.and_then(|config| config.check()).unwrap_err();
        assert_hidden(&format!("{errors}{errors:?}{errors:#?}"));
    }
}

#[test]
fn neither_debug_nor_errors_show_a_secret_of_a_variable() {
    for value in ["hunter2", "[hunter2", "redis://:hunter2@", "postgres://user:hunter2@host"] {
        let list = [
            ("OIDC_CLIENT_SECRET", value),
            ("OIDC_PRIVATE_KEY", value),
            ("OIDC_SESSION_SECRET", value),
            ("OIDC_SESSION_STORE", value),
            ("OIDC_CALLBACK", "https://app.example.com/callback"),
        ];
        let loaded = Config::load(Source::Environment, &variables(&list));
        if let Ok(config) = &loaded {
            assert_hidden(&format!("{config:?}"));
        }
        let errors = loaded.and_then(|config| config.check()).unwrap_err();
        assert_hidden(&format!("{errors}{errors:?}"));
    }
}

#[test]
fn settings_and_notices_show_no_secret() {
    let mut config = client()
        .client_secret("hunter2")
        .session_store("redis://:hunter2@localhost")
        .session_secret("hunter2-hunter2-hunter2-hunter2-hunter2");
    config.authentication.oidc.max_age = Some(0);
    config.authentication.client_id = Some("other".to_owned());
    assert_hidden(&format!("{config:?}"));
    let settings = config.check().unwrap();
    assert_eq!(settings.notices.len(), 2);
    assert_hidden(&format!("{settings:?}{:?}", notices(&settings)));
}

#[test]
fn credentials_in_a_url_are_refused_and_not_shown() {
    for url in ["https://user:hunter2@tenant.auth0.com", "https://hunter2@tenant.auth0.com", "https://a b:hunter2@c"] {
        let errors = assert_refused(&bearer().authority(url), &[&format!("{AUTHENTICATION}.authority")]);
        assert_hidden(&format!("{errors}{errors:?}"));
    }
}
