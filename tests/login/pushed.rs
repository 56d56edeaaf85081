//! The request of a login is pushed (RFC 9126): the browser carries its reference alone, and there is no other way when that fails.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::Value;
use tower_oidc::{
    Config,
    layer::{AuthError, SetupError},
    login::LoginError,
    principal::rules::MULTI_FACTOR,
    provider::{METADATA_LIFETIME, TokenEndpointError},
    testing::{Endpoint, Fault, TestProvider},
};
use url::{Url, form_urlencoded};

use super::{
    support::{Answer, RECENT, SECRET, SERVER, Stand, discover, login_config, navigation, parameter, provider},
    support_sessions::{self, SESSION, assert_kept_by_no_cache, cookie, copy, page, removed},
};

fn set(mut config: Config, word: &str) -> Config {
    config.authentication.oidc.pushed_authorization_requests = Some(word.to_owned());
    config
}

/// An application that pushes its requests.
async fn stand() -> Stand {
    Stand::with(|config| set(config, "required")).await
}

/// What was pushed last: the header that proves who pushes, and the form.
fn pushed(provider: &TestProvider) -> (Option<String>, BTreeMap<String, String>) {
    let request = provider.last_request(Endpoint::PushedAuthorization).expect("a request was pushed");
    let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let pairs: Vec<_> = form_urlencoded::parse(request.body()).into_owned().collect();
    let form: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(form.len(), pairs.len(), "no parameter stands twice: {pairs:?}");
    (header, form)
}

fn pushes(stand: &Stand) -> usize {
    stand.provider.requests(Endpoint::PushedAuthorization)
}

/// The names and values of a query.
fn query(url: &Url) -> BTreeMap<String, String> {
    url.query_pairs().into_owned().collect()
}

/// The address holds the client and the reference, and nothing that tells of this login.
#[track_caller]
fn assert_carries_the_reference_alone(url: &Url, stand: &Stand) {
    assert!(url.as_str().starts_with(&stand.provider.endpoint(Endpoint::Authorize).url()), "{url}");
    let carried = query(url);
    assert_eq!(carried.keys().collect::<Vec<_>>(), ["client_id", "request_uri"], "{url}");
    assert_eq!(carried["client_id"], stand.provider.client_id());
    let (_, form) = pushed(&stand.provider);
    for secret in ["state", "nonce", "code_challenge"] {
        assert!(!url.as_str().contains(&form[secret]), "{secret}: {url}");
    }
}

#[tokio::test]
async fn somebody_signs_in_by_a_request_that_no_browser_has_carried() {
    let stand = stand().await;
    stand.provider.require_pushed_requests(true);
    let mut browser = stand.browser();
    let page = browser.navigate("/deep/me?x=1").await;
    assert_eq!(page.history.len(), 1);
    assert_carries_the_reference_alone(&page.url, &stand);
    let me = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((me.status, me.url.as_str()), (StatusCode::OK, "https://app.example/deep/me?x=1"));
    assert_eq!(me.json::<Value>()["sub"], "alice");
    assert_eq!(pushes(&stand), 1, "each login is pushed once");
    let (header, form) = pushed(&stand.provider);
    assert!(header.is_some_and(|header| header.starts_with("Basic ")) && !form.contains_key("client_secret"));
}

/// A provider that takes no other request is enough: nobody need say so twice.
#[tokio::test]
async fn a_provider_that_takes_no_other_request_gets_it_pushed_without_a_setting() {
    let (provider, clock) = provider().await;
    provider.require_pushed_requests(true);
    let config = login_config(&provider, SERVER);
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    stand.signed_in("alice").await;
    assert_eq!(pushes(&stand), 1);
}

#[tokio::test]
async fn without_a_setting_nothing_is_pushed_to_a_provider_that_takes_other_requests() {
    let stand = Stand::new().await;
    stand.signed_in("alice").await;
    assert_eq!(pushes(&stand), 0);
}

