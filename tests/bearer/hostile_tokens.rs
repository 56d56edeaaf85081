//! Tokens that nobody should accept. Each is refused with its own reason by the direct call, and with a bare 401 by the layer.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{
    Request, Response, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};
use tower_oidc::{
    jose::{JoseError, MAX_TOKEN_BYTES, Part},
    layer::AuthError,
    testing::{SigningKey, jws},
    types::{Algorithm, ClaimError, ClaimsError, Clock, JsonKind, unix_seconds},
    validator::TokenError,
};

use crate::support::Stand;

/// A name for the table, a token, and the reason it must be refused with.
struct Hostile(&'static str, String, TokenError);

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn parts(token: &str) -> [&str; 3] {
    let mut parts = token.split('.');
    [(); 3].map(|()| parts.next().unwrap())
}

fn base64(part: Part) -> TokenError {
    JoseError::Base64 { part }.into()
}

fn embedded(parameter: &'static str) -> TokenError {
    JoseError::EmbeddedKey { parameter }.into()
}

fn wrong_type(claim: &str, found: JsonKind) -> TokenError {
    let expected = match claim {
        "aud" => "a string or an array of strings",
        "exp" | "nbf" | "iat" => "a whole number of seconds since 1970",
        _ => "a string",
    };
    ClaimError { claim: claim.into(), expected, found }.into()
}

/// RFC 8725 sections 2.1 to 2.3 and 3.1 to 3.2; CVE-2015-9235, CVE-2022-23540 and their kin.
fn signatures(stand: &Stand) -> Vec<Hostile> {
    let provider = &stand.provider;
    let good = provider.token("jane").sign();
    let [header, payload, signature] = parts(&good);
    let published = provider.jwks();
    let public_key = published["keys"][0]["n"].as_str().unwrap().as_bytes().to_vec();
    let hmac = {
        let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": published["keys"][0]["kid"]}).to_string();
        let input = format!("{}.{payload}", encode(header));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public_key);
        format!("{input}.{}", encode(aws_lc_rs::hmac::sign(&key, input.as_bytes())))
    };
    let unsigned = |alg: &str| format!("{}.{payload}.", encode(json!({"alg": alg, "typ": "at+jwt"}).to_string()));
    let foreign = SigningKey::generate(Algorithm::Rs256).with_key_id(published["keys"][0]["kid"].as_str().unwrap());
    let es256 = provider.token("jane").algorithm(Algorithm::Es256).sign();
    vec![
        Hostile("alg none", unsigned("none"), JoseError::Unsigned.into()),
        Hostile("alg nOnE", unsigned("nOnE"), JoseError::Unsigned.into()),
        Hostile("alg none with a signature", format!("{}{signature}", unsigned("none")), JoseError::Unsigned.into()),
        Hostile("HMAC with the public key", hmac, JoseError::Symmetric.into()),
        Hostile(
            "alg in lower case",
            provider.token("jane").header("alg", "rs256").sign(),
            JoseError::UnknownAlgorithm.into(),
        ),
        Hostile(
            "alg RSA1_5",
            provider.token("jane").header("alg", "RSA1_5").sign(),
            JoseError::UnknownAlgorithm.into(),
        ),
        Hostile("alg as an array", provider.token("jane").header("alg", ["RS256"]).sign(), JoseError::Header.into()),
        Hostile("no alg", provider.token("jane").without_header("alg").sign(), JoseError::NoAlgorithm.into()),
        Hostile(
            "an algorithm that is not configured",
            es256,
            TokenError::AlgorithmNotAllowed { algorithm: Algorithm::Es256 },
        ),
        Hostile(
            "a key that is not the issuer's",
            provider.token("jane").key(&foreign).sign(),
            JoseError::Signature.into(),
        ),
        Hostile("no signature", format!("{header}.{payload}."), JoseError::Signature.into()),
        Hostile(
            "a signature of zeros",
            format!("{header}.{payload}.{}", encode([0; 256])),
            JoseError::Signature.into(),
        ),
        Hostile(
            "a signature of another token",
            {
                let other = provider.token("john").sign();
                format!("{header}.{payload}.{}", parts(&other)[2])
            },
            JoseError::Signature.into(),
        ),
        Hostile("an unknown kid", provider.token("jane").header("kid", "nobody's").sign(), TokenError::UnknownKey),
        Hostile(
            "a kid of path traversal",
            provider.token("jane").header("kid", "../../dev/null").sign(),
            TokenError::UnknownKey,
        ),
        Hostile("a kid of SQL", provider.token("jane").header("kid", "' OR 1=1 --").sign(), TokenError::UnknownKey),
        Hostile("a kid of NUL", provider.token("jane").header("kid", "a\0b").sign(), TokenError::UnknownKey),
        Hostile(
            "a kid of 1,000 letters",
            provider.token("jane").header("kid", "k".repeat(1000)).sign(),
            TokenError::UnknownKey,
        ),
        Hostile("a kid that is a number", provider.token("jane").header("kid", 7).sign(), JoseError::Header.into()),
    ]
}

