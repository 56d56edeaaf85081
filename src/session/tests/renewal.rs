//! Sessions go on: renewed and touched, and never brought back.

use super::*;

fn tokens(refresh_token: &str) -> SessionTokens {
    SessionTokens { refresh_token: Some(Secret::from(refresh_token)), ..SessionTokens::default() }
}

fn refresh_token(session: &Session) -> &str {
    session.tokens().refresh_token.as_ref().unwrap().expose()
}

fn idle(seconds: u64, settings: SessionSettings) -> SessionSettings {
    SessionSettings { idle_timeout: Some(Duration::from_secs(seconds)), ..settings }
}

#[tokio::test]
async fn a_renewed_session_has_the_new_tokens_and_the_old_end() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (session, browser) = service.sign_in(JANE, tokens("one"), &HeaderMap::new()).await;
        service.pass(600);
        let (renewed, cookies) = service.sessions.renew(&session, None, None, tokens("two"), &browser).await.unwrap();
        assert_eq!(refresh_token(&renewed), "two");
        assert_eq!((renewed.opened_at(), renewed.expires_at(), renewed.version()), (NOW, NOW + 3600, 2));
        assert_eq!(renewed.claims().as_json(), session.claims().as_json());
        let browser = browse(&browser, &cookies);
        assert_eq!(contents(&service.live(&browser).await), contents(&renewed));
        service.pass(3000);
        assert!(matches!(service.void(&browser).await, Void::Expired | Void::Ended));
    }
}

#[tokio::test]
async fn a_renewed_session_was_in_use() {
    for settings in everywhere() {
        let service = Service::new(idle(600, settings));
        let (session, browser) = service.sign_in(JANE, tokens("one"), &HeaderMap::new()).await;
        service.pass(500);
        let (_, cookies) = service.sessions.renew(&session, None, None, tokens("two"), &browser).await.unwrap();
        let browser = browse(&browser, &cookies);
        service.pass(500);
        service.live(&browser).await;
        service.pass(100);
        assert_eq!(service.void(&browser).await, Void::Idle);
    }
}

#[tokio::test]
async fn a_new_id_token_renews_the_claims_and_may_only_shorten_the_session() {
    for settings in everywhere() {
        let service = Service::new(settings);
        for (ceiling, end) in [(NOW + 99_999, NOW + 3600), (NOW + 900, NOW + 900)] {
            let (session, browser) = service.jane().await;
            let claims = format!(r#"{{"sub":"jane","name":"Jane Roe","session_expiry":{ceiling}}}"#);
            let renewed =
                service.sessions.renew(&session, Some(id_token(&claims)), None, tokens("two"), &browser).await;
            let (renewed, cookies) = renewed.unwrap();
            assert_eq!(renewed.claims().as_json(), r#"{"sub":"jane","name":"Jane Roe","sid":"s1"}"#);
            let found = service.live(&browse(&browser, &cookies)).await;
            assert_eq!((renewed.expires_at(), found.expires_at()), (end, end));
        }
    }
}

#[tokio::test]
async fn a_ceiling_in_the_past_ends_the_session() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (session, browser) = service.jane().await;
        let claims = format!(r#"{{"sub":"jane","session_expiry":{NOW}}}"#);
        let renewed = service.sessions.renew(&session, Some(id_token(&claims)), None, tokens("two"), &browser).await;
        assert!(matches!(renewed, Err(SessionError::Conflict)));
        assert_eq!(service.void(&browser).await, Void::Ended);
    }
}

#[tokio::test]
async fn somebody_elses_id_token_renews_nothing() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (session, browser) = service.jane().await;
        let of_another_issuer = Verified::for_tests(
            Claims::parse(JANE.to_owned()).unwrap(),
            Issuer::new("https://id.example"),
            ProviderKind::CustomOidc,
        );
        for other in [of_another_issuer, id_token(r#"{"sub":"john"}"#)] {
            let renewed = service.sessions.renew(&session, Some(other), None, tokens("two"), &browser).await;
            assert!(matches!(renewed, Err(SessionError::OtherSubject)));
        }
        service.live(&browser).await;
    }
}

