//! What the application shows.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use tower_oidc::{Auth, Principal, principal::Via};

/// Where each route leads, and who gets there.
const ROUTES: [(&str, &str); 6] = [
    ("/me", "who you are, as a page or as JSON, once you are signed in"),
    ("/api/me", "the same, always as JSON"),
    ("/admin", "a page for administrators"),
    ("/api/admin", "JSON for administrators"),
    ("/healthz", "whether the provider's keys are there"),
    ("/.well-known/oauth-protected-resource", "whose tokens count (RFC 9728)"),
];

/// The pages of one service.
pub(super) struct Site {
    /// Which knows where people sign in and out, by the configuration of the moment.
    pub(super) auth: Auth,
}

impl Site {
    /// For everybody.
    pub(super) fn home(&self, principal: Option<&Principal>) -> Markup {
        let content = html! {
            @match principal {
                Some(principal) => {
                    h1 { "Hello, " (shown_name(principal)) }
                    (person(principal))
                    (self.actions(principal))
                }
                None => {
                    h1 { "Nobody is signed in" }
                    @if let Some(paths) = self.auth.login_paths() {
                        p {
                            "Sign in to see what this service learns about you, or send a bearer token in the "
                            code { "Authorization" } " header."
                        }
                        p.actions { a.action href={ (paths.login) "?return_to=/me" } { "Sign in" } }
                    } @else {
                        p { "Send a bearer token in the " code { "Authorization" } " header." }
                    }
                }
            }
            section aria-labelledby="routes" {
                h2 id="routes" { "What there is to see" }
                ul.routes {
                    @for (path, told) in ROUTES {
                        li { a href=(path) { code { (path) } } span { (told) } }
                    }
                }
            }
        };
        self.page("Start", "/", principal, &content)
    }

    /// For whoever is signed in.
    pub(super) fn me(&self, principal: &Principal) -> Markup {
        let content = html! {
            h1 { "Who you are" }
            (person(principal))
            (self.actions(principal))
        };
        self.page("Who you are", "/me", Some(principal), &content)
    }

    /// For administrators.
    pub(super) fn admin(&self, principal: &Principal) -> Markup {
        let content = html! {
            h1 { "Administration" }
            p { "Only those get here whom " code { "adminPrincipals" } " names. It is asked at every request." }
            (person(principal))
        };
        self.page("Administration", "/admin", Some(principal), &content)
    }

    /// What a browser's session can be told to do.
    fn actions(&self, principal: &Principal) -> Markup {
        let paths = self.auth.login_paths().filter(|_| principal.via() == Via::Session);
        html! {
            @if let Some(paths) = paths {
                form.actions method="post" action=(paths.logout) { button.action { "Sign out" } }
                p.quiet {
                    "Tokens are renewed ahead of their end. To renew them now, send "
                    code { "POST " (paths.refresh) } ": it answers with the new expiry."
                }
            }
        }
    }

    fn page(&self, title: &str, path: &str, principal: Option<&Principal>, content: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " - tower-oidc" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header { div {
                        nav aria-label="Pages" {
                            (link("/", "Start", path)) (link("/me", "Who you are", path)) (link("/admin", "Admin", path))
                        }
                        @if let Some(principal) = principal { span.whoami { (principal.name()) } }
                    } }
                    main { (content) }
                }
            }
        }
    }
}

fn link(url: &str, text: &str, here: &str) -> Markup {
    html! { a href=(url) aria-current=[(url == here).then_some("page")] { (text) } }
}

fn shown_name(principal: &Principal) -> &str {
    principal.display_name().unwrap_or(principal.username())
}

/// Everything that a handler can learn of who sends a request.
fn person(principal: &Principal) -> Markup {
    let verified = if principal.email_verified() { "verified" } else { "not verified" };
    let via = match principal.via() {
        Via::Session => "the session of this browser",
        _ => "a bearer token",
    };
    let initial: String = shown_name(principal).chars().take(1).flat_map(char::to_uppercase).collect();
    html! {
        article.person {
            div.title {
                span.initial aria-hidden="true" { (initial) }
                div {
                    strong { (shown_name(principal)) }
                    div.quiet { (principal.name()) }
                }
                @if principal.is_admin() { span.badge { "administrator" } }
                @if principal.is_bot() { span.badge { "bot" } }
            }
            dl {
                @if let Some(email) = principal.email() {
                    (row("E-mail", &html! { (email) " " span.quiet { "(" (verified) ")" } }))
                }
                (row("Came in by", &html! { (via) }))
                (row("Roles", &chips(principal.roles())))
                (row("Teams", &chips(principal.teams())))
                (row("Scopes", &chips(principal.scopes().iter())))
                (row("Issuer", &html! { code { (principal.issuer()) } }))
                (row("Subject", &html! { code { (principal.subject()) } }))
            }
        }
    }
}

fn row(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn chips<'a>(texts: impl Iterator<Item = &'a str>) -> Markup {
    let mut texts = texts.peekable();
    html! {
        @if texts.peek().is_none() { span.quiet { "none" } }
        @for text in texts { span.chip { (text) } " " }
    }
}

const STYLE: &str = include_str!("style.css");
