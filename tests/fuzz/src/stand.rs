//! The service that the targets talk to, and what it has made: two clients of one provider, on a clock that stands still and
//! without a network.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, Uri,
    header::{LOCATION, SET_COOKIE},
};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tower_oidc::{
    Auth, Config,
    config::{LoginSettings, Settings},
    login::{DefaultPages, Login, LoginParts, LoginPaths, LoginState, Route},
    provider::{HttpClient, HttpError, Metadata, Provider, ProviderError},
    session::{Purpose, Seal, SessionTokens, Sessions},
    testing::{ManualClock, SigningKey, jws},
    types::{Algorithm, BoxFuture, Clock as _, Random, RandomError, unix_seconds},
    validator::{Asked, ClientValidator},
};
use url::Url;

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// The origin of the service.
pub(crate) const SERVER: &str = "https://app.example";

/// An address that the operator trusts beside the own origin.
pub(crate) const TRUSTED: &str = "https://other.example/exact?a=1";

/// The code that the provider gives tokens for.
pub(crate) const GOOD_CODE: &str = "good";

/// So often a future is polled, with every task of its own between, before it counts as one that waits for time to pass.
const MOST_POLLS: usize = 64;

/// A service with two clients, its provider, and all that an honest browser and an honest API client would bring.
///
/// Nothing in it grows with what it is asked.
pub(crate) struct Stand {
    runtime: Runtime,
    clock: ManualClock,
    http: Imagined,
    provider: Provider,
    pub(crate) auth: Auth,
    /// The client of the code flow, whose answers come by the query, and that of ID tokens, whose answers come by a form.
    pub(crate) clients: [Client; 2],
    /// The sessions of the service, none of which has ended, and what seals their cookies.
    pub(crate) sessions: Sessions,
    pub(crate) seal: Seal,
    /// A session that fits in one cookie, one that needs two, and one that needs all there are.
    pub(crate) sealed: [Sealed; 3],
    words: Vec<(&'static str, String)>,
}

/// A client, and a login of its own that has not come back.
pub(crate) struct Client {
    settings: Settings,
    pub(crate) login: LoginSettings,
    pub(crate) paths: LoginPaths,
    pub(crate) pending: Pending,
}

/// A login that was started.
#[derive(Clone, Default)]
pub(crate) struct Pending {
    pub(crate) state: String,
    /// Name and value.
    pub(crate) cookie: String,
    nonce: String,
}

/// A session as the browser keeps it: its claims, and each of its cookies, name and value.
#[derive(Default)]
pub(crate) struct Sealed {
    pub(crate) claims: String,
    pub(crate) cookies: Vec<(String, String)>,
}

/// Runs `act` with this thread's stand.
pub(crate) fn with<T>(act: impl FnOnce(&Stand) -> T) -> T {
    thread_local! {
        static STAND: &'static Stand = Box::leak(Box::new(Stand::new()));
    }
    STAND.with(|stand| act(stand))
}

/// A text with its words replaced.
pub fn expanded(text: &[u8]) -> Vec<u8> {
    with(|stand| stand.expand(text))
}

impl Stand {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let _entered = runtime.enter();
        let clock = ManualClock::new();
        let key = SigningKey::generate(Algorithm::Es256);
        let http = Imagined::new(&key);
        let code = Client::new(config("/callback"));
        let implicit = Client::new(implicit(config("/posted")));
        let settings = &code.settings;
        let provider = Provider::start(
            settings.issuers[0].clone(),
            &settings.http,
            Arc::new(http.clone()),
            Arc::new(clock.clone()),
        );
        runtime.block_on(provider.first_attempt()).expect("the provider is there");
        let auth = Auth::builder(config("/callback")).with_clock(clock.clone()).with_random(Counting::default());
        let auth = auth.without_token_cache().with_http_client(http.clone()).discover();
        let auth = runtime.block_on(auth).expect("the configuration is right");
        let (kept, random) = (&code.login.session, Counting::default());
        let seal = Seal::new(kept, Purpose::SessionCookie, &random).expect("a secret");
        let sessions = Sessions::new(kept, None, Arc::new(clock.clone()), Arc::new(random)).expect("a secret");
        let (clients, sealed) = ([code, implicit], Default::default());
        let mut stand =
            Self { clock, http, provider, auth, clients, sessions, seal, sealed, words: Vec::new(), runtime };
        stand.make_what_is_good(&key);
        stand
    }

