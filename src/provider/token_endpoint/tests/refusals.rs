use http::StatusCode;

use crate::{provider::HttpError, types::ClaimsError};

use super::*;

async fn error(reply: Reply) -> TokenEndpointError {
    let scene = Scene::new(ClientAuthentication::Post(secret(SECRET)), [reply]);
    let error = scene.request().await.unwrap_err();
    assert_eq!(scene.requests().len(), 1, "a request is sent once: {error:?}");
    error
}

#[tokio::test]
async fn an_oauth_error_is_told_by_its_code_and_status() {
    for (reply, code, status) in [
        (refused(400, "invalid_request"), OAuthErrorCode::InvalidRequest, 400),
        (refused(401, "invalid_client"), OAuthErrorCode::InvalidClient, 401),
        (refused(403, "invalid_grant"), OAuthErrorCode::InvalidGrant, 403),
        (refused(400, "invalid_target"), OAuthErrorCode::InvalidTarget, 400),
        (refused(403, "access_denied"), OAuthErrorCode::AccessDenied, 403),
        (refused(400, "server_error"), OAuthErrorCode::Other, 400),
        (refused(200, "invalid_scope"), OAuthErrorCode::InvalidScope, 200),
        (refused(200, "\\u0069nvalid_grant"), OAuthErrorCode::InvalidGrant, 200),
    ] {
        let error = error(reply).await;
        assert!(
            matches!(error, TokenEndpointError::OAuth { code: found, status: at } if found == code && at == status),
            "{error:?}"
        );
        assert!(!error.is_retryable() && error.retry_after().is_none());
    }
}

#[tokio::test]
async fn a_client_the_provider_does_not_take_is_told_by_code_or_status() {
    for (reply, unknown) in [
        (refused(400, "invalid_client"), true),
        (refused(401, "access_denied"), true),
        (Reply::status(401, "<html>"), true),
        (refused(400, "unauthorized_client"), false),
        (refused(403, "access_denied"), false),
        (refused(400, "invalid_grant"), false),
        (refused(401, "invalid_grant"), false),
        (refused(401, "unauthorized"), false),
        (refused(401, "login_required"), false),
        (Reply::status(500, ""), false),
    ] {
        let error = error(reply).await;
        assert_eq!(error.is_invalid_client(), unknown, "{error:?}");
    }
}

#[tokio::test]
async fn a_dead_grant_is_told_by_its_code_alone() {
    for (reply, dead) in [
        (refused(400, "invalid_grant"), true),
        (refused(401, "invalid_grant"), true),
        (refused(403, "invalid_grant"), true),
        (refused(200, "invalid_grant"), true),
        (refused(400, "interaction_required"), true),
        (refused(500, "invalid_grant"), false),
        (refused(429, "invalid_grant"), false),
        (refused(400, "invalid_request"), false),
        (refused(400, "token_expired"), false),
        (refused(403, "access_denied"), false),
        (refused(401, "invalid_client"), false),
        (refused(400, "unauthorized_client"), false),
        (Reply::status(400, ""), false),
        (Reply::status(403, "<html>"), false),
        (Reply::ok("{}"), false),
        (Reply::Down, false),
    ] {
        let error = error(reply).await;
        assert_eq!(error.is_invalid_grant(), dead, "{error:?}");
    }
}

