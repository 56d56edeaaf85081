//! Sessions end: by the person, by the provider, and by a new login.

use super::*;

#[tokio::test]
async fn an_ended_session_is_void_in_every_copy_of_its_cookie() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let ((session, browser), (_, other)) = (service.jane().await, service.jane().await);
        let copy = browser.clone();
        service.sessions.end(&session).await.unwrap();
        service.sessions.end(&session).await.unwrap();
        assert_eq!((service.void(&browser).await, service.void(&copy).await), (Void::Ended, Void::Ended));
        service.live(&other).await;
    }
}

/// A login by `form_post` knows the session before by its id alone.
#[tokio::test]
async fn a_session_is_ended_once_by_the_id_that_a_request_brought() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let ((_, browser), (_, other)) = (service.jane().await, service.jane().await);
        let brought = service.sessions.brought(&browser).unwrap();
        assert!(matches!(service.sessions.find(&browser), Found::Stored(_)) || brought.opened_at == NOW);
        assert!(service.sessions.end_brought(&brought).await.unwrap());
        assert_eq!(service.void(&browser).await, Void::Ended);
        assert!(!service.sessions.end_brought(&brought).await.unwrap(), "it was ended before");
        service.live(&other).await;
        assert_eq!(service.sessions.brought(&HeaderMap::new()), None);
    }
}

