//! A page that posts itself (OAuth 2.0 Form Post Response Mode 1.0).

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{PreEscaped, html};

use super::page;

/// The script that sends the form of a page. Where scripts are off there is a button.
pub(in crate::testing) const SUBMIT: &str = "document.forms[0].submit()";

/// Posts parameters to the application.
pub(in crate::testing) fn form_post(action: &str, parameters: &[(String, String)]) -> Response<Bytes> {
    let content = html! {
        form method="post" action=(action) {
            @for (name, value) in parameters {
                input type="hidden" name=(name) value=(value);
            }
            button.main { "Continue" }
        }
        script { (PreEscaped(SUBMIT)) }
    };
    page(StatusCode::OK, "Back to the application", None, content)
}
