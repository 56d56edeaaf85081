//! Whoever signs in or out at one replica has done so at all.

use std::time::Duration;

use http::{Method, StatusCode};
use tower_oidc::{Config, login::LoginError, session::SessionError};

use crate::{
    server::RedisServer,
    service::Service,
    support::{Answer, Stand, callback_of},
    support_sessions::{Cookies, copy, form, request},
};

/// The provider posts a logout token.
async fn back_channel(stand: &Stand, token: &str) -> Answer {
    stand.eventually(stand.send(form("/backchannel-logout", &[], &format!("logout_token={token}")))).await
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_login_at_one_replica_is_good_at_the_other() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.signed_in("jane").await;
    let answer = service.replicas[1].me(&cookies).await;
    assert_eq!((answer.status, &answer.json()["sub"]), (StatusCode::OK, &"jane".into()));
}

/// A service that is deployed anew signs nobody out.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_login_outlives_its_replicas() {
    let redis = RedisServer::start().await;
    let Service { provider, clock, replicas } = Service::new(&redis).await;
    let cookies = copy(&replicas[0].signed_in("jane").await);
    drop(replicas);
    let replica = Service::replica(&provider, &clock, &redis.url(), |config| config).await;
    assert!(replica.is_alive(&cookies).await);
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_logout_at_one_replica_ends_the_session_at_the_other() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let (jane, other) = (service.signed_in("jane").await, service.signed_in("jane").await);
    assert_eq!(service.is_alive(&jane).await, [true, true]);
    let answer = service.replicas[1].send(form("/logout", &jane, "")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(service.is_alive(&jane).await, [false, false]);
    assert_eq!(service.is_alive(&other).await, [true, true], "another login of hers");
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_back_channel_logout_through_one_replica_ends_sessions_at_both() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let one = service.signed_in("jane").await;
    let sid = service.provider.session_ids("jane").remove(0);
    let (other, john) = (copy(&service.replicas[1].signed_in("jane").await), service.signed_in("john").await);

    let of_one = service.provider.logout_token("jane").claim("sid", sid).sign();
    assert_eq!(back_channel(&service.replicas[1], &of_one).await.status, StatusCode::OK);
    assert_eq!(service.is_alive(&one).await, [false, false]);
    assert_eq!(service.is_alive(&other).await, [true, true]);

    let of_all = service.provider.logout_token("jane").without("sid").sign();
    assert_eq!(back_channel(&service.replicas[0], &of_all).await.status, StatusCode::OK);
    assert_eq!(service.is_alive(&other).await, [false, false]);
    assert_eq!(service.is_alive(&john).await, [true, true]);
}

/// The provider ends a session while the browser is on its way back from there, and tells another replica than the one that it comes
/// to.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_login_that_ended_on_its_way_is_opened_at_no_replica() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let mut browser = service.replicas[0].browser();
    let callback = callback_of(&service.replicas[0], &mut browser, "jane").await;
    let sid = service.provider.session_ids("jane").remove(0);
    let ended = service.provider.logout_token("jane").claim("sid", &sid).sign();
    assert_eq!(back_channel(&service.replicas[1], &ended).await.status, StatusCode::OK);
    let visited = browser.navigate(&callback).await;
    assert_eq!(visited.status, StatusCode::BAD_REQUEST, "the provider's own session has ended");
    assert!(matches!(service.replicas[0].login_error(), LoginError::Session(SessionError::Conflict)));
    assert_eq!(service.is_alive(&copy(&browser)).await, [false, false]);
    assert_eq!(redis.keys("*:session:*").await, [""; 0], "it was taken away again");

    // On the word of a browser alone nobody is kept from signing in.
    let (mut john, of_john) = (service.browser("john").await, service.provider.session_ids("john").remove(0));
    let frame = format!("/frontchannel-logout?iss={}&sid={of_john}", service.provider.issuer());
    assert_eq!(service.replicas[1].send(request(Method::GET, &frame, &[], &[], "")).await.status, StatusCode::OK);
    assert_eq!(service.is_alive(&copy(&john)).await, [false, false]);
    assert_eq!(john.navigate("/login?return_to=/me").await.status, StatusCode::OK);
}

/// Keycloak keeps the `sid` of a browser that signs in again (keycloak#32197).
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_login_that_begins_after_a_logout_is_good_everywhere_under_the_same_sid() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let mut browser = service.browser("jane").await;
    let sid = service.provider.session_ids("jane").remove(0);
    for replica in [1, 0, 1] {
        let before = copy(&browser);
        let ended = service.provider.logout_token("jane").claim("sid", &sid).sign();
        assert_eq!(back_channel(&service.replicas[replica], &ended).await.status, StatusCode::OK);
        service.clock.advance(Duration::from_millis(1));
        let visited = browser.navigate("/login?return_to=/me").await;
        assert_eq!(visited.status, StatusCode::OK, "{:?}", service.replicas[0].refusals());
        assert_eq!(service.is_alive(&before).await, [false, false]);
        assert_eq!(service.is_alive(&copy(&browser)).await, [true, true]);
    }
}

/// `maxActiveSessionsPerUser`.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn the_oldest_session_ends_wherever_the_logins_were() {
    let redis = RedisServer::start().await;
    let most = |mut config: Config| {
        config.authentication.max_active_sessions_per_user = Some(2);
        config
    };
    let service = Service::with(&redis, most).await;
    let john = service.signed_in("john").await;
    let mut sessions: Vec<Cookies> = Vec::new();
    for number in 0..4 {
        sessions.push(copy(&service.replicas[number % 2].signed_in("jane").await));
    }
    for (number, session) in sessions.iter().enumerate() {
        assert_eq!(service.is_alive(session).await, [number >= 2; 2], "{number}");
    }
    assert_eq!(service.is_alive(&john).await, [true, true]);
}

/// Sessions are used at both replicas at once, and each use may be noted in them.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_session_in_use_at_either_replica_is_not_idle() {
    let redis = RedisServer::start().await;
    let idle = |mut config: Config| {
        config.authentication.oidc.session_idle_timeout = Some(100);
        config
    };
    let service = Service::with(&redis, idle).await;
    let jane = service.signed_in("jane").await;
    for turn in 0..10 {
        service.replicas[0].advance(60);
        assert!(service.replicas[turn % 2].is_alive(&jane).await, "{turn}");
    }
    service.replicas[0].advance(100);
    assert_eq!(service.is_alive(&jane).await, [false, false]);
}
