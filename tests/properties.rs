//! What must hold of every parser for every input: no panic, one meaning, nothing let in by accident.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};
use serde_json::{Map, Value, json, value::RawValue};
use tower_oidc::{
    jose::{JwkSet, Jws, KeyRing, RSA_BITS},
    testing::{SigningKey, jws},
    types::{Algorithm, Algorithms, Claims, ClaimsError, Domain, EmailAddress, JsonKind, MAX_SECONDS, Scopes},
};

fn fixed(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(8259), failure_persistence: None, ..Config::default() }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn all_algorithms() -> Algorithms {
    Algorithm::ALL.iter().copied().collect()
}

/// Any JSON value, a few levels deep.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..=2 * MAX_SECONDS).prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::from),
        "[a-z]{0,4}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec("[a-z]{0,4}", 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Members of an object in any order, a name now and then twice, written with white space and with escapes.
fn object() -> impl Strategy<Value = (Vec<(String, Value)>, String)> {
    let name = prop_oneof![9 => "[a-z]{1,6}", 1 => any::<String>()];
    let members = prop::collection::vec((name, value(), any::<bool>()), 0..6);
    // Some of the texts are plain: no name is escaped, and spaces are the only white space.
    (members, prop_oneof![" {0,2}", "[ \t\n\r]{0,2}"], any::<bool>()).prop_map(|(members, space, escapes)| {
        let written = members.iter().map(|(name, value, escape)| {
            let name = if *escape && escapes { escaped(name) } else { Value::from(name.as_str()).to_string() };
            format!("{space}{name}{space}:{space}{value}")
        });
        let text = format!("{space}{{{}{space}}}{space}", written.collect::<Vec<_>>().join(","));
        (members.into_iter().map(|(name, value, _)| (name, value)).collect(), text)
    })
}

/// A string with every UTF-16 unit escaped.
fn escaped(text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{units}\"")
}

fn kind(value: &Value) -> JsonKind {
    match value {
        Value::Null => JsonKind::Null,
        Value::Bool(_) => JsonKind::Boolean,
        Value::Number(_) => JsonKind::Number,
        Value::String(_) => JsonKind::String,
        Value::Array(_) => JsonKind::Array,
        Value::Object(_) => JsonKind::Object,
    }
}

