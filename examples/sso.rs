//! The reference application: every route of a service behind `tower-oidc`.
//!
//!     cargo run --example sso                                  # with a provider inside the process
//!     cargo run --example sso -- --config sso.yaml             # against a real one
//!     AUTHENTICATION_AUTHORITY=... OIDC_AUDIENCE=... cargo run --example sso

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its operator")]

use std::{error::Error, net::SocketAddr, path::PathBuf, process::ExitCode};

use axum::{
    Json, Router,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, VARY},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use clap::Parser;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use tokio::net::TcpListener;
use tower_oidc::{Auth, Config, Principal, layer::SetupError, principal::rules::admin, testing::TestProvider};

/// The reference application of tower-oidc.
#[derive(Parser)]
struct Arguments {
    /// The configuration, YAML or JSON. The variables of the environment are laid over it.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Exit with status 1 when the provider cannot be reached at start.
    #[arg(long)]
    require_provider: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(if error.is::<SetupError>() { 2 } else { 1 })
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let config = match &arguments.config {
        Some(file) => Config::from_file(file),
        None => Config::from_env(),
    };
    let config = config.map_err(SetupError::from)?;
    // Without any configuration, a provider inside the process, which lives as long as this function.
    let demo = if arguments.config.is_none() && config.is_empty() { Some(TestProvider::start().await) } else { None };
    let config = demo
        .as_ref()
        .map_or(config, |provider| provider.config().principal_domain("example.com").admin("alice@example.com"));
    let listener = TcpListener::bind(arguments.listen).await?;
    let address = listener.local_addr()?;

    let auth = Auth::discover(config).await?;
    if !auth.is_ready() {
        let reason = auth.status().into_iter().find_map(|status| status.problem);
        let reason = reason.map_or_else(String::new, |problem| format!(": {problem}"));
        if arguments.require_provider {
            return Err(format!("The provider cannot be reached{reason}").into());
        }
        println!("The provider cannot be reached yet{reason}");
        println!("It is tried again in the background; /healthz answers 200 once it is there.");
    }
    println!("Listening on http://{address}");
    if let Some(provider) = &demo {
        print_demo(provider, address);
    }
    axum::serve(listener, routes(auth)).await?;
    Ok(())
}

fn print_demo(provider: &TestProvider, address: SocketAddr) {
    let token = |name: &str| {
        provider.token(name).claim("email", format!("{name}@example.com")).claim("email_verified", true).sign()
    };
    println!(
        "A provider runs inside this process at {}. Two callers, each with a token for an hour:\n",
        provider.issuer()
    );
    println!(
        "  alice, an administrator:\n  curl -i -H 'Authorization: Bearer {}' http://{address}/api/admin\n",
        token("alice")
    );
    println!("  bob:\n  curl -i -H 'Authorization: Bearer {}' http://{address}/api/me\n", token("bob"));
}

fn routes(auth: Auth) -> Router {
    let for_admins = Router::new()
        .route("/admin", get(admin_page))
        .route("/api/admin", get(api_me))
        .route_layer(auth.require(admin()));
    Router::new()
        .route("/", get(home))
        .route("/me", get(me))
        .route("/api/me", get(api_me))
        .merge(for_admins)
        .layer(auth.layer())
        .route("/healthz", get(healthz).with_state(auth))
}

async fn home(principal: Option<Principal>) -> Markup {
    let content = html! {
        @match &principal {
            Some(principal) => p { "You are " strong { (principal.name()) } "." },
            None => p { "Nobody is signed in. Send a bearer token in the " code { "Authorization" } " header." },
        }
        nav { a href="/me" { "Who am I?" } " " a href="/admin" { "Administration" } }
    };
    page("tower-oidc", &content)
}

/// The principal, as JSON for those who ask for it and as a page for everybody else.
async fn me(principal: Principal, headers: HeaderMap) -> Response {
    let by_accept = [(VARY, "accept")];
    if prefers_json(&headers) {
        (by_accept, Json(principal)).into_response()
    } else {
        (by_accept, principal_page("Who you are", &principal)).into_response()
    }
}

async fn api_me(principal: Principal) -> Json<Principal> {
    Json(principal)
}

async fn admin_page(principal: Principal) -> Markup {
    principal_page("Administration", &principal)
}

async fn healthz(State(auth): State<Auth>) -> (StatusCode, &'static str) {
    if auth.is_ready() { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "waiting for keys\n") }
}

/// Whether a client would rather have JSON than a page: at a higher quality, or at the same quality by a closer name.
/// Browsers name `text/html`, programs `application/json`; `*/*` alone, as curl sends it, prefers neither.
fn prefers_json(headers: &HeaderMap) -> bool {
    let accept: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    wish(&accept, ["*/*", "application/*", "application/json"]) > wish(&accept, ["*/*", "text/*", "text/html"])
}

/// How much a media type is wished for (RFC 9110 section 12.5.1): the quality of the closest range that covers it, then how
/// close that is. `ranges` are those that cover it, the closest last.
fn wish(accept: &[&str], ranges: [&str; 3]) -> (f32, usize) {
    let wishes = accept.iter().flat_map(|value| value.split(',')).filter_map(|wish| {
        let mut parts = wish.split(';').map(str::trim);
        let range = parts.next()?;
        let closeness = ranges.iter().position(|covering| covering.eq_ignore_ascii_case(range))?;
        let quality = parts.find_map(|parameter| parameter.strip_prefix("q="));
        Some((quality.map_or(Ok(1.0), str::parse).ok()?, closeness))
    });
    wishes.max_by_key(|(_, closeness)| *closeness).unwrap_or_default()
}

fn principal_page(title: &str, principal: &Principal) -> Markup {
    let rows = [
        ("Name", principal.name()),
        ("Shown as", principal.display_name().unwrap_or("-")),
        ("E-mail", principal.email().unwrap_or("-")),
        ("Administrator", if principal.is_admin() { "yes" } else { "no" }),
        ("Scopes", principal.scopes().as_str()),
        ("Issuer", principal.issuer().as_str()),
        ("Subject", principal.subject()),
    ];
    let content = html! {
        table { @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } } }
        nav { a href="/" { "Back to the start" } }
    };
    page(title, &content)
}

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } (content) } }
        }
    }
}

const STYLE: &str = "
    body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 42rem; padding: 0 1rem }
    th { padding: .2rem 2rem .2rem 0; text-align: left; vertical-align: top; white-space: nowrap }
    td { overflow-wrap: anywhere }
    nav { margin-top: 2rem } nav a { margin-right: 1.5rem }
";
