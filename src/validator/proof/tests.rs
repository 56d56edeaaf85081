//! Each check, by a proof that is good in all but one thing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use url::Url;

use super::*;
use crate::{
    jose::{JoseError, SkippedKey},
    testing::{DpopKey, ManualClock, ProofBuilder},
    types::{ClaimError, JsonKind},
};

const NOW: u64 = 1_800_000_000;
const TOKEN: &str = "token";
const ORDERS: &str = "https://api.example/orders";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn proofs_of(server_url: &str) -> Proofs {
    let settings = DpopSettings {
        policy: DpopPolicy::Accepted,
        server_url: Url::parse(server_url).unwrap(),
        clock_skew: Duration::from_secs(30),
    };
    Proofs::new(&settings, Arc::default())
}

fn key() -> DpopKey {
    DpopKey::generate(Algorithm::Es256).with_clock(ManualClock::at(at(NOW)))
}

/// What becomes of a proof that is sent with `GET /orders`, or of the text of one.
fn verdict(proofs: &Proofs, key: &DpopKey, text: &str) -> Result<(), TokenError> {
    let uri = Uri::from_static("/orders?page=2");
    let proof = Proof::read([text.as_bytes()], &Method::GET, &uri)?;
    proofs.check(&proof, TOKEN.as_bytes(), Thumbprint::from_text(&key.thumbprint()).unwrap(), NOW)
}

/// Why a proof is refused that is good but for that change.
fn refusal(change: impl FnOnce(ProofBuilder) -> ProofBuilder) -> TokenError {
    let key = key();
    verdict(&proofs_of("https://api.example"), &key, &change(key.proof("GET", ORDERS, TOKEN)).sign()).unwrap_err()
}

#[test]
fn a_good_proof_is_accepted_by_every_algorithm_and_once() {
    let proofs = proofs_of("https://api.example/app");
    for &algorithm in PROOF_ALGORITHMS {
        let key = DpopKey::generate(algorithm).with_clock(ManualClock::at(at(NOW)));
        let proof = key.proof("GET", ORDERS, TOKEN).sign();
        assert_eq!(verdict(&proofs, &key, &proof), Ok(()), "{algorithm}");
        assert_eq!(verdict(&proofs, &key, &proof), Err(ProofError::Replayed.into()), "{algorithm}");
    }
}

/// RFC 9449 sections 4.1 and 7.1: the proofs, the token and the key of the specification.
#[test]
fn the_proofs_are_those_of_the_specification() {
    const HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";
    const AT_THE_RESOURCE: &str = "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    const AT_THE_TOKEN_ENDPOINT: &str = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY1Mjk2fQ.pAqut2IRDm_De6PR93SYmGBPXpwrAk90e8cP2hjiaG5QsGSuKDYW7_X620BxqhvYC8ynrrvZLTk41mSRroapUA";
    const ACCESS_TOKEN: &[u8] = b"Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let bound_to = Thumbprint::from_text("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I").unwrap();
    let verdict = |server_url, method: &Method, path, rest: &str, now| {
        let (text, uri) = (format!("{HEADER}.{rest}"), Uri::from_static(path));
        let proof = Proof::read([text.as_bytes()], method, &uri).unwrap();
        proofs_of(server_url).check(&proof, ACCESS_TOKEN, bound_to, now)
    };
    let (resource, server) = ("https://resource.example.org", "https://server.example.com");
    assert_eq!(verdict(resource, &Method::GET, "/protectedresource", AT_THE_RESOURCE, 1_562_262_620), Ok(()));
    // Made for no token, and good in what comes before.
    let refused = verdict(server, &Method::POST, "/token", AT_THE_TOKEN_ENDPOINT, 1_562_265_300);
    assert_eq!(refused, Err(ProofError::Missing { claim: "ath" }.into()));
}

