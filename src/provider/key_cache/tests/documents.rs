use crate::provider::{HttpError, MAX_JWKS_BYTES};

use super::*;

/// A healthy provider whose key URL then answers with `reply`: the keys stay, and this is the problem.
async fn after(reply: Reply) -> Arc<ProviderError> {
    let scene = Scene::healthy().await;
    let generation = scene.generation();
    scene.client.set(JWKS, reply);
    assert!(is_unavailable(scene.renewed("b").await));
    assert!(scene.knows("a"), "the last good keys serve on");
    assert_eq!(scene.generation(), generation);
    scene.problem().unwrap()
}

#[tokio::test]
async fn what_is_no_key_document_leaves_the_keys_as_they_were() {
    for text in ["", "{", "not found", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":null}"#] {
        let problem = after(Reply::ok(text)).await;
        assert!(matches!(*problem, ProviderError::KeyDocument { .. }), "{text}: {problem}");
    }
    for text in ["<!doctype html>", "  <html>", "\u{feff}<html>"] {
        let problem = after(Reply::ok(text)).await;
        assert!(matches!(*problem, ProviderError::Html { .. }), "{text}: {problem}");
    }
}

#[tokio::test]
async fn a_document_without_one_usable_key_leaves_the_keys_as_they_were() {
    let elliptic = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"b",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
    for (text, usable, unreadable) in
        [(r#"{"keys":[]}"#, 0, 0), (r#"{"keys":[{"kty":"oct"}]}"#, 0, 1), (elliptic, 1, 0)]
    {
        let problem = after(Reply::ok(text)).await;
        let ProviderError::NoKeys { keys, skipped, .. } = *problem else { panic!("{problem}") };
        assert_eq!((keys, skipped), (usable, unreadable));
    }
}

#[tokio::test]
async fn an_unreadable_key_does_not_take_the_others_with_it() {
    let scene = Scene::healthy().await;
    let document = jwks(&["b"]).replacen("[{", r#"[{"kty":"RSA","kid":"a","n":"!"},{"#, 1);
    scene.client.set(JWKS, Reply::ok(document));
    assert_eq!(scene.renewed("b").await, Renewed::Changed);
    assert!(scene.knows("b") && !scene.knows("a"));
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused_whatever_the_client_let_through() {
    let problem = after(Reply::ok(vec![b' '; MAX_JWKS_BYTES + 1])).await;
    let limit_holds = |error: &HttpError| matches!(error, HttpError::TooLarge { limit: MAX_JWKS_BYTES });
    assert!(matches!(&*problem, ProviderError::Unreachable { source, .. } if limit_holds(source)), "{problem}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let scene = Scene::healthy().await;
    scene.client.set(JWKS, Reply::status(302, "").header("location", "https://evil.example/keys?x=1"));
    scene.client.set("https://evil.example/keys?x=1", Reply::ok(jwks(&["b"])));
    assert!(is_unavailable(scene.renewed("b").await));
    let problem = scene.problem().unwrap();
    let ProviderError::Redirect { to: Some(to), .. } = &*problem else { panic!("{problem}") };
    assert_eq!(to.as_str(), "https://evil.example/keys");
    assert_eq!(scene.client.count("https://evil.example/keys?x=1"), 0);
}

#[tokio::test]
async fn other_statuses_are_failures_and_no_contradiction() {
    for status in [204, 304, 400, 404, 410, 500, 503] {
        let problem = after(Reply::status(status, jwks(&["b"]))).await;
        assert!(matches!(*problem, ProviderError::Status { status: found, .. } if found == status), "{problem}");
        assert!(problem.is_unreachable());
    }
}
