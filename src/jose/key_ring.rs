//! All keys of an issuer, for lookup by `kid` and algorithm.

use std::collections::HashMap;

use crate::types::{Algorithm, Algorithms};

use super::{
    error::KeyError,
    jwk::{Jwk, JwkSet, Material},
    key::VerifyingKey,
};

/// The keys of one issuer, each parsed once for each allowed algorithm that fits it.
///
/// Finding a key costs the same with one key and with a hundred.
#[derive(Debug, Default)]
pub struct KeyRing {
    keys: Vec<VerifyingKey>,
    by_id: HashMap<Box<str>, Candidates>,
    /// All keys, for tokens without a `kid`.
    all: Candidates,
}

/// For each algorithm, the key that fits.
type Candidates = [Candidate; Algorithm::ALL.len()];

#[derive(Debug, Default, Clone, Copy)]
enum Candidate {
    #[default]
    None,
    One(usize),
    Several,
}

impl Candidate {
    fn add(&mut self, position: usize) {
        *self = match *self {
            Self::None => Self::One(position),
            Self::One(own) if own == position => *self,
            Self::One(_) | Self::Several => Self::Several,
        };
    }
}

impl KeyRing {
    /// Parses the keys of all documents for the allowed algorithms. The same key published twice counts once, whatever
    /// else stands beside it, and keeps every `issuer` that it is published for.
    pub fn new<'a>(sets: impl IntoIterator<Item = &'a JwkSet>, allowed: Algorithms) -> Self {
        let mut ring = Self::default();
        // What each of the ring's keys was made of.
        let mut sources = Vec::new();
        for jwk in sets.into_iter().flat_map(|set| &set.keys) {
            ring.add(jwk, allowed, &mut sources);
        }
        ring
    }

    fn add<'a>(&mut self, jwk: &'a Jwk, allowed: Algorithms, sources: &mut Vec<(Algorithm, &'a Material)>) {
        for algorithm in jwk.algorithms().filter(|algorithm| allowed.contains(*algorithm)) {
            let source = (algorithm, &jwk.material);
            let known = sources.iter().position(|other| *other == source);
            let position = known.unwrap_or(sources.len());
            if known.is_none() {
                let Some(key) = VerifyingKey::new(&jwk.material, algorithm) else { continue };
                self.keys.push(key);
                sources.push(source);
            }
            if let Some(issuer) = &jwk.issuer {
                self.keys[position].published_for(issuer);
            }
            self.all[algorithm as usize].add(position);
            if let Some(key_id) = &jwk.key_id {
                self.by_id.entry(key_id.clone()).or_default()[algorithm as usize].add(position);
            }
        }
    }

    /// The one key that a token's header means. With a `kid`, the key of that id; without, the only one that fits.
    ///
    /// # Errors
    /// - [`KeyError::Unknown`]: no key fits;
    /// - [`KeyError::Ambiguous`]: several fit, and guessing is not verifying.
    pub fn find(&self, key_id: Option<&str>, algorithm: Algorithm) -> Result<&VerifyingKey, KeyError> {
        let candidates = match key_id {
            Some(key_id) => self.by_id.get(key_id).ok_or(KeyError::Unknown)?,
            None => &self.all,
        };
        match candidates[algorithm as usize] {
            Candidate::One(position) => Ok(&self.keys[position]),
            Candidate::None => Err(KeyError::Unknown),
            Candidate::Several => Err(KeyError::Ambiguous),
        }
    }

    /// How many (key, algorithm) pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is nothing to verify with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;

    fn ec_key(kid: Option<&str>) -> Value {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let mut key = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        if let Some(kid) = kid {
            key["kid"] = json!(kid);
        }
        key
    }

    fn rsa_key(kid: &str) -> Value {
        let n = URL_SAFE_NO_PAD.encode([0xa7; 256]);
        json!({"kty": "RSA", "kid": kid, "n": n, "e": "AQAB"})
    }

    fn set(keys: &[Value]) -> JwkSet {
        JwkSet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
    }

    fn all() -> Algorithms {
        Algorithm::ALL.iter().copied().collect()
    }

    #[test]
    fn a_key_is_found_by_its_id_and_algorithm() {
        let ring = KeyRing::new([&set(&[ec_key(Some("a")), rsa_key("b")])], all());
        assert_eq!(ring.find(Some("a"), Algorithm::Es256).unwrap().algorithm(), Algorithm::Es256);
        assert_eq!(ring.find(Some("b"), Algorithm::Ps512).unwrap().algorithm(), Algorithm::Ps512);
        for (kid, algorithm) in
            [("a", Algorithm::Rs256), ("b", Algorithm::Es256), ("A", Algorithm::Es256), ("", Algorithm::Es256)]
        {
            assert_eq!(ring.find(Some(kid), algorithm).unwrap_err(), KeyError::Unknown, "{kid}");
        }
    }

    #[test]
    fn only_allowed_algorithms_have_keys() {
        let ring = KeyRing::new([&set(&[rsa_key("b")])], Algorithm::Rs256.into());
        assert_eq!(ring.len(), 1);
        assert!(ring.find(Some("b"), Algorithm::Rs256).is_ok());
        assert_eq!(ring.find(Some("b"), Algorithm::Ps256).unwrap_err(), KeyError::Unknown);
    }

    #[test]
    fn without_an_id_the_only_fitting_key_is_used_and_two_are_refused() {
        let one = set(&[ec_key(Some("a")), rsa_key("b")]);
        assert!(KeyRing::new([&one], all()).find(None, Algorithm::Es256).is_ok());
        let two = set(&[ec_key(Some("a")), ec_key(None)]);
        assert_eq!(KeyRing::new([&two], all()).find(None, Algorithm::Es256).unwrap_err(), KeyError::Ambiguous);
        assert_eq!(KeyRing::new([], all()).find(None, Algorithm::Es256).unwrap_err(), KeyError::Unknown);
    }

    #[test]
    fn one_id_on_two_keys_is_refused_but_the_same_key_twice_is_one() {
        let (first, second) = (ec_key(Some("a")), ec_key(Some("a")));
        let ring = KeyRing::new([&set(std::slice::from_ref(&first)), &set(&[second])], all());
        assert_eq!(ring.find(Some("a"), Algorithm::Es256).unwrap_err(), KeyError::Ambiguous);
        let ring = KeyRing::new([&set(std::slice::from_ref(&first)), &set(std::slice::from_ref(&first))], all());
        assert!(ring.find(Some("a"), Algorithm::Es256).is_ok());
    }

    #[test]
    fn the_same_key_is_one_with_and_without_its_algorithm_and_under_two_ids() {
        let first = ec_key(Some("a"));
        let (mut stated, mut renamed) = (first.clone(), first.clone());
        stated["alg"] = json!("ES256");
        renamed["kid"] = json!("b");
        let ring = KeyRing::new([&set(&[first, stated]), &set(&[renamed])], all());
        assert_eq!(ring.len(), 1);
        for kid in [Some("a"), Some("b"), None] {
            assert!(ring.find(kid, Algorithm::Es256).is_ok(), "{kid:?}");
        }
    }

    /// No document takes away what another one says of the key: whoever asks must hold to all of it.
    #[test]
    fn the_same_key_keeps_every_issuer_that_it_is_published_for() {
        let bare = ec_key(Some("a"));
        let of = |issuer: &str| {
            let mut key = bare.clone();
            key["issuer"] = json!(issuer);
            key
        };
        let sets = [set(&[bare.clone(), of("one")]), set(&[of("other"), of("one"), ec_key(Some("b"))])];
        for sets in [[&sets[0], &sets[1]], [&sets[1], &sets[0]]] {
            let ring = KeyRing::new(sets, all());
            let issuers = |kid| ring.find(Some(kid), Algorithm::Es256).unwrap().issuers().collect::<BTreeSet<_>>();
            assert_eq!(issuers("a"), BTreeSet::from(["one", "other"]));
            assert_eq!(issuers("b"), BTreeSet::new());
            assert_eq!(ring.len(), 2);
        }
    }

    #[test]
    fn the_issuers_of_one_id_do_not_tell_two_keys_apart() {
        let (mut first, mut second) = (ec_key(Some("a")), ec_key(Some("a")));
        first["issuer"] = json!("one");
        second["issuer"] = json!("other");
        let ring = KeyRing::new([&set(&[first, second])], all());
        assert_eq!(ring.find(Some("a"), Algorithm::Es256).unwrap_err(), KeyError::Ambiguous);
    }

    #[test]
    fn an_rsa_key_keeps_its_issuer_for_each_of_its_algorithms() {
        let mut key = rsa_key("b");
        key["issuer"] = json!("one");
        let ring = KeyRing::new([&set(&[key])], all());
        assert_eq!(ring.len(), 6);
        assert!(ring.keys.iter().all(|key| key.issuers().eq(["one"])));
    }

    #[test]
    fn debug_shows_what_a_key_is_for_and_no_more() {
        let ring = KeyRing::new([&set(&[ec_key(Some("a"))])], all());
        let shown = format!("{:?}", ring.find(Some("a"), Algorithm::Es256).unwrap());
        assert_eq!(shown, "VerifyingKey { algorithm: Es256, .. }");
    }
}
