//! What the browser keeps for us, and cannot read or change.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    config::SessionSettings,
    types::{Random, RandomError, Secret, SystemClock},
};
use arc_swap::{ArcSwap, Guard};
use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
    hkdf::{HKDF_SHA256, Salt},
};
use base64_simd::URL_SAFE_NO_PAD;

use super::secrets::{SealingSecrets, Secrets};

/// The first byte of every sealed text. Another cipher or another form will have another.
const VERSION: u8 = 1;

/// What stands in front of the ciphertext: the version and the nonce.
const HEAD: usize = 1 + NONCE_LEN;

/// Most characters of a sealed text in cookies: no server that we know takes more in one header by default.
const MOST_IN_COOKIES: usize = 16 * 1024;

/// Most characters of a sealed text in a store. An ID token has at most 16 KiB; the rest is for what userinfo adds.
const MOST_IN_STORE: usize = 256 * 1024;

/// A salt may be public (RFC 5869 section 3.1); FIPS 140 wants one.
const SALT: &[u8] = b"tower-oidc";

/// What a sealed text is for. Each has keys of its own, so that one never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A session in a cookie.
    SessionCookie,
    /// A session in a store.
    StoredSession,
    /// A login that was started and has not come back.
    Login,
}

impl Purpose {
    /// The context of the key derivation (RFC 5869 section 3.2).
    fn info(self) -> &'static [u8] {
        match self {
            Self::SessionCookie => b"tower-oidc 1 session cookie",
            Self::StoredSession => b"tower-oidc 1 stored session",
            Self::Login => b"tower-oidc 1 login",
        }
    }

    /// Most characters that a sealed text may have. A longer one is not even decoded.
    pub(super) fn most(self) -> usize {
        match self {
            Self::SessionCookie | Self::Login => MOST_IN_COOKIES,
            Self::StoredSession => MOST_IN_STORE,
        }
    }
}

/// Seals and opens texts of one [`Purpose`], with AES-256-GCM-SIV (RFC 8452).
///
/// Nonces are random, and a session with an idle time-out is sealed again and again: this cipher keeps its promises even
/// if two nonces should meet.
pub struct Seal {
    purpose: Purpose,
    owner: String,
    secrets: Arc<SealingSecrets>,
    keys: ArcSwap<Keys>,
}

/// The keys of one purpose and owner, and the secrets that they were derived from.
struct Keys {
    of: Arc<Secrets>,
    /// The first seals. Each opens, some until a time by the clock's [`elapsed`](crate::types::Clock::elapsed).
    keys: Vec<(LessSafeKey, Option<Duration>)>,
}

impl Seal {
    /// Keys for `purpose`, derived from each secret (HKDF with SHA-256) for this client and provider. The first seals, all
    /// open. Without any secret, a random one that lives as long as this value.
    ///
    /// # Errors
    /// [`RandomError`] when a random secret is needed and there is none.
    pub fn new(settings: &SessionSettings, purpose: Purpose, random: &dyn Random) -> Result<Self, RandomError> {
        let secrets = SealingSecrets::new(Arc::new(SystemClock::new()));
        // One that lives for itself: its file is nobody's to look at.
        let settings = SessionSettings { secret_file: None, ..settings.clone() };
        secrets.adopt(&secrets.choose(&settings, settings.expiry, random)?);
        Ok(Self::of(secrets, purpose, settings.owner))
    }

    /// Keys for `purpose` and `owner`, derived from the secrets of each moment.
    pub(crate) fn of(secrets: Arc<SealingSecrets>, purpose: Purpose, owner: String) -> Self {
        let keys = Keys::derived(&secrets.current(), purpose, &owner);
        Self { purpose, owner, secrets, keys: ArcSwap::from_pointee(keys) }
    }

    /// The keys of this moment.
    fn keys(&self) -> Guard<Arc<Keys>> {
        let (keys, secrets) = (self.keys.load(), self.secrets.current());
        if Arc::ptr_eq(&keys.of, &secrets) {
            return keys;
        }
        let derived = Arc::new(Keys::derived(&secrets, self.purpose, &self.owner));
        self.keys.store(Arc::clone(&derived));
        Guard::from_inner(derived)
    }