/// RFC 8725 sections 3.10 and 3.11; CVE-2018-0114, CVE-2025-59420.
fn headers(stand: &Stand) -> Vec<Hostile> {
    let token = || stand.provider.token("jane");
    let evil = SigningKey::generate(Algorithm::Rs256);
    vec![
        Hostile("jwk of the attacker", token().key(&evil).header("jwk", evil.public_jwk()).sign(), embedded("jwk")),
        Hostile("jku", token().header("jku", "https://evil.example/jwks").sign(), embedded("jku")),
        Hostile("x5u", token().header("x5u", "https://evil.example/cert").sign(), embedded("x5u")),
        Hostile("x5c", token().header("x5c", ["MIIB"]).sign(), embedded("x5c")),
        Hostile("crit", token().header("crit", ["exp"]).sign(), JoseError::Critical.into()),
        Hostile("an empty crit", token().header("crit", json!([])).sign(), JoseError::Critical.into()),
        Hostile("b64 false", token().header("b64", false).header("crit", ["b64"]).sign(), JoseError::Unencoded.into()),
        Hostile("enc in a signed token", token().header("enc", "A128GCM").sign(), JoseError::Encrypted.into()),
        Hostile("typ of a logout token", token().type_("logout+jwt").sign(), TokenError::Type),
        Hostile("typ of a DPoP proof", token().type_("dpop+jwt").sign(), TokenError::Type),
        Hostile("typ as a number", token().header("typ", 1).sign(), JoseError::Header.into()),
    ]
}