/// NXT#2530: a rolling save brought back a session that a parallel logout had deleted.
#[tokio::test]
async fn a_save_never_brings_back_a_session_that_has_ended() {
    for settings in everywhere() {
        let service = Service::new(idle(600, settings));
        let (session, browser) = service.sign_in(JANE, tokens("one"), &HeaderMap::new()).await;
        service.pass(100);
        service.sessions.end(&session).await.unwrap();
        let (_, touched) = service.sessions.touch(&session, &browser).await.unwrap();
        assert_eq!(touched.0.len(), 0);
        let renewed = service.sessions.renew(&session, None, None, tokens("two"), &browser).await;
        assert!(matches!(renewed, Err(SessionError::Conflict)));
        assert_eq!(service.void(&browser).await, Void::Ended);
    }
}

#[tokio::test]
async fn a_touch_that_was_on_its_way_during_the_logout_brings_back_nothing() {
    let service = Service::new(idle(600, settings()));
    let (session, browser) = service.jane().await;
    service.pass(100);
    let (_, touched) = service.sessions.touch(&session, &browser).await.unwrap();
    service.sessions.end(&session).await.unwrap();
    assert_eq!(service.void(&browse(&browser, &touched)).await, Void::Ended);
}

/// `sessionIdleTimeout`.
#[tokio::test]
async fn a_session_in_use_lives_on_until_its_absolute_end() {
    for settings in everywhere() {
        let service = Service::new(idle(600, settings));
        let (session, mut browser) = service.jane().await;
        assert!(!service.sessions.is_touch_due(&session));
        for _ in 0..7 {
            service.pass(500);
            let session = service.live(&browser).await;
            assert!(service.sessions.is_touch_due(&session));
            browser = browse(&browser, &service.sessions.touch(&session, &browser).await.unwrap().1);
            assert!(!service.sessions.is_touch_due(&service.live(&browser).await));
        }
        service.pass(100);
        assert!(matches!(service.void(&browser).await, Void::Expired | Void::Ended));
    }
}

#[tokio::test]
async fn a_session_that_is_not_used_ends() {
    for settings in everywhere() {
        let service = Service::new(idle(600, settings));
        let (session, browser) = service.jane().await;
        service.pass(600);
        assert_eq!(service.void(&browser).await, Void::Idle);
        let (_, touched) = service.sessions.touch(&session, &browser).await.unwrap();
        assert_eq!(touched.0.len(), 0);
        assert_eq!(service.void(&browser).await, Void::Idle);
    }
}

/// `tokenValidity`.
#[tokio::test]
async fn a_session_that_is_not_renewed_in_time_ends_and_a_renewed_one_does_not() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let until = |valid_until| SessionTokens { valid_until: Some(valid_until), ..SessionTokens::default() };
        let (session, browser) = service.sign_in(JANE, until(NOW + 300), &HeaderMap::new()).await;
        let (_, left) = service.sign_in(JANE, until(NOW + 300), &HeaderMap::new()).await;
        service.pass(299);
        let renewed = service.sessions.renew(&session, None, None, until(NOW + 600), &browser).await.unwrap();
        service.pass(1);
        assert_eq!(service.void(&left).await, Void::Stale);
        service.live(&browse(&browser, &renewed.1)).await;
    }
}

/// Trap M: a refresh token that works once, and two requests that look at the session at the same time.
#[tokio::test]
async fn a_touch_beside_a_renewal_does_not_lose_the_new_token() {
    let service = Service::new(idle(600, in_memory()));
    let (session, browser) = service.sign_in(JANE, tokens("one"), &HeaderMap::new()).await;
    service.pass(100);
    let _ = service.sessions.touch(&session, &browser).await.unwrap();
    let (renewed, _) = service.sessions.renew(&session, None, None, tokens("two"), &browser).await.unwrap();
    assert_eq!(renewed.version(), 3);
    assert_eq!(contents(&service.live(&browser).await), contents(&renewed));

    service.pass(100);
    let _ = service.sessions.touch(&session, &browser).await.unwrap();
    assert_eq!(contents(&service.live(&browser).await), contents(&renewed), "an old copy notes nothing");
}

#[tokio::test]
async fn of_two_renewals_of_one_session_the_second_is_a_conflict() {
    let service = Service::new(in_memory());
    let (session, browser) = service.sign_in(JANE, tokens("one"), &HeaderMap::new()).await;
    let _ = service.sessions.renew(&session, None, None, tokens("two"), &browser).await.unwrap();
    let late = service.sessions.renew(&session, None, None, tokens("three"), &browser).await;
    assert!(matches!(late, Err(SessionError::Conflict)));
    assert_eq!(refresh_token(&service.live(&browser).await), "two");
}
