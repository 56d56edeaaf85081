//! Every page that people see, as it arrives: what its headers forbid, and that nothing on it comes from elsewhere.

use http::{HeaderMap, StatusCode};
use tower_oidc::{
    login::{ErrorPage, LoginErrorKind, NotAllowedPage, Page, Pages, SignInPage},
    testing::Visited,
};

use super::support::{Stand, navigation};

/// The pages of the login and the way to each.
async fn every_page() -> Vec<(&'static str, Visited)> {
    let mut stand = Stand::with(|mut config| {
        config.authentication.enable_auto_redirect = Some(false);
        config.authentication.provider_name = Some(NAME.to_owned());
        config
    })
    .await;
    let sign_in = stand.browser().navigate("/me").await;
    let error = stand.browser().navigate("/callback?error=access_denied&iss=x").await;

    let mut browser = stand.browser();
    browser.navigate("/login?return_to=/me").await;
    browser.log_in_as(&stand.provider, "alice").await;
    let not_allowed_here = browser.navigate("/admin").await;

    let mut config = stand.config().enforce_principal_domain(true).principal_domain("company.example");
    config.authentication.provider_name = Some(NAME.to_owned());
    stand.restart(config).await;
    let mut stranger = stand.browser();
    let not_allowed_at_login = stand.sign_in(&mut stranger, "bob").await;
    vec![
        ("sign-in", sign_in),
        ("error", error),
        ("not allowed on a route", not_allowed_here),
        ("not allowed at login", not_allowed_at_login),
    ]
}

const NAME: &str = "A & <b>B</b> \"C\"";

