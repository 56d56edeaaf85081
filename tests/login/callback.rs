//! What the provider answers through the browser: one way is right, and every other one has its page and its status.

use http::{Method, Request, StatusCode};
use tower_oidc::{
    Config,
    login::LoginError,
    testing::{Browser, Endpoint, Fault, Visited},
};

use super::support::{SERVER, Stand, login_config, navigation, provider, set_cookies};

type Parameters = Vec<(String, String)>;

/// A change of the provider's answer, and what must come of it.
struct Wrong(&'static str, fn(&mut Parameters), StatusCode, &'static str);

fn set(parameters: &mut Parameters, name: &str, value: impl Into<String>) {
    unset(parameters, name);
    add(parameters, name, value);
}

fn add(parameters: &mut Parameters, name: &str, value: impl Into<String>) {
    parameters.push((name.to_owned(), value.into()));
}

fn unset(parameters: &mut Parameters, name: &str) {
    parameters.retain(|(own, _)| own != name);
}

fn value(parameters: &Parameters, name: &str) -> String {
    parameters.iter().find(|(own, _)| own == name).unwrap().1.clone()
}

/// Adds a parameter that is there once more.
fn twice(parameters: &mut Parameters, name: &str) {
    let value = value(parameters, name);
    add(parameters, name, value);
}

const BAD: StatusCode = StatusCode::BAD_REQUEST;

/// Wrong in either flow.
const WRONG: [Wrong; 19] = [
    Wrong("state twice", |p| twice(p, "state"), BAD, "repeated_parameter"),
    Wrong("iss twice", |p| twice(p, "iss"), BAD, "repeated_parameter"),
    Wrong("another state behind", |p| add(p, "state", "x"), BAD, "repeated_parameter"),
    Wrong("an error behind", |p| add(p, "error", "access_denied"), BAD, "response_of_another_type"),
    Wrong("an access token beside", |p| add(p, "access_token", "at"), BAD, "response_of_another_type"),
    Wrong("an empty answer", Vec::clear, BAD, "missing_parameter"),
    Wrong("no state", |p| unset(p, "state"), BAD, "missing_parameter"),
    Wrong("an empty state", |p| set(p, "state", ""), BAD, "missing_parameter"),
    Wrong("a long state", |p| set(p, "state", "s".repeat(513)), BAD, "malformed_parameter"),
    Wrong("a state with a line break", |p| set(p, "state", "a\r\nb"), BAD, "malformed_parameter"),
    Wrong("another iss", |p| set(p, "iss", "https://evil.example"), BAD, "response_of_another_issuer"),
    Wrong(
        "iss with a slash",
        |p| {
            let iss = value(p, "iss") + "/";
            set(p, "iss", iss)
        },
        BAD,
        "response_of_another_issuer",
    ),
    Wrong(
        "iss in capitals",
        |p| {
            let iss = value(p, "iss").to_uppercase();
            set(p, "iss", iss)
        },
        BAD,
        "response_of_another_issuer",
    ),
    Wrong(
        "iss that ends otherwise",
        |p| {
            let iss = value(p, "iss") + ".evil.example";
            set(p, "iss", iss)
        },
        BAD,
        "response_of_another_issuer",
    ),
    Wrong("a long iss", |p| set(p, "iss", "i".repeat(3000)), BAD, "malformed_parameter"),
    Wrong("JARM", |p| add(p, "response", "e30.e30."), BAD, "response_of_another_type"),
    Wrong(
        "an error with a wrong iss",
        |p| {
            p.retain(|(name, _)| name == "state");
            add(p, "error", "access_denied");
            add(p, "iss", "https://evil.example");
        },
        BAD,
        "response_of_another_issuer",
    ),
    Wrong(
        "an error without iss",
        |p| {
            p.retain(|(name, _)| name == "state");
            add(p, "error", "access_denied");
        },
        BAD,
        "response_of_another_issuer",
    ),
    Wrong(
        "an error twice",
        |p| {
            add(p, "error", "access_denied");
            add(p, "error", "login_required");
        },
        BAD,
        "repeated_parameter",
    ),
];

