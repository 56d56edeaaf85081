//! Each secret and key is rotated while people sign in, renew and call, without one failed request.
//!
//! The clock goes on only when everybody has got an answer since it last did, so that a busy machine is not taken for a provider that
//! does not answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{Request, StatusCode, header::AUTHORIZATION};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower_oidc::{
    Config,
    client::{ServiceAccount, TokenSource},
    session::SECRET_FILE_INTERVAL,
    testing::{Endpoint, TestProvider},
};

use crate::support::{SecretFile, Stand, copy, post};

/// People who do something all the time.
const PEOPLE: usize = 4;

/// How often each secret is rotated.
const ROTATIONS: usize = 2;

/// One step of the clock: a few of them are shorter than any limit on an answer.
const STEP: Duration = Duration::from_secs(1);

/// Answers after which somebody has signed in once at least, and has asked and renewed in both sessions.
const ROUND: usize = 6;

/// People at work.
struct Load {
    stand: Arc<Stand>,
    /// How many answers each of them has got.
    answers: Arc<[AtomicUsize]>,
    over: Arc<AtomicBool>,
    people: JoinSet<()>,
}

impl Load {
    async fn start(stand: Stand) -> Self {
        let (stand, over) = (Arc::new(stand), Arc::new(AtomicBool::new(false)));
        let answers: Arc<[AtomicUsize]> = (0..PEOPLE).map(|_| AtomicUsize::new(0)).collect();
        let mut people = JoinSet::new();
        for number in 0..PEOPLE {
            people.spawn(person(number, Arc::clone(&stand), Arc::clone(&answers), Arc::clone(&over)));
        }
        let mut load = Self { stand, answers, over, people };
        load.answers(ROUND).await;
        load
    }

