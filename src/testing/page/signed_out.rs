//! Nobody is signed in any more.

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::html;

use super::page;

/// Says that the person is signed out, tells the application in a frame (OpenID Connect Front-Channel Logout 1.0 section 3),
/// and goes on.
pub(in crate::testing) fn signed_out(frame: Option<&str>, next: Option<&str>) -> Response<Bytes> {
    let onward = next.map(|next| html! { meta http-equiv="refresh" content=(format!("1; url={next}")); });
    let content = html! {
        @if let Some(frame) = frame { iframe src=(frame) title="The application signs you out" {} }
        @match next {
            Some(next) => p { a href=(next) { "Back to the application" } },
            None => p { "You may close this page." },
        }
    };
    page(StatusCode::OK, "You are signed out", onward, content)
}
