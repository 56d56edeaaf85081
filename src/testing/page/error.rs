//! There is nowhere to go back to.

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::html;

use super::page;

/// Says what is wrong with a request.
pub(in crate::testing) fn error(status: StatusCode, reason: &str) -> Response<Bytes> {
    let content = html! {
        p.wrong role="alert" { (reason) }
        p { "The application sent you here with a request that cannot be answered." }
    };
    page(status, "This did not work", None, content)
}