/// What differs from one login to the next has the same length.
#[tokio::test]
async fn what_is_pushed_is_what_the_browser_would_have_carried() {
    let full = |mut config: Config| {
        let oidc = &mut config.authentication.oidc;
        oidc.max_age = Some(3600);
        oidc.prompt = Some("login".to_owned());
        oidc.response_mode = Some("form_post".to_owned());
        oidc.custom_params.insert("connection".to_owned(), "company & co".to_owned());
        config
    };
    let path = "/login?login_hint=alice%40company.com&ui_locales=de";
    let plain = Stand::with(full).await;
    let carried = query(&plain.send(navigation(path)).await.location());
    let stand = Stand::with(|config| set(full(config), "ifAvailable")).await;
    assert_carries_the_reference_alone(&stand.send(navigation(path)).await.location(), &stand);
    let (_, form) = pushed(&stand.provider);
    assert_eq!(form.keys().collect::<Vec<_>>(), carried.keys().collect::<Vec<_>>());
    for (name, value) in &form {
        match &**name {
            "state" | "nonce" | "code_challenge" => assert_eq!(value.len(), carried[name].len(), "{name}"),
            _ => assert_eq!(*value, carried[name], "{name}"),
        }
    }
}

fn login_form(iss: &str) -> Request<Bytes> {
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("iss", iss).finish();
    let request = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
    request.header("origin", "https://portal.example").body(form.into()).unwrap()
}

fn stray_callback(iss: &str) -> Request<Bytes> {
    let iss: String = form_urlencoded::byte_serialize(iss.as_bytes()).collect();
    navigation(&format!("/callback?code=of-yesterday&state=of-yesterday&iss={iss}"))
}

/// The names of the cookies, without what tells one login from another, and how they are set.
fn cookies(answer: &Answer) -> Vec<String> {
    let tell = |line: &str| {
        let (pair, attributes) = line.split_once(';').unwrap();
        let name = pair.split(['=', '.']).next().unwrap();
        format!("{name};{attributes}")
    };
    answer.set_cookies().into_iter().map(tell).collect()
}

/// Every way on which a login starts: the answer is the same but for where it leads.
#[tokio::test]
async fn a_login_that_is_pushed_is_answered_as_any_other() {
    type Way = fn(&Stand) -> Request<Bytes>;
    let (plain, stand) = (Stand::new().await, stand().await);
    let ways: [(&str, Way); 6] = [
        ("a page", |_| navigation("/me")),
        ("the HEAD of a page", |_| {
            let mut request = navigation("/me");
            *request.method_mut() = http::Method::HEAD;
            request
        }),
        ("the address of the login", |_| navigation("/login?return_to=/me")),
        ("an initiated login", |stand| navigation(&format!("/login?iss={}", stand.provider.issuer()))),
        ("a login initiated by a form", |stand| login_form(stand.provider.issuer())),
        ("a callback of no login", |stand| stray_callback(stand.provider.issuer())),
    ];
    for (way, request) in ways {
        let before = pushes(&stand);
        let (expected, answer) = (plain.send(request(&plain)).await, stand.send(request(&stand)).await);
        assert_eq!((answer.status, &answer.text), (expected.status, &expected.text), "{way}");
        assert!(answer.status.is_redirection(), "{way}: {}", answer.text);
        assert_eq!(cookies(&answer), cookies(&expected), "{way}");
        for name in ["cache-control", "vary", "referrer-policy", "content-type", "www-authenticate"] {
            assert_eq!(answer.header(name), expected.header(name), "{way}: {name}");
        }
        assert_eq!(answer.headers.len(), expected.headers.len(), "{way}: {:?}", answer.headers);
        assert_carries_the_reference_alone(&answer.location(), &stand);
        assert_eq!(pushes(&stand), before + 1, "{way}");
    }
    assert!(stand.refusals().iter().zip(plain.refusals()).all(|(one, other)| one.kind() == other.kind()));
    assert_eq!(pushes(&plain), 0);
}

