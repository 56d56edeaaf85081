//! What the endpoints serve.

use serde_json::{Value, json};

use super::{TestProvider, client, get};
use crate::{
    testing::{Endpoint, SigningKey},
    types::Algorithm,
};

async fn fast() -> TestProvider {
    TestProvider::builder().algorithm(Algorithm::Es256).start().await
}

async fn served(provider: &TestProvider, endpoint: Endpoint) -> Value {
    get(provider.endpoint(endpoint).url()).await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_metadata_is_found_below_the_issuer_and_names_it_exactly() {
    let plain = fast().await;
    assert!(plain.issuer().starts_with("http://127.0.0.1:") && !plain.issuer().ends_with('/'));

    for (path, slash) in [("", false), ("", true), ("/tenant", false), ("/tenant/", true)] {
        let builder = TestProvider::builder().algorithm(Algorithm::Es256).issuer_path(path).issuer_slash(slash);
        let provider = builder.start().await;
        assert_eq!(provider.issuer().ends_with('/'), slash);
        let url = format!("{}/.well-known/openid-configuration", provider.issuer().trim_end_matches('/'));
        let metadata: Value = get(url).await.unwrap().json().await.unwrap();
        assert_eq!(metadata["issuer"], provider.issuer());
        assert_eq!(metadata, provider.metadata());

        let keys: Value = get(metadata["jwks_uri"].as_str().unwrap()).await.unwrap().json().await.unwrap();
        assert_eq!(keys, provider.jwks());
    }
}

#[tokio::test]
async fn the_metadata_has_every_required_member() {
    let metadata = served(&fast().await, Endpoint::Discovery).await;
    for required in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ] {
        assert!(metadata.get(required).is_some(), "{required}");
    }
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(["RS256", "ES256"]));
}

#[tokio::test]
async fn a_member_of_the_metadata_is_replaced_or_removed() {
    let provider = fast().await;
    provider.set_metadata("issuer", "https://elsewhere.example");
    provider.set_metadata("jwks_uri", json!(["not", "a", "text"]));
    provider.remove_metadata("token_endpoint");
    let metadata = served(&provider, Endpoint::Discovery).await;
    assert_eq!(metadata["issuer"], "https://elsewhere.example");
    assert_eq!(metadata["jwks_uri"], json!(["not", "a", "text"]));
    assert_eq!(metadata.get("token_endpoint"), None);
}

#[tokio::test]
async fn the_published_keys_follow_every_change() {
    let provider = fast().await;
    let ids = async || -> Vec<String> {
        let keys = served(&provider, Endpoint::Jwks).await;
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let first = provider.signing_key();
    assert_eq!(ids().await, [first.key_id()]);

    let second = provider.rotate_keys(Algorithm::EdDsa);
    assert_eq!(ids().await, [first.key_id(), second.key_id()]);

    let foreign = SigningKey::generate(Algorithm::Es256).with_key_id("foreign");
    provider.add_key(&foreign);
    provider.remove_key(first.key_id());
    assert_eq!(ids().await, [second.key_id(), "foreign"]);
    assert_eq!(provider.signing_key().key_id(), second.key_id());
}

#[tokio::test]
#[should_panic = "no key with the id \"absent\" is published"]
async fn removing_a_key_that_is_not_there_is_a_mistake_of_the_test() {
    fast().await.remove_key("absent");
}

#[tokio::test]
async fn a_raw_key_document_is_served_as_it_is_until_the_keys_are_again() {
    let provider = fast().await;
    let text = async || get(provider.endpoint(Endpoint::Jwks).url()).await.unwrap().bytes().await.unwrap();
    provider.publish_raw_jwks(&b"{\"keys\": \xff"[..]);
    assert_eq!(&text().await[..], b"{\"keys\": \xff");
    provider.publish_keys();
    assert_eq!(text().await, provider.jwks().to_string());
}

#[tokio::test]
async fn a_document_is_revalidated_by_its_tag_until_it_changes() {
    let provider = fast().await;
    let jwks = provider.endpoint(Endpoint::Jwks);
    let first = get(jwks.url()).await.unwrap();
    assert_eq!(first.headers()["cache-control"], "public, max-age=300");
    assert_eq!(first.headers()["content-type"], "application/json");
    let tag = first.headers()["etag"].clone();

    let ask = async || client().get(jwks.url()).header("if-none-match", &tag).send().await.unwrap();
    let again = ask().await;
    assert_eq!((again.status().as_u16(), &again.headers()["etag"]), (304, &tag));
    assert_eq!(again.text().await.unwrap(), "");
    assert_eq!(provider.last_request(Endpoint::Jwks).unwrap().headers()["if-none-match"], tag);

    provider.rotate_keys(Algorithm::Es256);
    let changed = ask().await;
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()["etag"], tag);
}

#[tokio::test]
async fn the_headers_of_an_endpoint_are_the_tests_to_choose() {
    let provider = fast().await;
    let jwks = provider.endpoint(Endpoint::Jwks);
    jwks.set_header("cache-control", "max-age=15");
    jwks.set_header("etag", "\"mine\"");
    let response = client().get(jwks.url()).header("if-none-match", "\"mine\"").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (304, &"max-age=15".parse().unwrap())
    );

    jwks.remove_header("etag");
    jwks.remove_header("cache-control");
    let response = get(jwks.url()).await.unwrap();
    assert_eq!((response.headers().get("etag"), response.headers().get("cache-control")), (None, None));
}

#[tokio::test]
async fn other_paths_are_not_found_and_other_methods_not_allowed() {
    let provider = TestProvider::builder().algorithm(Algorithm::Es256).issuer_path("tenant").start().await;
    let origin = provider.issuer().trim_end_matches("/tenant");
    for path in ["", "/", "/tenant/jwks/", "/tenant/JWKS", "/tenantjwks", "/jwks", "/.well-known/openid-configuration"]
    {
        assert_eq!(get(format!("{origin}{path}")).await.unwrap().status(), 404, "{path}");
    }
    let url = provider.endpoint(Endpoint::Jwks).url();
    let response = client().post(&url).body("x").send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"GET, HEAD".parse().unwrap()));
    assert_eq!(client().head(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn requests_are_counted_and_kept_by_endpoint() {
    let provider = fast().await;
    let jwks = provider.endpoint(Endpoint::Jwks);
    assert!(provider.last_request(Endpoint::Jwks).is_none());
    get(format!("{}?second=2", jwks.url())).await.unwrap();
    client().post(jwks.url()).header("x-third", "3").body("third").send().await.unwrap();
    assert_eq!((provider.requests(Endpoint::Jwks), provider.requests(Endpoint::Discovery)), (2, 0));

    let requests = jwks.recent_requests();
    assert_eq!(requests[0].uri().query(), Some("second=2"));
    assert_eq!((requests[1].method().as_str(), &requests[1].body()[..]), ("POST", &b"third"[..]));
    assert_eq!(provider.last_request(Endpoint::Jwks).unwrap().headers()["x-third"], "3");
}

#[tokio::test]
async fn only_the_last_hundred_requests_are_kept() {
    let provider = fast().await;
    let (client, jwks) = (client(), provider.endpoint(Endpoint::Jwks));
    for number in 0..=100 {
        client.get(format!("{}?{number}", jwks.url())).send().await.unwrap();
    }
    assert_eq!((jwks.requests(), jwks.recent_requests().len()), (101, 100));
    assert_eq!(jwks.recent_requests()[0].uri().query(), Some("1"));
}
