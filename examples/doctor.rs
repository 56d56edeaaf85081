//! What is wrong with a configuration, before anybody signs in.
//!
//!     cargo run --example doctor -- --config sso.yaml                # the file, with the variables laid over it
//!     AUTHENTICATION_AUTHORITY=... cargo run --example doctor        # the variables alone
//!     cargo run --example doctor -- --config sso.yaml --token -      # and what becomes of a token, read from standard input
//!     cargo run --example doctor -- --config sso.yaml --json
//!
//! Exit status 0: no error was found, and the token, if there is one, is accepted. 1: there is an error, or the token is refused.
//! 2: nothing could be checked. Nothing secret is printed; colours only in a terminal, and not with `NO_COLOR`.

#![allow(clippy::print_stderr, reason = "a program speaks to its operator")]

use std::{
    env,
    error::Error,
    fmt::Display,
    io::{self, IsTerminal, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use serde::Serialize;
use tower_oidc::doctor::{Doctor, Report, TokenReport};

/// Longest token that is read from standard input, in bytes.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;

/// Says what is wrong with a configuration of tower-oidc, and how to mend it.
#[derive(Parser)]
struct Arguments {
    /// The configuration, YAML or JSON. The variables of the environment are laid over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A token to take through every step; `-` reads it from standard input, so that no history keeps it.
    #[arg(long, value_name = "JWT")]
    token: Option<String>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// The service brings a session store of its own for a `sessionStore` that the crate does not.
    #[arg(long)]
    own_session_store: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Findings {
    #[serde(flatten)]
    report: Report,
    token: Option<TokenReport>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match examine(&arguments).await.and_then(|findings| findings.print(arguments.json)) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

async fn examine(arguments: &Arguments) -> Result<Findings, Box<dyn Error>> {
    let mut doctor = match &arguments.config {
        Some(file) => Doctor::from_file(file)?,
        None => Doctor::from_env()?,
    };
    if doctor.has_nothing_to_check() {
        return Err("nothing is configured: name a file by --config, or set the variables".into());
    }
    if arguments.own_session_store {
        doctor = doctor.with_own_session_store();
    }
    let token = match arguments.token.as_deref() {
        Some("-") => Some(read_token()?),
        token => token.map(str::to_owned),
    };
    Ok(match &token {
        Some(token) => {
            let (report, token) = doctor.check_with_token(token).await;
            Findings { report, token: Some(token) }
        }
        None => Findings { report: doctor.check().await, token: None },
    })
}

fn read_token() -> io::Result<String> {
    let mut token = String::new();
    io::stdin().lock().take(MAX_TOKEN_BYTES).read_to_string(&mut token)?;
    Ok(token)
}

impl Findings {
    fn print(&self, json: bool) -> Result<ExitCode, Box<dyn Error>> {
        let mut out = io::stdout().lock();
        if json {
            serde_json::to_writer_pretty(&mut out, self)?;
            writeln!(out)?;
        } else if has_colours() {
            write_both(&mut out, self.report.coloured(), self.token.as_ref().map(TokenReport::coloured))?;
        } else {
            write_both(&mut out, &self.report, self.token.as_ref())?;
        }
        let token_is_good = self.token.as_ref().is_none_or(TokenReport::is_accepted);
        Ok(if self.report.is_healthy() && token_is_good { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn write_both(out: &mut impl Write, report: impl Display, token: Option<impl Display>) -> io::Result<()> {
    write!(out, "{report}")?;
    token.into_iter().try_for_each(|token| write!(out, "\n{token}"))
}

/// In a terminal, unless `NO_COLOR` has a value (<https://no-color.org>).
fn has_colours() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
