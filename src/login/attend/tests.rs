//! Renewals at a provider inside the process, whose refresh tokens are good for one use: one that comes twice ends the grant.

mod stores;

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{COOKIE, SET_COOKIE},
};
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use tracing::Level;

use crate::{
    config::{Config, ProviderKind},
    login::{DefaultPages, LoginParts, LoginPaths, LoginState, Route},
    provider::{HttpClient, Provider, ReqwestClient, test_support::Log},
    session::SessionStore,
    testing::{Browser, Endpoint, Fault, GrantType, ManualClock, SigningKey, TestProvider, TokenBuilder},
    types::{Algorithm, Claims, Clock, SystemRandom},
    validator::Verified,
};

use super::*;

const SERVER: &str = "https://app.example";

/// When tokens of an hour are renewed, in seconds after they came.
const DUE: u64 = 3540;

/// A provider, and a service that signs people in there.
struct Stand {
    provider: TestProvider,
    clock: ManualClock,
    login: Arc<Login>,
}

impl Stand {
    async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// With a changed configuration.
    async fn with(change: impl FnOnce(Config) -> Config) -> Self {
        Self::on(ManualClock::new(), change, None).await
    }

    async fn on(
        clock: ManualClock,
        change: impl FnOnce(Config) -> Config,
        store: Option<Arc<dyn SessionStore>>,
    ) -> Self {
        let provider = TestProvider::builder().clock(clock.clone()).start().await;
        let config = provider.login_config(SERVER).scope("openid email offline_access");
        let login = Arc::new(login(change(config), store, Arc::new(clock.clone())).await);
        Self { provider, clock, login }
    }

    /// The cookies of a browser in which Jane has signed in.
    async fn signed_in(&self) -> HeaderMap {
        let login = Arc::clone(&self.login);
        let service = tower::service_fn(move |request: Request<Full<Bytes>>| answer(Arc::clone(&login), request));
        let mut browser = Browser::new(service, SERVER).with_clock(self.clock.clone());
        browser.navigate("/login").await;
        assert_eq!(browser.log_in_as(&self.provider, "jane").await.status, StatusCode::OK);
        let session = browser.cookies().into_iter().filter(|(name, _)| name.contains("oidc_session"));
        cookies(session.map(|(name, value)| format!("{name}={value}")))
    }

    /// Likewise, with tokens that are to be renewed now.
    async fn due(&self) -> HeaderMap {
        let cookies = self.signed_in().await;
        self.pass(DUE);
        cookies
    }

    /// What becomes of the session of a request.
    async fn visit(&self, cookies: &HeaderMap) -> Result<Attended, LoginError> {
        match self.login.sessions().find(cookies) {
            Found::Live(session) if !self.login.needs_attention(&session) => {
                Ok(Attended { session: Some(session), cookies: SetCookies::default() })
            }
            found => self.eventually(Arc::clone(&self.login).attend(found, Visit::Navigation, cookies.clone())).await,
        }
    }

    /// The cookies that a browser has after a visit with these, in which somebody was signed in.
    async fn after_visit(&self, cookies: &HeaderMap) -> HeaderMap {
        let attended = self.visit(cookies).await.unwrap();
        assert!(attended.session.is_some());
        browse(cookies, attended.cookies)
    }

    async fn refresh(&self, cookies: &HeaderMap) -> Response<Bytes> {
        let mut request = Request::post("/refresh").body(Bytes::new()).unwrap();
        *request.headers_mut() = cookies.clone();
        Arc::clone(&self.login).answer(Route::Refresh, request).await
    }

    /// Shows that the refresh token of these cookies is good.
    async fn assert_goes_on(&self, cookies: &HeaderMap) {
        let before = self.asked();
        self.pass(DUE);
        assert!(self.visit(cookies).await.unwrap().session.is_some());
        assert_eq!(self.asked(), before + 1);
    }

    /// How often the token endpoint was asked.
    fn asked(&self) -> usize {
        self.provider.requests(Endpoint::Token)
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Changes the ID tokens of renewals.
    fn renew_with(&self, change: impl Fn(TokenBuilder) -> TokenBuilder + Send + Sync + 'static) {
        self.provider.change_id_token(move |token, grant| match grant {
            GrantType::RefreshToken => change(token),
            _ => token,
        });
    }

    /// What comes of `future`, while the clock goes on where somebody waits for it.
    async fn eventually<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        loop {
            tokio::select! {
                biased;
                output = &mut future => return output,
                () = tokio::time::sleep(Duration::from_millis(100)) => self.clock.advance(Duration::from_millis(500)),
            }
        }
    }
}

