//! The page that says what went wrong.

use maud::html;

use super::{
    super::{super::LoginErrorKind, ErrorPage, Page},
    document::{Document, Failure, primary_link, secondary_link},
    symbol::Symbol,
};

pub(in crate::login::pages) fn page(page: &ErrorPage<'_>) -> Page {
    const HOME: &str = "Start page";
    let row = page.kind.row();
    let content = html! {
        p { (reason(page.code).unwrap_or(row.explanation)) }
        div class="actions" {
            @match page.retry_url {
                Some(url) => { (primary_link(url, &html! { "Try again" })) (secondary_link(page.home_url, HOME)) }
                None => (primary_link(page.home_url, &html! { (HOME) })),
            }
        }
    };
    let failure = Some(Failure { provider: page.provider, code: page.code, reference: page.reference });
    Document { title: row.heading, symbol: symbol(page.kind), content, failure, form_action: "'none'" }.into()
}

/// What the person may do something about.
fn reason(code: &str) -> Option<&'static str> {
    Some(match code {
        "access_denied" => {
            "It was declined at the sign-in provider: by you, or because your account may not go on from there."
        }
        "unknown_transaction" => {
            "It took too long, was finished in another tab, or this browser did not keep the cookie that belongs to it."
        }
        "login_loop" => {
            "This browser came back twice without the cookie that belongs to it. Allow cookies for this site, close other tabs \
             that are signing in, and try again."
        }
        _ => return None,
    })
}

fn symbol(kind: LoginErrorKind) -> Symbol {
    match kind {
        LoginErrorKind::Interrupted | LoginErrorKind::Refused => Symbol::Again,
        LoginErrorKind::NotAllowed | LoginErrorKind::CrossSite => Symbol::Barred,
        LoginErrorKind::Unavailable => Symbol::Waiting,
        LoginErrorKind::BadRequest | LoginErrorKind::Method | LoginErrorKind::Misconfigured => Symbol::Wrong,
    }
}
