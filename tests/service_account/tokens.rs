//! The token source, with a provider that does what it likes.

use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::json;
use tower_oidc::{
    client::{REPLACE_INTERVAL, ServiceAccount, TokenSource, TokenSourceError},
    config::{ClientAuthentication, ClientSecret},
    provider::{FETCH_LIMIT, HttpClient, HttpError, ProviderError, TokenEndpointError},
    testing::{Endpoint, Fault, ManualClock, TestProvider},
    types::{BoxFuture, Clock as _, Scopes, Secret},
};

use super::support::{CLIENT, SECRET, Scratch, Stand, account_of};

const SECOND: Duration = Duration::from_secs(1);

/// Lets the tasks of this thread run until they wait.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_thousand_parallel_first_calls_cause_one_request() {
    let stand = Stand::new().await;
    let calls = (0..1000).map(|_| {
        tokio::spawn({
            let tokens = stand.tokens.clone();
            async move { tokens.token().await }
        })
    });
    let calls: Vec<_> = calls.collect();
    let mut seen = Vec::new();
    for call in calls {
        seen.push(call.await.unwrap().unwrap().expose().to_owned());
    }
    seen.dedup();
    assert_eq!((seen.len(), stand.requests()), (1, 1));
}

#[tokio::test]
async fn every_method_of_client_authentication_gets_a_token() {
    for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"] {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let stand = Stand::with(|mut config| {
            let oidc = &mut config.authentication.oidc;
            oidc.client_authentication_method = Some(method.to_owned());
            if method == "private_key_jwt" {
                let der = STANDARD.encode(pair.to_pkcs8v1().unwrap());
                let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
                (oidc.secret, oidc.private_key) = (None, Some(Secret::new(pem)));
                oidc.private_key_algorithm = Some("ES256".to_owned());
            }
            config
        })
        .await;
        if method == "private_key_jwt" {
            let point = pair.public_key().as_ref();
            let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
            let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "x": x, "y": y});
            stand.provider.add_service_account_with_key(CLIENT, &jwk);
        }
        stand.token().await;
        assert_eq!(stand.requests(), 1, "{method}");
    }
}

/// As at a login with the same key: Okta and Entra take no other.
#[tokio::test]
async fn an_assertion_names_whom_the_provider_takes() {
    for (kind, is_the_endpoint) in [("custom-oidc", false), ("okta", true), ("azure", true)] {
        let stand = Stand::with(|config| {
            let mut config = config.provider(kind);
            config.authentication.oidc.client_authentication_method = Some("client_secret_jwt".to_owned());
            config
        })
        .await;
        // Whether this provider takes it is another matter.
        let _token = stand.tokens.token().await;
        let form = stand.provider.last_request(Endpoint::Token).unwrap().into_body();
        let (_, assertion) = url::form_urlencoded::parse(&form).find(|(name, _)| name == "client_assertion").unwrap();
        let payload = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
        let audience = serde_json::from_slice::<serde_json::Value>(&payload).unwrap()["aud"].clone();
        let endpoint = stand.provider.endpoint(Endpoint::Token).url();
        assert_eq!(audience, if is_the_endpoint { endpoint.as_ref() } else { stand.provider.issuer() }, "{kind}");
    }
}

#[tokio::test]
async fn the_request_says_what_the_token_is_for() {
    let provider = TestProvider::start().await;
    provider.add_service_account(CLIENT, SECRET);
    let secret = ClientSecret::from(Secret::from(SECRET));
    let url = provider.endpoint(Endpoint::Token).url().parse().unwrap();
    let account = ServiceAccount::at_token_endpoint(url, CLIENT, ClientAuthentication::Post(secret))
        .audience("https://orders.example")
        .scopes(Scopes::parse("read write"))
        .resource("https://a.example")
        .resource("https://b.example");
    TokenSource::start(account).unwrap().token().await.unwrap();

    let form = provider.last_request(Endpoint::Token).unwrap().into_body();
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&form).into_owned().collect();
    let values = |name: &str| {
        fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(values("grant_type"), ["client_credentials"]);
    assert_eq!(values("audience"), ["https://orders.example"]);
    assert_eq!(values("scope"), ["read write"]);
    assert_eq!(values("resource"), ["https://a.example", "https://b.example"]);
    assert_eq!(provider.requests(Endpoint::Discovery), 0, "a given endpoint is not looked for");
}