/// Every getter says what the value is, or that it is something else; never that there is nothing.
fn assert_getters_agree(claims: &Claims, name: &str, value: &Value) {
    let string = claims.string(name).map_err(|error| error.found);
    assert_eq!(string.map(Option::unwrap), value.as_str().map(Into::into).ok_or(kind(value)), "{name:?}");
    let strings = match value {
        Value::String(text) => Some(vec![text.as_str()]),
        Value::Array(values) => values.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let found = claims.strings(name).map_err(|error| error.found).map(Option::unwrap);
    assert_eq!(found, strings.map(|all| all.into_iter().map(Into::into).collect()).ok_or(kind(value)), "{name:?}");
    let seconds = value.as_u64().filter(|seconds| *seconds <= MAX_SECONDS);
    assert_eq!(claims.seconds(name).map_err(|error| error.found), seconds.map(Some).ok_or(kind(value)), "{name:?}");
    let boolean = claims.boolean(name).map_err(|error| error.found);
    assert_eq!(boolean, value.as_bool().map(Some).ok_or(kind(value)), "{name:?}");
    assert_eq!(claims.get::<Value>(name).unwrap().as_ref(), Some(value), "{name:?}");
    assert_eq!(claims.kind(name), Some(kind(value)), "{name:?}");
    assert!(claims.contains(name));
}

/// What serde_json makes of a text that is an object, and what we make of it.
fn assert_parsers_agree(text: &str) {
    let members = serde_json::from_str::<BTreeMap<String, &RawValue>>(text);
    assert!(members.is_ok() || Claims::parse(text.to_owned()).is_err(), "{text:?}");
    match (serde_json::from_str::<Map<String, Value>>(text), Claims::parse(text.to_owned())) {
        (Ok(map), Ok(claims)) => {
            assert_eq!(claims.names().collect::<BTreeSet<_>>(), map.keys().map(String::as_str).collect(), "{text:?}");
            map.iter().for_each(|(name, value)| assert_getters_agree(&claims, name, value));
        }
        // A map keeps the last of two.
        (Ok(_), Err(error)) => assert_eq!(error, ClaimsError::Duplicate, "{text:?}"),
        // A number without end, or half a surrogate: whoever reads the claim gets an error.
        (Err(_), Ok(claims)) => {
            let unreadable = claims.names().any(|name| claims.get::<Value>(name).is_err());
            assert!(unreadable, "{text:?}");
        }
        (Err(_), Err(error)) => {
            let another_value = serde_json::from_str::<Value>(text).is_ok();
            assert_eq!(error == ClaimsError::NotAnObject, another_value, "{text:?}");
        }
    }
}

proptest! {
    #![proptest_config(fixed(600))]

    #[test]
    fn claims_are_the_members_of_an_object_with_unique_names((members, text) in object()) {
        let by_name: BTreeMap<&str, &Value> = members.iter().map(|(name, value)| (name.as_str(), value)).collect();
        match Claims::parse(text.clone()) {
            Ok(claims) => {
                prop_assert_eq!(by_name.len(), members.len());
                let written: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
                prop_assert_eq!(claims.names().collect::<Vec<_>>(), written);
                members.iter().for_each(|(name, value)| assert_getters_agree(&claims, name, value));
                prop_assert_eq!(claims.as_json(), text);
                prop_assert!(!claims.contains("no claim has this name"));
            }
            Err(error) => {
                prop_assert_eq!(error, ClaimsError::Duplicate);
                prop_assert!(by_name.len() < members.len());
            }
        }
    }

    #[test]
    fn claims_and_serde_json_agree_on_a_text_with_a_letter_changed(
        (_, text) in object(),
        place in any::<prop::sample::Index>(),
        letter in prop::sample::select("{}[]\",:\\ \0\u{7f}e0-.tnu1ü".chars().collect::<Vec<_>>()),
    ) {
        let mut letters: Vec<char> = text.chars().collect();
        let place = place.index(letters.len());
        letters[place] = letter;
        assert_parsers_agree(&letters.into_iter().collect::<String>());
    }

    #[test]
    fn claims_and_serde_json_agree_on_any_text(text in prop_oneof![any::<String>(), "[{}\\[\\]\",:\\\\ue0-9.\\-tals ]{0,24}"]) {
        assert_parsers_agree(&text);
    }

    #[test]
    fn a_token_that_can_be_read_has_one_spelling(token in token_like()) {
        if Jws::parse(&token).is_ok() {
            let again: Vec<String> = token
                .split('.')
                .take(2)
                .map(|segment| encode(URL_SAFE_NO_PAD.decode(segment).unwrap()))
                .collect();
            let again = format!("{}.", again.join("."));
            prop_assert!(token.starts_with(&again));
        }
    }

    #[test]
    fn no_document_makes_the_key_parser_panic(document in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        "[{}\\[\\]\",:keys0-9 ]{0,40}".prop_map(String::into_bytes),
        value().prop_map(|value| json!({"keys": value}).to_string().into_bytes()),
        prop::collection::vec(jwk_like(), 0..4).prop_map(|keys| json!({"keys": keys}).to_string().into_bytes()),
    ]) {
        if let Ok(set) = JwkSet::parse(&document) {
            // Whatever was taken can be used, for as many algorithms as there are of its type.
            let ring = KeyRing::new([&set], all_algorithms());
            prop_assert!(ring.len() >= usize::from(!set.is_empty()) && ring.len() <= 6 * set.len());
        }
    }

    #[test]
    fn an_rsa_key_is_taken_only_public_and_of_a_good_size(
        bytes in prop_oneof![1..300_usize, 1000..1100_usize],
        first in 1..=u8::MAX,
        last in any::<u8>(),
        e in prop::sample::select(vec![&[1_u8, 0, 1][..], &[3], &[1], &[2], &[], &[0], &[1, 0, 0, 0, 1], &[0, 1, 0, 1]]),
        private in prop::sample::select(vec![None, Some("d"), Some("D")]),
    ) {
        let mut n = vec![0xa5; bytes];
        n[bytes - 1] = last;
        n[0] = first;
        let mut key = json!({"kty": "RSA", "n": encode(&n), "e": encode(e)});
        if let Some(member) = private {
            key[member] = json!("c2VjcmV0");
        }
        let bits = bytes * 8 - n[0].leading_zeros() as usize;
        let good = RSA_BITS.contains(&bits) && n[bytes - 1] & 1 == 1 && matches!(e, [1, 0, 1] | [3] | [0, 1, 0, 1]);
        let set = JwkSet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
        prop_assert_eq!(set.len(), usize::from(good && private != Some("d")));
    }

    #[test]
    fn a_domain_means_itself(text in domain_like()) {
        if let Ok(domain) = Domain::parse(&text) {
            prop_assert_eq!(Domain::parse(domain.as_str()), Ok(domain.clone()));
            prop_assert_eq!(Domain::parse(&domain.as_str().to_uppercase()), Ok(domain.clone()));
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
            prop_assert!(domain.as_str().bytes().all(plain) && domain.as_str().len() <= 253);
        }
    }

    #[test]
    fn an_address_keeps_its_text_and_has_one_at(text in address_like()) {
        if let Ok(address) = EmailAddress::parse(&text) {
            prop_assert_eq!(address.as_str(), text.as_str());
            let (local, domain) = text.split_once('@').unwrap();
            prop_assert!(!domain.contains('@') && !local.is_empty());
            prop_assert_eq!(address.local(), local);
            prop_assert_eq!(Domain::parse(domain), Ok(address.domain().clone()));
            let again = EmailAddress::parse(&format!("{local}@{}", address.domain()));
            prop_assert!(again.is_ok_and(|again| address.same_mailbox(&again)));
        }
    }

    #[test]
    fn scopes_are_the_words_of_the_grammar_once_each(text in prop_oneof![any::<String>(), "[a-c :\"\\\\\t\u{7f}ü]{0,24}"]) {
        let scopes = Scopes::parse(&text);
        let mut words: Vec<&str> = Vec::new();
        for word in text.split(' ') {
            let is_scope = !word.is_empty() && word.chars().all(|char| ('!'..='~').contains(&char) && !"\"\\".contains(char));
            if is_scope && !words.contains(&word) {
                words.push(word);
            }
        }
        prop_assert_eq!(scopes.iter().collect::<Vec<_>>(), words.clone());
        prop_assert_eq!(&Scopes::parse(scopes.as_str()), &scopes);
        prop_assert!(words.iter().all(|word| scopes.contains(word)));
        prop_assert_eq!(scopes.contains(&text), words.contains(&text.as_str()));
    }
}

