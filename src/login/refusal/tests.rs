use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    jose::JoseError,
    principal::PrincipalError,
    provider::{HttpError, OAuthErrorCode, TokenEndpointError, UserinfoError},
    session::SessionError,
    types::{BoxError, RandomError},
    validator::TokenError,
};

use super::{
    super::{AuthorizationErrorCode, DefaultPages, LoginPaths},
    *,
};

const ROUTES: [Route; 6] =
    [Route::Login, Route::Callback, Route::Logout, Route::Refresh, Route::BackChannelLogout, Route::FrontChannelLogout];

fn refused(error: LoginError, route: Route, headers: &[(&'static str, &str)]) -> Response<Bytes> {
    refused_in(ResponseMode::Query, error, route, headers)
}

fn refused_in(
    response_mode: ResponseMode,
    error: LoginError,
    route: Route,
    headers: &[(&'static str, &str)],
) -> Response<Bytes> {
    let paths = LoginPaths {
        login: "/base/login".to_owned(),
        callback: "/base/callback".to_owned(),
        logout: "/base/logout".to_owned(),
        refresh: "/base/refresh".to_owned(),
        back_channel_logout: "/base/backchannel-logout".to_owned(),
        front_channel_logout: "/base/frontchannel-logout".to_owned(),
    };
    let desk = RefusalDesk {
        pages: &DefaultPages,
        provider: "Acme",
        logout_url: &paths.logout,
        login_url: &paths.login,
        home: "/base/",
        response_mode,
    };
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    desk.answer(error, route, &headers, Reference::new())
}

fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn body(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// One failure of each kind.
fn one_of_each_kind() -> [(LoginError, LoginErrorKind, u16, &'static str); 8] {
    use LoginErrorKind as Kind;
    let denied = AuthorizationErrorCode::AccessDenied;
    [
        (LoginError::Repeated { name: "state" }, Kind::BadRequest, 400, "repeated_parameter"),
        (LoginError::Method, Kind::Method, 405, "method_not_allowed"),
        (LoginError::CrossSite, Kind::CrossSite, 403, "cross_site"),
        (LoginError::UnknownTransaction, Kind::Interrupted, 400, "unknown_transaction"),
        (LoginError::Authorization { code: denied }, Kind::Refused, 401, "access_denied"),
        (LoginError::NotRegistered, Kind::NotAllowed, 403, "not_registered"),
        (
            LoginError::Unavailable { retry_after: Duration::from_millis(1500) },
            Kind::Unavailable,
            503,
            "provider_unavailable",
        ),
        (LoginError::NoIdToken, Kind::Misconfigured, 500, "no_id_token"),
    ]
}

#[test]
fn people_get_a_page_with_the_word_for_the_failure() {
    for route in [Route::Login, Route::Callback, Route::Logout] {
        for (error, kind, status, code) in one_of_each_kind() {
            let response = refused(error, route, &[("sec-fetch-mode", "navigate"), ("accept", "*/*")]);
            assert_eq!(response.status(), status, "{code}");
            let problem = format!("urn:tower-oidc:login:{kind:?}").to_lowercase();
            assert_eq!(kind.problem_type().replace('_', ""), problem, "{code}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8", "{code}");
            assert!(text(&response).contains(kind.row().heading), "{code}");
            assert!(text(&response).contains(&format!("<code>{code}</code>")), "{code}");
            assert!(text(&response).contains("href=\"/base/\""), "{code}");
            let reference = response.extensions().get::<Reference>().unwrap();
            assert!(text(&response).contains(&format!("<code>{reference}</code>")), "{code}");
        }
    }
}

#[test]
fn a_page_offers_another_attempt_only_where_that_may_help() {
    for (error, kind, _, code) in one_of_each_kind() {
        let helps = [LoginErrorKind::Interrupted, LoginErrorKind::Refused, LoginErrorKind::Unavailable].contains(&kind);
        let at_callback = refused(error.clone(), Route::Callback, &[]);
        assert_eq!(text(&at_callback).contains("href=\"/base/login\""), helps, "{code}");
        let at_logout = refused(error, Route::Logout, &[]);
        assert_eq!(text(&at_logout).contains("Try again"), helps, "{code}");
        assert!(!text(&at_logout).contains("href=\"/base/login\""), "{code}");
    }
}

#[test]
fn who_may_not_come_in_can_come_back_as_somebody_else() {
    for error in [
        LoginError::NotRegistered,
        LoginError::Principal(PrincipalError::DomainNotAllowed),
        LoginError::Principal(PrincipalError::NoPrincipalClaim { tried: vec!["secret_claim".to_owned()] }),
        LoginError::Organization,
    ] {
        let response = refused(error, Route::Callback, &[]);
        assert_eq!(response.status(), 403);
        assert!(text(&response).contains("href=\"/base/logout\">Sign in as somebody else"), "{}", text(&response));
        assert!(!text(&response).contains("secret_claim"));
    }
}

// `prompt=none` with nobody signed in at the provider: an answer, and not the next round of a loop.
#[test]
fn a_login_that_the_provider_refuses_is_401_and_goes_nowhere_by_itself() {
    use AuthorizationErrorCode as Code;
    for code in [
        Code::AccessDenied,
        Code::LoginRequired,
        Code::ConsentRequired,
        Code::InteractionRequired,
        Code::AccountSelectionRequired,
        Code::Unauthorized,
        Code::Other,
    ] {
        let response = refused(LoginError::Authorization { code }, Route::Callback, &[]);
        assert_eq!(response.status(), 401, "{code}");
        assert!(text(&response).contains("href=\"/base/login\">Try again"), "{code}");
        assert!(response.headers().get("location").is_none() && response.headers().get("refresh").is_none());
    }
}

#[test]
fn a_script_gets_a_problem_where_a_person_gets_a_page() {
    const PAGE: &str = "text/html; charset=utf-8";
    const PROBLEM: &str = "application/problem+json";
    for (headers, expected) in [
        (&[][..], PAGE),
        (&[("accept", "*/*")], PAGE),
        (&[("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")], PAGE),
        (&[("accept", "application/json, text/html")], PAGE),
        (&[("accept", "application/json")], PROBLEM),
        (&[("accept", "Application/JSON; q=0.9, text/plain, */*")], PROBLEM),
        (&[("accept", "application/problem+json")], PROBLEM),
        (&[("sec-fetch-mode", "navigate"), ("accept", "application/json")], PAGE),
        (&[("sec-fetch-mode", "cors"), ("accept", "*/*")], PROBLEM),
        (&[("sec-fetch-mode", "same-origin"), ("accept", "text/html")], PROBLEM),
    ] {
        for route in [Route::Login, Route::Callback, Route::Logout] {
            let response = refused(LoginError::Body, route, headers);
            assert_eq!(response.headers()[CONTENT_TYPE], expected, "{headers:?}");
        }
    }
}

#[test]
fn a_problem_has_the_members_of_the_layers_own() {
    let response = refused(LoginError::RenewalRefused, Route::Refresh, &[("accept", "text/html")]);
    let reference = response.extensions().get::<Reference>().unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(
        body(&response),
        json!({
            "type": "urn:tower-oidc:login:refused", "title": "Unauthorized", "status": 401,
            "detail": LoginErrorKind::Refused.row().explanation, "error": "renewal_refused",
            "reference": reference.as_str()
        })
    );
}

// OpenID Connect Back-Channel Logout 1.0 section 2.8.
#[test]
fn the_provider_learns_that_its_logout_failed_and_not_why() {
    for error in [
        LoginError::Missing { name: "logout_token" },
        LoginError::LogoutToken(TokenError::Audience),
        LoginError::LogoutToken(TokenError::KeysUnavailable { retry_after: Duration::from_secs(3) }),
        LoginError::Session(SessionError::Store(failure())),
    ] {
        let response = refused(error, Route::BackChannelLogout, &[]);
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(body(&response), json!({"error": "invalid_request"}));
    }
    assert_eq!(refused(LoginError::Method, Route::BackChannelLogout, &[]).status(), 405);
}

#[test]
fn a_frame_that_nobody_sees_gets_nothing_to_show() {
    let response = refused(LoginError::Missing { name: "sid" }, Route::FrontChannelLogout, &[]);
    assert_eq!((response.status(), text(&response)), (StatusCode::BAD_REQUEST, ""));
}

#[test]
fn no_answer_is_kept_by_a_cache_and_each_carries_its_error() {
    for route in ROUTES {
        for (error, _, _, code) in one_of_each_kind() {
            let response = refused(error, route, &[]);
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{route:?} {code}");
            assert_eq!(response.headers()[VARY], "Cookie", "{route:?} {code}");
            let kept = response.extensions().get::<LoginError>().map(LoginError::code);
            assert_eq!(kept, Some(code), "{route:?}");
        }
    }
}

#[test]
fn a_method_that_is_not_answered_is_told_which_are() {
    for (route, mode, allowed) in [
        (Route::Login, ResponseMode::Query, "GET, HEAD, POST"),
        (Route::Callback, ResponseMode::Query, "GET"),
        (Route::Callback, ResponseMode::FormPost, "POST"),
        (Route::Logout, ResponseMode::Query, "GET, POST"),
        (Route::Refresh, ResponseMode::Query, "POST"),
        (Route::BackChannelLogout, ResponseMode::Query, "POST"),
        (Route::FrontChannelLogout, ResponseMode::Query, "GET"),
    ] {
        let response = refused_in(mode, LoginError::Method, route, &[]);
        assert_eq!(
            (response.status(), &response.headers()[ALLOW]),
            (StatusCode::METHOD_NOT_ALLOWED, &HeaderValue::from_static(allowed))
        );
        assert!(!refused_in(mode, LoginError::Body, route, &[]).headers().contains_key(ALLOW));
    }
}

#[test]
fn what_cannot_be_reached_says_when_to_come_back() {
    let (exact, unknown) = (Duration::from_millis(1500), LoginError::Random(RandomError));
    let limited = || TokenEndpointError::RateLimited { retry_after: Duration::from_secs(60) };
    for (error, seconds) in [
        (LoginError::Unavailable { retry_after: exact }, "2"),
        (LoginError::Unavailable { retry_after: Duration::ZERO }, "1"),
        (LoginError::IdToken(TokenError::KeysUnavailable { retry_after: Duration::from_secs(7) }), "7"),
        (LoginError::Exchange(Arc::new(limited())), "60"),
        (LoginError::Push(Arc::new(limited())), "60"),
        (LoginError::Push(Arc::new(TokenEndpointError::Unreachable(HttpError::Timeout))), "5"),
        (LoginError::Userinfo(Arc::new(UserinfoError::RateLimited { retry_after: Duration::from_secs(30) })), "30"),
        (LoginError::RenewalFailed(Arc::new(TokenEndpointError::Unreachable(HttpError::Timeout))), "30"),
        (
            LoginError::RenewalFailed(Arc::new(TokenEndpointError::RateLimited {
                retry_after: Duration::from_secs(7),
            })),
            "30",
        ),
        (LoginError::Directory(failure()), "5"),
        (unknown, "5"),
    ] {
        let response = refused(error, Route::Callback, &[]);
        assert_eq!(
            (response.status(), &response.headers()[RETRY_AFTER]),
            (StatusCode::SERVICE_UNAVAILABLE, &HeaderValue::from_static(seconds))
        );
    }
    let known = refused(LoginError::NotRegistered, Route::Callback, &[]);
    assert!(!known.headers().contains_key(RETRY_AFTER));
}

#[test]
fn a_failure_of_what_stands_behind_is_never_a_refusal_of_the_person() {
    use LoginErrorKind as Kind;
    let oauth = |code, status| {
        LoginError::Exchange(Arc::new(TokenEndpointError::OAuth {
            code,
            status: StatusCode::from_u16(status).unwrap(),
        }))
    };
    for (error, kind) in [
        (oauth(OAuthErrorCode::InvalidGrant, 400), Kind::Interrupted),
        (oauth(OAuthErrorCode::InteractionRequired, 400), Kind::Interrupted),
        (oauth(OAuthErrorCode::LoginRequired, 400), Kind::Interrupted),
        (oauth(OAuthErrorCode::ConsentRequired, 400), Kind::Interrupted),
        (oauth(OAuthErrorCode::AccessDenied, 403), Kind::Interrupted),
        (oauth(OAuthErrorCode::AccessDenied, 401), Kind::Misconfigured),
        (oauth(OAuthErrorCode::Unauthorized, 401), Kind::Interrupted),
        (oauth(OAuthErrorCode::InvalidClient, 401), Kind::Misconfigured),
        (oauth(OAuthErrorCode::Other, 503), Kind::Unavailable),
        (
            LoginError::RenewalFailed(Arc::new(TokenEndpointError::Unreachable(HttpError::Other(boxed())))),
            Kind::Unavailable,
        ),
        (LoginError::Userinfo(Arc::new(UserinfoError::Unreachable(HttpError::Other(boxed())))), Kind::Unavailable),
        (LoginError::RenewalUnderWay, Kind::Unavailable),
        (LoginError::Session(SessionError::Store(failure())), Kind::Unavailable),
        (LoginError::Session(SessionError::Setup(failure())), Kind::Misconfigured),
        (LoginError::Session(SessionError::TooLong { bytes: 2, limit: 1 }), Kind::Misconfigured),
        (LoginError::Session(SessionError::NoSubject), Kind::Misconfigured),
        (LoginError::Session(SessionError::OtherSubject), Kind::Interrupted),
        (LoginError::Principal(PrincipalError::NoSubject), Kind::Misconfigured),
        (LoginError::IdToken(TokenError::Jose(JoseError::Signature)), Kind::Interrupted),
        (LoginError::LogoutToken(TokenError::Audience), Kind::BadRequest),
    ] {
        assert_eq!(error.kind(), kind, "{error:?}");
    }
}

/// Nobody has been at the provider yet: what it says is of the client, or of the moment.
#[test]
fn a_request_that_could_not_be_pushed_is_nobodys_fault_who_signs_in() {
    use LoginErrorKind as Kind;
    let oauth = |code, status| TokenEndpointError::OAuth { code, status: StatusCode::from_u16(status).unwrap() };
    for (error, kind) in [
        (oauth(OAuthErrorCode::InvalidRequest, 400), Kind::Misconfigured),
        (oauth(OAuthErrorCode::InvalidClient, 401), Kind::Misconfigured),
        (oauth(OAuthErrorCode::AccessDenied, 403), Kind::Misconfigured),
        (oauth(OAuthErrorCode::InvalidGrant, 400), Kind::Misconfigured),
        (oauth(OAuthErrorCode::TemporarilyUnavailable, 400), Kind::Unavailable),
        (TokenEndpointError::Status { status: StatusCode::BAD_GATEWAY }, Kind::Unavailable),
        (TokenEndpointError::Status { status: StatusCode::NOT_FOUND }, Kind::Misconfigured),
        (TokenEndpointError::Malformed { member: "request_uri", expected: "a string" }, Kind::Misconfigured),
        (TokenEndpointError::Redirect { to: None }, Kind::Misconfigured),
        (TokenEndpointError::NoEndpoint, Kind::Misconfigured),
    ] {
        let error = LoginError::Push(Arc::new(error));
        assert_eq!((error.kind(), error.code()), (kind, "push_failed"), "{error:?}");
        assert_eq!(error.retry_after().is_some(), kind == Kind::Unavailable, "{error:?}");
    }
}

#[test]
fn a_refresh_without_a_session_is_401_and_one_without_a_refresh_token_is_not() {
    for (error, status) in
        [(LoginError::NoSession, 401), (LoginError::RenewalRefused, 401), (LoginError::NotRenewable, 400)]
    {
        assert_eq!(refused(error, Route::Refresh, &[]).status(), status);
    }
}

// Trap Q: error pages with text from outside.
#[test]
fn nothing_of_a_cause_reaches_an_answer() {
    let cause = || LoginError::Exchange(Arc::new(TokenEndpointError::Unreachable(HttpError::Other(boxed()))));
    for route in ROUTES {
        for error in [cause(), LoginError::Directory(failure()), LoginError::Session(SessionError::Store(failure()))] {
            let response = refused(error, route, &[]);
            assert!(!text(&response).contains("hunter2"), "{}", text(&response));
            let in_a_header = response.headers().values().any(|value| value.to_str().unwrap().contains("hunter2"));
            assert!(!in_a_header);
        }
    }
}

fn boxed() -> BoxError {
    "postgres://app:hunter2@db".into()
}

fn failure() -> Arc<BoxError> {
    Arc::new(boxed())
}
