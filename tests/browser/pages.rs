//! What the pages look like. The pictures are in `target/screenshots/`, for people to look at.

use serde_json::json;
use tower_oidc::testing::TestProvider;

use super::{application::Application, scenario::play};

/// Readable in light and dark, and as narrow as WCAG 2.2 asks for; and all that a person can come to.
#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn every_page_can_be_read_and_used() {
    let provider = TestProvider::start().await;
    provider.ask_for_consent(true);
    // A provider that has no logout leaves people at the application's own page.
    provider.remove_metadata("end_session_endpoint");
    let settings =
        [("AUTHENTICATION_ENABLE_AUTO_REDIRECT", "false"), ("CUSTOM_OIDC_AUTHENTICATION_PROVIDER_NAME", "Acme")];
    let application = Application::confidential_at(provider, &settings).await;
    let seen = play("pages", &application).await;
    assert_eq!(
        seen["seen"],
        json!([
            "start: Nobody is signed in",
            "sign-in: Sign in",
            "provider-sign-in: Sign in",
            "provider-mistake: Sign in",
            "provider-consent: Allow access?",
            "error: You are not signed in",
            "me: Who you are",
            "start-signed-in: Hello, Alice",
            "admin: Administration",
            "sign-out: Sign out?",
            "signed-out: You are signed out",
            "not-allowed: You have no access",
            "provider-error: This did not work",
        ])
    );
    assert_eq!(seen["is kept"], json!(["mallory", "nonsense"]));
    assert_eq!(seen["faults"], json!([]));
}