/// Texts of all kinds, from noise to nearly a token.
fn token_like() -> impl Strategy<Value = String> {
    let header = prop_oneof![
        4 => prop::sample::select(vec![r#"{"alg":"ES256"}"#, r#"{"alg":"RS256","kid":"k"}"#, r#"{"typ":"JWT","alg":"EdDSA"}"#])
            .prop_map(|json| json.as_bytes().to_vec()),
        1 => object().prop_map(|(_, text)| text.into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    let payload = prop_oneof![
        2 => object().prop_map(|(_, text)| text.into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    let parts = (header, payload, prop::collection::vec(any::<u8>(), 0..70), "[=.A-]{0,2}");
    prop_oneof![
        1 => any::<String>(),
        1 => "[A-Za-z0-9_.-]{0,80}",
        4 => parts.prop_map(|(header, payload, signature, tail)| {
            format!("{}.{}.{}{tail}", encode(header), encode(payload), encode(signature))
        }),
    ]
}

/// Keys of all kinds, most of them broken.
fn jwk_like() -> impl Strategy<Value = Value> {
    let bytes = || {
        prop_oneof![Just(32), Just(48), Just(256), 0..300_usize]
            .prop_flat_map(|n| prop::collection::vec(any::<u8>(), n))
    };
    let text = |texts: &'static [&'static str]| prop::sample::select(texts);
    (
        text(&["RSA", "EC", "OKP", "oct", "rsa", ""]),
        text(&["P-256", "P-384", "P-521", "Ed25519", "X25519", ""]),
        prop::option::of(text(&["RS256", "ES256", "ES384", "EdDSA", "HS256", "none"])),
        (bytes(), bytes(), bytes()),
        prop::option::of(("[a-z_]{1,7}", value())),
    )
        .prop_map(|(kty, crv, alg, (n, x, y), other)| {
            let mut key = json!({
                "kty": kty, "crv": crv, "n": encode(n), "e": "AQAB", "x": encode(x), "y": encode(y),
            });
            if let Some(alg) = alg {
                key["alg"] = json!(alg);
            }
            if let Some((name, value)) = other {
                key[name] = value;
            }
            key
        })
}

fn domain_like() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => any::<String>(),
        2 => "[a-zA-Z0-9.-]{0,20}",
        2 => "[a-zA-ZüßΣς\u{212a}\u{3002}\u{ff0e}\u{ad}0-9.-]{0,12}",
        1 => "(xn--)?[a-z0-9-]{1,10}\\.[a-z]{2,3}",
        1 => "([a-z]{60,64}\\.){1,5}com",
    ]
}

fn address_like() -> impl Strategy<Value = String> {
    let local = prop_oneof!["[a-zA-Z.+]{0,6}", any::<String>()];
    let at = prop::sample::select(vec!["@", "@", "@", "", "@@", "\u{ff20}", "@x@"]);
    (local, at, domain_like()).prop_map(|(local, at, domain)| format!("{local}{at}{domain}"))
}

fn verifies(token: &str, ring: &KeyRing) -> bool {
    let verified =
        |jws: Jws<'_>| ring.find(jws.key_id(), jws.algorithm()).ok().and_then(|key| jws.verify(key).ok().map(drop));
    Jws::parse(token).ok().and_then(verified).is_some()
}

/// Every byte of the token becomes every other byte that a header can carry, or a byte is left out or put in.
#[test]
fn a_token_is_accepted_byte_for_byte() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let key = SigningKey::generate(algorithm).with_key_id("k");
        let ring = ring_of(&key);
        let token = jws(format!(r#"{{"alg":"{algorithm}"}}"#), r#"{"sub":"j"}"#, &key);
        assert!(verifies(&token, &ring));
        for at in 0..token.len() {
            let (before, after) = token.split_at(at);
            for byte in (b' '..=b'~').filter(|byte| *byte != token.as_bytes()[at]) {
                let other = char::from(byte);
                assert!(!verifies(&format!("{before}{other}{}", &after[1..]), &ring), "{other:?} at {at} of {token}");
                assert!(!verifies(&format!("{before}{other}{after}"), &ring), "{other:?} before {at} of {token}");
            }
            assert!(!verifies(&format!("{before}{}", &after[1..]), &ring), "without {at} of {token}");
        }
    }
}

#[test]
fn a_bit_of_the_signature_is_never_idle() {
    for &algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).with_key_id("k");
        let ring = ring_of(&key);
        let token = jws(format!(r#"{{"alg":"{algorithm}","kid":"k"}}"#), r#"{"sub":"jane"}"#, &key);
        assert!(verifies(&token, &ring), "{algorithm}");
        let (input, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        for bit in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!verifies(&format!("{input}.{}", encode(changed)), &ring), "{algorithm}, bit {bit}");
        }
    }
}

fn ring_of(key: &SigningKey) -> KeyRing {
    let set = JwkSet::parse(json!({"keys": [key.public_jwk()]}).to_string().as_bytes()).unwrap();
    KeyRing::new([&set], all_algorithms())
}
