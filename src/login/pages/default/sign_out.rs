//! The page that asks whether the person wants to sign out.

use maud::html;

use super::{
    super::{Page, SignOutPage},
    document::{Document, secondary_link},
    symbol::Symbol,
};

pub(in crate::login::pages) fn page(page: &SignOutPage<'_>) -> Page {
    let content = html! {
        @if page.provider_origin.is_some() {
            p { "You will be signed out of this site and of " bdi { (page.provider) } "." }
        } @else {
            p { "You will be signed out of this site." }
        }
        form class="actions" method="post" action=(page.action) {
            button class="action" type="submit" { "Sign out" }
            (secondary_link(page.home_url, "Stay signed in"))
        }
    };
    let form_action = form_action(page.provider_origin);
    Document { title: "Sign out?", symbol: Symbol::Leaving, content, failure: None, form_action }.into()
}

/// Browsers hold `form-action` against the whole chain of redirects that follows on the form. From the provider on nobody
/// knows where it leads (to whom the provider signs people in with, to a trusted return address), but for the scheme.
fn form_action(provider_origin: Option<&str>) -> &'static str {
    match provider_origin {
        None => "'self'",
        Some(origin) if origin.starts_with("https:") => "'self' https:",
        Some(_) => "'self' http: https:",
    }
}
