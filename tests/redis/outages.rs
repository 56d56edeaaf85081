//! Without Redis nobody is anonymous (class U), and when it is back it is as before.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::{StatusCode, header::AUTHORIZATION};
use redis::{aio::MultiplexedConnection, cmd};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tower_oidc::{
    layer::{AuthError, AuthErrorKind},
    login::LoginError,
    session::{RedisStore, RedisStoreError, SessionError, SessionStore as _},
    testing::ManualClock,
    types::Secret,
};

use crate::{
    server::RedisServer,
    service::Service,
    support::{self, Answer, Stand, navigation},
    support_sessions::{Cookies, api, copy, form, header_of},
};

/// Why Redis did not answer.
#[track_caller]
pub(crate) fn reason(answer: &Answer) -> &RedisStoreError {
    match &answer.reason {
        Some(AuthError::Login(LoginError::Session(SessionError::Store(error)))) => error.downcast_ref().unwrap(),
        other => panic!("expected a store that failed, got {other:?}"),
    }
}

/// Asks until the answer is another than 503. The clock goes on for what pauses.
async fn until_back(stand: &Stand, cookies: &Cookies) -> Answer {
    loop {
        let answer = stand.me(cookies).await;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return answer;
        }
        stand.advance(1);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn without_redis_whoever_brings_a_session_gets_a_503_on_every_route() {
    let mut redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.signed_in("jane").await;
    let stand = &service.replicas[0];
    redis.kill().await;
    for path in ["/", "/me", "/admin", "/answer/200"] {
        let mut shown = navigation(path);
        shown.headers_mut().insert("cookie", header_of(&cookies).parse().unwrap());
        for request in [api(path, &cookies), shown] {
            let answer = stand.send(request).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(answer.reason.as_ref().unwrap().kind(), AuthErrorKind::Unavailable, "{path}");
            assert!(matches!(reason(&answer), RedisStoreError::Unreachable { .. } | RedisStoreError::Lost), "{path}");
            assert!(answer.set_cookies().is_empty(), "{path}: the session may be good");
            assert!(!answer.header("retry-after").is_empty(), "{path}");
        }
    }
    for path in ["/refresh", "/logout"] {
        let answer = stand.send(form(path, &cookies, "")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.set_cookies().is_empty(), "{path}");
    }
    let token = format!("logout_token={}", service.provider.logout_token("jane").sign());
    let answer = stand.eventually(stand.send(form("/backchannel-logout", &[], &token))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "the provider learns that it failed");

    assert_eq!(stand.send(api("/", &[])).await.status, StatusCode::OK, "who brings no session needs no Redis");
    let mut machine = api("/me", &cookies);
    let token = format!("Bearer {}", service.provider.token("robot").sign());
    machine.headers_mut().insert(AUTHORIZATION, token.parse().unwrap());
    assert_eq!(stand.send(machine).await.status, StatusCode::OK);
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_redis_that_is_back_is_found_by_itself() {
    let mut redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.signed_in("jane").await;
    let stand = &service.replicas[0];
    for _ in 0..2 {
        redis.kill().await;
        assert_eq!(stand.me(&cookies).await.status, StatusCode::SERVICE_UNAVAILABLE);
        redis.restart().await;
        let answer = until_back(stand, &cookies).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "this one keeps nothing over its end");
    }
    let cookies = copy(&stand.signed_in("jane").await);
    assert_eq!(until_back(&service.replicas[1], &cookies).await.status, StatusCode::OK);
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_redis_that_is_not_there_yet_stops_no_start() {
    let mut redis = RedisServer::start().await;
    redis.kill().await;
    let service = Service::new(&redis).await;
    let stand = &service.replicas[0];
    let mut browser = stand.browser();
    let visited = stand.sign_in(&mut browser, "jane").await;
    assert_eq!(visited.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(visited.text().contains("session_store_failed") && copy(&browser).is_empty());
    redis.restart().await;
    stand.advance(10);
    let cookies = copy(&stand.signed_in("jane").await);
    assert_eq!(until_back(&service.replicas[1], &cookies).await.status, StatusCode::OK);
}

/// It takes connections, and answers nobody.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_redis_that_hangs_is_a_503_in_time_and_signs_nobody_out() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.signed_in("jane").await;
    let stand = &service.replicas[0];
    redis.hang().await;
    for _ in 0..3 {
        let answer = stand.me(&cookies).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(matches!(reason(&answer), RedisStoreError::TimedOut), "{answer:?}");
        stand.advance(1);
    }
    redis.go_on().await;
    assert_eq!(until_back(stand, &cookies).await.status, StatusCode::OK);
}

/// What stands between the service and Redis, such as a firewall that forgets connections.
struct Path {
    address: SocketAddr,
    forgotten: Arc<Notify>,
}

impl Path {
    async fn to(redis: &RedisServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, port, forgotten) = (listener.local_addr().unwrap(), redis.port(), Arc::new(Notify::new()));
        let told = Arc::clone(&forgotten);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let told = Arc::clone(&told);
                tokio::spawn(async move {
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        () = told.notified() => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, forgotten }
    }

    fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Nothing that is sent on the connections of this moment arrives, and nobody is told.
    fn forget_connections(&self) {
        self.forgotten.notify_waiters();
    }
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_connection_on_which_nobody_answers_is_given_up() {
    let redis = RedisServer::start().await;
    let path = Path::to(&redis).await;
    let (provider, clock) = support::provider().await;
    let stand = Service::replica(&provider, &clock, &path.url(), |config| config).await;
    let cookies = copy(&stand.signed_in("jane").await);
    path.forget_connections();
    let answer = stand.me(&cookies).await;
    assert!(matches!(reason(&answer), RedisStoreError::TimedOut), "{answer:?}");
    assert!(stand.is_alive(&cookies).await, "by a new one");
}

/// Redis closes idle connections (`timeout`), and so does what stands between.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_connection_that_was_closed_meanwhile_is_made_anew_and_nobody_notices() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.signed_in("jane").await;
    let mut connection = redis.connection().await;
    for _ in 0..5 {
        let mut kill = cmd("CLIENT");
        let _: usize = kill.arg("KILL").arg("SKIPME").arg("yes").query_async(&mut connection).await.unwrap();
        assert_eq!(service.is_alive(&cookies).await, [true, true]);
        let _: () = cmd("SCRIPT").arg("FLUSH").query_async(&mut connection).await.unwrap();
        assert_eq!(service.is_alive(&cookies).await, [true, true]);
    }
}

/// A count that Redis keeps of what came to it: what stands after `name` in its `INFO`.
async fn counted(connection: &mut MultiplexedConnection, name: &str) -> u64 {
    let text: String = cmd("INFO").arg("everything").query_async(connection).await.unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {text}"));
    value.split(|char: char| !char.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// What was refused is not sent again; and whoever has the place of a copy by now is met by a new connection.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_copy_is_asked_once_and_its_connection_is_given_up() {
    let redis = RedisServer::start().await;
    let mut connection = redis.connection().await;
    let store = RedisStore::new(&Secret::new(redis.url()), "the tests", Arc::new(ManualClock::new())).unwrap();
    let lease = |key| store.lease([key; 32], [1; 16], Duration::from_secs(1));
    assert!(lease(1).await.unwrap());
    let counts = ["cmdstat_evalsha:calls=", "cmdstat_eval:calls=", "total_connections_received:"];
    let mut before = Vec::new();
    for name in counts {
        before.push(counted(&mut connection, name).await);
    }

    let _: () = cmd("REPLICAOF").arg("127.0.0.1").arg(1).query_async(&mut connection).await.unwrap();
    let error = *lease(2).await.unwrap_err().downcast::<RedisStoreError>().unwrap();
    assert!(matches!(&error, RedisStoreError::Refused { word } if word == "READONLY"), "{error:?}");
    let _: () = cmd("REPLICAOF").arg("NO").arg("ONE").query_async(&mut connection).await.unwrap();
    assert!(lease(2).await.unwrap() && lease(3).await.unwrap());
    for (name, (before, more)) in counts.into_iter().zip(before.into_iter().zip([3, 0, 1])) {
        assert_eq!(counted(&mut connection, name).await, before + more, "{name}");
    }
}

/// A copy after a fail-over takes no writes: it says so, and a logout does not seem to be done.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_redis_that_takes_no_writes_is_an_error_wherever_something_is_to_be_kept() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.signed_in("jane").await;
    let stand = &service.replicas[0];
    let mut connection = redis.connection().await;
    let _: () = cmd("REPLICAOF").arg("127.0.0.1").arg(1).query_async(&mut connection).await.unwrap();
    let answer = stand.send(form("/logout", &cookies, "")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(matches!(reason(&answer), RedisStoreError::Refused { word } if word == "READONLY"), "{answer:?}");
    let _: () = cmd("REPLICAOF").arg("NO").arg("ONE").query_async(&mut connection).await.unwrap();
    assert_eq!(stand.send(form("/logout", &cookies, "")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(service.is_alive(&cookies).await, [false, false]);
}