/// Wrong where a code was asked for. "code flow answered with an ID token": class R, CVE-2026-82463 (pac4j).
const WRONG_CODE: [Wrong; 10] = [
    Wrong("no iss", |p| unset(p, "iss"), BAD, "response_of_another_issuer"),
    Wrong("an empty iss", |p| set(p, "iss", ""), BAD, "response_of_another_issuer"),
    Wrong("code twice", |p| twice(p, "code"), BAD, "repeated_parameter"),
    Wrong("no code", |p| unset(p, "code"), BAD, "missing_parameter"),
    Wrong("an empty code", |p| set(p, "code", ""), BAD, "missing_parameter"),
    Wrong("a long code", |p| set(p, "code", "c".repeat(8193)), BAD, "malformed_parameter"),
    Wrong("a code with a space", |p| set(p, "code", "a b"), BAD, "malformed_parameter"),
    Wrong("an ID token beside", |p| add(p, "id_token", "e30.e30."), BAD, "response_of_another_type"),
    Wrong(
        "an ID token in its place",
        |p| {
            unset(p, "code");
            add(p, "id_token", "e30.e30.")
        },
        BAD,
        "response_of_another_type",
    ),
    Wrong(
        "an access token in its place",
        |p| {
            unset(p, "code");
            add(p, "access_token", "at")
        },
        BAD,
        "response_of_another_type",
    ),
];

/// Wrong where an ID token was asked for.
const WRONG_ID_TOKEN: [Wrong; 6] = [
    Wrong("ID token twice", |p| twice(p, "id_token"), BAD, "repeated_parameter"),
    Wrong("no ID token", |p| unset(p, "id_token"), BAD, "missing_parameter"),
    Wrong("an ID token with a space", |p| set(p, "id_token", "a b"), BAD, "malformed_parameter"),
    Wrong("an endless ID token", |p| set(p, "id_token", "a".repeat(300_000)), BAD, "malformed_body"),
    Wrong("a code beside", |p| add(p, "code", "c"), BAD, "response_of_another_type"),
    Wrong(
        "a code in its place",
        |p| {
            unset(p, "id_token");
            add(p, "code", "c")
        },
        BAD,
        "response_of_another_type",
    ),
];

/// Whether the application says so.
async fn is_signed_in(browser: &Browser) -> bool {
    browser.fetch("/me").await.status == StatusCode::OK
}

/// A page for people, at the callback, where the browser stays.
#[track_caller]
fn assert_page(page: &Visited, what: &str) {
    assert_eq!(page.url.path(), "/callback", "{what}: it leads nowhere by itself");
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{what}");
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"), "{what}");
    assert_eq!((page.header("cache-control"), page.header("vary")), (Some("no-store"), Some("Cookie")), "{what}");
    assert!(set_cookies(&page.headers).iter().all(|cookie| cookie.contains("Max-Age=0")), "{what}: only removals");
}

async fn assert_wrong(stand: &Stand, table: &'static [Wrong]) {
    for Wrong(what, change, status, code) in table {
        let mut browser = stand.browser();
        let (asked, exchanged) =
            (stand.provider.requests(Endpoint::Authorize), stand.provider.requests(Endpoint::Token));
        stand.provider.change_authorization_response(change);
        let page = stand.sign_in(&mut browser, "alice").await;
        assert_eq!((page.status, stand.login_error().code()), (*status, *code), "{what}");
        assert_page(&page, what);
        assert!(page.text().contains(&format!("<code>{code}</code>")), "{what}");
        assert!(!is_signed_in(&browser).await, "{what}");
        assert_eq!(stand.provider.requests(Endpoint::Authorize), asked + 1, "{what}: no loop");
        assert_eq!(stand.provider.requests(Endpoint::Token), exchanged, "{what}: nothing was acted on");
    }
    stand.provider.behave();
    assert_eq!(stand.sign_in(&mut stand.browser(), "alice").await.status, StatusCode::OK, "the honest answer is good");
}

/// Class E of the traps: wrongly typed, repeated or missing parameters never count as absent checks.
#[tokio::test]
async fn a_wrong_answer_with_a_code_is_refused_before_anything_is_acted_on() {
    let stand = Stand::new().await;
    assert_wrong(&stand, &WRONG).await;
    assert_wrong(&stand, &WRONG_CODE).await;
}

#[tokio::test]
async fn a_wrong_answer_by_form_post_is_refused_before_anything_is_acted_on() {
    let stand = Stand::with(form_post).await;
    assert_wrong(&stand, &WRONG).await;
    assert_wrong(&stand, &WRONG_CODE).await;
}

#[tokio::test]
async fn a_wrong_answer_with_an_id_token_is_refused_before_anything_is_acted_on() {
    let stand = Stand::implicit(|config| config).await;
    assert_wrong(&stand, &WRONG).await;
    assert_wrong(&stand, &WRONG_ID_TOKEN).await;
}

fn form_post(mut config: Config) -> Config {
    config.authentication.oidc.response_mode = Some("form_post".to_owned());
    config
}

