//! The provider: a process of its own, which ends with the test.

use std::process::Stdio;

use reqwest::Client;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use tower_oidc::{
    client::{ServiceAccount, TokenSource},
    config::Config,
    types::{Scopes, Secret},
};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/provider.mjs");

/// Where the provider sends the browser back to. Nobody listens there.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// A running provider.
#[derive(Debug)]
pub(crate) struct Provider {
    process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    endpoints: Endpoints,
}

/// What a client needs to talk to the provider.
#[derive(Debug, Clone)]
pub(crate) struct Endpoints {
    pub(crate) issuer: String,
    clients: Value,
    http: Client,
}

/// The ways of clients to prove themselves at the provider, which are the clients' ids as well.
pub(crate) const METHODS: [&str; 4] =
    ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"];

/// The identifier of the API that takes tokens of that kind: an algorithm, `encrypted` or `opaque`.
pub(crate) fn api(kind: &str) -> String {
    format!("https://api.example/{kind}")
}

impl Provider {
    /// A provider with new keys, on a port of its own.
    pub(crate) async fn start() -> Self {
        Self::start_on(0).await
    }

    /// A provider with new keys, on that port.
    pub(crate) async fn start_on(port: u16) -> Self {
        let mut process = Command::new("node")
            .args([PROGRAM, &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Node runs: `tests/all` says what is missing");
        let commands = process.stdin.take().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = answer(&mut answers).await;
        let issuer = ready["issuer"].as_str().unwrap().to_owned();
        let endpoints = Endpoints { issuer, clients: ready["clients"].clone(), http: http_client() };
        Self { process, commands, answers, endpoints }
    }

    /// Ends the provider. Its port, for another one.
    pub(crate) async fn stop(mut self) -> u16 {
        drop(self.commands);
        assert!(self.process.wait().await.unwrap().success());
        self.endpoints.port()
    }

    /// Ends the provider in the middle of whatever it does. Its port, for another one.
    pub(crate) async fn kill(mut self) -> u16 {
        self.process.kill().await.unwrap();
        self.endpoints.port()
    }

    /// Connections are still taken, but nothing is answered until [`thaw`](Self::thaw).
    pub(crate) async fn freeze(&self) {
        self.signal("-STOP").await;
    }

    /// Whatever came in the meantime is answered.
    pub(crate) async fn thaw(&self) {
        self.signal("-CONT").await;
    }

    /// New keys sign; the old ones stay published.
    pub(crate) async fn rotate_keys(&mut self) {
        self.command("rotate").await;
    }

    /// New keys sign; the old ones are gone.
    pub(crate) async fn replace_keys(&mut self) {
        self.command("replace").await;
    }

    /// Registers one more client. What the metadata do not say is as with the public client.
    pub(crate) async fn register(&mut self, metadata: &Value) {
        self.command(&format!("client {metadata}")).await;
    }

    /// It takes no authorization request from now on but those that are pushed (RFC 9126).
    pub(crate) async fn require_pushed_requests(&mut self) {
        self.command("pushed").await;
    }

    /// How many authorization requests were pushed.
    pub(crate) async fn pushed_requests(&mut self) -> u64 {
        self.command("count").await["pushed_requests"].as_u64().unwrap()
    }

    /// How many requests came to the token endpoint.
    pub(crate) async fn token_requests(&mut self) -> u64 {
        self.command("count").await["token_requests"].as_u64().unwrap()
    }

    /// What a client needs to talk to it.
    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// An access token for that kind of API with the scope `read:orders`, issued to a client for itself.
    pub(crate) async fn token(&self, kind: &str) -> String {
        self.endpoints.token(kind).await
    }

    async fn command(&mut self, line: &str) -> Value {
        self.commands.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        answer(&mut self.answers).await
    }

    async fn signal(&self, signal: &str) {
        let process = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().await.unwrap().success());
    }
}

impl Endpoints {
    /// See [`Provider::token`].
    pub(crate) async fn token(&self, kind: &str) -> String {
        first_token(self.account_for("client_secret_post", kind)).await
    }

    /// The client that proves itself by `method`, asking for `read:orders` at that kind of API.
    pub(crate) fn account_for(&self, method: &str, kind: &str) -> ServiceAccount {
        self.account(method).resource(api(kind)).scopes(Scopes::parse("read:orders"))
    }

    /// The client that proves itself by `method`.
    pub(crate) fn account(&self, method: &str) -> ServiceAccount {
        ServiceAccount::from_config(&self.client(method)).unwrap()
    }

    /// The same, as an operator writes it.
    pub(crate) fn client(&self, method: &str) -> Config {
        let credential = |member: &str| self.clients[method][member].as_str().map(Secret::from);
        let mut config = Config::new().provider("custom-oidc").authority(&self.issuer).client_id(method);
        let oidc = &mut config.authentication.oidc;
        oidc.client_authentication_method = Some(method.to_owned());
        (oidc.secret, oidc.private_key) = (credential("client_secret"), credential("private_key"));
        oidc.private_key_algorithm = oidc.private_key.is_some().then(|| "ES256".to_owned());
        config
    }

    /// Asks the token endpoint (RFC 6749 section 3.2).
    pub(crate) async fn token_request(&self, form: &[(&str, &str)]) -> Value {
        let response = self.http.post(format!("{}/token", self.issuer)).form(form).send().await.unwrap();
        let (status, body) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{status}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn port(&self) -> u16 {
        self.issuer.rsplit(':').next().unwrap().parse().unwrap()
    }
}

/// A token that nobody had before.
pub(crate) async fn first_token(account: ServiceAccount) -> String {
    TokenSource::start(account).unwrap().token().await.unwrap().expose().to_owned()
}

/// A client that talks to this machine alone, and follows no redirects.
pub(crate) fn http_client() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn answer(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = lines.next_line().await.unwrap();
    serde_json::from_str(&line.expect("the provider runs: `tests/all` installs what it needs")).unwrap()
}