#[test]
fn each_bad_proof_is_refused_with_its_own_reason() {
    let other = key();
    let private = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"});
    let mistyped = |claim: &str, expected: &'static str| {
        ProofError::Claim(ClaimError { claim: claim.into(), expected, found: JsonKind::Array }).into()
    };
    let rows: Vec<(TokenError, TokenError)> = vec![
        // Step 2.
        (refusal(|proof| proof.header("crit", ["x"])), ProofError::Jose(JoseError::Critical).into()),
        // Step 3.
        (refusal(|proof| proof.without("htm")), ProofError::Missing { claim: "htm" }.into()),
        (refusal(|proof| proof.without("htu")), ProofError::Missing { claim: "htu" }.into()),
        (refusal(|proof| proof.without("iat")), ProofError::Missing { claim: "iat" }.into()),
        (refusal(|proof| proof.without("jti")), ProofError::Missing { claim: "jti" }.into()),
        (refusal(|proof| proof.without("ath")), ProofError::Missing { claim: "ath" }.into()),
        (refusal(|proof| proof.claim("htm", ["GET"])), mistyped("htm", "a string")),
        (refusal(|proof| proof.claim("iat", [NOW])), mistyped("iat", "a whole number of seconds since 1970")),
        // Step 4.
        (refusal(|proof| proof.header("typ", "JWT")), ProofError::Type.into()),
        (refusal(|proof| proof.without_header("typ")), ProofError::Type.into()),
        // Step 5.
        (refusal(ProofBuilder::unsigned), ProofError::Jose(JoseError::Unsigned).into()),
        (refusal(|proof| proof.header("alg", "HS256")), ProofError::Jose(JoseError::Symmetric).into()),
        (refusal(|proof| proof.header("alg", "ES512")), ProofError::Jose(JoseError::UnknownAlgorithm).into()),
        (refusal(|proof| proof.header("alg", "ES384")), ProofError::Key(SkippedKey::Unsound).into()),
        // Step 6.
        (refusal(|proof| proof.signed_by(&other)), ProofError::Jose(JoseError::Signature).into()),
        // Step 7.
        (refusal(|proof| proof.header("jwk", &private)), ProofError::Key(SkippedKey::Private).into()),
        (refusal(|proof| proof.without_header("jwk")), ProofError::NoKey.into()),
        // Step 8.
        (refusal(|proof| proof.method("POST")), ProofError::Method.into()),
        (refusal(|proof| proof.method("get")), ProofError::Method.into()),
        // Step 9.
        (refusal(|proof| proof.url("https://api.example/orders/7")), ProofError::Address.into()),
        (refusal(|proof| proof.url("https://evil.example/orders")), ProofError::Address.into()),
        (refusal(|proof| proof.url("/orders")), ProofError::Address.into()),
        // Step 11.
        (refusal(|proof| proof.issued_at(at(NOW - 61))), ProofError::TooOld.into()),
        (refusal(|proof| proof.issued_at(at(NOW + 31))), ProofError::IssuedInTheFuture { ahead: 31 }.into()),
        // Step 12.
        (refusal(|proof| proof.token("another")), ProofError::AccessToken.into()),
        (refusal(|proof| proof.claim("ath", "")), ProofError::AccessToken.into()),
        (refusal(|proof| proof.key(&other)), TokenError::AnotherHolder),
        // Section 4.2.
        (refusal(|proof| proof.id("")), ProofError::Id.into()),
        (refusal(|proof| proof.id(&"i".repeat(MAX_PROOF_ID + 1))), ProofError::Id.into()),
    ];
    for (position, (refused, expected)) in rows.into_iter().enumerate() {
        assert_eq!(refused, expected, "row {position}");
    }
}

