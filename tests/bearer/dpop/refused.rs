//! Tokens without their holder, and proofs that prove nothing.

use std::time::Duration;

use http::{Method, StatusCode, Uri};
use serde_json::json;
use tower_oidc::{
    jose::{JoseError, SkippedKey},
    layer::{AuthError, AuthErrorKind, CredentialsError},
    testing::ProofBuilder,
    types::Clock as _,
    validator::{MAX_PROOF_AGE, MAX_PROOF_ID, ProofError, TokenError},
};

use crate::{events, support::Stand};

use super::{accepting, bound, get, jane, proof, requiring};

const SECOND: Duration = Duration::from_secs(1);

fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}

/// RFC 7800, RFC 8705 section 3, RFC 9449 section 7.1: whatever `cnf` says, the token is no bearer token.
#[tokio::test]
async fn a_bound_token_without_a_proof_is_refused_on_every_way_in() {
    for change in [|config| config, accepting, requiring] {
        let stand = Stand::with(change).await;
        let key = stand.provider.dpop_key();
        for cnf in [
            json!({"jkt": key.thumbprint()}),
            json!({"x5t#S256": key.thumbprint()}),
            json!({"jwk": key.public_jwk()}),
            json!({}),
            json!(null),
            json!("jkt"),
            json!([key.thumbprint()]),
        ] {
            let token = stand.provider.token("jane").claim("cnf", &cnf).sign();
            assert_eq!(stand.refusal(&token).await, TokenError::ProofMissing, "{cnf}");
            let [(name, value)] = bearer(&token);
            for headers in [&[(name, &*value)][..], &[(name, &value), ("dpop", &proof(&key, &token).sign())]] {
                let answer = get(&stand, headers).await;
                assert_eq!((answer.status, answer.refusal()), (StatusCode::UNAUTHORIZED, &TokenError::ProofMissing));
                assert_eq!(answer.reason.as_ref().map(AuthError::kind), Some(AuthErrorKind::InvalidToken));
                assert_eq!(answer.reason.as_ref().map(AuthError::reason), Some("proof_missing"));
            }
        }
    }
}

/// What was remembered with its proof is not given to whoever brings none.
#[tokio::test]
async fn a_remembered_bound_token_is_refused_without_its_proof() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    assert_eq!(bound(&stand, &token, &proof(&key, &token).sign()).await.status, StatusCode::OK);
    let [(name, value)] = bearer(&token);
    assert_eq!(get(&stand, &[(name, &value)]).await.refusal(), &TokenError::ProofMissing);
    assert_eq!(stand.refusal(&token).await, TokenError::ProofMissing);
}

#[tokio::test]
async fn a_bound_id_token_is_no_bearer_token_either() {
    let stand = Stand::with(|mut config| {
        config.authentication.oidc.bearer_token_kind = Some("any".to_owned());
        config
    })
    .await;
    let token = stand.provider.id_token("jane").bound_to(&stand.provider.dpop_key()).sign();
    assert_eq!(stand.refusal(&token).await, TokenError::ProofMissing);
}

#[tokio::test]
async fn a_token_that_is_bound_to_no_key_is_refused_with_a_proof() {
    let stand = Stand::with(accepting).await;
    let key = stand.provider.dpop_key();
    let certificate = json!({"x5t#S256": key.thumbprint()});
    let both = json!({"jkt": key.thumbprint(), "x5t#S256": key.thumbprint()});
    for token in [
        stand.provider.token("jane"),
        stand.provider.token("jane").claim("cnf", certificate),
        stand.provider.token("jane").claim("cnf", both),
    ] {
        let token = token.sign();
        let answer = bound(&stand, &token, &proof(&key, &token).sign()).await;
        assert_eq!(answer.refusal(), &TokenError::Unbound);
        assert_eq!(answer.reason.as_ref().map(AuthError::kind), Some(AuthErrorKind::InvalidToken));
    }
}

#[tokio::test]
async fn where_proofs_are_required_no_bearer_token_comes_in() {
    let stand = Stand::with(requiring).await;
    let token = stand.provider.token("jane").sign();
    let [(name, value)] = bearer(&token);
    for _ in 0..2 {
        assert_eq!(get(&stand, &[(name, &value)]).await.refusal(), &TokenError::ProofMissing);
        assert_eq!(stand.refusal(&token).await, TokenError::ProofMissing);
    }
    let nobody = get(&stand, &[]).await;
    assert_eq!((nobody.status, &*nobody.text), (StatusCode::OK, "nobody"), "a route may be for everybody");
}

