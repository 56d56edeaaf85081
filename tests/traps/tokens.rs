//! What a token may be: classes G, H, I and T.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower_oidc::{
    jose::{JoseError, SkippedKey},
    layer::AuthError,
    testing::{SigningKey, jws},
    types::{Algorithm, ClaimError, ClaimsError, JsonKind},
    validator::{ProofError, TokenError},
};

use crate::{
    asking::{authorized, is_signed_in, refusal, session_cookies},
    support::Stand,
};

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with that header and the payload of a good one, signed by nobody.
fn unsigned(stand: &Stand, header: &Value) -> String {
    let good = stand.provider.token("alice").sign();
    format!("{}.{}.", encoded(header.to_string()), good.split('.').nth(1).unwrap())
}

/// An envelope of five parts around that text. Nobody has a key to open it, so that it does not matter with which it was closed.
fn envelope(algorithm: &str, content: &str) -> String {
    let header = json!({"alg": algorithm, "enc": "A256GCM", "cty": "JWT"}).to_string();
    [encoded(header), encoded([1; 256]), encoded([2; 12]), encoded(content), encoded([3; 16])].join(".")
}

/// Why the ID token of a login is refused in whose place the provider's client is given this text.
async fn id_token_refusal(stand: &Stand, text: String) -> TokenError {
    stand.provider.change_token_response(move |members, _| drop(members.insert("id_token".to_owned(), json!(text))));
    let mut browser = stand.browser();
    assert_eq!(stand.sign_in(&mut browser, "alice").await.status, StatusCode::BAD_REQUEST);
    let error = stand.token_error();
    assert!(!is_signed_in(&browser).await);
    error
}

