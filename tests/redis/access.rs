//! Passwords, TLS, and URLs that are refused.

use std::{env, error::Error as _, process::Command, sync::Arc};

use http::StatusCode;
use tower_oidc::{
    layer::SetupError,
    login::LoginError,
    session::{RedisStore, RedisStoreError, SessionError, SessionStore as _},
    testing::ManualClock,
    types::Secret,
};

use crate::{
    outages::reason,
    server::RedisServer,
    service::Service,
    support::{self, SERVER},
    support_sessions::copy,
};

const PASSWORD: &str = "hunter2@:/?#";

/// The password as a URL has it.
const IN_A_URL: &str = "hunter2%40%3A%2F%3F%23";

/// The certificates of the default client's tests. The leaf is for 127.0.0.1.
const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/provider/reqwest_client/fixtures");

fn store(url: &str) -> Result<RedisStore, RedisStoreError> {
    RedisStore::new(&Secret::from(url), "the tests", Arc::new(ManualClock::new()))
}

/// What a call on the store at that URL fails with.
async fn failure(url: &str) -> RedisStoreError {
    let error = store(url).unwrap().load([1; 32]).await.unwrap_err();
    *error.downcast().unwrap()
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_password_opens_redis_and_is_shown_nowhere() {
    let redis = RedisServer::with_password(PASSWORD).await;
    let url = |password: &str| format!("redis://{password}127.0.0.1:{}", redis.port());
    let (provider, clock) = support::provider().await;
    let right = Service::replica(&provider, &clock, &url(&format!(":{IN_A_URL}@")), |config| config).await;
    let cookies = copy(&right.signed_in("jane").await);
    assert!(right.is_alive(&cookies).await);

    for wrong in ["", ":hunter3@", "jane:hunter3@"] {
        let wrong = Service::replica(&provider, &clock, &url(wrong), |config| config).await;
        let answer = wrong.me(&cookies).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        let error = reason(&answer);
        assert!(matches!(error, RedisStoreError::Credentials), "{error:?}");
        let shown = format!("{error} {error:?} {:?} {:?} {}", error.source(), answer.reason, answer.text);
        assert!(!shown.contains("hunter") && !format!("{:?}", wrong.auth).contains("hunter"), "{shown}");
    }
}

/// Redis 6 and newer: users with rules.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_user_needs_no_more_than_what_the_documentation_says() {
    let redis = RedisServer::start().await;
    let rules = "on >hunter2 ~{tower-oidc:* +eval +evalsha +hset +hget +hmget +del +set +get +pexpire +pttl +zadd +zrem \
                 +zscore +zrange +zrevrange";
    let mut command = redis::cmd("ACL");
    let _: () = command
        .arg("SETUSER")
        .arg("web")
        .arg(rules.split_whitespace().collect::<Vec<_>>())
        .query_async(&mut redis.connection().await)
        .await
        .unwrap();
    let (provider, clock) = support::provider().await;
    let url = format!("redis://web:hunter2@127.0.0.1:{}", redis.port());
    let stand = Service::replica(&provider, &clock, &url, |config| config.clone()).await;
    let cookies = copy(&stand.signed_in("jane").await);
    stand.advance(crate::support_sessions::RENEWAL);
    assert!(stand.is_alive(&cookies).await);
    assert_eq!(stand.token_requests(), 2);
    let token = format!("logout_token={}", provider.logout_token("jane").without("sid").sign());
    let logout = crate::support_sessions::form("/backchannel-logout", &[], &token);
    assert_eq!(stand.eventually(stand.send(logout)).await.status, StatusCode::OK);
    assert!(!stand.is_alive(&cookies).await);
}

/// One node of a cluster has not all that there is: it says so.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_node_of_a_cluster_is_an_error_and_not_an_empty_store() {
    let redis = RedisServer::start_with(&["--cluster-enabled", "yes"], None).await;
    let error = failure(&redis.url()).await;
    assert!(matches!(&error, RedisStoreError::Refused { word } if word == "CLUSTERDOWN"), "{error:?}");
}

#[tokio::test]
async fn a_url_that_cannot_be_used_stops_the_start() {
    let (provider, clock) = support::provider().await;
    for wrong in ["redis://:hunter2@127.0.0.1/name", "redis://:hunter2@127.0.0.1/0?protocol=resp3"] {
        let config = support::login_config(&provider, SERVER).session_store(wrong);
        let error = support::discover(config, &clock, |builder| builder).await.unwrap_err();
        assert!(matches!(error, SetupError::Login(LoginError::Session(SessionError::Setup(_)))), "{error:?}");
        assert!(error.to_string().contains("redis://[[USER]:PASSWORD@]HOST") && !error.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn who_does_not_answer_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let error = failure(&format!("redis://:hunter2@{address}")).await;
    assert!(matches!(error, RedisStoreError::TimedOut), "{error:?}");
    drop(listener);
    let error = failure(&format!("redis://:hunter2@{address}")).await;
    assert!(matches!(error, RedisStoreError::Unreachable { .. }), "{error:?}");
}

async fn with_tls() -> RedisServer {
    let file = |name: &str| format!("{CERTIFICATES}/{name}");
    let (leaf, key) = (file("leaf.pem"), file("leaf.key.pem"));
    // The plain port is what the test itself comes by.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let tls = ["--tls-port", &port, "--tls-cert-file", &leaf, "--tls-key-file", &key, "--tls-auth-clients", "no"];
    RedisServer::start_with(&[&tls[..], &["--tls-ca-cert-file", &file("root.pem")]].concat(), None).await
}

async fn tls_url(redis: &RedisServer) -> String {
    let mut command = redis::cmd("CONFIG");
    let (_, port): (String, String) =
        command.arg("GET").arg("tls-port").query_async(&mut redis.connection().await).await.unwrap();
    format!("rediss://127.0.0.1:{port}")
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_redis_whose_certificate_nobody_vouches_for_is_not_spoken_to() {
    let redis = with_tls().await;
    let error = failure(&tls_url(&redis).await).await;
    assert!(matches!(error, RedisStoreError::Tls(_)), "{error:?}");
    let plain = tls_url(&redis).await.replace("rediss://", "redis://");
    assert!(matches!(failure(&plain).await, RedisStoreError::Lost | RedisStoreError::TimedOut));
}

/// The platform's roots are those of a file here (`SSL_CERT_FILE`), which only another process can be told.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn redis_is_spoken_to_over_tls_when_the_platform_vouches_for_it() {
    let redis = with_tls().await;
    let mut test = Command::new(env::current_exe().unwrap());
    test.args(["--exact", "access::over_tls", "--include-ignored", "--nocapture"]);
    test.env("SSL_CERT_FILE", format!("{CERTIFICATES}/root.pem")).env("TLS_URL", tls_url(&redis).await);
    let output = tokio::task::spawn_blocking(move || test.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "the test above runs it"]
async fn over_tls() {
    let Ok(url) = env::var("TLS_URL") else { return };
    assert!(store(&url).unwrap().load([1; 32]).await.unwrap().is_none());
}
