//! Signing out, by one's own wish alone.

use serde_json::json;

use super::{application::Application, scenario::play};

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn nothing_brings_a_session_back_that_was_signed_out() {
    for application in [Application::demo().await, Application::confidential(&[]).await, Application::public(&[]).await]
    {
        let seen = play("sign_out", &application).await;
        assert_eq!(
            seen,
            json!({
                "comes to": "/", "is told": "Nobody is signed in", "signed in": null,
                "after a reload": null,
                "the page before": false,
                "is asked": "Sign in",
                "with the old cookies": 401,
            })
        );
    }
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn who_types_the_address_of_the_logout_is_signed_out() {
    let seen = play("logout_typed", &Application::demo().await).await;
    assert_eq!(seen, json!({"comes to": "/", "signed in": null}));
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn who_follows_another_sites_link_to_the_logout_is_asked() {
    let seen = play("logout_link", &Application::demo().await).await;
    assert_eq!(
        seen,
        json!({
            "comes to": "/logout", "is asked": "Sign out?",
            "stays signed in": "alice@example.com",
            "then comes to": "/", "signed in": null,
            "later is asked": "Sign in",
        })
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn another_sites_form_signs_nobody_out() {
    let seen = play("logout_forged", &Application::demo().await).await;
    assert_eq!(seen, json!({"form": [403, "Nothing was done", "cross_site"], "still signed in": "alice@example.com"}));
}
