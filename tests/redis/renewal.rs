//! A refresh token is spent once by all replicas together (class M).
//!
//! The provider of these tests replaces refresh tokens, and takes one that comes twice for stolen: it revokes all that came of
//! the login. A session that is renewed once more has therefore lost nothing.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, routing::post};
use http::StatusCode;
use redis::{AsyncCommands as _, aio::MultiplexedConnection};
use serde_json::json;
use tokio::{net::TcpListener, runtime::Runtime, sync::Semaphore, task::JoinSet, time::sleep};
use tower_oidc::{
    Config,
    login::LoginError,
    testing::{Endpoint, Fault},
};

use crate::{
    server::RedisServer,
    service::Service,
    support_sessions::{Cookies, RENEWAL, form},
};

const REQUESTS: usize = 100;

/// Shortest time between two looks at a session whose renewal another replica does not finish.
const PAUSE: u64 = 5;

/// Longest time that a replica has the right to renew a session, in milliseconds.
const LEASE: i64 = 45_000;

/// What a hundred requests are answered, half of them by each replica.
fn ask_both(service: &Arc<Service>, cookies: &Cookies) -> JoinSet<StatusCode> {
    let mut asking = JoinSet::new();
    for number in 0..REQUESTS {
        let (service, cookies) = (Arc::clone(service), cookies.clone());
        asking.spawn(async move { service.replicas[number % 2].me(&cookies).await.status });
    }
    asking
}

/// The one lease that is there.
async fn lease(redis: &RedisServer) -> (MultiplexedConnection, String) {
    let mut keys = redis.keys("*:lease:*").await;
    assert_eq!(keys.len(), 1, "{keys:?}");
    (redis.connection().await, keys.remove(0))
}

