//! Signing in, and staying signed in.

use serde_json::json;

use super::{application::Application, scenario::play};

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn who_signs_in_comes_back_to_the_page_and_stays_signed_in() {
    let seen = play("sign_in", &Application::demo().await).await;
    assert_eq!(
        seen,
        json!({
            "asked": "Sign in",
            "comes back to": "/me?from=a-link&x=%26", "is told": "Who you are", "signed in": "alice@example.com",
            "after a reload": "alice@example.com",
            "in a new tab": "alice@example.com",
            "the principal": {"name": "alice@example.com", "via": "session"},
            "scripts see": "",
            "cookies": [{"httpOnly": true, "sameSite": "Lax", "path": "/"}],
        })
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn a_provider_of_another_site_signs_people_in_by_either_flow() {
    for application in [Application::confidential(&[]).await, Application::public(&[]).await] {
        let seen = play("sign_in", &application).await;
        assert_eq!(seen["comes back to"], "/me?from=a-link&x=%26");
        assert_eq!(seen["signed in"], "alice@example.com");
        assert_eq!(seen["after a reload"], "alice@example.com");
        assert_eq!(seen["cookies"], json!([{"httpOnly": true, "sameSite": "Lax", "path": "/"}]));
    }
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn two_tabs_that_sign_in_at_once_are_both_signed_in() {
    let seen = play("two_tabs", &Application::demo().await).await;
    assert_eq!(
        seen,
        json!({"first": ["/me", "alice@example.com"], "second": ["/admin", "alice@example.com"], "left over": []})
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn going_back_after_a_login_does_no_harm() {
    let seen = play("back_button", &Application::demo().await).await;
    assert_eq!(
        seen,
        json!({
            // The provider's page answers the old login again. Its transaction is gone, so it ends at the start page.
            "back": ["/", "alice@example.com"],
            "forward": ["/me", "alice@example.com"],
            "the callback again": [200, "Hello, Alice", "alice@example.com"],
        })
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn nobody_needs_javascript() {
    for application in [Application::demo().await, Application::confidential(&[]).await, Application::public(&[]).await]
    {
        let seen = play("without_javascript", &application).await;
        assert_eq!(seen, json!({"signed in": "alice@example.com", "comes to": "/", "is told": "Nobody is signed in"}),);
    }
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn nobody_needs_a_mouse_and_the_focus_is_seen() {
    let seen = play("keyboard", &Application::demo().await).await;
    assert_eq!(
        seen,
        json!({
            "Sign in": "solid 3px", "alice": "solid 3px", "signed in": "alice@example.com",
            "Sign out": "solid 3px", "comes to": "/", "still signed in": null,
        })
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn a_script_is_told_where_to_sign_in_and_is_never_sent_there() {
    let seen = play("script", &Application::demo().await).await;
    assert_eq!(
        seen,
        json!({
            "without a session": {"status": 401, "redirected": false, "type": "basic"},
            "is told to go to": "/login",
            "nothing was started": 0,
            "with a session": {"status": 200, "redirected": false, "type": "basic"},
            "renews its tokens": {"status": 200, "redirected": false, "type": "basic"},
        })
    );
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn a_browser_without_cookies_is_not_sent_round_for_ever() {
    for application in [Application::confidential(&[]).await, Application::public(&[]).await] {
        let seen = play("without_cookies", &application).await;
        assert_eq!(
            seen,
            json!({
                "is told": "Signing in was interrupted", "code": "login_loop", "callbacks": 2,
                "cookies": 0,
                "after another try": "login_loop",
            })
        );
    }
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/all"]
async fn the_smallest_program_signs_people_in_and_out() {
    let seen = play("smallest", &Application::smallest().await).await;
    assert_eq!(seen, json!({"signed in": "You are alice.", "then is asked": "Sign in"}));
}