/// There is one way to read a token: three parts, signed, an object. What is encrypted is refused, for no key here opens it; an
/// envelope that is taken off some day hands its content to this same reader.
#[tokio::test]
async fn class_g_what_is_no_signed_object_is_refused() {
    let stand = Stand::new().await;
    let key = stand.provider.signing_key();
    let header = json!({"alg": "RS256", "kid": key.key_id(), "typ": "at+jwt", "cty": "JWT"}).to_string();
    let good = stand.provider.token("alice").sign();
    let payload = |error| TokenError::from(JoseError::Payload(error));
    for (what, token, expected) in [
        ("an envelope", envelope("RSA-OAEP-256", &good), JoseError::Encrypted.into()),
        ("an envelope by password", envelope("PBES2-HS256+A128KW", &good), JoseError::Encrypted.into()),
        (
            "enc in three parts",
            stand.provider.token("alice").header("enc", "A256GCM").sign(),
            JoseError::Encrypted.into(),
        ),
        ("a token in a token", jws(&header, &good, &key), payload(ClaimsError::Json)),
        ("a token in a string", jws(&header, json!(good).to_string(), &key), payload(ClaimsError::NotAnObject)),
        ("a list of claims", jws(&header, r#"[{"sub":"alice"}]"#, &key), payload(ClaimsError::NotAnObject)),
        ("the JSON form", json!({"payload": "e30", "signatures": []}).to_string(), JoseError::Segments.into()),
    ] {
        assert_eq!(refusal(&stand, &token).await, expected, "{what}");
        assert_eq!(id_token_refusal(&stand, token).await, expected, "{what} as the ID token");
    }
}

/// CVE-2026-29000 (pac4j): a token encrypted with the service's own public key was opened, and what was in it was believed, though
/// nobody had signed it.
#[tokio::test]
async fn cve_2026_29000_pac4j_an_envelope_around_an_unsigned_token_is_refused() {
    let stand = Stand::with(|config| config.admin("alice")).await;
    let inner = unsigned(&stand, &json!({"alg": "none"}));
    for (token, expected) in [
        (envelope("RSA-OAEP-256", &inner), JoseError::Encrypted),
        (envelope("dir", &inner), JoseError::Encrypted),
        (inner, JoseError::Unsigned),
    ] {
        assert_eq!(refusal(&stand, &token).await, expected.clone().into());
        assert_eq!(id_token_refusal(&stand, token).await, expected.into());
    }
}

/// The list of algorithms is closed: no name on it is another family's, and a key is for one of them.
#[tokio::test]
async fn class_h_no_algorithm_is_accepted_but_a_listed_one() {
    let stand = Stand::new().await;
    let published = stand.provider.jwks()["keys"][0].clone();
    let confused = |name: &str, algorithm, secret: &[u8]| {
        let header = json!({"alg": name, "typ": "at+jwt", "kid": published["kid"]});
        let input = unsigned(&stand, &header);
        let input = input.trim_end_matches('.');
        let tag = hmac::sign(&hmac::Key::new(algorithm, secret), input.as_bytes());
        format!("{input}.{}", encoded(tag))
    };
    let modulus = URL_SAFE_NO_PAD.decode(published["n"].as_str().unwrap()).unwrap();
    for (name, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        let secrets = [&modulus[..], b"", published.to_string().as_bytes(), stand.provider.client_secret().as_bytes()]
            .map(|secret| confused(name, algorithm, secret));
        for token in secrets {
            assert_eq!(refusal(&stand, &token).await, JoseError::Symmetric.into(), "{name}");
        }
    }
    for (name, expected) in [
        ("none", JoseError::Unsigned),
        ("NONE", JoseError::Unsigned),
        ("RSA1_5", JoseError::UnknownAlgorithm),
        ("RSA-OAEP", JoseError::UnknownAlgorithm),
        ("PBES2-HS256+A128KW", JoseError::UnknownAlgorithm),
        ("dir", JoseError::UnknownAlgorithm),
        ("ES512", JoseError::UnknownAlgorithm),
        ("ES256K", JoseError::UnknownAlgorithm),
        ("RS1", JoseError::UnknownAlgorithm),
        ("rs256", JoseError::UnknownAlgorithm),
        ("", JoseError::UnknownAlgorithm),
    ] {
        let token = stand.provider.token("alice").header("alg", name).sign();
        assert_eq!(refusal(&stand, &token).await, expected.into(), "{name}");
    }
    // A key of the right family, for another algorithm of it; and nothing is ever inflated.
    let other = stand.provider.token("alice").algorithm(Algorithm::Ps256).sign();
    assert_eq!(refusal(&stand, &other).await, TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Ps256 });
    let bomb = stand.provider.token("alice").header("zip", "DEF").raw_claims("\u{1}\u{2}").sign();
    assert_eq!(refusal(&stand, &bomb).await, JoseError::Payload(ClaimsError::Json).into());
}

/// CVE-2025-59420 (Authlib): a header that says "whoever does not understand this must refuse" was understood by nobody and
/// accepted.
#[tokio::test]
async fn cve_2025_59420_authlib_an_unknown_crit_is_refused() {
    let stand = Stand::new().await;
    for (crit, expected) in [
        (json!(["bork"]), JoseError::Critical),
        (json!(["exp", "bork"]), JoseError::Critical),
        (json!([]), JoseError::Critical),
        (json!("bork"), JoseError::Critical),
        (json!(null), JoseError::Critical),
    ] {
        let token = stand.provider.token("alice").header("crit", &crit).header("bork", "x").sign();
        assert_eq!(refusal(&stand, &token).await, expected.clone().into(), "{crit}");
        let id_token = stand.provider.id_token("alice").header("crit", &crit).header("bork", "x").sign();
        assert_eq!(id_token_refusal(&stand, id_token).await, expected.into(), "{crit}");
    }
}

const TIME: &str = "a whole number of seconds since 1970";

fn mistyped(claim: &str, expected: &'static str, found: JsonKind) -> TokenError {
    ClaimError { claim: claim.into(), expected, found }.into()
}

/// A claim is read as the type that it must have, in its range, or the token is refused. Nothing overflows on the way: the last
/// second that a claim may name is that of the year 9999.
#[tokio::test]
async fn class_i_a_number_out_of_range_and_a_list_for_a_string_are_errors() {
    let stand = Stand::new().await;
    let raw = |claims: &str| {
        let rest = format!(r#""iss":"{}","sub":"a","scope":"s""#, stand.provider.issuer());
        stand.provider.token("alice").raw_claims(format!("{{{claims},{rest}}}")).sign()
    };
    let audience = json!(stand.provider.audience()).to_string();
    let exp = stand.now() + 60;
    for number in [
        "18446744073709551615",
        "18446744073709551616",
        "253402300800",
        "9223372036854775808",
        "1e3",
        "1e400",
        "-1",
        "-0",
        "1.0",
    ] {
        for claim in ["exp", "nbf", "iat"] {
            let others = if claim == "exp" { String::new() } else { format!(r#","exp":{exp}"#) };
            let token = raw(&format!(r#""aud":{audience},"{claim}":{number}{others}"#));
            assert_eq!(refusal(&stand, &token).await, mistyped(claim, TIME, JsonKind::Number), "{claim}: {number}");
        }
    }
    let last = stand.provider.token("alice").claim("exp", 253_402_300_799_u64).sign();
    assert!(stand.auth.validate(&last).await.is_ok(), "the last second of all");
    for (aud, found) in [
        (json!({"0": stand.provider.audience()}), JsonKind::Object),
        (json!([stand.provider.audience(), 1]), JsonKind::Array),
        (json!([[stand.provider.audience()]]), JsonKind::Array),
        (json!(1), JsonKind::Number),
        (json!(null), JsonKind::Null),
    ] {
        let token = raw(&format!(r#""aud":{aud},"exp":{exp}"#));
        let expected = mistyped("aud", "a string or an array of strings", found);
        assert_eq!(refusal(&stand, &token).await, expected, "{aud}");
    }
}

/// CVE-2026-25537 (jsonwebtoken before 10.3): a claim of the wrong type counted as absent, and an absent one was not checked. Each of
/// these tokens is expired or not yet valid, as its author meant it.
#[tokio::test]
async fn cve_2026_25537_jsonwebtoken_a_time_of_the_wrong_type_is_an_error_and_not_absent() {
    let stand = Stand::new().await;
    let (past, future) = (stand.now() - 3600, stand.now() + 3600);
    for (claim, time) in [("exp", past), ("nbf", future)] {
        for (value, found) in [
            (json!(time.to_string()), JsonKind::String),
            (json!([time]), JsonKind::Array),
            (json!({"seconds": time}), JsonKind::Object),
            (json!(time as f64 + 0.5), JsonKind::Number),
            (json!(true), JsonKind::Boolean),
            (json!(null), JsonKind::Null),
        ] {
            let token = stand.provider.token("alice").claim(claim, &value).sign();
            assert_eq!(refusal(&stand, &token).await, mistyped(claim, TIME, found), "{claim}: {value}");
            stand.provider.change_id_token(move |token, _| token.claim(claim, &value));
            assert_eq!(stand.sign_in(&mut stand.browser(), "alice").await.status, StatusCode::BAD_REQUEST);
            assert_eq!(stand.token_error(), mistyped(claim, TIME, found), "{claim} of an ID token");
        }
    }
}

/// jsonwebtoken 11.1, seen by trial: with audience and issuer set, a token that has neither was accepted unless both were listed as
/// required too; an unknown `crit` was accepted; and a list of algorithms of two families refused every token.
#[tokio::test]
async fn jsonwebtoken_11_1_what_is_demanded_is_required_and_algorithms_may_be_mixed() {
    let stand = Stand::with(|mut config| {
        config.authentication.token_validation_algorithm = ["RS256", "ES256", "EdDSA"].map(str::to_owned).to_vec();
        config
    })
    .await;
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let token = || stand.provider.token("alice").algorithm(algorithm);
        assert!(stand.eventually(stand.auth.validate(&token().sign())).await.is_ok(), "{algorithm}");
        for claim in ["aud", "iss", "exp"] {
            let refused = refusal(&stand, &token().without(claim).sign()).await;
            assert_eq!(refused, TokenError::Missing { claim }, "{algorithm}");
        }
        let neither = token().without("aud").without("iss").sign();
        assert_eq!(refusal(&stand, &neither).await, TokenError::Missing { claim: "iss" }, "{algorithm}");
        let crit = token().header("crit", ["x"]).header("x", 1).sign();
        assert_eq!(refusal(&stand, &crit).await, JoseError::Critical.into(), "{algorithm}");
    }
}

/// CVE-2026-107723 (fast-jwt): a payload that is a list has no `exp` and no `aud` to check, and was accepted.
#[tokio::test]
async fn cve_2026_107723_fast_jwt_a_list_in_place_of_claims_is_refused() {
    let stand = Stand::new().await;
    let claims = json!({"iss": stand.provider.issuer(), "sub": "alice", "aud": stand.provider.audience()});
    for payload in [json!([claims]), json!([]), json!(["iss", stand.provider.issuer()]), json!([[claims]])] {
        let token = stand.provider.token("alice").raw_claims(payload.to_string()).sign();
        assert_eq!(refusal(&stand, &token).await, JoseError::Payload(ClaimsError::NotAnObject).into(), "{payload}");
    }
}

/// CVE-2025-30144 (fast-jwt): `iss` as a list was good when one of its members was, and whoever read it after took another.
#[tokio::test]
async fn cve_2025_30144_fast_jwt_a_list_of_issuers_is_refused() {
    let stand = Stand::new().await;
    let own = stand.provider.issuer().to_owned();
    for list in [json!(["https://evil.example", own]), json!([own, "https://evil.example"]), json!([own])] {
        let expected = mistyped("iss", "a string", JsonKind::Array);
        let token = stand.provider.token("alice").claim("iss", &list).sign();
        assert_eq!(refusal(&stand, &token).await, expected, "{list}");
        let id_token = stand.provider.id_token("alice").claim("iss", &list).sign();
        assert_eq!(id_token_refusal(&stand, id_token).await, expected, "{list}");
    }
}

/// Where nobody has asked for DPoP (RFC 9449) its scheme is nobody's credentials, and a proof is no token, with whatever key it brings.
#[tokio::test]
async fn class_t_a_dpop_scheme_is_nobody_and_a_proof_is_no_token() {
    let stand = Stand::new().await;
    let token = stand.provider.token("alice").sign();
    for scheme in ["DPoP", "dpop", "DPOP"] {
        let answer = authorized(&stand, "/me", &format!("{scheme} {token}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{scheme}");
        assert!(matches!(answer.reason, Some(AuthError::NoCredentials)), "{scheme}: {:?}", answer.reason);
        assert_eq!(authorized(&stand, "/", &format!("{scheme} {token}")).await.text, "null", "{scheme}");
    }
    let own = SigningKey::generate(Algorithm::Es256);
    let private = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"});
    let proof = |key: &Value| {
        let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": key}).to_string();
        jws(header, json!({"htm": "GET", "htu": "https://app.example/me", "jti": "1", "iat": 1}).to_string(), &own)
    };
    for key in [own.public_jwk(), private] {
        assert_eq!(refusal(&stand, &proof(&key)).await, JoseError::EmbeddedKey { parameter: "jwk" }.into());
        let request = Request::get("/me").header("dpop", proof(&key)).body("").unwrap();
        assert_eq!(stand.send(request).await.status, StatusCode::UNAUTHORIZED, "a proof alone is nobody");
    }
    let typed = stand.provider.token("alice").type_("dpop+jwt").sign();
    assert_eq!(refusal(&stand, &typed).await, TokenError::Type);
}

/// A token that its issuer has bound to a key, or to a certificate, opens nothing for whoever has stolen it, whatever is configured.
#[tokio::test]
async fn class_t_a_bound_token_is_no_bearer_token() {
    for policy in ["off", "accepted", "required"] {
        let stand = Stand::with(|config| config.dpop(policy)).await;
        let key = stand.provider.dpop_key();
        for token in [
            stand.provider.token("alice").bound_to(&key),
            stand.provider.token("alice").claim("cnf", json!({"x5t#S256": key.thumbprint()})),
            stand.provider.token("alice").claim("cnf", json!([null])),
        ] {
            let token = token.sign();
            assert_eq!(refusal(&stand, &token).await, TokenError::ProofMissing, "{policy}");
            let direct = stand.auth.validate(&token).await;
            assert!(matches!(direct, Err(AuthError::Token(TokenError::ProofMissing))), "{policy}: {direct:?}");
        }
    }
}

/// The key in a proof's header is public, or the proof is none; and no other key stands for the one that the token is bound to.
#[tokio::test]
async fn class_t_a_private_key_in_a_proof_is_refused() {
    let stand = Stand::with(|config| config.dpop("accepted")).await;
    let (key, other) = (stand.provider.dpop_key(), stand.provider.dpop_key());
    let token = stand.provider.token("alice").bound_to(&key).sign();
    let proof = || key.proof("GET", "https://app.example/me", &token);
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let mut private = key.public_jwk();
        private[member] = json!("AQAB");
        let refused = proved(&stand, &token, proof().header("jwk", private).sign()).await;
        assert_eq!(refused, Err(ProofError::Key(SkippedKey::Private).into()), "{member}");
    }
    let forged = proved(&stand, &token, proof().signed_by(&other).sign()).await;
    assert_eq!(forged, Err(ProofError::Jose(JoseError::Signature).into()));
    assert_eq!(proved(&stand, &token, proof().key(&other).sign()).await, Err(TokenError::AnotherHolder));
    assert_eq!(proved(&stand, &token, proof().sign()).await, Ok(()));
}

/// A proof is for one request: the second time it is refused, and so is it for another request, or at another time.
#[tokio::test]
async fn class_t_a_proof_is_good_once() {
    let stand = Stand::with(|config| config.dpop("accepted")).await;
    let key = stand.provider.dpop_key();
    let token = stand.provider.token("alice").bound_to(&key).sign();
    let proof = || key.proof("GET", "https://app.example/me", &token);
    let once = proof().sign();
    assert_eq!(proved(&stand, &token, once.clone()).await, Ok(()));
    assert_eq!(proved(&stand, &token, once).await, Err(ProofError::Replayed.into()));
    for (other, expected) in [
        (proof().method("POST"), ProofError::Method),
        (proof().url("https://app.example/admin"), ProofError::Address),
        (proof().url("https://evil.example/me"), ProofError::Address),
        (proof().token("another"), ProofError::AccessToken),
        (proof().claim("iat", stand.now() - 61), ProofError::TooOld),
        (proof().claim("iat", stand.now() + 61), ProofError::IssuedInTheFuture { ahead: 61 }),
    ] {
        assert_eq!(proved(&stand, &token, other.sign()).await, Err(expected.into()));
    }
}

/// What becomes of `GET /me` with that token and that proof.
async fn proved(stand: &Stand, token: &str, proof: String) -> Result<(), TokenError> {
    let request = Request::get("/me").header("authorization", format!("DPoP {token}")).header("dpop", proof);
    let answer = stand.eventually(stand.send(request.body("").unwrap())).await;
    match answer.reason {
        None => {
            assert_eq!(answer.status, StatusCode::OK);
            Ok(())
        }
        Some(AuthError::Token(error)) => Err(error),
        other => panic!("expected a refused proof, got {other:?}"),
    }
}

/// CVE-2022-29226 (Envoy): the OAuth filter took whatever token came along for a session. A token is good for what it is: an access
/// token in the header, an ID token at the end of a login, and neither in a cookie.
#[tokio::test]
async fn cve_2022_29226_envoy_no_token_is_a_session() {
    let stand = Stand::new().await;
    let (access, id) = (stand.provider.token("alice").sign(), stand.provider.id_token("alice").nonce("n").sign());
    let [(name, sealed)] = session_cookies(&stand.signed_in("alice").await).try_into().unwrap();
    let count = sealed.split('.').next().unwrap();
    for token in [&*access, &*id, "a.b.c", "opaque", "", "null"] {
        for value in [token.to_owned(), format!("{count}.{token}"), format!("{count}.{}", encoded(token))] {
            for cookie in [&*name, "oidc_session", "access_token", "BearerToken", "IdToken", "OauthHMAC"] {
                let request = Request::get("/me").header("cookie", format!("{cookie}={value}")).body("").unwrap();
                assert_eq!(stand.send(request).await.status, StatusCode::UNAUTHORIZED, "{cookie}={value}");
            }
        }
    }
    assert_eq!(authorized(&stand, "/me", &format!("Bearer {access}")).await.status, StatusCode::OK);
    assert_eq!(refusal(&stand, &id).await, TokenError::IdToken);
    // Sealed by this service, and still no token.
    assert!(matches!(refusal(&stand, &sealed).await, TokenError::Jose(_)));
    assert_eq!(id_token_refusal(&stand, access).await, TokenError::AccessToken);
}