#[tokio::test]
async fn a_token_is_kept_and_renewed_by_its_use_before_it_expires() {
    let stand = Stand::new().await;
    let first = stand.token().await;
    stand.clock.advance(2500 * SECOND);
    assert_eq!(stand.token().await.expose(), first.expose());
    assert_eq!(stand.requests(), 1);

    stand.clock.advance(500 * SECOND);
    assert_eq!(stand.token().await.expose(), first.expose(), "nobody waits for a renewal");
    stand.renewed(&first).await;
    assert_eq!(stand.requests(), 2);
}

#[tokio::test]
async fn a_service_that_makes_no_calls_asks_for_no_tokens() {
    let stand = Stand::new().await;
    stand.clock.advance(100_000 * SECOND);
    assert_eq!(stand.requests(), 0);
    stand.token().await;
    stand.clock.advance(100_000 * SECOND);
    settle().await;
    assert_eq!((stand.requests(), stand.clock.sleepers()), (1, 0), "a request under way has a time limit");
}

#[tokio::test]
async fn an_expired_token_is_not_handed_out() {
    let stand = Stand::new().await;
    let first = stand.token().await;
    stand.clock.advance(3590 * SECOND);
    assert_ne!(stand.token().await.expose(), first.expose());
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_cut_the_request_short() {
    let stand = Stand::new().await;
    stand.endpoint().fail_next(1, Fault::Hang);
    let caller = tokio::spawn({
        let tokens = stand.tokens.clone();
        async move { tokens.token().await }
    });
    stand.endpoint().wait_for_requests(1).await;
    caller.abort();
    assert!(caller.await.is_err());
    stand.endpoint().heal();
    stand.token().await;
    assert_eq!(stand.requests(), 1);
}

#[tokio::test]
async fn callers_wait_for_a_slow_provider() {
    let stand = Stand::new().await;
    stand.endpoint().fail_next(1, Fault::Slow(3 * SECOND));
    stand.eventually(stand.token()).await;
    assert_eq!(stand.requests(), 1);
}

#[tokio::test]
async fn callers_of_a_provider_that_does_not_answer_get_an_error_in_time() {
    let stand = Stand::new().await;
    stand.endpoint().fail_next(1, Fault::Hang);
    let started = stand.clock.elapsed();
    let error = stand.eventually(stand.failure()).await;
    let TokenSourceError::TokenEndpoint(inner) = &error else { panic!("{error:?}") };
    assert!(matches!(**inner, TokenEndpointError::Unreachable(HttpError::Timeout)), "{inner:?}");
    assert!(error.is_retryable() && stand.clock.elapsed() - started <= FETCH_LIMIT + SECOND);
}

#[tokio::test]
async fn a_good_token_serves_on_while_the_provider_is_down() {
    let stand = Stand::new().await;
    let first = stand.token().await;
    stand.provider.go_down();
    stand.clock.advance(3000 * SECOND);
    for _ in 0..20 {
        assert_eq!(stand.token().await.expose(), first.expose());
        stand.clock.advance(20 * SECOND);
        settle().await;
    }
    stand.clock.advance(500 * SECOND);
    let error = stand.failure().await;
    assert!(error.is_retryable(), "{error:?}");

    stand.provider.come_up().await;
    stand.clock.advance(60 * SECOND);
    stand.eventually(stand.token()).await;
}

#[tokio::test]
async fn a_failure_is_followed_by_a_pause_in_which_nothing_is_sent() {
    let stand = Stand::new().await;
    stand.endpoint().fail_with(Fault::Status(503));
    for _ in 0..4 {
        stand.eventually(stand.failure()).await;
    }
    let sent = stand.requests();
    let error = loop {
        let error = stand.eventually(stand.failure()).await;
        if matches!(error, TokenSourceError::Paused { .. }) {
            break error;
        }
    };
    let after = stand.requests();
    assert!(after <= sent + 2);
    for _ in 0..100 {
        assert!(matches!(stand.failure().await, TokenSourceError::Paused { .. }));
    }
    assert_eq!(stand.requests(), after);
    assert!(error.retry_after().unwrap() > SECOND && error.is_retryable());
}

#[tokio::test]
async fn a_limit_is_respected_until_it_opens() {
    let stand = Stand::new().await;
    stand.endpoint().fail_next(1, Fault::RateLimited(stand.clock.now() + 30 * SECOND));
    assert_eq!(stand.failure().await.retry_after(), Some(30 * SECOND));
    stand.clock.advance(20 * SECOND);
    let paused = stand.failure().await;
    assert_eq!((paused.retry_after(), stand.requests()), (Some(10 * SECOND), 1));
    assert!(matches!(paused, TokenSourceError::Paused { .. }));
    stand.clock.advance(10 * SECOND);
    stand.token().await;
    assert_eq!(stand.requests(), 2);

    let stand = Stand::new().await;
    stand.endpoint().fail_next(1, Fault::StatusRetryAfter(429, 30 * SECOND));
    assert_eq!(stand.failure().await.retry_after(), Some(30 * SECOND));
}

#[tokio::test]
async fn a_refusal_is_told_at_once_and_not_repeated() {
    let stand = Stand::new().await;
    stand.provider.add_service_account(CLIENT, "another secret");
    let error = stand.failure().await;
    let TokenSourceError::TokenEndpoint(inner) = &error else { panic!("{error:?}") };
    assert!(inner.is_invalid_client() && !error.is_retryable());
    for _ in 0..10 {
        let error = stand.failure().await;
        assert!(matches!(error, TokenSourceError::Paused { .. }) && !error.is_retryable(), "a pause mends no secret");
    }
    assert_eq!(stand.requests(), 1);
}

/// A provider that answers this to whatever it is asked.
#[derive(Debug)]
struct Answers(&'static str);

impl HttpClient for Answers {
    fn send(&self, _: Request<Bytes>, _: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async { Ok(Response::new(Bytes::from_static(self.0.as_bytes()))) })
    }
}

/// A line break would be another header, if it were sent.
#[tokio::test]
async fn a_token_that_cannot_stand_in_a_header_is_none() {
    for (token, is_one) in [("zq7Marked", true), (r"zq7\nMarked", false), (r"zq7\u0000Marked", false), ("", false)] {
        let answer = format!(r#"{{"access_token": "{token}", "token_type": "Bearer"}}"#);
        let secret = ClientSecret::from(Secret::from(SECRET));
        let url = "https://id.example/token".parse().unwrap();
        let account = ServiceAccount::at_token_endpoint(url, CLIENT, ClientAuthentication::Post(secret));
        let tokens = TokenSource::builder(account).with_http_client(Answers(answer.leak())).start().unwrap();
        let answer = tokens.token().await;
        assert_eq!(answer.is_ok(), is_one, "{token:?}: {answer:?}");
        assert!(!format!("{answer:?}").contains("zq7"));
    }
}

#[tokio::test]
async fn an_endpoint_that_was_given_is_asked_again_after_a_failure_and_never_looked_for() {
    let clock = ManualClock::new();
    let provider = TestProvider::builder().clock(clock.clone()).start().await;
    provider.add_service_account(CLIENT, SECRET);
    let secret = ClientSecret::from(Secret::from(SECRET));
    let endpoint = provider.endpoint(Endpoint::Token);
    let account =
        ServiceAccount::at_token_endpoint(endpoint.url().parse().unwrap(), CLIENT, ClientAuthentication::Post(secret));
    let tokens = TokenSource::builder(account).with_clock(clock.clone()).start().unwrap();
    endpoint.fail_next(1, Fault::RateLimited(clock.now() + 30 * SECOND));
    tokens.token().await.unwrap_err();
    clock.advance(30 * SECOND);
    tokens.token().await.unwrap();
    assert_eq!((provider.requests(Endpoint::Token), provider.requests(Endpoint::Discovery)), (2, 0));
}

#[tokio::test]
async fn a_secret_that_changes_in_its_file_is_read_again() {
    let file = Scratch::new(SECRET);
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.secret = None;
        config.client_secret_file(file.path())
    })
    .await;
    let first = stand.token().await;
    stand.provider.add_service_account(CLIENT, "the new secret");
    file.write("the new secret\n");
    stand.clock.advance(3000 * SECOND);
    stand.renewed(&first).await;
    assert_eq!(stand.requests(), 3, "one refusal between the two tokens");
}

