//! Tokens that are bound to a key (RFC 9449): who gets in with one, and who does not.

mod accepted;
mod challenges;
mod refused;

use std::convert::Infallible;

use http::{HeaderMap, Method, Request, Response, StatusCode, header::AUTHORIZATION};
use http_body_util::BodyExt as _;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_oidc::{
    Auth, Config, Principal,
    layer::AuthError,
    testing::{DpopKey, ProofBuilder},
    validator::{ProofError, TokenError},
};

use crate::support::Stand;

/// Where the service is, as its configuration says.
const SERVER: &str = "https://api.example";

/// What is asked for.
const ORDERS: &str = "https://api.example/orders";

fn accepting(config: Config) -> Config {
    config.server_url(SERVER).dpop("accepted")
}

fn requiring(config: Config) -> Config {
    config.server_url(SERVER).dpop("required")
}

/// What the layer and the handler made of a request.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// The subject of the principal, or what a refusal says.
    text: String,
    reason: Option<AuthError>,
}

impl Answer {
    /// Why the token was refused, or its proof.
    #[track_caller]
    fn refusal(&self) -> &TokenError {
        match &self.reason {
            Some(AuthError::Token(error)) => error,
            other => panic!("expected a refused token, got {other:?}"),
        }
    }

    #[track_caller]
    fn proof_refusal(&self) -> &ProofError {
        match self.refusal() {
            TokenError::Proof(error) => error,
            other => panic!("expected a refused proof, got {other:?}"),
        }
    }
}

/// The answer to a request through the layer, whose handler lets everybody in.
async fn send(auth: &Auth, request: Request<String>) -> Answer {
    let handler = service_fn(|request: Request<String>| async move {
        let subject = request.extensions().get::<Principal>().map_or("nobody", Principal::subject);
        Ok::<_, Infallible>(Response::new(subject.to_owned()))
    });
    let response = auth.layer().layer(handler).oneshot(request).await.unwrap();
    let (mut parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, text, reason: parts.extensions.remove() }
}

/// `GET /orders`, with a query that no proof speaks of, and with these headers.
fn request(headers: &[(&str, &str)]) -> Request<String> {
    let request = Request::builder().method(Method::GET).uri("/orders?page=2");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(String::new()).unwrap()
}

/// The answer to `GET /orders` with these headers.
async fn get(stand: &Stand, headers: &[(&str, &str)]) -> Answer {
    stand.eventually(send(&stand.auth, request(headers))).await
}

/// The answer to `GET /orders` with that token by the scheme DPoP, and that proof.
async fn bound(stand: &Stand, token: &str, proof: &str) -> Answer {
    get(stand, &[(AUTHORIZATION.as_str(), &format!("DPoP {token}")), ("dpop", proof)]).await
}

/// A key, and a token of jane's that is bound to it.
fn jane(stand: &Stand) -> (DpopKey, String) {
    let key = stand.provider.dpop_key();
    let token = stand.provider.token("jane").bound_to(&key).sign();
    (key, token)
}

/// A good proof for `GET /orders`.
fn proof(key: &DpopKey, token: &str) -> ProofBuilder {
    key.proof("GET", ORDERS, token)
}
