//! Services under load: requests a second beside the same service without a guard, and how long a request takes.
//!
//! The service has one processor and the load generator another. All services run; they are loaded in turn, round after round.

use std::{
    env, fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use tower_oidc::testing::TestProvider;

use crate::{
    Length, median,
    process::{Process, on_processor, own},
};

/// Tokens that are in use at once.
const TOKENS: usize = 1000;

const CONNECTIONS: usize = 16;

/// What the services on axum and on express are compared with, by its place in the list.
const NO_LAYER: usize = 0;
const NO_AUTH: usize = 5;

/// A service that is measured, and what its load was.
struct Contender {
    name: &'static str,
    /// What it is compared with, by its place in the list.
    base: usize,
    process: Process,
    address: String,
    /// What its requests carry.
    headers: PathBuf,
    loads: Vec<Load>,
}

/// What the load generator saw.
#[derive(Debug, Clone, Copy)]
struct Load {
    per_second: f64,
    /// Microseconds that half and 99 percent of the requests took at most.
    p50: f64,
    p99: f64,
}

pub(crate) async fn measure(length: Length) {
    let provider = TestProvider::start().await;
    let folder = env::temp_dir().join(format!("tower-oidc-sockets-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let tokens = tokens(&provider, folder.join("tokens"));
    let on_axum = |name, kind| contender(name, NO_LAYER, axum(kind, &provider), &tokens);
    let on_express = |name, arguments: &[&str]| contender(name, NO_AUTH, node(arguments), &tokens);
    let mut contenders = vec![
        on_axum("axum, no layer", "bare"),
        on_axum("axum, AuthLayer, cold", "cold"),
        on_axum("axum, AuthLayer, cached", "cached"),
        on_axum("axum, AuthLayer, sessions in cookies", "cookie"),
        on_axum("axum, AuthLayer, sessions in memory", "memory"),
        on_express("express, no auth", &["bare"]),
        on_express("express, express-oauth2-jwt-bearer", &["guarded", provider.issuer(), provider.audience()]),
    ];
    let (rounds, seconds) = if length == Length::Full { (9, 5) } else { (2, 1) };
    for contender in &mut contenders {
        contender.load(2.min(seconds));
        contender.loads.clear();
    }
    for _ in 0..rounds {
        contenders.iter_mut().for_each(|contender| contender.load(seconds));
    }
    println!("{rounds} rounds of {seconds} s, {CONNECTIONS} connections, {TOKENS} tokens; medians of the rounds\n");
    print_table(&contenders);
    fs::remove_dir_all(folder).expect("it is there");
}

/// A file of headers with tokens as Auth0 mints them.
fn tokens(provider: &TestProvider, file: PathBuf) -> PathBuf {
    let token = |number: usize| {
        let token = provider.token(&format!("auth0|{number:024}")).claim("email", "jane@company.com");
        let token = token.claim("email_verified", true).claim("permissions", ["read:orders", "write:orders"]);
        format!("Authorization: Bearer {}\n", token.claim("https://company.com/filling", "x".repeat(100)).sign())
    };
    fs::write(&file, (0..TOKENS).map(token).collect::<String>()).expect("there is room");
    file
}

fn axum(kind: &str, provider: &TestProvider) -> Command {
    let own = own();
    let mut command = on_processor(0, own.get_program().to_str().expect("a path of visible characters"));
    command.args(["serve", kind, provider.issuer(), provider.audience()]);
    command
}

fn node(arguments: &[&str]) -> Command {
    let mut command = on_processor(0, "node");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("node/server.mjs")).args(arguments);
    command.env("NODE_ENV", "production");
    command
}

fn contender(name: &'static str, base: usize, mut command: Command, tokens: &Path) -> Contender {
    let mut process = Process::start(&mut command);
    let mut cookies = String::new();
    let address = process.wait_for("listening", |line| cookies += &(line + "\n"));
    let headers = if cookies.is_empty() { tokens.to_owned() } else { tokens.with_file_name(address.replace(':', "-")) };
    if !cookies.is_empty() {
        fs::write(&headers, cookies).expect("there is room");
    }
    let contender = Contender { name, base, process, address, headers, loads: Vec::new() };
    contender.assert_guarded();
    contender
}

impl Contender {
    /// It lets in what the requests carry, and nobody else where it is guarded.
    fn assert_guarded(&self) {
        let headers = fs::read_to_string(&self.headers).expect("it was written");
        for header in headers.lines() {
            assert_eq!(self.status(header), "200", "{}", self.name);
        }
        let is_guarded = !self.name.ends_with("no layer") && !self.name.ends_with("no auth");
        assert_eq!(self.status("Accept: */*") == "401", is_guarded, "{}", self.name);
    }

    fn status(&self, header: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let request =
            format!("GET /orders HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{header}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer.split(' ').nth(1).expect("a status").to_owned()
    }

    fn load(&mut self, seconds: usize) {
        let mut wrk = on_processor(1, "wrk");
        wrk.args(["--threads", "1", "--connections", &CONNECTIONS.to_string(), "--duration", &format!("{seconds}s")]);
        wrk.arg("--script").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tokens.lua"));
        wrk.arg(format!("http://{}", self.address)).arg("--").arg(&self.headers);
        let line = Process::start(&mut wrk).wait_for("measured", drop);
        let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().expect("a number")).collect();
        let [requests, microseconds, failed, p50, p99] = numbers[..] else { panic!("not five numbers: {line}") };
        assert_eq!(failed, 0.0, "{}: requests failed", self.name);
        self.loads.push(Load { per_second: requests / microseconds * 1e6, p50, p99 });
    }

    fn median(&self, number: impl Fn(&Load) -> f64) -> f64 {
        median(self.loads.iter().map(number), f64::total_cmp)
    }
}

fn print_table(contenders: &[Contender]) {
    let [rate, ratio, low, high] = ["req/s", "ratio", "least", "most"];
    let [p50, p99, memory] = ["50 % us", "99 % us", "MB"];
    println!("{:<40} {rate:>8} {ratio:>6} {low:>6} {high:>6} {p50:>8} {p99:>8} {memory:>6}", "service");
    for contender in contenders {
        let base = &contenders[contender.base].loads;
        let mut ratios: Vec<f64> =
            contender.loads.iter().zip(base).map(|(load, base)| load.per_second / base.per_second).collect();
        ratios.sort_by(f64::total_cmp);
        let (low, ratio, high) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        let [rate, p50, p99] = [
            contender.median(|load| load.per_second),
            contender.median(|load| load.p50),
            contender.median(|load| load.p99),
        ];
        let memory = contender.process.resident();
        let name = contender.name;
        println!("{name:<40} {rate:>8.0} {ratio:>6.3} {low:>6.3} {high:>6.3} {p50:>8.0} {p99:>8.0} {memory:>6.1}");
    }
    println!();
}