    /// `plaintext` sealed, as base64url. `bound_to` is no secret, is not in the text, and must be the same at opening.
    ///
    /// # Errors
    /// [`RandomError`]: no nonce can be drawn.
    pub fn seal(&self, bound_to: &[u8], plaintext: &[u8], random: &dyn Random) -> Result<String, RandomError> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce)?;
        let mut bytes = Vec::with_capacity(HEAD + plaintext.len() + MAX_TAG_LEN);
        bytes.push(VERSION);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let keys = self.keys();
        let (first, _) = keys.keys.first().ok_or(RandomError)?;
        let sealed = first.seal_in_place_separate_tag(nonce, Aad::from(bound_to), &mut bytes[HEAD..]);
        bytes.extend_from_slice(sealed.map_err(beyond_the_cipher)?.as_ref());
        Ok(URL_SAFE_NO_PAD.encode_to_string(&bytes))
    }

    /// What was sealed, if it was sealed by one of the secrets, for this purpose and for `bound_to`, and is unchanged.
    #[must_use]
    pub fn open(&self, bound_to: &[u8], sealed: &str) -> Option<Vec<u8>> {
        if sealed.len() > self.purpose.most() {
            return None;
        }
        let keys = self.keys();
        let is_over = |until: &Option<Duration>| until.is_some_and(|until| until <= self.secrets.now());
        let mut open_still = keys.keys.iter().filter(|(_, until)| !is_over(until));
        open_still.find_map(|(key, _)| open(key, bound_to, sealed))
    }

    /// How many characters a plaintext of so many bytes has when it is sealed.
    pub(super) fn sealed_length(plaintext: usize) -> usize {
        URL_SAFE_NO_PAD.encoded_length(HEAD + plaintext + MAX_TAG_LEN)
    }
}

impl Keys {
    /// A secret that has no key is left out: [`assert_usable`] has refused it before.
    fn derived(of: &Arc<Secrets>, purpose: Purpose, owner: &str) -> Self {
        let configured = of.configured().iter().map(|secret| (secret, None));
        let earlier = of.earlier().iter().map(|earlier| (&earlier.secret, Some(earlier.until)));
        let key = |secret: &Secret| key(secret.expose().as_bytes(), purpose, owner).ok();
        let keys = configured.chain(earlier).filter_map(|(secret, until)| Some((key(secret)?, until)));
        Self { keys: keys.collect(), of: Arc::clone(of) }
    }
}

/// Whether keys can be derived from a secret.
///
/// # Errors
/// [`RandomError`]: they cannot.
pub(super) fn assert_usable(secret: &Secret) -> Result<(), RandomError> {
    key(secret.expose().as_bytes(), Purpose::SessionCookie, "").map(drop)
}

fn key(secret: &[u8], purpose: Purpose, owner: &str) -> Result<LessSafeKey, RandomError> {
    let extracted = Salt::new(HKDF_SHA256, SALT).extract(secret);
    // The purposes are of a fixed set, none of which begins another.
    let info = [purpose.info(), b" for ", owner.as_bytes()];
    let derived = extracted.expand(&info, &AES_256_GCM_SIV).map_err(beyond_the_cipher)?;
    Ok(LessSafeKey::new(UnboundKey::from(derived)))
}