#[tokio::test]
async fn a_callback_of_no_login_starts_a_pushed_one_that_ends_well() {
    let stand = stand().await;
    let mut browser = stand.browser();
    let stray = stray_callback(stand.provider.issuer()).uri().to_string();
    let page = browser.navigate(&stray).await;
    assert_carries_the_reference_alone(&page.url, &stand);
    assert_eq!(browser.log_in_as(&stand.provider, "alice").await.url.as_str(), "https://app.example/");
}

/// The session stays until the stronger login is there, and its cookie comes along.
#[tokio::test]
async fn a_page_that_wants_another_login_pushes_what_it_wants() {
    let stand = stand().await;
    stand.provider.change_id_token(|token, _| token.claim("amr", ["pwd"]));
    let mut browser = stand.signed_in("alice").await;
    stand.provider.change_id_token(|token, _| token.claim("amr", ["pwd", "mfa"]));
    let page = browser.navigate("/mfa").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::OK, "/mfa"));
    assert_eq!(pushed(&stand.provider).1["acr_values"], MULTI_FACTOR);
    stand.advance(RECENT.as_secs() + 60);
    let page = browser.navigate("/recent").await;
    let max_age = RECENT.as_secs().to_string();
    assert_eq!(pushed(&stand.provider).1["max_age"], max_age);
    assert_carries_the_reference_alone(&page.url, &stand);
    assert!(page.history[0].headers["set-cookie"].to_str().unwrap().contains("oidc_login."));
    let set: Vec<_> = page.history[0].headers.get_all("set-cookie").iter().collect();
    assert!(set.iter().any(|line| line.to_str().unwrap().contains("oidc_step_up=")), "{set:?}");
    assert_eq!(browser.log_in_as(&stand.provider, "alice").await.url.path(), "/recent");
    assert_eq!(pushes(&stand), 3);
}

/// A request costs the provider one of the service's: nothing that starts no login makes one.
#[tokio::test]
async fn what_starts_no_login_pushes_nothing() {
    let stand = stand().await;
    let html = |request: http::request::Builder| request.header("accept", "text/html").body(Bytes::new()).unwrap();
    for request in [
        html(Request::get("/me").header("sec-purpose", "prefetch")),
        html(Request::get("/me").header("sec-fetch-mode", "cors").header("sec-fetch-dest", "empty")),
        html(Request::get("/me").header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "iframe")),
        html(Request::get("/me").header("authorization", "Bearer rubbish")),
        html(Request::post("/me")),
        html(Request::get("/login").header("sec-purpose", "prefetch")),
        html(Request::get("/login").header("sec-fetch-mode", "no-cors").header("sec-fetch-dest", "image")),
        navigation("/login?iss=https://evil.example"),
        navigation("/login?return_to=https://evil.example"),
        navigation("/"),
    ] {
        let answer = stand.send(request).await;
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
    }
    let asking = Stand::with(|mut config| {
        config.authentication.enable_auto_redirect = Some(false);
        set(config, "required")
    })
    .await;
    assert_eq!(asking.send(navigation("/me")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!((pushes(&stand), pushes(&asking)), (0, 0));
}

#[tokio::test]
async fn every_client_proves_itself_where_it_pushes() {
    for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt"] {
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.client_authentication_method = Some(method.to_owned());
            set(config, "required")
        })
        .await;
        stand.signed_in("alice").await;
        let (header, form) = pushed(&stand.provider);
        assert_eq!(header.is_some(), method == "client_secret_basic");
        assert_eq!(form.contains_key("client_secret"), method == "client_secret_post");
        assert_eq!(form.contains_key("client_assertion"), method == "client_secret_jwt");
        assert_eq!(form["client_id"], stand.provider.client_id(), "{method}");
    }
    let (provider, clock) = provider().await;
    let mut config = set(provider.public_login_config(SERVER).session_secret(SECRET), "required");
    config.authentication.oidc.response_type = Some("code".to_owned());
    let public = Stand::built(provider, clock, config, |builder| builder).await;
    public.signed_in("alice").await;
    let (header, form) = pushed(&public.provider);
    assert!(header.is_none() && form["client_id"] == public.provider.client_id());
}