#[test]
fn the_limits_themselves_are_let_in() {
    let (key, proofs) = (key(), proofs_of("https://api.example"));
    for change in [
        |proof: ProofBuilder| proof.issued_at(at(NOW - 60)),
        |proof: ProofBuilder| proof.issued_at(at(NOW + 30)),
        |proof: ProofBuilder| proof.id(&"i".repeat(MAX_PROOF_ID)),
        |proof: ProofBuilder| proof.id("i"),
        |proof: ProofBuilder| proof.url("HTTPS://API.EXAMPLE:443/%6frders?a#b"),
        |proof: ProofBuilder| proof.header("typ", "application/DPOP+jwt"),
        |proof: ProofBuilder| proof.claim("nonce", "of another").claim("exp", 1),
    ] {
        assert_eq!(verdict(&proofs, &key, &change(key.proof("GET", ORDERS, TOKEN)).sign()), Ok(()));
    }
}

#[test]
fn one_header_is_a_proof() {
    let (key, uri) = (key(), Uri::from_static("/orders"));
    let proof = key.proof("GET", ORDERS, TOKEN).sign();
    let read = |headers: &[&str]| {
        let headers: Vec<_> = headers.iter().map(|text| text.as_bytes()).collect();
        Proof::read(headers, &Method::GET, &uri).map(drop)
    };
    assert_eq!(read(&[&proof]), Ok(()));
    assert_eq!(read(&[]), Err(ProofError::NoHeader));
    assert_eq!(read(&[&proof, &proof]), Err(ProofError::Repeated));
    assert_eq!(read(&[&format!("{proof}, {proof}")]), Err(ProofError::Jose(JoseError::Encrypted)), "five segments");
    assert_eq!(read(&[""]), Err(ProofError::Jose(JoseError::Segments)));
    let long = key.proof("GET", ORDERS, TOKEN).claim("long", "x".repeat(MAX_PROOF_BYTES)).sign();
    assert_eq!(read(&[&long]), Err(ProofError::Jose(JoseError::TooLong { limit: MAX_PROOF_BYTES })));
    let largest = DpopKey::generate(Algorithm::Rs512).proof("GET", ORDERS, TOKEN).sign();
    assert!(largest.len() < MAX_PROOF_BYTES / 4, "{}", largest.len());
}

#[test]
fn a_proof_that_is_refused_is_not_used_up() {
    let (key, proofs) = (key(), proofs_of("https://api.example"));
    let proof = || key.proof("GET", ORDERS, TOKEN).id("one");
    assert_eq!(verdict(&proofs, &key, &proof().method("POST").sign()), Err(ProofError::Method.into()));
    assert_eq!(verdict(&proofs, &key, &proof().token("another").sign()), Err(ProofError::AccessToken.into()));
    assert_eq!(verdict(&proofs, &key, &proof().sign()), Ok(()));
    assert_eq!(verdict(&proofs, &key, &proof().sign()), Err(ProofError::Replayed.into()), "signed anew");
}

#[test]
fn nothing_of_a_proof_is_in_its_refusal_or_its_debug_text() {
    let key = key();
    let refusals = [
        refusal(|proof| proof.method("SECRET")),
        refusal(|proof| proof.url("https://secret.example/SECRET")),
        refusal(|proof| proof.id(&"SECRET".repeat(100))),
        refusal(|proof| proof.claim("ath", "SECRET")),
        refusal(|proof| proof.claim("htm", ["SECRET"])),
        refusal(|proof| proof.header("alg", "SECRET")),
        refusal(|proof| proof.header("typ", "SECRET")),
        refusal(|proof| proof.header("jwk", json!({"kty": "SECRET"}))),
    ];
    let (text, uri) = (key.proof("GET", ORDERS, TOKEN).header("kid", "SECRET").sign(), Uri::from_static("/orders"));
    let proof = Proof::read([text.as_bytes()], &Method::GET, &uri).unwrap();
    let shown = refusals.map(|error| format!("{error} {error:?}")).join("\n") + &format!("{proof:?}");
    assert!(!shown.to_lowercase().contains("secret"), "{shown}");
}
