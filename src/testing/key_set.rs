//! The keys of the provider: which one signs, and which are published.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    jose::{JwkSet, Jws, KeyRing},
    types::{Algorithm, Claims},
};

use super::key::SigningKey;

/// The provider's keys.
pub(super) struct KeySet {
    /// Every key it ever had, oldest first: one that was withdrawn is held, so that it never comes back as a new one.
    entries: Vec<Entry>,
    /// The entry that signs.
    signing: usize,
    /// What is served in place of the keys.
    raw: Option<Bytes>,
}

struct Entry {
    key: SigningKey,
    is_published: bool,
}

impl KeySet {
    /// One key, which signs and is published.
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let entries = vec![Entry { key: SigningKey::generate(algorithm), is_published: true }];
        Self { entries, signing: 0, raw: None }
    }

    /// The key that signs tokens now.
    pub(super) fn signing(&self) -> &SigningKey {
        &self.entries[self.signing].key
    }

    /// Publishes a new key and signs with it. The others stay published.
    pub(super) fn rotate(&mut self, algorithm: Algorithm) -> SigningKey {
        self.signing = self.entries.len();
        self.publish(SigningKey::generate(algorithm))
    }

    /// Publishes a new key in place of all others and signs with it.
    pub(super) fn replace(&mut self, algorithm: Algorithm) -> SigningKey {
        self.entries.iter_mut().for_each(|entry| entry.is_published = false);
        self.rotate(algorithm)
    }

    /// The newest published key of `algorithm`; a new one is published when there is none.
    pub(super) fn of(&mut self, algorithm: Algorithm) -> SigningKey {
        let newest = self.published().filter(|key| key.algorithm() == algorithm).last().cloned();
        newest.unwrap_or_else(|| self.publish(SigningKey::generate(algorithm)))
    }

    /// Adds a key to the set.
    pub(super) fn publish(&mut self, key: SigningKey) -> SigningKey {
        self.entries.push(Entry { key: key.clone(), is_published: true });
        key
    }

    /// Takes every key with that id out of the set, and says whether there was one.
    pub(super) fn withdraw(&mut self, key_id: &str) -> bool {
        let mut found = false;
        for entry in self.entries.iter_mut().filter(|entry| entry.is_published && entry.key.key_id() == key_id) {
            entry.is_published = false;
            found = true;
        }
        found
    }

    /// The published keys, oldest first.
    pub(super) fn published(&self) -> impl Iterator<Item = &SigningKey> {
        self.entries.iter().filter(|entry| entry.is_published).map(|entry| &entry.key)
    }

    /// The claims of a token that one of the keys signed, published or not.
    pub(super) fn verify(&self, token: &str) -> Option<Claims> {
        self.entries.iter().find_map(|entry| verify_with(&entry.key, token))
    }

    /// The published keys as a JWK Set (RFC 7517 section 5).
    pub(super) fn to_json(&self) -> Value {
        json!({ "keys": self.published().map(SigningKey::public_jwk).collect::<Vec<_>>() })
    }

    /// What the JWKS endpoint serves: the published keys after that change, or the document set in their place.
    pub(super) fn document(&self, change: impl Fn(&mut Map<String, Value>)) -> Bytes {
        self.raw.clone().unwrap_or_else(|| {
            let mut set = self.to_json();
            set.as_object_mut().into_iter().for_each(change);
            set.to_string().into()
        })
    }

    /// Sets the document that is served in place of the keys; `None` serves the keys again.
    pub(super) fn set_raw(&mut self, document: Option<Bytes>) {
        self.raw = document;
    }
}

fn verify_with(key: &SigningKey, token: &str) -> Option<Claims> {
    let jws = Jws::parse(token).ok().filter(|jws| jws.key_id() == Some(key.key_id()))?;
    let document = json!({ "keys": [key.public_jwk()] }).to_string();
    let ring = KeyRing::new([&JwkSet::parse(document.as_bytes()).ok()?], key.algorithm().into());
    jws.verify(ring.find(Some(key.key_id()), key.algorithm()).ok()?).ok()
}

/// The provider ends, and its keys may serve another.
impl Drop for KeySet {
    fn drop(&mut self) {
        self.entries.drain(..).for_each(|entry| entry.key.recycle());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(keys: &KeySet) -> Vec<&str> {
        keys.published().map(SigningKey::key_id).collect()
    }

    #[test]
    fn a_rotation_signs_with_the_new_key_and_keeps_the_old_one_published() {
        let mut keys = KeySet::new(Algorithm::Es256);
        let old = keys.signing().clone();
        let new = keys.rotate(Algorithm::EdDsa);
        assert_eq!(keys.signing().key_id(), new.key_id());
        assert_eq!(published(&keys), [old.key_id(), new.key_id()]);
    }

    #[test]
    fn a_withdrawn_key_may_go_on_signing() {
        let mut keys = KeySet::new(Algorithm::Es256);
        let key = keys.signing().clone();
        assert!(keys.withdraw(key.key_id()));
        assert!(!keys.withdraw(key.key_id()), "it is no longer published");
        assert_eq!(published(&keys), [""; 0]);
        assert_eq!(keys.signing().key_id(), key.key_id());
    }

    #[test]
    fn the_key_of_an_algorithm_is_its_newest_and_made_when_there_is_none() {
        let mut keys = KeySet::new(Algorithm::Es256);
        let newer = keys.publish(SigningKey::generate(Algorithm::Es256));
        assert_eq!(keys.of(Algorithm::Es256).key_id(), newer.key_id());
        let other = keys.of(Algorithm::EdDsa);
        assert_eq!(keys.of(Algorithm::EdDsa).key_id(), other.key_id());
        assert_eq!(published(&keys).len(), 3);
        assert_eq!(keys.signing().algorithm(), Algorithm::Es256, "what signs by default is not changed");
    }
}