/// RFC 7515 section 2: base64url has one spelling. RFC 7519 section 7.2: three segments.
fn shapes(stand: &Stand) -> Vec<Hostile> {
    let good = stand.provider.token("jane").sign();
    let [header, payload, signature] = parts(&good);
    vec![
        Hostile("one segment", header.to_owned(), JoseError::Segments.into()),
        Hostile("two segments", format!("{header}.{payload}"), JoseError::Segments.into()),
        Hostile("four segments", format!("{good}.{signature}"), JoseError::Segments.into()),
        Hostile("five segments", format!("{good}.{payload}.{signature}"), JoseError::Encrypted.into()),
        Hostile("six segments", format!("{good}...."), JoseError::Segments.into()),
        Hostile("an empty header", format!(".{payload}.{signature}"), JoseError::Segments.into()),
        Hostile("an empty payload", format!("{header}..{signature}"), JoseError::Segments.into()),
        Hostile("padding after the header", format!("{header}=.{payload}.{signature}"), base64(Part::Header)),
        Hostile("padding after the payload", format!("{header}.{payload}==.{signature}"), base64(Part::Payload)),
        Hostile("padding after the signature", format!("{good}=="), base64(Part::Signature)),
        Hostile("white space inside", format!("{header}.{payload} .{signature}"), base64(Part::Payload)),
        Hostile("the other base64 alphabet", format!("{header}.{payload}.+/{signature}"), base64(Part::Signature)),
        Hostile(
            "a token over the limit",
            "a".repeat(MAX_TOKEN_BYTES + 1),
            JoseError::TooLong { limit: MAX_TOKEN_BYTES }.into(),
        ),
        Hostile(
            "a token of a megabyte, signed",
            stand.provider.token("jane").claim("filling", "x".repeat(1024 * 1024)).sign(),
            JoseError::TooLong { limit: MAX_TOKEN_BYTES }.into(),
        ),
        Hostile("a header of garbage", format!("{}.{payload}.{signature}", encode("{")), JoseError::Header.into()),
        Hostile(
            "a header that is an array",
            format!("{}.{payload}.{signature}", encode("[\"RS256\"]")),
            JoseError::Header.into(),
        ),
        Hostile(
            "alg twice",
            {
                let header = encode(r#"{"alg":"RS256","alg":"none"}"#);
                format!("{header}.{payload}.{signature}")
            },
            JoseError::Header.into(),
        ),
    ]
}

/// CVE-2026-107723 (array payload), CVE-2025-30144 (iss as an array), CVE-2026-25537 (a wrong type counted as absent).
fn payloads(stand: &Stand) -> Vec<Hostile> {
    let provider = &stand.provider;
    let token = || provider.token("jane");
    let raw = |payload: &str| token().raw_claims(payload).sign();
    let payload = |error| JoseError::Payload(error).into();
    let deep = format!("{{\"iss\":\"x\",\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    let wide = format!("{{{}}}", (0..300).map(|n| format!("\"c{n}\":1")).collect::<Vec<_>>().join(","));
    vec![
        Hostile("an array payload", raw("[{\"sub\":\"jane\"}]"), payload(ClaimsError::NotAnObject)),
        Hostile("a string payload", raw("\"jane\""), payload(ClaimsError::NotAnObject)),
        Hostile("a payload of null", raw("null"), payload(ClaimsError::NotAnObject)),
        Hostile("no JSON", raw("sub=jane"), payload(ClaimsError::Json)),
        Hostile("a NUL in the payload", raw("{\"sub\":\"ja\0ne\"}"), payload(ClaimsError::Json)),
        Hostile("two objects", raw("{}{}"), payload(ClaimsError::Json)),
        Hostile("a claim twice", raw(r#"{"aud":"x","aud":"y"}"#), payload(ClaimsError::Duplicate)),
        Hostile("a claim twice, once escaped", raw(r#"{"aud":"x","\u0061ud":"y"}"#), payload(ClaimsError::Duplicate)),
        Hostile("deep JSON", raw(&deep), payload(ClaimsError::TooDeep)),
        Hostile("300 claims", raw(&wide), payload(ClaimsError::TooMany)),
        Hostile("no iss", token().without("iss").sign(), TokenError::Missing { claim: "iss" }),
        Hostile(
            "iss as an array",
            token().claim("iss", [provider.issuer()]).sign(),
            wrong_type("iss", JsonKind::Array),
        ),
        Hostile("another issuer", token().issuer("https://evil.example").sign(), TokenError::UnknownIssuer),
        Hostile(
            "the issuer with a slash",
            token().issuer(&format!("{}/", provider.issuer())).sign(),
            TokenError::UnknownIssuer,
        ),
        Hostile(
            "the issuer in capitals",
            token().issuer(&provider.issuer().to_uppercase()).sign(),
            TokenError::UnknownIssuer,
        ),
        Hostile("no aud", token().without("aud").sign(), TokenError::Missing { claim: "aud" }),
        Hostile("another aud", token().audience("https://other.example").sign(), TokenError::Audience),
        Hostile("an empty list of aud", token().audience(json!([])).sign(), TokenError::Audience),
        Hostile("aud as an object", token().audience(json!({"x": 1})).sign(), wrong_type("aud", JsonKind::Object)),
        Hostile("aud with a number", token().audience(json!(["x", 1])).sign(), wrong_type("aud", JsonKind::Array)),
        Hostile("an ID token", provider.id_token("jane").nonce("n").sign(), TokenError::IdToken),
        Hostile(
            "an ID token for the API",
            // Keys, issuer and audience are right: only the kind is wrong.
            token().type_("JWT").nonce("n").sign(),
            TokenError::IdToken,
        ),
        Hostile(
            "a token without any mark",
            token().type_("JWT").without("scope").without("client_id").sign(),
            TokenError::Unmarked,
        ),
    ]
}

/// RFC 7519 sections 4.1.4 to 4.1.6, to the second, with the default leeway of 60 seconds.
fn times(stand: &Stand) -> Vec<Hostile> {
    let token = || stand.provider.token("jane");
    let now = unix_seconds(stand.clock.now());
    let with = |name: &str, value: serde_json::Value| token().claim(name, value).sign();
    let huge = json!(u64::MAX);
    let mut hostile = vec![
        Hostile("expired by the leeway", with("exp", json!(now - 60)), TokenError::Expired { ago: 60 }),
        Hostile("expired long ago", with("exp", json!(0)), TokenError::Expired { ago: now }),
        Hostile("not yet valid", with("nbf", json!(now + 61)), TokenError::NotYetValid { ahead: 61 }),
        Hostile("issued in the future", with("iat", json!(now + 61)), TokenError::IssuedInTheFuture { ahead: 61 }),
        Hostile("no exp", token().without("exp").sign(), TokenError::Missing { claim: "exp" }),
    ];
    for name in ["exp", "nbf", "iat"] {
        for (value, found) in [
            (json!((now + 10).to_string()), JsonKind::String),
            (json!(now as f64 + 0.5), JsonKind::Number),
            (json!(-1), JsonKind::Number),
            (huge.clone(), JsonKind::Number),
            (json!(1e300), JsonKind::Number),
            (json!(null), JsonKind::Null),
            (json!([now]), JsonKind::Array),
            (json!(true), JsonKind::Boolean),
        ] {
            hostile.push(Hostile("a time of the wrong type", with(name, value), wrong_type(name, found)));
        }
    }
    hostile
}

#[tokio::test]
async fn every_hostile_token_is_refused_with_its_own_reason() {
    let stand = Stand::new().await;
    let good = stand.provider.token("jane").sign();
    stand.auth.validate(&good).await.expect("the token that the hostile ones are made from is good");

    for table in [signatures, headers, shapes, payloads, times] {
        for Hostile(name, token, expected) in table(&stand) {
            assert_eq!(stand.refusal(&token).await, expected, "{name}");
            assert_a_bare_401(&stand, name, &token, &expected).await;
        }
    }
}

/// The layer answers 401 `invalid_token`, never a 5xx, and says no more than that.
async fn assert_a_bare_401(stand: &Stand, name: &str, token: &str, expected: &TokenError) {
    let Ok(authorization) = http::HeaderValue::from_str(&format!("Bearer {token}")) else { return };
    let handler =
        service_fn(|_: Request<String>| async { Ok::<_, std::convert::Infallible>(Response::new(String::new())) });
    let mut request = Request::new(String::new());
    request.headers_mut().insert(AUTHORIZATION, authorization);
    let response = stand.eventually(stand.auth.layer().layer(handler).oneshot(request)).await.unwrap();

    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{name}");
    let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.ends_with("error=\"invalid_token\""), "{name}: {challenge}");
    match response.extensions().get::<AuthError>() {
        Some(AuthError::Token(error)) => assert_eq!(error, expected, "{name}"),
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn the_leeway_ends_with_its_second() {
    let stand = Stand::new().await;
    let now = unix_seconds(stand.clock.now());
    for (name, value) in [("exp", now - 59), ("nbf", now + 60), ("iat", now + 60)] {
        stand.auth.validate(&stand.provider.token("jane").claim(name, value).sign()).await.expect(name);
    }
}

#[tokio::test]
async fn weak_and_foreign_keys_never_verify() {
    let stand = Stand::new().await;
    for (name, key) in [
        ("RSA of 1024 bits", json!({"kty": "RSA", "kid": "weak", "n": encode([0xa7; 128]), "e": "AQAB"})),
        ("RSA with exponent 1", json!({"kty": "RSA", "kid": "weak", "n": encode([0xa7; 256]), "e": "AQ"})),
        ("a shared secret", json!({"kty": "oct", "kid": "weak", "k": encode([7; 32])})),
    ] {
        let mut keys = stand.provider.jwks();
        keys["keys"].as_array_mut().unwrap().push(key);
        stand.provider.publish_raw_jwks(keys.to_string());
        stand.clock.advance(Duration::from_secs(120));
        // A signature that is right under exponent 1: the padded digest itself would do. Here any will: the key is not taken.
        let key = SigningKey::generate(Algorithm::Rs256).with_key_id("weak");
        let token = jws(
            json!({"alg": "RS256", "typ": "at+jwt", "kid": "weak"}).to_string(),
            json!({"iss": stand.provider.issuer()}).to_string(),
            &key,
        );
        assert_eq!(stand.refusal(&token).await, TokenError::UnknownKey, "{name}");
        stand.auth.validate(&stand.provider.token("jane").sign()).await.expect("the good key is still there");
    }
}

#[tokio::test]
async fn an_ecdsa_signature_of_zeros_is_refused() {
    let stand = Stand::with(|config| config.token_algorithm("RS256").token_algorithm("ES256")).await;
    let good = stand.provider.token("jane").algorithm(Algorithm::Es256).sign();
    stand.eventually(stand.auth.validate(&good)).await.unwrap();
    let [header, payload, _] = parts(&good);
    for signature in [[0; 64], [0xff; 64]] {
        let token = format!("{header}.{payload}.{}", encode(signature));
        assert_eq!(stand.refusal(&token).await, JoseError::Signature.into());
    }
}
