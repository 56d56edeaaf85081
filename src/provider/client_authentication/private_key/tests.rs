use aws_lc_rs::{encoding::AsDer, rsa::KeySize, signature::KeyPair as _};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::jose::{JwkSet, Jws, KeyRing};

use super::*;

/// A key pair in every form that it has.
struct Fixture {
    /// PKCS#8 and, but for Ed25519, the older form of its type.
    pems: Vec<String>,
    private_jwk: Value,
    public_jwk: Value,
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn with(mut public: Value, private: &[(&str, &[u8])]) -> Value {
    for (name, bytes) in private {
        public[*name] = encode(bytes).into();
    }
    public
}

/// Tag, value and rest of a DER element whose length takes two bytes at most.
fn element(der: &[u8]) -> (u8, &[u8], &[u8]) {
    let (length, start) = match der[1] {
        0x81 => (usize::from(der[2]), 3),
        0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
        short => (usize::from(short), 2),
    };
    (der[0], &der[start..start + length], &der[start + length..])
}

fn elements(mut der: &[u8]) -> Vec<(u8, &[u8])> {
    let mut elements = Vec::new();
    while !der.is_empty() {
        let (tag, value, rest) = element(der);
        elements.push((tag, value));
        der = rest;
    }
    elements
}

fn rsa_key() -> Fixture {
    let pkcs8 = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    let pkcs1 = elements(element(pkcs8.as_ref()).1)[2].1.to_vec();
    let integers: Vec<_> = elements(element(&pkcs1).1)
        .into_iter()
        .map(|(_, integer)| integer.strip_prefix(&[0]).unwrap_or(integer).to_vec())
        .collect();
    let public_jwk = json!({"kty": "RSA", "kid": "own", "n": encode(&integers[1]), "e": encode(&integers[2])});
    let names = ["d", "p", "q", "dp", "dq", "qi"];
    let private: Vec<_> = names.into_iter().zip(integers[3..].iter().map(Vec::as_slice)).collect();
    Fixture {
        pems: vec![pem("PRIVATE KEY", pkcs8.as_ref()), pem("RSA PRIVATE KEY", &pkcs1)],
        private_jwk: with(public_jwk.clone(), &private),
        public_jwk,
    }
}

fn ec_key(curve: &'static EcdsaSigningAlgorithm, name: &str, length: usize) -> Fixture {
    let pair = EcdsaKeyPair::generate(curve).unwrap();
    let pkcs8 = pair.to_pkcs8v1().unwrap();
    let sec1: aws_lc_rs::encoding::EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(length);
    let public_jwk = json!({"kty": "EC", "crv": name, "kid": "own", "x": encode(x), "y": encode(y)});
    let secret = elements(element(sec1.as_ref()).1)[1].1;
    // openssl writes the curve in front of the key.
    let parameters = pem("EC PARAMETERS", &[6, 8, 42, 134, 72, 206, 61, 3, 1, 7]);
    Fixture {
        pems: vec![pem("PRIVATE KEY", pkcs8.as_ref()), parameters + &pem("EC PRIVATE KEY", sec1.as_ref())],
        private_jwk: with(public_jwk.clone(), &[("d", secret)]),
        public_jwk,
    }
}

fn ed25519_key() -> Fixture {
    let pair = Ed25519KeyPair::generate().unwrap();
    let public_jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "own", "x": encode(pair.public_key().as_ref())});
    let (v1, v2) = (pair.to_pkcs8v1().unwrap(), pair.to_pkcs8().unwrap());
    let seed = element(elements(element(v1.as_ref()).1)[2].1).1;
    Fixture {
        pems: vec![pem("PRIVATE KEY", v1.as_ref()), pem("PRIVATE KEY", v2.as_ref())],
        private_jwk: with(public_jwk.clone(), &[("d", seed)]),
        public_jwk,
    }
}

fn key_for(algorithm: Algorithm) -> Fixture {
    match Scheme::from(algorithm) {
        Scheme::Rsa(_) => rsa_key(),
        Scheme::Ecdsa(curve) if algorithm == Algorithm::Es256 => ec_key(curve, "P-256", 32),
        Scheme::Ecdsa(curve) => ec_key(curve, "P-384", 48),
        Scheme::Ed25519 => ed25519_key(),
    }
}

