//! TLS before the provider, and what can be wrong with it.

use http::StatusCode;
use tokio::sync::watch;
use tower_oidc::{
    Config,
    layer::AuthError,
    login::LoginError,
    provider::{FETCH_LIMIT, HttpError, PAUSE, ProviderError, TokenEndpointError, UserinfoError},
    testing::{Endpoint, Fault, ManualClock, TestProvider},
    types::Algorithm,
    validator::TokenError,
};

use crate::{
    front::{BEHIND, EXPIRED, Front, GOOD, NOT_YET_VALID, ROOT_FILE, STRANGER, WRONG_NAME, put_before},
    support::{Answer, Cookies, SERVER, Stand, bearer, discover, in_time, login_config, navigation, post, session_of},
};

/// A provider behind TLS.
struct Behind {
    stand: Stand,
    front: watch::Sender<Front>,
    config: Config,
}

impl Behind {
    async fn new() -> Self {
        let clock = ManualClock::new();
        let provider = TestProvider::builder().clock(clock.clone()).start().await;
        let (front, discovery) = put_before(&provider).await;
        let mut config = login_config(&provider).discovery_uri(discovery).issuer(provider.issuer());
        config.authentication.oidc.ca_file = Some(ROOT_FILE.to_owned());
        config.authentication.oidc.load_userinfo = Some("always".to_owned());
        let stand = Stand::of(provider, clock, config.clone()).await;
        Self { stand, front, config }
    }