#[tokio::test]
async fn where_proofs_are_off_the_scheme_is_nobodys() {
    let stand = Stand::new().await;
    let (key, token) = jane(&stand);
    let answer = bound(&stand, &token, &proof(&key, &token).sign()).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "nobody"));
    let (once, uri) = (proof(&key, &token).sign(), Uri::from_static("/orders"));
    match stand.auth.validate_bound(&token, &once, &Method::GET, &uri).await {
        Err(AuthError::Token(TokenError::Proof(ProofError::Off))) => {}
        other => panic!("expected that no proof is looked at, got {other:?}"),
    }
}

/// RFC 9449 section 4.3, each step.
#[tokio::test]
async fn each_bad_proof_is_refused_with_its_own_reason() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    let now = stand.clock.now();
    let other = stand.provider.dpop_key();
    let private = |member: &str| {
        let mut jwk = key.public_jwk();
        jwk[member] = json!("AQAB");
        jwk
    };
    let good = || proof(&key, &token);
    let long_id = "i".repeat(MAX_PROOF_ID + 1);
    let rows: Vec<(ProofBuilder, ProofError, &str)> = vec![
        (good().header("typ", "JWT"), ProofError::Type, "proof_type"),
        (good().unsigned(), ProofError::Jose(JoseError::Unsigned), "proof_algorithm"),
        (good().header("alg", "HS256"), ProofError::Jose(JoseError::Symmetric), "proof_algorithm"),
        (good().header("crit", ["b64"]), ProofError::Jose(JoseError::Critical), "proof_malformed"),
        (good().without_header("jwk"), ProofError::NoKey, "proof_without_key"),
        (good().header("jwk", private("d")), ProofError::Key(SkippedKey::Private), "proof_private_key"),
        (good().header("jwk", private("k")), ProofError::Key(SkippedKey::Private), "proof_private_key"),
        (good().header("jwk", json!({"kty": "oct"})), ProofError::Key(SkippedKey::Type), "proof_key"),
        (good().signed_by(&other), ProofError::Jose(JoseError::Signature), "proof_bad_signature"),
        (good().method("POST"), ProofError::Method, "proof_another_method"),
        (good().method("get"), ProofError::Method, "proof_another_method"),
        (good().url("https://api.example/"), ProofError::Address, "proof_another_address"),
        (good().url("http://api.example/orders"), ProofError::Address, "proof_another_address"),
        (good().issued_at(now - MAX_PROOF_AGE - SECOND), ProofError::TooOld, "proof_too_old"),
        (
            good().issued_at(now + SECOND * 61),
            ProofError::IssuedInTheFuture { ahead: 61 },
            "proof_issued_in_the_future",
        ),
        (good().token("another"), ProofError::AccessToken, "proof_another_token"),
        (good().without("ath"), ProofError::Missing { claim: "ath" }, "proof_missing_claim"),
        (good().without("jti"), ProofError::Missing { claim: "jti" }, "proof_missing_claim"),
        (good().id(""), ProofError::Id, "proof_id"),
        (good().id(&long_id), ProofError::Id, "proof_id"),
    ];
    for (proof, expected, reason) in rows {
        let answer = bound(&stand, &token, &proof.sign()).await;
        assert_eq!((answer.status, answer.proof_refusal()), (StatusCode::UNAUTHORIZED, &expected));
        assert_eq!(answer.reason.as_ref().map(AuthError::reason), Some(reason), "{expected:?}");
        assert_eq!(answer.reason.as_ref().map(AuthError::kind), Some(AuthErrorKind::InvalidProof), "{expected:?}");
    }
    let stolen = bound(&stand, &token, &good().key(&other).sign()).await;
    assert_eq!(stolen.refusal(), &TokenError::AnotherHolder);
    assert_eq!(bound(&stand, &token, &good().sign()).await.status, StatusCode::OK, "and the good one is good");
}

