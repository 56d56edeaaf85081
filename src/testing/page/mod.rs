//! The provider's own pages: whole in themselves, readable in light and dark, usable by keyboard and without JavaScript.

mod consent;
mod error;
mod form_post;
mod sign_in;
mod signed_out;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) use {
    consent::consent,
    error::error,
    form_post::{SUBMIT, form_post},
    sign_in::{Mistake, sign_in},
    signed_out::signed_out,
};

const STYLE: &str = include_str!("style.css");

/// A page. `head` is for what tells the browser where to go next.
fn page(status: StatusCode, title: &str, head: Option<Markup>, content: Markup) -> Response<Bytes> {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Test provider" }
                style { (PreEscaped(STYLE)) }
                @if let Some(head) = head { (head) }
            }
            body {
                main {
                    p.brand { "Test provider" }
                    h1 { (title) }
                    (content)
                }
                footer { "This provider runs inside a process. It knows no passwords and protects nothing." }
            }
        }
    };
    respond(status, document.into_string())
}

fn respond(status: StatusCode, document: String) -> Response<Bytes> {
    let mut response = Response::new(document.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
