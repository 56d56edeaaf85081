//! A session in cookies: sealed, bounded, and readable to nobody else.

use super::*;

fn value(headers: &HeaderMap) -> String {
    headers[COOKIE].to_str().unwrap().to_owned()
}

fn with_cookies(line: &str) -> HeaderMap {
    HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(line).unwrap())])
}

fn token(length: usize) -> Option<Secret> {
    Some(Secret::new("t".repeat(length)))
}

#[tokio::test]
async fn who_signed_in_is_found_again() {
    for settings in everywhere() {
        let service = Service::new(settings);
        assert!(matches!(service.found(&HeaderMap::new()).await, Found::Nothing));
        let (session, browser) = service.jane().await;
        assert_eq!(
            session.claims().as_json(),
            r#"{"iss":"https://id.example/","sub":"jane","sid":"s1","name":"Jane"}"#
        );
        assert_eq!((session.subject(), session.provider_session()), ("jane", Some("s1")));
        assert_eq!((session.opened_at(), session.expires_at(), session.version()), (NOW, NOW + 3600, 1));
        assert_eq!(contents(&service.live(&browser).await), contents(&session));
    }
}

#[tokio::test]
async fn the_browser_sees_nothing_of_what_is_in_it() {
    let service = Service::new(settings());
    let (_, browser) = service.jane().await;
    let sealed = value(&browser);
    assert!(sealed.starts_with("__Host-oidc_session=1.") && !sealed.contains("jane"));
    let Found::Live(session) = service.sessions.find(&browser) else { panic!("not live") };
    let shown = format!("{session:?} {:?} {:?}", service.sessions, service.sessions.removal(&browser));
    assert!(shown.starts_with("Session { issuer: ") && shown.contains("Sessions { .. }"), "{shown}");
    assert!(!shown.contains("jane") && !shown.contains("Jane") && !shown.contains("s1"), "{shown}");
}

/// `forceSecureSessionCookie` and https: `Secure`, and a name that no other origin can set; without, neither.
#[tokio::test]
async fn the_cookie_is_secure_when_the_settings_say_so() {
    for (secure_cookie, name, attributes) in [
        (true, "__Host-oidc_session=1.", "; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600"),
        (false, "oidc_session=1.", "; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600"),
    ] {
        for settings in everywhere() {
            let service = Service::new(SessionSettings { secure_cookie, ..settings });
            let (_, cookies) = service.open(JANE, SessionTokens::default(), &HeaderMap::new()).await.unwrap();
            let [line] = &cookies.0[..] else { panic!("{} cookies", cookies.0.len()) };
            let line = line.to_str().unwrap();
            assert!(line.starts_with(name) && line.ends_with(attributes), "{line}");
        }
    }
}

/// CVE-2025-46344 (nextjs-auth0): a browser that keeps the cookie for ever has a session no longer than others.
#[tokio::test]
async fn the_expiry_is_inside_of_the_seal() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let (_, browser) = service.jane().await;
        service.pass(3599);
        service.live(&browser).await;
        service.pass(1);
        let void = service.void(&browser).await;
        assert!(matches!(void, Void::Expired | Void::Ended), "{void:?}");
    }
}

#[tokio::test]
async fn a_shortened_session_expiry_acts_at_once_and_a_longer_one_on_no_old_session() {
    let service = Service::new(settings());
    let (_, browser) = service.jane().await;
    let changed = |seconds| {
        let settings = SessionSettings { expiry: Duration::from_secs(seconds), ..settings() };
        Service::on(service.clock.clone(), settings, None)
    };
    service.pass(600);
    assert_eq!(changed(600).void(&browser).await, Void::Expired);
    assert_eq!(changed(601).live(&browser).await.expires_at(), NOW + 601);
    assert_eq!(changed(99_999).live(&browser).await.expires_at(), NOW + 3600);
}

