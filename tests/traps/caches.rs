//! What is remembered, and for whom: class D.

use tower_oidc::{
    Principal,
    client::{ServiceAccount, TokenSource},
    jose::JoseError,
    principal::rules::scope,
    testing::Endpoint,
    types::Scopes,
    validator::TokenError,
};

use crate::{asking::refusal, support::Stand};

async fn accepted(stand: &Stand, token: &str) -> Principal {
    stand.eventually(stand.auth.validate(token)).await.expect("the token is good")
}

/// What is remembered is found by the whole token and by nothing less, and what a route asks for is asked again at each request.
#[tokio::test]
async fn class_d_only_the_whole_token_finds_what_is_remembered() {
    let stand = Stand::new().await;
    let token = stand.provider.token("alice").scope("read:orders").sign();
    let first = accepted(&stand, &token).await;
    assert!(std::ptr::eq(first.claims(), accepted(&stand, &token).await.claims()), "it is remembered");
    for place in (0..token.len()).step_by(7).chain([token.len() - 1]) {
        let letter = if token.as_bytes()[place] == b'A' { "B" } else { "A" };
        let changed = format!("{}{letter}{}", &token[..place], &token[place + 1..]);
        assert!(stand.eventually(stand.auth.validate(&changed)).await.is_err(), "{place}");
    }
    for longer in [format!("{token}A"), format!("{token}."), format!(" {token}"), token[1..].to_owned()] {
        assert!(stand.eventually(stand.auth.validate(&longer)).await.is_err(), "{longer}");
    }
    let (met, unmet) = (scope("read:orders"), scope("write:orders"));
    let now = tower_oidc::types::Clock::now(&stand.clock);
    for _ in 0..3 {
        let alice = accepted(&stand, &token).await;
        assert!(met.check(&alice, now).is_ok() && unmet.check(&alice, now).is_err());
    }
    stand.advance(3600 + 60);
    assert!(matches!(refusal(&stand, &token).await, TokenError::Expired { .. }));
}

/// CVE-2026-35039 (fast-jwt): two tokens had one key in the cache, and the second was given the claims of the first. These have all in
/// common that a careless key is made of: header, length, signature, or the end of it.
#[tokio::test]
async fn cve_2026_35039_fast_jwt_no_two_tokens_share_what_is_remembered() {
    let stand = Stand::new().await;
    let (alice, robin) = (stand.provider.token("alice").sign(), stand.provider.token("robin").sign());
    assert_eq!((alice.len(), alice.split('.').next()), (robin.len(), robin.split('.').next()));
    for _ in 0..3 {
        assert_eq!(accepted(&stand, &alice).await.subject(), "alice");
        assert_eq!(accepted(&stand, &robin).await.subject(), "robin");
    }
    let [header, payload, _] = [0, 1, 2].map(|part| robin.split('.').nth(part).unwrap());
    let borrowed = format!("{header}.{payload}.{}", alice.split('.').nth(2).unwrap());
    for _ in 0..3 {
        assert_eq!(refusal(&stand, &borrowed).await, JoseError::Signature.into());
        assert_eq!(accepted(&stand, &alice).await.subject(), "alice");
    }
}

/// CVE-2025-67490 (nextjs-auth0): tokens that were renewed at the same time for two people were mixed up, for the cache did not know
/// the person. A renewal here is known by its session.
#[tokio::test]
async fn cve_2025_67490_nextjs_auth0_tokens_renewed_at_once_stay_with_their_people() {
    let stand = Stand::with(|config| config.scope("openid email offline_access")).await;
    let people = ["alice", "bob", "carol", "dave"];
    let mut browsers = Vec::new();
    for name in people {
        browsers.push(stand.signed_in(name).await);
    }
    for _ in 0..3 {
        stand.advance(3590);
        let before = stand.provider.requests(Endpoint::Token);
        let requests = (0..20).map(|number| (people[number % 4], browsers[number % 4].tab()));
        let answers = requests.map(async |(name, tab)| (name, tab.fetch("/me").await.json::<serde_json::Value>()));
        for (name, me) in futures_util::future::join_all(answers).await {
            assert_eq!(me["sub"], name);
        }
        assert_eq!(stand.provider.requests(Endpoint::Token) - before, people.len(), "one renewal each");
    }
}

/// CVE-2025-26620 (Duende): the cache of a client's own tokens did not know all parameters of the request, so that a token for one API was
/// sent to another. A source holds one token, of one account with its parameters: there is no cache to ask wrongly.
#[tokio::test]
async fn cve_2025_26620_duende_a_token_goes_where_it_was_asked_for() {
    let stand = Stand::new().await;
    stand.provider.add_service_account("billing", "a secret of the billing service");
    let source = |audience: &str, scopes: &str| {
        let account =
            ServiceAccount::auth0(stand.provider.issuer(), "billing", "a secret of the billing service").unwrap();
        let account = account.audience(audience).scopes(Scopes::parse(scopes));
        TokenSource::builder(account).with_clock(stand.clock.clone()).start().unwrap()
    };
    let own = stand.provider.audience();
    let sources =
        [source(own, "read:orders"), source(own, "write:orders"), source("https://other.example", "read:orders")];
    let mut tokens = Vec::new();
    for source in &sources {
        let token = source.token().await.unwrap();
        assert_eq!(source.token().await.unwrap().expose(), token.expose(), "each keeps its own");
        tokens.push(token);
    }
    let scopes = async |index: usize| accepted(&stand, tokens[index].expose()).await.scopes().to_string();
    assert_eq!((scopes(0).await, scopes(1).await), ("read:orders".to_owned(), "write:orders".to_owned()));
    assert_eq!(refusal(&stand, tokens[2].expose()).await, TokenError::Audience);
}
