use std::sync::Arc;

use crate::provider::{
    FETCH_LIMIT, RATE_LIMIT_PAUSE,
    test_support::{ManualClock, Reply, ScriptedClient, shown},
};

use super::*;

const URL: &str = "https://id.example/userinfo";

/// What came of asking with the access token `at-1`, and the one request that was sent.
async fn asked(reply: Reply) -> (Result<UserinfoAnswer, UserinfoError>, Request<Bytes>) {
    asked_with("at-1", reply).await
}

async fn asked_with(access_token: &str, reply: Reply) -> (Result<UserinfoAnswer, UserinfoError>, Request<Bytes>) {
    let (client, clock) = (ScriptedClient::default(), ManualClock::default());
    client.set(URL, reply);
    let fetcher = Fetcher::new("Acme", Arc::new(client.clone()), Arc::new(clock.clone()));
    let (url, token) = (Url::parse(URL).unwrap(), Secret::from(access_token));
    let outcome = ask(&fetcher, &clock, &url, &token).await;
    let mut requests = client.requests(URL);
    assert_eq!(requests.len(), 1);
    (outcome, requests.remove(0))
}

async fn error(reply: Reply) -> UserinfoError {
    asked(reply).await.0.unwrap_err()
}

fn json(body: impl Into<Bytes>) -> Reply {
    Reply::ok(body).header("content-type", "application/json")
}

