//! The page that asks the person to sign in.

use maud::html;

use super::{
    super::{Page, SignInPage},
    document::{Document, primary_link},
    symbol::Symbol,
};

pub(in crate::login::pages) fn page(page: &SignInPage<'_>) -> Page {
    let content = html! {
        p { "The page that you want is for people who are signed in. You will come back to it." }
        div class="actions" { (primary_link(page.login_url, &html! { "Sign in with " bdi { (page.provider) } })) }
    };
    Document { title: "Sign in", symbol: Symbol::Keyhole, content, failure: None, form_action: "'none'" }.into()
}