/// Back-channel logout, by `sid` and by `sub`. Trap P: of its own issuer alone.
#[tokio::test]
async fn the_provider_ends_what_it_names() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let anew = SessionTokens::default;
        let (_, first) = service.jane().await;
        let (_, second) = service.sign_in(r#"{"sub":"jane","sid":"s2"}"#, anew(), &HeaderMap::new()).await;
        let (_, john) = service.sign_in(r#"{"sub":"john","sid":"s3"}"#, anew(), &HeaderMap::new()).await;
        for json in [r#"{"sub":"jane"}"#, r#"{"sid":"s1"}"#] {
            service.sessions.end_all(&logout_token_of("https://id.example", json)).await.unwrap();
        }
        service.live(&first).await;

        // With a session, the subject ends no other one.
        service.sessions.end_all(&logout_token(r#"{"sid":"s\u0031","sub":"jane"}"#)).await.unwrap();
        assert_eq!(service.void(&first).await, Void::Ended);
        service.live(&second).await;
        service.sessions.end_all(&logout_token(r#"{"sub":"jane"}"#)).await.unwrap();
        assert_eq!(service.void(&second).await, Void::Ended);
        service.live(&john).await;
        service.sessions.end_all_unproved(&Issuer::new(ISSUER), "s3").await.unwrap();
        assert_eq!(service.void(&john).await, Void::Ended);
    }
}

#[tokio::test]
async fn a_logout_token_that_names_nobody_ends_nobodys_session() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (_, jane) = service.jane().await;
        service.sessions.end_all(&logout_token("{}")).await.unwrap();
        service.live(&jane).await;
    }
}

#[tokio::test]
async fn after_a_logout_everywhere_a_person_signs_in_again_in_the_same_second() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (_, before) = service.sign_in(r#"{"sub":"jane"}"#, SessionTokens::default(), &HeaderMap::new()).await;
        service.sessions.end_all(&logout_token(r#"{"sub":"jane"}"#)).await.unwrap();
        let (session, after) = service.sign_in(r#"{"sub":"jane"}"#, SessionTokens::default(), &HeaderMap::new()).await;
        assert_eq!(service.void(&before).await, Void::Ended);
        service.live(&after).await;
        assert_eq!(session.expires_at(), NOW + 3600);
        service.sessions.end_all(&logout_token(r#"{"sub":"jane"}"#)).await.unwrap();
        assert_eq!(service.void(&after).await, Void::Ended);
    }
}

#[tokio::test]
async fn a_login_that_was_on_its_way_while_the_provider_ended_it_is_refused() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (begun, none) = (service.sessions.begin(), HeaderMap::new());
        service.sessions.end_all(&logout_token(r#"{"sid":"s1"}"#)).await.unwrap();
        for seconds in [0, 5, 1200, 3600] {
            service.pass(seconds);
            let opened = service.open_begun(begun, JANE, SessionTokens::default(), &none).await;
            assert!(matches!(opened, Err(SessionError::Conflict)), "{seconds} s later");
        }
    }
}

/// Keycloak gives the same `sid` to whoever signs in again in the same browser (keycloak#32197).
#[tokio::test]
async fn a_login_that_begins_after_the_provider_ended_its_session_is_opened_under_the_same_name() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (_, before) = service.jane().await;
        for set_back in [0, 25, 100_000] {
            service.sessions.end_all(&logout_token(r#"{"sid":"s1"}"#)).await.unwrap();
            service.clock.set_time(service.clock.now() - Duration::from_secs(set_back));
            let (_, after) = service.jane().await;
            service.live(&after).await;
            assert_eq!(service.void(&before).await, Void::Ended);
            service.sessions.end_all(&logout_token(r#"{"sid":"s1"}"#)).await.unwrap();
            assert_eq!(service.void(&after).await, Void::Ended, "a second logout ends it, whatever the clock says");
        }
    }
}

/// Other replicas send browsers to the provider as well, by clocks that may be ahead.
#[tokio::test]
async fn a_session_whose_login_began_by_a_clock_ahead_is_ended_by_the_logout_that_follows() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (begun, none) = (LoginBegin::at((NOW + 30) * 1000), HeaderMap::new());
        let (_, cookies) = service.open_begun(begun, JANE, SessionTokens::default(), &none).await.unwrap();
        service.sessions.end_all(&logout_token(r#"{"sid":"s1"}"#)).await.unwrap();
        assert_eq!(service.void(&browse(&none, &cookies)).await, Void::Ended);
        let again = service.open_begun(begun, JANE, SessionTokens::default(), &none).await;
        assert!(matches!(again, Err(SessionError::Conflict)));
    }
}

/// Trap K, session fixation (express-openid-connect): whoever knew the session before the login has nothing of the one after.
#[tokio::test]
async fn a_login_has_a_new_id_and_ends_the_session_that_stood_there() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (before, planted) = service.jane().await;
        let (after, browser) = service.sign_in(r#"{"sub":"john"}"#, SessionTokens::default(), &planted).await;
        assert_ne!(before.id(), after.id());
        assert_eq!(service.void(&planted).await, Void::Ended);
        assert_eq!(service.live(&browser).await.subject(), "john");
    }
}

#[tokio::test]
async fn a_login_over_broken_cookies_replaces_them() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let broken = "__Host-oidc_session=4.xyz; __Host-oidc_session.2=b; __Host-oidc_session.8=c; theirs=d";
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(broken))]);
        assert_eq!(service.void(&headers).await, Void::Unreadable);
        let (_, browser) = service.sign_in(JANE, SessionTokens::default(), &headers).await;
        service.live(&browser).await;
        let names: Vec<_> = request_cookies(&browser).map(|(name, _)| name).collect();
        assert_eq!(names, ["__Host-oidc_session", "theirs"]);
        let left = browse(&browser, &service.sessions.removal(&browser));
        assert_eq!(request_cookies(&left).collect::<Vec<_>>(), [("theirs", "d")]);
    }
}

#[tokio::test]
async fn userinfo_of_somebody_else_opens_no_session() {
    let service = Service::new(settings());
    let more = Claims::parse(r#"{"sub":"john","email":"john@x"}"#.to_owned()).unwrap();
    let (begun, none) = (service.sessions.begin(), HeaderMap::new());
    let opened = service.sessions.open(id_token(JANE), Some(&more), SessionTokens::default(), begun, &none).await;
    assert!(matches!(opened, Err(SessionError::OtherSubject)));
}
