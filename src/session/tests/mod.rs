//! What the tests of sessions stand on, and the tests of all of it together.

mod cookies;
mod logout;
mod renewal;
mod server;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};
use proptest::prelude::*;

use super::{kept_claims::KeptClaims, sessions::Place, *};
use crate::{
    config::{ProviderKind, SessionSettings, SessionStoreKind},
    testing::ManualClock,
    types::{Claims, Clock as _, Issuer, Random, RandomError, Secret},
    validator::{IdToken, LogoutToken, Verified},
};

/// Seconds since 1970 at which the tests begin.
pub(super) const NOW: u64 = 1_800_000_000;

pub(super) const ISSUER: &str = "https://id.example/";

/// Draws bytes that are never the same and always the same again.
#[derive(Debug, Default)]
pub(super) struct CountingRandom(AtomicU64);

impl Random for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for part in bytes.chunks_mut(8) {
            let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            let word = count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            part.copy_from_slice(&word[..part.len()]);
        }
        Ok(())
    }
}

/// Sessions in cookies for an hour.
pub(super) fn settings() -> SessionSettings {
    SessionSettings {
        expiry: Duration::from_secs(3600),
        idle_timeout: None,
        secrets: vec![Secret::from("a secret of at least 32 bytes, for the tests")],
        secret_file: None,
        owner: "6:client23:https://issuer.example/".to_owned(),
        store: SessionStoreKind::Cookie,
        secure_cookie: true,
        max_per_user: None,
    }
}

pub(super) fn kept(json: &str) -> KeptClaims {
    let claims = Claims::parse(json.to_owned()).unwrap();
    let from_id_token = claims.names().count();
    KeptClaims::new(claims, from_id_token).unwrap()
}

/// Jane's session, opened at [`NOW`] for an hour.
pub(super) fn session() -> Session {
    Session {
        id: SessionId::from_bytes([7; 32]),
        version: 1,
        renewals: 0,
        issuer: Issuer::new(ISSUER),
        kept: kept(r#"{"sub":"jane"}"#),
        opened_at: NOW,
        expires_at: NOW + 3600,
        seen_at: NOW,
        tokens: SessionTokens::default(),
    }
}

/// Everything in a session, to be compared.
pub(super) fn contents(session: &Session) -> String {
    let Session { id, version, renewals, issuer, kept, opened_at, expires_at, seen_at, tokens } = session;
    let KeptClaims { claims, from_id_token, subject, provider_session } = kept;
    let exposed = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let (refresh_token, id_token) = (exposed(&tokens.refresh_token), exposed(&tokens.id_token));
    let (id, claims) = (id.to_text(), claims.as_json());
    format!(
        "{id} {version} {renewals} {issuer} {claims} {from_id_token} {subject} {provider_session:?} {opened_at} {expires_at} \
         {seen_at} {refresh_token:?} {id_token:?} {:?} {:?}",
        tokens.renew_at, tokens.valid_until
    )
}

/// Any claims at all, with a `sub`.
fn any_claims() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    });
    (prop::collection::btree_map(any::<String>(), value, 0..12), any::<String>(), prop::option::of(any::<String>()))
        .prop_map(|(mut claims, sub, sid): (BTreeMap<_, _>, _, _)| {
            claims.remove("sid");
            claims.extend(sid.map(|sid| ("sid".to_owned(), sid.into())));
            claims.insert("sub".to_owned(), sub.into());
            serde_json::to_string(&claims).unwrap()
        })
}

/// Any session at all, short enough for cookies.
pub(super) fn any_session() -> impl Strategy<Value = Session> {
    let token = || prop::option::of("[!-~]{0,1500}".prop_map(|text| Secret::from(&*text)));
    let tokens = (token(), token(), token(), any::<u64>(), any::<[Option<u64>; 2]>()).prop_map(
        |(refresh_token, id_token, access_token, until, [renew_at, valid_until])| SessionTokens {
            refresh_token,
            id_token,
            access_token: access_token.map(|token| KeptAccessToken { token, until }),
            renew_at,
            valid_until,
        },
    );
    let times = any::<(u64, u64, u64, u64, u64)>();
    (any::<[u8; 32]>(), times, any::<String>(), any_claims(), any::<usize>(), tokens).prop_map(
        |(id, (version, renewals, opened_at, expires_at, seen_at), issuer, claims, from_id_token, tokens)| Session {
            id: SessionId::from_bytes(id),
            version,
            renewals,
            issuer: Issuer::new(&issuer),
            kept: KeptClaims { from_id_token, ..kept(&claims) },
            opened_at,
            expires_at,
            seen_at,
            tokens,
        },
    )
}