/// Sessions end by it: what is said of the client, which would end all of them, is not said of a person.
#[tokio::test]
async fn a_person_is_turned_away_by_a_code_alone() {
    for (reply, turned_away) in [
        (refused(400, "invalid_grant"), true),
        (refused(401, "invalid_grant"), true),
        (refused(403, "invalid_grant"), true),
        (refused(400, "interaction_required"), true),
        (refused(400, "login_required"), true),
        (refused(401, "login_required"), true),
        (refused(400, "consent_required"), true),
        (refused(400, "access_denied"), true),
        (refused(403, "access_denied"), true),
        (refused(401, "access_denied"), false),
        (refused(401, "unauthorized"), true),
        (refused(403, "unauthorized"), true),
        (refused(400, "server_error"), false),
        (refused(403, "server_error"), false),
        (refused(400, "temporarily_unavailable"), false),
        (refused(400, "too_many_attempts"), false),
        (refused(401, "invalid_client"), false),
        (refused(400, "unauthorized_client"), false),
        (refused(400, "invalid_request"), false),
        (refused(400, "invalid_scope"), false),
        (refused(500, "invalid_grant"), false),
        (Reply::status(400, ""), false),
        (Reply::status(401, ""), false),
        (Reply::status(403, "<html>"), false),
        (Reply::Down, false),
    ] {
        let error = error(reply).await;
        assert_eq!(error.is_about_the_person(), turned_away, "{error:?}");
        assert!(
            !(turned_away && (error.is_invalid_client() || error.is_unavailable())),
            "one thing at a time: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_provider_that_is_down_or_busy_says_nothing_of_the_grant() {
    for (reply, unavailable) in [
        (Reply::Down, true),
        (Reply::ok("<html>maintenance</html>"), true),
        (Reply::status(408, ""), true),
        (Reply::status(429, ""), true),
        (Reply::status(500, ""), true),
        (refused(500, "invalid_grant"), true),
        (Reply::status(503, "").header("retry-after", "5"), true),
        (Reply::status(504, ""), true),
        (refused(400, "temporarily_unavailable"), true),
        (refused(401, "temporarily_unavailable"), true),
        (refused(400, "invalid_grant"), false),
        (refused(401, "invalid_client"), false),
        (refused(400, "invalid_request"), false),
        (Reply::status(302, ""), false),
        (Reply::status(404, ""), false),
        (Reply::ok("{}"), false),
    ] {
        let error = error(reply).await;
        assert_eq!(error.is_unavailable(), unavailable, "{error:?}");
        let kinds = [error.is_invalid_grant(), error.is_invalid_client(), error.is_unavailable()];
        assert!(kinds.into_iter().filter(|is| *is).count() <= 1, "one thing at a time: {error:?}");
    }
}

#[tokio::test]
async fn another_status_is_no_oauth_error() {
    for (reply, expected, retryable) in [
        (Reply::status(400, "no json"), 400, false),
        (Reply::status(400, "{}"), 400, false),
        (Reply::status(400, r#"{"error":5}"#), 400, false),
        (Reply::status(404, "<html>"), 404, false),
        (Reply::status(408, ""), 408, true),
        (refused(500, "invalid_grant"), 500, true),
        (Reply::status(502, ""), 502, true),
        (Reply::status(503, ""), 503, true),
        (Reply::status(201, r#"{"access_token":"at","token_type":"Bearer"}"#), 201, false),
        (Reply::status(204, ""), 204, false),
    ] {
        let error = error(reply).await;
        assert!(matches!(error, TokenEndpointError::Status { status } if status == expected), "{error:?}");
        assert_eq!(error.is_retryable(), retryable, "{error:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait_within_bounds() {
    for (reply, seconds) in [
        (refused(429, "too_many_requests"), 5),
        (Reply::status(429, "").header("retry-after", "30"), 30),
        (Reply::status(429, "").header("x-ratelimit-reset", "1700000042"), 42),
        (Reply::status(429, "").header("x-rate-limit-reset", "1700000042"), 42),
        (Reply::status(429, "").header("x-ratelimit-reset", "1700000042").header("retry-after", "7"), 7),
        (Reply::status(429, "").header("x-ratelimit-reset", "1600000000"), 1),
        (Reply::status(429, "").header("x-ratelimit-reset", "99999999999999999999"), 300),
        (Reply::status(429, "").header("retry-after", "0"), 1),
        (Reply::status(429, "").header("retry-after", "86400"), 300),
        (Reply::status(429, "").header("retry-after", "soon"), 5),
        (Reply::status(503, "").header("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"), 30),
    ] {
        let error = error(reply).await;
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{error:?}");
        assert!(error.is_retryable());
    }
    let error = error(Reply::status(503, "").header("x-ratelimit-reset", "1700000042")).await;
    assert!(matches!(error, TokenEndpointError::Status { status: StatusCode::SERVICE_UNAVAILABLE }), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_an_error_that_says_where_to() {
    for (status, location, target) in [
        (302, "/login?code=hunter2", Some("https://id.example/login")),
        (307, "https://evil.example/token", Some("https://evil.example/token")),
        (308, "http://[", None),
    ] {
        let error = error(Reply::status(status, "").header("location", location)).await;
        let TokenEndpointError::Redirect { to } = &error else { panic!("{error:?}") };
        assert_eq!(to.as_ref().map(|to| to.as_str()), target);
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn an_answer_that_is_no_object_is_not_read() {
    for (body, expected) in [
        (&b""[..], ClaimsError::Json),
        (b"<html>", ClaimsError::Json),
        (b"access_token=at&token_type=bearer", ClaimsError::Json),
        (b"{\"access_token\":\"\xff\"}", ClaimsError::Json),
        (b"[{\"access_token\":\"at\"}]", ClaimsError::NotAnObject),
        (br#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#, ClaimsError::Duplicate),
    ] {
        let error = error(Reply::ok(body)).await;
        assert!(matches!(&error, TokenEndpointError::NotJson(found) if *found == expected), "{error:?}");
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn an_answer_with_a_malformed_member_is_refused() {
    for (body, name) in [
        (r#"{"token_type":"Bearer"}"#, "access_token"),
        (r#"{"access_token":"at"}"#, "token_type"),
        (r#"{"access_token":"at","token_type":"Bearer","expires_in":"soon"}"#, "expires_in"),
    ] {
        let error = error(Reply::ok(body)).await;
        assert!(matches!(error, TokenEndpointError::Malformed { member, .. } if member == name), "{error:?}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_none() {
    let answer = |length: usize| {
        let frame = r#"{"access_token":"","token_type":"Bearer"}"#.len();
        let token = "a".repeat(length - frame);
        Reply::ok(format!(r#"{{"access_token":"{token}","token_type":"Bearer"}}"#))
    };
    let scene = Scene::new(ClientAuthentication::None, [answer(MAX_TOKEN_RESPONSE_BYTES)]);
    assert!(scene.request().await.is_ok());
    let error = error(answer(MAX_TOKEN_RESPONSE_BYTES + 1)).await;
    let TokenEndpointError::Unreachable(HttpError::TooLarge { limit }) = error else { panic!("{error:?}") };
    assert_eq!(limit, MAX_TOKEN_RESPONSE_BYTES);
}

#[tokio::test]
async fn no_connection_is_told() {
    let error = error(Reply::Down).await;
    assert!(matches!(error, TokenEndpointError::Unreachable(HttpError::Connect(_))), "{error:?}");
    assert!(error.is_retryable() && !error.is_invalid_client());
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_given_up() {
    let scene = Scene::new(ClientAuthentication::None, [Reply::Silence]);
    let (outcome, ()) = tokio::join!(scene.request(), scene.clock.advance(FETCH_LIMIT));
    let error = outcome.unwrap_err();
    assert!(matches!(error, TokenEndpointError::Unreachable(HttpError::Timeout)), "{error:?}");
}