#[tokio::test]
async fn an_id_token_that_comes_by_a_form_can_be_asked_for_so_too() {
    let stand = Stand::implicit(|config| set(config, "required")).await;
    let mut browser = stand.browser();
    let page = browser.navigate("/me").await;
    assert_eq!(query(&page.url).keys().collect::<Vec<_>>(), ["client_id", "request_uri"]);
    assert_eq!(browser.log_in_as(&stand.provider, "alice").await.status, StatusCode::OK);
    assert_eq!(pushed(&stand.provider).1["response_mode"], "form_post");
}

/// Everything of a failed start that somebody may see: the page, the log's record, the reason.
#[track_caller]
fn assert_is_silent(stand: &Stand, answer: &Answer) {
    let shown = format!("{} {:?} {:?}", answer.text, answer.headers, answer.reason);
    for (name, value) in pushed(&stand.provider).1 {
        let is_own = matches!(&*name, "client_id" | "response_type" | "scope" | "code_challenge_method");
        assert!(is_own || !shown.contains(&value), "{name} is shown in {shown}");
    }
    assert!(!shown.contains("request_uri:") && !shown.contains("Just a moment"), "{shown}");
}

fn faults() -> [(Fault, u16); 13] {
    [
        (Fault::Status(500), 503),
        (Fault::StatusRetryAfter(503, Duration::from_secs(7)), 503),
        (Fault::StatusRetryAfter(429, Duration::from_secs(7)), 503),
        (Fault::Status(400), 500),
        (Fault::Status(401), 500),
        (Fault::Status(404), 500),
        (Fault::Status(200), 503),
        (Fault::Close, 503),
        (Fault::Truncated, 503),
        (Fault::Html, 503),
        (Fault::Malformed, 503),
        (Fault::Huge(64 * 1024 * 1024), 503),
        (Fault::RedirectTo("https://evil.example/par".to_owned()), 500),
    ]
}

#[tokio::test]
async fn a_push_that_fails_is_a_page_and_never_a_request_by_the_browser() {
    for word in ["auto", "ifAvailable", "required"] {
        let (provider, clock) = provider().await;
        provider.require_pushed_requests(word == "auto");
        let config = set(login_config(&provider, SERVER), word);
        let stand = Stand::built(provider, clock, config, |builder| builder).await;
        let endpoint = stand.provider.endpoint(Endpoint::PushedAuthorization);
        for (fault, status) in faults() {
            endpoint.fail_with(fault.clone());
            for path in ["/me", "/login?return_to=/me"] {
                let before = pushes(&stand);
                let answer = stand.eventually(stand.send(navigation(path))).await;
                let LoginError::Push(error) = answer.login_error() else { panic!("{fault:?}: {answer:?}") };
                assert_eq!((answer.status.as_u16(), answer.login_error().code()), (status, "push_failed"), "{error:?}");
                assert!(answer.headers.get("location").is_none() && answer.set_cookies().is_empty(), "{answer:?}");
                assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
                assert_eq!((answer.header("cache-control"), answer.header("vary").is_empty()), ("no-store", false));
                assert_eq!(answer.text.contains("href=\"/login\""), status == 503, "{}", answer.text);
                assert_eq!(answer.headers.contains_key("retry-after"), status == 503);
                if let Fault::StatusRetryAfter(..) = fault {
                    assert_eq!(answer.header("retry-after"), "7");
                }
                assert_is_silent(&stand, &answer);
                assert_eq!(pushes(&stand), before + 1, "{fault:?}: it is pushed once");
            }
            endpoint.heal();
        }
        assert_eq!(stand.provider.requests(Endpoint::Authorize), 0, "no browser was sent there");
        stand.signed_in("alice").await;
    }
}