    /// Waits until everybody has got so many more answers.
    async fn answers(&mut self, more: usize) {
        let wanted: Vec<_> = self.answers.iter().map(|answers| answers.load(Ordering::SeqCst) + more).collect();
        let all =
            || self.answers.iter().zip(&wanted).all(|(answers, wanted)| answers.load(Ordering::SeqCst) >= *wanted);
        while !all() {
            if let Some(ended) = self.people.try_join_next() {
                ended.expect("every request is answered as it should be");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Lets time pass.
    async fn pass(&mut self, time: Duration) {
        for _ in 0..time.as_secs() {
            self.stand.clock.advance(STEP);
            self.answers(1).await;
        }
    }

    async fn end(mut self) -> Arc<Stand> {
        self.answers(2 * ROUND).await;
        self.over.store(true, Ordering::SeqCst);
        while let Some(ended) = self.people.join_next().await {
            ended.expect("every request is answered as it should be");
        }
        self.stand
    }
}

/// Signs in anew all the time, and between the logins asks and renews in a session that is as old as the service.
async fn person(number: usize, stand: Arc<Stand>, answers: Arc<[AtomicUsize]>, over: Arc<AtomicBool>) {
    let name = format!("person-{number}");
    let first = stand.signed_in(&name).await;
    let answered = || {
        answers[number].fetch_add(1, Ordering::SeqCst);
    };
    while !over.load(Ordering::SeqCst) {
        let latest = stand.signed_in(&name).await;
        answered();
        for browser in [&first, &latest] {
            let me = browser.fetch("/me").await;
            assert_eq!(me.status, StatusCode::OK, "{}", me.text());
            assert_eq!(me.json::<Value>()["sub"], *name);
            answered();
            assert_eq!(post(browser, "/refresh").await, StatusCode::OK);
            answered();
        }
    }
}

/// How many requests have reached the token endpoint.
fn exchanges(stand: &Stand) -> usize {
    stand.provider.requests(Endpoint::Token)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_client_secret_is_rotated_under_load() {
    let secret = |version: usize| format!("version {version} of a secret that has more than 32 bytes");
    for method in ["client_secret_basic", "client_secret_jwt"] {
        let file = SecretFile::new(&secret(0));
        let stand = Stand::with(|provider, mut config| {
            provider.add_service_account(provider.client_id(), &secret(0));
            config.authentication.oidc.secret = None;
            config.authentication.oidc.client_authentication_method = Some(method.to_owned());
            config.client_secret_file(file.path())
        });
        let mut load = Load::start(stand.await).await;
        for version in 1..=ROTATIONS {
            file.replace(&secret(version));
            load.answers(ROUND).await;
            let provider = &load.stand.provider;
            provider.add_service_account(provider.client_id(), &secret(version));
            load.answers(ROUND).await;
            // Whoever renewed just before gets the same again; after some seconds it is asked for.
            load.pass(Duration::from_secs(6)).await;
        }
        load.end().await;
    }
}

/// A new key of a client: the private half as PEM, the public one as JWK.
fn key() -> (String, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der = pair.to_pkcs8v1().unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
    let point = pair.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    (pem, json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "x": x, "y": y}))
}

/// A client that proves itself with the key of that file.
fn with_key(mut config: Config, file: &SecretFile) -> Config {
    let oidc = &mut config.authentication.oidc;
    oidc.secret = None;
    oidc.client_authentication_method = Some("private_key_jwt".to_owned());
    oidc.private_key_algorithm = Some("ES256".to_owned());
    config.private_key_file(file.path())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_private_key_is_rotated_under_load() {
    let (private, public) = key();
    let file = SecretFile::new(&private);
    let stand = Stand::with(|provider, config| {
        provider.add_service_account_with_key(provider.client_id(), &public);
        with_key(config, &file)
    });
    let mut load = Load::start(stand.await).await;
    for _ in 0..ROTATIONS {
        let (private, public) = key();
        file.replace(&private);
        load.answers(ROUND).await;
        let provider = &load.stand.provider;
        provider.add_service_account_with_key(provider.client_id(), &public);
        load.answers(ROUND).await;
        load.pass(Duration::from_secs(6)).await;
    }
    load.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_session_secret_is_rotated_under_load() {
    let secret = |version: usize| format!("version {version} of a secret that has more than 32 bytes");
    for store in ["cookie", "memory"] {
        let file = SecretFile::new(&secret(0));
        let stand = Stand::with(|_, mut config| {
            config.authentication.oidc.session_secret.clear();
            config.session_secret_file(file.path()).session_store(store)
        });
        let mut load = Load::start(stand.await).await;
        let mut sealed = Vec::new();
        for version in 1..=ROTATIONS {
            sealed.push(copy(&load.stand.signed_in("somebody").await));
            file.replace(&secret(version));
            load.pass(2 * SECRET_FILE_INTERVAL + STEP).await;
        }
        let stand = load.end().await;
        for cookies in &sealed {
            assert!(stand.is_alive(cookies).await, "{store}");
        }
        // Nothing of what is sealed now needs a secret that was replaced, and what was sealed before does.
        stand.auth.forget_session_secrets();
        assert!(stand.is_alive(&copy(&stand.signed_in("somebody").await)).await, "{store}");
        for cookies in &sealed {
            assert!(!stand.is_alive(cookies).await, "{store}");
        }
    }
}

/// A client secret from the same file stays in use after a reload, however far ahead the file is, until the provider refuses it; and
/// then nobody sends it twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reload_between_the_file_and_the_provider_fails_nobody() {
    let secret = |version: usize| format!("version {version} of a secret that has more than 32 bytes");
    let file = SecretFile::new(&secret(0));
    let with_file = |mut config: Config| {
        config.authentication.oidc.secret = None;
        config.client_secret_file(file.path())
    };
    let stand = Stand::with(|provider, config| {
        provider.add_service_account(provider.client_id(), &secret(0));
        with_file(config)
    });
    let mut load = Load::start(stand.await).await;
    let known = |provider: &TestProvider, version| provider.add_service_account(provider.client_id(), &secret(version));
    for version in 1..=ROTATIONS {
        file.replace(&secret(version));
        let before = exchanges(&load.stand);
        let again = with_file(unregistered(&load.stand.provider));
        load.stand.auth.reload(again.session_secret(crate::support::SECRET)).await.unwrap();
        load.answers(ROUND).await;
        let sent = versions_since(before, &load.stand);
        assert!(sent.len() >= PEOPLE && sent.iter().all(|sent| *sent == version - 1), "{version}: {sent:?}");

        known(&load.stand.provider, version);
        let before = exchanges(&load.stand);
        load.answers(ROUND).await;
        let sent = versions_since(before, &load.stand);
        let refused = sent.iter().filter(|sent| **sent != version).count();
        assert!(sent.len() - refused >= PEOPLE && refused <= PEOPLE, "{version}: {sent:?}");
        assert_eq!(sent.last(), Some(&version), "{sent:?}");
    }
    load.end().await;
}

/// Which versions of the client secret have reached the token endpoint after so many requests, of the latest that it knows.
fn versions_since(before: usize, stand: &Stand) -> Vec<usize> {
    let requests = stand.provider.endpoint(Endpoint::Token).recent_requests();
    let new = (exchanges(stand) - before).min(requests.len());
    requests[requests.len() - new..].iter().map(version_in).collect()
}

/// The version in the client secret of a request: `client_secret_basic`.
fn version_in(request: &Request<Bytes>) -> usize {
    let (_, credentials) = request.headers()[AUTHORIZATION].to_str().unwrap().split_once(' ').unwrap();
    let credentials = String::from_utf8(STANDARD.decode(credentials).unwrap()).unwrap();
    let (_, secret) = credentials.split_once(':').unwrap();
    secret.chars().find_map(|char| char.to_digit(10)).unwrap() as usize
}

/// The configuration of a [`Stand`], without a word to the provider.
fn unregistered(provider: &TestProvider) -> Config {
    let config = provider.config().server_url(crate::support::SERVER).scope(crate::support::OFFLINE);
    config.callback_url(format!("{}/callback", crate::support::SERVER))
}

/// A service account has the same credentials.
#[tokio::test]
async fn the_key_of_a_service_account_is_rotated() {
    let provider = TestProvider::start().await;
    let (private, public) = key();
    provider.add_service_account_with_key("billing", &public);
    let file = SecretFile::new(&private);
    let config = with_key(provider.config().client_id("billing"), &file);
    let tokens = TokenSource::start(ServiceAccount::from_config(&config).unwrap()).unwrap();
    let first = tokens.token().await.unwrap();
    let (private, public) = key();
    file.replace(&private);
    provider.add_service_account_with_key("billing", &public);
    tokens.replace(&first).await.unwrap();
    assert_eq!(provider.requests(Endpoint::Token), 3, "one refusal between the two tokens");
}
