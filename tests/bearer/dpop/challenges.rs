//! What a client is told (RFC 9449 sections 7.1 and 7.2).

use http::{Request, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _};
use tower_oidc::{
    Auth, Config,
    principal::rules::{scope, signed_in},
    types::Algorithm,
};

use crate::support::Stand;

use super::{Answer, accepting, jane, proof, requiring};

/// What each challenge ends with.
const METADATA: &str = r#", resource_metadata="https://api.example/.well-known/oauth-protected-resource""#;

fn named(config: Config) -> Config {
    let mut config = config;
    config.authentication.provider_name = Some("Acme".to_owned());
    config
}

/// The challenges, without what all of them say.
fn challenges(answer: &Answer) -> Vec<String> {
    let algorithms =
        format!(r#", algs="{}""#, Algorithm::ALL.iter().copied().map(Algorithm::name).collect::<Vec<_>>().join(" "));
    let values = answer.headers.get_all(WWW_AUTHENTICATE).iter().map(|value| value.to_str().unwrap());
    let short = |value: &str| {
        let rest = value.strip_suffix(METADATA).unwrap_or_else(|| panic!("{value}"));
        let is_dpop = value.starts_with("DPoP ");
        assert_eq!(rest.ends_with(&algorithms), is_dpop, "{value}");
        rest.strip_suffix(&*algorithms).unwrap_or(rest).to_owned()
    };
    values.map(short).collect()
}

/// The answer of a route that asks for a scope.
async fn ask(auth: &Auth, headers: &[(&str, &str)]) -> Answer {
    ask_for(auth, headers, true).await
}

async fn ask_for(auth: &Auth, headers: &[(&str, &str)], with_scope: bool) -> Answer {
    let handler = tower::service_fn(|_: Request<String>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new("in".to_owned()))
    });
    let rule = if with_scope { scope("write:orders") } else { signed_in() };
    let service = auth.layer().layer(auth.require(rule).layer(handler));
    let (mut parts, body) = service.oneshot(super::request(headers)).await.unwrap().into_parts();
    let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, text, reason: parts.extensions.remove() }
}

#[tokio::test]
async fn each_scheme_that_is_offered_has_a_challenge_and_the_one_that_was_used_has_the_error() {
    let stand = Stand::with(|config| named(accepting(config))).await;
    let (key, token) = jane(&stand);
    let (bearer, dpop) = (format!("Bearer {token}"), format!("DPoP {token}"));
    let (bearer, dpop) = (("authorization", &*bearer), ("authorization", &*dpop));
    let plain = stand.provider.token("jane").sign();
    let plain = format!("Bearer {plain}");
    let invalid = r#"Bearer realm="Acme", error="invalid_token""#;
    for (headers, status, expected) in [
        (&[][..], 401, [r#"Bearer realm="Acme""#, r#"DPoP realm="Acme""#]),
        (&[("authorization", "Basic YTpi")], 401, [r#"Bearer realm="Acme""#, r#"DPoP realm="Acme""#]),
        (&[bearer], 401, [invalid, r#"DPoP realm="Acme""#]),
        (&[("authorization", "Bearer a.b.c")], 401, [invalid, r#"DPoP realm="Acme""#]),
        (
            &[("authorization", &*plain)],
            403,
            [r#"Bearer realm="Acme", error="insufficient_scope", scope="write:orders""#, r#"DPoP realm="Acme""#],
        ),
        (&[dpop], 401, [r#"Bearer realm="Acme""#, r#"DPoP realm="Acme", error="invalid_dpop_proof""#]),
        (
            &[dpop, ("dpop", &*proof(&stand.provider.dpop_key(), &token).sign())],
            401,
            [r#"Bearer realm="Acme""#, r#"DPoP realm="Acme", error="invalid_token""#],
        ),
        (
            &[dpop, ("dpop", &*proof(&key, &token).sign())],
            403,
            [r#"Bearer realm="Acme""#, r#"DPoP realm="Acme", error="insufficient_scope", scope="write:orders""#],
        ),
    ] {
        let answer = ask(&stand.auth, headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(challenges(&answer), expected, "{headers:?}");
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_read_are_told_under_the_scheme_that_they_name() {
    let stand = Stand::with(|config| named(accepting(config))).await;
    for (header, used) in [("DPoP", "DPoP "), ("dpop\tx", "DPoP "), ("Bearer", "Bearer "), ("Bearer,x", "Bearer ")] {
        let told = challenges(&ask(&stand.auth, &[("authorization", header)]).await);
        let with_error: Vec<_> = told.iter().filter(|challenge| challenge.contains("error=")).collect();
        assert!(with_error.len() == 1 && with_error[0].starts_with(used), "{header}: {told:?}");
    }
}

#[tokio::test]
async fn where_proofs_are_required_their_scheme_alone_is_offered() {
    let stand = Stand::with(|config| named(requiring(config))).await;
    let token = format!("Bearer {}", stand.provider.token("jane").sign());
    for (headers, expected) in [
        (&[][..], r#"DPoP realm="Acme""#),
        (&[("authorization", &*token)], r#"DPoP realm="Acme", error="invalid_token""#),
        (&[("authorization", "DPoP a.b.c")], r#"DPoP realm="Acme", error="invalid_dpop_proof""#),
    ] {
        let answer = ask(&stand.auth, headers).await;
        assert_eq!((answer.status, challenges(&answer)), (StatusCode::UNAUTHORIZED, vec![expected.to_owned()]));
    }
}

#[tokio::test]
async fn a_refused_proof_is_a_problem_like_any_other() {
    let stand = Stand::with(accepting).await;
    let answer = ask(&stand.auth, &[("authorization", "DPoP a.b.c")]).await;
    let problem: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(problem["type"], "urn:tower-oidc:refusal:invalid_dpop_proof");
    assert_eq!((&problem["status"], &problem["error"]), (&401.into(), &"invalid_dpop_proof".into()));
    assert_eq!(problem["detail"], "The DPoP proof is not accepted.");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

/// A gRPC call is a POST to the method's path.
#[tokio::test]
async fn a_grpc_client_is_answered_by_a_status() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    let authorization = format!("DPoP {token}");
    let headers = [("authorization", &*authorization), ("content-type", "application/grpc")];
    let bad = ask_for(&stand.auth, &headers, false).await;
    assert_eq!((bad.status, &bad.headers["grpc-status"]), (StatusCode::OK, &"16".parse().unwrap()));
    assert_eq!(bad.headers["grpc-message"], "The DPoP proof is not accepted.");
    let once = proof(&key, &token).sign();
    let good = ask_for(&stand.auth, &[headers[0], headers[1], ("dpop", &once)], false).await;
    assert_eq!((good.status, &*good.text), (StatusCode::OK, "in"));
}

/// A person who opens a page without a session keeps all challenges that go with the 401.
#[tokio::test]
async fn a_page_for_people_keeps_every_challenge() {
    let (provider, clock) = crate::support::provider().await;
    let mut config = accepting(provider.login_config("https://api.example"));
    config.authentication.enable_auto_redirect = Some(false);
    let config = named(config).session_secret("a secret of the tests that is long enough");
    let stand = Stand::of(provider, clock, config).await;
    let headers = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("accept", "text/html")];
    let page = ask(&stand.auth, &headers).await;
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{:?}", page.headers);
    assert_eq!(challenges(&page), [r#"Bearer realm="Acme""#, r#"DPoP realm="Acme""#]);
}
