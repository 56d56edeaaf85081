//! Who are you?

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{Markup, html};

use crate::testing::{authorization::AuthorizationRequest, endpoint::Endpoint, state::State};

use super::page;

/// What was wrong with the last answer, and what was typed.
#[derive(Default)]
pub(in crate::testing) struct Mistake<'a> {
    pub(in crate::testing) told: &'a str,
    pub(in crate::testing) name: &'a str,
    pub(in crate::testing) claims: &'a str,
}

/// Asks who somebody is: one of the accounts, or any name with any claims.
pub(in crate::testing) fn sign_in(
    state: &State,
    asked: &AuthorizationRequest,
    mistake: Option<&Mistake<'_>>,
) -> Response<Bytes> {
    let action = state.address.url(Endpoint::Login.path());
    let names: Vec<String> = state.users().names().map(str::to_owned).collect();
    let content = html! {
        p { "to go on to " strong { (state.client_id) } "." }
        @if let Some(mistake) = mistake { p.wrong role="alert" { (mistake.told) } }
        form method="post" action=(action) {
            input type="hidden" name="request" value=(asked.query);
            @for name in &names {
                button name="name" value=(name) { (name) }
            }
        }
        hr;
        (somebody_else(&action, asked, mistake))
        form method="post" action=(action) {
            input type="hidden" name="request" value=(asked.query);
            button name="decision" value="deny" { "Cancel" }
        }
    };
    let status = if mistake.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page(status, "Sign in", None, content)
}

fn somebody_else(action: &str, asked: &AuthorizationRequest, mistake: Option<&Mistake<'_>>) -> Markup {
    let name = mistake.map(|mistake| mistake.name).filter(|name| !name.is_empty()).or(asked.login_hint.as_deref());
    html! {
        form method="post" action=(action) {
            input type="hidden" name="request" value=(asked.query);
            label {
                "Another name"
                input name="name" required autocomplete="username" autocapitalize="none" spellcheck="false"
                    value=[name];
            }
            label {
                "Claims"
                span.hint { "A JSON object, if the name is not enough." }
                textarea name="claims" rows="3" spellcheck="false" placeholder=r#"{ "email_verified": false }"# {
                    @if let Some(mistake) = mistake { (mistake.claims) }
                }
            }
            button.main { "Sign in" }
        }
    }
}