/// The headers of the next request of a browser that sent those of the last and got these cookies.
pub(super) fn browse(last: &HeaderMap, cookies: &SetCookies) -> HeaderMap {
    let mut jar: BTreeMap<String, String> =
        request_cookies(last).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut answer = HeaderMap::new();
    cookies.clone().apply(&mut answer);
    for line in answer.get_all(SET_COOKIE) {
        let cookie = ::cookie::Cookie::parse(line.to_str().unwrap()).unwrap();
        if cookie.max_age() == Some(::cookie::time::Duration::ZERO) {
            jar.remove(cookie.name());
        } else {
            jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
        }
    }
    let line = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    if jar.is_empty() {
        HeaderMap::new()
    } else {
        HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(line).unwrap())])
    }
}

/// A service with sessions, on a clock of its own that shows [`NOW`].
struct Service {
    sessions: Sessions,
    clock: ManualClock,
}

impl Service {
    fn new(settings: SessionSettings) -> Self {
        Self::with_store(settings, None)
    }

    fn with_store(settings: SessionSettings, store: Option<Arc<dyn SessionStore>>) -> Self {
        let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(NOW));
        Self::on(clock, settings, store)
    }

    fn on(clock: ManualClock, settings: SessionSettings, store: Option<Arc<dyn SessionStore>>) -> Self {
        let random = Arc::new(CountingRandom::default());
        Self { sessions: Sessions::new(&settings, store, Arc::new(clock.clone()), random).unwrap(), clock }
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Opens a session for whom an ID token with these claims names.
    async fn open(
        &self,
        claims: &str,
        tokens: SessionTokens,
        headers: &HeaderMap,
    ) -> Result<(Session, SetCookies), SessionError> {
        self.open_begun(self.sessions.begin(), claims, tokens, headers).await
    }

    /// The same of a login that has begun before.
    async fn open_begun(
        &self,
        begun: LoginBegin,
        claims: &str,
        tokens: SessionTokens,
        headers: &HeaderMap,
    ) -> Result<(Session, SetCookies), SessionError> {
        let opened = self.sessions.open(id_token(claims), None, tokens, begun, headers).await?;
        Ok((opened.session, opened.cookies))
    }

    /// Signs in, and gives the session and the headers of the browser's next request.
    async fn sign_in(&self, claims: &str, tokens: SessionTokens, headers: &HeaderMap) -> (Session, HeaderMap) {
        let (session, cookies) = self.open(claims, tokens, headers).await.unwrap();
        (session, browse(headers, &cookies))
    }

    async fn jane(&self) -> (Session, HeaderMap) {
        self.sign_in(JANE, SessionTokens::default(), &HeaderMap::new()).await
    }

    /// What the request's cookies hold, looked up in the store if need be.
    async fn found(&self, headers: &HeaderMap) -> Found {
        match self.sessions.find(headers) {
            Found::Stored(id) => self.sessions.load(&id).await.unwrap(),
            found => found,
        }
    }

    async fn live(&self, headers: &HeaderMap) -> Session {
        match self.found(headers).await {
            Found::Live(session) => *session,
            other => panic!("not live: {other:?}"),
        }
    }

    async fn void(&self, headers: &HeaderMap) -> Void {
        match self.found(headers).await {
            Found::Void(void) => void,
            other => panic!("not void: {other:?}"),
        }
    }
}

const JANE: &str = r#"{"iss":"https://id.example/","sub":"jane","sid":"s1","aud":"c","nonce":"n","name":"Jane"}"#;

fn id_token(claims: &str) -> Verified<IdToken> {
    let claims = Claims::parse(claims.to_owned()).unwrap();
    Verified::for_tests(claims, Issuer::new(ISSUER), ProviderKind::CustomOidc)
}

fn logout_token(claims: &str) -> Verified<LogoutToken> {
    logout_token_of(ISSUER, claims)
}

fn logout_token_of(issuer: &str, claims: &str) -> Verified<LogoutToken> {
    let claims = Claims::parse(claims.to_owned()).unwrap();
    Verified::for_tests(claims, Issuer::new(issuer), ProviderKind::CustomOidc)
}

/// The settings of sessions in memory.
fn in_memory() -> SessionSettings {
    SessionSettings { store: SessionStoreKind::Memory, ..settings() }
}

/// Both kinds of place, for what must hold in either.
fn everywhere() -> [SessionSettings; 2] {
    [settings(), in_memory()]
}