/// The reference on the page is what the log is searched by.
#[tokio::test]
async fn a_push_that_fails_is_told_once_and_by_the_reference_on_the_page() {
    let stand = stand().await;
    stand.provider.endpoint(Endpoint::PushedAuthorization).fail_with(Fault::Status(500));
    for path in ["/me", "/login"] {
        let visited = stand.browser().navigate(path).await;
        assert!(visited.text().contains("push_failed"), "{}", visited.text());
        let [AuthError::Login(LoginError::Push(error))] = &*stand.refusals() else { panic!("one refusal: {path}") };
        assert!(matches!(**error, TokenEndpointError::Status { .. }));
    }
    let answer = stand.send(navigation("/me")).await;
    let record = answer.record.as_ref().expect("it was refused");
    assert_eq!((record.reason(), record.path(), record.status()), ("push_failed", "/me", Some(answer.status)));
    assert!(answer.text.contains(record.reference().as_str()), "{}", answer.text);
}

#[tokio::test]
async fn a_client_that_the_provider_does_not_know_is_told_before_anybody_goes_there() {
    let stand =
        Stand::with(|config| set(config, "required").client_secret("another secret, which is long enough")).await;
    let answer = stand.send(navigation("/me")).await;
    assert_eq!((answer.status, answer.login_error().code()), (StatusCode::INTERNAL_SERVER_ERROR, "push_failed"));
    let LoginError::Push(error) = answer.login_error() else { panic!("{answer:?}") };
    assert!(error.is_invalid_client(), "{error:?}");
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.callback_url = Some("https://app.example/not-registered".to_owned());
        set(config, "required")
    })
    .await;
    let answer = stand.send(navigation("/me")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_is_silent(&stand, &answer);
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_given_up() {
    let stand = stand().await;
    stand.provider.endpoint(Endpoint::PushedAuthorization).fail_with(Fault::Hang);
    for path in ["/me", "/login"] {
        let answer = stand.eventually(stand.send(navigation(path))).await;
        assert_eq!((answer.status, answer.login_error().code()), (StatusCode::SERVICE_UNAVAILABLE, "push_failed"));
    }
}

/// Nobody else waits for it meanwhile, and nothing is left of it.
#[tokio::test]
async fn a_browser_that_goes_away_in_the_middle_leaves_nothing_behind() {
    let stand = stand().await;
    let alice = stand.signed_in("alice").await;
    stand.refusals();
    let endpoint = stand.provider.endpoint(Endpoint::PushedAuthorization);
    endpoint.fail_next(2, Fault::Hang);
    for (number, path) in [(2, "/me"), (3, "/login")] {
        tokio::select! {
            answer = stand.send(navigation(path)) => panic!("the endpoint hangs: {answer:?}"),
            () = endpoint.wait_for_requests(number) => {}
        }
    }
    assert_eq!(alice.fetch("/me").await.status, StatusCode::OK, "who is signed in does not wait");
    endpoint.heal();
    assert!(stand.refusals().is_empty());
    stand.signed_in("bob").await;
    assert_eq!(pushes(&stand), 4);
}

/// By then another tab may have signed in, whose cookie has the same name; the login that this answer leads to replaces the dead one.
#[tokio::test]
async fn an_answer_that_waited_removes_no_cookie_of_a_session() {
    let removed_by = async |word: &str| {
        let stand = Stand::with(|config| set(config.session_store("memory"), word)).await;
        let answer = stand.send(page("/me", &[cookie(SESSION, "of-nobody")])).await;
        assert_eq!((answer.status, pushes(&stand)), (StatusCode::FOUND, usize::from(word == "required")));
        assert_kept_by_no_cache(&answer.headers, word);
        removed(&answer.headers).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(removed_by("required").await, Vec::<String>::new());
    assert_eq!(removed_by("off").await, [SESSION]);
}

/// The person signs out in another tab while the provider takes its time.
#[tokio::test]
async fn an_answer_that_waited_does_not_bring_back_a_session_that_has_ended() {
    for signs_out in [false, true] {
        let stand = Stand::with(|mut config| {
            config.authentication.oidc.session_idle_timeout = Some(2 * RECENT.as_secs());
            set(config, "required")
        })
        .await;
        let mut browser = stand.signed_in("alice").await;
        stand.advance(RECENT.as_secs() + 60);
        let endpoint = stand.provider.endpoint(Endpoint::PushedAuthorization);
        endpoint.fail_next(1, Fault::Hang);
        let request = page("/recent", &copy(&browser));
        let (answer, ()) = tokio::join!(stand.send(request), async {
            endpoint.wait_for_requests(2).await;
            if signs_out {
                browser.post("/logout", &[]).await;
            }
            endpoint.heal();
        });
        assert_carries_the_reference_alone(&answer.location(), &stand);
        let has_session = support_sessions::set(&answer.headers).contains(&SESSION);
        assert_eq!(has_session, !signs_out, "the session that was in use: {:?}", answer.set_cookies());
    }
}

#[tokio::test]
async fn a_page_that_waits_is_answered_with_its_own_reference_among_many() {
    let stand = stand().await;
    let answers = futures_util::future::join_all((0..20).map(|_| stand.send(navigation("/me")))).await;
    let references: std::collections::BTreeSet<_> =
        answers.iter().map(|answer| parameter(&answer.location(), "request_uri").unwrap()).collect();
    assert_eq!((references.len(), pushes(&stand)), (20, 20));
}

/// A file that is gone when the test is.
struct SecretFile(PathBuf);

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The push is the first to meet the secret of yesterday.
#[tokio::test]
async fn a_secret_that_was_rotated_in_its_file_is_found_when_a_request_is_pushed() {
    const SECRETS: [&str; 2] = ["the first secret, as good as any other", "the second secret, as good as the first"];
    let file = SecretFile(std::env::temp_dir().join(format!("tower-oidc-pushed-{}", std::process::id())));
    std::fs::write(&file.0, SECRETS[0]).unwrap();
    let (provider, clock) = provider().await;
    let mut config = set(login_config(&provider, SERVER), "required");
    config.authentication.oidc.secret = None;
    provider.add_service_account(provider.client_id(), SECRETS[0]);
    let stand = Stand::built(provider, clock, config.client_secret_file(&file.0), |builder| builder).await;
    stand.signed_in("alice").await;
    stand.provider.add_service_account(stand.provider.client_id(), SECRETS[1]);
    std::fs::write(&file.0, SECRETS[1]).unwrap();
    let exchanged = stand.provider.requests(Endpoint::Token);
    stand.signed_in("bob").await;
    assert_eq!((pushes(&stand), stand.provider.requests(Endpoint::Token)), (3, exchanged + 1));
    stand.signed_in("carol").await;
    assert_eq!(pushes(&stand), 4, "the new one is known by now");
}

const ENDPOINT: &str = "pushed_authorization_request_endpoint";

#[tokio::test]
async fn a_provider_without_an_endpoint_stops_the_start_where_requests_must_be_pushed() {
    let (provider, clock) = provider().await;
    provider.remove_metadata(ENDPOINT);
    let config = |word: &str| set(login_config(&provider, SERVER), word);
    let error = discover(config("required"), &clock, |builder| builder).await.unwrap_err();
    assert!(matches!(error, SetupError::Login(LoginError::Mismatch(_))));
    let text = error.to_string();
    assert!(
        text.contains("pushedAuthorizationRequests: required is configured, and the provider offers none"),
        "{text}"
    );
    for word in ["auto", "ifAvailable", "off"] {
        discover(config(word), &clock, |builder| builder).await.unwrap();
    }
}

/// An endpoint that goes while the service runs takes nobody back to requests that a browser carries.
#[tokio::test]
async fn an_endpoint_that_is_gone_later_starts_no_login_where_requests_must_be_pushed() {
    let stand = stand().await;
    stand.signed_in("alice").await;
    stand.provider.remove_metadata(ENDPOINT);
    let fetched = stand.provider.requests(Endpoint::Discovery);
    stand.clock.advance(METADATA_LIFETIME + Duration::from_secs(600));
    stand.provider.endpoint(Endpoint::Discovery).wait_for_requests(fetched + 1).await;
    let answer = loop {
        let answer = stand.send(navigation("/me")).await;
        if answer.status != StatusCode::FOUND {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{answer:?}");
    assert!(matches!(answer.login_error(), LoginError::Mismatch(_)), "{answer:?}");
}
