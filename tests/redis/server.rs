//! A Redis of a test's own: a process on a free port that keeps nothing on disk, and ends with the test.

use std::{
    env, fs,
    net::TcpListener,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use redis::{AsyncCommands as _, Client, aio::MultiplexedConnection, cmd};
use tokio::{
    process::{Child, Command},
    time::sleep,
};
use url::Url;

/// How long Redis may take to come up. Only a test that fails waits for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ports are free until somebody else takes them.
const PORTS: usize = 5;

/// A running Redis.
pub(crate) struct RedisServer {
    process: Child,
    directory: PathBuf,
    port: u16,
    arguments: Vec<String>,
    password: Option<&'static str>,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], None).await
    }

    /// A Redis that wants a password.
    pub(crate) async fn with_password(password: &'static str) -> Self {
        Self::start_with(&["--requirepass", password], Some(password)).await
    }

    /// A Redis with more arguments.
    pub(crate) async fn start_with(arguments: &[&str], password: Option<&'static str>) -> Self {
        for _ in 0..PORTS {
            let port = free_port();
            let directory = env::temp_dir().join(format!("tower-oidc-redis-{}-{port}", std::process::id()));
            fs::create_dir_all(&directory).unwrap();
            let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
            let process = spawn(port, &directory, &arguments);
            let mut server = Self { process, directory, port, arguments, password };
            if server.is_up().await {
                return server;
            }
        }
        panic!("redis-server does not start");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its URL, with the password.
    pub(crate) fn url(&self) -> String {
        let mut url = Url::parse(&format!("redis://127.0.0.1:{}/0", self.port)).unwrap();
        url.set_password(self.password).unwrap();
        url.into()
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Stops it where it is: it takes connections, and answers nobody.
    pub(crate) async fn hang(&self) {
        self.signal("-STOP").await;
    }

    /// Lets it go on.
    pub(crate) async fn go_on(&self) {
        self.signal("-CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    }

    /// Starts it again on the same port, with nothing in it.
    pub(crate) async fn restart(&mut self) {
        self.process = spawn(self.port, &self.directory, &self.arguments);
        assert!(self.is_up().await, "redis-server does not start again");
    }

    /// A connection of the test's own.
    pub(crate) async fn connection(&self) -> MultiplexedConnection {
        Client::open(self.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
    }

    /// The keys that match.
    pub(crate) async fn keys(&self, pattern: &str) -> Vec<String> {
        self.connection().await.keys(pattern).await.unwrap()
    }

    /// Everything that it holds: each key, and each value as Redis itself writes it to disk and as its commands show it.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        let mut connection = self.connection().await;
        let mut all = Vec::new();
        for key in self.keys("*").await {
            all.extend_from_slice(key.as_bytes());
            let raw: Vec<u8> = cmd("DUMP").arg(&key).query_async(&mut connection).await.unwrap();
            all.extend(raw);
            let kind: String = cmd("TYPE").arg(&key).query_async(&mut connection).await.unwrap();
            let shown: Vec<Vec<u8>> = match kind.as_str() {
                "hash" => connection.hgetall(&key).await.unwrap(),
                "zset" => connection.zrange(&key, 0, -1).await.unwrap(),
                "string" => vec![connection.get(&key).await.unwrap()],
                other => panic!("a {other}"),
            };
            all.extend(shown.concat());
        }
        all
    }

    async fn is_up(&mut self) -> bool {
        let client = Client::open(self.url()).unwrap();
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            if let Ok(mut connection) = client.get_multiplexed_async_connection().await
                && connection.ping::<String>().await.is_ok()
            {
                return true;
            }
            sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _it_is_only_a_directory = fs::remove_dir_all(&self.directory);
    }
}

fn spawn(port: u16, directory: &PathBuf, arguments: &[String]) -> Child {
    Command::new(env::var("REDIS_SERVER").as_deref().unwrap_or("redis-server"))
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("redis-server runs: `tests/all` says what is missing")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