/// RFC 9207 section 2.4: who does not announce `iss` may leave it out. A wrong one is wrong all the same.
#[tokio::test]
async fn iss_may_be_missing_where_it_is_not_announced_but_never_wrong() {
    let (provider, clock) = provider().await;
    provider.remove_metadata("authorization_response_iss_parameter_supported");
    let config = login_config(&provider, SERVER);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    stand.provider.change_authorization_response(|parameters| unset(parameters, "iss"));
    assert_eq!(stand.sign_in(&mut stand.browser(), "alice").await.status, StatusCode::OK);
    stand.provider.change_authorization_response(|parameters| set(parameters, "iss", "https://evil.example"));
    assert_eq!(stand.sign_in(&mut stand.browser(), "alice").await.status, BAD);
    assert!(matches!(stand.login_error(), LoginError::ResponseIssuer));
}

/// An ID token names its issuer by itself, under a signature: certified providers leave `iss` out beside one.
#[tokio::test]
async fn iss_may_be_missing_beside_an_id_token() {
    let stand = Stand::implicit(|config| config).await;
    stand.provider.change_authorization_response(|parameters| unset(parameters, "iss"));
    stand.signed_in("alice").await;
}

/// RFC 6749 section 4.1.2: unknown parameters are passed over, `session_state` among those that are known.
#[tokio::test]
async fn parameters_that_mean_nothing_here_are_passed_over() {
    for stand in [Stand::new().await, Stand::with(form_post).await, Stand::implicit(|config| config).await] {
        stand.provider.change_authorization_response(|parameters| {
            add(parameters, "session_state", "x");
            add(parameters, "unknown", "1");
            add(parameters, "unknown", "2");
            parameters.reverse();
        });
        assert_eq!(stand.sign_in(&mut stand.browser(), "alice").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_answer_by_another_method_than_was_asked_for_is_refused() {
    let (query, form) = (Stand::new().await, Stand::with(form_post).await);
    for (stand, methods, allow) in [
        (&query, [Method::POST, Method::HEAD, Method::PUT, Method::DELETE], "GET"),
        (&form, [Method::GET, Method::HEAD, Method::PUT, Method::DELETE], "POST"),
    ] {
        for method in methods {
            let request = Request::builder().method(method.clone()).uri("/callback?code=c&state=s");
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let body = if method.is_safe() { "" } else { "code=c&state=s" };
            let answer = stand.send(request.body(body).unwrap()).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
            assert_eq!(answer.header("allow"), allow, "{method}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_or_too_long_is_refused() {
    let stand = Stand::with(form_post).await;
    for (content_type, body) in [
        ("application/json", "{\"code\":\"c\"}".to_owned()),
        ("text/plain", "code=c&state=s".to_owned()),
        ("multipart/form-data; boundary=x", "--x--".to_owned()),
        ("", "code=c&state=s".to_owned()),
        ("application/x-www-form-urlencoded", "x".repeat(256 * 1024 + 1)),
    ] {
        let request = Request::post("/callback").header("content-type", content_type);
        let answer = stand.send(request.body(body).unwrap()).await;
        assert_eq!((answer.status, answer.login_error().code()), (BAD, "malformed_body"), "{content_type}");
    }
}

/// The provider's errors, each with its status. None of them may send the browser round: "with `none`, `login_required` and its kin
/// come back as 401, not as a loop".
#[tokio::test]
async fn every_error_of_the_provider_has_its_page_and_is_no_loop() {
    let cases = [
        ("access_denied", 401, "access_denied"),
        ("login_required", 401, "login_required"),
        ("consent_required", 401, "consent_required"),
        ("interaction_required", 401, "interaction_required"),
        ("account_selection_required", 401, "account_selection_required"),
        ("unauthorized", 401, "unauthorized"),
        ("server_error", 503, "server_error"),
        ("temporarily_unavailable", 503, "temporarily_unavailable"),
        ("invalid_request", 500, "invalid_request"),
        ("invalid_scope", 500, "invalid_scope"),
        ("unauthorized_client", 500, "unauthorized_client"),
        ("unsupported_response_type", 500, "unsupported_response_type"),
        ("<script>alert(1)</script>", 401, "another_error"),
        ("an-error-of-their-own", 401, "another_error"),
    ];
    for stand in [Stand::new().await, Stand::with(form_post).await, Stand::implicit(|config| config).await] {
        for (error, status, code) in cases {
            let asked = stand.provider.requests(Endpoint::Authorize);
            stand.provider.change_authorization_response(move |parameters| {
                parameters.retain(|(name, _)| name == "state" || name == "iss");
                add(parameters, "error", error);
                add(parameters, "error_description", "<b>Mallory said so</b>");
                add(parameters, "error_uri", "https://evil.example/help");
            });
            let mut browser = stand.browser();
            let page = stand.sign_in(&mut browser, "alice").await;
            let told = stand.login_error();
            assert_eq!((page.status.as_u16(), told.code()), (status, code), "{error}");
            assert_page(&page, error);
            assert_eq!(stand.provider.requests(Endpoint::Authorize), asked + 1, "{error}: no loop");
            for foreign in ["Mallory", "evil.example", "<script", "an-error-of-their-own"] {
                assert!(!page.text().contains(foreign) && !told.to_string().contains(foreign), "{error}: {foreign}");
            }
            assert!(!is_signed_in(&browser).await, "{error}");
            assert_eq!(page.headers.contains_key("retry-after"), status == 503, "{error}");
            assert_eq!(
                page.text().contains("href=\"/login?return_to=%2Fme\""),
                matches!(status, 401 | 503),
                "{error}: a way on if it helps"
            );
        }
    }
}

#[tokio::test]
async fn whoever_refuses_at_the_provider_is_told_so_and_may_try_again() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    browser.navigate("/me").await;
    let page = browser.refuse(&stand.provider).await;
    assert_eq!((page.status, page.url.path()), (StatusCode::UNAUTHORIZED, "/callback"));
    browser.navigate("/login").await;
    assert_eq!(browser.log_in_as(&stand.provider, "alice").await.url.path(), "/");
    assert!(is_signed_in(&browser).await);
}

#[tokio::test]
async fn prompt_none_signs_in_who_is_known_at_the_provider_and_nobody_else() {
    let mut stand = Stand::new().await;
    let mut silent = stand.config();
    silent.authentication.oidc.prompt = Some("none".to_owned());
    let mut known = stand.signed_in("alice").await;
    stand.restart(silent).await;

    let page = stand.browser().navigate("/me").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::UNAUTHORIZED, "/callback"));
    assert_eq!(stand.login_error().code(), "login_required");
    assert_eq!(page.history.len(), 2, "once to the provider and back");

    let me = known.navigate("/login?return_to=/me").await;
    assert_eq!((me.status, me.url.path(), me.history.len()), (StatusCode::OK, "/me", 3));

    stand.provider.ask_for_consent(true);
    let page = known.navigate("/login").await;
    assert_eq!((page.status, stand.login_error().code()), (StatusCode::UNAUTHORIZED, "consent_required"));
}

/// `oidcc-client-test-form-post-error` of the conformance suite: `max_age=0` and `prompt=none`, answered by a posted error.
#[tokio::test]
async fn a_posted_error_is_shown_as_a_page() {
    let stand = Stand::with(|config| {
        let mut config = form_post(config);
        config.authentication.oidc.prompt = Some("none".to_owned());
        config.authentication.oidc.max_age = Some(0);
        config
    })
    .await;
    let page = stand.browser().navigate("/me").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::UNAUTHORIZED, "/callback"));
    assert_page(&page, "login_required");
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_asked_once_and_has_a_page() {
    let cases = [
        (Fault::Status(500), 503),
        (Fault::Status(503), 503),
        (Fault::Status(429), 503),
        (Fault::Status(400), 500),
        (Fault::Status(404), 500),
        (Fault::Close, 503),
        (Fault::Truncated, 503),
        (Fault::Html, 503),
        (Fault::Malformed, 503),
        (Fault::Huge(64 * 1024 * 1024), 503),
        (Fault::RedirectTo("https://evil.example/token".to_owned()), 500),
    ];
    let stand = Stand::new().await;
    let token = stand.provider.endpoint(Endpoint::Token);
    for (fault, status) in cases {
        let exchanged = token.requests();
        token.fail_with(fault.clone());
        let mut browser = stand.browser();
        let page = stand.eventually(stand.sign_in(&mut browser, "alice")).await;
        assert_eq!((page.status.as_u16(), stand.login_error().code()), (status, "exchange_failed"), "{fault:?}");
        assert_page(&page, "exchange");
        assert_eq!(token.requests(), exchanged + 1, "{fault:?}: a code is sent once, never again");
        token.heal();
        assert!(!is_signed_in(&browser).await, "{fault:?}");
        assert_eq!(
            browser.navigate("/login?return_to=/me").await.status,
            StatusCode::OK,
            "{fault:?}: the next login is good"
        );
    }
}

#[tokio::test]
async fn a_token_endpoint_that_hangs_is_given_up() {
    let stand = Stand::new().await;
    stand.provider.endpoint(Endpoint::Token).fail_with(Fault::Hang);
    let page = stand.eventually(stand.sign_in(&mut stand.browser(), "alice")).await;
    assert_eq!((page.status, stand.login_error().code()), (StatusCode::SERVICE_UNAVAILABLE, "exchange_failed"));
}

/// The exchange goes on without the browser, and nobody sends the code again.
#[tokio::test]
async fn a_browser_that_goes_away_in_the_middle_does_not_make_the_code_be_sent_again() {
    let stand = Stand::new().await;
    let token = stand.provider.endpoint(Endpoint::Token);
    token.fail_next(1, Fault::Hang);
    let mut browser = stand.browser();
    browser.navigate("/me").await;
    tokio::select! {
        _ = browser.log_in_as(&stand.provider, "alice") => panic!("the token endpoint hangs"),
        () = token.wait_for_requests(1) => {}
    }
    token.heal();
    assert!(!is_signed_in(&browser).await);
    let me = browser.navigate("/me").await;
    assert_eq!((me.status, me.url.path()), (StatusCode::OK, "/me"), "the next login is a matter of redirects");
    assert_eq!(token.requests(), 2, "one for each code");
}

#[tokio::test]
async fn an_answer_of_the_token_endpoint_that_lacks_something_is_a_500() {
    type Change = fn(&mut serde_json::Map<String, serde_json::Value>);
    let cases: [(&str, Change, &str); 5] = [
        ("no ID token", |m| drop(m.remove("id_token")), "no_id_token"),
        ("no access token", |m| drop(m.remove("access_token")), "exchange_failed"),
        ("no token type", |m| drop(m.remove("token_type")), "exchange_failed"),
        ("another token type", |m| drop(m.insert("token_type".into(), "DPoP".into())), "exchange_failed"),
        ("an ID token that is no text", |m| drop(m.insert("id_token".into(), 1.into())), "exchange_failed"),
    ];
    let stand = Stand::new().await;
    for (what, change, code) in cases {
        stand.provider.change_token_response(move |members, _| change(members));
        let mut browser = stand.browser();
        let page = stand.sign_in(&mut browser, "alice").await;
        assert_eq!((page.status.as_u16(), stand.login_error().code()), (500, code), "{what}");
        assert!(!is_signed_in(&browser).await, "{what}");
    }
}

#[tokio::test]
async fn an_answer_without_expires_in_is_good() {
    let stand = Stand::new().await;
    stand.provider.change_token_response(|members, _| drop(members.remove("expires_in")));
    stand.signed_in("alice").await;
    stand.provider.change_token_response(|members, _| drop(members.insert("token_type".into(), "bEaReR".into())));
    stand.signed_in("alice").await;
}

/// Class L of the traps: what sets a cookie is kept by no cache. And the code does not travel on in a `Referer`.
#[tokio::test]
async fn the_end_of_a_login_is_a_303_to_a_bare_path_that_no_cache_keeps() {
    for stand in [Stand::new().await, Stand::with(form_post).await, Stand::implicit(|config| config).await] {
        let me = stand.sign_in(&mut stand.browser(), "alice").await;
        let hop = me.history.iter().find(|hop| hop.url.path() == "/callback").unwrap();
        assert_eq!((hop.status, &hop.headers["location"]), (StatusCode::SEE_OTHER, &"/me".parse().unwrap()));
        assert_eq!(hop.headers["cache-control"], "no-store");
        assert!(hop.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("Cookie")));
    }
}

#[tokio::test]
async fn a_script_at_the_callback_gets_a_problem_and_a_person_a_page() {
    let stand = Stand::new().await;
    let script = Request::get("/callback?code=c").header("sec-fetch-mode", "cors").header("accept", "application/json");
    let answer = stand.send(script.body("").unwrap()).await;
    assert_eq!((answer.status, answer.header("content-type")), (BAD, "application/problem+json"));
    assert_eq!(answer.json()["error"], "missing_parameter");
    let answer = stand.send(navigation("/callback?code=c")).await;
    assert!(answer.status == BAD && answer.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn a_prefetch_of_the_callback_spends_nothing() {
    let stand = Stand::new().await;
    let request = Request::get("/callback?code=c&state=s").header("sec-purpose", "prefetch");
    let answer = stand.send(request.body("").unwrap()).await;
    assert!(matches!(answer.login_error(), LoginError::Prefetch) && answer.set_cookies().is_empty());
}