async fn login(config: Config, store: Option<Arc<dyn SessionStore>>, clock: Arc<dyn Clock>) -> Login {
    let settings = config.check().unwrap();
    let http_client: Arc<dyn HttpClient> = Arc::new(ReqwestClient::new(&settings.http).unwrap());
    let issuer = settings.issuers[0].clone();
    let provider = Provider::start(issuer, &settings.http, Arc::clone(&http_client), Arc::clone(&clock));
    provider.first_attempt().await.unwrap();
    let login = settings.login.unwrap();
    Login::new(LoginParts {
        state: LoginState::new(Arc::clone(&clock)),
        paths: LoginPaths::new(&login),
        settings: login,
        principal: settings.principal,
        provider_name: settings.provider_name,
        provider,
        http_client,
        store,
        pages: Arc::new(DefaultPages),
        directory: None,
        clock,
        random: Arc::new(SystemRandom),
    })
    .unwrap()
}

/// Nothing but the login's own paths.
async fn answer(login: Arc<Login>, request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let Some(route) = login.paths().route(request.uri()) else { return Ok(Response::default()) };
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(login.answer(route, Request::from_parts(head, body)).await.map(Full::new))
}

fn cookies(pairs: impl Iterator<Item = String>) -> HeaderMap {
    let line = pairs.collect::<Vec<_>>().join("; ");
    HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(line).unwrap())])
}