    /// Lets something else stand there. Connections that are open break, and the application has seen it when this ends.
    async fn turn(&self, front: Front) {
        self.front.send_replace(front);
        in_time(async {
            while self.front.receiver_count() > 1 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        for _ in 0..10 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// How many requests have got through.
    fn got_through(&self) -> usize {
        let behind = BEHIND.map(|(_, endpoint)| endpoint).into_iter().chain([Endpoint::Discovery]);
        behind.map(|endpoint| self.stand.provider.requests(endpoint)).sum()
    }
}

/// Everything that the application asks of its provider fails in that way, nobody else notices, nothing gets through, and it
/// passes.
async fn assert_fails_and_passes(front: Front, is_why: fn(&HttpError) -> bool) {
    let mut behind = Behind::new().await;
    let bystanders = behind.stand.bystanders().await;
    let jane = session_of(&behind.stand.signed_in("jane").await);
    let leaving = session_of(&behind.stand.signed_in("leo").await);
    let callback = behind.stand.on_the_way_back("jane").await;
    behind.stand.clock.advance(PAUSE);
    let got_through = behind.got_through();
    behind.turn(front).await;

    let stand = &behind.stand;
    let ask = async |request| -> Answer {
        let answer = answer_to(stand, front, request).await;
        bystanders.assert_served_at_once(stand);
        answer
    };
    let answer = ask(callback).await;
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    match &answer.reason {
        Some(AuthError::Login(LoginError::Exchange(error))) if answer.status == unavailable => {
            assert!(matches!(&**error, TokenEndpointError::Unreachable(error) if is_why(error)), "{error:?}");
        }
        _ => panic!("{answer:?}"),
    }
    let answer = ask(post("/refresh", &jane, &[])).await;
    match &answer.reason {
        Some(AuthError::Login(LoginError::RenewalFailed(error))) if answer.status == unavailable => {
            assert!(matches!(&**error, TokenEndpointError::Unreachable(error) if is_why(error)), "{error:?}");
        }
        _ => panic!("{answer:?}"),
    }
    assert!(stand.is_alive(&jane));
    let answer = ask(post("/logout", &leaving, &[])).await;
    assert_eq!((answer.status, stand.is_alive(&leaving)), (StatusCode::SEE_OTHER, false), "{answer:?}");

    stand.provider.rotate_keys(Algorithm::Rs256);
    let token = stand.provider.token("jane").sign();
    let answer = ask(bearer(&token)).await;
    let no_keys = matches!(answer.reason, Some(AuthError::Token(TokenError::KeysUnavailable { .. })));
    assert!(no_keys && answer.status == unavailable, "{answer:?}");
    stand.attempts(2).await;
    let problem = stand.status().problem.unwrap();
    assert!(matches!(&*problem, ProviderError::Unreachable { source, .. } if is_why(source)), "{problem:?}");
    assert_eq!(behind.got_through(), got_through, "no secret and no token was sent to whoever was there");

    behind.turn(GOOD).await;
    behind.stand.recovery().await;
    assert_eq!(behind.stand.at_once(bearer(&token)).subject(), "jane", "without a restart");
    let got_through = behind.got_through();
    behind.turn(front).await;

    let stand = &behind.stand;
    let auth = in_time(moving(stand, front, discover(behind.config.clone(), &stand.clock))).await;
    let stand = &mut behind.stand;
    stand.restarted(auth);
    let answer = stand.at_once(navigation("/me", &Cookies::new()));
    let nowhere = matches!(answer.reason, Some(AuthError::Login(LoginError::Unavailable { .. })));
    assert!(nowhere && answer.status == unavailable, "{answer:?}");
    let problem = stand.status().problem.unwrap();
    assert!(matches!(&*problem, ProviderError::Unreachable { source, .. } if is_why(source)), "{problem:?}");
    assert_eq!(behind.got_through(), got_through, "no secret and no token was sent to whoever was there");

    behind.turn(GOOD).await;
    let stand = &behind.stand;
    stand.recovery().await;
    assert_eq!(stand.at_once(bearer(&token)).subject(), "jane");
    assert_eq!(in_time(stand.send(post("/refresh", &jane, &[]))).await.status, StatusCode::OK);
    stand.signed_in("nina").await;
    bystanders.assert_served_at_once(stand);
}

async fn answer_to(stand: &Stand, front: Front, request: http::Request<bytes::Bytes>) -> Answer {
    in_time(moving(stand, front, stand.send(request))).await
}

/// What comes of `future`. Where the handshake never ends, time goes on; elsewhere none has to.
async fn moving<T>(stand: &Stand, front: Front, future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        tokio::select! {
            biased;
            output = &mut future => return output,
            () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {
                if front == Front::Silent {
                    stand.clock.advance(FETCH_LIMIT);
                }
            }
        }
    }
}

fn is_tls(error: &HttpError) -> bool {
    matches!(error, HttpError::Tls(_))
}

#[tokio::test]
async fn a_certificate_of_an_unknown_root() {
    assert_fails_and_passes(STRANGER, is_tls).await;
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    assert_fails_and_passes(WRONG_NAME, is_tls).await;
}

#[tokio::test]
async fn a_certificate_that_has_expired() {
    assert_fails_and_passes(EXPIRED, is_tls).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_yet() {
    assert_fails_and_passes(NOT_YET_VALID, is_tls).await;
}

#[tokio::test]
async fn plain_http_on_the_port_of_https() {
    assert_fails_and_passes(Front::PlainHttp, is_tls).await;
}

#[tokio::test]
async fn a_handshake_that_breaks_off() {
    assert_fails_and_passes(Front::HangsUp, |error| matches!(error, HttpError::Connect(_))).await;
}

#[tokio::test]
async fn a_handshake_that_never_ends() {
    assert_fails_and_passes(Front::Silent, |error| matches!(error, HttpError::Timeout)).await;
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_not_followed() {
    let mut behind = Behind::new().await;
    let bystanders = behind.stand.bystanders().await;
    let jane = session_of(&behind.stand.signed_in("jane").await);
    let leaving = session_of(&behind.stand.signed_in("leo").await);
    behind.stand.clock.advance(PAUSE);
    let elsewhere = TestProvider::start().await;
    let stand = &behind.stand;
    let lead_away = |endpoint| {
        let to = elsewhere.endpoint(endpoint).url();
        assert!(to.starts_with("http://"));
        stand.provider.endpoint(endpoint).fail_with(Fault::RedirectTo(to));
    };

    let callback = stand.on_the_way_back("jane").await;
    lead_away(Endpoint::Userinfo);
    let answer = in_time(stand.send(callback)).await;
    let Some(AuthError::Login(LoginError::Userinfo(error))) = &answer.reason else { panic!("{answer:?}") };
    assert!(matches!(&**error, UserinfoError::Redirect { to: Some(_) }), "{error:?}");

    let callback = stand.on_the_way_back("jane").await;
    lead_away(Endpoint::Token);
    for (request, status) in [(callback, 500), (post("/refresh", &jane, &[]), 500)] {
        let answer = in_time(stand.send(request)).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let Some(AuthError::Login(LoginError::Exchange(error) | LoginError::RenewalFailed(error))) = &answer.reason
        else {
            panic!("{answer:?}")
        };
        assert!(matches!(&**error, TokenEndpointError::Redirect { to: Some(_) }), "{error:?}");
    }
    lead_away(Endpoint::Revoke);
    assert_eq!(in_time(stand.send(post("/logout", &leaving, &[]))).await.status, StatusCode::SEE_OTHER);

    lead_away(Endpoint::Jwks);
    stand.provider.rotate_keys(Algorithm::Rs256);
    let token = stand.provider.token("jane").sign();
    assert_eq!(in_time(stand.send(bearer(&token))).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let problem = stand.status().problem.unwrap();
    assert!(matches!(&*problem, ProviderError::Redirect { to: Some(_), .. }), "{problem:?}");
    bystanders.assert_served_at_once(stand);

    lead_away(Endpoint::Discovery);
    let auth = in_time(discover(behind.config.clone(), &stand.clock)).await;
    behind.stand.restarted(auth);
    let stand = &behind.stand;
    let problem = stand.status().problem.unwrap();
    assert!(matches!(&*problem, ProviderError::Redirect { to: Some(_), .. }), "{problem:?}");
    assert_eq!(stand.at_once(navigation("/me", &Cookies::new())).status, StatusCode::SERVICE_UNAVAILABLE);
    for endpoint in BEHIND.map(|(_, endpoint)| endpoint).into_iter().chain([Endpoint::Discovery]) {
        assert_eq!(elsewhere.requests(endpoint), 0, "{endpoint:?}");
        stand.provider.endpoint(endpoint).heal();
    }
    stand.recovery().await;
    stand.signed_in("jane").await;
    assert!(SERVER.starts_with("https://"));
}