#[tokio::test]
async fn the_access_token_goes_in_the_header_alone() {
    let (claims, request) = asked(json(r#"{"sub":"u1","email":"a@b.example"}"#)).await;
    let UserinfoAnswer::Claims(claims) = claims.unwrap() else { panic!("it is JSON") };
    assert_eq!(claims.string("sub").unwrap().unwrap(), "u1");
    assert_eq!(claims.string("email").unwrap().unwrap(), "a@b.example");
    assert_eq!((request.method(), request.uri().to_string().as_str()), (&Method::GET, URL));
    assert!(request.body().is_empty());
    assert_eq!(request.headers().len(), 2);
    assert_eq!(request.headers()[header::ACCEPT], "application/json, application/jwt;q=0.5");
    let authorization = &request.headers()[header::AUTHORIZATION];
    assert_eq!(authorization, "Bearer at-1");
    assert!(authorization.is_sensitive());
}

#[tokio::test]
async fn the_media_type_says_what_an_answer_is() {
    const BODY: &str = r#"{"sub":"u1"}"#;
    for media_type in ["application/json", "Application/JSON", "application/json;charset=UTF-8", " application/json ;x"]
    {
        let (answer, _) = asked(Reply::ok(BODY).header("content-type", media_type)).await;
        assert!(matches!(answer, Ok(UserinfoAnswer::Claims(_))), "{media_type}");
        let error = error(Reply::ok("eyJ.eyJ.sig").header("content-type", media_type)).await;
        assert!(matches!(error, UserinfoError::NotJson(ClaimsError::Json)), "{media_type}: {error:?}");
    }
    for media_type in ["application/jwt", "application/JWT; charset=utf-8"] {
        for body in ["eyJ.eyJ.sig", BODY] {
            let (answer, _) = asked(Reply::ok(body).header("content-type", media_type)).await;
            let Ok(UserinfoAnswer::Jwt(jwt)) = answer else { panic!("{media_type}: {answer:?}") };
            assert_eq!(jwt.as_ref(), body.as_bytes(), "as it came, for whoever can verify it");
        }
    }
    for media_type in ["text/html", "text/plain", "application/json-seq", "application/jwt+json", ""] {
        let error = error(Reply::ok(BODY).header("content-type", media_type)).await;
        assert!(matches!(error, UserinfoError::MediaType), "{media_type}: {error:?}");
    }
    assert!(matches!(error(Reply::ok(BODY)).await, UserinfoError::MediaType));
}

#[tokio::test]
async fn claims_without_a_subject_are_nobodys() {
    for body in ["{}", r#"{"sub":null}"#, r#"{"sub":""}"#, r#"{"sub":5}"#, r#"{"sub":["u1"]}"#, r#"{"Sub":"u1"}"#] {
        let error = error(json(body)).await;
        assert!(matches!(error, UserinfoError::Subject), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_object_is_not_read() {
    for (body, expected) in [
        (&b""[..], ClaimsError::Json),
        (b"<html>", ClaimsError::Json),
        (b"{\"sub\":\"\xff\"}", ClaimsError::Json),
        (br#"[{"sub":"u1"}]"#, ClaimsError::NotAnObject),
        (br#"{"sub":"u1","sub":"u2"}"#, ClaimsError::Duplicate),
    ] {
        let error = error(json(body)).await;
        assert!(matches!(&error, UserinfoError::NotJson(found) if *found == expected), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_none() {
    let answer = |length: usize| {
        let frame = r#"{"sub":"u1","x":""}"#.len();
        json(format!(r#"{{"sub":"u1","x":"{}"}}"#, "a".repeat(length - frame)))
    };
    assert!(asked(answer(MAX_USERINFO_BYTES)).await.0.is_ok());
    let error = error(answer(MAX_USERINFO_BYTES + 1)).await;
    assert!(!error.is_unavailable());
    let UserinfoError::Unreachable(HttpError::TooLarge { limit }) = error else { panic!("{error:?}") };
    assert_eq!(limit, MAX_USERINFO_BYTES);
}

#[tokio::test]
async fn a_token_that_the_provider_does_not_take_is_told() {
    let refused = Reply::status(401, "").header("www-authenticate", "Bearer error=\"invalid_token\"");
    let error = error(refused).await;
    assert!(matches!(error, UserinfoError::Unauthorized), "{error:?}");
    assert!(!error.is_unavailable());
}

#[tokio::test]
async fn another_status_is_told_and_its_body_is_not_read() {
    for (status, unavailable) in
        [(201, false), (204, false), (400, false), (403, false), (404, false), (408, true), (500, true), (503, true)]
    {
        let reply = Reply::status(status, r#"{"sub":"u1"}"#).header("content-type", "application/json");
        let error = error(reply).await;
        assert!(matches!(error, UserinfoError::Status { status: found } if found == status), "{error:?}");
        assert_eq!((error.is_unavailable(), error.retry_after()), (unavailable, None), "{error:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    for (reply, seconds) in [
        (Reply::status(429, ""), RATE_LIMIT_PAUSE.as_secs()),
        (Reply::status(429, "").header("x-ratelimit-reset", "1700000042"), 42),
        (Reply::status(503, "").header("retry-after", "7"), 7),
    ] {
        let error = error(reply).await;
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{error:?}");
        assert!(error.is_unavailable());
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let error = error(Reply::status(302, "").header("location", "https://evil.example/u?t=hunter2")).await;
    let UserinfoError::Redirect { to } = &error else { panic!("{error:?}") };
    assert_eq!(to.as_ref().unwrap().as_str(), "https://evil.example/u");
}

#[tokio::test]
async fn a_provider_that_is_down_or_silent_is_given_up() {
    assert!(matches!(error(Reply::Down).await, UserinfoError::Unreachable(HttpError::Connect(_))));
    let (client, clock) = (ScriptedClient::default(), ManualClock::default());
    client.set(URL, Reply::Silence);
    let fetcher = Fetcher::new("Acme", Arc::new(client), Arc::new(clock.clone()));
    let (url, token) = (Url::parse(URL).unwrap(), Secret::from("at-1"));
    let (outcome, ()) = tokio::join!(ask(&fetcher, &clock, &url, &token), clock.advance(FETCH_LIMIT));
    let error = outcome.unwrap_err();
    assert!(matches!(error, UserinfoError::Unreachable(HttpError::Timeout)) && error.is_unavailable(), "{error:?}");
}

#[tokio::test]
async fn a_token_that_fits_into_no_header_is_not_sent() {
    let clock = ManualClock::default();
    let client = ScriptedClient::default();
    let fetcher = Fetcher::new("Acme", Arc::new(client.clone()), Arc::new(clock.clone()));
    let (url, token) = (Url::parse(URL).unwrap(), Secret::from("hunter2\r\nx: y"));
    let error = ask(&fetcher, &clock, &url, &token).await.unwrap_err();
    assert_eq!(client.count(URL), 0);
    assert!(!shown(&error).contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn nothing_of_the_token_or_the_answer_is_in_an_error() {
    for reply in [
        json("hunter2"),
        json(r#"{"hunter2":1,"hunter2":2}"#),
        json(r#"{"sub":["hunter2"]}"#),
        Reply::ok("hunter2").header("content-type", "text/hunter2"),
        Reply::status(401, "hunter2").header("www-authenticate", "Bearer error=\"hunter2\""),
        Reply::status(302, "").header("location", "https://u:hunter2@id.example/?hunter2#hunter2"),
        Reply::status(500, "hunter2"),
        Reply::Down,
    ] {
        let (outcome, request) = asked_with("hunter2", reply).await;
        let text = shown(&outcome.unwrap_err());
        assert!(!text.contains("hunter2") && !format!("{request:?}").contains("hunter2"), "{text}");
    }
    let (jwt, _) = asked(Reply::ok("hunter2").header("content-type", "application/jwt")).await;
    assert_eq!(format!("{jwt:?}"), "Ok(Jwt(UserinfoJwt(***)))");
}