fn lines(cookies: SetCookies) -> Vec<String> {
    let mut answer = HeaderMap::new();
    cookies.apply(&mut answer);
    answer.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

/// The cookies of a browser that had `last` and was sent `new`.
fn browse(last: &HeaderMap, new: SetCookies) -> HeaderMap {
    let lines = lines(new);
    if lines.is_empty() {
        last.clone()
    } else {
        cookies(lines.iter().map(|line| line[..line.find(';').unwrap()].to_owned()))
    }
}

fn is_removal(lines: &[String]) -> bool {
    let is_removal = |line: &String| {
        line.split_once('=')
            .is_some_and(|(name, rest)| name.starts_with("__Host-oidc_session") && rest.starts_with(';'))
    };
    !lines.is_empty() && lines.iter().all(is_removal)
}

fn is_due(refresh_token: Option<&str>, renew_at: Option<u64>, now: u64) -> bool {
    let refresh_token = refresh_token.map(Secret::from);
    due_token(&SessionTokens { refresh_token, renew_at, ..SessionTokens::default() }, now).is_some()
}

#[test]
fn tokens_are_renewed_from_their_second_on_and_with_a_refresh_token_alone() {
    assert!(!is_due(Some("rt"), Some(100), 99));
    assert!(is_due(Some("rt"), Some(100), 100));
    assert!(is_due(Some("rt"), Some(100), 101));
    assert!(!is_due(None, Some(100), 101));
    assert!(!is_due(Some("rt"), None, 101));
}

#[tokio::test]
async fn a_session_needs_attention_from_the_second_on_in_which_its_tokens_are_due() {
    let stand = Stand::new().await;
    let browser = stand.signed_in().await;
    let needs_attention = || match stand.login.sessions().find(&browser) {
        Found::Live(session) => stand.login.needs_attention(&session),
        other => panic!("not live: {other:?}"),
    };
    stand.pass(DUE - 1);
    assert!(!needs_attention());
    stand.pass(1);
    assert!(needs_attention());
}

#[tokio::test]
async fn a_login_shows_whose_and_where_it_is_and_no_secret() {
    let stand = Stand::with(|config| config.client_secret("hunter2 and so on, for 32 bytes of it")).await;
    let shown = format!("{:?}", stand.login);
    assert!(shown.starts_with("Login { provider: ") && shown.contains("/backchannel-logout"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

/// A provider that is away comes back by itself; one that refuses the service wants somebody to look.
#[tokio::test]
async fn a_renewal_that_only_people_can_mend_is_a_warning() {
    for (status, is_warning) in [(400, true), (502, false)] {
        let (log, _logging) = Log::start(Level::WARN);
        let stand = Stand::new().await;
        let browser = stand.due().await;
        stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Status(status));
        assert!(stand.visit(&browser).await.unwrap().session.is_some());
        assert_eq!(log.take().contains("the provider's answer renews no session"), is_warning, "{status}");
    }
}

/// A replica that was slower than its lease. A refresh token that another has put in its place is the one that is good.
#[tokio::test]
async fn what_another_replica_has_renewed_meanwhile_stays_unless_its_refresh_token_is_the_same() {
    for (theirs, renewals) in [(None, 2), (Some("theirs"), 1)] {
        let stand = Stand::with(|config| config.session_store("memory")).await;
        let browser = stand.due().await;
        let sessions = stand.login.sessions();
        let Found::Stored(id) = sessions.find(&browser) else { panic!("not in the store") };
        let Found::Live(session) = sessions.load(&id).await.unwrap() else { panic!("not live") };
        let endpoint = stand.provider.endpoint(Endpoint::Token);
        endpoint.fail_next(1, Fault::Hang);
        let another = async {
            endpoint.wait_for_requests(2).await;
            let refresh_token = theirs.map(Secret::from).or(session.tokens().refresh_token.clone());
            let tokens = SessionTokens { refresh_token, ..SessionTokens::default() };
            drop(sessions.renew(&session, None, None, tokens, &browser).await.unwrap());
            endpoint.heal();
        };
        let found = Found::Stored(id.clone());
        let attended = Arc::clone(&stand.login).attend(found, Visit::Navigation, browser.clone());
        let (attended, ()) = tokio::join!(attended, another);
        assert_eq!(attended.unwrap().session.unwrap().renewals(), renewals, "{theirs:?}");
        let Found::Live(kept) = sessions.load(&id).await.unwrap() else { panic!("not live") };
        let is_theirs = kept.tokens().refresh_token.as_ref().is_some_and(|token| token.expose() == "theirs");
        assert_eq!((kept.renewals(), is_theirs), (renewals, theirs.is_some()));
    }
}

/// A provider that rotates its keys may sign before every replica of it shows the new one.
#[tokio::test]
async fn an_id_token_of_an_unknown_key_is_dropped_and_its_tokens_are_kept() {
    let stand = Stand::new().await;
    let browser = stand.due().await;
    let stranger = SigningKey::generate(Algorithm::Rs256);
    stand.renew_with(move |token| token.key(&stranger).claim("email", "new@example.com"));
    let attended = stand.visit(&browser).await.unwrap();
    assert_eq!(attended.session.unwrap().claims().string("email").unwrap().unwrap(), "jane@example.com");
    assert_eq!((stand.asked(), stand.provider.requests(Endpoint::Revoke)), (2, 0));
    stand.provider.behave();
    stand.assert_goes_on(&browse(&browser, attended.cookies)).await;
}

#[tokio::test]
async fn a_refresh_that_is_refused_removes_the_dead_cookie() {
    let stand = Stand::new().await;
    let browser = stand.signed_in().await;
    stand.provider.revoke_grants("jane");
    let response = stand.refresh(&browser).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(matches!(response.extensions().get(), Some(LoginError::RenewalRefused)));
    let lines: Vec<_> =
        response.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect();
    assert!(is_removal(&lines), "{lines:?}");
    assert_eq!(response.headers()["cache-control"], "no-store");
}

/// Trap M: the browser went away, or the renewal took longer than a request waits, and nobody came back for a while.
#[tokio::test]
async fn a_session_is_not_lost_with_the_answer_that_brought_its_new_cookie() {
    let stand = Stand::new().await;
    let old = stand.due().await;
    let _lost = stand.visit(&old).await.unwrap();
    stand.pass(86_400);
    let new = stand.after_visit(&old).await;
    assert_eq!(stand.asked(), 2, "the old refresh token is not sent again");
    let newer = stand.after_visit(&new).await;
    assert_eq!(stand.asked(), 3);
    stand.assert_goes_on(&newer).await;
}

#[tokio::test]
async fn an_old_copy_of_a_cookie_is_void_a_minute_after_the_new_one_came_back() {
    let stand = Stand::new().await;
    let old = stand.due().await;
    let new = stand.after_visit(&old).await;
    stand.after_visit(&new).await;
    stand.pass(59);
    stand.after_visit(&old).await;
    stand.pass(1);
    assert!(stand.visit(&old).await.unwrap().session.is_none());
    assert_eq!(stand.asked(), 2);
    stand.assert_goes_on(&new).await;
}

/// The outcome of a renewal is no way round a logout, not even round one by a name that the old cookie does not have.
#[tokio::test]
async fn what_was_kept_of_a_renewal_does_not_bring_back_a_session_that_has_ended() {
    for by_new_name in [false, true] {
        let stand = Stand::new().await;
        stand.provider.change_id_token(|token, grant| match grant {
            GrantType::RefreshToken => token.claim("sid", "new"),
            _ => token.without("sid"),
        });
        let old = stand.due().await;
        let renewed = stand.visit(&old).await.unwrap().session.unwrap();
        let names = if by_new_name { json!({"sid": "new"}) } else { json!({"sub": renewed.subject()}) };
        let ended = Claims::parse(names.to_string()).unwrap();
        let ended = Verified::for_tests(ended, renewed.issuer().clone(), ProviderKind::CustomOidc);
        stand.login.sessions().end_all(&ended).await.unwrap();
        let attended = stand.visit(&old).await.unwrap();
        assert!(attended.session.is_none(), "{names}");
        assert!(is_removal(&lines(attended.cookies)), "{names}");
    }
}

fn idle(mut config: Config) -> Config {
    config.authentication.oidc.session_idle_timeout = Some(36_000);
    config
}

#[tokio::test]
async fn a_session_is_not_touched_while_it_is_renewed() {
    let stand = Stand::with(idle).await;
    let old = stand.signed_in().await;
    stand.pass(3600);
    stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
    let attended = stand.visit(&old).await.unwrap();
    assert!(attended.session.is_some());
    assert_eq!(lines(attended.cookies), Vec::<String>::new(), "a cookie with the old tokens");
    stand.provider.endpoint(Endpoint::Token).heal();
    let new = stand.after_visit(&old).await;
    assert_eq!(stand.asked(), 2);
    stand.assert_goes_on(&new).await;
}

/// Two tabs: one renews, and the slow answer of the other arrives last.
#[tokio::test]
async fn a_touched_cookie_that_arrives_after_the_renewed_one_is_mended() {
    let stand = Stand::with(idle).await;
    let old = stand.signed_in().await;
    let Found::Live(session) = stand.login.sessions().find(&old) else { panic!("not live") };
    let touched = browse(&old, stand.login.sessions().touch(&session, &old).await.unwrap().1);
    assert_eq!(stand.refresh(&old).await.status(), StatusCode::OK);
    let new = stand.after_visit(&touched).await;
    assert_ne!(new, touched);
    stand.pass(DUE);
    assert!(stand.visit(&new).await.unwrap().session.is_some());
    assert_eq!(stand.asked(), 3);
}

/// A loop of requests does not use up the provider's limits.
#[tokio::test]
async fn refresh_in_a_loop_is_one_renewal() {
    let stand = Stand::new().await;
    let mut browser = stand.signed_in().await;
    for _ in 0..20 {
        let response = stand.refresh(&browser).await;
        assert_eq!(response.status(), StatusCode::OK);
        let lines = response.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        browser = cookies(lines.map(|line| line[..line.find(';').unwrap()].to_owned()));
    }
    assert_eq!(stand.asked(), 2);
    stand.assert_goes_on(&browser).await;
}

#[tokio::test]
async fn a_session_that_outgrows_its_cookies_ends() {
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.load_userinfo = Some("always".to_owned());
        config
    })
    .await;
    // There is room for what userinfo says, or for what the new ID token says: that of both is too long.
    stand.provider.change_userinfo(|claims| drop(claims.insert("biography".into(), "x".repeat(8_000).into())));
    let old = stand.due().await;
    stand.renew_with(|token| token.claim("groups", "x".repeat(8_000)));
    let attended = stand.visit(&old).await.unwrap();
    assert!(attended.session.is_none());
    assert!(is_removal(&lines(attended.cookies)));
    stand.provider.endpoint(Endpoint::Revoke).wait_for_requests(1).await;
    assert!(stand.visit(&old).await.unwrap().session.is_none());
    assert_eq!(stand.asked(), 2);
}

/// The process ends, or the part of it that this renewal ran in.
#[test]
fn a_renewal_that_breaks_off_is_to_be_tried_again() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (ending, lasting) = (runtime(), runtime());
    let (stand, browser) = ending.block_on(async {
        let stand = Stand::new().await;
        let browser = stand.due().await;
        stand.provider.endpoint(Endpoint::Token).fail_next(1, Fault::Hang);
        (stand, browser)
    });
    let found = stand.login.sessions().find(&browser);
    ending.spawn(Arc::clone(&stand.login).attend(found, Visit::Navigation, browser.clone()));
    ending.block_on(stand.provider.endpoint(Endpoint::Token).wait_for_requests(2));
    lasting.block_on(async {
        let mut refresh = std::pin::pin!(stand.refresh(&browser));
        assert!(refresh.as_mut().now_or_never().is_none());
        ending.shutdown_background();
        let response = refresh.await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
        assert!(response.headers().get(SET_COOKIE).is_none(), "the session goes on");
    });
}
