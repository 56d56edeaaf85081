//! The page that says that the person is signed out.

use maud::html;

use super::{
    super::{Page, SignedOutPage},
    document::{Document, primary_link, secondary_link},
    symbol::Symbol,
};

pub(in crate::login::pages) fn page(page: &SignedOutPage<'_>) -> Page {
    let content = html! {
        p { "This site does not know you any more." }
        p {
            bdi { (page.provider) }
            " may still remember you. On a computer that others use too, sign out there as well, or close the browser."
        }
        div class="actions" {
            (primary_link(page.login_url, &html! { "Sign in again" }))
            (secondary_link(page.home_url, "Start page"))
        }
    };
    Document { title: "You are signed out", symbol: Symbol::Done, content, failure: None, form_action: "'none'" }.into()
}
