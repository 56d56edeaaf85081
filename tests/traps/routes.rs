//! Which rule a request meets, and what is in it that counts: classes B, C and W.

use axum::{Router, routing::get};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use tower::ServiceExt as _;
use tower_oidc::{principal::rules::admin, testing::Endpoint};

use crate::support::{Stand, navigation};

/// Rules are of routes, and the router alone reads paths. The login's own paths are compared whole, as they stand.
#[tokio::test]
async fn class_b_no_spelling_of_a_path_gets_around_its_rule() {
    let stand = Stand::new().await;
    let bob = stand.signed_in("bob").await;
    let cookie: Vec<_> = bob.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    for path in [
        "/admin",
        "/admin?",
        "/admin?/login",
        "/admin?return_to=/login",
        "/admin/",
        "//admin",
        "/./admin",
        "/x/../admin",
        "/%61dmin",
        "/admin%2f",
        "/admin%3f/login",
        "/admin;/login",
        "/Admin",
        "/login/../admin",
        "/callback/../admin",
        "/login/%2e%2e/admin",
        "/admin/login",
        "/admin%23/login",
        "/admin//",
        "/.well-known/../admin",
    ] {
        for (name, value) in [
            ("x-original-url", "/login"),
            ("x-rewrite-url", "/"),
            ("x-forwarded-uri", "/login"),
            ("cookie", &*cookie.join("; ")),
        ] {
            let answer = stand.send(Request::get(path).header(name, value).body("").unwrap()).await;
            assert!(!answer.status.is_success(), "{path} with {name}: {}", answer.status);
        }
    }
    for near in ["/login/", "//login", "/Login", "/%6cogin", "/callback/", "/logout/x"] {
        let answer = stand.send(navigation(near)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{near} is the application's own");
    }
}

/// What a proxy in front of some applications says of who is signed in, and what anybody can send to one without such a proxy:
/// Traefik's, oauth2-proxy's, mod_auth_openidc's and oathkeeper's headers, with underscores too, which some servers take for hyphens.
const IDENTITY_HEADERS: [&str; 16] = [
    "x-forwarded-user",
    "x_forwarded_user",
    "x-forwarded-email",
    "x-forwarded-preferred-username",
    "x-forwarded-groups",
    "x-forwarded-access-token",
    "x-auth-request-user",
    "x-auth-request-email",
    "x_auth_request_email",
    "remote-user",
    "remote_user",
    "oidc_claim_sub",
    "oidc-claim-sub",
    "x-user",
    "x-id-token",
    "x-oidc-principal",
];

/// Whoever is signed in stands in the request's extensions, where no client can write. No header says it, on no path and by no
/// method, and none that names `Authorization` as hop-by-hop takes it away.
#[tokio::test]
async fn class_c_no_header_says_who_is_signed_in() {
    let stand = Stand::with(|config| config.admin("jane")).await;
    let token = stand.provider.token("jane").sign();
    for name in IDENTITY_HEADERS {
        for value in ["jane", "jane@company.com", &token, &format!("Bearer {token}")] {
            let ask = |method: Method, path| {
                let request = Request::builder().method(method).uri(path).header(name, value).body("").unwrap();
                stand.send(request)
            };
            assert_eq!(ask(Method::GET, "/").await.text, "null", "{name}: {value}");
            for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::from_bytes(b"X").unwrap()]
            {
                let answer = ask(method.clone(), "/me").await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {name}: {value}");
            }
        }
    }
    for connection in ["authorization", "Authorization, close", "x-forwarded-user"] {
        let request = Request::get("/me").header("authorization", format!("Bearer {token}"));
        let request = request.header("connection", connection).header("x-forwarded-user", "bob").body("").unwrap();
        assert_eq!(stand.send(request).await.json()["sub"], "jane", "{connection}");
    }
}

#[tokio::test]
async fn class_w_what_is_posted_without_a_session_is_refused_and_not_kept() {
    let stand = Stand::new().await;
    let request = Request::post("/form").header("accept", "text/html").header("sec-fetch-mode", "navigate");
    let answer = stand.send(request.body("amount=1000").unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.set_cookies().is_empty() && !answer.headers.contains_key("location"));
    assert_eq!(stand.provider.requests(Endpoint::Authorize), 0);
}

/// An application with one open route and one for administrators below the same prefix.
async fn status(stand: &Stand, request: Request<&'static str>) -> StatusCode {
    let router = Router::new()
        .route("/public", get(async || "open"))
        .route("/public/{*rest}", get(async || "open"))
        .route("/admin", get(async || "secret").layer(stand.auth.require(admin())))
        .route("/admin/{*rest}", get(async || "secret").layer(stand.auth.require(admin())))
        .layer(stand.auth.layer());
    router.oneshot(request.map(Full::from)).await.unwrap().status()
}

async fn is_open(stand: &Stand, request: Request<&'static str>) -> bool {
    status(stand, request).await == StatusCode::OK
}

/// CVE-2026-41059 (oauth2-proxy): a rule "no login for `/public`" was held against a text with a fragment, which the application
/// behind never saw.
#[tokio::test]
async fn cve_2026_41059_oauth2_proxy_a_fragment_is_no_way_around_a_rule() {
    let stand = Stand::new().await;
    assert!(is_open(&stand, Request::get("/public/x").body("").unwrap()).await);
    for path in ["/admin%23/public", "/admin/%23/public/x", "/admin?%23/public", "/admin/x%23/public/"] {
        assert!(!is_open(&stand, Request::get(path).body("").unwrap()).await, "{path}");
    }
    // A fragment that does arrive is cut off before anybody looks at the path.
    let request = Request::get("/admin#/public").body("").unwrap();
    assert_eq!(request.uri().path(), "/admin");
    assert!(!is_open(&stand, request).await);
}

/// CVE-2026-40575 (oauth2-proxy): the rule was held against `X-Forwarded-Uri`, which anybody can send.
#[tokio::test]
async fn cve_2026_40575_oauth2_proxy_no_header_chooses_the_rule() {
    let stand = Stand::new().await;
    for name in
        ["x-forwarded-uri", "x-original-uri", "x-original-url", "x-rewrite-url", "x-forwarded-path", "forwarded"]
    {
        for value in ["/public", "/public/x", "/login", "path=/public"] {
            let request = Request::get("/admin").header(name, value).body("").unwrap();
            assert!(!is_open(&stand, request).await, "{name}: {value}");
        }
    }
}

/// CVE-2025-54576 (oauth2-proxy): the rule was held against path and query together, so that `?/public` was enough.
#[tokio::test]
async fn cve_2025_54576_oauth2_proxy_a_query_is_no_way_around_a_rule() {
    let stand = Stand::new().await;
    for path in ["/admin?/public", "/admin?x=/public/y", "/admin/x?y=/public", "/admin?", "/admin/x?/login?/callback"] {
        assert!(!is_open(&stand, Request::get(path).body("").unwrap()).await, "{path}");
    }
}