/// Auth0 and IPSIE: `session_expiry`.
#[tokio::test]
async fn the_providers_ceiling_caps_the_expiry() {
    for settings in everywhere() {
        let service = Service::new(settings);
        let with_ceiling = |ceiling: u64| format!(r#"{{"sub":"jane","session_expiry":{ceiling}}}"#);
        for (ceiling, end) in [(NOW + 60, NOW + 60), (NOW + 99_999, NOW + 3600)] {
            let (session, browser) =
                service.sign_in(&with_ceiling(ceiling), SessionTokens::default(), &HeaderMap::new()).await;
            assert_eq!((session.expires_at(), service.live(&browser).await.expires_at()), (end, end));
            assert!(!session.claims().contains("session_expiry"));
        }
        for (claims, over) in
            [(with_ceiling(NOW), true), (r#"{"sub":"jane","session_expiry":"soon"}"#.to_owned(), false)]
        {
            let error = service.open(&claims, SessionTokens::default(), &HeaderMap::new()).await.unwrap_err();
            assert!(
                matches!((&error, over), (SessionError::Over, true) | (SessionError::Claim(_), false)),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_secret_is_rotated_without_signing_anybody_out() {
    let (old, new) = (settings().secrets, vec![Secret::from("another secret of at least 32 bytes, for the tests")]);
    let service = |secrets: Vec<Secret>| Service::new(SessionSettings { secrets, ..settings() });
    let (_, browser) = service(old.clone()).jane().await;
    service([new.clone(), old].concat()).live(&browser).await;
    assert_eq!(service(new).void(&browser).await, Void::Unreadable);
    assert_eq!(service(Vec::new()).void(&browser).await, Void::Unreadable);
}

#[tokio::test]
async fn a_session_sealed_for_another_cookie_name_is_not_read() {
    let service = Service::new(SessionSettings { secure_cookie: false, ..settings() });
    let (_, browser) = service.jane().await;
    service.live(&browser).await;
    let renamed = with_cookies(&format!("__Host-{}", value(&browser)));
    assert_eq!(Service::new(settings()).void(&renamed).await, Void::Unreadable);
}

#[tokio::test]
async fn a_change_of_the_store_ends_sessions_and_breaks_nothing() {
    let (in_cookies, on_server) = (Service::new(settings()), Service::new(in_memory()));
    let (_, browser) = in_cookies.jane().await;
    assert_eq!(on_server.void(&browser).await, Void::Unreadable);
    let (_, browser) = on_server.jane().await;
    assert_eq!(in_cookies.void(&browser).await, Void::Unreadable);
}

#[tokio::test]
async fn a_count_that_was_not_sealed_is_unreadable() {
    let service = Service::new(settings());
    let long = SessionTokens { refresh_token: token(3000), ..SessionTokens::default() };
    let (_, browser) = service.sign_in(JANE, long, &HeaderMap::new()).await;
    let two = value(&browser);
    assert!(two.starts_with("__Host-oidc_session=2."));
    service.live(&with_cookies(&format!("{two}; __Host-oidc_session.2=leftover"))).await;
    for count in [1, 3, 4, 5] {
        let changed = two.replace("=2.", &format!("={count}."));
        let changed = with_cookies(&format!("{changed}; __Host-oidc_session.2=x; __Host-oidc_session.3=x"));
        assert_eq!(service.void(&changed).await, Void::Unreadable, "{count}");
    }
}

/// O2P#644, NXT#499: cookies too large, and login loops from them.
#[tokio::test]
async fn what_does_not_fit_goes_without_its_id_token_or_not_at_all() {
    let service = Service::new(settings());
    let tokens = SessionTokens { refresh_token: token(6000), id_token: token(2000), ..SessionTokens::default() };
    let (session, browser) = service.sign_in(JANE, tokens, &HeaderMap::new()).await;
    assert!(session.tokens().id_token.is_some() && service.live(&browser).await.tokens().id_token.is_some());

    let tokens = SessionTokens { refresh_token: token(6000), id_token: token(6000), ..SessionTokens::default() };
    let (session, browser) = service.sign_in(JANE, tokens, &HeaderMap::new()).await;
    assert!(session.tokens().id_token.is_none());
    let found = service.live(&browser).await;
    assert!(found.tokens().id_token.is_none() && found.tokens().refresh_token.is_some());

    let tokens = SessionTokens { refresh_token: token(20_000), id_token: token(10), ..SessionTokens::default() };
    let error = service.open(JANE, tokens, &browser).await.unwrap_err();
    assert!(matches!(error, SessionError::TooLong { bytes: 26_001.., limit: 15_872 }), "{error:?}");
    assert_eq!(service.void(&browser).await, Void::Ended, "a login that failed leaves no other session behind");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_session_comes_back_from_its_cookies(session in any_session()) {
        let session = Session { opened_at: NOW, seen_at: NOW, expires_at: NOW + 60, ..session };
        let session = Session { tokens: SessionTokens { valid_until: None, ..session.tokens.clone() }, ..session };
        let service = Service::new(settings());
        let mut sealed = session.clone();
        let Place::Cookies(cookies) = &service.sessions.place else { panic!("in cookies") };
        let name = service.sessions.cookie.name();
        match cookies.seal(name, &mut sealed, &CountingRandom::default()) {
            Ok(text) => {
                let browser = browse(&HeaderMap::new(), &service.sessions.write(&sealed, &text, &HeaderMap::new()));
                let Found::Live(found) = service.sessions.find(&browser) else { panic!("not live") };
                prop_assert_eq!(contents(&found), contents(&sealed));
            }
            Err(error) => {
                let is_too_long = matches!(error, SessionError::TooLong { .. });
                prop_assert!(is_too_long);
            }
        }
    }

    #[test]
    fn any_changed_byte_of_any_chunk_is_unreadable(
        refresh_token in 0..9000_usize, place: prop::sample::Index, other in "[!#-+\\--:<-~]",
    ) {
        let service = Service::new(settings());
        let tokens = SessionTokens { refresh_token: token(refresh_token), ..SessionTokens::default() };
        let (_, cookies) = now(service.open(JANE, tokens, &HeaderMap::new())).unwrap();
        let browser = browse(&HeaderMap::new(), &cookies);
        let values: Vec<(String, String)> =
            request_cookies(&browser).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut place = place.index(values.iter().map(|(_, value)| value.len()).sum());
        let mut line = Vec::new();
        let mut changed = false;
        for (name, mut value) in values {
            if !changed && place < value.len() {
                changed = value[place..=place] != other;
                value.replace_range(place..=place, &other);
                place = usize::MAX;
            } else {
                place = place.saturating_sub(value.len());
            }
            line.push(format!("{name}={value}"));
        }
        prop_assume!(changed);
        let found = service.sessions.find(&with_cookies(&line.join("; ")));
        prop_assert!(matches!(found, Found::Void(Void::Unreadable)), "{:?}", found);
    }

    #[test]
    fn garbage_is_unreadable_and_never_a_panic(
        values in prop::collection::vec(("[1-9.]{0,2}", "[0-9]{0,2}[.]?[!#-+\\--:<-~]{0,60}"), 1..8),
    ) {
        let line = values.iter().map(|(place, value)| format!("__Host-oidc_session{place}={value}"));
        let headers = with_cookies(&line.collect::<Vec<_>>().join("; "));
        for settings in everywhere() {
            let found = Service::new(settings).sessions.find(&headers);
            prop_assert!(matches!(found, Found::Void(Void::Unreadable) | Found::Nothing), "{:?}", found);
        }
    }
}

/// The result of a future that does not wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future).unwrap()
}