    fn make_what_is_good(&mut self, key: &SigningKey) {
        self.clients[0].pending = self.start(&self.clients[0]);
        self.clients[1].pending = self.start(&self.clients[1]);
        self.sealed = [self.session(key, 10), self.session(key, 4500), self.session(key, 11_000)];
        let [code, implicit] = self.clients.each_ref().map(|client| client.pending.clone());
        let id_token = |nonce: &str| self.sign(key, "JWT", &json!({"aud": "client", "nonce": nonce}));
        self.http.0.id_token.set(id_token(&code.nonce)).expect("nobody has before");
        let impostor = SigningKey::generate(Algorithm::Es256).with_key_id(key.key_id());
        let access = json!({"aud": AUDIENCE, "client_id": "client", "jti": "1", "scope": "openid"});
        let cookies = |sealed: &Sealed| {
            sealed.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
        };
        let [short, long, full] = self.sealed.each_ref().map(cookies);
        self.words = vec![
            ("{token}", self.sign(key, "at+jwt", &access)),
            ("{id_token}", id_token(&implicit.nonce)),
            ("{forged_token}", self.sign(&impostor, "at+jwt", &access)),
            ("{forged_id_token}", self.sign(&impostor, "JWT", &json!({"aud": "client", "nonce": implicit.nonce}))),
            ("{state}", code.state),
            ("{login}", code.cookie),
            ("{posted_state}", implicit.state),
            ("{posted_login}", implicit.cookie),
            ("{session}", short),
            ("{long_session}", long),
            ("{full_session}", full),
        ];
    }

    /// `text` with the words in it replaced by what they stand for.
    pub(crate) fn expand(&self, text: &[u8]) -> Vec<u8> {
        let (mut expanded, mut rest) = (Vec::with_capacity(text.len()), text);
        while let Some((first, after)) = rest.split_first() {
            match self.words.iter().find(|(word, _)| rest.starts_with(word.as_bytes())) {
                Some((word, meaning)) => {
                    expanded.extend_from_slice(meaning.as_bytes());
                    rest = &rest[word.len()..];
                }
                None => {
                    expanded.push(*first);
                    rest = after;
                }
            }
        }
        expanded
    }

    /// What a word stands for.
    pub(crate) fn word(&self, word: &str) -> &str {
        self.words.iter().find_map(|(own, meaning)| (*own == word).then_some(&**meaning)).expect("a word")
    }

    /// The client that answers at that path, and where.
    pub(crate) fn route(&self, uri: &Uri) -> Option<(&Client, Route)> {
        let callback = self.clients.iter().find(|client| client.paths.callback() == uri.path());
        let client = callback.unwrap_or(&self.clients[0]);
        Some((client, client.paths.route(uri)?))
    }

    /// What a login that knows nothing but its settings answers. `None`: it waits for time to pass.
    pub(crate) fn answer(&self, client: &Client, route: Route, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let login = Login::new(LoginParts {
            settings: client.login.clone(),
            principal: client.settings.principal.clone(),
            provider_name: client.settings.provider_name.clone(),
            provider: self.provider.clone(),
            paths: client.paths.clone(),
            http_client: Arc::new(self.http.clone()),
            store: None,
            pages: Arc::new(DefaultPages),
            directory: None,
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(Counting::default()),
            state: LoginState::new(Arc::new(self.clock.clone())),
        });
        self.finish(Arc::new(login.expect("the settings are right")).answer(route, request))
    }

    /// What becomes of metadata with that text. `None`: it waits for time to pass.
    pub(crate) fn metadata(&self, text: &[u8]) -> Option<Result<Metadata, ProviderError>> {
        let settings = &self.clients[0].settings;
        let url = settings.issuers[0].discovery.as_ref().expect("an address of metadata");
        let client = Arc::new(Document(Bytes::copy_from_slice(text)));
        let mut http = settings.http.clone();
        http.https_only = true;
        self.finish(Metadata::discover(url, &settings.issuers[0], &http, client, Arc::new(self.clock.clone())))
    }

    /// A plaintext, sealed for the session cookie of that name.
    pub(crate) fn sealed(&self, name: &str, plaintext: &[u8]) -> String {
        self.seal.seal(name.as_bytes(), plaintext, &Counting::default()).expect("a nonce")
    }

    /// What comes of it; `None`: it waits for time to pass, which it never does here.
    pub(crate) fn finish<F: Future>(&self, future: F) -> Option<F::Output> {
        self.runtime.block_on(async {
            let mut future = pin!(future);
            for _ in 0..MOST_POLLS {
                let polled = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
                if let Poll::Ready(output) = polled {
                    return Some(output);
                }
                tokio::task::yield_now().await;
            }
            None
        })
    }

    /// Starts a login.
    fn start(&self, client: &Client) -> Pending {
        let request = Request::get(format!("{}?return_to=/after", client.paths.login)).body(Bytes::new());
        let answer = self.answer(client, Route::Login, request.expect("a request")).expect("no waiting");
        let text = |name| answer.headers()[name].to_str().expect("visible").to_owned();
        let location = Url::parse(&text(LOCATION)).expect("the way to the provider");
        let parameter = |name: &str| {
            let found = location.query_pairs().find(|(own, _)| own == name);
            found.expect("a parameter of the request").1.into_owned()
        };
        let cookie = text(SET_COOKIE).split(';').next().unwrap_or_default().to_owned();
        Pending { state: parameter("state"), cookie, nonce: parameter("nonce") }
    }

