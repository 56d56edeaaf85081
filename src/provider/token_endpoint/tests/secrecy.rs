use tracing::Level;

use crate::provider::test_support::Log;

use super::*;

#[tokio::test]
async fn nothing_secret_is_in_a_log_an_error_or_a_debug() {
    let (log, _logging) = Log::start(Level::TRACE);
    let path = std::env::temp_dir().join(format!("tower-oidc-secrecy-{}", std::process::id()));
    let long = "hunter2-".repeat(8);
    let rotated = |text: &str| ClientSecret { secret: Secret::from(text), file: Some(path.clone()) };
    let mut seen = Vec::new();
    for (in_file, reply) in [
        (&*long, refused(401, "invalid_client")),
        ("hunter2", refused(401, "invalid_client")),
        (&*long, refused(400, "hunter2")),
        (&*long, Reply::ok("hunter2")),
        (&*long, Reply::ok(r#"{"access_token":"hunter2","token_type":"hunter2"}"#)),
        (&*long, Reply::ok(r#"{"access_token":"hunter2","token_type":"Bearer","expires_in":"hunter2"}"#)),
        (&*long, Reply::status(302, "").header("location", "https://u:hunter2@id.example/?hunter2#hunter2")),
        (&*long, Reply::status(500, "hunter2")),
        (&*long, Reply::Down),
    ] {
        for authentication in [
            ClientAuthentication::Basic(rotated(SECRET)),
            ClientAuthentication::Post(rotated(SECRET)),
            ClientAuthentication::SecretJwt(rotated(SECRET)),
        ] {
            for grant in [grant(), code_grant(), refresh_grant()] {
                std::fs::write(&path, in_file).unwrap();
                let scene = Scene::new(authentication.clone(), [reply.clone()]);
                seen.push(shown(&scene.endpoint.request(&grant).await.unwrap_err()));
                seen.push(format!("{:?} {grant:?}", scene.endpoint));
            }
        }
    }
    std::fs::remove_file(&path).unwrap();

    let log = log.take();
    assert!(log.contains("which is used from now on") && log.contains("no usable client credential"), "{log}");
    assert!(log.contains("tower-oidc-secrecy"), "the log names the file");
    seen.push(log);
    for text in seen {
        assert!(!text.contains("hunter2") && !text.contains("eyJ"), "{text}");
    }
}

fn code_grant() -> Grant {
    Grant::AuthorizationCode {
        code: Secret::from("hunter2-code"),
        redirect_uri: Url::parse("https://app.example/callback").unwrap(),
        code_verifier: Some(Secret::from("hunter2-verifier")),
    }
}

fn refresh_grant() -> Grant {
    Grant::RefreshToken { refresh_token: Secret::from("hunter2-refresh") }
}

#[test]
fn a_debug_shows_the_url_without_its_query() {
    let endpoint = TokenEndpoint::new(
        Url::parse("https://u:hunter2@id.example/token?key=hunter2").unwrap(),
        Issuer::new(ISSUER),
        "me".to_owned(),
        ClientAuthentication::None,
        Arc::new(ScriptedClient::default()),
        Arc::new(ManualClock::default()),
    );
    let shown = format!("{:?}", endpoint.unwrap());
    assert!(shown.contains("\"https://id.example/token\"") && !shown.contains("hunter2"), "{shown}");
}
