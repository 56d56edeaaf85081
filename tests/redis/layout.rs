//! What stands in Redis: nothing to read, nothing that piles up, nothing of other services.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use redis::AsyncCommands as _;
use tower_oidc::{
    Config,
    session::{Named, RedisStore, SessionStore as _, StoredSession},
    testing::{Endpoint, ManualClock, stored_session},
    types::{Issuer, Secret},
};

use crate::{
    server::RedisServer,
    service::Service,
    support::{SECRET, parameter},
    support_sessions::{RENEWAL, copy, form},
};

/// A session of Jane.
fn stored(clock: &ManualClock, key: u8, seconds: u64) -> StoredSession {
    let mut session = stored_session([key; 32], "jane", clock);
    session.issuer = Issuer::new("https://id.example");
    session.provider_session = Some("s1".into());
    session.expires_at = session.opened_at + seconds;
    session
}

fn store(redis: &RedisServer, owner: &str, clock: &ManualClock) -> RedisStore {
    RedisStore::new(&Secret::new(redis.url()), owner, Arc::new(clock.clone())).unwrap()
}

/// Whoever reads Redis learns of nobody and signs in as nobody.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn nothing_that_stands_in_redis_can_be_read() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    service.provider.add_user("jane").email("jane.doe@mail.example");
    let stand = &service.replicas[0];
    let cookies = copy(&stand.signed_in("jane").await);
    let sid = service.provider.session_ids("jane").remove(0);
    let dump = redis.dump().await;

    stand.advance(RENEWAL);
    assert!(stand.is_alive(&cookies).await);
    let sent = service.provider.last_request(Endpoint::Token).unwrap();
    let form_of = |body: &Bytes| url::form_urlencoded::parse(body).into_owned().collect::<Vec<_>>();
    let refresh_token = form_of(sent.body()).into_iter().find(|(name, _)| name == "refresh_token").unwrap().1;
    let after = redis.dump().await;
    let id_token = parameter(&stand.send(form("/logout", &cookies, "")).await.location(), "id_token_hint").unwrap();

    let (_, id) = cookies[0].1.split_once('.').unwrap();
    let secrets = [&*refresh_token, &*id_token, id, SECRET, &*sid, "jane", "mail.example", service.provider.issuer()];
    for dump in [dump, after] {
        let holds = |text: &str| dump.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("tower-oidc:1:") && holds(":session:") && holds("sealed"));
        for secret in secrets {
            assert!(!secret.is_empty() && !holds(secret), "{secret}");
        }
    }
}

#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn everything_ends_by_itself_and_nothing_is_left_of_what_was_deleted() {
    let (redis, clock) = (RedisServer::start().await, ManualClock::new());
    let store = store(&redis, "ours", &clock);
    for key in 0..10 {
        store.create(stored(&clock, key, 1000 + u64::from(key)), None).await.unwrap();
    }
    assert!(store.lease([1; 32], [1; 16], Duration::from_secs(60)).await.unwrap());
    let mut connection = redis.connection().await;
    let keys = redis.keys("*").await;
    assert_eq!(keys.len(), 10 + 2 + 1, "sessions, lists, the lease: {keys:?}");
    for key in &keys {
        let left: i64 = connection.pttl(key).await.unwrap();
        assert!((1..=1_009_000).contains(&left), "{key}: {left}");
        if key.contains(":subject:") || key.contains(":sid:") {
            assert!(left > 1_000_000, "{key} lives as long as the last that it names: {left}");
        }
    }
    for key in 0..5 {
        store.delete([key; 32]).await.unwrap();
    }
    store.delete_all(&Issuer::new("https://id.example"), Named::Subject("jane")).await.unwrap();
    store.release([1; 32], [1; 16]).await.unwrap();
    assert_eq!(redis.keys("*").await, Vec::<String>::new());

    let minute = Duration::from_secs(60);
    let issuer = Issuer::new("https://id.example");
    assert_eq!(store.provider_session_ended_at(&issuer, "s1").await.unwrap(), None);
    for (ended_at, noted) in [(1_800_000_000_007, 1_800_000_000_007), (1_799_999_999_999, 1_800_000_000_007)] {
        store.end_provider_session(&issuer, "s1", ended_at, minute).await.unwrap();
        assert_eq!(store.provider_session_ended_at(&issuer, "s1").await.unwrap(), Some(noted), "it becomes no earlier");
    }
    let [ended] = &redis.keys("*").await[..] else { panic!("one note") };
    let left: i64 = connection.pttl(ended).await.unwrap();
    assert!(ended.contains(":ended:") && (1..=60_000).contains(&left), "{ended}: {left}");
    assert!(!ended.contains("s1"), "{ended}");
}

