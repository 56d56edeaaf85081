//! The page for who is known, and may not come in.

use maud::html;

use super::{
    super::{super::LoginErrorKind, NotAllowedPage, Page},
    document::{Document, Failure, primary_link, secondary_link},
    symbol::Symbol,
};

pub(in crate::login::pages) fn page(page: &NotAllowedPage<'_>) -> Page {
    let row = LoginErrorKind::NotAllowed.row();
    let content = html! {
        p { (reason(page.code).unwrap_or(row.explanation)) }
        p { "If you think that it should be otherwise, ask the people who run this service. They will want to know the reference." }
        div class="actions" {
            (primary_link(page.logout_url, &html! { "Sign in as somebody else" }))
            (secondary_link(page.home_url, "Start page"))
        }
    };
    let failure = Some(Failure { provider: page.provider, code: page.code, reference: page.reference });
    Document { title: row.heading, symbol: Symbol::Barred, content, failure, form_action: "'none'" }.into()
}

/// What the person may do something about.
fn reason(code: &str) -> Option<&'static str> {
    Some(match code {
        "forbidden" => "You are signed in, but your account may not open this page.",
        "not_registered" => "You have no account here, and this service does not let people sign up by themselves.",
        "email_not_verified" => {
            "The sign-in provider has not verified your e-mail address. Look for its message in your mail, then sign in again."
        }
        "domain_not_allowed" | "email_domain_not_allowed" | "hosted_domain_not_allowed" | "another_organization" => {
            "The account that you signed in with belongs to an organisation that has no access to this service."
        }
        "domain_unstated" => {
            "The sign-in provider has not said which organisation your account belongs to. Sign in again, and let it share your e-mail address."
        }
        _ => return None,
    })
}
