//! A second opinion: what `jsonwebtoken` says of the same tokens, set up as strictly as it can be.
//!
//! Both must agree on every token, but for the [`DIFFERENCES`], each with its reason. A difference that is not on the list fails
//! the test, and so does one on the list that is no longer there.

mod case;
mod cases;
mod differences;

use std::{
    cell::Cell,
    time::{Duration, UNIX_EPOCH},
};

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, get_current_timestamp, jwk};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Map, Value};
use tower_oidc::{
    testing::{SigningKey, TestProvider},
    types::Algorithm,
};

use crate::support::Stand;

use case::{Case, Signer};
use differences::{DIFFERENCES, Difference, Stricter};

/// Cases of one run: a few seconds without optimisation.
const CASES: u32 = 1500;

/// What each of the two says: whether the token is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdicts {
    ours: bool,
    theirs: bool,
}

/// The same keys, issuer, audience, leeway and time for both.
struct Court {
    stand: Stand,
    published: Vec<SigningKey>,
    strangers: Vec<SigningKey>,
    keys: jwk::JwkSet,
}

impl Court {
    async fn new() -> Self {
        // An error says that another test of this binary was first.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let stand =
            Stand::with(|config| Algorithm::ALL.iter().fold(config, |config, a| config.token_algorithm(a.name())));
        let stand = stand.await;
        let published: Vec<SigningKey> = Algorithm::ALL.iter().copied().map(|of| key_of(&stand.provider, of)).collect();
        let token = stand.provider.token("jane").key(&published[Algorithm::Es256 as usize]).sign();
        stand.eventually(stand.auth.validate(&token)).await.expect("the new keys are fetched");
        let strangers = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa].map(SigningKey::generate).to_vec();
        let keys = serde_json::from_value(stand.provider.jwks()).expect("a JWK Set");
        Self { stand, published, strangers, keys }
    }

    fn key(&self, signer: Signer) -> &SigningKey {
        match signer {
            Signer::Published(algorithm) => &self.published[algorithm as usize],
            Signer::Stranger(which) => &self.strangers[which % self.strangers.len()],
        }
    }

    /// Both verdicts, from within one second of the real time: `jsonwebtoken` knows no other clock.
    async fn hear(&self, case: &Case) -> Verdicts {
        loop {
            let now = get_current_timestamp();
            self.stand.clock.set_time(UNIX_EPOCH + Duration::from_secs(now));
            let token = case.token(self, now);
            let theirs = self.they_accept(&token);
            let ours = self.stand.eventually(self.stand.auth.validate(&token)).await.is_ok();
            if get_current_timestamp() == now {
                return Verdicts { ours, theirs };
            }
        }
    }

    /// `jsonwebtoken`, used with care: the key by `kid`, or the only one that fits; the algorithm from the key.
    fn they_accept(&self, token: &str) -> bool {
        let Ok(header) = decode_header(token) else { return false };
        let algorithm = |key: &&jwk::Jwk| key.common.key_algorithm == Some(header.alg.into());
        let key = match &header.kid {
            Some(kid) => self.keys.find(kid),
            None => self.keys.keys.iter().find(algorithm),
        };
        let Some(key) = key else { return false };
        let only = key.common.key_algorithm.and_then(|name| name.try_into().ok()).expect("a signature algorithm");
        let mut validation = Validation::new(only);
        validation.set_audience(&[self.stand.provider.audience()]);
        validation.set_issuer(&[self.stand.provider.issuer()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = 60;
        let key = DecodingKey::from_jwk(key).expect("a good key");
        decode::<Map<String, Value>>(token, &key, &validation).is_ok()
    }
}

/// The provider's key for an algorithm, published if it was not.
fn key_of(provider: &TestProvider, algorithm: Algorithm) -> SigningKey {
    if provider.signing_key().algorithm() == algorithm {
        return provider.signing_key();
    }
    let key = SigningKey::generate(algorithm);
    provider.add_key(&key);
    key
}

/// Whether the verdicts are what they may be.
fn may_be(verdicts: Verdicts, case: &Case) -> bool {
    let excused = |stricter| DIFFERENCES.iter().any(|known| known.stricter == stricter && (known.applies)(case));
    match verdicts {
        Verdicts { ours, theirs } if case.is_tampered() => !ours && !theirs,
        Verdicts { ours, theirs } if ours == theirs => true,
        Verdicts { ours: false, .. } => excused(Stricter::We),
        Verdicts { ours: true, .. } => excused(Stricter::They),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn jsonwebtoken_and_we_agree_but_for_the_listed_differences() {
    let court = Court::new().await;
    let config =
        Config { cases: CASES, rng_seed: RngSeed::Fixed(7519), failure_persistence: None, ..Config::default() };
    let [accepted, refused, different] = [const { Cell::new(0) }; 3];
    let verdict = TestRunner::new(config).run(&cases::cases(), |case| {
        let hearing = court.hear(&case);
        let verdicts = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(hearing));
        let count = match verdicts {
            Verdicts { ours: true, theirs: true } => &accepted,
            Verdicts { ours: false, theirs: false } => &refused,
            _ => &different,
        };
        count.set(count.get() + 1);
        proptest::prop_assert!(may_be(verdicts, &case), "{verdicts:?} is not a known difference");
        Ok(())
    });
    verdict.unwrap();
    let counts = [accepted, refused, different].map(Cell::into_inner);
    println!("accepted by both, refused by both, different: {counts:?}");
    assert!(counts.iter().all(|count| *count > CASES / 20), "the cases show too little: {counts:?}");
}

#[tokio::test]
async fn a_token_of_every_algorithm_is_accepted_by_both() {
    let court = Court::new().await;
    for &algorithm in Algorithm::ALL {
        let verdicts = court.hear(&Case::good(algorithm)).await;
        assert_eq!(verdicts, Verdicts { ours: true, theirs: true }, "{algorithm}");
    }
}

#[tokio::test]
async fn each_listed_difference_is_still_one() {
    let court = Court::new().await;
    for Difference { name, stricter, reason, example, applies } in DIFFERENCES {
        let case = Case::good(Algorithm::Es256).with(example());
        let verdicts = court.hear(&case).await;
        let expected = Verdicts { ours: *stricter == Stricter::They, theirs: *stricter == Stricter::We };
        assert_eq!(verdicts, expected, "{name} is no difference any more ({reason})");
        assert!(applies(&case), "{name} does not know its own example");
        let others = DIFFERENCES.iter().filter(|other| other.name != *name && (other.applies)(&case));
        assert_eq!(others.map(|other| other.name).collect::<Vec<_>>(), [""; 0], "{name} has an example of its own");
        assert!(!applies(&Case::good(Algorithm::Es256)), "{name} excuses a good token");
    }
}
