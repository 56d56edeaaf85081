//! The `Authorization` header, and what else a request proves itself with.

use std::convert::Infallible;

use http::{Request, Response, header::AUTHORIZATION};
use tower::{Layer as _, Service as _, service_fn};
use tower_oidc::{
    Principal,
    jose::MAX_TOKEN_BYTES,
    layer::{AuthError, CredentialsError},
    principal::Via,
};

use super::{memory::bounded, request, stand};

/// Most bytes at once.
const MOST_BYTES: usize = 4 * MAX_TOKEN_BYTES;

/// The input is the headers of a request. The `Authorization` header counts alone: two are refused, one is as good as its token, and
/// a session is looked at only where there is none.
pub fn authorization(input: &[u8]) {
    stand::with(|stand| {
        let text = stand.expand(input);
        let Some(headers) = request::headers(&text) else { return };
        let mut request = Request::new(String::new());
        *request.headers_mut() = headers.clone();
        let mut service = stand.auth.layer().layer(service_fn(handler));
        let Some(answer) = bounded(MOST_BYTES, || stand.finish(service.call(request))) else { return };
        let answer = answer.unwrap_or_else(|never| match never {});

        let came_in = answer.extensions().get::<Principal>();
        let sent: Vec<_> = headers.get_all(AUTHORIZATION).iter().map(|value| value.as_bytes()).collect();
        match (&sent[..], came_in) {
            ([], None) => {}
            ([], Some(principal)) => assert_eq!(principal.via(), Via::Session),
            ([only], Some(principal)) => {
                assert_eq!(principal.via(), Via::Bearer);
                let (scheme, token) = only.split_at(only.iter().position(|byte| *byte == b' ').expect("a space"));
                assert!(scheme.eq_ignore_ascii_case(b"bearer"));
                assert_eq!(token.trim_ascii(), stand.word("{token}").as_bytes());
            }
            ([only], None) => {
                let good = [b"Bearer ", stand.word("{token}").as_bytes()].concat();
                assert_ne!(*only, &good[..], "refused: {:?}", answer.status());
            }
            (_, came_in) => {
                let reason = answer.extensions().get::<AuthError>();
                let repeated = matches!(reason, Some(AuthError::Credentials(CredentialsError::Repeated)));
                assert!(came_in.is_none() && repeated, "two credentials: {reason:?}");
            }
        }
    });
}

/// Answers with the principal.
async fn handler(request: Request<String>) -> Result<Response<String>, Infallible> {
    let mut response = Response::new(String::new());
    if let Some(principal) = request.extensions().get::<Principal>() {
        response.extensions_mut().insert(principal.clone());
    }
    Ok(response)
}
