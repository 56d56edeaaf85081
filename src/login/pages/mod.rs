//! The pages that people see, made from codes and from the provider's name.
//!
//! 1. A page is whole by itself: no script, no font, no image from anywhere, one style sheet inside, known to its policy by hash.
//! 2. Nothing that the provider or the browser sent is shown: a word of the crate's own stands for every failure.
//! 3. No page goes anywhere by itself. A loop needs a person who presses a button each time.

mod default;
mod page;

use std::fmt;

use crate::types::Reference;

use super::LoginErrorKind;

pub use default::DefaultPages;
pub use page::Page;
pub(super) use page::respond;

/// Makes the pages that people see; `AuthBuilder::with_pages` puts them to use. Every page that is left out is that of
/// [`DefaultPages`].
///
/// Everything that a page may say is in its parameter. All texts are to be escaped; nothing in them comes from the provider
/// or the browser but the return address in an URL, which was checked.
///
/// Here the sign-in page speaks German, and the others stay as they are:
///
/// ```
/// use maud::{DOCTYPE, html};
/// use tower_oidc::login::{Page, Pages, SignInPage};
///
/// #[derive(Debug)]
/// struct OurPages;
///
/// impl Pages for OurPages {
///     fn sign_in(&self, page: &SignInPage<'_>) -> Page {
///         let document = html! {
///             (DOCTYPE)
///             html lang="de" {
///                 head {
///                     title { "Anmelden" }
///                     link rel="stylesheet" href="/style.css";
///                 }
///                 body { main {
///                     h1 { "Anmelden" }
///                     a href=(page.login_url) { "Weiter mit " (page.provider) }
///                 } }
///             }
///         };
///         Page::new(document).with_content_security_policy(
///             "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
///         )
///     }
/// }
/// ```
pub trait Pages: fmt::Debug + Send + Sync + 'static {
    /// Asks the person to sign in (`enableAutoRedirect` is off).
    fn sign_in(&self, page: &SignInPage<'_>) -> Page {
        default::sign_in(page)
    }

    /// Says what went wrong, and offers the way on.
    fn error(&self, page: &ErrorPage<'_>) -> Page {
        default::error(page)
    }

    /// Says that the person is known, and may not come in.
    fn not_allowed(&self, page: &NotAllowedPage<'_>) -> Page {
        default::not_allowed(page)
    }

    /// Asks whether the person wants to sign out, with a form that posts to `action`.
    fn sign_out(&self, page: &SignOutPage<'_>) -> Page {
        default::sign_out(page)
    }

    /// Says that the person is signed out.
    fn signed_out(&self, page: &SignedOutPage<'_>) -> Page {
        default::signed_out(page)
    }
}

/// See [`Pages::sign_in`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignInPage<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// Where the button leads: a link, opened by GET.
    pub login_url: &'a str,
}

/// See [`Pages::error`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ErrorPage<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// What kind of failure.
    pub kind: LoginErrorKind,
    /// The reason as a word for the person to quote, such as `unknown_transaction`. It is one of the crate's own.
    pub code: &'static str,
    /// What the operator finds in the log: show it with the code.
    pub reference: Reference,
    /// Where to try again, if that may help.
    pub retry_url: Option<&'a str>,
    /// The start page.
    pub home_url: &'a str,
}

/// See [`Pages::not_allowed`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NotAllowedPage<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The reason as a word for the person to quote, such as `not_registered`.
    pub code: &'static str,
    /// What the operator finds in the log: show it with the code.
    pub reference: Reference,
    /// Where to sign out, to come back as somebody else.
    pub logout_url: &'a str,
    /// The start page.
    pub home_url: &'a str,
}

/// See [`Pages::sign_out`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignOutPage<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// Where the form posts to.
    pub action: &'a str,
    /// Where the browser goes after that, if it leaves the own origin: browsers hold `form-action` against redirects too.
    pub provider_origin: Option<&'a str>,
    /// The start page.
    pub home_url: &'a str,
}

/// See [`Pages::signed_out`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedOutPage<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// Where to sign in again.
    pub login_url: &'a str,
    /// The start page.
    pub home_url: &'a str,
}