#[tokio::test]
async fn an_endpoint_that_moved_is_found_again() {
    let stand = Stand::new().await;
    stand.provider.set_metadata("token_endpoint", format!("{}/gone", stand.provider.issuer()));
    assert!(matches!(stand.failure().await, TokenSourceError::TokenEndpoint(_)));
    stand.provider.set_metadata("token_endpoint", stand.endpoint().url());
    stand.clock.advance(2 * SECOND);
    stand.token().await;
    assert_eq!(stand.provider.requests(Endpoint::Discovery), 2);
}

#[tokio::test]
async fn metadata_that_name_no_endpoint_or_another_issuer_give_no_token() {
    let stand = Stand::new().await;
    stand.provider.remove_metadata("token_endpoint");
    let error = stand.failure().await;
    let TokenSourceError::Discovery(inner) = &error else { panic!("{error:?}") };
    assert!(matches!(**inner, ProviderError::Missing { member: "token_endpoint", .. }) && !error.is_retryable());

    let stand = Stand::new().await;
    stand.provider.set_metadata("issuer", "https://elsewhere.example");
    let error = stand.failure().await;
    assert!(matches!(&error, TokenSourceError::Discovery(inner) if inner.is_contradiction()), "{error:?}");
    assert_eq!(stand.requests(), 0, "the secret went nowhere");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_whoever_asks() {
    let stand = Stand::new().await;
    let first = stand.token().await;
    stand.clock.advance(SECOND);
    let replacements = futures_util::future::join_all((0..100).map(|_| stand.tokens.replace(&first))).await;
    for token in &replacements {
        assert_ne!(token.as_ref().unwrap().expose(), first.expose());
    }
    assert_eq!(stand.requests(), 2);
    let second = replacements[0].as_ref().unwrap();
    let error = stand.tokens.replace(second).await.unwrap_err();
    assert!(matches!(error, TokenSourceError::JustReplaced) && error.is_retryable());
    assert_eq!(stand.tokens.replace(&first).await.unwrap().expose(), second.expose(), "it is replaced already");
    assert_eq!(stand.requests(), 2);
    stand.clock.advance(REPLACE_INTERVAL);
    stand.tokens.replace(second).await.unwrap();
    assert_eq!(stand.requests(), 3);
}

#[tokio::test]
async fn a_source_outlives_the_runtime_of_its_first_call() {
    let stand = Stand::new().await;
    stand.endpoint().fail_next(1, Fault::Hang);
    let (tokens, endpoint) = (stand.tokens.clone(), stand.endpoint());
    let first_runtime = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tokio::select! {
                _ = tokens.token() => panic!("nobody answers"),
                () = endpoint.wait_for_requests(1) => {}
            }
        });
    };
    tokio::task::spawn_blocking(first_runtime).await.unwrap();
    stand.token().await;
    assert_eq!(stand.requests(), 2);
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let stand = Stand::new().await;
    let account = ServiceAccount::from_config(&account_of(&stand.provider)).unwrap();
    let builder = TokenSource::builder(account.clone());
    let token = stand.token().await;
    stand.provider.add_service_account(CLIENT, "another secret");
    stand.clock.advance(4000 * SECOND);
    let error = stand.failure().await;
    let shown = format!("{account:?} {builder:?} {:?} {token:?} {error:?} {error}", stand.tokens);
    assert!(!shown.contains("hunter2") && !shown.contains(token.expose()), "{shown}");
}
