//! Which tokens there are to disagree about: good ones, a step or two away from good, with any key, changed in any place.

use proptest::{prelude::*, sample::select};
use tower_oidc::types::Algorithm;

use super::case::{Case, Change, Json, Signer, Tampering, text};

const TIMES: [&str; 3] = ["exp", "nbf", "iat"];

const CLAIMS: [&str; 20] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "scope",
    "scp",
    "client_id",
    "azp",
    "auth_time",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "token_use",
    "typ",
    "gty",
    "other",
];

const HEADERS: [&str; 17] = [
    "alg", "kid", "typ", "cty", "crit", "b64", "enc", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "url",
    "nonce", "other",
];

/// Values of every kind, at the edges of their kinds, and as tokens have them.
const VALUES: [&str; 48] = [
    "null",
    "true",
    "false",
    "0",
    "7",
    "-1",
    "1.5",
    "1e3",
    "4e9",
    "1e300",
    "1e999",
    "253402300799",
    "253402300800",
    "18446744073709551615",
    "18446744073709551616",
    r#""""#,
    r#""x""#,
    r#""4000000000""#,
    r#""\ud800""#,
    r#""\u0000""#,
    r#"["x"]"#,
    r#"["x",7]"#,
    "[]",
    "[[]]",
    "{}",
    r#"{"x":1e999}"#,
    r#"{"x":1,"x":2}"#,
    r#""$iss""#,
    r#"["$iss"]"#,
    r#""$iss/""#,
    r#""$aud""#,
    r#"["$aud"]"#,
    r#"["x","$aud"]"#,
    r#"["$aud","$aud"]"#,
    r#""$AUD""#,
    r#""RS256""#,
    r#""PS256""#,
    r#""ES256""#,
    r#""ES384""#,
    r#""EdDSA""#,
    r#""HS256""#,
    r#""none""#,
    r#""JWT""#,
    r#""application/AT+jwt""#,
    r#""logout+jwt""#,
    r#""id""#,
    r#""ID""#,
    r#"["exp"]"#,
];

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let changes = prop::collection::vec(change(), 0..=2);
    (algorithm(), changes, signer(), tampering()).prop_map(|(algorithm, changes, signer, tampering)| {
        let good = Case::good(algorithm);
        Case { signer: signer.unwrap_or(good.signer), tampering, ..good }.with(changes)
    })
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    select(Algorithm::ALL)
}

/// Nearly always the right one.
fn signer() -> impl Strategy<Value = Option<Signer>> {
    prop_oneof![
        18 => Just(None),
        1 => algorithm().prop_map(|of| Some(Signer::Published(of))),
        1 => any::<usize>().prop_map(|which| Some(Signer::Stranger(which))),
    ]
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let char = select("Aa0_-+/=. *".chars().collect::<Vec<_>>());
    prop_oneof![
        16 => Just(Tampering::None),
        1 => (any::<usize>(), char.clone()).prop_map(|(place, char)| Tampering::Replaced(place, char)),
        1 => (any::<usize>(), char).prop_map(|(place, char)| Tampering::Inserted(place, char)),
        1 => any::<usize>().prop_map(Tampering::Removed),
        1 => select(&[".e30", ".", "=", "==", "\n"][..]).prop_map(Tampering::Appended),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let name = |names: &'static [&'static str]| select(names);
    let value = || select(&VALUES[..]).prop_map(text);
    // Around the leeway, where a second more or less makes the difference.
    let offset = || prop_oneof![-62..=-58_i64, 58..=62_i64, -3_i64..=3, -4000..=4000_i64];
    prop_oneof![
        6 => (name(&TIMES), offset()).prop_map(|(name, seconds)| Change::Claim(name, Json::Seconds(seconds))),
        1 => (name(&TIMES), offset()).prop_map(|(name, seconds)| Change::Claim(name, Json::HalfPast(seconds))),
        6 => (name(&CLAIMS), value()).prop_map(|(name, json)| Change::Claim(name, json)),
        6 => (name(&HEADERS), value()).prop_map(|(name, json)| Change::Header(name, json)),
        2 => name(&CLAIMS).prop_map(Change::NoClaim),
        1 => name(&CLAIMS).prop_map(Change::ClaimTwice),
        1 => select(&["alg", "kid", "typ"][..]).prop_map(Change::NoHeader),
        1 => name(&HEADERS).prop_map(Change::HeaderTwice),
        1 => (240..=260_usize).prop_map(Change::Many),
        1 => (30..=35_usize).prop_map(|depth| Change::Claim("other", Json::Deep(depth))),
        1 => select(&[1000, 13_000][..]).prop_map(|letters| Change::Claim("other", Json::Long(letters))),
        1 => select(&[1000, 2100][..]).prop_map(|letters| Change::Header("other", Json::Long(letters))),
    ]
}