#[tokio::test]
async fn one_proof_comes_with_one_token() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    let once = proof(&key, &token).sign();
    let authorization = format!("DPoP {token}");
    let authorization = ("authorization", &*authorization);
    assert_eq!(get(&stand, &[authorization]).await.proof_refusal(), &ProofError::NoHeader);
    let two = get(&stand, &[authorization, ("dpop", &once), ("dpop", &once)]).await;
    assert_eq!(two.proof_refusal(), &ProofError::Repeated);
    for (value, code) in [("", "proof_malformed"), ("a.b.c", "proof_malformed"), (&*token, "proof_without_key")] {
        assert_eq!(get(&stand, &[authorization, ("dpop", value)]).await.proof_refusal().code(), code, "{value}");
    }
    let two = get(&stand, &[authorization, authorization, ("dpop", &once)]).await;
    assert!(matches!(two.reason, Some(AuthError::Credentials(CredentialsError::Repeated))), "{:?}", two.reason);
    for empty in ["DPoP", "DPoP "] {
        let answer = get(&stand, &[("authorization", empty), ("dpop", &once)]).await;
        assert!(matches!(answer.reason, Some(AuthError::Credentials(CredentialsError::Malformed))), "{empty:?}");
    }
    assert_eq!(get(&stand, &[authorization, ("dpop", &once)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_proof_is_good_once_and_for_a_minute() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    let once = proof(&key, &token).sign();
    assert_eq!(bound(&stand, &token, &once).await.status, StatusCode::OK);
    for _ in 0..2 {
        assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::Replayed);
    }
    let unused = proof(&key, &token).sign();
    stand.clock.advance(MAX_PROOF_AGE);
    assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::Replayed);
    assert_eq!(bound(&stand, &token, &unused).await.status, StatusCode::OK);
    stand.clock.advance(SECOND);
    assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::TooOld);

    // A clock that is set back brings nothing back.
    assert_eq!(bound(&stand, &token, &proof(&key, &token).sign()).await.status, StatusCode::OK);
    stand.clock.set_time(stand.clock.now() - SECOND);
    assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::Forgotten);
}

#[tokio::test]
async fn a_proof_is_used_up_only_by_a_request_that_is_accepted() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    let expired = stand.provider.token("jane").bound_to(&key).claim("exp", 1).sign();
    let id = |token: &str| proof(&key, token).id("the same");
    let refused = bound(&stand, &expired, &id(&expired).sign()).await;
    assert!(matches!(refused.refusal(), TokenError::Expired { .. }));
    assert_eq!(bound(&stand, &token, &id(&token).method("POST").sign()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bound(&stand, &token, &id(&token).sign()).await.status, StatusCode::OK);
    assert_eq!(bound(&stand, &token, &id(&token).sign()).await.proof_refusal(), &ProofError::Replayed);
}

#[tokio::test]
async fn a_reload_forgets_no_proof() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    let once = proof(&key, &token).sign();
    assert_eq!(bound(&stand, &token, &once).await.status, StatusCode::OK);
    stand.auth.reload(requiring(stand.provider.config())).await.unwrap();
    assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::Replayed);
    stand.auth.reload(stand.provider.config()).await.unwrap();
    stand.auth.reload(accepting(stand.provider.config())).await.unwrap();
    assert_eq!(bound(&stand, &token, &once).await.proof_refusal(), &ProofError::Replayed);
    assert_eq!(bound(&stand, &token, &proof(&key, &token).sign()).await.status, StatusCode::OK);
}

/// The log says why, and shows neither the token nor the proof.
#[tokio::test]
async fn a_refused_proof_is_one_event_that_shows_nothing_of_it() {
    let stand = Stand::with(accepting).await;
    let (key, token) = jane(&stand);
    let bad = proof(&key, &token).url("https://secret.example/").id("SECRET-ID").sign();
    let (answer, logged) = events::during(bound(&stand, &token, &bad)).await;
    let refusals: Vec<_> = logged.iter().filter(|event| event.level <= tracing::Level::INFO).collect();
    let [event] = refusals[..] else { panic!("{refusals:?}") };
    for (name, expected) in [
        ("kind", "invalid_dpop_proof"),
        ("reason", "proof_another_address"),
        ("claim", "htu"),
        ("seen", "another"),
        ("via", "bearer"),
        ("issuer", stand.provider.issuer()),
    ] {
        assert_eq!(event.fields.get(name).map(String::as_str), Some(expected), "{name}");
    }
    let shown = format!("{logged:?} {answer:?}").to_lowercase();
    let parts = [&token, &bad].into_iter().flat_map(|text| text.split('.')).map(str::to_lowercase);
    for secret in parts.chain(["secret".to_owned(), key.thumbprint().to_lowercase()]) {
        assert!(!shown.contains(&secret), "{secret} stands in {shown}");
    }
}
