//! The differences that there are, and why.

use tower_oidc::types::{MAX_CLAIMS, MAX_DEPTH, MAX_SECONDS};

use super::case::{Case, Change, Json, text};

/// Who refuses what the other accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stricter {
    We,
    They,
}

/// Something on which the two do not agree.
pub(super) struct Difference {
    pub(super) name: &'static str,
    pub(super) stricter: Stricter,
    /// The section of the specification that it rests on.
    pub(super) reason: &'static str,
    /// Whether a case may be decided differently for it.
    pub(super) applies: fn(&Case) -> bool,
    /// What makes a good token a case of it.
    pub(super) example: fn() -> Vec<Change>,
}

/// All of them. Where they are stricter than we are, the specification does not allow us to be as strict, or what they refuse
/// is nothing that anybody reads.
#[rustfmt::skip]
pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "the second of the expiry",
        stricter: Stricter::We,
        reason: "RFC 7519 section 4.1.4: not accepted on or after the time; theirs is accepted on it",
        applies: |case| case.claim("exp") == Some(&Json::Seconds(-60)),
        example: || vec![Change::Claim("exp", Json::Seconds(-60))],
    },
    Difference {
        name: "a time with a fraction or an exponent",
        stricter: Stricter::We,
        reason: "RFC 7519 section 2 allows them, and nobody sends them; theirs are rounded up into the future",
        applies: |case| ["exp", "nbf"].iter().any(|time| case.claim(time).is_some_and(is_fraction)),
        example: || vec![Change::Claim("exp", Json::HalfPast(10))],
    },
    Difference {
        name: "a time after the year 9999",
        stricter: Stricter::We,
        reason: "RFC 7519 section 2: a NumericDate is a date, and RFC 3339 knows no later one",
        applies: |case| case.claim("exp").is_some_and(is_out_of_range),
        example: || vec![Change::Claim("exp", text("253402300800"))],
    },
    Difference {
        name: "the time of issue",
        stricter: Stricter::We,
        reason: "RFC 7519 section 4.1.6: iat is the time at which the token was issued; theirs is not read",
        applies: |case| case.claim("iat").is_some_and(|iat| !matches!(iat, Json::Seconds(seconds) if *seconds <= 60)),
        example: || vec![Change::Claim("iat", Json::Seconds(61))],
    },
    Difference {
        name: "several issuers",
        stricter: Stricter::We,
        reason: "RFC 7519 section 4.1.1: iss is one StringOrURI (CVE-2025-30144)",
        applies: |case| case.claim("iss").is_some_and(|iss| iss.is(r#"["$iss"]"#)),
        example: || vec![Change::Claim("iss", text(r#"["$iss"]"#))],
    },
    Difference {
        name: "an empty subject",
        stricter: Stricter::We,
        reason: "RFC 7519 section 4.1.2, RFC 9068 section 2.2: sub identifies somebody",
        applies: |case| case.claim("sub").is_some_and(|sub| sub.is(r#""""#)),
        example: || vec![Change::Claim("sub", text(r#""""#))],
    },
    Difference {
        name: "a subject with a control character",
        stricter: Stricter::We,
        reason: "RFC 8265 section 3.3: a user name holds none; here it names the principal, on pages and in logs",
        applies: |case| case.claim("sub").is_some_and(|sub| sub.is(r#""\u0000""#)),
        example: || vec![Change::Claim("sub", text(r#""\u0000""#))],
    },
    Difference {
        name: "a claim twice",
        stricter: Stricter::We,
        reason: "RFC 7519 section 4: claim names are unique; theirs are only where they read them",
        applies: |case| has_twice(&case.claims),
        example: || vec![Change::ClaimTwice("scope")],
    },
    Difference {
        name: "a claim of the wrong type",
        stricter: Stricter::We,
        reason: "RFC 9068 sections 2.2 and 2.2.3: scopes are strings, clients are strings, a login has a time",
        applies: has_claim_of_wrong_type,
        example: || vec![Change::Claim("scope", text("7"))],
    },
    Difference {
        name: "a token that is no access token",
        stricter: Stricter::We,
        reason: "RFC 8725 section 3.12, RFC 9068 section 5: an ID token is not an access token",
        applies: is_unmarked,
        example: || vec![Change::Header("typ", text(r#""JWT""#)), Change::Claim("nonce", text(r#""x""#))],
    },
    Difference {
        name: "another explicit type",
        stricter: Stricter::We,
        reason: "RFC 8725 section 3.11, RFC 9068 section 4: typ is at+jwt, or says nothing",
        applies: |case| case.header("typ").is_some_and(|typ| typ.is_string() && !is_access_token_type(typ) && !typ.is(r#""JWT""#)),
        example: || vec![Change::Header("typ", text(r#""logout+jwt""#))],
    },
    Difference {
        name: "a header parameter of null",
        stricter: Stricter::We,
        reason: "RFC 7515 sections 4.1.4 and 4.1.9: kid and typ are strings; theirs are absent then",
        applies: |case| ["kid", "typ"].iter().any(|name| case.header(name).is_some_and(|json| json.is("null"))),
        example: || vec![Change::Header("kid", text("null"))],
    },
    Difference {
        name: "critical parameters",
        stricter: Stricter::We,
        reason: "RFC 7515 section 4.1.11: an extension that is not understood must be refused (CVE-2025-59420)",
        applies: |case| case.header("crit").is_some(),
        example: || vec![Change::Header("crit", text(r#"["exp"]"#))],
    },
    Difference {
        name: "an unencoded payload",
        stricter: Stricter::We,
        reason: "RFC 7797 sections 3 and 6: b64 changes what is signed",
        applies: |case| case.header("b64").is_some(),
        example: || vec![Change::Header("b64", text("false"))],
    },
    Difference {
        name: "a signed token that says it is encrypted",
        stricter: Stricter::We,
        reason: "RFC 7516 section 9: a header with enc is that of a JWE",
        applies: |case| case.header("enc").is_some(),
        example: || vec![Change::Header("enc", text(r#""A128GCM""#))],
    },
    Difference {
        name: "a key of the token's own",
        stricter: Stricter::We,
        reason: "RFC 8725 section 3.10: neither a key nor its address is taken from the token",
        applies: |case| ["jwk", "jku", "x5u", "x5c"].iter().any(|name| case.header(name).is_some()),
        example: || vec![Change::Header("jku", text(r#""https://evil.example""#))],
    },
    Difference {
        name: "a long token",
        stricter: Stricter::We,
        reason: "RFC 8259 section 9: a parser may limit the size; ours does before anything is read",
        applies: |case| case.claims.iter().any(|(_, json)| matches!(json, Json::Long(12_000..))),
        example: || vec![Change::Claim("other", Json::Long(13_000))],
    },
    Difference {
        name: "a long header",
        stricter: Stricter::We,
        reason: "as for a long token",
        applies: |case| case.header.iter().any(|(_, json)| matches!(json, Json::Long(1900..))),
        example: || vec![Change::Header("other", Json::Long(2100))],
    },
    Difference {
        name: "many claims",
        stricter: Stricter::We,
        reason: "as for a long token",
        applies: |case| case.claims.len() > MAX_CLAIMS,
        example: || vec![Change::Many(MAX_CLAIMS)],
    },
    Difference {
        name: "a deep claim",
        stricter: Stricter::We,
        reason: "RFC 8259 section 9: a parser may limit the depth; serde_json stops at 127",
        applies: |case| case.claims.iter().any(|(_, json)| matches!(json, Json::Deep(depth) if *depth > MAX_DEPTH)),
        example: || vec![Change::Claim("other", Json::Deep(MAX_DEPTH + 1))],
    },
    Difference {
        name: "a header parameter that is not understood",
        stricter: Stricter::They,
        reason: "RFC 7515 section 4: parameters that are not understood are ignored, whatever they hold; none of these is acted on",
        applies: has_ignored_parameter_of_another_type,
        example: || vec![Change::Header("x5t", text("7"))],
    },
    Difference {
        name: "a header parameter that is not understood, twice",
        stricter: Stricter::They,
        reason: "RFC 7515 section 4: as above; those that are acted on must not stand twice",
        applies: |case| has_twice(&case.header),
        example: || vec![Change::HeaderTwice("x5t")],
    },
    Difference {
        name: "a value that no type of Rust can hold",
        stricter: Stricter::They,
        reason: "RFC 8259 sections 6 and 8.2: 1e999 and half a surrogate are JSON; whoever reads the claim gets an error",
        applies: |case| case.claims.iter().chain(&case.header).any(|(_, json)| is_unreadable(json)),
        example: || vec![Change::Claim("other", text("1e999"))],
    },
];

fn is_fraction(json: &Json) -> bool {
    matches!(json, Json::HalfPast(_)) || ["1.5", "1e3", "4e9", "1e300", "1e999"].iter().any(|number| json.is(number))
}

fn is_out_of_range(json: &Json) -> bool {
    matches!(json, Json::Text(text) if text.parse().is_ok_and(|seconds: u128| seconds > MAX_SECONDS.into()))
}

fn is_unreadable(json: &Json) -> bool {
    matches!(json, Json::Text(text) if text.contains("1e999") || text.contains(r"\ud800"))
}

fn has_twice(members: &[(String, Json)]) -> bool {
    members.iter().enumerate().any(|(position, (name, _))| members[..position].iter().any(|(other, _)| other == name))
}

fn is_access_token_type(typ: &Json) -> bool {
    [r#""at+jwt""#, r#""application/AT+jwt""#].iter().any(|name| typ.is(name))
}

/// With `typ: at+jwt` nothing else is asked; otherwise a mark of an access token and none of an ID token.
fn is_unmarked(case: &Case) -> bool {
    let has = |claims: &[&str]| claims.iter().any(|claim| case.claim(claim).is_some());
    let says = |claim: &str, value: &str| case.claim(claim).is_some_and(|json| json.is(value));
    let is_id_token =
        has(&["nonce", "at_hash", "c_hash", "s_hash"]) || says("token_use", r#""id""#) || says("typ", r#""ID""#);
    let is_access_token = has(&["scope", "scp", "client_id", "gty"]);
    !case.header("typ").is_some_and(is_access_token_type) && (is_id_token || !is_access_token)
}

fn has_claim_of_wrong_type(case: &Case) -> bool {
    let is_list = |json: &Json| matches!(json, Json::Text(text) if text.starts_with('[') && !text.contains(['7']) && text != "[[]]");
    let is_no_string = |claim: &&str| case.claim(claim).is_some_and(|json| !json.is_string());
    let is_no_list = |claim: &&str| case.claim(claim).is_some_and(|json| !json.is_string() && !is_list(json));
    let is_no_time = |json: &Json| !["0", "7", "253402300799"].iter().any(|time| json.is(time));
    ["scope", "scp"].iter().any(is_no_list)
        || ["client_id", "azp", "token_use", "typ"].iter().any(is_no_string)
        || case.claim("auth_time").is_some_and(is_no_time)
}

fn has_ignored_parameter_of_another_type(case: &Case) -> bool {
    let ignored = ["cty", "zip", "x5t", "x5t#S256", "url", "nonce"];
    ignored.iter().any(|name| case.header(name).is_some_and(|json| !json.is_string() && !json.is("null")))
}
