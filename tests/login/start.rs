//! The start of a login: for whom one is started, and what the provider is asked.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use tower_oidc::{
    layer::{AuthError, AuthErrorKind, SetupError},
    login::LoginError,
    testing::Endpoint,
};
use url::Url;

use super::support::{RECENT, SERVER, Stand, discover, location, login_config, navigation, parameter, provider};

#[tokio::test]
async fn somebody_opens_a_page_signs_in_and_is_on_that_page() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    browser.navigate("/deep/me?x=1&y=%2F#top").await;
    let me = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((me.status, me.url.as_str()), (StatusCode::OK, "https://app.example/deep/me?x=1&y=%2F"));
    assert_eq!(me.json::<Value>()["sub"], "alice");
    assert_eq!(browser.fetch("/me").await.status, StatusCode::OK);
}

type Headers = &'static [(&'static str, &'static str)];

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const TOP: (&str, &str) = ("sec-fetch-dest", "document");
const NAVIGATE: (&str, &str) = ("sec-fetch-mode", "navigate");

fn request(method: &Method, headers: Headers) -> Request<Bytes> {
    let request = Request::builder().method(method).uri("/me");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn whoever_opens_a_page_goes_to_the_provider() {
    let stand = Stand::new().await;
    let cases: [(&str, Method, Headers); 5] = [
        ("a browser's navigation", Method::GET, &[NAVIGATE, TOP, HTML]),
        ("its HEAD", Method::HEAD, &[NAVIGATE, TOP, HTML]),
        ("a navigation that a service worker passes on", Method::GET, &[NAVIGATE, ("sec-fetch-dest", "empty"), HTML]),
        ("an older browser, or one over plain http", Method::GET, &[HTML]),
        ("a browser that asks for anything", Method::GET, &[NAVIGATE, TOP, ("accept", "*/*")]),
    ];
    for (who, method, headers) in cases {
        let answer = stand.send(request(&method, headers)).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{who}");
        assert!(answer.location().as_str().starts_with(&stand.provider.endpoint(Endpoint::Authorize).url()), "{who}");
        assert_eq!(answer.set_cookies().len(), 1, "{who}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        for decides in ["Cookie", "Accept", "Sec-Fetch-Mode", "Sec-Fetch-Dest"] {
            assert!(answer.header("vary").contains(decides), "{who}: {decides}");
        }
    }
}

/// Class W of the traps (mod_auth_openidc kept and replayed what was posted), and the complaint MOD#220: a script that gets a 302
/// to the provider dies of CORS.
#[tokio::test]
async fn whoever_does_not_open_a_page_gets_a_401_and_no_redirect() {
    let stand = Stand::new().await;
    let cases: [(&str, Method, Headers); 13] = [
        ("fetch", Method::GET, &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", "*/*")]),
        (
            "fetch that asks for HTML",
            Method::GET,
            &[("sec-fetch-mode", "same-origin"), ("sec-fetch-dest", "empty"), HTML],
        ),
        ("XHR without Sec-Fetch", Method::GET, &[HTML, ("x-requested-with", "XMLHttpRequest")]),
        ("curl", Method::GET, &[("accept", "*/*")]),
        ("an API client", Method::GET, &[("accept", "application/json")]),
        ("a client that says nothing", Method::GET, &[]),
        ("an image", Method::GET, &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), ("accept", "image/*")]),
        ("a frame", Method::GET, &[NAVIGATE, ("sec-fetch-dest", "iframe"), HTML]),
        ("a prefetch", Method::GET, &[NAVIGATE, TOP, HTML, ("sec-purpose", "prefetch;prerender")]),
        ("an older prefetch", Method::GET, &[HTML, ("purpose", "prefetch")]),
        ("a form", Method::POST, &[NAVIGATE, TOP, HTML]),
        ("PUT", Method::PUT, &[HTML]),
        ("DELETE", Method::DELETE, &[HTML]),
    ];
    for (who, method, headers) in cases {
        let answer = stand.send(request(&method, headers)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{who}");
        assert!(answer.headers.get("location").is_none() && answer.set_cookies().is_empty(), "{who}");
    }
}

#[tokio::test]
async fn a_script_learns_where_a_person_signs_in() {
    let stand = Stand::new().await;
    let answer = stand.browser().fetch("/me").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let problem: Value = answer.json();
    assert_eq!(
        (&problem["error"], &problem["loginUrl"]),
        (&"no_credentials".into(), &"https://app.example/login".into())
    );
    assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer realm="));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("vary").unwrap().contains("Cookie"));
}

/// Class W of the traps: mod_auth_openidc kept what was posted before the login, and replayed it after.
#[tokio::test]
async fn what_is_posted_without_a_session_is_refused_and_never_replayed() {
    let stand = Stand::new().await;
    let mut browser = stand.browser();
    let answer = browser.post("/form", &[("pay", "1000")]).await;
    assert_eq!((answer.status, answer.url.path()), (StatusCode::UNAUTHORIZED, "/form"));
    assert!(browser.cookies().is_empty(), "no login was started");
    let me = stand.sign_in(&mut browser, "alice").await;
    let way: Vec<_> = me.history.iter().map(|hop| hop.url.path().to_owned()).collect();
    assert!(!way.contains(&"/form".to_owned()) && me.url.path() == "/me", "{way:?}");
    assert_eq!(browser.post("/form", &[("pay", "1")]).await.text(), "pay=1");
}

#[tokio::test]
async fn grpc_gets_its_status_and_no_redirect() {
    let stand = Stand::new().await;
    let request = Request::post("/me").header("content-type", "application/grpc").header("te", "trailers");
    let answer = stand.send(request.body("").unwrap()).await;
    assert_eq!((answer.status, answer.header("grpc-status")), (StatusCode::OK, "16"));
    assert!(answer.set_cookies().is_empty() && answer.headers.get("location").is_none());
}

#[tokio::test]
async fn a_prefetch_of_the_login_itself_starts_nothing() {
    let stand = Stand::new().await;
    let request = Request::get("/login").header("sec-purpose", "prefetch").header("accept", "text/html");
    let answer = stand.send(request.body("").unwrap()).await;
    assert!(matches!(answer.login_error(), LoginError::Prefetch));
    assert!(answer.status == StatusCode::BAD_REQUEST && answer.set_cookies().is_empty());
}

#[tokio::test]
async fn without_auto_redirect_a_page_with_a_button_comes_first() {
    let stand = Stand::with(|mut config| {
        config.authentication.enable_auto_redirect = Some(false);
        config.authentication.provider_name = Some("Acme <Sign-on>".to_owned());
        config
    })
    .await;
    let mut browser = stand.browser();
    let page = browser.navigate("/deep/me?a=1&b=2").await;
    assert_eq!((page.status, page.url.path()), (StatusCode::UNAUTHORIZED, "/deep/me"));
    assert!(page.text().contains("Sign in with <bdi>Acme &lt;Sign-on&gt;</bdi>"), "{}", page.text());
    assert_eq!(stand.provider.requests(Endpoint::Authorize), 0);
    assert!(browser.cookies().is_empty(), "nothing is started for who only looks");

    let button = "/login?return_to=%2Fdeep%2Fme%3Fa%3D1%26b%3D2";
    assert!(page.text().contains(&format!("href=\"{button}\"")), "{}", page.text());
    browser.navigate(button).await;
    let me = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((me.status, me.url.as_str()), (StatusCode::OK, "https://app.example/deep/me?a=1&b=2"));
}

/// What the provider is asked by the answer that leads there.
fn asked(url: &Url) -> BTreeMap<String, String> {
    let asked: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(asked.len(), url.query_pairs().count(), "no parameter stands twice: {url}");
    asked
}

/// Without those that are different each time, which must be there.
fn settled(url: &Url, random: &[&str]) -> Vec<(String, String)> {
    let mut asked = asked(url);
    for name in random {
        let value = asked.remove(*name).unwrap_or_else(|| panic!("{name} is sent"));
        assert_eq!(value.len(), 43, "{name} has 256 bits: {value}");
    }
    asked.into_iter().collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn the_provider_is_asked_for_a_code_with_state_nonce_and_pkce() {
    let stand = Stand::new().await;
    let url = stand.send(navigation("/me")).await.location();
    let expected = [
        ("client_id", stand.provider.client_id()),
        ("code_challenge_method", "S256"),
        ("redirect_uri", "https://app.example/callback"),
        ("response_type", "code"),
        ("scope", "openid email profile"),
    ];
    assert_eq!(settled(&url, &["state", "nonce", "code_challenge"]), pairs(&expected));
    let other = stand.send(navigation("/me")).await.location();
    for random in ["state", "nonce", "code_challenge"] {
        assert_ne!(parameter(&url, random), parameter(&other, random), "{random}");
    }
}

#[tokio::test]
async fn a_public_client_asks_for_an_id_token_by_form_post() {
    let stand = Stand::implicit(|config| config).await;
    let url = stand.send(navigation("/me")).await.location();
    let expected = [
        ("client_id", stand.provider.client_id()),
        ("redirect_uri", "https://app.example/callback"),
        ("response_mode", "form_post"),
        ("response_type", "id_token"),
        ("scope", "openid email profile"),
    ];
    assert_eq!(settled(&url, &["state", "nonce"]), pairs(&expected));
}

#[tokio::test]
async fn every_configured_parameter_reaches_the_provider() {
    let stand = Stand::with(|mut config| {
        let oidc = &mut config.authentication.oidc;
        oidc.scope = Some("openid offline_access custom:read".to_owned());
        oidc.prompt = Some("login consent".to_owned());
        oidc.max_age = Some(3600);
        oidc.response_mode = Some("form_post".to_owned());
        oidc.disable_pkce = Some(true);
        oidc.use_nonce = Some(false);
        config.custom_param("screen_hint", "signup").custom_param("space", "a b&c=d")
    })
    .await;
    let url = stand.send(navigation("/me")).await.location();
    let expected = [
        ("client_id", stand.provider.client_id()),
        ("max_age", "3600"),
        ("prompt", "login consent"),
        ("redirect_uri", "https://app.example/callback"),
        ("response_mode", "form_post"),
        ("response_type", "code"),
        ("scope", "openid offline_access custom:read"),
        ("screen_hint", "signup"),
        ("space", "a b&c=d"),
    ];
    assert_eq!(settled(&url, &["state"]), pairs(&expected));
}

/// The parameters of this login beyond those of every login, for that kind of provider.
async fn particulars(provider: &'static str, login: &str) -> Vec<(String, String)> {
    let stand = Stand::with(|config| {
        let config = config.provider(provider);
        if provider == "auth0" { config.custom_param("connection", "google-oauth2") } else { config }
    })
    .await;
    let url = stand.send(navigation(login)).await.location();
    let mut asked = settled(&url, &["state", "nonce", "code_challenge"]);
    let always = ["client_id", "code_challenge_method", "redirect_uri", "response_type", "scope"];
    asked.retain(|(name, _)| !always.contains(&name.as_str()));
    asked
}

#[tokio::test]
async fn a_login_may_say_who_and_in_which_language_and_nothing_else() {
    let asked = particulars("custom-oidc", "/login?login_hint=jane%40company.com&ui_locales=de-CH+en").await;
    assert_eq!(asked, pairs(&[("login_hint", "jane@company.com"), ("ui_locales", "de-CH en")]));
}

/// Class A of the traps, CVE-2025-67716 (nextjs-auth0): a link to the login smuggled OAuth parameters to the provider.
#[tokio::test]
async fn no_other_parameter_of_a_link_reaches_the_provider() {
    let smuggled = "scope=openid+admin&prompt=none&redirect_uri=https://evil.example&client_id=evil&max_age=0&audience=evil\
                    &connection=evil&acr_values=0&response_mode=fragment&state=mine&nonce=mine&request=x&claims=%7B%7D";
    let nested = "return_to=%2Fme%3Fprompt%3Dnone%26audience%3Devil";
    for query in [smuggled, nested] {
        let asked = particulars("custom-oidc", &format!("/login?{query}")).await;
        assert_eq!(asked, Vec::new(), "{query}");
    }
    let asked = particulars("custom-oidc", "/login?organization=org_1&invitation=ticket").await;
    assert_eq!(asked, Vec::new(), "they are Auth0's");
}

#[tokio::test]
async fn auth0_is_asked_for_audience_connection_organization_and_invitation() {
    let asked =
        particulars("auth0", "/login?organization=org_1&invitation=ticket&connection=other&audience=other").await;
    let expected = [
        ("audience", "https://api.example.test"),
        ("connection", "google-oauth2"),
        ("invitation", "ticket"),
        ("organization", "org_1"),
    ];
    assert_eq!(asked, pairs(&expected));
}

#[tokio::test]
async fn a_link_cannot_change_the_configured_organization() {
    let stand = Stand::with(|config| config.provider("auth0").custom_param("organization", "org_ours")).await;
    let url = stand.send(navigation("/login?organization=org_theirs")).await.location();
    assert_eq!(asked(&url)["organization"], "org_ours");
}

#[tokio::test]
async fn a_route_that_wants_a_newer_login_starts_one_with_its_max_age() {
    let stand = Stand::new().await;
    let mut browser = stand.signed_in("alice").await;
    stand.advance(RECENT.as_secs());
    assert_eq!(browser.navigate("/recent").await.status, StatusCode::OK);
    stand.advance(1);
    let answer = browser.fetch("/recent").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("insufficient_user_authentication") && challenge.contains("max_age=\"300\""));

    let page = browser.navigate("/recent").await;
    let url = location(&page.history.last().unwrap().headers);
    assert_eq!(asked(&url)["max_age"], "300");
    let recent = browser.log_in_as(&stand.provider, "alice").await;
    assert_eq!((recent.status, recent.url.path()), (StatusCode::OK, "/recent"));
    assert_eq!(browser.navigate("/recent").await.history.len(), 0);
}

#[tokio::test]
async fn a_form_starts_a_login_with_a_303() {
    let stand = Stand::new().await;
    let form = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
    let answer = stand.send(form.body("login_hint=jane&return_to=%2Fdeep%2Fme").unwrap()).await;
    assert_eq!((answer.status, &*asked(&answer.location())["login_hint"]), (StatusCode::SEE_OTHER, "jane"));
    let answer = stand.send(Request::put("/login").body("").unwrap()).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, POST"));
}

#[tokio::test]
async fn a_parameter_that_stands_twice_or_cannot_be_is_refused() {
    let stand = Stand::new().await;
    for (query, code) in [
        ("return_to=%2Fme&return_to=%2Fme", "repeated_parameter"),
        ("login_hint=a&login_hint=b", "repeated_parameter"),
        ("login_hint=a%0Ab", "malformed_parameter"),
        ("ui_locales=%3Cscript%3E", "malformed_parameter"),
        ("organization=a%26b", "malformed_parameter"),
        ("return_to=https%3A%2F%2Fevil.example", "foreign_return_address"),
    ] {
        let answer = stand.send(navigation(&format!("/login?{query}"))).await;
        assert_eq!((answer.status, answer.login_error().code()), (StatusCode::BAD_REQUEST, code), "{query}");
        assert!(answer.set_cookies().is_empty(), "{query}");
    }
}

#[tokio::test]
async fn a_provider_that_was_never_reached_makes_a_503_and_no_pass() {
    let (provider, clock) = provider().await;
    let config = login_config(&provider, SERVER);
    provider.go_down();
    let stand = Stand::built(provider, clock, config, |builder| builder).await;
    for path in ["/me", "/login"] {
        let answer = stand.send(navigation(path)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1, "{path}");
        assert!(answer.header("content-type").starts_with("text/html") && answer.set_cookies().is_empty());
    }
    assert_eq!(stand.refusals().iter().filter(|error| matches!(error, AuthError::Login(_))).count(), 2);
}

#[tokio::test]
async fn a_provider_that_does_not_offer_what_is_configured_stops_the_start() {
    let (provider, clock) = provider().await;
    provider.set_metadata("token_endpoint_auth_methods_supported", ["client_secret_post", "private_key_jwt"]);
    provider.set_metadata("response_types_supported", ["id_token"]);
    let error = discover(login_config(&provider, SERVER), &clock, |builder| builder).await.unwrap_err();
    assert!(matches!(error, SetupError::Login(LoginError::Mismatch(_))));
    let text = error.to_string();
    for told in [
        "responseType: code is configured, and the provider offers \"id_token\"",
        "clientAuthenticationMethod: client_secret_basic is configured, and the provider offers \"client_secret_post\", \
         \"private_key_jwt\"",
    ] {
        assert!(text.contains(told), "{text}");
    }
}

#[tokio::test]
async fn a_page_that_needs_nobody_starts_nothing() {
    let stand = Stand::new().await;
    let answer = stand.send(navigation("/")).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "null"));
    assert!(answer.set_cookies().is_empty() && answer.header("vary").contains("Cookie"));
    assert!(stand.refusals().is_empty());
}

/// The `Authorization` header counts alone: who sends one is no visitor, and is sent nowhere.
#[tokio::test]
async fn a_navigation_with_a_bad_token_is_refused_and_sent_nowhere() {
    let stand = Stand::new().await;
    let mut request = navigation("/me");
    request.headers_mut().insert("authorization", "Bearer rubbish".parse().unwrap());
    let answer = stand.send(request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.reason.map(|error| error.kind()), Some(AuthErrorKind::InvalidToken));
    assert!(answer.headers.get("location").is_none());
}