fn one_of_each() -> [(Scheme, Fixture); 4] {
    [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa]
        .map(|algorithm| (algorithm.into(), key_for(algorithm)))
}

fn is_same(one: Scheme, other: Scheme) -> bool {
    match (one, other) {
        (Scheme::Rsa(_), Scheme::Rsa(_)) | (Scheme::Ed25519, Scheme::Ed25519) => true,
        (Scheme::Ecdsa(one), Scheme::Ecdsa(other)) => one == other,
        _ => false,
    }
}

fn parse(text: &str, algorithm: Algorithm) -> Result<PrivateKey, ClientAuthenticationError> {
    PrivateKey::parse(&Secret::from(text), None, algorithm)
}

/// Whether what `key` signs is good by the public half, to a reader of our own and to another one.
fn assert_signs(key: &PrivateKey, public_jwk: &Value) {
    let header = encode(format!(r#"{{"alg":"{}","kid":"own"}}"#, key.algorithm()).as_bytes());
    let input = format!("{header}.{}", encode(br#"{"sub":"me"}"#));
    let token = format!("{input}.{}", encode(&key.sign(input.as_bytes()).unwrap()));

    let set = JwkSet::parse(json!({"keys": [public_jwk]}).to_string().as_bytes()).unwrap();
    let ring = KeyRing::new([&set], key.algorithm().into());
    let jws = Jws::parse(&token).unwrap();
    let claims = jws.verify(ring.find(Some("own"), key.algorithm()).unwrap()).unwrap();
    assert_eq!(claims.string("sub").unwrap().unwrap(), "me");

    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(public_jwk.clone()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(key.algorithm().name().parse().unwrap());
    validation.required_spec_claims.clear();
    let decoding_key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    assert_eq!(jsonwebtoken::decode::<Value>(&token, &decoding_key, &validation).unwrap().claims["sub"], "me");
}

#[test]
fn every_algorithm_signs_with_a_key_of_every_form() {
    let keys = one_of_each();
    for &algorithm in Algorithm::ALL {
        let (_, fixture) = keys.iter().find(|(scheme, _)| is_same(*scheme, algorithm.into())).unwrap();
        for text in fixture.pems.iter().cloned().chain([fixture.private_jwk.to_string()]) {
            let key = parse(&text, algorithm).unwrap_or_else(|error| panic!("{algorithm}: {error}: {text}"));
            assert_signs(&key, &fixture.public_jwk);
        }
    }
}

#[test]
fn a_key_of_another_type_or_curve_is_refused() {
    let keys = one_of_each();
    for &algorithm in Algorithm::ALL {
        for (_, fixture) in keys.iter().filter(|(scheme, _)| !is_same(*scheme, algorithm.into())) {
            for text in fixture.pems.iter().cloned().chain([fixture.private_jwk.to_string()]) {
                let error = parse(&text, algorithm).unwrap_err();
                assert_eq!(error, ClientAuthenticationError::UnfitKey { algorithm }, "{}", fixture.public_jwk);
            }
        }
    }
}

#[test]
fn the_id_is_the_configured_one_or_else_the_jwks_own() {
    let fixture = ed25519_key();
    let id = |text: &str, key_id: Option<&str>| {
        let key = PrivateKey::parse(&Secret::from(text), key_id.map(str::to_owned), Algorithm::EdDsa).unwrap();
        key.key_id().map(str::to_owned)
    };
    let jwk = fixture.private_jwk.to_string();
    assert_eq!(id(&jwk, None).as_deref(), Some("own"));
    assert_eq!(id(&jwk, Some("configured")).as_deref(), Some("configured"));
    assert_eq!(id(&fixture.pems[0], None), None);
    assert_eq!(id(&format!("\n {}", fixture.pems[0]), Some("configured")).as_deref(), Some("configured"));
}

#[test]
fn a_jwk_for_something_else_is_refused() {
    let fixture = ed25519_key();
    let error = |member: &str, value: Value| {
        let mut jwk = fixture.private_jwk.clone();
        jwk[member] = value;
        parse(&jwk.to_string(), Algorithm::EdDsa).map(drop)
    };
    for (member, value) in [("use", json!("sig")), ("key_ops", json!(["verify", "sign"])), ("alg", json!("EdDSA"))] {
        assert_eq!(error(member, value), Ok(()), "{member}");
    }
    let unfit = Err(ClientAuthenticationError::UnfitKey { algorithm: Algorithm::EdDsa });
    for (member, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["verify"])),
        ("alg", json!("ES256")),
        ("kty", json!("oct")),
        ("crv", json!("Ed448")),
        ("d", json!(null)),
        ("d", json!("AAAA")),
        ("d", json!(encode(&[0; 33]))),
        ("d", json!("not base64url")),
        ("x", json!(null)),
    ] {
        assert_eq!(error(member, value.clone()), unfit, "{member}: {value}");
    }
}

#[test]
fn a_key_whose_parts_contradict_each_other_is_refused() {
    for (algorithm, member) in [
        (Algorithm::Rs256, "n"),
        (Algorithm::Ps256, "d"),
        (Algorithm::Es256, "d"),
        (Algorithm::Es384, "x"),
        (Algorithm::EdDsa, "x"),
    ] {
        let (mut jwk, other) = (key_for(algorithm).private_jwk, key_for(algorithm).private_jwk);
        jwk[member] = other[member].clone();
        let error = parse(&jwk.to_string(), algorithm).unwrap_err();
        assert_eq!(error, ClientAuthenticationError::UnfitKey { algorithm }, "{member}");
    }
}

#[test]
fn an_rsa_jwk_needs_its_primes_and_forgives_a_leading_zero() {
    let jwk = rsa_key().private_jwk;
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        let mut partial = jwk.clone();
        partial.as_object_mut().unwrap().remove(member);
        assert!(parse(&partial.to_string(), Algorithm::Rs256).is_err(), "{member}");
    }
    let mut three_primes = jwk.clone();
    three_primes["oth"] = json!([]);
    assert!(parse(&three_primes.to_string(), Algorithm::Rs256).is_err());

    let mut padded = jwk;
    let n = URL_SAFE_NO_PAD.decode(padded["n"].as_str().unwrap()).unwrap();
    padded["n"] = encode(&[&[0], &n[..]].concat()).into();
    assert!(parse(&padded.to_string(), Algorithm::Rs256).is_ok());
}

#[test]
fn what_is_no_private_key_is_told_apart_from_an_encrypted_one() {
    let public = pem("PUBLIC KEY", &[48, 0]);
    let cut = ed25519_key().pems[0].replace("-----END PRIVATE KEY-----", "");
    for text in ["", "hunter2", "{}", "{\"kty\":5}", "{\"kty\":\"RSA\",\"kty\":\"RSA\"}", "{", &public, &cut] {
        assert_eq!(parse(text, Algorithm::Rs256).unwrap_err(), ClientAuthenticationError::UnreadableKey, "{text}");
    }
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n\
               -----END RSA PRIVATE KEY-----\n";
    for text in [&pem("ENCRYPTED PRIVATE KEY", &[48, 0]), old] {
        assert_eq!(parse(text, Algorithm::Rs256).unwrap_err(), ClientAuthenticationError::EncryptedKey, "{text}");
    }
    let garbage = pem("PRIVATE KEY", b"hunter2");
    let error = parse(&garbage, Algorithm::Rs256).unwrap_err();
    assert_eq!(error, ClientAuthenticationError::UnfitKey { algorithm: Algorithm::Rs256 });
}

#[test]
fn a_private_key_is_not_shown() {
    let jwk = ed25519_key().private_jwk;
    let shown = format!("{:?}", parse(&jwk.to_string(), Algorithm::EdDsa).unwrap());
    assert_eq!(shown, r#"PrivateKey { algorithm: EdDsa, key_id: Some("own"), .. }"#);
}