    /// A session of Jane's, with a claim of so many characters.
    fn session(&self, key: &SigningKey, characters: usize) -> Sealed {
        let token = self.sign(key, "JWT", &json!({"aud": "client", "filling": "x".repeat(characters)}));
        let clock = Arc::new(self.clock.clone());
        let validator = ClientValidator::new(self.provider.clone(), "client".to_owned(), Algorithm::Es256, clock);
        let id_token = self.finish(validator.id_token(&token, Asked::default())).expect("no waiting");
        let none = HeaderMap::new();
        let (id_token, begun) = (id_token.expect("a good token"), self.sessions.begin());
        let opening = self.sessions.open(id_token, None, SessionTokens::default(), begun, &none);
        let opened = self.finish(opening).expect("no waiting").expect("it fits");
        let mut headers = HeaderMap::new();
        opened.cookies.apply(&mut headers);
        let pair = |line: &HeaderValue| {
            let (name, rest) = line.to_str().expect("visible").split_once('=')?;
            Some((name.to_owned(), rest.split(';').next()?.to_owned()))
        };
        Sealed {
            claims: opened.session.claims().as_json().to_owned(),
            cookies: headers.get_all(SET_COOKIE).iter().filter_map(pair).collect(),
        }
    }

    /// A token of Jane's, good for an hour.
    fn sign(&self, key: &SigningKey, kind: &str, claims: &Value) -> String {
        let now = unix_seconds(self.clock.now());
        let mut payload = json!({"iss": ISSUER, "sub": "jane", "iat": now, "exp": now + 3600});
        let claims = claims.as_object().into_iter().flatten();
        claims.for_each(|(name, value)| payload[name] = value.clone());
        let header = json!({"alg": key.algorithm().name(), "typ": kind, "kid": key.key_id()});
        jws(header.to_string(), payload.to_string(), key)
    }
}

impl Client {
    fn new(config: Config) -> Self {
        let settings = config.check().expect("the configuration is right");
        let login = settings.login.clone().expect("a login");
        Self { paths: LoginPaths::new(&login), login, settings, pending: Pending::default() }
    }
}

fn config(callback: &str) -> Config {
    let mut config = Config::new()
        .provider("custom-oidc")
        .authority(ISSUER)
        .audience(AUDIENCE)
        .client_id("client")
        .client_secret("a secret of the client's, which is long")
        .session_secret("a secret of the sessions, which is long enough")
        .server_url(SERVER)
        .callback_url([SERVER, callback].concat())
        .token_algorithm("ES256");
    config.authentication.oidc.preferred_jws_algorithm = Some("ES256".to_owned());
    config.authentication.oidc.use_nonce = Some(true);
    config.authentication.additional_trusted_redirect_uris = vec![TRUSTED.to_owned()];
    config
}

fn implicit(mut config: Config) -> Config {
    config.authentication.response_type = Some("id_token".to_owned());
    config
}

/// A provider without a network.
#[derive(Debug, Clone)]
struct Imagined(Arc<Documents>);

#[derive(Debug)]
struct Documents {
    metadata: Bytes,
    jwks: Bytes,
    /// The one that goes with [`GOOD_CODE`].
    id_token: OnceLock<String>,
}

impl Imagined {
    fn new(key: &SigningKey) -> Self {
        let at = |path: &str| [ISSUER, path].concat();
        let metadata = json!({
            "issuer": ISSUER,
            "jwks_uri": at("/keys"),
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "end_session_endpoint": at("/logout"),
            "response_types_supported": ["code", "id_token"],
            "response_modes_supported": ["query", "form_post"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
        });
        let jwks = json!({"keys": [key.public_jwk()]});
        let (metadata, jwks) = (metadata.to_string().into(), jwks.to_string().into());
        Self(Arc::new(Documents { metadata, jwks, id_token: OnceLock::new() }))
    }

    fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        match request.uri().path() {
            "/.well-known/openid-configuration" => Response::new(self.0.metadata.clone()),
            "/keys" => Response::new(self.0.jwks.clone()),
            "/token" => self.tokens(request.body()),
            _ => refused(404, "{}"),
        }
    }

    fn tokens(&self, form: &[u8]) -> Response<Bytes> {
        let is_good = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
            name == "code" && value == GOOD_CODE
        };
        match self.0.id_token.get() {
            Some(id_token) if url::form_urlencoded::parse(form).any(is_good) => {
                let tokens =
                    json!({"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": id_token});
                Response::new(tokens.to_string().into())
            }
            _ => refused(400, r#"{"error":"invalid_grant"}"#),
        }
    }
}

fn refused(status: u16, body: &'static str) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).expect("a status")
}

impl HttpClient for Imagined {
    fn send(&self, request: Request<Bytes>, _: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let response = self.respond(&request);
        Box::pin(async { Ok(response) })
    }
}

/// A server that has one answer.
#[derive(Debug)]
struct Document(Bytes);

impl HttpClient for Document {
    fn send(&self, _: Request<Bytes>, limit: usize) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let answer =
            if self.0.len() > limit { Err(HttpError::TooLarge { limit }) } else { Ok(Response::new(self.0.clone())) };
        Box::pin(async { answer })
    }
}

/// Draws what it has drawn the last time it was new.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for part in bytes.chunks_mut(8) {
            let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            let word = count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            part.copy_from_slice(&word[..part.len()]);
        }
        Ok(())
    }
}
