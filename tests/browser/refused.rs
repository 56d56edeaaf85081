//! People who may not come in, or do not want to.

use serde_json::json;

use super::{application::Application, scenario::play};

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn who_is_no_administrator_is_told_so_and_may_come_as_somebody_else() {
    let seen = play("not_admin", &Application::demo().await).await;
    assert_eq!(
        seen,
        json!({
            "bob": [403, "You have no access", "forbidden"],
            "still signed in": "bob@example.com",
            "comes to": "/", "signed in": null,
            "alice": "Administration",
        })
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn who_is_not_registered_is_told_so_and_may_come_as_somebody_else() {
    let application = Application::confidential(&[("AUTHENTICATION_ENABLE_SELF_SIGNUP", "false")]).await;
    let seen = play("not_registered", &application).await;
    assert_eq!(
        seen,
        json!({
            "bob": [403, "You have no access", "not_registered"],
            "signed in": null,
            "comes to": "/",
            "alice": "alice@example.com",
        })
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn who_does_not_let_the_application_in_may_try_again() {
    for application in [Application::confidential(&[]).await, Application::public(&[]).await] {
        application.ask_for_consent();
        let seen = play("denied", &application).await;
        assert_eq!(
            seen,
            json!({
                "denied": [401, "You are not signed in", "access_denied"],
                "is asked again": "Allow access?",
                "comes to": "/me", "signed in": "alice@example.com",
            })
        );
    }
}
