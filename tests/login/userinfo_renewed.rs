//! Userinfo at a renewal: asked as at the login, so that what it takes away is gone; what it refuses to say is gone as well, and what it
//! could not be asked stays. Nobody is signed out for either.

use http::StatusCode;
use serde_json::{Value, json};
use tower_oidc::{
    Config,
    testing::{Browser, Endpoint, Fault, GrantType, SigningKey, TokenBuilder},
    types::Algorithm,
};

use crate::{
    support::Stand,
    support_sessions::{OFFLINE, RENEWAL, STORES, set},
};

/// Roles and address come from userinfo alone.
async fn thin(store: &'static str) -> Stand {
    let stand = Stand::with(|mut config: Config| {
        config.authorizer.use_roles_from_provider = Some(true);
        config.scope(OFFLINE).session_store(store)
    })
    .await;
    stand.provider.add_user("alice").claim("roles", ["editor"]);
    stand.provider.change_id_token(|token, _| token.without("email").without("email_verified").without("roles"));
    stand
}

/// Who is signed in once the tokens were renewed.
async fn renewed(stand: &Stand, browser: &Browser) -> Value {
    let before = stand.token_requests();
    stand.advance(RENEWAL);
    let me = browser.fetch("/me").await;
    assert_eq!((me.status, stand.token_requests()), (StatusCode::OK, before + 1));
    me.json()
}

fn says(stand: &Stand, name: &'static str, value: Value) {
    stand.provider.change_userinfo(move |claims| drop(claims.insert(name.to_owned(), value.clone())));
}

#[tokio::test]
async fn a_role_that_userinfo_no_longer_gives_is_gone_with_the_next_renewal() {
    for store in STORES {
        let stand = thin(store).await;
        let browser = stand.signed_in("alice").await;
        let alice: Value = browser.fetch("/me").await.json();
        assert_eq!((&alice["roles"], &alice["email"]), (&json!(["editor"]), &json!("alice@example.com")), "{store}");
        says(&stand, "roles", json!([]));
        let alice = renewed(&stand, &browser).await;
        assert_eq!((&alice["roles"], &alice["email"]), (&json!([]), &json!("alice@example.com")), "{store}");
        says(&stand, "email", json!("alice@elsewhere.example"));
        assert_eq!(renewed(&stand, &browser).await["email"], "alice@elsewhere.example", "{store}");
        assert_eq!(stand.provider.requests(Endpoint::Userinfo), 3, "{store}");
    }
}

/// What the last ID token said tells what is missing.
#[tokio::test]
async fn a_renewal_without_an_id_token_asks_as_well() {
    let stand = thin("memory").await;
    let browser = stand.signed_in("alice").await;
    stand.provider.change_token_response(|members, grant| {
        if grant == GrantType::RefreshToken {
            members.remove("id_token");
        }
    });
    says(&stand, "roles", json!(["guest"]));
    let alice = renewed(&stand, &browser).await;
    assert_eq!((&alice["roles"], &alice["displayName"]), (&json!(["guest"]), &json!("Alice")));
}

#[tokio::test]
async fn a_renewal_asks_for_userinfo_as_the_login_did() {
    for (word, at_login, at_renewal) in [("always", 1, 1), ("auto", 0, 0), ("never", 0, 0)] {
        let stand = Stand::with(|mut config: Config| {
            config.authentication.oidc.load_userinfo = Some(word.to_owned());
            config.scope(OFFLINE)
        })
        .await;
        let browser = stand.signed_in("alice").await;
        assert_eq!(stand.provider.requests(Endpoint::Userinfo), at_login, "{word}");
        renewed(&stand, &browser).await;
        assert_eq!(stand.provider.requests(Endpoint::Userinfo), at_login + at_renewal, "{word}");
    }
}

/// As with a provider that cannot be asked for tokens.
#[tokio::test]
async fn userinfo_that_cannot_be_asked_at_a_renewal_leaves_what_it_said_and_is_asked_again_at_the_next() {
    for fault in [Fault::Status(500), Fault::Status(408), Fault::Status(429), Fault::Close] {
        let stand = thin("cookie").await;
        let browser = stand.signed_in("alice").await;
        says(&stand, "roles", json!([]));
        stand.provider.endpoint(Endpoint::Userinfo).fail_with(fault.clone());
        assert_eq!(renewed(&stand, &browser).await["roles"], json!(["editor"]), "{fault:?}");
        stand.provider.endpoint(Endpoint::Userinfo).heal();
        assert_eq!(renewed(&stand, &browser).await["roles"], json!([]), "{fault:?}");
    }
}

/// Else whoever makes it refuse, or makes its answer too long, keeps a role for as long as the session lasts.
#[tokio::test]
async fn userinfo_that_refuses_at_a_renewal_takes_back_what_it_said_and_signs_nobody_out() {
    for fault in [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(404),
        Fault::Html,
        Fault::Malformed,
        Fault::Huge(1 << 20),
    ] {
        let stand = thin("cookie").await;
        let browser = stand.signed_in("alice").await;
        stand.provider.endpoint(Endpoint::Userinfo).fail_with(fault.clone());
        let alice = renewed(&stand, &browser).await;
        assert_eq!((&alice["roles"], &alice["email"]), (&json!([]), &Value::Null), "{fault:?}");
        assert_eq!(alice["displayName"], "Alice", "{fault:?}: the ID token says so");
        stand.provider.endpoint(Endpoint::Userinfo).heal();
        assert_eq!(renewed(&stand, &browser).await["roles"], json!(["editor"]), "{fault:?}");
    }
}

#[tokio::test]
async fn userinfo_of_a_renewal_that_is_not_the_providers_word_of_this_person_takes_back_what_it_said() {
    let stranger = SigningKey::generate(Algorithm::Rs256);
    type Forge = Box<dyn Fn(TokenBuilder, &str) -> String + Send + Sync>;
    let forgeries: [(&str, Forge); 4] = [
        ("a stranger's key", Box::new(move |token, key_id| token.key(&stranger).header("kid", key_id).sign())),
        ("for another client", Box::new(|token, _| token.audience("another").sign())),
        ("unsigned", Box::new(|token, _| token.unsigned().sign())),
        ("of somebody else", Box::new(|token, _| token.claim("sub", "bob").sign())),
    ];
    for (what, forge) in forgeries {
        let stand = thin("memory").await;
        let browser = stand.signed_in("alice").await;
        let key = stand.provider.signing_key();
        stand.provider.sign_userinfo(move |token| forge(token.claim("roles", ["owner"]), key.key_id()));
        assert_eq!(renewed(&stand, &browser).await["roles"], json!([]), "{what}");
        stand.provider.sign_userinfo(|token| token.claim("roles", ["guest"]).sign());
        assert_eq!(renewed(&stand, &browser).await["roles"], json!(["guest"]), "{what}");
    }
}

/// The new tokens wait for it to be stored, and so does the request.
#[tokio::test]
async fn userinfo_that_takes_too_long_is_given_up_while_the_request_still_waits() {
    let stand = thin("cookie").await;
    let browser = stand.signed_in("alice").await;
    stand.provider.endpoint(Endpoint::Userinfo).fail_with(Fault::Hang);
    stand.advance(RENEWAL);
    let answer = stand.eventually(browser.fetch("/me")).await;
    assert!(!set(&answer.headers).is_empty(), "the answer brings the renewed session");
    assert_eq!(answer.json::<Value>()["roles"], json!(["editor"]), "what it said before stays");
}