/// Decodes for itself, since a failed opening leaves nothing to try the next key on.
fn open(key: &LessSafeKey, bound_to: &[u8], sealed: &str) -> Option<Vec<u8>> {
    let mut bytes = URL_SAFE_NO_PAD.decode_to_vec(sealed).ok()?;
    let (version, nonce) = bytes.get(..HEAD)?.split_first()?;
    if *version != VERSION {
        return None;
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let length = key.open_within(nonce, Aad::from(bound_to), &mut bytes, HEAD..).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// The library fails for a key longer than 8 KB and for a text longer than 64 GB: neither is ever asked for.
fn beyond_the_cipher(_: Unspecified) -> RandomError {
    RandomError
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use proptest::prelude::*;

    use super::super::tests::{CountingRandom, settings};
    use super::*;

    const OLD: &str = "an old secret of at least 32 bytes, for the tests";
    const NEW: &str = "a new secret of at least 32 bytes, for the tests.";

    fn seal(secrets: &[&str], purpose: Purpose) -> Seal {
        let secrets = secrets.iter().map(|secret| Secret::from(*secret)).collect();
        Seal::new(&SessionSettings { secrets, ..settings() }, purpose, &CountingRandom::default()).unwrap()
    }

    #[test]
    fn the_first_secret_seals_and_all_open() {
        let random = CountingRandom::default();
        let (before, during, after) = (
            seal(&[OLD], Purpose::SessionCookie),
            seal(&[NEW, OLD], Purpose::SessionCookie),
            seal(&[NEW], Purpose::SessionCookie),
        );
        let old = before.seal(b"name", b"text", &random).unwrap();
        let new = during.seal(b"name", b"text", &random).unwrap();
        assert_eq!(during.open(b"name", &old).as_deref(), Some(&b"text"[..]));
        assert_eq!(after.open(b"name", &new).as_deref(), Some(&b"text"[..]));
        assert_eq!((before.open(b"name", &new), after.open(b"name", &old)), (None, None));
    }

    #[test]
    fn what_is_sealed_for_one_purpose_or_name_opens_for_no_other() {
        let random = CountingRandom::default();
        let purposes = [Purpose::SessionCookie, Purpose::StoredSession, Purpose::Login];
        for one in purposes {
            let sealed = seal(&[NEW], one).seal(b"name", b"text", &random).unwrap();
            for other in purposes {
                assert_eq!(seal(&[NEW], other).open(b"name", &sealed).is_some(), one == other, "{one:?} {other:?}");
            }
            assert_eq!(seal(&[NEW], one).open(b"nam", &sealed), None);
        }
    }

    /// Trap F: two services of one operator may share a secret, and a service may change its provider.
    #[test]
    fn what_is_sealed_for_one_client_and_provider_opens_for_no_other() {
        let random = CountingRandom::default();
        let of = |owner: &str| {
            Seal::new(&SessionSettings { owner: owner.to_owned(), ..settings() }, Purpose::SessionCookie, &random)
                .unwrap()
        };
        let sealed = of("1:a9:https://b").seal(b"name", b"text", &random).unwrap();
        assert!(of("1:a9:https://b").open(b"name", &sealed).is_some());
        for other in ["1:b9:https://b", "1:a9:https://c", "2:a99:https://b", ""] {
            assert_eq!(of(other).open(b"name", &sealed), None, "{other}");
        }
    }

    /// Trap R (traefik, lua-resty): there is no secret that everybody has.
    #[test]
    fn without_a_secret_each_process_has_its_own() {
        let (random, without) = (CountingRandom::default(), SessionSettings { secrets: Vec::new(), ..settings() });
        let made = || Seal::new(&without, Purpose::Login, &random).unwrap();
        let (one, other) = (made(), made());
        let sealed = one.seal(b"", b"text", &random).unwrap();
        assert_eq!(one.open(b"", &sealed).as_deref(), Some(&b"text"[..]));
        assert_eq!(other.open(b"", &sealed), None);
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same() {
        let (seal, random) = (seal(&[NEW], Purpose::Login), CountingRandom::default());
        assert_ne!(seal.seal(b"", b"text", &random), seal.seal(b"", b"text", &random));
    }

    /// An independent implementation must be able to read it: the keys and the form are the specifications'.
    #[test]
    fn the_form_is_version_nonce_and_ciphertext_under_a_derived_key() {
        let sealed = seal(&[NEW], Purpose::Login).seal(b"name", b"text", &CountingRandom::default()).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(&sealed).unwrap();
        assert_eq!(bytes[0], 1);
        let hmac = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
        let extracted = hmac(b"tower-oidc", NEW.as_bytes());
        let expanded = hmac(extracted.as_ref(), format!("tower-oidc 1 login for {}\x01", settings().owner).as_bytes());
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, expanded.as_ref()).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&bytes[1..13]).unwrap();
        let mut ciphertext = bytes[13..].to_vec();
        assert_eq!(key.open_in_place(nonce, Aad::from(b"name"), &mut ciphertext).unwrap(), b"text");
    }

    #[test]
    fn a_text_beyond_the_limit_is_not_even_decoded() {
        let (cookie, stored, random) =
            (seal(&[NEW], Purpose::SessionCookie), seal(&[NEW], Purpose::StoredSession), CountingRandom::default());
        let long = [7; MOST_IN_COOKIES];
        assert_eq!(cookie.open(b"", &cookie.seal(b"", &long, &random).unwrap()), None);
        assert_eq!(stored.open(b"", &stored.seal(b"", &long, &random).unwrap()).as_deref(), Some(&long[..]));
    }

    #[test]
    fn a_text_of_the_longest_length_opens_and_a_character_more_does_not() {
        let (seal, random) = (seal(&[NEW], Purpose::SessionCookie), CountingRandom::default());
        let longest = MOST_IN_COOKIES / 4 * 3 - HEAD - MAX_TAG_LEN;
        for (length, opens) in [(longest, true), (longest + 1, false)] {
            let sealed = seal.seal(b"", &vec![7; length], &random).unwrap();
            assert_eq!((sealed.len() <= MOST_IN_COOKIES, seal.open(b"", &sealed).is_some()), (opens, opens));
        }
        assert_eq!(Seal::sealed_length(longest), MOST_IN_COOKIES);
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", seal(&[NEW], Purpose::Login)), "Seal { purpose: Login, .. }");
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_its_length_is_foretold(text: Vec<u8>, bound_to: Vec<u8>) {
            let seal = seal(&[NEW], Purpose::Login);
            let sealed = seal.seal(&bound_to, &text, &CountingRandom::default()).unwrap();
            prop_assert_eq!(sealed.len(), Seal::sealed_length(text.len()));
            prop_assert_eq!(seal.open(&bound_to, &sealed), Some(text));
        }

        #[test]
        fn a_changed_text_does_not_open(text: Vec<u8>, place: prop::sample::Index, other in "[A-Za-z0-9_.=é-]") {
            let seal = seal(&[NEW], Purpose::Login);
            let sealed = seal.seal(b"", &text, &CountingRandom::default()).unwrap();
            let place = place.index(sealed.len());
            let changed = [&sealed[..place], &other, &sealed[place + 1..]].concat();
            prop_assume!(changed != sealed);
            prop_assert_eq!(seal.open(b"", &changed), None);
        }

        #[test]
        fn garbage_does_not_open(text: String, encoded: Vec<u8>) {
            let seal = seal(&[NEW, OLD], Purpose::Login);
            prop_assert_eq!(seal.open(b"", &text), None);
            let versioned = [&[VERSION][..], &encoded].concat();
            prop_assert_eq!(seal.open(b"", &URL_SAFE_NO_PAD.encode_to_string(versioned)), None);
        }
    }
}