/// Redis is told milliseconds, and refuses more of them than its clock has.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_session_of_many_years_is_kept_for_as_long_and_an_endless_one_for_a_hundred() {
    const YEAR: u64 = 365 * 24 * 60 * 60;
    let (redis, clock) = (RedisServer::start().await, ManualClock::new());
    let store = store(&redis, "ours", &clock);
    let mut connection = redis.connection().await;
    for (key, seconds, at_least) in [(1, 99 * YEAR, 99 * YEAR - 3600), (2, u64::MAX / 4, 100 * YEAR)] {
        store.create(stored(&clock, key, seconds), None).await.unwrap();
        for name in redis.keys("*").await {
            let left: u64 = connection.pttl(&name).await.unwrap();
            assert!((at_least * 1000..102 * YEAR * 1000).contains(&left), "{name}: {left}");
        }
        assert!(store.load([key; 32]).await.unwrap().is_some());
        store.delete([key; 32]).await.unwrap();
    }
}

/// A person who signs in again and again, and whose sessions expire one after the other.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn lists_do_not_grow_with_what_has_expired() {
    let (redis, clock) = (RedisServer::start().await, ManualClock::new());
    let store = store(&redis, "ours", &clock);
    for key in 0..100 {
        store.create(stored(&clock, key, 10), None).await.unwrap();
        clock.advance(Duration::from_secs(1));
    }
    let mut connection = redis.connection().await;
    for pattern in ["*:subject:*", "*:sid:*"] {
        let [list] = &redis.keys(pattern).await[..] else { panic!("one {pattern}") };
        let length: usize = connection.zcard(list).await.unwrap();
        assert_eq!(length, 10, "{pattern}");
    }
    assert_eq!(redis.keys("*:session:*").await.len(), 10);
}

/// Another client, another provider: nothing is shared but the Redis.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn services_that_share_a_redis_do_not_meet() {
    let (redis, clock) = (RedisServer::start().await, ManualClock::new());
    let (ours, theirs) = (store(&redis, "ours", &clock), store(&redis, "theirs", &clock));
    ours.create(stored(&clock, 1, 100), None).await.unwrap();
    assert!(theirs.load([1; 32]).await.unwrap().is_none());
    theirs.delete([1; 32]).await.unwrap();
    theirs.create(stored(&clock, 2, 100), Some(1)).await.unwrap();
    let issuer = Issuer::new("https://id.example");
    assert_eq!(theirs.delete_all(&issuer, Named::Subject("jane")).await.unwrap(), 1);
    assert!(ours.lease([1; 32], [1; 16], Duration::from_secs(60)).await.unwrap());
    assert!(theirs.lease([1; 32], [2; 16], Duration::from_secs(60)).await.unwrap());
    assert!(ours.load([1; 32]).await.unwrap().is_some());
}

/// A session that can be ended by its name no more is none.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_list_that_was_evicted_takes_its_sessions_along() {
    for list in ["*:subject:*", "*:sid:*"] {
        let (redis, clock) = (RedisServer::start().await, ManualClock::new());
        let store = store(&redis, "ours", &clock);
        store.create(stored(&clock, 1, 100), None).await.unwrap();
        let mut next = stored(&clock, 1, 100);
        next.version = 2;
        let [key] = &redis.keys(list).await[..] else { panic!("one {list}") };
        let _: usize = redis.connection().await.del(key).await.unwrap();
        assert!(store.load([1; 32]).await.unwrap().is_none(), "{list}");
        assert!(!store.replace(1, next).await.unwrap(), "{list}");
        store.create(stored(&clock, 1, 100), None).await.unwrap();
        assert!(store.load([1; 32]).await.unwrap().is_some(), "{list}");
    }
}

/// `sessionSecret` must be the same for all replicas.
#[tokio::test]
#[ignore = "needs redis-server: see tests/all"]
async fn a_replica_with_another_secret_knows_nobody() {
    let redis = RedisServer::start().await;
    let service = Service::new(&redis).await;
    let cookies = service.signed_in("jane").await;
    let other = |mut config: Config| {
        config.authentication.oidc.session_secret =
            vec![Secret::from("another secret that has many more than 32 bytes")];
        config
    };
    let stranger = Service::replica(&service.provider, &service.clock, &redis.url(), other).await;
    assert_eq!(service.is_alive(&cookies).await, [true, true]);
    assert!(!stranger.is_alive(&cookies).await);
}