/// A token endpoint that refuses the grant, when it is let.
async fn refusing() -> (String, Arc<Semaphore>, Arc<Semaphore>) {
    let (asked, may_answer) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (told, let_go) = (Arc::clone(&asked), Arc::clone(&may_answer));
    let refuse = async move || {
        told.add_permits(1);
        let_go.acquire().await.unwrap().forget();
        (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().route("/token", post(refuse))).await });
    (url, asked, may_answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs redis-server: see tests/all"]
async fn a_hundred_requests_over_two_replicas_are_one_renewal_and_all_are_answered() {
    let redis = RedisServer::start().await;
    let service = Arc::new(Service::new(&redis).await);
    let cookies = service.due("jane").await;
    let before = service.clock.sleepers();
    service.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
    let asking = ask_both(&service, &cookies);
    // Each request, the one to the provider, and the replica that waits for the other.
    service.clock.wait_for_sleepers(before + REQUESTS + 2).await;
    service.provider.endpoint(Endpoint::Token).wait_for_requests(2).await;
    assert_eq!(service.replicas[0].token_requests(), 2);
    service.provider.endpoint(Endpoint::Token).heal();
    let answers = service.replicas[0].eventually(asking.join_all()).await;
    assert_eq!(answers, [StatusCode::OK; REQUESTS]);
    assert_eq!(service.replicas[0].token_requests(), 2);
    assert!(redis.keys("*:lease:*").await.is_empty());
    service.assert_goes_on(&cookies).await;
}

/// As they come: no replica is held up, and every time another may be the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs redis-server: see tests/all"]
async fn every_renewal_happens_once_whoever_is_faster() {
    let redis = RedisServer::start().await;
    let service = Arc::new(Service::new(&redis).await);
    let cookies = service.due("jane").await;
    for round in 2..7 {
        let answers = service.replicas[0].eventually(ask_both(&service, &cookies).join_all()).await;
        assert_eq!(answers, [StatusCode::OK; REQUESTS], "{round}");
        assert_eq!(service.replicas[0].token_requests(), round);
        service.replicas[0].advance(RENEWAL);
    }
}

/// `POST /refresh` at both replicas is one renewal too.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn refreshing_at_both_replicas_at_once_is_one_renewal() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.signed_in("jane").await;
    let [one, other] = &service.replicas;
    let before = service.clock.sleepers();
    service.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
    let refreshing =
        async { tokio::join!(one.send(form("/refresh", &cookies, "")), other.send(form("/refresh", &cookies, ""))) };
    let healing = async {
        service.clock.wait_for_sleepers(before + 2).await;
        service.provider.endpoint(Endpoint::Token).heal();
        std::future::pending::<()>().await;
    };
    let answers = tokio::select! {
        answers = one.eventually(refreshing) => answers,
        () = healing => unreachable!(),
    };
    assert_eq!((answers.0.status, answers.1.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(answers.0.json(), answers.1.json());
    assert_eq!(one.token_requests(), 2);
    service.assert_goes_on(&cookies).await;
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_logout_at_one_replica_outlives_a_renewal_at_the_other() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.due("jane").await;
    let [one, other] = &service.replicas;
    service.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
    let leaving = async {
        service.provider.endpoint(Endpoint::Token).wait_for_requests(2).await;
        // The logout revokes the grant as well, so that the provider must be let go first.
        let answer = other.send(form("/logout", &cookies, "")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        service.provider.endpoint(Endpoint::Token).heal();
    };
    let (answer, ()) = tokio::join!(one.eventually(one.me(&cookies)), leaving);
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(service.is_alive(&cookies).await, [false, false]);
    assert!(redis.keys("*:session:*").await.is_empty());
}

/// A replica dies in the middle of a renewal: its lease stays behind, and ends by itself.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_replica_that_dies_over_a_renewal_delays_it_by_its_lease_and_ends_nobodys_session() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.due("jane").await;
    service.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
    let [_, other] = &service.replicas;
    let dying = Runtime::new().unwrap();
    let (provider, clock) = (service.provider.clone(), service.clock.clone());
    let (url, asked) = (redis.url(), cookies.clone());
    dying.spawn(async move { Service::replica(&provider, &clock, &url, |config| config).await.me(&asked).await });
    service.provider.endpoint(Endpoint::Token).wait_for_requests(2).await;
    dying.shutdown_background();

    let (mut connection, key) = lease(&redis).await;
    let left: i64 = connection.pttl(&key).await.unwrap();
    assert!((1..=LEASE).contains(&left), "{left}");
    for _ in 0..3 {
        assert_eq!(other.eventually(other.me(&cookies)).await.status, StatusCode::OK, "by the old tokens");
    }
    let refused = other.eventually(other.send(form("/refresh", &cookies, ""))).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(matches!(refused.login_error(), LoginError::RenewalUnderWay));
    assert!(refused.header("retry-after").parse::<u64>().is_ok());
    assert_eq!(other.token_requests(), 2);

    service.provider.endpoint(Endpoint::Token).heal();
    let _: bool = connection.pexpire(&key, 1).await.unwrap();
    while connection.exists(&key).await.unwrap() {
        sleep(Duration::from_millis(5)).await;
    }
    other.advance(PAUSE);
    assert_eq!(other.eventually(other.me(&cookies)).await.status, StatusCode::OK);
    assert_eq!(other.token_requests(), 3, "now it is renewed");
    let before = other.token_requests();
    other.advance(RENEWAL);
    assert!(other.is_alive(&cookies).await);
    assert_eq!(other.token_requests(), before + 1);
}

/// While another replica renews a session, it is served as long as it is good; after that nobody knows, and nobody is signed out.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_session_that_goes_stale_while_another_replica_renews_it_is_an_error_and_no_end() {
    let redis = RedisServer::start().await;
    let validity = |mut config: Config| {
        config.authentication.oidc.token_validity = Some(600);
        config
    };
    let service = Service::with(&redis, validity).await;
    let cookies = service.signed_in("jane").await;
    let [one, other] = &service.replicas;
    one.advance(599);
    let before = service.clock.sleepers();
    service.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
    let passing = async {
        // Each request, the one to the provider, and the replica that waits for the other.
        service.clock.wait_for_sleepers(before + 4).await;
        one.eventually(std::future::pending::<()>()).await;
    };
    let (first, second) = tokio::select! {
        answers = async { tokio::join!(one.me(&cookies), other.me(&cookies)) } => answers,
        () = passing => unreachable!(),
    };
    for answer in [first, second] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(matches!(answer.login_error(), LoginError::RenewalUnderWay), "{answer:?}");
        assert!(answer.set_cookies().is_empty(), "the session may be good");
    }
}

/// "Invalid grant" after another has renewed the session is no end: it is read again.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_refused_token_that_another_replica_has_replaced_ends_nothing() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.due("jane").await;
    let honest = service.provider.endpoint(Endpoint::Token).url();
    let (url, asked, may_answer) = refusing().await;
    service.provider.set_metadata("token_endpoint", &url);
    let slow = Service::replica(&service.provider, &service.clock, &redis.url(), |config| config).await;
    service.provider.set_metadata("token_endpoint", &honest);

    let meanwhile = async {
        asked.acquire().await.unwrap().forget();
        // The slow one takes longer than its lease.
        let (mut connection, key) = lease(&redis).await;
        let _: usize = connection.del(&key).await.unwrap();
        assert!(service.replicas[1].is_alive(&cookies).await);
        assert_eq!(slow.token_requests(), 2);
        may_answer.add_permits(1);
    };
    let (answer, ()) = tokio::join!(slow.me(&cookies), meanwhile);
    assert_eq!(answer.status, StatusCode::OK);
    service.assert_goes_on(&cookies).await;
}
