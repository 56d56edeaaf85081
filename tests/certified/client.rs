//! Our own client at the provider's token endpoint.

use std::{env, fs, process};

use futures_util::future::{join_all, try_join_all};
use tower_oidc::{
    client::{ServiceAccount, TokenSource, TokenSourceError},
    config::Config,
    provider::{OAuthErrorCode, TokenEndpointError},
};

use crate::{
    provider::{METHODS, Provider, api, first_token},
    service::Service,
};

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn every_method_of_client_authentication_gets_a_token_for_the_api() {
    let provider = Provider::start().await;
    let service = Service::of(provider.endpoints(), "ES256").await;
    for method in METHODS {
        let token = first_token(provider.endpoints().account_for(method, "ES256")).await;
        let principal = service.accepts(&token).await;
        assert_eq!(principal.subject(), method);
        assert_eq!(principal.claims().strings("aud").unwrap().unwrap(), [api("ES256")]);
        assert!(principal.is_machine() && principal.scopes().contains("read:orders"), "{method}");
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_credential_that_is_not_the_clients_own_is_refused_and_not_sent_again() {
    let (mut provider, another) = tokio::join!(Provider::start(), Provider::start());
    for (asked, method) in (1..).zip(METHODS) {
        let tokens = TokenSource::start(with_a_wrong_credential(&provider, &another, method)).unwrap();
        let error = tokens.token().await.unwrap_err();
        assert!(refusal(&error).is_invalid_client() && !error.is_retryable(), "{method}: {error:?}");
        for error in join_all((0..10).map(|_| tokens.token())).await {
            assert!(matches!(error, Err(TokenSourceError::Paused { .. })), "{method}: {error:?}");
        }
        assert_eq!(provider.token_requests().await, asked, "{method}");
    }
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_token_for_an_api_that_the_provider_does_not_know_is_not_had() {
    let provider = Provider::start().await;
    let account = provider.endpoints().account_for("client_secret_basic", "unheard-of");
    let error = TokenSource::start(account).unwrap().token().await.unwrap_err();
    let refused = refusal(&error);
    assert!(matches!(refused, TokenEndpointError::OAuth { code: OAuthErrorCode::InvalidTarget, .. }), "{refused:?}");
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_secret_that_was_changed_in_its_file_is_read_again() {
    let mut provider = Provider::start().await;
    let file = env::temp_dir().join(format!("tower-oidc-changed-secret-{}", process::id()));
    fs::write(&file, "the secret until yesterday").unwrap();
    let mut client = provider.endpoints().client("client_secret_basic");
    let secret = client.authentication.oidc.secret.take().unwrap();
    let tokens = TokenSource::start(account(client.client_secret_file(&file))).unwrap();

    fs::write(&file, secret.expose()).unwrap();
    let token = tokens.token().await;
    fs::remove_file(&file).unwrap();
    assert!(token.is_ok(), "{token:?}");
    assert_eq!(provider.token_requests().await, 2);
}

#[tokio::test]
#[ignore = "needs Node: run tests/all"]
async fn a_thousand_parallel_first_calls_cause_one_request() {
    let mut provider = Provider::start().await;
    let tokens = TokenSource::start(provider.endpoints().account_for("private_key_jwt", "ES256")).unwrap();
    let calls = (0..1000).map(|_| {
        let tokens = tokens.clone();
        tokio::spawn(async move { tokens.token().await.unwrap().expose().to_owned() })
    });
    let calls: Vec<_> = calls.collect();
    let mut seen = try_join_all(calls).await.unwrap();
    assert_eq!(seen.len(), 1000);
    seen.dedup();
    assert_eq!((seen.len(), provider.token_requests().await), (1, 1));
}

/// The client that proves itself by `method`, with a secret that nobody has or with the key of its namesake at `another`.
fn with_a_wrong_credential(provider: &Provider, another: &Provider, method: &str) -> ServiceAccount {
    let mut client = provider.endpoints().client(method);
    if method == "private_key_jwt" {
        client.authentication.oidc.private_key = another.endpoints().client(method).authentication.oidc.private_key;
        account(client)
    } else {
        account(client.client_secret("a secret of 32 bytes or more that is not the client's"))
    }
}

fn account(client: Config) -> ServiceAccount {
    ServiceAccount::from_config(&client).unwrap()
}

fn refusal(error: &TokenSourceError) -> &TokenEndpointError {
    match error {
        TokenSourceError::TokenEndpoint(refusal) => refusal,
        other => panic!("expected a refusal of the token endpoint, got {other:?}"),
    }
}
