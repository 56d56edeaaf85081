//! What all pages share: the document around their content, its style and its policy.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::types::Reference;

use super::{super::Page, symbol::Symbol};

pub(super) const STYLE: &str = include_str!("style.css");

/// The source that lets [`STYLE`] in, and no other style (Content Security Policy Level 3 section 2.3.1).
static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()))));

/// One of the pages.
pub(super) struct Document<'a> {
    pub(super) title: &'a str,
    pub(super) symbol: Symbol,
    pub(super) content: Markup,
    pub(super) failure: Option<Failure<'a>>,
    /// `form-action` of its policy.
    pub(super) form_action: &'static str,
}

/// What a person is to quote when they ask for help.
pub(super) struct Failure<'a> {
    pub(super) provider: &'a str,
    pub(super) code: &'static str,
    pub(super) reference: Reference,
}

impl From<Document<'_>> for Page {
    fn from(document: Document<'_>) -> Self {
        let style = &*STYLE_SOURCE;
        let form_action = document.form_action;
        Self::new(markup(&document)).with_content_security_policy(format!(
            "default-src 'none'; style-src {style}; base-uri 'none'; frame-ancestors 'none'; form-action {form_action}"
        ))
    }
}

fn markup(document: &Document<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (document.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div class="card" {
                    main {
                        (document.symbol)
                        h1 { (document.title) }
                        (document.content)
                    }
                    @if let Some(failure) = &document.failure { (footer(failure)) }
                }
            }
        }
    }
}

fn footer(failure: &Failure<'_>) -> Markup {
    html! {
        footer {
            dl {
                div { dt { "Sign-in provider" } dd { bdi { (failure.provider) } } }
                div { dt { "Code" } dd { code { (failure.code) } } }
                div { dt { "Reference" } dd { code { (failure.reference) } } }
            }
        }
    }
}

/// The one thing to do next.
pub(super) fn primary_link(url: &str, text: &Markup) -> Markup {
    html! { a class="action" href=(url) { (text) } }
}

/// The other thing that can be done.
pub(super) fn secondary_link(url: &str, text: &str) -> Markup {
    html! { a class="aside" href=(url) { (text) } }
}