/// The directives of a policy, by their names.
fn policy(headers: &HeaderMap) -> Vec<(String, String)> {
    let policy = headers["content-security-policy"].to_str().unwrap();
    let directives = policy.split("; ").map(|directive| directive.split_once(' ').unwrap());
    directives.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn every_page_is_closed_to_scripts_frames_and_caches() {
    for (what, page) in every_page().await {
        let policy = policy(&page.headers);
        for (directive, value) in [
            ("default-src", "'none'"),
            ("base-uri", "'none'"),
            ("frame-ancestors", "'none'"),
            ("form-action", "'none'"),
        ] {
            assert!(policy.contains(&(directive.to_owned(), value.to_owned())), "{what}: {policy:?}");
        }
        let style = &policy.iter().find(|(name, _)| name == "style-src").unwrap().1;
        assert!(style.starts_with("'sha256-") && !style.contains(' '), "{what}: {style}");
        assert_eq!(policy.len(), 5, "{what}: nothing else is let in: {policy:?}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(page.header(name), Some(value), "{what}: {name}");
        }
        assert!(page.header("vary").unwrap().contains("Cookie"), "{what}");
        assert!(page.headers.contains_key("referrer-policy"), "{what}");
    }
}

#[tokio::test]
async fn every_page_is_whole_by_itself_and_can_be_read_by_everybody() {
    for (what, page) in every_page().await {
        let text = page.text();
        assert!(text.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{what}");
        for there in ["<title>", "<h1>", "<main>", "name=\"viewport\"", "color-scheme"] {
            assert!(text.contains(there), "{what}: {there}");
        }
        for outside in ["<script", "<img", "<link", "<iframe", "onclick", "http://", "https://", "http-equiv"] {
            assert!(!text.contains(outside), "{what}: {outside}");
        }
    }
}

/// Class Q of the traps: error pages of mod_auth_openidc and Pomerium showed raw text.
#[tokio::test]
async fn the_providers_name_is_the_only_text_that_is_not_the_crates_and_it_is_escaped() {
    for (what, page) in every_page().await {
        let text = page.text();
        assert!(!text.contains("<b>B</b>"), "{what}");
        let named = text.contains("A &amp; &lt;b&gt;B&lt;/b&gt;");
        assert!(named, "{what}: {text}");
        assert!(!text.contains("alice") && !text.contains("bob"), "{what}: nothing of the person");
    }
}

/// A query that is made to be shown.
#[tokio::test]
async fn nothing_of_the_request_is_shown() {
    let stand = Stand::new().await;
    let marked = "%3Cscript%3EMARKED%3C%2Fscript%3E";
    for path in [
        format!("/callback?error={marked}&error_description={marked}&state={marked}"),
        format!("/callback?code={marked}&state={marked}"),
        format!("/callback?code=c&state=s&iss={marked}"),
        format!("/login?return_to={marked}"),
        format!("/login?login_hint={marked}%0A"),
        format!("/login?iss={marked}"),
        format!("/logout?return_to={marked}"),
    ] {
        let answer = stand.send(navigation(&path)).await;
        assert!(!answer.status.is_success() && !answer.text.contains("MARKED"), "{path}: {}", answer.text);
        assert!(answer.headers.values().all(|value| !value.to_str().unwrap().contains("MARKED")), "{path}");
    }
}

/// Pages of a user's own: each shows what it was given.
#[derive(Debug)]
struct Ours;

impl Pages for Ours {
    fn sign_in(&self, page: &SignInPage<'_>) -> Page {
        Page::new(format!("ours: sign in with {} at {}", page.provider, page.login_url))
    }

    fn error(&self, page: &ErrorPage<'_>) -> Page {
        let words = [page.kind.as_str(), page.kind.heading(), page.kind.explanation()].join("/");
        let html = format!("ours: {} {words} {:?} {}", page.code, page.retry_url, page.home_url);
        Page::new(html).with_content_security_policy("default-src 'self'; frame-ancestors 'none'")
    }

    fn not_allowed(&self, page: &NotAllowedPage<'_>) -> Page {
        Page::new(format!("ours: {} {} {}", page.code, page.logout_url, page.home_url))
    }
}

#[tokio::test]
async fn pages_are_replaced_by_those_of_the_user() {
    let stand = Stand::parts(
        |mut config| {
            config.authentication.enable_auto_redirect = Some(false);
            config.authentication.provider_name = Some("Acme".to_owned());
            config
        },
        |builder| builder.with_pages(Ours),
    )
    .await;
    let mut browser = stand.browser();
    let page = browser.navigate("/me").await;
    assert_eq!(page.text(), "ours: sign in with Acme at /login?return_to=%2Fme");
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert_eq!(page.header("content-security-policy").unwrap(), policy_of_nothing());

    browser.navigate("/login?return_to=/me").await;
    let page = browser.refuse(&stand.provider).await;
    let kind = LoginErrorKind::Refused;
    assert!(kind.problem_type().ends_with(":refused"));
    let words = ["refused", kind.heading(), kind.explanation()].join("/");
    assert_eq!(page.text(), format!("ours: access_denied {words} {:?} /", Some("/login?return_to=%2Fme")));
    assert_eq!(page.header("content-security-policy"), Some("default-src 'self'; frame-ancestors 'none'"));
    assert_eq!((page.header("cache-control"), page.header("x-frame-options")), (Some("no-store"), Some("DENY")));

    browser.navigate("/login?return_to=/me").await;
    browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!(browser.navigate("/admin").await.text(), "ours: forbidden /logout /");
}

/// What a page is given when its author says nothing about it.
fn policy_of_nothing() -> String {
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'".to_owned()
}

#[tokio::test]
async fn somebody_without_the_right_sees_a_page_and_a_script_a_problem() {
    let stand = Stand::with(|config| config.admin("alice@example.com")).await;
    let mut alice = stand.signed_in("alice").await;
    assert_eq!(alice.navigate("/admin").await.status, StatusCode::OK);
    let mut bob = stand.signed_in("bob").await;
    let page = bob.navigate("/admin").await;
    assert_eq!(
        (page.status, page.url.path(), page.history.len()),
        (StatusCode::FORBIDDEN, "/admin", 0),
        "and no login"
    );
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let problem = bob.fetch("/admin").await;
    assert_eq!(problem.status, StatusCode::FORBIDDEN);
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
}
