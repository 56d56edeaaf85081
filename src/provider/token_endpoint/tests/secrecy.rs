use std::error::Error;

use tracing::Level;

use crate::provider::test_support::Log;

use super::*;

/// An error with its causes, both ways to show it.
fn shown(error: &TokenEndpointError) -> String {
    let mut text = format!("{error:?} {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error:?} {error}"));
        cause = error.source();
    }
    text
}

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
        std::fs::write(&path, in_file).unwrap();
        for authentication in [
            ClientAuthentication::Basic(rotated(SECRET)),
            ClientAuthentication::Post(rotated(SECRET)),
            ClientAuthentication::SecretJwt(rotated(SECRET)),
        ] {
            let scene = Scene::new(authentication, [reply.clone()]);
            seen.push(shown(&scene.request().await.unwrap_err()));
            seen.push(format!("{:?}", scene.endpoint));
        }
    }
    std::fs::remove_file(&path).unwrap();

    let log = log.take();
    assert!(log.contains("which is used from now on") && log.contains("no usable client secret"), "{log}");
    assert!(log.contains("tower-oidc-secrecy"), "the log names the file");
    seen.push(log);
    for text in seen {
        assert!(!text.contains("hunter2") && !text.contains("eyJ"), "{text}");
    }
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
